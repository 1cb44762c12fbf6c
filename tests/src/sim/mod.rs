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
#[cfg(feature = "mutations")]
mod mutations;
mod story;
mod trace;

use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

use certus_registry::Random;
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
    #[arg(long, conflicts_with_all = ["seeds", "first", "fresh"])]
    seed: Option<u64>,
    /// As many besides that nobody has run before; their numbers are printed
    #[arg(long, default_value_t = 0)]
    fresh: u64,
    /// How often each seed is run; all runs must tell the same story
    #[arg(long, default_value_t = 1)]
    times: u32,
    /// Virtual minutes at most for each; until everything rests when not given
    #[arg(long)]
    minutes: Option<u64>,
    /// Tell everything that happens
    #[arg(long)]
    trace: bool,
    /// Seeds at once; the number of processors when not given
    #[arg(long)]
    jobs: Option<usize>,
    /// Break the program's rules one at a time and tell which rule of the model noticed
    #[cfg(feature = "mutations")]
    #[arg(long)]
    mutations: bool,
    /// Only this rule, by its name in the program, e.g. Roles
    #[cfg(feature = "mutations")]
    #[arg(long, requires = "mutations")]
    rule: Option<String>,
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
    #[cfg(feature = "mutations")]
    if settings.mutations {
        return mutations::check(settings.first, settings.seeds, settings.rule.as_deref());
    }
    let runs = run_all(settings, true);
    let failed = runs.iter().filter(|run| run.failure.is_some()).count();
    let steps: u64 = runs.iter().map(|run| run.steps).sum();
    say(&format!("{} seeds, {} times each, {steps} steps, {failed} failed", runs.len(), settings.times));
    failed == 0
}

/// Runs all seeds of the settings, several at once; a failure ends it unless it is to go on.
fn run_all(settings: &Settings, aloud: bool) -> Vec<Run> {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let left = Mutex::new(settings.numbers().into_iter());
    let runs = Mutex::new(Vec::new());
    let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        while let Some(seed) = next() {
            let run = settings.run(seed);
            if let Some(failure) = &run.failure {
                if aloud {
                    say(&format!("SEED={seed} step {}\n{}{}", run.steps, failure.trace, failure.what));
                }
                if !settings.keep_going {
                    while next().is_some() {}
                }
            }
            runs.lock().unwrap_or_else(PoisonError::into_inner).push(run);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..settings.jobs.unwrap_or(processors).max(1) {
            scope.spawn(work);
        }
    });
    runs.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl Settings {
    fn numbers(&self) -> Vec<u64> {
        if let Some(seed) = self.seed {
            return vec![seed];
        }
        let mut numbers: Vec<u64> = (self.first..self.first + self.seeds).collect();
        if self.fresh > 0 {
            let first = u64::from(u32::from_be_bytes(Random::from_system().bytes()));
            say(&format!("fresh seeds: {first} to {}", first + self.fresh - 1));
            numbers.extend(first..first + self.fresh);
        }
        numbers
    }

    fn run(&self, seed: u64) -> Run {
        let mut run = run(seed, self.minutes, self.trace);
        for _ in 1..self.times {
            let again = self::run(seed, self.minutes, false);
            if again.hash != run.hash && run.failure.is_none() {
                let what = format!("two runs, two stories: {:x} and {:x}", run.hash, again.hash);
                run.failure = Some(Failure { rule: "same-story", what, trace: String::new() });
            }
        }
        run
    }
}

fn say(line: &str) {
    // Nobody reading is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{line}");
}
