//! Resources.

use std::collections::{HashMap, HashSet};

use sqlx::QueryBuilder;

use crate::audit::Actor;
use crate::mutation::{Rule, broken};
use crate::resource::{Confirmation, Location, ResourceCode};
use crate::store::{CHUNK, Change, bind_list, damaged, revision, taken, within, wrote};
use crate::volunteer::{Day, PersonName, parse_day};
use crate::{
    Catalogue, CompetenceKind, Database, OrganisationId, Position, RegistryError, Remit, Resource,
    ResourceId, Season, Timestamp, Tx, VolunteerId, on,
};

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT id, code, kind, lat, lon, keeper_id, place, months, hours, organisation_id, county, season, \
             licence, confirmed_on, confirmed_by, retired_on FROM resource ",
            $($rest),+
        )
    };
}

const INSERT: &str = "INSERT INTO resource (id, code, kind, lat, lon, keeper_id, place, months, hours, organisation_id, \
     county, season, licence, confirmed_on, confirmed_by, retired_on, changed_at) ";
const OR_UPDATE: &str = " ON CONFLICT (id) DO UPDATE SET code = excluded.code, kind = excluded.kind, \
     lat = excluded.lat, lon = excluded.lon, keeper_id = excluded.keeper_id, place = excluded.place, \
     months = excluded.months, hours = excluded.hours, organisation_id = excluded.organisation_id, county = excluded.county, \
     season = excluded.season, licence = excluded.licence, \
     confirmed_on = excluded.confirmed_on, confirmed_by = excluded.confirmed_by, retired_on = excluded.retired_on, \
     changed_at = excluded.changed_at";

/// Every resource within the remit, by identifier.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn all(db: &Database, remit: Remit) -> Result<Vec<Resource>, RegistryError> {
    let (sql, (county, list)) = (select!("WHERE ", within!(1, 2), " ORDER BY id"), remit.binds());
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(county).bind(list).fetch_all(c).await?);
    rows.into_iter().map(Resource::try_from).collect()
}

/// One resource within the remit.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn get(db: &Database, remit: Remit, id: ResourceId) -> Result<Option<Resource>, RegistryError> {
    let (sql, (county, list)) = (select!("WHERE id = $1 AND ", within!(2, 3)), remit.binds());
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(id.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    row.map(Resource::try_from).transpose()
}

/// The resource within the remit with this code.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_code(
    db: &Database,
    remit: Remit,
    code: &ResourceCode,
) -> Result<Option<Resource>, RegistryError> {
    let (sql, (county, list)) = (select!("WHERE code = $1 AND ", within!(2, 3)), remit.binds());
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(code.as_str()).bind(county).bind(list).fetch_optional(c).await?);
    row.map(Resource::try_from).transpose()
}

/// What a person keeps, by code: for people at their own page.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn kept_by(db: &Database, keeper: VolunteerId) -> Result<Vec<Resource>, RegistryError> {
    let (sql, keeper) = (select!("WHERE keeper_id = $1 ORDER BY code"), keeper.to_string());
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(keeper).fetch_all(c).await?);
    rows.into_iter().map(Resource::try_from).collect()
}

/// What an organisation lists within the remit, by code.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn listed_by(
    db: &Database,
    remit: Remit,
    owner: OrganisationId,
) -> Result<Vec<Resource>, RegistryError> {
    let sql = select!("WHERE organisation_id = $1 AND ", within!(2, 3), " ORDER BY code");
    let (county, list) = remit.binds();
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(owner.to_string()).bind(county).bind(list).fetch_all(c).await?);
    rows.into_iter().map(Resource::try_from).collect()
}

/// Writes down that `by` has said on this day that a resource is there and in order. False: there is none such any more, or
/// it was confirmed on a later day.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn confirm(
    tx: &mut Tx,
    now: Timestamp,
    id: ResourceId,
    on: Day,
    by: Actor,
) -> Result<bool, RegistryError> {
    const SQL: &str = "UPDATE resource SET confirmed_on = $1, confirmed_by = $2, changed_at = $3 \
         WHERE id = $4 AND retired_on IS NULL AND (confirmed_on IS NULL OR confirmed_on <= $1)";
    revision::hold(tx).await?;
    let (id, on, by) = (id.to_string(), on.to_string(), by.to_string());
    let affected = on!(tx, c => sqlx::query(SQL).bind(&on).bind(by).bind(now).bind(id).execute(c).await?.rows_affected());
    if affected == 1 {
        revision::bump(tx).await?;
    }
    Ok(affected == 1)
}

