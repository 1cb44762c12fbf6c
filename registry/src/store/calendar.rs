//! Calendars of volunteers: the secret of the one that is fetched from here, and what came from those that were sent here or are
//! fetched.

use super::{damaged, wrote};
use crate::availability::{Exceptions, Reason};
use crate::{Database, RegistryError, SecretHash, Timestamp, Tx, VolunteerId, on};

/// The columns of [`Row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT volunteer_id, name, exceptions, imported_at, address, fetch_at, failure FROM calendar_import ",
            $rest
        )
    };
}

/// A calendar that somebody has sent, or has fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What they call it; also the reason of its exceptions.
    pub name: Reason,
    /// What came from it.
    pub exceptions: Exceptions,
    /// When.
    pub imported_at: Timestamp,
    /// Where it is fetched from again; `None`: it was sent as a file.
    pub followed: Option<Followed>,
}

/// A calendar that is fetched again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// From where: mostly a secret.
    pub address: String,
    /// When next.
    pub fetch_at: Timestamp,
    /// Why it brought nothing the last time, in a word.
    pub failure: Option<String>,
}

/// Gives somebody a new secret address; the one before is no address any more.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn set_feed(
    tx: &mut Tx,
    now: Timestamp,
    who: VolunteerId,
    secret: &SecretHash,
) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO calendar_feed (volunteer_id, secret, made_at) VALUES ($1, $2, $3) \
         ON CONFLICT (volunteer_id) DO UPDATE SET secret = excluded.secret, made_at = excluded.made_at";
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(who.to_string()).bind(secret.as_str()).bind(now).execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// Takes somebody's address away; `false` when there is none.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn end_feed(tx: &mut Tx, who: VolunteerId) -> Result<bool, RegistryError> {
    const SQL: &str = "DELETE FROM calendar_feed WHERE volunteer_id = $1";
    Ok(on!(tx, c => sqlx::query(SQL).bind(who.to_string()).execute(c).await?.rows_affected()) == 1)
}

/// Since when somebody has an address.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn feed_made_at(db: &Database, who: VolunteerId) -> Result<Option<Timestamp>, RegistryError> {
    const SQL: &str = "SELECT made_at FROM calendar_feed WHERE volunteer_id = $1";
    Ok(on!(db, c => sqlx::query_scalar(SQL).bind(who.to_string()).fetch_optional(c).await?))
}

/// Whose address this is.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_feed(db: &Database, secret: &SecretHash) -> Result<Option<VolunteerId>, RegistryError> {
    const SQL: &str = "SELECT volunteer_id FROM calendar_feed WHERE secret = $1";
    let id: Option<String> =
        on!(db, c => sqlx::query_scalar(SQL).bind(secret.as_str()).fetch_optional(c).await?);
    id.map(|id| id.parse().map_err(|e| damaged("calendar of volunteer", &id, &e))).transpose()
}

/// The calendars that somebody has sent, by name.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn imported(db: &Database, who: VolunteerId) -> Result<Vec<Imported>, RegistryError> {
    const SQL: &str = select!("WHERE volunteer_id = $1 ORDER BY name");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).bind(who.to_string()).fetch_all(c).await?);
    rows.into_iter().map(|row| read(who, row)).collect()
}

/// What came from one calendar, inside a transaction; nothing, if it was never sent. Hold the person first
/// (`volunteer::locked`).
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn imported_from(
    tx: &mut Tx,
    who: VolunteerId,
    name: &Reason,
) -> Result<Option<Imported>, RegistryError> {
    const SQL: &str = select!("WHERE volunteer_id = $1 AND name = $2");
    let row: Option<Row> =
        on!(tx, c => sqlx::query_as(SQL).bind(who.to_string()).bind(name.as_str()).fetch_optional(c).await?);
    row.map(|row| read(who, row)).transpose()
}

/// Writes down what came from a calendar, in place of what came from it before.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn put_imported(tx: &mut Tx, who: VolunteerId, calendar: &Imported) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO calendar_import \
         (volunteer_id, name, exceptions, imported_at, address, fetch_at, failure) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (volunteer_id, name) DO UPDATE SET \
         exceptions = excluded.exceptions, imported_at = excluded.imported_at, address = excluded.address, \
         fetch_at = excluded.fetch_at, failure = excluded.failure";
    let followed = calendar.followed.as_ref();
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(who.to_string()).bind(calendar.name.as_str()).bind(calendar.exceptions.to_string())
        .bind(calendar.imported_at).bind(followed.map(|one| &one.address)).bind(followed.map(|one| one.fetch_at))
        .bind(followed.and_then(|one| one.failure.as_ref())).execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// Forgets a calendar; `false` when there is none.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn remove_imported(tx: &mut Tx, who: VolunteerId, name: &Reason) -> Result<bool, RegistryError> {
    const SQL: &str = "DELETE FROM calendar_import WHERE volunteer_id = $1 AND name = $2";
    let affected = on!(tx, c => sqlx::query(SQL).bind(who.to_string()).bind(name.as_str())
        .execute(c).await?.rows_affected());
    Ok(affected == 1)
}

/// At most `limit` calendars that are to be fetched by `now`, the longest due first, each with its owner.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn due(
    db: &Database,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(VolunteerId, Imported)>, RegistryError> {
    const SQL: &str = select!("WHERE fetch_at <= $1 ORDER BY fetch_at, volunteer_id, name LIMIT $2");
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(SQL).bind(now).bind(i64::from(limit)).fetch_all(c).await?);
    let owned = |row: Row| {
        let id = row.volunteer_id.parse();
        let who = id.map_err(|e| damaged("calendar of volunteer", &row.volunteer_id, &e))?;
        Ok((who, read(who, row)?))
    };
    rows.into_iter().map(owned).collect()
}

/// Takes a fetch: moves it from when it was due on to `next`; `false` when somebody else has, or the calendar is gone.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn take(
    tx: &mut Tx,
    who: VolunteerId,
    name: &Reason,
    (due, next): (Timestamp, Timestamp),
) -> Result<bool, RegistryError> {
    const SQL: &str = "UPDATE calendar_import SET fetch_at = $1 \
         WHERE volunteer_id = $2 AND name = $3 AND fetch_at = $4";
    let affected = on!(tx, c => sqlx::query(SQL).bind(next).bind(who.to_string()).bind(name.as_str()).bind(due)
        .execute(c).await?.rows_affected());
    Ok(affected == 1)
}

#[derive(sqlx::FromRow)]
struct Row {
    volunteer_id: String,
    name: String,
    exceptions: String,
    imported_at: Timestamp,
    address: Option<String>,
    fetch_at: Option<Timestamp>,
    failure: Option<String>,
}

fn read(who: VolunteerId, row: Row) -> Result<Imported, RegistryError> {
    let broken = |why: &dyn std::fmt::Display| damaged("calendar of volunteer", &who.to_string(), why);
    let Row { name, exceptions, imported_at, address, fetch_at, failure, .. } = row;
    let followed = address.zip(fetch_at);
    Ok(Imported {
        name: name.parse().map_err(|e| broken(&e))?,
        exceptions: exceptions.parse().map_err(|e| broken(&e))?,
        imported_at,
        followed: followed.map(|(address, fetch_at)| Followed { address, fetch_at, failure }),
    })
}
