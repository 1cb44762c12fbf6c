//! The simulated network itself: what happens between a send and the receipts and replies it causes.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::{Database, Phone, Random, Timestamp};
use futures::future::{self, BoxFuture};
use rand::RngExt as _;
use tokio::sync::Notify;

use super::People;
use crate::inbox::{self, NewInbound};
use crate::message::MessageId;
use crate::receipt::{self, Receipt, ReceiptFor, ReceiptStatus};
use crate::{Accepted, BridgeError, Gateway, Incoming, Outgoing, Reconciled, SendError};

/// The gateway's name in the outbox and the inbox.
pub const NAME: &str = "simulated";
/// Deliveries remembered for tests and the demo.
const DELIVERED_MAX: usize = 100_000;
/// How long to wait after the database failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How unreliable the network is. Probabilities from 0 to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkSettings {
    /// Shortest time from acceptance to the phone.
    pub delay_min: Duration,
    /// Longest time from acceptance to a phone in coverage.
    pub delay_max: Duration,
    /// Never reaches the phone, and no receipt tells.
    pub lost: f64,
    /// Reaches the phone twice.
    pub duplicated: f64,
    /// The phone is out of coverage and gets it up to `out_of_coverage_max` later, if still valid.
    pub out_of_coverage: f64,
    /// Longest time out of coverage.
    pub out_of_coverage_max: Duration,
    /// Does not reach the phone, and the receipt says so.
    pub failed: f64,
    /// Reaches the phone, but the receipt is lost.
    pub receipt_lost: f64,
    /// The receipt, or a reply, comes twice.
    pub repeated: f64,
    /// The gateway refuses for good.
    pub refused: f64,
    /// The gateway cannot take it for now.
    pub temporary: f64,
    /// The gateway takes it, but its answer is lost.
    pub unanswered: f64,
}

impl NetworkSettings {
    /// Nothing goes wrong; every message takes one second.
    #[must_use]
    pub fn perfect() -> Self {
        let second = Duration::from_secs(1);
        Self {
            delay_min: second,
            delay_max: second,
            lost: 0.0,
            duplicated: 0.0,
            out_of_coverage: 0.0,
            out_of_coverage_max: Duration::ZERO,
            failed: 0.0,
            receipt_lost: 0.0,
            repeated: 0.0,
            refused: 0.0,
            temporary: 0.0,
            unanswered: 0.0,
        }
    }

    /// A bad night in the mountains.
    #[must_use]
    pub fn rural() -> Self {
        Self {
            delay_min: Duration::from_secs(2),
            delay_max: Duration::from_secs(9),
            lost: 0.01,
            duplicated: 0.01,
            out_of_coverage: 0.06,
            out_of_coverage_max: Duration::from_mins(20),
            failed: 0.02,
            receipt_lost: 0.03,
            repeated: 0.03,
            refused: 0.005,
            temporary: 0.03,
            unanswered: 0.01,
        }
    }
}

/// A message that reached a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Which message.
    pub id: MessageId,
    /// Whose phone.
    pub to: Phone,
    /// The text on its screen.
    pub body: String,
    /// When.
    pub at: Timestamp,
}

/// What one [`Network::step`] brought into the stores.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NetworkStep {
    /// Receipts, repeated ones included.
    pub receipts: u32,
    /// Replies that were news.
    pub replies: u32,
}

#[derive(Debug, Clone)]
enum Happening {
    /// The message reaches the phone.
    Arrival(Delivered),
    /// The provider tells us about a message.
    Receipt(Receipt),
    /// The provider hands us a reply.
    Reply { provider_id: String, from: Phone, body: String },
}

#[derive(Debug, Default)]
struct State {
    /// By time, then in the order in which they were planned.
    coming: BTreeMap<(Timestamp, u64), Happening>,
    planned: u64,
    replies: u64,
    /// The provider's book, for reconciling.
    accepted: BTreeMap<MessageId, String>,
    delivered: VecDeque<Delivered>,
}

impl State {
    fn plan(&mut self, at: Timestamp, happening: Happening) {
        self.planned += 1;
        self.coming.insert((at, self.planned), happening);
    }

