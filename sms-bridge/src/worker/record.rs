//! Recording: what the gateways answered, in one transaction, refused where the lease was lost.

use certus_registry::{Timestamp, Tx};

use super::verdict::{Verdict, wait_before_next};
use super::{Done, Worker};
use crate::message::MessageId;
use crate::outbox::attempts::{self, Settled};
use crate::outbox::ladder;
use crate::{BridgeError, Milestone, receipt};

impl Worker {
    /// Writes down what came of attempts; returns how many were accepted.
    pub(super) async fn record(&self, now: Timestamp, done: &[Done]) -> Result<u32, BridgeError> {
        if done.is_empty() {
            return Ok(0);
        }
        let mut tx = self.db.begin().await?;
        // Held together with the receipts that name a provider's id we are about to write down.
        attempts::take_turn(&mut tx, "receipt").await?;
        let ladders: Vec<String> = done.iter().filter_map(|done| done.ladder.clone()).collect();
        ladder::hold(&mut tx, &ladders).await?;
        let mut sent = 0;
        for done in done {
            self.record_one(&mut tx, now, done).await?;
            sent += u32::from(matches!(done.verdict, Verdict::Accepted { .. }));
        }
        for done in done {
            if let Verdict::Accepted { provider_id, .. } = &done.verdict {
                receipt::apply_early(&mut tx, now, done.outgoing.id, &done.gateway, provider_id).await?;
            }
        }
        ladder::failed(&mut tx, now, &ladders).await?;
        tx.commit().await?;
        Ok(sent)
    }

    async fn record_one(&self, tx: &mut Tx, now: Timestamp, done: &Done) -> Result<(), BridgeError> {
        let (id, lease_no) = (done.outgoing.id, done.lease_no);
        let end = match &done.verdict {
            Verdict::Accepted { provider_id, cost } => {
                return self.record_accepted(tx, now, done, (provider_id, *cost)).await;
            }
            Verdict::Refused { reason } => ended(Milestone::Errored, reason),
            Verdict::NotTaken { reason } => self.after_failure(now, done, reason),
            Verdict::Ask { tries, reason } if *tries >= self.settings.reconcile_tries_max => {
                ended(Milestone::Unknown, reason)
            }
            Verdict::Ask { reason, .. } => {
                tracing::warn!(message.id = %id, reason = %reason, "A gateway gave no answer; it will be asked.");
                let at = now + self.settings.reconcile_after;
                let kept = attempts::look_again(tx, id, lease_no, at).await?;
                log_if_lost(kept, done);
                return Ok(());
            }
            Verdict::CannotTell => ended(Milestone::Unknown, "the gateway cannot say what became of it"),
        };
        log_failure(id, &end);
        let settled = attempts::settle(tx, now, id, lease_no, &end).await?;
        log_if_lost(settled, done);
        Ok(())
    }

    async fn record_accepted(
        &self,
        tx: &mut Tx,
        now: Timestamp,
        done: &Done,
        (provider_id, cost): (&str, Option<u32>),
    ) -> Result<(), BridgeError> {
        let (id, lease_no) = (done.outgoing.id, done.lease_no);
        let end = Settled {
            milestone: Milestone::Accepted,
            wake_at: None,
            provider_id: Some(provider_id.to_owned()),
            cost,
            reason: None,
        };
        let written = attempts::settle(tx, now, id, lease_no, &end).await?
            || attempts::add_provider_id(tx, id, lease_no, provider_id, cost).await?;
        log_if_lost(written, done);
        Ok(())
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
            Some(at) if at < done.outgoing.valid_until => Settled {
                milestone: Milestone::Stored,
                wake_at: Some(at),
                provider_id: None,
                cost: None,
                reason: Some(reason.to_owned()),
            },
            Some(_) | None => ended(Milestone::Errored, reason),
        }
    }
}

fn ended(milestone: Milestone, reason: &str) -> Settled {
    Settled { milestone, wake_at: None, provider_id: None, cost: None, reason: Some(reason.to_owned()) }
}

/// Nothing was written: another worker holds the lease now, or a receipt has told more than this answer does.
fn log_if_lost(written: bool, done: &Done) {
    if !written {
        tracing::info!(message.id = %done.outgoing.id, lease.no = done.lease_no, "A late answer was dropped.");
    }
}

fn log_failure(id: MessageId, end: &Settled) {
    let reason = end.reason.as_deref().unwrap_or_default();
    tracing::warn!(message.id = %id, milestone = %end.milestone, reason = %reason, "A message was not accepted.");
}
