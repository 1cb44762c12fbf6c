//! How many are asked at once, and what is learned from their answers.

use std::collections::BTreeMap;

use certus_dispatcher::incident::{CallOut, Incident, State};
use certus_dispatcher::replay;
use certus_registry::{Database, Timestamp, on};

use super::registry::local;
use super::{Model, Violation, rule};

/// Asked by day, came by day, asked at night, came at night.
pub(super) type Counts = [i64; 4];

impl Model {
    /// A wave is as large as its certainty asks for, as far as its caps and the people at hand go, and no larger.
    pub(super) fn wave_is_right(&self, after: &Incident) -> Result<(), Violation> {
        let known = self.incidents.get(&after.id).map_or(0, |before| before.promises.len());
        let Some(promise) = after.promises.get(known..).and_then(<[_]>::last) else { return Ok(()) };
        let waiting: Vec<&CallOut> = after.callouts.iter().filter(|c| is_waiting(c)).collect();
        if usize::from(promise.asked) != waiting.len() {
            return Ok(()); // somebody has been heard from since
        }
        let chances: Vec<f64> =
            waiting.iter().map(|c| f64::from(c.candidate.yes_permille) / 1000.0).collect();
        let sure = sure_of(promise.sure_of, &chances);
        let id = after.id;
        rule("promise", (f64::from(promise.permille) - sure * 1000.0).abs() <= 1.0, || {
            format!("{id} promises {}, and {:.1} is so", promise.permille, sure * 1000.0)
        })?;
        let policy = &after.policy;
        let target = f64::from(policy.sure_percent) / 100.0;
        let full = waiting.len() >= usize::from(policy.wave_size)
            || after.callouts.len() >= usize::from(after.asked_max)
            || after.candidates.is_empty();
        rule("too-few-asked", full || sure >= target - 0.001, || {
            format!("{id} is {sure:.3} sure, {target} is wanted, and somebody could still be asked")
        })?;
        let errand = waiting.iter().any(|c| c.wave == after.wave && c.planned.resource().is_some());
        let without_last = sure_of(promise.sure_of, &chances[..chances.len().saturating_sub(1)]);
        rule("too-many-asked", errand || without_last < target + 0.001, || {
            format!("{id} would be {without_last:.3} sure without the last who was asked")
        })
    }

    /// Remembers what became of everybody when an incident closes.
    pub(super) fn count_answers(&mut self, after: &Incident) {
        let was_closed =
            self.incidents.get(&after.id).is_some_and(|before| before.phase.as_str() == "closed");
        if was_closed || after.phase.as_str() != "closed" {
            return;
        }
        for callout in &after.callouts {
            let Some(came) = came(callout) else { continue };
            let counts = self.answers.entry(callout.responder()).or_default();
            let place = if is_day(callout.asked_at) { 0 } else { 2 };
            counts[place] += 1;
            counts[place + 1] += i64::from(came);
        }
    }

    /// State, decisions and shortlists can be recomputed from what was recorded, to the last byte.
    pub(super) async fn records_at_rest(&self, db: &Database) -> anyhow::Result<()> {
        for id in self.incidents.keys() {
            let recorded = replay::load(db, *id).await?;
            let flaws = recorded.map(|recorded| recorded.flaws()).unwrap_or_default();
            rule("replay-differs", flaws.is_empty(), || format!("{id} is as recorded: {flaws:?}"))?;
        }
        Ok(())
    }

    /// What is learned is what happened, once each.
    pub(super) async fn answers_at_rest(&self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT responder, asked_by_day, came_by_day, asked_at_night, came_at_night
                           FROM answers ORDER BY responder";
        let rows: Vec<(String, i64, i64, i64, i64)> =
            on!(db, conn => sqlx::query_as(SQL).fetch_all(conn).await?);
        let kept: BTreeMap<String, Counts> =
            rows.into_iter().map(|(who, a, b, c, d)| (who, [a, b, c, d])).collect();
        let told: BTreeMap<String, Counts> =
            self.answers.iter().map(|(who, counts)| (who.to_string(), *counts)).collect();
        rule("answers-miscounted", kept == told, || format!("{kept:?} are {told:?}"))?;
        Ok(())
    }
}

fn is_waiting(callout: &CallOut) -> bool {
    matches!(callout.state, State::Asked | State::Seen { .. })
}

fn is_day(at: Timestamp) -> bool {
    let hour = local(at).hour();
    (7..22).contains(&hour)
}

fn came(callout: &CallOut) -> Option<bool> {
    let released_after_yes = matches!(callout.state, State::Released { kept: Some(_), .. });
    match callout.state.as_str() {
        "accepted" | "departed" | "on_scene" | "done" => Some(true),
        "declined" | "timed_out" => Some(false),
        _ => released_after_yes.then_some(true),
    }
}

/// One world in ten is hushed, and a third of every chance is left in it; in each the number who come is counted by
/// taking the people in one after the other, all the way.
fn sure_of(wanted: u16, chances: &[f64]) -> f64 {
    let world = |left: f64| -> f64 {
        let mut exactly = vec![1.0];
        for chance in chances {
            let yes = chance * left;
            let longer = exactly.len() + 1;
            let at = |n: usize| exactly.get(n).copied().unwrap_or(0.0);
            exactly = (0..longer)
                .map(|n| at(n) * (1.0 - yes) + if n == 0 { 0.0 } else { at(n - 1) * yes })
                .collect();
        }
        exactly.iter().skip(usize::from(wanted)).sum()
    };
    0.9 * world(1.0) + 0.1 * world(1.0 / 3.0)
}
