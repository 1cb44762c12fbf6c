//! API keys: who may call the API, and for what. Only the hash of a key is kept.

use crate::api_key::{ApiKey, ApiKeyId};
use crate::store::{damaged, revision, taken, wrote};
use crate::vocabulary::{words, written};
use crate::{Database, RegistryError, Remit, SecretHash, Timestamp, Tx, on};

const ALL: &str =
    "SELECT id, name, scopes, county, created_at, expires_at, revoked_at FROM api_key ORDER BY id";
const FIND: &str = "SELECT id, name, scopes, county, created_at, expires_at, revoked_at FROM api_key \
     WHERE secret = $1 AND revoked_at IS NULL";
const INSERT: &str = "INSERT INTO api_key (id, name, scopes, secret, created_at, expires_at, revoked_at, county) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
const REVOKE: &str = "UPDATE api_key SET revoked_at = $1 WHERE id = $2 AND revoked_at IS NULL";

/// Adds a key; its remit is one county's or every county's.
///
/// # Errors
/// [`RegistryError::Taken`] when the identifier or the secret is there already (drop the transaction then),
/// [`RegistryError::Database`].
pub async fn insert(tx: &mut Tx, key: &ApiKey, secret: &SecretHash) -> Result<(), RegistryError> {
    revision::hold(tx).await?;
    let affected = on!(tx, c => sqlx::query(INSERT)
        .bind(key.id.to_string()).bind(key.name.as_str()).bind(written(&key.scopes))
        .bind(secret.as_str()).bind(key.created_at).bind(key.expires_at).bind(key.revoked_at)
        .bind(key.remit.columns().0)
        .execute(c).await.map_err(|e| taken(e, "API key"))?.rows_affected());
    wrote(affected, 1)?;
    revision::bump(tx).await
}

/// The key with this secret, expired or not, unless it has been revoked.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn find(db: &Database, secret: &SecretHash) -> Result<Option<ApiKey>, RegistryError> {
    let row: Option<Row> = on!(db, c => sqlx::query_as(FIND).bind(secret.as_str()).fetch_optional(c).await?);
    row.map(ApiKey::try_from).transpose()
}

/// Every key, revoked ones too, oldest first.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn all(db: &Database) -> Result<Vec<ApiKey>, RegistryError> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(ALL).fetch_all(c).await?);
    rows.into_iter().map(ApiKey::try_from).collect()
}

/// Makes a key useless from now on; `false` when there is no such key or it was revoked before.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn revoke(tx: &mut Tx, now: Timestamp, id: ApiKeyId) -> Result<bool, RegistryError> {
    revision::hold(tx).await?;
    let affected = on!(tx, c => sqlx::query(REVOKE)
        .bind(now).bind(id.to_string()).execute(c).await?.rows_affected());
    if affected == 0 {
        return Ok(false);
    }
    wrote(affected, 1)?;
    revision::bump(tx).await?;
    Ok(true)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    scopes: String,
    county: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    revoked_at: Option<Timestamp>,
}

impl TryFrom<Row> for ApiKey {
    type Error = RegistryError;
    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("API key", &row.id, why);
        Ok(Self {
            id: row.id.parse().map_err(|e| broken(&e))?,
            name: row.name.parse().map_err(|e| broken(&e))?,
            scopes: words(&row.scopes).map_err(|e| broken(&e))?,
            remit: Remit::from_columns(&row.county, None).map_err(|e| broken(&e))?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}
