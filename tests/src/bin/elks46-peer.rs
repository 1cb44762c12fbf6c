//! The contract peer for 46elks as a process of its own; see `certus_tests::elks46_peer`.

use std::io::Write as _;
use std::time::Duration;

use certus_tests::elks46_peer::{Settings, serve};
use clap::Parser;
use tokio::net::TcpListener;

/// A contract peer for the 46elks API, written by us. Prints `listening on ADDRESS:PORT` when it is ready.
#[derive(Debug, Parser)]
struct Arguments {
    /// Port on loopback; 0 takes a free one.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// API user name.
    #[arg(long, default_value = "u")]
    username: String,
    /// API password.
    #[arg(long, default_value = "p")]
    password: String,
    /// Where replies are posted.
    #[arg(long)]
    inbound_url: Option<String>,
    /// Milliseconds between two attempts to post a webhook.
    #[arg(long, default_value_t = 250)]
    retry_ms: u64,
    /// Of the ids.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let listener = TcpListener::bind(("127.0.0.1", arguments.port)).await?;
    writeln!(std::io::stdout(), "listening on {}", listener.local_addr()?)?;
    let settings = Settings {
        username: arguments.username,
        password: arguments.password,
        inbound_url: arguments.inbound_url,
        retry: Duration::from_millis(arguments.retry_ms),
        seed: arguments.seed,
    };
    serve(settings, listener).await
}
