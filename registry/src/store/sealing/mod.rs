//! The data keys of personal data: reading them, giving the database its first or its next one, and writing every row anew under it.
//!
//! A key is given in a transaction of its own; from its commit on every node writes under it, because whoever writes what is sealed
//! holds the revision row first, which says under which key. Rows of before are moved over some at a time, and can be read and found
//! meanwhile and after a crash; only when none is left is the key of before left as well. Tables of other crates, whose writers do
//! not wait for the registry's, may get a row under it even then: it can be read for a day more at least ([`LEFT_KEPT`]).

mod keys;
mod moving;

pub(crate) use keys::load;
pub use keys::{known, known_within, renewed, renewed_within};
pub use moving::{LEFT_KEPT, MOVED_AT_ONCE, Move, Moved, advance};

use super::revision;
use crate::error::KeyError;
use crate::seal::{DataKey, PLAIN};
use crate::{Database, RegistryError, Timestamp, Tx, on};

/// Those under which rows are, or may be until all are moved.
const NUMBERS: &str = "SELECT number FROM seal_key WHERE left_at IS NULL ORDER BY number";

/// Why a new key is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Personal data is to be encrypted that was not.
    Seal,
    /// It is to be encrypted under another key.
    Rotate,
}

/// Looks whether this process can read and write what is in the database: to be done once its tables are up to date. A database
/// without any personal data is given its first key if there is a key file. `others` count the rows of other crates that are to be
/// sealed.
///
/// # Errors
/// [`RegistryError::Key`], which says what to do; [`RegistryError::Database`].
pub async fn check(db: &Database, now: Timestamp, others: &[&'static str]) -> Result<(), RegistryError> {
    let numbers: Vec<i64> = on!(db, c => sqlx::query_scalar(NUMBERS).fetch_all(c).await?);
    let masters = db.keyring().masters().map_err(KeyError::from)?;
    match (numbers.first(), masters) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(KeyError::NoFile.into()),
        (Some(&PLAIN), Some(_)) => Err(KeyError::HalfSealed.into()),
        (Some(_), Some(_)) => known(db, numbers.into_iter()).await.map(drop),
        (None, Some(_)) => {
            first(db, now, others).await?;
            renewed(db).await.map(drop)
        }
    }
}

/// Of two nodes that start at once, the second finds the key that the first has given.
async fn first(db: &Database, now: Timestamp, others: &[&'static str]) -> Result<(), RegistryError> {
    const THERE: [&str; 5] = [
        "SELECT COUNT(*) FROM volunteer",
        "SELECT COUNT(*) FROM organisation_contact",
        "SELECT COUNT(*) FROM phone_code",
        "SELECT COUNT(*) FROM certificate",
        "SELECT COUNT(*) FROM account",
    ];
    let mut tx = db.begin().await?;
    revision::hold(&mut tx).await?;
    if !tx.keyring().seal().is_plain() {
        return Ok(());
    }
    for sql in THERE.iter().chain(others).copied() {
        let rows: i64 = on!(tx, c => sqlx::query_scalar(sql).fetch_one(c).await?);
        if rows > 0 {
            return Err(KeyError::NotSealed.into());
        }
    }
    give(&mut tx, now, false).await?;
    Ok(tx.commit().await?)
}

/// Gives the database a new data key, wrapped by the newest master key of the key file, or finds the one that rows are being moved to
/// already; its number. Commit, then [`advance`] until all is moved.
///
/// # Errors
/// [`RegistryError::Key`] when there is nothing to seal, or nothing that is sealed; [`RegistryError::Database`].
pub async fn begin(tx: &mut Tx, now: Timestamp, why: Why) -> Result<i64, RegistryError> {
    revision::hold(tx).await?;
    let numbers: Vec<i64> = on!(tx, c => sqlx::query_scalar(NUMBERS).fetch_all(c).await?);
    let (oldest, newest) = (numbers.first().copied(), numbers.last().copied());
    match (why, oldest, newest) {
        (Why::Seal, None, _) => give(tx, now, true).await,
        (Why::Seal, Some(PLAIN), Some(newest)) => Ok(newest),
        (Why::Seal, Some(_), _) => Err(KeyError::SealedAlready.into()),
        (Why::Rotate, None, _) => Err(KeyError::NothingSealed.into()),
        (Why::Rotate, Some(PLAIN), _) => Err(KeyError::HalfSealed.into()),
        (Why::Rotate, Some(oldest), Some(newest)) if oldest < newest => Ok(newest),
        (Why::Rotate, Some(_), _) => give(tx, now, false).await,
    }
}

/// Writes down the next key.
async fn give(tx: &mut Tx, now: Timestamp, plain_too: bool) -> Result<i64, RegistryError> {
    const KEY: &str = "INSERT INTO seal_key (number, wrapped, made_at) VALUES ($1, $2, $3)";
    const WRITE: &str = "UPDATE registry_revision SET seal = $1 WHERE one = 1";
    let keyring = tx.keyring();
    let masters = keyring.masters().map_err(KeyError::from)?.ok_or(KeyError::FileWanted)?;
    let number = keyring.seal().newest() + 1;
    let key = DataKey::draw(keyring.random());
    let wrapped = masters.newest().wrap(keyring.random(), number, &key);
    let before = plain_too.then_some((PLAIN, String::new()));
    for (number, wrapped) in before.into_iter().chain([(number, wrapped)]) {
        let affected = on!(tx, c => sqlx::query(KEY).bind(number).bind(wrapped).bind(now)
            .execute(c).await?.rows_affected());
        super::wrote(affected, 1)?;
    }
    let affected = on!(tx, c => sqlx::query(WRITE).bind(number).execute(c).await?.rows_affected());
    super::wrote(affected, 1)?;
    Ok(number)
}
