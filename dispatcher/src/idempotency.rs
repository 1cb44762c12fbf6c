//! Where the answers to writes under an `Idempotency-Key` are kept. What a key means is `api::idempotency`'s.

use certus_registry::{Database, Timestamp, Tx, on};

const FIND: &str =
    "SELECT fingerprint, status, body FROM idempotency WHERE key_owner = $1 AND idempotency_key = $2";
const INSERT: &str = "INSERT INTO idempotency (key_owner, idempotency_key, fingerprint, status, body, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (key_owner, idempotency_key) DO NOTHING";
const PURGE: &str = "DELETE FROM idempotency WHERE created_at < $1";

/// An answer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Stored {
    /// Of the request it answered.
    pub fingerprint: String,
    /// The HTTP status.
    pub status: i64,
    /// The JSON body.
    pub body: String,
}

/// The answer kept under a key, if any.
///
/// # Errors
/// [`sqlx::Error`] when the database fails.
pub async fn find(db: &Database, owner: &str, key: &str) -> Result<Option<Stored>, sqlx::Error> {
    on!(db, c => sqlx::query_as(FIND).bind(owner).bind(key).fetch_optional(c).await)
}

/// A write under a key: who sent it, the key, and what the write looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The caller's API key.
    pub owner: String,
    /// The idempotency key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub fingerprint: String,
}

/// Keeps an answer; `false` when the key is already there (then roll the transaction back).
///
/// # Errors
/// [`sqlx::Error`] when the database fails.
pub async fn insert(
    tx: &mut Tx,
    entry: &Entry,
    status: u16,
    body: String,
    now: Timestamp,
) -> Result<bool, sqlx::Error> {
    let affected = on!(tx, c => sqlx::query(INSERT)
        .bind(&entry.owner).bind(&entry.key).bind(&entry.fingerprint).bind(i64::from(status)).bind(body).bind(now)
        .execute(c).await?.rows_affected());
    Ok(affected == 1)
}

/// Forgets the answers kept before `before`; gives how many.
///
/// # Errors
/// [`sqlx::Error`] when the database fails.
pub async fn purge(tx: &mut Tx, before: Timestamp) -> Result<u64, sqlx::Error> {
    Ok(on!(tx, c => sqlx::query(PURGE).bind(before).execute(c).await?.rows_affected()))
}