/// The resources among `codes`, inside a transaction.
pub(crate) async fn by_codes_within(
    tx: &mut Tx,
    codes: &[&ResourceCode],
) -> Result<Vec<Resource>, RegistryError> {
    let mut found = Vec::new();
    for chunk in codes.chunks(CHUNK) {
        let rows: Vec<Row> = on!(tx, c => {
            let mut query = QueryBuilder::new(select!("WHERE code IN ("));
            bind_list(&mut query, chunk.iter().map(|code| code.as_str().to_owned()));
            query.push(")").build_query_as().persistent(false).fetch_all(c).await?
        });
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// Creates or updates one resource.
///
/// # Errors
/// [`RegistryError::Beyond`] when it is, or would be, outside the remit; [`RegistryError::Taken`] when another has the code, [`RegistryError::Database`] (also for an unknown
/// keeper or organisation), [`RegistryError::Damaged`]; [`RegistryError::UnknownKind`], and [`RegistryError::RetiredKind`] where it was
/// not of that kind before.
pub async fn put(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    resource: &Resource,
) -> Result<Change, RegistryError> {
    let changes = put_many(tx, remit, now, std::slice::from_ref(resource)).await?;
    Ok(changes.first().copied().unwrap_or(Change::Unchanged))
}

/// Writes what `change` makes of a resource; nobody else changes it meanwhile. `None`: there is no such resource within the
/// remit.
///
/// # Errors
/// As [`put`].
pub async fn change(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    id: ResourceId,
    change: impl FnOnce(Resource) -> Resource,
) -> Result<Option<Change>, RegistryError> {
    revision::hold(tx).await?;
    let (sql, (county, list)) = (select!("WHERE id = $1 AND ", within!(2, 3)), remit.binds());
    let row: Option<Row> = on!(tx, c => sqlx::query_as(sql)
        .bind(id.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    let Some(held) = row.map(Resource::try_from).transpose()? else { return Ok(None) };
    Ok(Some(put(tx, remit, now, &Resource { id, ..change(held) }).await?))
}

/// Creates or updates many resources; the answer has one entry for each, in order. A code cannot change
/// hands within one call.
///
/// # Errors
/// As [`put`]; also [`RegistryError::Taken`] when two of `resources` share an identifier or a code. After
/// an error the transaction is to be dropped: a part may have been written.
pub async fn put_many(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    resources: &[Resource],
) -> Result<Vec<Change>, RegistryError> {
    refuse_doubles(resources)?;
    let kinds = super::catalogue::locked(tx).await?;
    let mut changes = Vec::with_capacity(resources.len());
    for chunk in resources.chunks(CHUNK) {
        let held = held(tx, chunk).await?;
        refuse_beyond(remit, chunk, &held)?;
        refuse_kinds(&kinds, chunk, &held)?;
        let compared = compare(chunk, &held)?;
        let differing: Vec<&Resource> = chunk
            .iter()
            .zip(&compared)
            .filter_map(|(resource, change)| (*change != Change::Unchanged).then_some(resource))
            .collect();
        if !differing.is_empty() {
            upsert(tx, now, &differing).await?;
        }
        changes.extend(compared);
    }
    if changes.iter().any(|change| *change != Change::Unchanged) {
        revision::bump(tx).await?;
    }
    Ok(changes)
}

/// Nothing is written over that is outside the remit, nor written out of it.
fn refuse_beyond(remit: Remit, resources: &[Resource], held: &[Resource]) -> Result<(), RegistryError> {
    let ids: HashSet<ResourceId> = resources.iter().map(|resource| resource.id).collect();
    let before = held.iter().filter(|resource| ids.contains(&resource.id));
    let all_within = resources.iter().chain(before).all(|one| remit.covers(one.county, one.organisation));
    if all_within { Ok(()) } else { Err(RegistryError::Beyond { what: "resource" }) }
}

/// What is not in the catalogue is nothing; what is retired stays as it is.
fn refuse_kinds(kinds: &Catalogue, resources: &[Resource], held: &[Resource]) -> Result<(), RegistryError> {
    let before: HashMap<_, _> = held.iter().map(|held| (held.id, held.kind)).collect();
    let changed = resources.iter().filter(|one| before.get(&one.id) != Some(&one.kind));
    for kind in changed.map(|one| one.kind) {
        let entry = kinds.get(kind).ok_or(RegistryError::UnknownKind(kind))?;
        if entry.retired && !broken(Rule::RetiredKind) {
            return Err(RegistryError::RetiredKind(kind));
        }
    }
    Ok(())
}

fn refuse_doubles(resources: &[Resource]) -> Result<(), RegistryError> {
    let ids: HashSet<ResourceId> = resources.iter().map(|resource| resource.id).collect();
    let codes: HashSet<_> = resources.iter().map(|resource| &resource.code).collect();
    match (ids.len() == resources.len(), codes.len() == resources.len()) {
        (true, true) => Ok(()),
        (false, _) => Err(RegistryError::Taken { what: "resource id" }),
        (true, false) => Err(RegistryError::Taken { what: "resource code" }),
    }
}

/// What is stored under the identifiers and codes of `resources`.
async fn held(tx: &mut Tx, resources: &[Resource]) -> Result<Vec<Resource>, RegistryError> {
    let rows: Vec<Row> = on!(tx, c => {
        let mut query = QueryBuilder::new(select!("WHERE id IN ("));
        bind_list(&mut query, resources.iter().map(|resource| resource.id.to_string()));
        query.push(") OR code IN (");
        bind_list(&mut query, resources.iter().map(|resource| resource.code.to_string()));
        query.push(")").build_query_as().persistent(false).fetch_all(c).await?
    });
    rows.into_iter().map(Resource::try_from).collect()
}

fn compare(resources: &[Resource], held: &[Resource]) -> Result<Vec<Change>, RegistryError> {
    let owners: HashMap<_, _> = held.iter().map(|resource| (&resource.code, resource.id)).collect();
    let held: HashMap<_, _> = held.iter().map(|resource| (resource.id, resource)).collect();
    let change_of = |resource: &Resource| {
        if owners.get(&resource.code).is_some_and(|owner| *owner != resource.id) {
            return Err(RegistryError::Taken { what: "resource code" });
        }
        Ok(match held.get(&resource.id) {
            None => Change::Created,
            Some(stored) if *stored == resource => Change::Unchanged,
            Some(_) => Change::Updated,
        })
    };
    resources.iter().map(change_of).collect()
}

async fn upsert(tx: &mut Tx, now: Timestamp, resources: &[&Resource]) -> Result<(), RegistryError> {
    let affected = on!(tx, c => {
        let mut query = QueryBuilder::new(INSERT);
        query.push_values(resources, |mut row, resource| {
            let (place, keeper) = match resource.location {
                Location::Fixed(place) => (Some(place), None),
                Location::Keeper(keeper) => (None, Some(keeper.to_string())),
            };
            row.push_bind(resource.id.to_string())
                .push_bind(resource.code.as_str())
                .push_bind(resource.kind.as_str())
                .push_bind(place.map(Position::lat))
                .push_bind(place.map(Position::lon))
                .push_bind(keeper)
                .push_bind(resource.place.as_ref().map(PersonName::as_str))
                .push_bind(resource.months.to_string())
                .push_bind(resource.hours.to_string())
                .push_bind(resource.organisation.map(|id| id.to_string()))
                .push_bind(resource.county.as_str())
                .push_bind(resource.season.map(Season::as_str))
                .push_bind(resource.licence.map(CompetenceKind::as_str))
                .push_bind(resource.confirmed.map(|confirmed| confirmed.on.to_string()))
                .push_bind(resource.confirmed.and_then(|confirmed| confirmed.by).map(String::from))
                .push_bind(resource.retired.map(|day| day.to_string()))
                .push_bind(now);
        });
        query.push(OR_UPDATE).build().persistent(false).execute(c).await.map_err(|e| taken(e, "resource code"))?.rows_affected()
    });
    wrote(affected, resources.len())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    code: String,
    kind: String,
    lat: Option<f64>,
    lon: Option<f64>,
    keeper_id: Option<String>,
    place: Option<String>,
    months: String,
    hours: String,
    organisation_id: Option<String>,
    county: String,
    season: Option<String>,
    licence: Option<String>,
    confirmed_on: Option<String>,
    confirmed_by: Option<String>,
    retired_on: Option<String>,
}

impl TryFrom<Row> for Resource {
    type Error = RegistryError;

    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("resource", &row.id, why);
        let day = |text: Option<String>| text.map(|day| parse_day(&day)).transpose().map_err(|e| broken(&e));
        let by = row.confirmed_by.map(|by| by.parse()).transpose().map_err(|e: String| broken(&e))?;
        let location = match (row.lat, row.lon, row.keeper_id) {
            (Some(lat), Some(lon), None) => Location::Fixed(Position::new(lat, lon).map_err(|e| broken(&e))?),
            (None, None, Some(keeper)) => Location::Keeper(keeper.parse().map_err(|e| broken(&e))?),
            _ => return Err(broken(&"neither a place nor a keeper alone")),
        };
        Ok(Self {
            id: row.id.parse().map_err(|e| broken(&e))?,
            code: row.code.parse().map_err(|e| broken(&e))?,
            kind: row.kind.parse().map_err(|e| broken(&e))?,
            location,
            place: row.place.map(|place| place.parse()).transpose().map_err(|e| broken(&e))?,
            months: row.months.parse().map_err(|e| broken(&e))?,
            hours: row.hours.parse().map_err(|e| broken(&e))?,
            organisation: row.organisation_id.map(|id| id.parse()).transpose().map_err(|e| broken(&e))?,
            county: row.county.parse().map_err(|e| broken(&e))?,
            season: row.season.map(|season| season.parse()).transpose().map_err(|e| broken(&e))?,
            licence: row.licence.map(|kind| kind.parse()).transpose().map_err(|e| broken(&e))?,
            confirmed: day(row.confirmed_on)?.map(|on| Confirmation { on, by }),
            retired: day(row.retired_on)?,
        })
    }
}