    /// Unique also beside those of an earlier process on the same database.
    fn name_reply(&mut self, now: Timestamp) -> String {
        self.replies += 1;
        format!("in-{}-{}", now.as_millis(), self.replies)
    }
}

/// A phone network and its gateway.
pub struct Network {
    random: Random,
    people: Arc<Mutex<dyn People>>,
    settings: NetworkSettings,
    state: Mutex<State>,
    planned: Notify,
}

impl Network {
    /// A perfect network; see [`Network::with_settings`] for others.
    #[must_use]
    pub fn new(random: Random, people: Arc<Mutex<dyn People>>) -> Self {
        Self::with_settings(random, people, NetworkSettings::perfect())
    }

    /// A network with the given weaknesses. The same seed and the same calls always do the same.
    #[must_use]
    pub fn with_settings(random: Random, people: Arc<Mutex<dyn People>>, settings: NetworkSettings) -> Self {
        Self { random, people, settings, state: Mutex::default(), planned: Notify::new() }
    }

    /// When [`Network::step`] has something to do next.
    #[must_use]
    pub fn next_at(&self) -> Option<Timestamp> {
        self.state().coming.first_key_value().map(|((at, _), _)| *at)
    }

    /// What phones have received so far, oldest first; the last 100 000.
    #[must_use]
    pub fn delivered(&self) -> Vec<Delivered> {
        self.state().delivered.iter().cloned().collect()
    }

    /// Somebody writes without having been asked.
    pub fn say(&self, from: &Phone, body: &str, at: Timestamp) {
        let mut state = self.state();
        let provider_id = state.name_reply(at);
        state.plan(at, Happening::Reply { provider_id, from: from.clone(), body: body.to_owned() });
        drop(state);
        self.planned.notify_one();
    }

    /// Lets everything happen that is due at `now`, in order.
    ///
    /// # Errors
    /// [`BridgeError`] when the database fails; what could not be stored happens again at the next step.
    pub async fn step(&self, db: &Database, now: Timestamp) -> Result<NetworkStep, BridgeError> {
        let mut done = NetworkStep::default();
        while let Some((key, happening)) = self.take_due(now) {
            if let Err(error) = self.happen(db, key.0, &happening, &mut done).await {
                self.state().coming.insert(key, happening);
                return Err(error);
            }
        }
        Ok(done)
    }

    /// Steps as time passes.
    async fn keep_stepping(&self, incoming: &Incoming) {
        loop {
            let pause = match self.step(incoming.database(), incoming.now()).await {
                Ok(done) => {
                    if done != NetworkStep::default() {
                        incoming.tell();
                    }
                    self.next_at()
                }
                Err(error) => {
                    tracing::error!(error = %error, "The simulated network could not store a receipt or reply.");
                    Some(incoming.now() + PAUSE_AFTER_FAILURE)
                }
            };
            let timer = async {
                match pause {
                    Some(at) => incoming.clock().sleep_until(at).await,
                    None => future::pending().await,
                }
            };
            tokio::select! {
                () = self.planned.notified() => {}
                () = timer => {}
            }
        }
    }

    fn take_due(&self, now: Timestamp) -> Option<((Timestamp, u64), Happening)> {
        let mut state = self.state();
        let due = state.coming.first_key_value().is_some_and(|((at, _), _)| *at <= now);
        if due { state.coming.pop_first() } else { None }
    }

    async fn happen(
        &self,
        db: &Database,
        at: Timestamp,
        happening: &Happening,
        done: &mut NetworkStep,
    ) -> Result<(), BridgeError> {
        match happening {
            Happening::Arrival(message) => self.arrive(at, message),
            Happening::Receipt(receipt) => {
                receipt::record(db, at, receipt).await?;
                done.receipts += 1;
            }
            Happening::Reply { provider_id, from, body } => {
                let reply = NewInbound {
                    gateway: NAME.to_owned(),
                    provider_id: provider_id.clone(),
                    from: from.clone(),
                    body: body.clone(),
                    answers: None,
                    received_at: at,
                };
                done.replies += u32::from(inbox::receive(db, &reply).await? == inbox::Received::New);
            }
        }
        Ok(())
    }

