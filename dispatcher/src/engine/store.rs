//! Where incidents are kept: the state that compare-and-set guards, the log, the decisions, the call-outs.

use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::store::UNCHANGED;
use certus_registry::{
    Batch, County, Database, Remit, Secret, SecretHash, Timestamp, Tx, Value, VolunteerId, on,
};
use sqlx::Row;

use super::codes::Codes;
use super::draft::Draft;
use super::{Changed, EngineError};
use crate::incident::{Event, Incident, IncidentId, Phase};
use crate::matching::Decision;

/// A call-out as its link and its answers find it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalledOut {
    /// In which incident.
    pub incident: IncidentId,
    /// Who.
    pub responder: VolunteerId,
    /// The number that tells this call-out from others to the same phone.
    pub code: u8,
}

/// Writes a draft's incident and log: nothing fits when somebody else was faster, or when a new one was raised by a
/// `revision` at which the registry no longer is. A new one is of `county`; of none, where the program raises it by itself.
pub(super) fn save(
    batch: &mut Batch,
    now: Timestamp,
    draft: &Draft,
    revision: Option<i64>,
    county: Option<County>,
) {
    save_state(batch, now, draft, county);
    let id = draft.incident.id.to_string();
    let events = draft.log.iter().zip(signed(draft.stored_version) + 1..);
    let events = events.filter(|(event, _)| !broken(Rule::Log) || **event != Event::Tick);
    let events = events.map(|(event, seq)| [id.as_str().into(), seq.into(), now.into(), json(event).into()]);
    let (into, then) = ("incident_events (incident_id, seq, at, event)", "ON CONFLICT DO NOTHING");
    let may_be_late = draft.stored_version == 0 && !broken(Rule::PolicyInForce) && !broken(Rule::Registry);
    // Here rather than at the incident itself: nothing else refers to these rows.
    match revision.filter(|_| may_be_late) {
        Some(revision) => batch.insert_if(into, (UNCHANGED, revision.into()), then, events),
        None => batch.insert(into, then, events),
    }
}

/// Writes why people are asked or not: the longest of all rows, so they are put into words while others are written.
pub(super) fn record(batch: &mut Batch, draft: &Draft) {
    let id = draft.incident.id.to_string();
    let rows = draft
        .decisions
        .iter()
        .map(|decision| [id.as_str().into(), i64::from(decision.search).into(), json(decision).into()]);
    batch.insert("decisions (incident_id, search, record)", "", rows);
}

fn save_state(batch: &mut Batch, now: Timestamp, draft: &Draft, county: Option<County>) {
    let incident = &draft.incident;
    let values: [Value; 7] = [
        signed(incident.version).into(),
        incident.phase.as_str().into(),
        now.into(),
        incident.wake_at().filter(|_| !broken(Rule::Timer) || incident.phase != Phase::Asking).into(),
        json(incident).into(),
        incident.raised_at.into(),
        incident.id.to_string().into(),
    ];
    if draft.stored_version == 0 {
        let into = "incidents (version, phase, changed_at, wake_at, state, raised_at, id, county)";
        let county = county.map_or_else(String::new, String::from);
        let [version, phase, changed_at, wake_at, state, raised_at, id] = values;
        let row = [version, phase, changed_at, wake_at, state, raised_at, id, county.into()];
        batch.insert(into, "ON CONFLICT DO NOTHING", std::iter::once(row));
    } else {
        let sql = "UPDATE incidents SET version = ?, phase = ?, changed_at = ?, wake_at = ?, state = ?
                   WHERE raised_at = ? AND id = ? AND version = ?";
        if broken(Rule::CompareAndSet) {
            return batch.write(&sql.replace(" AND version = ?", ""), values, 1);
        }
        batch.write(sql, values.into_iter().chain([signed(draft.stored_version).into()]), 1);
    }
}

