//! Moving rows to the newest key, some at a time, each lot in a transaction of its own.

use std::time::Duration;

use futures::future::BoxFuture;

use super::keys::{leave, renewed_within};
use crate::store::{account, application, contact, phone_code, revision, volunteer};
use crate::{RegistryError, Timestamp, Tx};

/// Rows that are moved in one transaction: it keeps other writers out for some 50 ms.
pub const MOVED_AT_ONCE: u32 = 200;
/// How long a key can still be read that is left: by then every process knows a newer one, and rows that were written late are moved.
pub const LEFT_KEPT: Duration = Duration::from_hours(24);

/// Moves at most so many rows of a table to the newest key; gives how many there were.
pub type Move = for<'a> fn(&'a mut Tx, u32) -> BoxFuture<'a, Result<u64, RegistryError>>;

/// The registry's tables with anything sealed.
const TABLES: [Move; 5] = [
    |tx, limit| Box::pin(volunteer::move_to_newest(tx, limit)),
    |tx, limit| Box::pin(contact::move_to_newest(tx, limit)),
    |tx, limit| Box::pin(phone_code::move_to_newest(tx, limit)),
    |tx, limit| Box::pin(application::move_to_newest(tx, limit)),
    |tx, limit| Box::pin(account::move_to_newest(tx, limit)),
];

/// How far the moving is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// So many rows were moved; there may be more.
    Some(u64),
    /// No row is left under another key, and the others are left or taken out.
    All,
}

/// Moves at most [`MOVED_AT_ONCE`] rows to the newest key or, when none is left, leaves the key of before and takes out those that
/// were left [`LEFT_KEPT`] ago. Commit, and call again until all is moved.
///
/// `others` are the tables of other crates. They come first, before the registry's other writers are kept out: whoever writes to both
/// takes the revision row last, and two that waited for each other would both fail.
///
/// # Errors
/// [`RegistryError::Key`], [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn advance(tx: &mut Tx, now: Timestamp, others: &[Move]) -> Result<Moved, RegistryError> {
    renewed_within(tx).await?;
    if let Some(moved) = lot(tx, others).await? {
        return Ok(moved);
    }
    revision::hold(tx).await?;
    if let Some(moved) = lot(tx, &TABLES).await? {
        return Ok(moved);
    }
    leave(tx, now, now - LEFT_KEPT).await?;
    Ok(Moved::All)
}

/// Of the first table that has any.
async fn lot(tx: &mut Tx, tables: &[Move]) -> Result<Option<Moved>, RegistryError> {
    for table in tables {
        let moved = table(tx, MOVED_AT_ONCE).await?;
        if moved > 0 {
            return Ok(Some(Moved::Some(moved)));
        }
    }
    Ok(None)
}
