//! One transaction: the incident, its log, its decisions, who is tied to it, its messages, and whatever the event
//! settled elsewhere. All of it or nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use certus_registry::volunteer::Duty;
use certus_registry::{Secret, Timestamp, Tx, VolunteerId};
use certus_sms_bridge::inbox::InboundId;
use certus_sms_bridge::message::{MessageId, Milestone, NewMessage};
use certus_sms_bridge::{inbox, outbox};

use super::draft::Draft;
use super::handle::{Changed, Keyed};
use super::messages::{Reference, Writer};
use super::store::CalledOut;
use super::{Engine, EngineError, store};
use crate::idempotency;
use crate::incident::{Effect, Event, Purpose, Report};

/// A call-out's answer code is not given again to the same phone for a day.
pub(super) const CODE_REST: Duration = Duration::from_hours(24);

/// What a commit settles besides the incident.
#[derive(Debug, Clone)]
pub enum Within {
    /// A reply from the inbox has been acted on.
    Handled {
        /// Which.
        inbound: InboundId,
        /// What became of it, one word.
        outcome: &'static str,
    },
    /// The fate of a message has been acted on.
    Reported {
        /// Which message.
        message: MessageId,
        /// Which milestone.
        milestone: Milestone,
    },
    /// A request under an idempotency key has been carried out.
    Keyed(Keyed),
    /// A person has switched themselves on or off.
    Duty {
        /// Who.
        responder: VolunteerId,
        /// Which.
        duty: Duty,
    },
    /// Words to somebody that belong to no single incident.
    Message(Box<NewMessage>),
}

impl Engine {
    /// Writes a draft. False: somebody else was faster or holds one of the people; nothing was kept.
    pub(super) async fn commit(
        &mut self,
        now: Timestamp,
        draft: &Draft,
        within: &[Within],
    ) -> Result<bool, EngineError> {
        let (added, ended) = draft.engagements();
        let incident = draft.incident.id;
        let mut tx = self.parts.db.begin().await?;
        if !draft.is_unchanged() {
            store::disengage(&mut tx, incident, &ended).await?;
            if !store::save(&mut tx, now, draft).await?
                || !store::engage(&mut tx, now, incident, &added).await?
            {
                return Ok(false);
            }
        }
        let messages = self.messages(&mut tx, now, draft).await?;
        for one in within {
            if !self.settle(&mut tx, now, one, Some(draft)).await? {
                return Err(EngineError::Settled);
            }
        }
        outbox::enqueue(&mut tx, now, &self.parts.random, &messages).await?;
        tx.commit().await?;
        self.after(now, draft, &added, &ended, !messages.is_empty());
        Ok(true)
    }

    /// Settles what belongs to no incident, in a transaction of its own. False: it was settled already.
    pub(super) async fn commit_alone(&self, now: Timestamp, within: &[Within]) -> Result<bool, EngineError> {
        let mut tx = self.parts.db.begin().await?;
        for one in within {
            if !self.settle(&mut tx, now, one, None).await? {
                return Ok(false);
            }
        }
        tx.commit().await?;
        self.parts.outbox_wake.wake();
        Ok(true)
    }

    async fn settle(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        within: &Within,
        draft: Option<&Draft>,
    ) -> Result<bool, EngineError> {
        Ok(match within {
            Within::Handled { inbound, outcome } => inbox::mark_handled(tx, now, *inbound, outcome).await?,
            Within::Reported { message, milestone } => {
                outbox::mark_reported(tx, *message, *milestone).await?
            }
            Within::Duty { responder, duty } => {
                certus_registry::store::volunteer::set_duty(tx, now, *responder, *duty).await?
            }
            Within::Message(message) => {
                outbox::enqueue(tx, now, &self.parts.random, std::slice::from_ref(message.as_ref())).await?;
                true
            }
            Within::Keyed(keyed) => {
                let body = draft.map_or(String::new(), |draft| (keyed.render)(&draft.incident));
                if !idempotency::insert(tx, &keyed.entry, keyed.status, body, now).await? {
                    return Err(EngineError::KeyTaken);
                }
                true
            }
        })
    }