/// Ties people to an incident: nothing fits when one of them is tied to another one, or when the registry is no longer at
/// the `revision` by which they were found.
pub(super) fn engage(
    batch: &mut Batch,
    now: Timestamp,
    incident: IncidentId,
    people: &[VolunteerId],
    revision: Option<i64>,
) {
    // In one order everywhere, so that two nodes wait for each other's rows instead of blocking for good.
    let mut people: Vec<String> = people.iter().map(ToString::to_string).collect();
    people.sort();
    let incident = incident.to_string();
    let then = if broken(Rule::Engagement) {
        "ON CONFLICT (responder) DO UPDATE SET incident_id = excluded.incident_id"
    } else {
        "ON CONFLICT DO NOTHING"
    };
    let rows = people.into_iter().map(|responder| [responder.into(), incident.as_str().into(), now.into()]);
    let into = "engagements (responder, incident_id, since)";
    match revision.filter(|_| !broken(Rule::Registry)) {
        Some(revision) => batch.insert_if(into, (UNCHANGED, revision.into()), then, rows),
        None => batch.insert(into, then, rows),
    }
}

/// Frees people from an incident.
pub(super) fn disengage(batch: &mut Batch, incident: IncidentId, people: &[VolunteerId]) {
    if people.is_empty() {
        return;
    }
    let list = vec!["?"; people.len()].join(", ");
    let sql = format!("DELETE FROM engagements WHERE incident_id = ? AND responder IN ({list})");
    let people_of = people.iter().map(|responder| responder.to_string().into());
    batch.write(&sql, std::iter::once(incident.to_string().into()).chain(people_of), people.len() as u64);
}

/// Everybody who is tied to an incident.
pub(super) async fn engagements(db: &Database) -> Result<Vec<(VolunteerId, IncidentId)>, EngineError> {
    let rows: Vec<(String, String)> =
        on!(db, c => sqlx::query_as("SELECT responder, incident_id FROM engagements").fetch_all(c).await?);
    rows.iter().map(|(responder, incident)| Ok((parse(responder)?, parse(incident)?))).collect()
}

/// Keeps the links and codes of people just called out.
pub(super) fn add_callouts<'a>(
    batch: &mut Batch,
    now: Timestamp,
    callouts: impl Iterator<Item = &'a (CalledOut, Secret)>,
) {
    let rows = callouts.map(|(callout, secret)| {
        [
            now.into(),
            callout.responder.to_string().into(),
            callout.incident.to_string().into(),
            i64::from(callout.code).into(),
            SecretHash::of_dated(secret.reveal()).as_str().into(),
        ]
    });
    let into = "callouts (asked_at, responder, incident_id, code, secret_hash)";
    batch.insert(into, "ON CONFLICT DO NOTHING", rows);
}

/// The call-outs of one person since `since`, the newest first, at most 20. There is no index by person: it would cost
/// every alarm a page for each, and the call-outs of a day are few.
pub(super) async fn callouts_of(
    db: &Database,
    responder: VolunteerId,
    since: Timestamp,
) -> Result<Vec<CalledOut>, EngineError> {
    let sql = "SELECT incident_id, responder, code FROM callouts WHERE asked_at >= $2 AND responder = $1
               ORDER BY asked_at DESC, incident_id DESC LIMIT 20";
    let rows: Vec<(String, String, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(responder.to_string()).bind(since).fetch_all(c).await?);
    rows.iter().map(called_out).collect()
}

/// The incidents to which a person was called out since `since`, the newest call-out first, at most `limit`. There is no index by
/// person (see `callouts_of`); it is for the person themselves, who asks seldom.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn incidents_of(
    db: &Database,
    responder: VolunteerId,
    since: Timestamp,
    limit: u32,
) -> Result<Vec<Incident>, EngineError> {
    let sql = "SELECT i.id, i.state FROM callouts c JOIN incidents i ON i.id = c.incident_id
               WHERE c.responder = $1 AND c.asked_at >= $2 ORDER BY c.asked_at DESC, c.incident_id DESC LIMIT $3";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql)
        .bind(responder.to_string()).bind(since).bind(i64::from(limit)).fetch_all(c).await?);
    rows.iter().map(|(id, state)| from_json(state, id)).collect()
}

