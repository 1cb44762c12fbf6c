//! `certus serve`: puts the parts together and runs them until a signal comes.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use certus_registry::Random;
use certus_registry::time::SystemClock;
use tokio::net::TcpListener;

use super::CliError;
use crate::api::{self, App};
use crate::config::Config;
use crate::serve;

pub(super) const EXAMPLES: &str = "\
Examples:
  certus serve                                             on certus.sqlite in this directory
  certus serve --config /etc/certus.toml
  CERTUS_DATABASE=postgres://certus@db/certus certus serve

Prints the addresses it listens on, then runs until SIGTERM or ctrl-c.";

/// Runs the server.
pub(super) async fn run(config: Config) -> Result<(), CliError> {
    let (listener, metrics_listener) =
        (listen(config.listen.0).await?, listen(config.metrics_listen.0).await?);
    let db = super::open(&config).await?;
    let app = Arc::new(App::new(db, Arc::new(SystemClock), Random::from_system(), config));
    announce(&listener, &metrics_listener)?;
    let tidying = tokio::spawn(api::idempotency::forget_old(app.clone()));
    let router = serve::layered(api::router(), &app);
    let served = serve::serve(app.clone(), router, listener, metrics_listener, async {
        if let Err(error) = serve::signalled().await {
            tracing::error!(error = %error, "no signal can be received; the server stops");
        }
    });
    served.await?;
    tidying.abort();
    app.db.close().await;
    Ok(())
}

async fn listen(address: SocketAddr) -> Result<TcpListener, CliError> {
    TcpListener::bind(address).await.map_err(|why| CliError::Listen { address, why })
}

/// Tells where; with port 0 nobody else knows.
fn announce(listener: &TcpListener, metrics: &TcpListener) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "listening on http://{}", listener.local_addr()?)?;
    writeln!(out, "metrics and health on http://{}", metrics.local_addr()?)?;
    Ok(out.flush()?)
}
