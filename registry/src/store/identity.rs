//! Who somebody is at an `OpenID` Connect provider, and what is remembered while their browser is there.

use super::{damaged, taken, wrote};
use crate::{AccountId, Database, RegistryError, SecretHash, Timestamp, Tx, on};

/// Browsers that may be at the provider at once: a county's officials many times over. Beyond it nobody else is sent there, until
/// some have come back or their time is over.
const AWAY_MAX: i64 = 1_000;

/// What a browser that was sent to the provider must bring back, and what its answer is checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct Away {
    /// In the answer's address.
    pub state: String,
    /// In the signed token.
    pub nonce: String,
    /// Proves to the provider that who asks for the token is who sent the browser (PKCE, RFC 7636).
    pub verifier: String,
}

impl std::fmt::Debug for Away {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Away(…)")
    }
}

/// Remembers a browser that is sent away, which keeps a secret with the hash `browser`; `false` when too many are.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn send_away(
    tx: &mut Tx,
    browser: &SecretHash,
    away: &Away,
    now: Timestamp,
    ends_at: Timestamp,
) -> Result<bool, RegistryError> {
    const PURGE: &str = "DELETE FROM account_away WHERE ends_at <= $1";
    const SQL: &str = "INSERT INTO account_away (secret, state, nonce, verifier, ends_at) \
         SELECT $1, $2, $3, $4, $5 WHERE (SELECT COUNT(*) FROM account_away) < $6";
    on!(tx, c => sqlx::query(PURGE).bind(now).execute(c).await.map(drop)?);
    let affected = on!(tx, c => sqlx::query(SQL).bind(browser.as_str()).bind(&away.state).bind(&away.nonce)
        .bind(&away.verifier).bind(ends_at).bind(AWAY_MAX).execute(c).await?.rows_affected());
    Ok(affected == 1)
}

/// What was remembered of a browser that comes back; it is forgotten, so that an answer is good once.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn come_back(
    tx: &mut Tx,
    browser: &SecretHash,
    now: Timestamp,
) -> Result<Option<Away>, RegistryError> {
    const SQL: &str =
        "DELETE FROM account_away WHERE secret = $1 AND ends_at > $2 RETURNING state, nonce, verifier";
    let row: Option<(String, String, String)> =
        on!(tx, c => sqlx::query_as(SQL).bind(browser.as_str()).bind(now).fetch_optional(c).await?);
    Ok(row.map(|(state, nonce, verifier)| Away { state, nonce, verifier }))
}

/// The account that is linked with this identity.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn account_of(
    db: &Database,
    issuer: &str,
    subject: &str,
) -> Result<Option<AccountId>, RegistryError> {
    const SQL: &str = "SELECT account_id FROM account_identity WHERE issuer = $1 AND subject = $2";
    let row: Option<String> =
        on!(db, c => sqlx::query_scalar(SQL).bind(issuer).bind(subject).fetch_optional(c).await?);
    row.map(|id| id.parse().map_err(|e| damaged("identity", &id, &e))).transpose()
}

/// Links an account with an identity, for good.
///
/// # Errors
/// [`RegistryError::Taken`] when either is linked already at this issuer (drop the transaction then), [`RegistryError::Database`].
pub async fn link(
    tx: &mut Tx,
    account: AccountId,
    issuer: &str,
    subject: &str,
    now: Timestamp,
) -> Result<(), RegistryError> {
    const SQL: &str =
        "INSERT INTO account_identity (issuer, subject, account_id, linked_at) VALUES ($1, $2, $3, $4)";
    let affected = on!(tx, c => sqlx::query(SQL).bind(issuer).bind(subject).bind(account.to_string()).bind(now)
        .execute(c).await.map_err(|e| taken(e, "identity"))?.rows_affected());
    wrote(affected, 1)
}
