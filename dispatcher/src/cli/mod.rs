//! The command line: `certus serve`, `import`, `export`, `key`, `user`, `audit`, `bridge`, `places`, `roads`, `policies`, `replay`, `calibration`, `retention`, `demo`, `openapi`.
//!
//! Quiet on success, one clear sentence on failure. Exit codes: 1 it did not work, 2 it was not asked
//! for properly (arguments or configuration).

mod audit;
mod bridge;
mod calibration;
mod county;
mod demo;
mod exchange;
mod key;
mod log;
mod places;
mod policies;
mod replay;
mod retention;
mod roads;
mod sealing;
mod serve;
mod user;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::gateways::GatewayError;
use certus_registry::exchange::{ExportError, ImportError};
use certus_registry::seal::KeyFileError;
use certus_registry::store::sealing::check;
use certus_registry::time::SystemClock;
use certus_registry::{Clock as _, Database, Random, RegistryError};
use certus_sms_bridge::BridgeError;
use certus_sms_bridge::sealing::THERE;
use clap::{Parser, Subcommand};

pub use demo::Demo;

use crate::config::{Config, ConfigError};
use crate::demo::DemoError;
use crate::node::{MigrationError, NodeError};
use crate::policies::Policies;
use crate::travel::roads::RoadsError;

/// Calls out volunteers who are there before the ambulance.
#[derive(Debug, Parser)]
#[command(name = "certus", version, after_help = EXAMPLES)]
pub struct Cli {
    /// Configuration file (TOML); without one everything has its default
    #[arg(long, global = true, value_name = "FILE", env = "CERTUS_CONFIG")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  certus demo                                    see the whole of it, on invented people
  certus import volunteers.csv resources.csv     fill the registry
  certus key add --name 'SOS Alarm' --scope incidents:write --scope incidents:read
  certus serve --config certus.toml              run it

Environment: CERTUS_DATABASE, CERTUS_LISTEN and so on override the configuration file;
CERTUS_LOG sets what is logged (info, debug, certus_dispatcher=debug), CERTUS_LOG_FORMAT=json how.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server: the API, the pages, call-outs and messages
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Serve),
    /// Read volunteers, resources and organisations from CSV files and Excel workbooks
    #[command(after_help = exchange::IMPORT_EXAMPLES)]
    Import(exchange::Import),
    /// Write volunteers, resources or organisations as CSV or an Excel workbook, as import reads it
    #[command(after_help = exchange::EXPORT_EXAMPLES)]
    Export(exchange::Export),
    /// Add, list and revoke API keys; make and change the keys that personal data is encrypted under
    #[command(subcommand, after_help = key::EXAMPLES)]
    Key(key::Key),
    /// Add, list and switch off accounts of people
    #[command(subcommand, after_help = user::EXAMPLES)]
    User(user::User),
    /// Read and check the audit log
    #[command(subcommand, after_help = audit::EXAMPLES)]
    Audit(audit::Audit),
    /// Look after the bridge: how the gateways do, and whether a message gets through
    #[command(subcommand, after_help = bridge::EXAMPLES)]
    Bridge(bridge::Bridge),
    /// Read names and addresses of places, and look one up
    #[command(subcommand, after_help = places::EXAMPLES)]
    Places(places::Places),
    /// Print the call-out policies in force as a policy file
    #[command(after_help = policies::EXAMPLES)]
    Policies(policies::Print),
    /// Show promised chances beside what happened
    #[command(after_help = calibration::EXAMPLES)]
    Calibration(calibration::CalibrationReport),
    /// Recompute an incident from its records, or see what another policy would have decided
    #[command(after_help = replay::EXAMPLES)]
    Replay(replay::Replay),
    /// Take away what is kept about people longer than it must be
    #[command(after_help = retention::EXAMPLES)]
    Retention(retention::Retention),
    /// Make the road file that travel times are read from, and show what is in one
    #[command(subcommand, after_help = roads::EXAMPLES)]
    Roads(roads::Roads),
    /// Run everything on invented people, with incidents that are raised by themselves
    #[command(after_help = demo::EXAMPLES)]
    Demo(Demo),
    /// Print the OpenAPI document of the HTTP API
    #[command(after_help = "Examples:\n  certus openapi > certus.json")]
    Openapi,
}

