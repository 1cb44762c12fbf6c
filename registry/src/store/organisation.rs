//! Organisations.

use crate::store::{Change, damaged, revision, wrote};
use crate::{Database, Organisation, OrganisationId, RegistryError, Timestamp, Tx, on};

const ALL: &str = "SELECT id, name, kind FROM organisation ORDER BY id";
const GET: &str = "SELECT id, name, kind FROM organisation WHERE id = $1";
const BY_NAME: &str = "SELECT id, name, kind FROM organisation WHERE name = $1";
const RIVALS: &str = "SELECT id, name, kind FROM organisation WHERE id = $1 OR name = $2";
const UPSERT: &str = "INSERT INTO organisation (id, name, kind, changed_at) VALUES ($1, $2, $3, $4) \
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, changed_at = excluded.changed_at";

/// Every organisation, by identifier.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn all(db: &Database) -> Result<Vec<Organisation>, RegistryError> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(ALL).fetch_all(c).await?);
    rows.into_iter().map(Organisation::try_from).collect()
}

/// The same, inside a transaction.
pub(crate) async fn all_within(tx: &mut Tx) -> Result<Vec<Organisation>, RegistryError> {
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(ALL).fetch_all(c).await?);
    rows.into_iter().map(Organisation::try_from).collect()
}

/// One organisation.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn get(db: &Database, id: OrganisationId) -> Result<Option<Organisation>, RegistryError> {
    let row: Option<Row> = on!(db, c => sqlx::query_as(GET).bind(id.to_string()).fetch_optional(c).await?);
    row.map(Organisation::try_from).transpose()
}

/// The organisation of exactly this name.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_name(db: &Database, name: &str) -> Result<Option<Organisation>, RegistryError> {
    let row: Option<Row> = on!(db, c => sqlx::query_as(BY_NAME).bind(name).fetch_optional(c).await?);
    row.map(Organisation::try_from).transpose()
}

/// Creates or updates an organisation.
///
/// # Errors
/// [`RegistryError::Taken`] when another has the name, [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn put(tx: &mut Tx, now: Timestamp, organisation: &Organisation) -> Result<Change, RegistryError> {
    revision::hold(tx).await?;
    let change = compare(tx, organisation).await?;
    if change == Change::Unchanged {
        return Ok(change);
    }
    let Organisation { id, name, kind } = organisation;
    let query = on!(tx, c => sqlx::query(UPSERT)
        .bind(id.to_string()).bind(name.as_str()).bind(kind.as_str()).bind(now)
        .execute(c).await?.rows_affected());
    wrote(query, 1)?;
    revision::bump(tx).await?;
    Ok(change)
}

async fn compare(tx: &mut Tx, organisation: &Organisation) -> Result<Change, RegistryError> {
    let (id, name) = (organisation.id.to_string(), organisation.name.as_str());
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(RIVALS).bind(id).bind(name).fetch_all(c).await?);
    let mut change = Change::Created;
    for row in rows {
        let held = Organisation::try_from(row)?;
        if held.id != organisation.id {
            return Err(RegistryError::Taken { what: "organisation name" });
        }
        change = if held == *organisation { Change::Unchanged } else { Change::Updated };
    }
    Ok(change)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    kind: String,
}

impl TryFrom<Row> for Organisation {
    type Error = RegistryError;
    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let Row { id, name, kind } = row;
        let broken = |why: &dyn std::fmt::Display| damaged("organisation", &id, why);
        Ok(Self {
            id: id.parse().map_err(|e| broken(&e))?,
            name: name.parse().map_err(|e| broken(&e))?,
            kind: kind.parse().map_err(|e| broken(&e))?,
        })
    }
}
