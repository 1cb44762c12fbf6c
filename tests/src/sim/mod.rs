//! The simulator: the real engine, worker, stores and filters in virtual time, in a seeded world that goes wrong, beside
//! a reference model.
//!
//! One seed is one story (`story`), driven step by step (`driver`) through gateways and phones of its own (`air`,
//! `crowd`), while nodes die, are suspended and lose their database between any two commits (`life`). After every step
//! the model (`model`) says what must be true. The same seed always gives the same trace.

mod air;
mod crowd;
mod driver;
mod life;
mod log;
mod model;
mod story;
mod trace;

use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Args;

use driver::Driver;
use model::Violation;
use trace::Trace;

/// What is run.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// How many seeds, from --first on
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first of them
    #[arg(long, default_value_t = 1)]
    first: u64,
    /// Only this one
    #[arg(long, conflicts_with_all = ["seeds", "first"])]
    seed: Option<u64>,
    /// Virtual minutes at most for each; until everything rests when not given
    #[arg(long)]
    minutes: Option<u64>,
    /// Tell everything that happens
    #[arg(long)]
    trace: bool,
    /// Seeds at once; the number of processors when not given
    #[arg(long)]
    jobs: Option<usize>,
    /// Go on after a failure and tell how many seeds failed
    #[arg(long)]
    keep_going: bool,
}

/// What became of one seed.
#[derive(Debug)]
pub struct Run {
    /// Which.
    pub seed: u64,
    /// Of the whole trace.
    pub hash: u64,
    /// Steps after which the model was asked.
    pub steps: u64,
    /// The rule that was broken, with what was found and the end of the story.
    pub failure: Option<Failure>,
}

/// How a seed failed.
#[derive(Debug)]
pub struct Failure {
    /// The rule's name; `error` when something else went wrong.
    pub rule: &'static str,
    /// What was found.
    pub what: String,
    /// The last lines of the trace.
    pub trace: String,
}

/// Runs one seed.
///
/// # Panics
/// When no runtime can be made.
#[must_use]
pub fn run(seed: u64, minutes: Option<u64>, aloud: bool) -> Run {
    log::listen();
    let _ = log::said();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let trace = Trace::new(aloud);
        let mut driver = match Driver::new(seed, minutes, trace).await {
            Ok(driver) => driver,
            Err(error) => return Run { seed, hash: 0, steps: 0, failure: Some(failure(&error, "")) },
        };
        let result = driver.run().await;
        let failure = result.err().map(|error| failure(&error, &driver.trace.end()));
        Run { seed, hash: driver.trace.hash(), steps: driver.steps, failure }
    })
}

fn failure(error: &anyhow::Error, trace: &str) -> Failure {
    let rule = error.downcast_ref::<Violation>().map_or("error", |violation| violation.rule);
    Failure { rule, what: format!("{error:#}"), trace: trace.to_owned() }
}

/// Runs what the settings say and prints what came of it; true when every rule held.
///
/// # Panics
/// When a thread cannot be started.
#[must_use]
pub fn simulate(settings: &Settings) -> bool {
    let (first, count) = settings.seed.map_or((settings.first, settings.seeds), |seed| (seed, 1));
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let jobs = settings.jobs.unwrap_or(processors).min(usize::try_from(count).unwrap_or(usize::MAX)).max(1);
    let next = AtomicU64::new(first);
    let runs = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    let run = run(seed, settings.minutes, settings.trace);
                    if let Some(failure) = &run.failure {
                        say(&format!("SEED={seed} step {}\n{}{}", run.steps, failure.trace, failure.what));
                        if !settings.keep_going {
                            next.store(first + count, Ordering::Relaxed);
                        }
                    }
                    runs.lock().unwrap_or_else(PoisonError::into_inner).push(run);
                }
            });
        }
    });
    let runs = runs.into_inner().unwrap_or_else(PoisonError::into_inner);
    let failed = runs.iter().filter(|run| run.failure.is_some()).count();
    let steps: u64 = runs.iter().map(|run| run.steps).sum();
    say(&format!("{} seeds from {first}, {steps} steps, {failed} failed", runs.len()));
    failed == 0
}

fn say(line: &str) {
    // Nobody reading is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}
