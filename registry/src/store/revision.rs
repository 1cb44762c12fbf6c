//! The counter by which other processes notice that the registry changed.

use super::sealing;
use crate::{Database, RegistryError, Tx, on};

const READ: &str = "SELECT revision FROM registry_revision WHERE one = 1";
/// A condition that holds while the registry stands at the revision that is bound to its `?`: what was decided about people
/// as they were then is written on this condition, or decided again.
pub const UNCHANGED: &str = "(SELECT revision FROM registry_revision WHERE one = 1) = ?";

const ADVANCE: &str = "UPDATE registry_revision SET revision = revision + $1 WHERE one = 1 RETURNING seal";

/// How many transactions' worth of changes the registry has seen, position tokens and API keys included; it
/// only grows, and a write that finds everything as it should be does not count. Poll it and reload when it differs.
/// Read it *before* the rows: then a change in between is noticed at the next poll.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn revision(db: &Database) -> Result<i64, RegistryError> {
    Ok(on!(db, c => sqlx::query_scalar(READ).fetch_one(c).await?))
}

/// The same, inside a transaction.
pub(crate) async fn revision_within(tx: &mut Tx) -> Result<i64, RegistryError> {
    Ok(on!(tx, c => sqlx::query_scalar(READ).fetch_one(c).await?))
}

/// The revision that the registry has once the transaction is committed in which a row is written: its column `written`.
macro_rules! written {
    () => {
        "(SELECT revision + 1 FROM registry_revision WHERE one = 1)"
    };
}
pub(super) use written;

/// Waits for other writers of the registry and keeps them out until the transaction ends. What is sealed from then on is sealed
/// under the newest key.
pub(crate) async fn hold(tx: &mut Tx) -> Result<(), RegistryError> {
    advance(tx, 0).await
}

/// Tells the other processes that something changed.
pub(super) async fn bump(tx: &mut Tx) -> Result<(), RegistryError> {
    advance(tx, 1).await
}

/// Tells the other processes that something changed that decisions rest on besides people and things, in the transaction of the
/// change, and first in it: it keeps other writers of the registry out until the commit. What is committed on the condition
/// [`UNCHANGED`] rests on it as it was.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn decisions_change(tx: &mut Tx) -> Result<(), RegistryError> {
    bump(tx).await
}

async fn advance(tx: &mut Tx, step: i64) -> Result<(), RegistryError> {
    let newest: i64 = on!(tx, c => sqlx::query_scalar(ADVANCE).bind(step).fetch_one(c).await?);
    if newest != tx.keyring().seal().newest() {
        sealing::load(tx).await?;
    }
    Ok(())
}
