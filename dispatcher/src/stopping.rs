//! How everything that runs on learns that the server stops.

use std::future::Future;

use tokio::sync::watch;

/// Tells everything that runs on that the server stops.
#[derive(Debug, Clone)]
pub struct Stopping(watch::Sender<bool>);

impl Default for Stopping {
    fn default() -> Self {
        Self::new()
    }
}

impl Stopping {
    /// Not stopping yet.
    #[must_use]
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// From now on the server stops.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Resolves once the server stops; end event streams with `stream.take_until(app.stopping.begun())`.
    pub fn begun(&self) -> impl Future<Output = ()> + Send + use<> {
        let sender = self.clone(); // keeps the channel open for as long as somebody waits
        async move {
            let _ = sender.0.subscribe().wait_for(|stopping| *stopping).await; // open, so it cannot fail
        }
    }
}
