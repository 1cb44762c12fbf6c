//! Where a gateway puts what comes back: receipts and replies, durable before it is told so.

use std::fmt;
use std::sync::Arc;

use certus_registry::{Clock, Database, Timestamp};

use crate::inbox::{self, NewInbound, NewPart, Received};
use crate::receipt::{self, Receipt};
use crate::{BridgeError, MessageId, outbox};

/// The way into the stores. A gateway answers its provider only after these have returned; what fails is to come again.
#[derive(Clone)]
pub struct Incoming {
    db: Database,
    clock: Arc<dyn Clock>,
    news: Arc<dyn Fn() + Send + Sync>,
}

impl Incoming {
    /// Into `db`; `news` is called after something was stored.
    pub fn new(db: Database, clock: Arc<dyn Clock>, news: impl Fn() + Send + Sync + 'static) -> Self {
        Self { db, clock, news: Arc::new(news) }
    }

    /// Stores a receipt; one that comes twice or late changes nothing.
    ///
    /// # Errors
    /// [`BridgeError`] when the database fails.
    pub async fn receipt(&self, receipt: &Receipt) -> Result<(), BridgeError> {
        receipt::record(&self.db, self.now(), receipt).await?;
        self.tell();
        Ok(())
    }

    /// Stores what a message has cost; see [`outbox::charge`].
    ///
    /// # Errors
    /// [`BridgeError`] when the database fails.
    pub async fn cost(&self, message: MessageId, cost: u32) -> Result<(), BridgeError> {
        outbox::charge(&self.db, message, cost).await
    }

    /// Stores a reply.
    ///
    /// # Errors
    /// [`BridgeError`] when the database fails.
    pub async fn reply(&self, reply: &NewInbound) -> Result<Received, BridgeError> {
        let received = inbox::receive(&self.db, reply).await?;
        self.tell();
        Ok(received)
    }

    /// Stores a part of a reply; with the last of them, the reply under the name that `name` gives its words.
    ///
    /// # Errors
    /// [`BridgeError`] when the database fails.
    pub async fn part(&self, part: &NewPart, name: impl FnOnce(&str) -> String) -> Result<(), BridgeError> {
        inbox::receive_part(&self.db, part, name).await?;
        self.tell();
        Ok(())
    }

    pub(crate) fn database(&self) -> &Database {
        &self.db
    }

    pub(crate) fn tell(&self) {
        (self.news)();
    }

    /// The time by the node's clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The clock, for whoever waits.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}
