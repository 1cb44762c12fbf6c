//! `certus serve`: puts the parts together and runs them until a signal comes.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;

use certus_registry::Random;
use certus_registry::time::SystemClock;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::CliError;
use crate::api::{self, App, SharedApp};
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
    app.positions.restore().await?;
    announce(&listener, &metrics_listener)?;
    let (requests_open, requests_over) = oneshot::channel::<()>();
    let writing = tokio::spawn(write_positions(app.clone(), requests_over));
    let tidying = tokio::spawn(api::idempotency::forget_old(app.clone()));
    let router = serve::layered(api::router(), &app);
    let served = serve::serve(app.clone(), router, listener, metrics_listener, async {
        if let Err(error) = serve::signalled().await {
            tracing::error!(error = %error, "no signal can be received; the server stops");
        }
    });
    let served = served.await;
    tidying.abort();
    drop(requests_open);
    let _ = writing.await; // it fails only by a panic, which was reported where it happened
    app.db.close().await;
    Ok(served?)
}

/// Writes positions until the last request has been answered, then the rest.
async fn write_positions(app: SharedApp, requests_over: oneshot::Receiver<()>) {
    // The sender is dropped, never sent on: either way the requests are over.
    app.positions.writer().run(async { drop(requests_over.await) }).await;
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
