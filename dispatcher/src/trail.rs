//! Where people have been while they were kept on an incident: the only trails there are, and not for long.
//!
//! The engine adds a fix of somebody whom it knows to be kept (`add`); an hourly job (`retention`) takes away what belongs to incidents
//! closed long enough ago ([`purge`]). Nothing is decided by a trail.

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Database, Timestamp, Tx, VolunteerId, on};

use crate::engine::{EngineError, store};
use crate::incident::{Incident, IncidentId, Phase};
use crate::positions::LastPosition;
use crate::positions::store::Row;

/// Fixes in one answer: four hours of four people whose phones speak every ten seconds.
pub const FIXES_MAX: u32 = 6_000;
/// Incidents whose trails are taken away at once; the next ones an hour later.
const INCIDENTS_MAX: u32 = 1_000;

/// Nothing is added once the person is not tied to the incident any more, whatever the engine has read before.
const INSERT: &str =
    "INSERT INTO callout_trail (incident_id, responder, fixed_at, lat, lon, accuracy_m, received_at)
     SELECT $1, $2, $3, $4, $5, $6, $7
     WHERE EXISTS (SELECT 1 FROM engagements WHERE responder = $2 AND incident_id = $1)
     ON CONFLICT DO NOTHING";
const NEWEST: &str =
    "SELECT responder AS volunteer_id, fixed_at, lat, lon, accuracy_m, received_at FROM callout_trail
     WHERE incident_id = $1 ORDER BY fixed_at DESC, responder LIMIT $2";
const CLOSED: &str = "SELECT id FROM incidents WHERE phase = 'closed' AND raised_at <= $1
     AND EXISTS (SELECT 1 FROM callout_trail WHERE incident_id = incidents.id) ORDER BY raised_at, id LIMIT $2";

/// Keeps a fix as part of a person's trail, if the person is kept on the incident and was when the phone was there. False:
/// it is not kept.
///
/// # Errors
/// [`EngineError`] when the database fails; the fix is lost then, which costs a point of a line.
pub(crate) async fn add(db: &Database, incident: &Incident, fix: &LastPosition) -> Result<bool, EngineError> {
    let kept = incident.callout(fix.volunteer).and_then(|callout| callout.kept());
    let belongs = kept.is_some_and(|kept| fix.fixed_at >= kept.accepted_at);
    if !belongs && !broken(Rule::Trail) {
        return Ok(false);
    }
    let mut tx = db.begin().await?;
    let added = on!(tx, c => sqlx::query(INSERT)
        .bind(incident.id.to_string()).bind(fix.volunteer.to_string()).bind(fix.fixed_at)
        .bind(fix.position.lat()).bind(fix.position.lon()).bind(fix.accuracy.map(|metres| metres.0))
        .bind(fix.received_at).execute(c).await?.rows_affected());
    tx.commit().await?;
    Ok(added == 1)
}

/// The trails of one incident: its newest [`FIXES_MAX`] fixes, the oldest of them first.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn of(db: &Database, incident: IncidentId) -> Result<Vec<LastPosition>, EngineError> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(NEWEST)
        .bind(incident.to_string()).bind(i64::from(FIXES_MAX)).fetch_all(c).await?);
    let read = |row| LastPosition::try_from(row).map_err(|_| EngineError::damaged("trail", incident));
    rows.into_iter().rev().map(read).collect()
}

/// The trails of one person: their newest [`FIXES_MAX`] fixes, the newest first. For the person themselves, who asks seldom:
/// there is no index by person.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn of_person(db: &Database, who: VolunteerId) -> Result<Vec<LastPosition>, EngineError> {
    const SQL: &str =
        "SELECT responder AS volunteer_id, fixed_at, lat, lon, accuracy_m, received_at FROM callout_trail
         WHERE responder = $1 ORDER BY fixed_at DESC LIMIT $2";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL)
        .bind(who.to_string()).bind(i64::from(FIXES_MAX)).fetch_all(c).await?);
    let read = |row| LastPosition::try_from(row).map_err(|_| EngineError::damaged("trail of", who));
    rows.into_iter().map(read).collect()
}

/// Takes away the trails of one person.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn remove(tx: &mut Tx, who: VolunteerId) -> Result<(), EngineError> {
    const SQL: &str = "DELETE FROM callout_trail WHERE responder = $1";
    Ok(on!(tx, c => sqlx::query(SQL).bind(who.to_string()).execute(c).await.map(drop))?)
}

/// Takes away the trails of incidents that were closed at `limit` or earlier; gives how many incidents had one. Only looks
/// when `dry`.
///
/// # Errors
/// [`EngineError`] when the database fails; what was done stays done.
pub async fn purge(db: &Database, limit: Timestamp, dry: bool) -> Result<u64, EngineError> {
    let ids: Vec<String> = on!(db, c => sqlx::query_scalar(CLOSED)
        .bind(limit).bind(i64::from(INCIDENTS_MAX)).fetch_all(c).await?);
    let mut purged = 0;
    for id in ids {
        let id: IncidentId = id.parse().map_err(|_| EngineError::damaged("identifier", &id))?;
        let closed = store::load(db, id).await?.map(|incident| incident.phase);
        // Words that came later have changed the incident, but not when it was closed.
        if matches!(closed, Some(Phase::Closed { at }) if at <= limit) {
            if !dry {
                let sql = "DELETE FROM callout_trail WHERE incident_id = $1";
                let mut tx = db.begin().await?;
                on!(tx, c => sqlx::query(sql).bind(id.to_string()).execute(c).await.map(drop))?;
                tx.commit().await?;
            }
            purged += 1;
        }
    }
    Ok(purged)
}
