//! What is logged, and how: to stderr, text for people or JSON for machines.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging at `default` unless `CERTUS_LOG` says otherwise.
pub(super) fn start(default: &str) {
    let filter = EnvFilter::try_from_env("CERTUS_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let log = log.with_ansi(std::io::stderr().is_terminal());
    // Somebody who set a subscriber before (a test) keeps it.
    let _ = match std::env::var("CERTUS_LOG_FORMAT").as_deref() {
        Ok("json") => log.json().try_init(),
        _ => log.try_init(),
    };
}
