//! Benchmarks: how fast, on this machine, beside what this machine can do at all.
//!
//! They print figures and judge nothing: a missed aim is named, never a failure. Whatever the figure is compared
//! with is measured in the same run, interleaved with it, because machines differ and drift.

pub mod alert;
pub mod bridge;
mod county;
pub mod decide;
pub mod figures;
mod gateway;
mod people;
pub mod registry;
mod system;
pub mod travel;

use std::io::Write as _;
use std::time::Instant;

/// The present, to the nanosecond.
#[expect(clippy::disallowed_methods, reason = "a stopwatch: the clock of the system counts milliseconds")]
fn now() -> Instant {
    Instant::now()
}

fn progress(what: &str) {
    // Nobody reading is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{what}");
}
