//! Which questions were asked, and which wait for an answer.

use std::collections::BTreeMap;

use certus_registry::audit::Actor;
use certus_registry::mutation::{Rule, broken};
use certus_registry::volunteer::Day;
use certus_registry::{Database, Resource, ResourceId, Timestamp, Tx, VolunteerId, on};
use sqlx::QueryBuilder;

use super::Stage;
use crate::engine::EngineError;

/// The statement of [`take`].
macro_rules! take {
    ($which:literal) => {
        concat!(
            "INSERT INTO confirmation_asked (resource_id, period, stage, asked, asked_at) \
             SELECT $1, $2, $3, $4, $5 WHERE EXISTS \
             (SELECT 1 FROM resource WHERE id = $1 AND retired_on IS NULL AND COALESCE(confirmed_on, '') = $2) \
             ON CONFLICT (resource_id) DO UPDATE SET period = excluded.period, stage = excluded.stage, \
             asked = excluded.asked, asked_at = excluded.asked_at, answered_at = NULL ",
            $which
        )
    };
}

/// A question that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Open {
    /// About which thing.
    pub resource: ResourceId,
    /// Whom it was put to.
    pub asked: Actor,
    /// When.
    pub at: Timestamp,
}

/// The day of the confirmation that runs out; empty where there was none.
fn period(thing: &Resource) -> String {
    thing.confirmed.map_or_else(String::new, |confirmed| confirmed.on.to_string())
}

/// Period and stage of the latest question about each thing.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn latest(db: &Database) -> Result<BTreeMap<String, (String, String)>, EngineError> {
    const SQL: &str = "SELECT resource_id, period, stage FROM confirmation_asked";
    let rows: Vec<(String, String, String)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(id, period, stage)| (id, (period, stage))).collect())
}

/// Whether the question about a thing is still to be asked, as `latest` has it.
#[must_use]
pub fn is_unasked(latest: &BTreeMap<String, (String, String)>, thing: &Resource, stage: Stage) -> bool {
    let asked = latest.get(&thing.id.to_string());
    let is_same = |(of, at): &(String, String)| {
        *of == period(thing) && (at == stage.as_str() || at == Stage::Lapsed.as_str())
    };
    broken(Rule::Reminded) || !asked.is_some_and(is_same)
}

/// Takes a question on, so that no other node asks it. False: it was asked, or the thing is confirmed anew or gone.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn take(
    tx: &mut Tx,
    now: Timestamp,
    thing: &Resource,
    stage: Stage,
    asked: Actor,
) -> Result<bool, EngineError> {
    const AGAIN: &str = take!("");
    const ONCE: &str = take!(
        "WHERE confirmation_asked.period <> excluded.period \
         OR (confirmation_asked.stage = 'due' AND excluded.stage = 'lapsed')"
    );
    let sql = if broken(Rule::Reminded) { AGAIN } else { ONCE };
    let (id, period, asked) = (thing.id.to_string(), period(thing), asked.to_string());
    let affected = on!(tx, c => sqlx::query(sql)
        .bind(id).bind(period).bind(stage.as_str()).bind(asked).bind(now)
        .execute(c).await?.rows_affected());
    Ok(affected == 1)
}

/// The questions put to any of `people` at or after `since` that wait for an answer, by thing.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn open(db: &Database, people: &[Actor], since: Timestamp) -> Result<Vec<Open>, EngineError> {
    if people.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(String, String, Timestamp)> = on!(db, c => {
        let mut query = QueryBuilder::new(
            "SELECT resource_id, asked, asked_at FROM confirmation_asked WHERE answered_at IS NULL AND asked_at >= ",
        );
        query.push_bind(since);
        if !broken(Rule::Unasked) {
            let mut list = query.push(" AND asked IN (").separated(", ");
            for person in people {
                list.push_bind(person.to_string());
            }
            query.push(")");
        }
        query.push(" ORDER BY resource_id").build_query_as().persistent(false).fetch_all(c).await?
    });
    let read = |(id, asked, at): (String, String, Timestamp)| {
        let damaged = || EngineError::damaged("question about resource", &id);
        let asked = asked.parse().map_err(|_| damaged())?;
        Ok(Open { resource: id.parse().map_err(|_| damaged())?, asked, at })
    };
    rows.into_iter().map(read).collect()
}

/// Writes down that these questions were answered with an OK: in the registry, too. False: one of them was answered before.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn answer(tx: &mut Tx, now: Timestamp, open: &[Open], today: Day) -> Result<bool, EngineError> {
    const SQL: &str = "UPDATE confirmation_asked SET answered_at = $1 \
         WHERE resource_id = $2 AND asked = $3 AND answered_at IS NULL";
    for Open { resource, asked, .. } in open {
        let (id, asked) = (resource.to_string(), asked.to_string());
        let affected =
            on!(tx, c => sqlx::query(SQL).bind(now).bind(id).bind(asked).execute(c).await?.rows_affected());
        if affected != 1 {
            return Ok(false);
        }
    }
    for Open { resource, asked, .. } in open {
        // What was retired meanwhile, or confirmed by the clock of a day that is ahead, stays so.
        let _: bool = certus_registry::store::resource::confirm(tx, now, *resource, today, *asked).await?;
    }
    Ok(true)
}

/// Takes away what is written of questions that were put to somebody, and about things that are no more.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn remove(tx: &mut Tx, who: VolunteerId) -> Result<(), EngineError> {
    const SQL: &str = "DELETE FROM confirmation_asked \
         WHERE asked = $1 OR resource_id NOT IN (SELECT id FROM resource)";
    let asked = Actor::Volunteer(who).to_string();
    on!(tx, c => sqlx::query(SQL).bind(asked).execute(c).await.map(drop)?);
    Ok(())
}

/// Asks these questions once more: from now on they are the latest that was asked. False: one of them was answered.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn ask_again(tx: &mut Tx, now: Timestamp, open: &[Open]) -> Result<bool, EngineError> {
    const SQL: &str = "UPDATE confirmation_asked SET asked_at = $1 \
         WHERE resource_id = $2 AND asked_at = $3 AND answered_at IS NULL";
    for Open { resource, at, .. } in open {
        let id = resource.to_string();
        let affected =
            on!(tx, c => sqlx::query(SQL).bind(now).bind(id).bind(*at).execute(c).await?.rows_affected());
        if affected != 1 {
            return Ok(false);
        }
    }
    Ok(true)
}
