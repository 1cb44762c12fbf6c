//! `certus policies`: the call-out policies in force as a file, for instance for `certus replay --policy`.

use std::io::Write;

use certus_registry::Database;

use super::{CliError, policies};
use crate::config::Config;
use crate::policies::store;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus policies > policies.toml                what is in force now
  certus policies --version 3                    what was in force as policies-3

They are changed in the page /policies: one official proposes, another approves.";

/// Print the call-out policies in force
#[derive(Debug, clap::Args)]
pub(super) struct Print {
    /// The number of another version that the board has approved
    #[arg(long)]
    version: Option<u64>,
}

impl Print {
    pub(super) async fn run(self, db: &Database, config: &Config) -> Result<(), CliError> {
        let version = match self.version {
            None => store::in_force(db).await?,
            Some(number) => {
                let version = store::version(db, number).await?;
                Some(version.ok_or_else(|| CliError::NoPolicies(number))?)
            }
        };
        let text = version.map_or_else(
            || policies(config).map(|first| first.text()),
            |version| Ok(version.proposal.text),
        )?;
        Ok(write!(std::io::stdout().lock(), "{text}")?)
    }
}
