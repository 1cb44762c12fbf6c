//! What people did when they were asked, counted into the database when an incident closes.

use std::collections::HashMap;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Batch, Database, Timestamp, VolunteerId, on};

use super::draft::Draft;
use super::{EngineError, store};
use crate::matching::Answers;
use crate::travel::is_day;

const TABLE: &str =
    "answers (responder, asked_by_day, came_by_day, asked_at_night, came_at_night, changed_at)";
const ADD: &str =
    "ON CONFLICT (responder) DO UPDATE SET asked_by_day = answers.asked_by_day + excluded.asked_by_day,
    came_by_day = answers.came_by_day + excluded.came_by_day,
    asked_at_night = answers.asked_at_night + excluded.asked_at_night,
    came_at_night = answers.came_at_night + excluded.came_at_night, changed_at = excluded.changed_at";

/// Writes what became of each call-out of an incident that this draft closes, and says it.
pub(super) fn count(
    batch: &mut Batch,
    now: Timestamp,
    draft: &Draft,
    zone: &jiff::tz::TimeZone,
) -> Vec<(VolunteerId, Answers)> {
    if !draft.closes() || broken(Rule::Track) {
        return Vec::new();
    }
    let mut counted: Vec<(VolunteerId, Answers)> = draft
        .incident
        .callouts
        .iter()
        .filter_map(|callout| {
            let is_day = is_day(&callout.asked_at.in_zone(zone));
            Some((callout.responder(), Answers::one(is_day, callout.came()?)))
        })
        .collect();
    counted.sort_by_key(|(responder, _)| *responder); // in one order everywhere: two nodes wait instead of blocking
    let rows = counted.iter().map(|(responder, answers)| {
        let numbers =
            [answers.asked_by_day, answers.came_by_day, answers.asked_at_night, answers.came_at_night];
        let [a, b, c, d] = numbers.map(|number| i64::from(number).into());
        [responder.to_string().into(), a, b, c, d, now.into()]
    });
    batch.insert(TABLE, ADD, rows);
    counted
}

/// What has been counted since `since`, whole for each person.
pub(super) async fn load(
    db: &Database,
    since: Timestamp,
) -> Result<HashMap<VolunteerId, Answers>, EngineError> {
    let sql = "SELECT responder, asked_by_day, came_by_day, asked_at_night, came_at_night FROM answers
               WHERE changed_at >= $1";
    let rows: Vec<(String, i64, i64, i64, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(since).fetch_all(c).await?);
    rows.iter().map(answers).collect()
}

/// What has been counted of one person; `None`: nothing yet.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub(crate) async fn of(db: &Database, who: VolunteerId) -> Result<Option<Answers>, EngineError> {
    let sql = "SELECT responder, asked_by_day, came_by_day, asked_at_night, came_at_night FROM answers
               WHERE responder = $1";
    let row: Option<(String, i64, i64, i64, i64)> =
        on!(db, c => sqlx::query_as(sql).bind(who.to_string()).fetch_optional(c).await?);
    row.as_ref().map(answers).transpose().map(|found| found.map(|(_, answers)| answers))
}

fn answers(
    (responder, a, b, c, d): &(String, i64, i64, i64, i64),
) -> Result<(VolunteerId, Answers), EngineError> {
    let number = |number: i64| u32::try_from(number).map_err(|_| EngineError::damaged("answers", responder));
    let answers = Answers {
        asked_by_day: number(*a)?,
        came_by_day: number(*b)?,
        asked_at_night: number(*c)?,
        came_at_night: number(*d)?,
    };
    Ok((store::parse(responder)?, answers))
}