/// Why a command did not work; what is shown to the person who gave it.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database cannot be used.
    #[error("the database {url} cannot be opened: {why}")]
    Open {
        /// Where it was looked for, without user and password.
        url: String,
        /// What went wrong.
        why: MigrationError,
    },
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// The address of the configuration.
        address: std::net::SocketAddr,
        /// What the system said.
        why: std::io::Error,
    },
    /// A file of the command line.
    #[error("{file}: {why}")]
    File {
        /// Its name.
        file: String,
        /// What was wrong.
        why: String,
    },
    /// An import stopped.
    #[error("{file}: {why}")]
    Import {
        /// Its name.
        file: String,
        /// What was wrong, by line and column.
        why: ImportError,
    },
    /// A preview has bad rows.
    #[error("{file}: import would refuse it; mend the rows that are named, or import with --partial")]
    WouldRefuse {
        /// Its name.
        file: String,
    },
    /// An export stopped.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The outbox failed.
    #[error(transparent)]
    Bridge(BridgeError),
    /// A test message has not been delivered.
    #[error("{0}")]
    NotDelivered(String),
    /// Only one test of the ways to everybody at a time.
    #[error("a test is on; certus bridge channel-test shows where it stands")]
    TestIsOn,
    /// The channel tests could not be read or written.
    #[error(transparent)]
    ChannelTest(#[from] crate::engine::EngineError),
    /// A key file could not be made.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// There is no such key, or it was revoked before.
    #[error("there is no valid key {0}")]
    NoKey(String),
    /// There is no such account.
    #[error("there is no account {0}; certus user list shows those there are")]
    NoUser(String),
    /// Roles and what is kept do not go together.
    #[error(
        "the role organisation goes with --organisation and no other role, and --organisation with that role"
    )]
    NoFit,
    /// There is no such organisation.
    #[error("there is no organisation '{0}'; certus export organisations shows those there are")]
    NoOrganisation(String),
    /// Somebody has the login.
    #[error("the login is somebody else's")]
    LoginTaken,
    /// A password that is none.
    #[error("the password: {0}")]
    Password(#[from] certus_registry::account::PasswordError),
    /// An account could not be made or changed.
    #[error(transparent)]
    Account(#[from] crate::sign_in::Fault),
    /// The audit log is not what was written.
    #[error(transparent)]
    Audit(#[from] certus_registry::store::audit::Broken),
    /// A hash that was noted is not in the audit log.
    #[error("the audit log does not contain {0}: it was cut, or made anew")]
    NotInLog(String),
    /// A text is no place.
    #[error("{0}")]
    NoPlace(String),
    /// There is no such version of the policies.
    #[error("the board has approved no version {0} of the policies")]
    NoPolicies(u64),
    /// There is no such incident.
    #[error("there is no incident {0}")]
    NoIncident(String),
    /// What was recorded about an incident does not give what was stored.
    #[error("{0}")]
    Differs(String),
    /// An incident's log cannot be replayed.
    #[error(transparent)]
    Flaw(#[from] crate::replay::Flaw),
    /// The server or the terminal failed.
    #[error(transparent)]
    System(#[from] std::io::Error),
    /// The policy file is wrong.
    #[error("{file}: {why}")]
    Policies {
        /// Its name.
        file: String,
        /// What was wrong.
        why: String,
    },
    /// A gateway's settings are wrong.
    #[error("gateway: {0}")]
    Gateway(#[from] GatewayError),
    /// A road file cannot be made or read.
    #[error(transparent)]
    Roads(#[from] RoadsError),
    /// The node could not be put together.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The demo stopped.
    #[error(transparent)]
    Demo(#[from] DemoError),
}

impl CliError {
    /// 2 when the person can mend it by asking properly, otherwise 1.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Config(_)
            | Self::Policies { .. }
            | Self::Gateway(_)
            | Self::Node(NodeError::Roads(_) | NodeError::Oidc(_) | NodeError::Policies(_)) => 2,
            Self::Open { .. }
            | Self::Listen { .. }
            | Self::File { .. }
            | Self::Import { .. }
            | Self::WouldRefuse { .. }
            | Self::Export(_)
            | Self::Registry(_)
            | Self::KeyFile(_)
            | Self::NoKey(_)
            | Self::NoUser(_)
            | Self::NoFit
            | Self::NoOrganisation(_)
            | Self::LoginTaken
            | Self::Password(_)
            | Self::Account(_)
            | Self::Audit(_)
            | Self::NotInLog(_)
            | Self::Bridge(_)
            | Self::NotDelivered(_)
            | Self::TestIsOn
            | Self::ChannelTest(_)
            | Self::NoIncident(_)
            | Self::NoPolicies(_)
            | Self::NoPlace(_)
            | Self::Differs(_)
            | Self::Flaw(_)
            | Self::System(_)
            | Self::Roads(_)
            | Self::Node(NodeError::Engine(_) | NodeError::Registry(_) | NodeError::Router(_))
            | Self::Demo(_) => 1,
        }
    }
}

impl From<sqlx::Error> for CliError {
    fn from(error: sqlx::Error) -> Self {
        Self::Registry(error.into())
    }
}

/// Runs what the command line asks for; says on stderr why it did not work.
pub async fn run(cli: Cli) -> ExitCode {
    let Err(error) = Box::pin(cli.run()).await else { return ExitCode::SUCCESS };
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "certus: {error}");
    error.exit_code().into()
}

impl Command {
    /// A server tells what it does, a command what went wrong; the demo's phones fail on purpose.
    fn log_level(&self) -> &'static str {
        match self {
            Self::Serve(_) => "info",
            Self::Import(_)
            | Self::Export(_)
            | Self::Key(_)
            | Self::User(_)
            | Self::Audit(_)
            | Self::Bridge(_)
            | Self::Replay(_)
            | Self::Retention(_)
            | Self::Policies(_)
            | Self::Calibration(_)
            | Self::Places(_)
            | Self::Roads(_)
            | Self::Openapi => "warn",
            Self::Demo(_) => "error",
        }
    }
}

impl Cli {
    async fn run(self) -> Result<(), CliError> {
        if let Command::Openapi = self.command {
            let text = crate::api::openapi::json().map_err(std::io::Error::from)?;
            return Ok(std::io::stdout().lock().write_all(text.as_bytes())?);
        }
        if let Command::Roads(roads) = self.command {
            return roads.run();
        }
        let config = Config::load(self.config.as_deref(), |name| std::env::var(name).ok())?;
        log::start(self.command.log_level());
        match self.command {
            Command::Serve(serve) => serve::run(config, serve).await,
            Command::Import(import) => import.run(&open(&config).await?, &config).await,
            Command::Export(export) => export.run(&open(&config).await?).await,
            Command::Key(key) => key.run(&config).await,
            Command::User(user) => user.run(&open(&config).await?, &config).await,
            Command::Audit(audit) => audit.run(&open(&config).await?).await,
            Command::Bridge(bridge) => bridge.run(&open(&config).await?).await,
            Command::Places(places) => places.run(&open(&config).await?).await,
            Command::Calibration(report) => report.run(&open(&config).await?).await,
            Command::Replay(replay) => replay.run(&open(&config).await?).await,
            Command::Retention(retention) => retention.run(&open(&config).await?, &config).await,
            Command::Policies(print) => print.run(&open(&config).await?, &config).await,
            Command::Demo(demo) => Box::pin(demo.run(config)).await,
            Command::Roads(_) | Command::Openapi => Ok(()),
        }
    }
}

/// Opens the database and brings its tables up to date.
async fn open(config: &Config) -> Result<Database, CliError> {
    let db = open_unchecked(config).await?;
    check(&db, SystemClock.now(), &THERE).await?;
    crate::node::settle(&db, config.county).await?;
    Ok(db)
}

/// The same, whatever is encrypted in it.
async fn open_unchecked(config: &Config) -> Result<Database, CliError> {
    let named = |why: MigrationError| CliError::Open { url: config.database.shown(), why };
    let db = Database::open(config.database.as_str())
        .await
        .map_err(|error| named(RegistryError::from(error).into()))?;
    let db = match &config.key_file {
        Some(file) => db.with_key_file(file.clone(), Random::from_system()),
        None => db,
    };
    crate::node::migrate(&db).await.map_err(named)?;
    Ok(db)
}

/// The policies that the configuration names, or those that come with the program.
fn policies(config: &Config) -> Result<Policies, CliError> {
    config.policies.as_deref().map_or_else(|| Ok(Policies::embedded()), policies_of)
}

/// The policies of a file.
fn policies_of(path: &Path) -> Result<Policies, CliError> {
    let named = |why: String| CliError::Policies { file: path.display().to_string(), why };
    let text = std::fs::read_to_string(path).map_err(|why| named(why.to_string()))?;
    Policies::parse(&text).map_err(|why| named(why.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn every_command_shows_examples() {
        let cli = Cli::command();
        cli.clone().debug_assert();
        for command in cli.get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains(&format!("certus {}", command.get_name())), "{}", command.get_name());
        }
    }

    #[test]
    fn the_lines_of_the_issue_parse() {
        let lines = [
            "certus serve --config certus.toml",
            "certus serve --only bridge",
            "certus import volunteers.csv resources.csv --partial",
            "certus export volunteers -",
            "certus key add --name SOS --scope incidents:write --scope incidents:read",
            "certus key new /etc/certus.key --add",
            "certus key seal",
            "certus key rotate",
            "certus demo --headless --incidents 20 --seed 7",
            "certus user add --login anna --name Anna --role administrator",
            "certus user add --login bosse --name Bo --role board --county 22",
            "certus user add --login eva --name Eva --role organisation --organisation Missing",
            "certus user disable anna",
            "certus key add --name SOS --scope incidents:write --county all",
            "certus import --county Jämtland volunteers.csv",
            "certus audit verify --contains 00ff",
            "certus bridge test +46701234567 --wait 20",
            "certus bridge status --hours 1",
            "certus bridge channel-test --begin --answer-h 24",
            "certus replay 019b2d5e-8c1f-7c7a-9d0e-2f6a5b3c1d00 --policy other.toml",
            "certus policies --version 3",
            "certus calibration --days 30",
            "certus places import places.geojson addresses.gpkg",
            "certus roads build jamtland.osm.pbf --out roads.certus",
            "certus roads info roads.certus",
            "certus openapi",
        ];
        for line in lines {
            assert!(Cli::try_parse_from(line.split(' ')).is_ok(), "{line}");
        }
        assert!(Cli::try_parse_from(["certus", "key", "add", "--name", "x", "--scope", "all"]).is_err());
        assert!(Cli::try_parse_from(["certus", "export", "incidents"]).is_err());
    }
}
