//! Writing volunteers. A position token is never touched by `put`: it is not part of what a file says.

use std::collections::{HashMap, HashSet};

use sqlx::QueryBuilder;

use super::row::Stored;
use super::{PHONE, Row, opened_within, select};
use crate::store::{CHUNK, Change, bind_list, revision, taken, vetting, within, wrote};
use crate::vocabulary::written;
use crate::volunteer::Vetting;
use crate::{
    Availability, Duty, RegistryError, Remit, SecretHash, Timestamp, Tx, Volunteer, VolunteerId, on,
};

const INSERT: &str = "INSERT INTO volunteer (id, name, phone, languages, competences, modes, home_lat, \
     home_lon, duty, hours, holidays, nights, exceptions, monthly_max, vetting, vetted_until, organisation_id, \
     changed_at, birth_year, county, phone_sealed, home_sealed, seal, written) ";
const OR_UPDATE: &str = " ON CONFLICT (id) DO UPDATE SET name = excluded.name, phone = excluded.phone, \
     languages = excluded.languages, competences = excluded.competences, modes = excluded.modes, \
     home_lat = excluded.home_lat, home_lon = excluded.home_lon, duty = excluded.duty, \
     hours = excluded.hours, holidays = excluded.holidays, nights = excluded.nights, \
     exceptions = excluded.exceptions, monthly_max = excluded.monthly_max, vetting = excluded.vetting, vetted_until = excluded.vetted_until, \
     organisation_id = excluded.organisation_id, changed_at = excluded.changed_at, \
     birth_year = excluded.birth_year, county = excluded.county, phone_sealed = excluded.phone_sealed, \
     home_sealed = excluded.home_sealed, seal = excluded.seal, written = excluded.written";

/// Creates or updates one volunteer.
///
/// # Errors
/// [`RegistryError::Beyond`] when the person is, or would be, outside the remit; [`RegistryError::Taken`] when another has the phone, [`RegistryError::Database`] (also for an unknown
/// organisation or no language or mode at all), [`RegistryError::Damaged`].
pub async fn put(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    volunteer: &Volunteer,
) -> Result<Change, RegistryError> {
    let changes = put_many(tx, remit, now, std::slice::from_ref(volunteer)).await?;
    Ok(changes.first().copied().unwrap_or(Change::Unchanged))
}

/// Creates or updates many volunteers; the answer has one entry for each, in order. A phone cannot change
/// hands within one call. Whose vetting is another than it was, has it put down as taken over.
///
/// # Errors
/// As [`put`]; also [`RegistryError::Taken`] when two of `people` share an identifier or a phone. After an
/// error the transaction is to be dropped: a part may have been written.
pub async fn put_many(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    people: &[Volunteer],
) -> Result<Vec<Change>, RegistryError> {
    refuse_doubles(people)?;
    revision::hold(tx).await?;
    let mut changes = Vec::with_capacity(people.len());
    for chunk in people.chunks(CHUNK) {
        let held = held(tx, chunk).await?;
        refuse_beyond(remit, chunk, &held)?;
        let compared = compare(chunk, &held)?;
        let differing: Vec<&Volunteer> = chunk
            .iter()
            .zip(&compared)
            .filter_map(|(person, change)| (*change != Change::Unchanged).then_some(person))
            .collect();
        if !differing.is_empty() {
            upsert(tx, now, &differing).await?;
            vetting::take_over(tx, now, &vetted_elsewhere(&differing, &held)).await?;
        }
        changes.extend(compared);
    }
    if changes.iter().any(|change| *change != Change::Unchanged) {
        revision::bump(tx).await?;
    }
    Ok(changes)
}

/// Nobody is written over who is outside the remit, nor written out of it.
fn refuse_beyond(remit: Remit, people: &[Volunteer], held: &[Volunteer]) -> Result<(), RegistryError> {
    let ids: HashSet<VolunteerId> = people.iter().map(|person| person.id).collect();
    let before = held.iter().filter(|person| ids.contains(&person.id));
    let all_within =
        people.iter().chain(before).all(|person| remit.covers(person.county, person.organisation));
    if all_within { Ok(()) } else { Err(RegistryError::Beyond { what: "volunteer" }) }
}

