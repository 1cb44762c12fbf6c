//! The mutation check: does the model notice when a rule of the program is broken?

use certus_registry::mutation::{Rule, break_only};

use super::{Run, Settings, run_all, say};

/// Seeds whose nights showed a broken rule before; each is tried first. One that has gone stale costs a seed, and the
/// search that follows prints another.
const SHOWED: [(Rule, u64); 15] = [
    (Rule::CompareAndSet, 20),
    (Rule::Release, 3),
    (Rule::UnknownOutcome, 1),
    (Rule::Ambiguous, 75),
    (Rule::WrittenOut, 1),
    (Rule::Timer, 1),
    (Rule::OffDuty, 3),
    (Rule::Vetting, 1),
    (Rule::Hours, 2),
    (Rule::Certificate, 3),
    (Rule::DuplicateReply, 3),
    (Rule::HandledTogether, 10),
    (Rule::Engagement, 5),
    (Rule::KnownKind, 9),
    (Rule::RetiredKind, 1),
];

/// Breaks every rule in turn for at most `seeds` seeds and prints who noticed; true when all were noticed.
pub(super) fn check(first: u64, seeds: u64, only: Option<&str>) -> bool {
    let rules: Vec<Rule> =
        Rule::ALL.into_iter().filter(|rule| only.is_none_or(|name| format!("{rule:?}") == name)).collect();
    let mut survived = 0;
    say("| broken rule | noticed by | seeds | last seed |\n|---|---|---|---|");
    for rule in rules.iter().copied() {
        break_only(Some(rule));
        let mut runs = Vec::new();
        if let Some((_, showed)) = SHOWED.iter().find(|(shown, _)| *shown == rule) {
            runs = run_all(&settings(*showed, 1), false);
        }
        if noticed(&runs).is_none() {
            runs.extend(run_all(&settings(first, seeds), false));
        }
        survived += u32::from(noticed(&runs).is_none());
        say(&row(rule, &runs));
    }
    break_only(None);
    say(&format!("{survived} of {} survived", rules.len()));
    survived == 0 && !rules.is_empty()
}

fn settings(first: u64, seeds: u64) -> Settings {
    Settings {
        seeds,
        first,
        seed: None,
        fresh: 0,
        times: 1,
        minutes: None,
        trace: false,
        jobs: None,
        mutations: false,
        rule: None,
        keep_going: false,
    }
}

fn noticed(runs: &[Run]) -> Option<&Run> {
    runs.iter().find(|run| run.failure.is_some())
}

fn row(rule: Rule, runs: &[Run]) -> String {
    let found = noticed(runs);
    let name = found.and_then(|run| run.failure.as_ref()).map_or("nobody", |failure| failure.rule);
    let seed = found.map_or(String::new(), |run| run.seed.to_string());
    format!("| {rule:?} | {name} | {} | {seed} |", runs.len())
}
