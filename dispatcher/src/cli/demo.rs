//! `certus demo`: its arguments.

use clap::Args;

use super::CliError;
use crate::config::Config;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus demo                                        console and live story, until ctrl-c
  certus demo --headless --incidents 20 --seed 7     in accelerated time; one line of JSON at the end";

/// What the demo is to do.
#[derive(Debug, Clone, Args)]
pub struct Demo {
    /// Without a terminal, in accelerated time; ends by itself
    #[arg(long)]
    pub headless: bool,
    /// How many incidents to raise
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub incidents: u32,
    /// The same seed gives the same people, incidents and answers
    #[arg(long, value_name = "N", default_value_t = 7)]
    pub seed: u64,
    /// How many times as fast as real time (not with --headless)
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000), conflicts_with = "headless")]
    pub speed: u32,
}

impl Demo {
    #[expect(clippy::unused_async, reason = "the founder's demo will wait")]
    pub(super) async fn run(self, _config: Config) -> Result<(), CliError> {
        Err(CliError::Unbuilt("the demo"))
    }
}
