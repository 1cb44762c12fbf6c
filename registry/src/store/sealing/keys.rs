//! Reading the data keys: when rows name one that this process does not know, or the revision row says that there is a newer one.

use std::sync::Arc;

use crate::error::KeyError;
use crate::seal::{DataKey, Keyring, Masters, PLAIN, Seal};
use crate::store::wrote;
use crate::{Database, RegistryError, Timestamp, Tx, on};

const KEYS: &str = "SELECT number, wrapped FROM seal_key ORDER BY number";
const NEWEST: &str = "SELECT seal FROM registry_revision WHERE one = 1";

/// Keys by which rows of these numbers open.
///
/// # Errors
/// [`RegistryError::Key`], [`RegistryError::Database`].
pub async fn known(
    db: &Database,
    mut numbers: impl Iterator<Item = i64>,
) -> Result<Arc<Seal>, RegistryError> {
    let seal = db.keyring().seal();
    if numbers.all(|number| seal.knows(number)) { Ok(seal) } else { read(db).await }
}

async fn read(db: &Database) -> Result<Arc<Seal>, RegistryError> {
    let rows: Vec<_> = on!(db, c => sqlx::query_as(KEYS).fetch_all(c).await?);
    unwrap(db.keyring(), &rows)
}

/// The same, inside a transaction.
///
/// # Errors
/// As [`known`].
pub async fn known_within(
    tx: &mut Tx,
    mut numbers: impl Iterator<Item = i64>,
) -> Result<Arc<Seal>, RegistryError> {
    let seal = tx.keyring().seal();
    if numbers.all(|number| seal.knows(number)) { Ok(seal) } else { load(tx).await }
}

/// Reads the keys and goes on with them.
///
/// # Errors
/// As [`known`].
pub(crate) async fn load(tx: &mut Tx) -> Result<Arc<Seal>, RegistryError> {
    let rows: Vec<_> = on!(tx, c => sqlx::query_as(KEYS).fetch_all(c).await?);
    unwrap(tx.keyring(), &rows)
}

/// Whether there is a newer key than this process knew, which it knows then: somebody who was not found by their phone is to be
/// looked for once more.
///
/// # Errors
/// As [`known`].
pub async fn renewed(db: &Database) -> Result<bool, RegistryError> {
    let newest: i64 = on!(db, c => sqlx::query_scalar(NEWEST).fetch_one(c).await?);
    if newest == db.keyring().seal().newest() {
        return Ok(false);
    }
    read(db).await.map(|_| true)
}

/// The same, inside a transaction: to be done before anybody is looked for by their phone.
///
/// # Errors
/// As [`known`].
pub async fn renewed_within(tx: &mut Tx) -> Result<(), RegistryError> {
    let newest: i64 = on!(tx, c => sqlx::query_scalar(NEWEST).fetch_one(c).await?);
    if newest != tx.keyring().seal().newest() {
        load(tx).await?;
    }
    Ok(())
}

fn unwrap(keyring: &Keyring, rows: &[(i64, String)]) -> Result<Arc<Seal>, RegistryError> {
    let plain_too = rows.is_empty() || rows.iter().any(|(number, _)| *number == PLAIN);
    let sealed: Vec<_> = rows.iter().filter(|(number, _)| *number != PLAIN).collect();
    if sealed.is_empty() {
        return Ok(keyring.replace(Seal::plain()));
    }
    let masters = keyring.masters().map_err(KeyError::from)?.ok_or(KeyError::NoFile)?;
    let mut keys = Vec::with_capacity(sealed.len());
    for (number, wrapped) in sealed {
        keys.push((*number, unwrapped(keyring, &masters, *number, wrapped)?));
    }
    Ok(keyring.replace(Seal::of(keys, plain_too)))
}

fn unwrapped(keyring: &Keyring, masters: &Masters, number: i64, wrapped: &str) -> Result<DataKey, KeyError> {
    masters.unwrap(number, wrapped).map_err(|master| KeyError::Locked {
        file: keyring.file().unwrap_or_default(),
        number,
        master,
    })
}

/// Says of the keys of before, under which no row is left, that they are left at `now`, and takes out those that were at or before
/// `before`. What stays is wrapped by the newest master key: the older ones open nothing any more.
///
/// # Errors
/// As [`known`].
pub(super) async fn leave(tx: &mut Tx, now: Timestamp, before: Timestamp) -> Result<(), RegistryError> {
    const TAKE_OUT: &str = "DELETE FROM seal_key WHERE number = $1 OR left_at <= $2";
    const STAYING: &str = "SELECT number, wrapped FROM seal_key WHERE number < $1 ORDER BY number";
    const WRAP: &str = "UPDATE seal_key SET wrapped = $1, left_at = COALESCE(left_at, $2) WHERE number = $3";
    on!(tx, c => sqlx::query(TAKE_OUT).bind(PLAIN).bind(before).execute(c).await.map(drop)?);
    let newest = tx.sealer().number();
    let staying: Vec<(i64, String)> = on!(tx, c => sqlx::query_as(STAYING).bind(newest).fetch_all(c).await?);
    for (number, wrapped) in staying {
        let keyring = tx.keyring();
        let masters = keyring.masters().map_err(KeyError::from)?.ok_or(KeyError::NoFile)?;
        let key = unwrapped(keyring, &masters, number, &wrapped)?;
        let wrapped = masters.newest().wrap(keyring.random(), number, &key);
        let affected = on!(tx, c => sqlx::query(WRAP).bind(wrapped).bind(now).bind(number)
            .execute(c).await?.rows_affected());
        wrote(affected, 1)?;
    }
    Ok(())
}
