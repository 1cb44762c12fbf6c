//! Recording: what the gateways answered, in one transaction, refused where the lease was lost.

use std::collections::BTreeMap;

use certus_registry::{Timestamp, Tx};

use super::verdict::{Verdict, wait_before_next};
use super::{Done, Worker};
use crate::message::{MessageId, without_numbers};
use crate::outbox::attempts;
use crate::outbox::ladder;
use crate::outbox::settling::{self, Attempt, Settled};
use crate::{BridgeError, Milestone, receipt};

/// What is to be written down.
#[derive(Debug, Default)]
struct Report {
    ended: Vec<Settled>,
    /// The gateway did not answer, and will be asked.
    unanswered: Vec<Attempt>,
}

impl Worker {
    /// Writes down what came of attempts; returns how many were accepted.
    pub(super) async fn record(&self, now: Timestamp, done: &[Done]) -> Result<u32, BridgeError> {
        if done.is_empty() {
            return Ok(0);
        }
        let report = self.report(now, done);
        let mut tx = self.db.begin().await?;
        // Held together with the receipts that name a provider's id we are about to write down.
        attempts::take_turn(&mut tx, "receipt").await?;
        let ladders: Vec<String> = done.iter().filter_map(|done| done.ladder.clone()).collect();
        ladder::hold(&mut tx, &ladders).await?;
        let again = now + self.settings.reconcile_after;
        let mut lost = settling::settle(&mut tx, now, &report.ended).await?;
        lost.extend(settling::look_again(&mut tx, again, &report.unanswered).await?);
        apply_early_receipts(&mut tx, now, done).await?;
        ladder::failed(&mut tx, now, &ladders).await?;
        tx.commit().await?;
        for Attempt { id, lease_no } in lost {
            tracing::info!(message.id = %id, lease.no = lease_no, "A late answer was dropped.");
        }
        Ok(u32::try_from(done.iter().filter(|done| done.accepted().is_some()).count()).unwrap_or(u32::MAX))
    }

    fn report(&self, now: Timestamp, done: &[Done]) -> Report {
        let mut report = Report::default();
        for done in done {
            match self.end_of(now, done) {
                Some(end) => report.ended.push(end),
                None => report.unanswered.push(done.attempt()),
            }
        }
        report
    }

    /// How an attempt ended; `None`: nobody knows yet.
    fn end_of(&self, now: Timestamp, done: &Done) -> Option<Settled> {
        let end = match &done.verdict {
            Verdict::Accepted { provider_id, cost } => {
                let provider_id = Some(provider_id.clone());
                let end = done.ended(Milestone::Accepted, None);
                return Some(Settled { provider_id, cost: *cost, ..end });
            }
            Verdict::Refused { reason } => done.ended(Milestone::Errored, Some(reason)),
            Verdict::NotTaken { reason } => self.after_failure(now, done, reason),
            Verdict::Ask { tries, reason } if *tries >= self.settings.reconcile_tries_max => {
                done.ended(Milestone::Unknown, Some(reason))
            }
            Verdict::Ask { reason, .. } => {
                tracing::warn!(message.id = %done.outgoing.id, reason = %reason, "A gateway gave no answer; it will be asked.");
                return None;
            }
            Verdict::CannotTell => {
                done.ended(Milestone::Unknown, Some("the gateway cannot say what became of it"))
            }
        };
        log_failure(done.outgoing.id, &end);
        Some(end)
    }

    /// Certainly not taken: when is the next attempt, if there is one?
    fn after_failure(&self, now: Timestamp, done: &Done, reason: &str) -> Settled {
        let wait = wait_before_next(
            done.outgoing.attempt,
            self.routes.beside(&done.gateway),
            &self.settings,
            &self.random,
        );
        match wait.map(|wait| now + wait) {
            Some(at) if at < done.outgoing.valid_until => {
                Settled { wake_at: Some(at), ..done.ended(Milestone::Stored, Some(reason)) }
            }
            Some(_) | None => done.ended(Milestone::Errored, Some(reason)),
        }
    }
}

impl Done {
    fn attempt(&self) -> Attempt {
        Attempt { id: self.outgoing.id, lease_no: self.lease_no }
    }

    fn ended(&self, milestone: Milestone, reason: Option<&str>) -> Settled {
        Settled {
            attempt: self.attempt(),
            milestone,
            wake_at: None,
            provider_id: None,
            cost: None,
            reason: reason.map(without_numbers),
        }
    }

    /// The provider's name for it.
    pub(super) fn accepted(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::Accepted { provider_id, .. } => Some(provider_id),
            Verdict::Refused { .. }
            | Verdict::NotTaken { .. }
            | Verdict::Ask { .. }
            | Verdict::CannotTell => None,
        }
    }
}

async fn apply_early_receipts(tx: &mut Tx, now: Timestamp, done: &[Done]) -> Result<(), BridgeError> {
    let mut by_gateway: BTreeMap<&str, BTreeMap<String, MessageId>> = BTreeMap::new();
    for (done, provider_id) in done.iter().filter_map(|done| Some((done, done.accepted()?))) {
        by_gateway.entry(&done.gateway).or_default().insert(provider_id.to_owned(), done.outgoing.id);
    }
    for (gateway, messages) in by_gateway {
        let names: Vec<String> = messages.keys().cloned().collect();
        for name in receipt::early(tx, gateway, &names).await? {
            if let Some(message) = messages.get(&name) {
                receipt::apply_early(tx, now, *message, gateway, &name).await?;
            }
        }
    }
    Ok(())
}

fn log_failure(id: MessageId, end: &Settled) {
    let reason = end.reason.as_deref().unwrap_or_default();
    tracing::warn!(message.id = %id, milestone = %end.milestone, reason = %reason, "A message was not accepted.");
}
