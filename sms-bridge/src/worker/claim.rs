//! Claiming: one transaction that ends what is past its time, takes over what a dead worker left in flight
//! and marks what is to be sent as transmitted, before anything is sent.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Timestamp, Tx};

use super::handle::Handed;
use super::{Job, Task, Worker};
use crate::outbox::attempts::{self, Due, Lanes, Lease};
use crate::outbox::ladder;
use crate::{BridgeError, Gateway, Milestone};

/// Which other messages to a phone a gateway is told of that looks for one: those about which anything has been known since so long
/// before the attempt. It may look a minute back, by another clock, and two of ours may have been wrong.
const NEIGHBOURS_SINCE: Duration = Duration::from_mins(3);

/// How much may be claimed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Alarms at most.
    pub(super) alarms: u32,
    /// Notices at most, less the alarms: nobody waits for them, and an alarm must not wait behind them.
    pub(super) in_all: u32,
}

/// What was claimed.
pub(super) struct Claimed {
    pub(super) jobs: Vec<Job>,
    pub(super) more: More,
}

/// What may be due besides.
#[derive(Debug, Clone, Copy)]
pub(super) struct More {
    pub(super) alarms: bool,
    pub(super) others: bool,
}

/// What is due, sorted by what has to be done with it.
#[derive(Debug, Default)]
struct Plan {
    send: Vec<Due>,
    recover: Vec<Due>,
    expire: Vec<Due>,
    give_up: Vec<Due>,
}

impl Plan {
    fn of(due: Vec<Due>, now: Timestamp) -> Self {
        let mut plan = Self::default();
        for due in due {
            match due.state {
                Milestone::Stored if due.outgoing.valid_until <= now && !broken(Rule::Validity) => {
                    plan.expire.push(due);
                }
                Milestone::Stored => plan.send.push(due),
                Milestone::Transmitted => plan.recover.push(due),
                Milestone::Accepted => plan.give_up.push(due),
                Milestone::Delivered
                | Milestone::Expired
                | Milestone::Errored
                | Milestone::Unknown
                | Milestone::Cancelled => {
                    debug_assert!(false, "an ended message has no wake-up");
                }
            }
        }
        plan
    }
}

impl Worker {
    /// What was claimed when it was stored.
    pub(super) fn handed(&self) -> Vec<Job> {
        let job = |Handed { gateway, outgoing, ladder, lease_until }| Job {
            task: Task::Send,
            ladder,
            lease_until,
            gateway: Some(gateway),
            lease_no: 0,
            outgoing,
        };
        self.handle.take().into_iter().map(job).collect()
    }

    /// Claims what is due at `now`, as far as there is room.
    pub(super) async fn claim(&self, now: Timestamp, room: Room) -> Result<Claimed, BridgeError> {
        let mut tx = self.db.begin().await?;
        let turn = attempts::take_turn(&mut tx, "lease").await?;
        let lease = Lease { number: turn.number, until: now + self.settings.lease };
        let mut due = Vec::new();
        let alarms = attempts::due(&mut tx, now, Lanes::Alarms, room.alarms, &mut due).await?;
        let left = room.in_all.saturating_sub(alarms);
        let others = attempts::due(&mut tx, now, Lanes::Others, left, &mut due).await?;
        let more = More { alarms: alarms >= room.alarms, others: others >= left };
        if alarms == 0 && others == 0 && !turn.wrote_out {
            return Ok(Claimed { jobs: Vec::new(), more }); // dropped: nothing needs to reach the disk
        }
        let mut plan = Plan::of(due, now);
        // Each takes some trips of its own; the rest is still due.
        plan.recover.truncate(self.settings.window as usize);
        let mut jobs = self.claim_sends(&mut tx, now, lease, plan.send).await?;
        for due in plan.recover {
            jobs.extend(self.take_over(&mut tx, lease, due).await?);
        }
        let (stored, expired) = (Milestone::Stored, Milestone::Expired);
        attempts::end(&mut tx, now, stored, expired, "its validity ended", &plan.expire).await?;
        let (accepted, unknown) = (Milestone::Accepted, Milestone::Unknown);
        attempts::end(&mut tx, now, accepted, unknown, "no receipt came", &plan.give_up).await?;
        ladder::failed(&mut tx, now, &ladders(plan.expire.iter().chain(&plan.give_up))).await?;
        tx.commit().await?;
        Ok(Claimed { jobs, more })
    }

    async fn claim_sends(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        lease: Lease,
        send: Vec<Due>,
    ) -> Result<Vec<Job>, BridgeError> {
        let mut by_gateway: BTreeMap<String, Vec<Job>> = BTreeMap::new();
        let mut homeless = Vec::new();
        for due in send {
            let Some(gateway) = self.routes.choose(due.channel, now, due.gateway.as_deref(), &self.random)
            else {
                homeless.push(due);
                continue;
            };
            let jobs = by_gateway.entry(gateway.name().to_owned()).or_default();
            jobs.push(sending(due, Arc::clone(gateway), now, lease));
        }
        let mut jobs = Vec::new();
        for (gateway, chosen) in by_gateway {
            let ids: Vec<String> = chosen.iter().map(|job| job.outgoing.id.to_string()).collect();
            let claimed = attempts::claim(tx, now, lease, &gateway, ids).await?;
            jobs.extend(chosen.into_iter().filter(|job| claimed.holds(job.outgoing.id)));
        }
        let why = "no gateway carries its channel";
        attempts::end(tx, now, Milestone::Stored, Milestone::Errored, why, &homeless).await?;
        ladder::failed(tx, now, &ladders(homeless.iter())).await?;
        Ok(jobs)
    }

    /// Somebody began this attempt and never told its end: ask the gateway about it.
    async fn take_over(&self, tx: &mut Tx, lease: Lease, due: Due) -> Result<Option<Job>, BridgeError> {
        let Due { mut outgoing, gateway, ladder, reconciled, .. } = due;
        if !attempts::take_over(tx, lease, outgoing.id).await? {
            return Ok(None); // a receipt came between the two statements
        }
        let gateway = gateway.and_then(|name| self.routes.named(&name)).map(Arc::clone);
        if let Some(known) = &gateway {
            let since = outgoing.sent_at - NEIGHBOURS_SINCE;
            outgoing.neighbours = attempts::neighbours(tx, &outgoing, known.name(), since).await?;
        }
        Ok(Some(Job {
            outgoing,
            gateway,
            ladder,
            lease_no: lease.number,
            lease_until: lease.until,
            task: Task::Reconcile { tries: reconciled + 1 },
        }))
    }
}

/// Those that any of these are rungs of.
fn ladders<'a>(ended: impl Iterator<Item = &'a Due>) -> Vec<String> {
    ended.filter_map(|due| due.ladder.clone()).collect()
}

fn sending(due: Due, gateway: Arc<dyn Gateway>, now: Timestamp, lease: Lease) -> Job {
    let mut outgoing = due.outgoing;
    outgoing.attempt += 1;
    outgoing.sent_at = now;
    let (lease_no, lease_until) = (lease.number, lease.until);
    Job { outgoing, gateway: Some(gateway), ladder: due.ladder, lease_no, lease_until, task: Task::Send }
}
