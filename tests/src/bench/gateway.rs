//! A gateway that takes everything at once and notes when the first message of a measurement left for it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::Context as _;
use certus_sms_bridge::{Accepted, Gateway, Outgoing, SendError};
use futures::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::timeout;

use super::now;

/// How long all messages of one measurement may take; far above any healthy run.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Counts messages and remembers when the first of them came.
#[derive(Debug)]
pub(super) struct Recorder {
    first: Mutex<Option<Instant>>,
    count: watch::Sender<usize>,
}

impl Recorder {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { first: Mutex::new(None), count: watch::Sender::new(0) })
    }

    /// Forgets what came so far.
    pub(super) fn reset(&self) {
        *self.first() = None;
        self.count.send_replace(0);
    }

    /// Waits until `messages` have come since [`Recorder::reset`]; gives when the first did.
    pub(super) async fn wait_for(&self, messages: usize) -> anyhow::Result<Instant> {
        let mut count = self.count.subscribe();
        let reached = timeout(PATIENCE, count.wait_for(|count| *count >= messages)).await;
        let came = *self.count.borrow();
        reached.with_context(|| format!("{came} of {messages} messages left within {PATIENCE:?}"))??;
        self.first().context("a message that came was noted")
    }

    /// A message has come.
    pub(super) fn note(&self) {
        self.first().get_or_insert_with(now);
        self.count.send_modify(|count| *count += 1);
    }

    fn first(&self) -> MutexGuard<'_, Option<Instant>> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway for Recorder {
    #[expect(clippy::unnecessary_literal_bound, reason = "the trait lends the name from the gateway")]
    fn name(&self) -> &str {
        "recorder"
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        self.note();
        Box::pin(std::future::ready(Ok(Accepted::as_named(message.id.to_string()))))
    }
}
