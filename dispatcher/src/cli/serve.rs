//! `certus serve`: puts the parts together and runs them until a signal comes.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use clap::Args;
use tokio::net::TcpListener;

use super::CliError;
use crate::config::Config;
use crate::gateways::Gateways;
use crate::node::{Node, Part, Plan};
use crate::serve;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus serve                                             on certus.sqlite in this directory
  certus serve --config /etc/certus.toml
  CERTUS_DATABASE=postgres://certus@db/certus certus serve
  certus serve --only bridge                               beside a modem, on the database of the others
  certus serve --only dispatcher                           everything but sending

Prints the addresses it listens on, then runs until SIGTERM or ctrl-c.";

/// What is run.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Run only this part; the others share its database, which is then PostgreSQL
    #[arg(long, value_enum)]
    only: Option<Part>,
}

/// Runs the server.
pub(super) async fn run(config: Config, Serve { only }: Serve) -> Result<(), CliError> {
    let listeners = (listen(config.listen.0).await?, listen(config.metrics_listen.0).await?);
    let policies = super::policies(&config)?;
    let db = super::open(&config).await?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let gateways = Gateways::of(&config, &db, &clock)?;
    let random = Random::from_system();
    let node = Node::build(Plan { config, policies, db, clock, random, gateways }).await?;
    let router = node.router_of(only);
    // Before anybody is told where it listens: whoever is told may stop it.
    let stopped = serve::signalled()?;
    announce(&listeners.0, &listeners.1)?;
    Ok(node.run_only(only, router, listeners, stopped).await?)
}

/// Binds an address of the configuration.
pub(super) async fn listen(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|why| CliError::Listen { address, why })
}

/// Tells where; with port 0 nobody else knows.
fn announce(listener: &TcpListener, metrics: &TcpListener) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    writeln!(out, "metrics and health on http://{}", metrics.local_addr()?)?;
    Ok(out.flush()?)
}
