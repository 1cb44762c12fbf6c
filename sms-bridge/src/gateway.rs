//! What a gateway is: something that takes a message for a phone and answers for it.

use certus_registry::{Phone, Timestamp};
use futures::future::BoxFuture;

use crate::{Channel, Incoming, MessageId, Urgency};

/// A message on its way out. It carries nothing of what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Ours; give it to the provider so that its receipts can name it.
    pub id: MessageId,
    /// The caller's own; what precedes its last `/` names a thread, in which a later message may replace an earlier one.
    pub reference: String,
    /// To whom.
    pub to: Phone,
    /// The text.
    pub body: String,
    /// Whether it may wake somebody.
    pub urgency: Urgency,
    /// When it was enqueued.
    pub stored_at: Timestamp,
    /// When this attempt began.
    pub sent_at: Timestamp,
    /// Tell the provider not to deliver it at or after.
    pub valid_until: Timestamp,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Only when reconciling: other messages to this phone around the same time.
    pub neighbours: Neighbours,
}

/// What a gateway must know to tell a message from others that went to the same phone around the same time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// Provider ids that are known to belong to them.
    pub taken: Vec<String>,
    /// There is one about which as little is known. What the provider has may be either; what it has not is neither.
    pub ambiguous: bool,
}

/// The provider has the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// Its name for the message.
    pub provider_id: String,
    /// What it costs, where the provider says so: in 1/10 000 of the account's currency.
    pub cost: Option<u32>,
}

impl Accepted {
    /// By a provider that names no price.
    #[must_use]
    pub fn as_named(provider_id: String) -> Self {
        Self { provider_id, cost: None }
    }
}

/// Why a message was not taken, as far as one can know. Reasons must not hold numbers or texts.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Certainly not taken; may work later or elsewhere.
    #[error("not taken for now: {reason}")]
    Temporary {
        /// For the log.
        reason: String,
    },
    /// Certainly not taken, and never will be.
    #[error("refused: {reason}")]
    Refused {
        /// For the log.
        reason: String,
    },
    /// It may have been taken: the connection was lost or timed out after the request went out.
    #[error("no answer: {reason}")]
    Unknown {
        /// For the log.
        reason: String,
    },
}

/// What a provider says afterwards about an attempt whose answer we do not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reconciled {
    /// It has it.
    Accepted {
        /// Its name for the message.
        provider_id: String,
    },
    /// It certainly does not have it: the message is sent again.
    NotSent,
    /// It could not be asked just now; it is asked again a few times.
    Unavailable {
        /// For the log.
        reason: String,
    },
    /// It cannot say, now or ever: the message becomes unknown and is not sent again.
    Unsupported,
}

/// A way to phones.
pub trait Gateway: Send + Sync {
    /// Its name in the database and in metrics; unique and lasting, because receipts are matched by it.
    fn name(&self) -> &str;

    /// What it carries.
    fn channel(&self) -> Channel {
        Channel::Sms
    }

    /// Asks the provider, without sending anything, whether it would take a message; done once at the start, and nothing
    /// waits for it. Where there is nothing to ask, all is well.
    fn check(&self) -> BoxFuture<'_, Result<(), SendError>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Hands over one message. Must answer within a bound of its own; the worker gives up after its own.
    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>>;

    /// Asks what became of an attempt that was never answered.
    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        let _ = message;
        Box::pin(std::future::ready(Reconciled::Unsupported))
    }

    /// Holds the gateway's connection, or asks it again and again for receipts and replies, until `shutdown` resolves;
    /// it ends after the last message has been sent. Gateways that are called by webhooks have nothing to do here.
    fn run<'a>(&'a self, incoming: Incoming, shutdown: BoxFuture<'a, ()>) -> BoxFuture<'a, ()> {
        let _ = (incoming, shutdown);
        Box::pin(std::future::ready(()))
    }
}
