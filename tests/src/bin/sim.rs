//! The simulator; see `certus_tests::sim`.

use std::process::ExitCode;

use certus_tests::sim::{Settings, simulate};
use clap::Parser;

const EXAMPLES: &str = "\
Examples:
  cargo run --release -p certus-tests --bin sim -- --seeds 1000
  cargo run --release -p certus-tests --bin sim -- --seed 17 --trace
  cargo run --release -p certus-tests --bin sim -- --seeds 50 --minutes 30

Exit status 0: every rule held in every seed. A failure prints SEED=…, the step and the end of its trace.";

/// Runs Certus in virtual time through seeded nights in which everything goes wrong, beside a reference model
#[derive(Debug, Parser)]
#[command(after_help = EXAMPLES)]
struct Arguments {
    #[command(flatten)]
    settings: Settings,
}

fn main() -> ExitCode {
    if simulate(&Arguments::parse().settings) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