    /// The messages that a draft's effects ask for. A call-out that has not left yet is taken back instead of being
    /// followed by a stand-down.
    async fn messages(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        draft: &Draft,
    ) -> Result<Vec<NewMessage>, EngineError> {
        let roster = self.side.roster.borrow().clone();
        let (public_url, zone) = (self.parts.public_url.as_str(), &self.parts.zone);
        let writer = Writer { now, incident: &draft.incident, public_url, zone };
        let mut links = self.call_outs(tx, now, draft).await?;
        let mut messages = Vec::with_capacity(draft.effects.len());
        for effect in &draft.effects {
            let to = effect.responder().and_then(|responder| roster.get(responder));
            let Some(to) = to else { continue };
            messages.push(match effect {
                Effect::Ask { responder } => {
                    let Some((callout, secret)) = links.remove(responder) else { continue };
                    writer.call_out(to, &callout, &secret)
                }
                Effect::Release { responder, reason } => {
                    let call_out = Reference {
                        incident: draft.incident.id,
                        responder: *responder,
                        purpose: Purpose::CallOut,
                    };
                    if outbox::cancel(tx, now, &call_out.to_string()).await? > 0 {
                        continue;
                    }
                    writer.release(to, *reason)
                }
                Effect::Tell { what, .. } => writer.tell(to, what),
                Effect::AfterCare { .. } => writer.after_care(to),
                Effect::Find | Effect::AlertOperator(_) => continue,
            });
        }
        Ok(messages)
    }

    /// Gives everybody who is called out a secret link and the lowest code that none of their other call-outs has.
    async fn call_outs(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        draft: &Draft,
    ) -> Result<BTreeMap<VolunteerId, (CalledOut, Secret)>, EngineError> {
        let asked = draft.effects.iter().filter_map(|effect| match effect {
            Effect::Ask { responder } => Some(*responder),
            Effect::Find
            | Effect::Release { .. }
            | Effect::Tell { .. }
            | Effect::AlertOperator(_)
            | Effect::AfterCare { .. } => None,
        });
        let asked: Vec<VolunteerId> = asked.collect();
        let used = store::codes_in_use(tx, &asked, now - CODE_REST).await?;
        let made: Vec<(CalledOut, Secret)> = asked
            .into_iter()
            .map(|responder| {
                let free = (1..=u8::MAX).find(|code| !used.contains(&(responder, *code)));
                let code = free.unwrap_or(u8::MAX);
                (
                    CalledOut { incident: draft.incident.id, responder, code },
                    Secret::generate(&self.parts.random),
                )
            })
            .collect();
        let rows: Vec<_> = made.iter().map(|(callout, secret)| (*callout, secret.hash())).collect();
        store::add_callouts(tx, now, &rows).await?;
        Ok(made.into_iter().map(|(callout, secret)| (callout.responder, (callout, secret))).collect())
    }

    /// After the commit: remember, wake the bridge, tell the consoles.
    fn after(
        &mut self,
        now: Timestamp,
        draft: &Draft,
        added: &[VolunteerId],
        ended: &[VolunteerId],
        has_messages: bool,
    ) {
        let incident = &draft.incident;
        if has_messages {
            self.parts.outbox_wake.wake();
        }
        if draft.is_unchanged() {
            return;
        }
        for person in added {
            self.engaged.insert(*person, incident.id);
            self.parts.positions.watch(*person);
        }
        for person in ended {
            self.engaged.remove(person);
            self.parts.positions.unwatch(*person);
        }
        self.count(draft);
        self.announce(Changed { incident: incident.id, version: incident.version, at: now });
    }
}

impl Engine {
    fn count(&self, draft: &Draft) {
        let metrics = &self.parts.metrics;
        for event in &draft.log {
            let word = match event {
                Event::Responder { report: Report::Accepted { .. }, .. } => "accepted",
                Event::Responder { report: Report::Declined { .. }, .. } => "declined",
                Event::Responder { report: Report::Arrived, .. } => "arrived",
                Event::Closed => {
                    metrics.incidents_closed.inc();
                    continue;
                }
                Event::Responder { .. }
                | Event::Raised(_)
                | Event::CandidatesFound { .. }
                | Event::AmbulanceEtaChanged { .. }
                | Event::OperatorMessaged { .. }
                | Event::Escalated { .. }
                | Event::StoodDown
                | Event::Tick => continue,
            };
            metrics.called_out(word, 1);
        }
        let asked = draft.effects.iter().filter(|effect| matches!(effect, Effect::Ask { .. })).count();
        metrics.called_out("asked", asked as u64);
    }
}

impl Effect {
    fn responder(&self) -> Option<VolunteerId> {
        match self {
            Self::Ask { responder }
            | Self::Release { responder, .. }
            | Self::Tell { responder, .. }
            | Self::AfterCare { responder } => Some(*responder),
            Self::Find | Self::AlertOperator(_) => None,
        }
    }
}
