//! `certus audit`: the log of who did what, and who looked.

use std::io::Write;

use certus_registry::store::audit;
use certus_registry::{Database, Remit};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus audit verify                     every entry, from the first to the last
  certus audit verify --contains HASH     and that the log still has the end that was noted then
  certus audit list --limit 20

Note the hash that verify prints somewhere else now and then: a log that was made anew does not contain it.";

/// What to do with the log.
#[derive(Debug, Subcommand)]
pub(super) enum Audit {
    /// Check that no entry was altered, taken out or put in; prints how many there are and the last one's hash
    Verify {
        /// A hash that was printed earlier and must be in the log
        #[arg(long, value_name = "HASH")]
        contains: Option<String>,
    },
    /// Print the newest entries, newest first
    List {
        /// How many
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        limit: u32,
    },
}

impl Audit {
    pub(super) async fn run(self, db: &Database) -> Result<(), CliError> {
        match self {
            Self::Verify { contains } => verify(db, contains).await,
            Self::List { limit } => list(db, limit).await,
        }
    }
}

async fn verify(db: &Database, contains: Option<String>) -> Result<(), CliError> {
    let style =
        ProgressStyle::with_template("{pos} entries").unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::no_length().with_style(style);
    let head = audit::verify(db, |number| bar.set_position(number.unsigned_abs())).await;
    bar.finish_and_clear();
    let head = head?;
    if let Some(hash) = contains
        && !audit::contains(db, hash.trim()).await?
    {
        return Err(CliError::NotInLog(hash));
    }
    Ok(writeln!(std::io::stdout().lock(), "{} entries, the last is {}", head.number, head.hash)?)
}

async fn list(db: &Database, limit: u32) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    for entry in audit::page(db, Remit::All, None, limit).await? {
        let line = entry.line;
        let about = line.about.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        writeln!(
            out,
            "{}\t{}\t{}\t{}\t{about}\t{}",
            entry.number, line.at, line.actor, line.action, line.detail
        )?;
    }
    Ok(())
}
