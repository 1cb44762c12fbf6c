//! `certus demo`: its arguments, its database and its addresses.

use std::io::Write;

use certus_registry::Database;
use clap::Args;

use super::CliError;
use super::serve::listen;
use crate::config::{Config, Reminders};
use crate::demo::{self, Options};
use crate::serve;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus demo                                        console and live story, until ctrl-c
  certus demo --speed 60                             an hour a minute
  certus demo --headless --incidents 20 --seed 7     in accelerated time; one line of JSON at the end

600 invented volunteers and 120 resources live in Jämtland's real places; nobody is really called out. The line of JSON
counts call-outs: asked, accepted, arrived, and those who were there before the ambulance; then the field's yardsticks:
incidents reached before the ambulance, the median time to the first arrival, alerts per incident, needless arrivals.";

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
    pub(super) async fn run(self, config: Config) -> Result<(), CliError> {
        let Self { headless, incidents, seed, speed } = self;
        let options = Options { incidents, seed, speed };
        if headless {
            let summary = demo::run_headless(options).await?;
            return Ok(demo::print(&summary, &mut std::io::stdout().lock())?);
        }
        Box::pin(live(options, config)).await
    }
}

/// On an embedded SQLite file of its own, which is gone afterwards.
async fn live(options: Options, config: Config) -> Result<(), CliError> {
    let listeners = (listen(config.listen.0).await?, listen(config.metrics_listen.0).await?);
    let public_url = format!("http://{}", listeners.0.local_addr()?).parse().expect("an address is a URL");
    let directory = std::env::temp_dir().join(format!("certus-demo-{}", std::process::id()));
    std::fs::create_dir_all(&directory)?;
    let file = directory.join("certus.sqlite");
    let db = Database::open(&format!("sqlite:{}", file.display())).await?;
    let stopped = serve::signalled()?;
    let mut out = std::io::stdout();
    // Invented people are told what the scene wants them told.
    let config = Config { public_url, reminders: Reminders::none(), ..config };
    let shown = Box::pin(demo::run_live(options, config, db, listeners, &mut out, stopped)).await;
    std::fs::remove_dir_all(&directory)?;
    writeln!(out, "\nThe demo is over; its database is gone.")?;
    Ok(shown?)
}