fn refuse_doubles(people: &[Volunteer]) -> Result<(), RegistryError> {
    let ids: HashSet<VolunteerId> = people.iter().map(|person| person.id).collect();
    let phones: HashSet<_> = people.iter().map(|person| &person.phone).collect();
    match (ids.len() == people.len(), phones.len() == people.len()) {
        (true, true) => Ok(()),
        (false, _) => Err(RegistryError::Taken { what: "volunteer id" }),
        (true, false) => Err(RegistryError::Taken { what: "phone" }),
    }
}

/// What is stored under the identifiers and phones of `people`.
async fn held(tx: &mut Tx, people: &[Volunteer]) -> Result<Vec<Volunteer>, RegistryError> {
    let sealer = tx.sealer();
    let rows: Vec<Row> = on!(tx, c => {
        let mut query = QueryBuilder::new(select!("WHERE id IN ("));
        bind_list(&mut query, people.iter().map(|person| person.id.to_string()));
        query.push(") OR phone IN (");
        bind_list(&mut query, people.iter().flat_map(|person| sealer.finders(PHONE, &person.phone)));
        query.push(")").build_query_as().persistent(false).fetch_all(c).await?
    });
    opened_within(tx, rows).await
}

fn compare(people: &[Volunteer], held: &[Volunteer]) -> Result<Vec<Change>, RegistryError> {
    let owners: HashMap<_, _> = held.iter().map(|person| (&person.phone, person.id)).collect();
    let held: HashMap<_, _> = held.iter().map(|person| (person.id, person)).collect();
    let change_of = |person: &Volunteer| {
        if owners.get(&person.phone).is_some_and(|owner| *owner != person.id) {
            return Err(RegistryError::Taken { what: "phone" });
        }
        Ok(match held.get(&person.id) {
            None => Change::Created,
            Some(stored) if *stored == person => Change::Unchanged,
            Some(_) => Change::Updated,
        })
    };
    people.iter().map(change_of).collect()
}

/// Who comes with another state of vetting than their history adds up to.
fn vetted_elsewhere(people: &[&Volunteer], held: &[Volunteer]) -> Vec<(VolunteerId, Vetting)> {
    let held: HashMap<_, _> = held.iter().map(|person| (person.id, person.vetting)).collect();
    let differs = |person: &&&Volunteer| held.get(&person.id) != Some(&person.vetting);
    people.iter().filter(differs).map(|person| (person.id, person.vetting)).collect()
}

async fn upsert(tx: &mut Tx, now: Timestamp, people: &[&Volunteer]) -> Result<(), RegistryError> {
    let sealer = tx.sealer();
    let people = people.iter().map(|person| (person, Stored::of(&sealer, person)));
    let people: Vec<_> = people.collect();
    let affected = on!(tx, c => {
        let mut query = QueryBuilder::new(INSERT);
        query.push_values(&people, |mut row, (person, stored)| {
            let (vetting, until) = person.vetting.columns();
            row.push_bind(person.id.to_string())
                .push_bind(stored.name.as_str())
                .push_bind(stored.phone.as_str())
                .push_bind(written(&person.languages))
                .push_bind(written(&person.competences))
                .push_bind(written(&person.modes))
                .push_bind(stored.home.map(crate::Position::lat))
                .push_bind(stored.home.map(crate::Position::lon))
                .push_bind(person.duty.to_string())
                .push_bind(person.availability.hours.to_string())
                .push_bind(person.availability.holidays.as_str())
                .push_bind(person.availability.nights)
                .push_bind(person.availability.exceptions.to_string())
                .push_bind(person.availability.monthly_max.map(|max| i64::from(max.get())))
                .push_bind(vetting)
                .push_bind(until.map(|day| day.to_string()))
                .push_bind(person.organisation.map(|id| id.to_string()))
                .push_bind(now)
                .push_bind(person.birth_year.map(i64::from))
                .push_bind(person.county.as_str())
                .push_bind(stored.phone_sealed.as_deref())
                .push_bind(stored.home_sealed.as_deref())
                .push_bind(stored.seal)
                .push(revision::written!());
        });
        query.push(OR_UPDATE).build().persistent(false).execute(c).await.map_err(|e| taken(e, "phone"))?.rows_affected()
    });
    wrote(affected, people.len())
}