/// The codes given since `since`.
pub(super) async fn codes(db: &Database, since: Timestamp) -> Result<Codes, EngineError> {
    let sql = "SELECT responder, code, asked_at FROM callouts WHERE asked_at >= $1";
    let rows: Vec<(String, i64, Timestamp)> =
        on!(db, c => sqlx::query_as(sql).bind(since).fetch_all(c).await?);
    let given = |(responder, code, at): &(String, i64, Timestamp)| {
        Ok((parse(responder)?, u8::try_from(*code).unwrap_or(u8::MAX), *at))
    };
    rows.iter().map(given).collect()
}

/// The call-out behind a secret link, by the second in which the link says that it was made.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn by_secret(
    db: &Database,
    now: Timestamp,
    hash: &SecretHash,
) -> Result<Option<CalledOut>, EngineError> {
    let Some(second) = hash.made_at(now) else { return Ok(None) };
    let sql = "SELECT incident_id, responder, code FROM callouts
               WHERE asked_at >= $1 AND asked_at < $2 AND secret_hash = $3";
    let row: Option<(String, String, i64)> = on!(db, c => sqlx::query_as(sql)
        .bind(second).bind(second + Duration::from_secs(1)).bind(hash.as_str()).fetch_optional(c).await?);
    row.as_ref().map(called_out).transpose()
}

/// One incident.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn load(db: &Database, id: IncidentId) -> Result<Option<Incident>, EngineError> {
    state(db, id).await?.map(|state| from_json(&state, id)).transpose()
}

/// Whether there is such an incident within the remit: one that was raised in its county.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn covers(db: &Database, remit: Remit, id: IncidentId) -> Result<bool, EngineError> {
    let sql = "SELECT COUNT(*) FROM incidents WHERE id = $1 AND ($2 = '' OR county = $2)";
    let found: i64 =
        on!(db, c => sqlx::query_scalar(sql).bind(id.to_string()).bind(county(remit)).fetch_one(c).await?);
    Ok(found == 1)
}

/// Writes the installation's county into incidents that have none.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn settle(tx: &mut Tx, county: County) -> Result<u64, EngineError> {
    let sql = "UPDATE incidents SET county = $1 WHERE county = ''";
    Ok(on!(tx, c => sqlx::query(sql).bind(county.as_str()).execute(c).await?.rows_affected()))
}

/// Empty: every county.
fn county(remit: Remit) -> String {
    remit.county().map_or_else(String::new, String::from)
}

/// Incidents within the remit, the newest first: those that are not closed, or all.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn list(
    db: &Database,
    remit: Remit,
    open_only: bool,
    limit: u32,
) -> Result<Vec<Incident>, EngineError> {
    let sql = if open_only {
        "SELECT id, state FROM incidents WHERE phase <> 'closed' AND ($2 = '' OR county = $2)
         ORDER BY raised_at DESC, id DESC LIMIT $1"
    } else {
        "SELECT id, state FROM incidents WHERE ($2 = '' OR county = $2) ORDER BY raised_at DESC, id DESC LIMIT $1"
    };
    let rows: Vec<(String, String)> =
        on!(db, c => sqlx::query_as(sql).bind(i64::from(limit)).bind(county(remit)).fetch_all(c).await?);
    rows.iter().map(|(id, state)| from_json(state, id)).collect()
}

/// Incidents raised at or after `since` that are closed, in the order of their raising.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn closed_since(db: &Database, since: Timestamp) -> Result<Vec<Incident>, EngineError> {
    let sql =
        "SELECT id, state FROM incidents WHERE phase = 'closed' AND raised_at >= $1 ORDER BY raised_at, id";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(sql).bind(since).fetch_all(c).await?);
    rows.iter().map(|(id, state)| from_json(state, id)).collect()
}

/// How many incidents are not closed.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn count_open(db: &Database) -> Result<i64, EngineError> {
    let sql = "SELECT COUNT(*) FROM incidents WHERE phase <> 'closed'";
    Ok(on!(db, c => sqlx::query_scalar(sql).fetch_one(c).await?))
}

