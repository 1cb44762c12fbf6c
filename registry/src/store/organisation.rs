//! Organisations.

use crate::store::{Change, damaged, revision, within, wrote};
use crate::{Database, Organisation, OrganisationId, RegistryError, Remit, Timestamp, Tx, on};

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!("SELECT id, name, kind, county FROM organisation ", $($rest),+)
    };
}

const ALL: &str = select!("WHERE ", within!(1, 2, "county", "id"), " ORDER BY id");
const GET: &str = select!("WHERE id = $3 AND ", within!(1, 2, "county", "id"));
const BY_NAME: &str = select!("WHERE name = $3 AND ", within!(1, 2, "county", "id"));
const RIVALS: &str = select!("WHERE id = $1 OR name = $2");
const UPSERT: &str = "INSERT INTO organisation (id, name, kind, county, changed_at) VALUES ($1, $2, $3, $4, $5) \
     ON CONFLICT (id) DO UPDATE SET name = excluded.name, kind = excluded.kind, county = excluded.county, \
     changed_at = excluded.changed_at";

/// Every organisation within the remit, by identifier.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn all(db: &Database, remit: Remit) -> Result<Vec<Organisation>, RegistryError> {
    let (county, list) = remit.binds();
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(ALL).bind(county).bind(list).fetch_all(c).await?);
    rows.into_iter().map(Organisation::try_from).collect()
}

/// Every organisation there is, inside a transaction: names are unique over all counties.
pub(crate) async fn all_within(tx: &mut Tx) -> Result<Vec<Organisation>, RegistryError> {
    let (county, list) = Remit::All.binds();
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(ALL).bind(county).bind(list).fetch_all(c).await?);
    rows.into_iter().map(Organisation::try_from).collect()
}

/// One organisation within the remit.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn get(
    db: &Database,
    remit: Remit,
    id: OrganisationId,
) -> Result<Option<Organisation>, RegistryError> {
    let (county, list) = remit.binds();
    let row: Option<Row> = on!(db, c => sqlx::query_as(GET)
        .bind(county).bind(list).bind(id.to_string()).fetch_optional(c).await?);
    row.map(Organisation::try_from).transpose()
}

/// The organisation within the remit of exactly this name.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_name(db: &Database, remit: Remit, name: &str) -> Result<Option<Organisation>, RegistryError> {
    let (county, list) = remit.binds();
    let row: Option<Row> =
        on!(db, c => sqlx::query_as(BY_NAME).bind(county).bind(list).bind(name).fetch_optional(c).await?);
    row.map(Organisation::try_from).transpose()
}

/// Creates or updates an organisation.
///
/// # Errors
/// [`RegistryError::Beyond`] when it is, or would be, outside the remit; [`RegistryError::Taken`] when another has the name, [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn put(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    organisation: &Organisation,
) -> Result<Change, RegistryError> {
    revision::hold(tx).await?;
    let change = compare(tx, remit, organisation).await?;
    if change == Change::Unchanged {
        return Ok(change);
    }
    let Organisation { id, name, kind, county } = organisation;
    let query = on!(tx, c => sqlx::query(UPSERT)
        .bind(id.to_string()).bind(name.as_str()).bind(kind.as_str()).bind(county.as_str()).bind(now)
        .execute(c).await?.rows_affected());
    wrote(query, 1)?;
    revision::bump(tx).await?;
    Ok(change)
}

async fn compare(tx: &mut Tx, remit: Remit, organisation: &Organisation) -> Result<Change, RegistryError> {
    let covered = |one: &Organisation| remit.covers(one.county, Some(one.id));
    let (id, name) = (organisation.id.to_string(), organisation.name.as_str());
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(RIVALS).bind(id).bind(name).fetch_all(c).await?);
    let mut change = Change::Created;
    let mut is_covered = covered(organisation);
    for row in rows {
        let held = Organisation::try_from(row)?;
        if held.id != organisation.id {
            return Err(RegistryError::Taken { what: "organisation name" });
        }
        is_covered &= covered(&held);
        change = if held == *organisation { Change::Unchanged } else { Change::Updated };
    }
    if is_covered { Ok(change) } else { Err(RegistryError::Beyond { what: "organisation" }) }
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    kind: String,
    county: String,
}

impl TryFrom<Row> for Organisation {
    type Error = RegistryError;
    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let Row { id, name, kind, county } = row;
        let broken = |why: &dyn std::fmt::Display| damaged("organisation", &id, why);
        Ok(Self {
            id: id.parse().map_err(|e| broken(&e))?,
            name: name.parse().map_err(|e| broken(&e))?,
            kind: kind.parse().map_err(|e| broken(&e))?,
            county: county.parse().map_err(|e| broken(&e))?,
        })
    }
}
