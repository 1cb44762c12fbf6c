//! A GSM modem through gammu-smsd: slow, and there when every operator's interface is down.
//!
//! The daemon takes messages from its database or folders and puts there what it receives; we look at both every other
//! second. What has been settled is taken away from it, so that no texts and numbers stay there.

mod files;
mod received;
mod settings;
mod spool;
mod sql;
mod tag;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::{Clock, Timestamp};
use futures::future::BoxFuture;

use crate::gsm::segments;
use crate::receipt::{Receipt, ReceiptFor, ReceiptStatus};
use crate::{Accepted, BridgeError, Gateway, Incoming, MessageId, Outgoing, Reconciled, SendError};

pub use settings::GammuSettings;

use received::{Received, together};
use spool::{Spool, SpoolError};
use tag::{Tag, status};

/// The gateway's name in the outbox and the inbox.
pub const NAME: &str = "gammu";

/// A delivery report is waited for so long after the message's validity; then its traces go.
const REPORT_GRACE: Duration = Duration::from_mins(15);
/// Parts of a received text that lack others are waited for so long, though gammu has waited before.
const TORN_WAIT: Duration = Duration::from_mins(2);

/// Why the gateway could not be set up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Neither or both back ends.
    #[error("gateway.gammu: expected either `database` or `spool`")]
    Backend,
    /// The database's URL cannot be used.
    #[error("gateway.gammu.database: expected postgres://USER:PASSWORD@HOST/DATABASE")]
    Url,
}

/// The gateway to one daemon.
pub struct Gammu {
    spool: Box<dyn Spool>,
    clock: Arc<dyn Clock>,
    settings: GammuSettings,
    watch: Mutex<Watch>,
}

/// What was seen at the last looks.
#[derive(Debug, Default)]
struct Watch {
    /// Which message would leave next, and since when.
    next: Option<(MessageId, Timestamp)>,
    /// What each message's receipt said last.
    told: HashMap<MessageId, ReceiptStatus>,
    /// Since when each torn text waits for its other parts.
    torn: HashMap<String, Timestamp>,
    /// The daemon's back end could be reached.
    well: bool,
}

/// Why a look came to nothing.
#[derive(Debug, thiserror::Error)]
enum LookError {
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error(transparent)]
    Bridge(#[from] BridgeError),
}

impl Gammu {
    /// A gateway to the daemon behind these settings.
    ///
    /// # Errors
    /// [`SetupError`] when they name no back end, or two.
    pub fn new(settings: GammuSettings, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let spool: Box<dyn Spool> = match (&settings.database, &settings.spool) {
            (Some(url), None) => Box::new(sql::SqlSpool::new(url).map_err(|_| SetupError::Url)?),
            (None, Some(home)) => Box::new(files::FileSpool::new(home.clone())),
            (Some(_), Some(_)) | (None, None) => return Err(SetupError::Backend),
        };
        let watch = Mutex::new(Watch { well: true, ..Watch::default() });
        Ok(Self { spool, clock, settings, watch })
    }

    async fn hand_over(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        if self.is_stuck(self.clock.now()) {
            return Err(SendError::Temporary { reason: "gammu-smsd takes no messages".to_owned() });
        }
        let parts = segments(&message.body).count;
        let tag = Tag::new(message.id, message.valid_until, parts);
        match self.spool.put(tag, message).await {
            Ok(()) => Ok(Accepted::as_named(message.id.to_string())),
            Err(SpoolError::Unreachable(reason)) => Err(SendError::Temporary { reason }),
            Err(SpoolError::Unanswered(reason)) => Err(SendError::Unknown { reason }),
        }
    }

    async fn look_up(&self, message: &Outgoing) -> Reconciled {
        match self.spool.has(message.id).await {
            Ok(true) => Reconciled::Accepted { provider_id: message.id.to_string() },
            Ok(false) => Reconciled::NotSent,
            Err(error) => Reconciled::Unavailable { reason: error.to_string() },
        }
    }

    async fn keep_looking(&self, incoming: &Incoming) {
        loop {
            let well = match self.look(incoming).await {
                Ok(()) => true,
                Err(error) => {
                    if self.watch().well {
                        tracing::warn!(gateway.name = NAME, %error, "A gateway's messages could not be looked at.");
                    }
                    false
                }
            };
            self.watch().well = well;
            self.clock.sleep_until(self.clock.now() + self.settings.poll()).await;
        }
    }