/// Writes down what a volunteer says about being asked; `false` when there is no such person within the remit.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn set_duty(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    id: VolunteerId,
    duty: Duty,
) -> Result<bool, RegistryError> {
    const SQL: &str = concat!(
        "UPDATE volunteer SET duty = $1, changed_at = $2 WHERE id = $3 AND duty <> $4 AND ",
        within!(5, 6)
    );
    revision::hold(tx).await?;
    let (duty, (county, list)) = (duty.to_string(), remit.binds());
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(&duty).bind(now).bind(id.to_string()).bind(&duty).bind(county).bind(list)
        .execute(c).await?.rows_affected());
    changed_or_there(tx, affected, remit, id).await
}

/// Writes down when a volunteer may be asked, by their own plan; `false` when there is no such person within the remit.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn set_availability(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    id: VolunteerId,
    plan: &Availability,
) -> Result<bool, RegistryError> {
    const SQL: &str = concat!(
        "UPDATE volunteer SET hours = $1, holidays = $2, nights = $3, exceptions = $4, monthly_max = $5, changed_at = $6 ",
        "WHERE id = $7 AND (hours <> $1 OR holidays <> $2 OR nights <> $3 OR exceptions <> $4 ",
        "OR COALESCE(monthly_max, 0) <> COALESCE($5, 0)) AND ",
        within!(8, 9)
    );
    revision::hold(tx).await?;
    let (county, list) = remit.binds();
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(plan.hours.to_string()).bind(plan.holidays.as_str()).bind(plan.nights)
        .bind(plan.exceptions.to_string()).bind(plan.monthly_max.map(|max| i64::from(max.get())))
        .bind(now).bind(id.to_string()).bind(county).bind(list).execute(c).await?.rows_affected());
    changed_or_there(tx, affected, remit, id).await
}

/// Writes down what `change` makes of a volunteer's plan; nobody else changes it meanwhile. `false` when there is no such person
/// within the remit.
///
/// # Errors
/// What `change` answers, and nothing is written then; [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn change_availability<E: From<RegistryError>>(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    id: VolunteerId,
    change: impl FnOnce(Availability) -> Result<Availability, E>,
) -> Result<bool, E> {
    let Some(held) = locked(tx, remit, id).await? else { return Ok(false) };
    Ok(set_availability(tx, remit, now, id, &change(held.availability)?).await?)
}

/// One volunteer within the remit, whom nobody else changes until the transaction ends: what is written of them then overwrites
/// nothing unseen.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn locked(tx: &mut Tx, remit: Remit, id: VolunteerId) -> Result<Option<Volunteer>, RegistryError> {
    revision::hold(tx).await?;
    let (sql, (county, list)) = (select!("WHERE id = $1 AND ", within!(2, 3)), remit.binds());
    let row: Option<Row> = on!(tx, c => sqlx::query_as(sql)
        .bind(id.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    Ok(opened_within(tx, row.into_iter().collect()).await?.pop())
}

/// Gives a volunteer a new position token; the old one stops working. `false` when there is no such person within the remit.
///
/// # Errors
/// [`RegistryError::Taken`] when another has the token (drop the transaction then), [`RegistryError::Database`].
pub async fn set_position_token(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    id: VolunteerId,
    token: &SecretHash,
) -> Result<bool, RegistryError> {
    const SQL: &str = concat!(
        "UPDATE volunteer SET position_token = $1, changed_at = $2 WHERE id = $3 ",
        "AND (position_token IS NULL OR position_token <> $4) AND ",
        within!(5, 6)
    );
    revision::hold(tx).await?;
    let (county, list) = remit.binds();
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(token.as_str()).bind(now).bind(id.to_string()).bind(token.as_str()).bind(county).bind(list)
        .execute(c).await
        .map_err(|e| taken(e, "position token"))?.rows_affected());
    changed_or_there(tx, affected, remit, id).await
}

/// Bumps the revision when a row changed; otherwise tells whether the person is there at all.
async fn changed_or_there(
    tx: &mut Tx,
    affected: u64,
    remit: Remit,
    id: VolunteerId,
) -> Result<bool, RegistryError> {
    const SQL: &str = concat!("SELECT COUNT(*) FROM volunteer WHERE id = $1 AND ", within!(2, 3));
    if affected > 0 {
        wrote(affected, 1)?;
        revision::bump(tx).await?;
        return Ok(true);
    }
    let (county, list) = remit.binds();
    let there: i64 = on!(tx, c => sqlx::query_scalar(SQL)
        .bind(id.to_string()).bind(county).bind(list).fetch_one(c).await?);
    Ok(there == 1)
}
