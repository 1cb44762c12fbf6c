//! Moving rows to the newest key, some at a time, each lot in a transaction of its own.

use futures::future::BoxFuture;

use crate::store::{account, application, contact, phone_code, revision, volunteer};
use crate::{RegistryError, Tx, on};

/// Rows that are moved in one transaction: it keeps other writers out for some 50 ms.
pub const MOVED_AT_ONCE: u32 = 200;

/// Moves at most so many rows of a table to the newest key; gives how many there were. Others are kept out already.
pub type Move = for<'a> fn(&'a mut Tx, u32) -> BoxFuture<'a, Result<u64, RegistryError>>;

/// The registry's tables with anything sealed.
pub const TABLES: [Move; 5] = [
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
    /// No row is left under another key, and the others are taken out.
    All,
}

/// Moves at most [`MOVED_AT_ONCE`] rows to the newest key or, when none is left, takes the keys of before out. Commit, and call
/// again until all is moved.
///
/// # Errors
/// [`RegistryError::Key`], [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn advance(tx: &mut Tx, tables: &[Move]) -> Result<Moved, RegistryError> {
    const TAKE_OUT: &str = "DELETE FROM seal_key WHERE number < $1";
    revision::hold(tx).await?;
    for table in tables {
        let moved = table(tx, MOVED_AT_ONCE).await?;
        if moved > 0 {
            return Ok(Moved::Some(moved));
        }
    }
    let newest = tx.sealer().number();
    on!(tx, c => sqlx::query(TAKE_OUT).bind(newest).execute(c).await.map(drop)?);
    Ok(Moved::All)
}
