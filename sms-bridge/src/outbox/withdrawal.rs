//! Taking messages back: what is stored is cancelled; what is in flight cannot be, but is not tried again.

use certus_registry::{Timestamp, Tx, on};
use sqlx::QueryBuilder;

use super::attempts::bind_all;
use crate::BridgeError;
use crate::message::Milestone;

/// Which messages.
pub(super) enum Which<'a> {
    /// Those under these references.
    Under(&'a [String]),
    /// Those that are found by these as to one number, but the ones whose reference ends in `spared`.
    To { finders: &'a [String], spared: &'a str },
    /// Those of a ladder that were only meant in case another does not arrive.
    UnlessDelivered { ladder: &'a str },
}

impl Which<'_> {
    fn narrow<DB: sqlx::Database>(&self, query: &mut QueryBuilder<DB>)
    where
        for<'q> String: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    {
        match *self {
            Self::Under(references) => {
                bind_all(&mut query.push("reference IN (").separated(", "), references);
                query.push(")");
            }
            // Lanes and wake_at: only what waits for the worker is looked at, for there is no index by phone.
            Self::To { finders, spared } => {
                query.push("lane IN (0, 1) AND wake_at IS NOT NULL AND recipient IN (");
                bind_all(&mut query.separated(", "), finders);
                query.push(") AND reference NOT LIKE ").push_bind(format!("%{spared}"));
            }
            Self::UnlessDelivered { ladder } => {
                query.push("unless_delivered AND ladder = ").push_bind(ladder.to_owned());
            }
        }
    }
}

/// Takes them back. The caller holds the turn "lease": it must never be interleaved with a claim.
pub(super) async fn withdraw(tx: &mut Tx, now: Timestamp, which: &Which<'_>) -> Result<(), BridgeError> {
    on!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE bridge_messages SET cancel_asked = TRUE WHERE state = 'transmitted' AND ");
        which.narrow(&mut query);
        query.build().execute(c).await.map(drop)
    })?;
    on!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE bridge_messages SET state = 'cancelled', wake_at = NULL, state_at = ");
        query.push_bind(now.as_millis()).push(", history = history || ");
        query.push_bind(Milestone::Cancelled.passed(now)).push(" WHERE state = 'stored' AND ");
        which.narrow(&mut query);
        query.build().execute(c).await.map(drop)
    })?;
    Ok(())
}
