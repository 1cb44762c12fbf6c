//! `certus retention`: what is kept about people goes when its time is over.

use std::io::Write;

use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database};

use super::CliError;
use crate::config::Config;
use crate::retention::{Cutoffs, Pass};

pub(super) const EXAMPLES: &str = "\
Examples:
  certus retention --dry-run     what would go now, by kind
  certus retention               take it away; a running server does so every hour by itself

How long what is kept: the section [retention] of the configuration; see docs/privacy.md.";

/// Take away what was kept long enough: a batch of each kind
#[derive(Debug, clap::Args)]
pub(super) struct Retention {
    /// Only print what would go
    #[arg(long)]
    dry_run: bool,
}

impl Retention {
    pub(super) async fn run(self, db: &Database, config: &Config) -> Result<(), CliError> {
        let now = SystemClock.now();
        let pass = Pass { db, now, cutoffs: Cutoffs::at(now, config), dry: self.dry_run };
        let swept = pass.run().await?;
        let mut out = std::io::stdout().lock();
        for (kind, count) in swept.counts() {
            writeln!(out, "{count}\t{kind}")?;
        }
        Ok(())
    }
}
