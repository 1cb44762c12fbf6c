//! Ladders: several ways to say one thing to one person, stored together, tried one after the other.
//!
//! Each rung has its own time. It comes sooner when everything before it has failed for good, and not at all when the
//! caller withdraws the reference or (if so wished) when an earlier rung is known to have arrived. The caller hears of a
//! failure only when no other rung may still reach the person.

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Timestamp, Tx, on};
use sqlx::QueryBuilder;

use super::attempts::{bind_all, take_turn};
use super::withdrawal::{Which, withdraw};
use crate::BridgeError;

/// Another rung of the same ladder in one of these states.
macro_rules! other {
    ($which:literal, $states:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM bridge_messages o WHERE o.ladder = bridge_messages.ladder AND ",
            $which,
            " AND o.state IN (",
            $states,
            "))"
        )
    };
}

/// Puts these ladders' messages in line with claims: take it before writing to any of them.
pub(crate) async fn hold(tx: &mut Tx, ladders: &[String]) -> Result<(), BridgeError> {
    if !ladders.is_empty() {
        take_turn(tx, "lease").await?;
    }
    Ok(())
}

/// A rung has arrived: those that were only meant in case it does not are withdrawn.
pub(crate) async fn arrived(tx: &mut Tx, now: Timestamp, ladder: &str) -> Result<(), BridgeError> {
    withdraw(tx, now, &Which::UnlessDelivered { ladder }).await
}

/// Rungs have come to a bad end: the next is due now where all before it have failed, and whoever may still be reached is
/// not reported as lost.
pub(crate) async fn failed(tx: &mut Tx, now: Timestamp, ladders: &[String]) -> Result<(), BridgeError> {
    if ladders.is_empty() || broken(Rule::Ladder) {
        return Ok(());
    }
    on!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE bridge_messages SET unreported = FALSE WHERE unreported AND state <> 'delivered' AND ");
        query.push(other!("o.id <> bridge_messages.id", "'stored', 'transmitted', 'accepted', 'delivered'"));
        bind_all(&mut query.push(" AND ladder IN (").separated(", "), ladders);
        query.push(")").build().execute(c).await.map(drop)
    })?;
    on!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE bridge_messages SET wake_at = ");
        query.push_bind(now.as_millis()).push(" WHERE state = 'stored' AND attempt = 0 AND wake_at > ");
        query.push_bind(now.as_millis()).push(" AND NOT ");
        query.push(other!("o.rung < bridge_messages.rung", "'stored', 'transmitted', 'accepted', 'delivered', 'unknown'"));
        bind_all(&mut query.push(" AND ladder IN (").separated(", "), ladders);
        query.push(")").build().execute(c).await.map(drop)
    })?;
    Ok(())
}
