//! `certus key`: API keys, made and revoked by whoever may run this program on the server; and the keys of personal data.

use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use certus_registry::audit::{Action, Actor, Line};
use certus_registry::store::sealing::Why;
use certus_registry::store::{api_key, audit};
use certus_registry::time::SystemClock;
use certus_registry::volunteer::PersonName;
use certus_registry::{ApiKey, ApiKeyId, Clock, Database, Random, Remit, Scope, Secret};
use clap::Subcommand;

use super::county::Over;
use super::{CliError, open, open_unchecked, sealing};
use crate::config::Config;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus key add --name 'SOS Alarm' --scope incidents:write --scope incidents:read
  certus key add --name 'Old registry, moving in' --scope volunteers:write --scope vetting:take-over --days 7
  certus key add --name 'Every county' --scope volunteers:read --county all
  certus key list
  certus key revoke 0190163d-8694-739b-aea5-966c26f8ad91

Personal data encrypted in the database (docs/operations.md, The key file):
  certus key new /etc/certus/certus.key         make a key file, and keep a copy apart from the database
  CERTUS_KEY_FILE=/etc/certus/certus.key certus key seal     encrypt what is there; no server may run meanwhile
  certus key rotate                             another key for everything, while servers run
  certus key new /etc/certus/certus.key --add   another master key, in force from the next rotation on

Scopes: incidents:read incidents:write volunteers:read volunteers:write messages:read audit:read accounts:write
        members:write (people's details and things, no vetting; volunteers:write has it)
        vetting:take-over (approved people of another registry; without it, people are approved at the pages)";

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Make a key and print it; it is shown this once
    Add {
        /// Whose key it is
        #[arg(long)]
        name: PersonName,
        /// What it may do; repeat for more
        #[arg(long = "scope", required = true, value_name = "SCOPE")]
        scopes: Vec<Scope>,
        /// Over which county's people, things and incidents: a code, a Swedish county's name, or all; else the installation's
        #[arg(long, value_name = "COUNTY")]
        county: Option<Over>,
        /// For how many days it works
        #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u16).range(1..=1_100))]
        days: u16,
    },
    /// List all keys, without their secrets
    List,
    /// Make a key stop working, within ten seconds
    Revoke {
        /// The key's identifier, as `key list` shows it
        id: ApiKeyId,
    },
    /// Make a file with a master key for personal data
    New {
        /// Where; a file that is there is never written over
        file: PathBuf,
        /// Add a key to a file that is there instead: the newest from then on
        #[arg(long)]
        add: bool,
    },
    /// Encrypt the personal data of a database in which it stands as it is; goes on where it was interrupted
    Seal,
    /// Encrypt all personal data under a new key, wrapped by the newest master key of the key file; goes on where it was interrupted
    Rotate,
}

impl Key {
    pub(super) async fn run(self, config: &Config) -> Result<(), CliError> {
        match self {
            Self::Add { name, scopes, county, days } => {
                let remit = county.map_or(Remit::County(config.county), |over| over.0);
                add(&open(config).await?, name, (scopes, remit), days).await
            }
            Self::List => list(&open(config).await?).await,
            Self::Revoke { id } => revoke(&open(config).await?, id).await,
            Self::New { file, add } => sealing::new(&file, add),
            Self::Seal => sealing::run(&open_unchecked(config).await?, Why::Seal).await,
            Self::Rotate => sealing::run(&open_unchecked(config).await?, Why::Rotate).await,
        }
    }
}

async fn add(
    db: &Database,
    name: PersonName,
    (mut scopes, remit): (Vec<Scope>, Remit),
    days: u16,
) -> Result<(), CliError> {
    scopes.sort();
    scopes.dedup();
    let (now, random) = (SystemClock.now(), Random::from_system());
    let secret = Secret::generate(&random);
    let (id, expires_at) = (ApiKeyId::new(now, &random), now + Duration::from_hours(24 * u64::from(days)));
    let key = ApiKey { id, name, scopes, remit, created_at: now, expires_at, revoked_at: None };
    let mut tx = db.begin().await?;
    api_key::insert(&mut tx, &key, &secret.hash()).await?;
    audit::append(&mut tx, Line::new(now, Actor::Console, Action::KeyAdded, format!("key {}", key.id)))
        .await?;
    tx.commit().await?;
    Ok(writeln!(std::io::stdout().lock(), "{}", secret.reveal())?)
}

async fn list(db: &Database) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    let now = SystemClock.now();
    for key in api_key::all(db).await? {
        let scopes = key.scopes.iter().map(Scope::to_string).collect::<Vec<_>>().join(",");
        let state = match key.revoked_at {
            Some(at) => format!("revoked {at}"),
            None if key.has_expired(now) => format!("expired {}", key.expires_at),
            None => format!("valid until {}", key.expires_at),
        };
        let (name, remit) = (key.name.as_str(), key.remit);
        writeln!(out, "{}\t{}\t{name}\t{scopes}\t{state}\t{remit}", key.id, key.created_at)?;
    }
    Ok(())
}

async fn revoke(db: &Database, id: ApiKeyId) -> Result<(), CliError> {
    let (now, mut tx) = (SystemClock.now(), db.begin().await?);
    if !api_key::revoke(&mut tx, now, id).await? {
        return Err(CliError::NoKey(id.to_string()));
    }
    audit::append(&mut tx, Line::new(now, Actor::Console, Action::KeyRevoked, format!("key {id}"))).await?;
    Ok(tx.commit().await?)
}
