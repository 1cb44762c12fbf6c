//! Where people are signed in at their own page.

use std::time::Duration;

use crate::store::{damaged, wrote};
use crate::{Database, RegistryError, SecretHash, Timestamp, Tx, VolunteerId, on};

/// A session ends when nothing was opened for so long: phones are left on tables.
pub const IDLE_MAX: Duration = Duration::from_mins(30);
/// The longest session.
pub const SESSION_MAX: Duration = Duration::from_hours(12);
/// A look at a page is written down at most so often.
const TOUCHED_EVERY: Duration = Duration::from_mins(1);

/// Begins a session; those of anybody that have ended are forgotten.
///
/// # Errors
/// [`RegistryError::Database`] (also for an unknown person).
pub async fn begin_session(
    tx: &mut Tx,
    now: Timestamp,
    id: VolunteerId,
    secret: &SecretHash,
) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO volunteer_session (secret, volunteer_id, created_at, used_at, ends_at) \
         VALUES ($1, $2, $3, $3, $4)";
    forget_sessions(tx, now).await?;
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(secret.as_str()).bind(id.to_string()).bind(now).bind(now + SESSION_MAX).execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// Forgets the sessions that have ended by `now`; gives how many.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn forget_sessions(tx: &mut Tx, now: Timestamp) -> Result<u64, RegistryError> {
    const SQL: &str = "DELETE FROM volunteer_session WHERE ends_at <= $1 OR used_at <= $2";
    Ok(on!(tx, c => sqlx::query(SQL).bind(now).bind(now - IDLE_MAX).execute(c).await?.rows_affected()))
}

/// Whose session this is at `now`, which is a use of it.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_session(
    db: &Database,
    now: Timestamp,
    secret: &SecretHash,
) -> Result<Option<VolunteerId>, RegistryError> {
    const SQL: &str = "SELECT volunteer_id, used_at FROM volunteer_session \
         WHERE secret = $1 AND ends_at > $2 AND used_at > $3";
    const TOUCH: &str = "UPDATE volunteer_session SET used_at = $1 WHERE secret = $2 AND used_at < $1";
    let row: Option<(String, Timestamp)> = on!(db, c => sqlx::query_as(SQL)
        .bind(secret.as_str()).bind(now).bind(now - IDLE_MAX).fetch_optional(c).await?);
    let Some((id, used_at)) = row else { return Ok(None) };
    if now.since(used_at) >= TOUCHED_EVERY {
        let mut tx = db.begin().await?;
        // Nothing to touch any more: it was ended meanwhile.
        on!(tx, c => sqlx::query(TOUCH).bind(now).bind(secret.as_str()).execute(c).await.map(drop)?);
        tx.commit().await?;
    }
    id.parse().map(Some).map_err(|error| damaged("session of volunteer", &id, &error))
}

/// Ends one session; one that has ended already is no error.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn end_session(tx: &mut Tx, secret: &SecretHash) -> Result<(), RegistryError> {
    const SQL: &str = "DELETE FROM volunteer_session WHERE secret = $1";
    on!(tx, c => sqlx::query(SQL).bind(secret.as_str()).execute(c).await.map(drop)?);
    Ok(())
}