/// The log of one incident, in order.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn log(db: &Database, id: IncidentId) -> Result<Vec<(Timestamp, Event)>, EngineError> {
    let sql = "SELECT at, event FROM incident_events WHERE incident_id = $1 ORDER BY seq";
    let rows: Vec<(Timestamp, String)> =
        on!(db, c => sqlx::query_as(sql).bind(id.to_string()).fetch_all(c).await?);
    rows.into_iter().map(|(at, event)| Ok((at, from_json(&event, id)?))).collect()
}

/// The decision records of one incident, in the order of its searches.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn decisions(db: &Database, id: IncidentId) -> Result<Vec<Decision>, EngineError> {
    Ok(records(db, id).await?.into_iter().map(|(_, decision)| decision).collect())
}

/// The state of one incident as it is written.
pub(crate) async fn state(db: &Database, id: IncidentId) -> Result<Option<String>, EngineError> {
    let sql = "SELECT state FROM incidents WHERE id = $1";
    Ok(on!(db, c => sqlx::query_scalar(sql).bind(id.to_string()).fetch_optional(c).await?))
}

/// The decision records of one incident as they are written, and read, in the order of its searches.
pub(crate) async fn records(db: &Database, id: IncidentId) -> Result<Vec<(String, Decision)>, EngineError> {
    let sql = "SELECT record FROM decisions WHERE incident_id = $1 ORDER BY search";
    let rows: Vec<String> = on!(db, c => sqlx::query_scalar(sql).bind(id.to_string()).fetch_all(c).await?);
    let read = |record: String| from_json(&record, id).map(|decision| (record, decision));
    rows.into_iter().map(read).collect()
}

/// Incidents whose timer is due, the longest due first, at most `limit`.
pub(super) async fn due(db: &Database, now: Timestamp, limit: u32) -> Result<Vec<IncidentId>, EngineError> {
    let sql = "SELECT id FROM incidents WHERE wake_at <= $1 ORDER BY wake_at, id LIMIT $2";
    let rows: Vec<String> =
        on!(db, c => sqlx::query_scalar(sql).bind(now).bind(i64::from(limit)).fetch_all(c).await?);
    rows.iter().map(|id| parse(id)).collect()
}

/// When the next timer of any incident is due.
pub(super) async fn next_wake(db: &Database) -> Result<Option<Timestamp>, EngineError> {
    let sql = "SELECT MIN(wake_at) AS at FROM incidents WHERE wake_at IS NOT NULL";
    Ok(on!(db, c => sqlx::query(sql).fetch_one(c).await?.try_get::<Option<Timestamp>, _>("at")?))
}

/// What changed since `since`, the earliest first, at most 1 000.
pub(super) async fn changed(db: &Database, since: Timestamp) -> Result<Vec<Changed>, EngineError> {
    let sql =
        "SELECT id, version, changed_at FROM incidents WHERE changed_at >= $1 ORDER BY changed_at LIMIT 1000";
    let rows: Vec<(String, i64, Timestamp)> =
        on!(db, c => sqlx::query_as(sql).bind(since).fetch_all(c).await?);
    let changed = |(id, version, at): &(String, i64, Timestamp)| {
        Ok(Changed { incident: parse(id)?, version: version.unsigned_abs(), at: *at })
    };
    rows.iter().map(changed).collect()
}

fn called_out((incident, responder, code): &(String, String, i64)) -> Result<CalledOut, EngineError> {
    let code = u8::try_from(*code).map_err(|_| EngineError::damaged("call-out", incident))?;
    Ok(CalledOut { incident: parse(incident)?, responder: parse(responder)?, code })
}

pub(super) fn parse<T: std::str::FromStr>(text: &str) -> Result<T, EngineError> {
    text.parse().map_err(|_| EngineError::damaged("identifier", text))
}

fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("our own types have string keys and no failing serialisers")
}

fn from_json<T: serde::de::DeserializeOwned>(
    text: &str,
    id: impl std::fmt::Display,
) -> Result<T, EngineError> {
    serde_json::from_str(text).map_err(|error| EngineError::Damaged {
        what: "incident",
        id: id.to_string(),
        why: error.to_string(),
    })
}

fn signed(version: u64) -> i64 {
    i64::try_from(version).unwrap_or(i64::MAX)
}