    async fn look(&self, incoming: &Incoming) -> Result<(), LookError> {
        let now = self.clock.now();
        self.take_back(now, incoming).await?;
        for tried in self.spool.tried().await? {
            self.report(now, tried.tag, status(tried.tag.parts, &tried.told), incoming).await?;
        }
        let received = together(self.spool.received().await?);
        self.watch().torn.retain(|key, _| received.iter().any(|text| text.keys[0] == *key));
        for text in received {
            self.take_in(now, &text, incoming).await?;
        }
        Ok(())
    }

    /// Takes back what must not leave any more: what is too late, and everything of a daemon that takes nothing.
    async fn take_back(&self, now: Timestamp, incoming: &Incoming) -> Result<(), LookError> {
        let waiting = self.spool.waiting().await?;
        self.watch().saw_next(now, waiting.first().map(|tag| tag.message));
        let stuck = self.is_stuck(now);
        for tag in waiting.into_iter().filter(|tag| stuck || tag.valid_until <= now) {
            let why = if stuck {
                "gammu-smsd takes no messages"
            } else {
                "its validity ended in the modem's queue"
            };
            self.spool.remove(tag).await?;
            let failed = ReceiptStatus::Failed { reason: why.to_owned() };
            incoming.receipt(&receipt(tag.message, failed, now)).await?;
        }
        Ok(())
    }

    /// Tells what became of a message, once, and takes its traces away when no more can come.
    async fn report(
        &self,
        now: Timestamp,
        tag: Tag,
        status: Option<ReceiptStatus>,
        incoming: &Incoming,
    ) -> Result<(), LookError> {
        let is_news = status.is_some() && self.watch().told.get(&tag.message) != status.as_ref();
        if let Some(status) = status.clone().filter(|_| is_news) {
            incoming.receipt(&receipt(tag.message, status.clone(), now)).await?;
            self.watch().told.insert(tag.message, status);
        }
        let over = match status {
            Some(ReceiptStatus::Delivered | ReceiptStatus::Failed { .. }) => true,
            Some(ReceiptStatus::Sent) | None => tag.valid_until + REPORT_GRACE <= now,
        };
        if over {
            self.spool.remove(tag).await?;
            self.watch().told.remove(&tag.message);
        }
        Ok(())
    }

    async fn take_in(&self, now: Timestamp, text: &Received, incoming: &Incoming) -> Result<(), LookError> {
        if text.torn {
            let since = *self.watch().torn.entry(text.keys[0].clone()).or_insert(now);
            if now.since(since) < TORN_WAIT {
                return Ok(());
            }
        }
        if let Some(reply) = text.reply(now) {
            incoming.reply(&reply).await?;
        } else {
            tracing::warn!("a text came from something that is no telephone number");
        }
        Ok(self.spool.take(&text.keys).await?)
    }

    fn is_stuck(&self, now: Timestamp) -> bool {
        self.watch().next.is_some_and(|(_, since)| now.since(since) >= self.settings.stuck())
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    fn saw_next(&mut self, now: Timestamp, next: Option<MessageId>) {
        if self.next.map(|(message, _)| message) != next {
            self.next = next.map(|message| (message, now));
        }
    }
}

fn receipt(message: MessageId, status: ReceiptStatus, at: Timestamp) -> Receipt {
    Receipt { message: ReceiptFor::Ours(message), status, at }
}

impl Gateway for Gammu {
    fn name(&self) -> &str {
        NAME
    }

    fn check(&self) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(async {
            let reachable = self.spool.waiting().await.map(drop);
            reachable.map_err(|error| SendError::Temporary { reason: error.to_string() })
        })
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.hand_over(message))
    }

    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.look_up(message))
    }

    fn run<'a>(&'a self, incoming: Incoming, shutdown: BoxFuture<'a, ()>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            tokio::select! {
                () = shutdown => {}
                () = self.keep_looking(&incoming) => {}
            }
        })
    }
}

impl fmt::Debug for Gammu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gammu").field("settings", &self.settings).finish_non_exhaustive()
    }
}
