//! Passkeys, and the challenges that browsers are answering. What is in a key or a state is the dispatcher's business.

use super::{damaged, taken, wrote};
use crate::{AccountId, Database, RegistryError, SecretHash, Timestamp, Tx, on};

/// Challenges at once: a county's officials many times over. Beyond it nobody gets one, until some are answered or over.
const CHALLENGES_MAX: i64 = 1_000;
/// Passkeys of one account.
pub const PASSKEYS_MAX: usize = 10;

/// A passkey as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPasskey {
    /// The credential's own id, base64url.
    pub id: String,
    /// Whose it is.
    pub account: AccountId,
    /// What its holder calls it.
    pub name: String,
    /// The public key and its counter, JSON.
    pub key: String,
    /// Since when.
    pub created_at: Timestamp,
    /// When somebody last signed in with it.
    pub used_at: Option<Timestamp>,
}

type Row = (String, String, String, String, Timestamp, Option<Timestamp>);

impl TryFrom<Row> for StoredPasskey {
    type Error = RegistryError;
    fn try_from((id, account, name, key, created_at, used_at): Row) -> Result<Self, RegistryError> {
        let account = account.parse().map_err(|e| damaged("passkey", &id, &e))?;
        Ok(Self { id, account, name, key, created_at, used_at })
    }
}

/// Remembers what the answer of a browser is checked with, which keeps a secret with the hash `browser`; `false` when too many
/// are answering.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn challenge(
    tx: &mut Tx,
    browser: &SecretHash,
    state: &str,
    now: Timestamp,
    ends_at: Timestamp,
) -> Result<bool, RegistryError> {
    const PURGE: &str = "DELETE FROM account_challenge WHERE ends_at <= $1";
    const SQL: &str = "INSERT INTO account_challenge (secret, state, ends_at) \
         SELECT $1, $2, $3 WHERE (SELECT COUNT(*) FROM account_challenge) < $4";
    on!(tx, c => sqlx::query(PURGE).bind(now).execute(c).await.map(drop)?);
    let affected = on!(tx, c => sqlx::query(SQL).bind(browser.as_str()).bind(state).bind(ends_at)
        .bind(CHALLENGES_MAX).execute(c).await?.rows_affected());
    Ok(affected == 1)
}

/// What was remembered of a browser that answers; it is forgotten, so that a challenge is answered once.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn answered(
    tx: &mut Tx,
    browser: &SecretHash,
    now: Timestamp,
) -> Result<Option<String>, RegistryError> {
    const SQL: &str = "DELETE FROM account_challenge WHERE secret = $1 AND ends_at > $2 RETURNING state";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(browser.as_str()).bind(now).fetch_optional(c).await?))
}

/// Keeps a new passkey; `false` when the account has [`PASSKEYS_MAX`].
///
/// # Errors
/// [`RegistryError::Taken`] when there is one of this id already (drop the transaction then), [`RegistryError::Database`].
pub async fn add(tx: &mut Tx, passkey: &StoredPasskey) -> Result<bool, RegistryError> {
    const SQL: &str = "INSERT INTO account_passkey (id, account_id, name, key, created_at) \
         SELECT $1, $2, $3, $4, $5 WHERE (SELECT COUNT(*) FROM account_passkey WHERE account_id = $2) < $6";
    let most = i64::try_from(PASSKEYS_MAX).unwrap_or(i64::MAX);
    let affected = on!(tx, c => sqlx::query(SQL).bind(&passkey.id).bind(passkey.account.to_string())
        .bind(&passkey.name).bind(&passkey.key).bind(passkey.created_at).bind(most)
        .execute(c).await.map_err(|e| taken(e, "passkey"))?.rows_affected());
    Ok(affected == 1)
}

/// The passkeys of an account, the oldest first.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn of_account(db: &Database, account: AccountId) -> Result<Vec<StoredPasskey>, RegistryError> {
    const SQL: &str = "SELECT id, account_id, name, key, created_at, used_at FROM account_passkey \
         WHERE account_id = $1 ORDER BY created_at, id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).bind(account.to_string()).fetch_all(c).await?);
    rows.into_iter().map(StoredPasskey::try_from).collect()
}

/// One passkey.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn get(db: &Database, id: &str) -> Result<Option<StoredPasskey>, RegistryError> {
    const SQL: &str =
        "SELECT id, account_id, name, key, created_at, used_at FROM account_passkey WHERE id = $1";
    let row: Option<Row> = on!(db, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await?);
    row.map(StoredPasskey::try_from).transpose()
}

/// Writes down that somebody has signed in with a passkey, whose counter has gone on from `before` to `key`.
///
/// # Errors
/// [`RegistryError::Database`]; also when the passkey is gone or was used meanwhile.
pub async fn used(
    tx: &mut Tx,
    id: &str,
    before: &str,
    key: &str,
    now: Timestamp,
) -> Result<(), RegistryError> {
    const SQL: &str = "UPDATE account_passkey SET key = $3, used_at = $4 WHERE id = $1 AND key = $2";
    let affected = on!(tx, c => sqlx::query(SQL).bind(id).bind(before).bind(key).bind(now)
        .execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// Takes a passkey of an account away; `false` when it has none of this id.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn remove(tx: &mut Tx, account: AccountId, id: &str) -> Result<bool, RegistryError> {
    const SQL: &str = "DELETE FROM account_passkey WHERE id = $1 AND account_id = $2";
    let affected =
        on!(tx, c => sqlx::query(SQL).bind(id).bind(account.to_string()).execute(c).await?.rows_affected());
    Ok(affected == 1)
}