    /// The phone rings; whoever holds it may answer.
    fn arrive(&self, now: Timestamp, message: &Delivered) {
        let answers = {
            let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
            people.answer(&message.to, &message.body, now)
        };
        for answer in answers {
            let (delay, repeated) = (self.delay(), self.chance(self.settings.repeated));
            let mut state = self.state();
            let reply = Happening::Reply {
                provider_id: state.name_reply(now),
                from: message.to.clone(),
                body: answer.body,
            };
            if repeated {
                state.plan(now + answer.after + delay + delay, reply.clone());
            }
            state.plan(now + answer.after + delay, reply);
        }
        let mut state = self.state();
        state.delivered.push_back(message.clone());
        if state.delivered.len() > DELIVERED_MAX {
            state.delivered.pop_front();
        }
    }

    fn accept(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let settings = &self.settings;
        if self.chance(settings.refused) {
            return Err(SendError::Refused { reason: "simulated refusal".to_owned() });
        }
        if self.chance(settings.temporary) {
            return Err(SendError::Temporary { reason: "simulated outage".to_owned() });
        }
        let provider_id = format!("out-{}", message.id);
        self.state().accepted.insert(message.id, provider_id.clone());
        self.carry(message);
        self.planned.notify_one();
        if self.chance(settings.unanswered) {
            return Err(SendError::Unknown { reason: "simulated silence".to_owned() });
        }
        Ok(Accepted::as_named(provider_id))
    }

    /// Plans what happens to a message that was accepted.
    fn carry(&self, message: &Outgoing) {
        let settings = &self.settings;
        if self.chance(settings.lost) {
            return;
        }
        let mut arrival = message.sent_at + self.delay();
        if self.chance(settings.failed) {
            return self.tell(message.id, arrival, &ReceiptStatus::Failed { reason: "simulated".to_owned() });
        }
        if self.chance(settings.out_of_coverage) {
            arrival = arrival + settings.out_of_coverage_max.mul_f64(self.draw());
        }
        if arrival >= message.valid_until {
            let reason = "validity ended before the phone was reached".to_owned();
            return self.tell(message.id, message.valid_until, &ReceiptStatus::Failed { reason });
        }
        self.deliver(message, arrival);
        if self.chance(settings.duplicated) {
            self.deliver(message, arrival + self.delay());
        }
        if !self.chance(settings.receipt_lost) {
            self.tell(message.id, arrival + self.delay(), &ReceiptStatus::Delivered);
        }
    }

    fn deliver(&self, message: &Outgoing, at: Timestamp) {
        let (to, body) = (message.to.clone(), message.body.clone());
        self.state().plan(at, Happening::Arrival(Delivered { id: message.id, to, body, at }));
    }

    fn tell(&self, id: MessageId, at: Timestamp, status: &ReceiptStatus) {
        let repeated = self.chance(self.settings.repeated);
        let later = at + self.delay();
        let receipt = Receipt { message: ReceiptFor::Ours(id), status: status.clone(), at };
        let mut state = self.state();
        if repeated {
            state.plan(later, Happening::Receipt(receipt.clone()));
        }
        state.plan(at, Happening::Receipt(receipt));
    }

    fn delay(&self) -> Duration {
        let spread = self.settings.delay_max.saturating_sub(self.settings.delay_min);
        self.settings.delay_min + spread.mul_f64(self.draw())
    }

    fn chance(&self, probability: f64) -> bool {
        self.draw() < probability
    }

    fn draw(&self) -> f64 {
        self.random.with(|rng| rng.random_range(0.0..1.0))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway for Network {
    fn name(&self) -> &str {
        NAME
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(async move { self.accept(message) })
    }

    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        Box::pin(async move {
            match self.state().accepted.get(&message.id) {
                Some(provider_id) => Reconciled::Accepted { provider_id: provider_id.clone() },
                None => Reconciled::NotSent,
            }
        })
    }

    fn run<'a>(&'a self, incoming: Incoming, shutdown: BoxFuture<'a, ()>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            tokio::select! {
                () = shutdown => {}
                () = self.keep_stepping(&incoming) => {}
            }
        })
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").field("settings", &self.settings).finish_non_exhaustive()
    }
}
