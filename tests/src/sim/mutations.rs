//! The mutation check: does the model notice when a rule of the program is broken?

use certus_registry::mutation::{Rule, break_only};

use super::{Settings, run_all, say};

/// Breaks every rule in turn for at most `seeds` seeds and prints who noticed; true when all were noticed.
pub(super) fn check(first: u64, seeds: u64) -> bool {
    let settings = Settings {
        seeds,
        first,
        seed: None,
        fresh: 0,
        times: 1,
        minutes: None,
        trace: false,
        jobs: None,
        mutations: false,
        keep_going: false,
    };
    let mut survived = 0;
    say("| broken rule | noticed by | seeds |\n|---|---|---|");
    for rule in Rule::ALL {
        break_only(Some(rule));
        let runs = run_all(&settings, false);
        let noticed = runs.iter().find_map(|run| run.failure.as_ref());
        survived += u32::from(noticed.is_none());
        say(&format!("| {rule:?} | {} | {} |", noticed.map_or("nobody", |failure| failure.rule), runs.len()));
    }
    break_only(None);
    say(&format!("{survived} of {} survived", Rule::ALL.len()));
    survived == 0
}
