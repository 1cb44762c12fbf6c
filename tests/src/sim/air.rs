//! The gateways and the phone network behind them, as unreliable as the seed has it.
//!
//! Written apart from the bridge's own `simulated` network: what tests the bridge must not be part of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::{Phone, Random, Timestamp};
use certus_sms_bridge::receipt::{Receipt, ReceiptFor, ReceiptStatus};
use certus_sms_bridge::{
    Accepted, Channel, Gateway, MessageId, Outgoing, Reconciled, Route, Routes, SendError,
};
use futures::future::BoxFuture;
use rand::RngExt as _;

use super::life::{Life, Place};

/// What an attempt left behind is in the books from so long before it on: nodes' clocks are wrong.
const BOOKED_BEFORE: Duration = Duration::from_mins(1);

/// How one gateway and its network behave. Probabilities from 0 to 1.
#[derive(Debug, Clone)]
pub(super) struct Weather {
    /// What the gateway carries, and its share.
    pub(super) channel: Channel,
    pub(super) weight: u32,
    /// Takes the message and gives no answer.
    pub(super) unanswered: f64,
    /// Gives no answer and has not taken it.
    pub(super) dropped: f64,
    pub(super) refused: f64,
    pub(super) temporary: f64,
    /// Never reaches the phone, and nobody is told.
    pub(super) lost: f64,
    pub(super) twice: f64,
    pub(super) failed: f64,
    /// Reaches the phone up to half an hour late.
    pub(super) late: f64,
    pub(super) receipt_lost: f64,
    pub(super) receipt_twice: f64,
    /// Answers up to forty seconds late: longer than the worker waits, longer than its lease.
    pub(super) slow: f64,
    /// Can tell afterwards what it has taken.
    pub(super) honest: bool,
    /// Knows messages by our id, and names it in its receipts; else by its own, and what we ask about by phone and time.
    pub(super) ours: bool,
}

/// One attempt as the gateway saw it.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) id: MessageId,
    pub(super) to: Phone,
    pub(super) body: String,
    /// By the node's clock.
    pub(super) at: Timestamp,
    pub(super) valid_until: Timestamp,
    pub(super) taken: bool,
}

/// What a gateway has taken.
struct Booked {
    provider_id: String,
    to: Phone,
    at: Timestamp,
}

/// Something that comes out of the network.
#[derive(Debug, Clone)]
pub(super) enum Coming {
    /// A phone shows a text, or rings.
    Text { id: MessageId, to: Phone, body: String },
    /// A provider reports.
    Receipt(Receipt),
}

/// All gateways and what is in the air.
pub(super) struct Air {
    random: Random,
    state: Mutex<State>,
}

struct State {
    now: Timestamp,
    calm: bool,
    weather: Vec<Weather>,
    down: BTreeSet<usize>,
    /// By gateway and message.
    books: BTreeMap<(usize, MessageId), Booked>,
    attempts: Vec<Attempt>,
    coming: Vec<(Timestamp, Coming)>,
}

impl Air {
    /// Air with one gateway for each weather.
    pub(super) fn new(random: Random, now: Timestamp, weather: Vec<Weather>) -> Arc<Self> {
        let state = State {
            now,
            calm: false,
            weather,
            down: BTreeSet::new(),
            books: BTreeMap::new(),
            attempts: Vec::new(),
            coming: Vec::new(),
        };
        Arc::new(Self { random, state: Mutex::new(state) })
    }

    /// The gateways for one life of a node.
    pub(super) fn routes(self: &Arc<Self>, life: &Arc<Life>) -> Routes {
        let weather = self.state().weather.clone();
        let one = |(index, weather): (usize, Weather)| {
            let (air, life, name) = (Arc::clone(self), Arc::clone(life), format!("gateway-{index}"));
            let carrier = Carrier { air, life, index, name, channel: weather.channel };
            Route { gateway: Arc::new(carrier), weight: weather.weight }
        };
        Routes::new(weather.into_iter().enumerate().map(one).collect())
    }

    /// Time passes.
    pub(super) fn set_now(&self, now: Timestamp) {
        self.state().now = now;
    }

    /// From here on nothing goes wrong any more.
    pub(super) fn calm_down(&self) {
        let mut state = self.state();
        state.calm = true;
        state.down.clear();
    }

    /// Takes a gateway down, or brings it back.
    pub(super) fn toggle(&self, gateway: usize) -> bool {
        let mut state = self.state();
        let gateway = gateway % state.weather.len();
        let down = !state.calm && state.down.insert(gateway);
        if !down {
            state.down.remove(&gateway);
        }
        down
    }

    /// Everything that has been tried since the last call.
    pub(super) fn attempts(&self) -> Vec<Attempt> {
        std::mem::take(&mut self.state().attempts)
    }

    /// Everything that is to come, since the last call.
    pub(super) fn coming(&self) -> Vec<(Timestamp, Coming)> {
        std::mem::take(&mut self.state().coming)
    }

    /// How long a gateway keeps its caller waiting.
    fn keeps_waiting(&self, index: usize) -> Option<Duration> {
        let state = self.state();
        let slow = !state.calm && self.chance(state.weather[index].slow);
        slow.then(|| self.span(40.0))
    }

    fn take(&self, index: usize, message: &Outgoing, at: Timestamp) -> Result<Accepted, SendError> {
        let mut state = self.state();
        let weather = state.weather[index].clone();
        let calm = state.calm;
        let chance = |probability: f64| !calm && self.chance(probability);
        let error = if state.down.contains(&index) || chance(weather.temporary) {
            Some(SendError::Temporary { reason: "down".to_owned() })
        } else if chance(weather.refused) {
            Some(SendError::Refused { reason: "no such number".to_owned() })
        } else if chance(weather.dropped) {
            Some(SendError::Unknown { reason: "the request was lost".to_owned() })
        } else {
            None
        };
        state.attempts.push(Attempt {
            id: message.id,
            to: message.to.clone(),
            body: message.body.clone(),
            at,
            valid_until: message.valid_until,
            taken: error.is_none(),
        });
        if let Some(error) = error {
            return Err(error);
        }
        let provider_id = format!("p{index}-{}", message.id);
        let booked = Booked { provider_id: provider_id.clone(), to: message.to.clone(), at: state.now };
        state.books.insert((index, message.id), booked);
        self.carry(&mut state, index, message, &provider_id);
        if chance(weather.unanswered) {
            return Err(SendError::Unknown { reason: "the answer was lost".to_owned() });
        }
        Ok(Accepted::as_named(provider_id))
    }

    fn carry(&self, state: &mut State, index: usize, message: &Outgoing, provider_id: &str) {
        let weather = state.weather[index].clone();
        let calm = state.calm;
        let chance = |probability: f64| !calm && self.chance(probability);
        let receipt = |status| Receipt {
            message: if weather.ours {
                ReceiptFor::Ours(message.id)
            } else {
                ReceiptFor::Provider { gateway: format!("gateway-{index}"), id: provider_id.to_owned() }
            },
            status,
            at: Timestamp::MAX,
        };
        if chance(weather.lost) {
            return;
        }
        let late = if chance(weather.late) { 1_800.0 } else { 8.0 };
        let at = state.now + self.span(late);
        if at >= message.valid_until || chance(weather.failed) {
            let status = ReceiptStatus::Failed { reason: "not delivered".to_owned() };
            state.coming.push((at.min(message.valid_until), Coming::Receipt(receipt(status))));
            return;
        }
        let text = Coming::Text { id: message.id, to: message.to.clone(), body: message.body.clone() };
        state.coming.push((at, text.clone()));
        if chance(weather.twice) {
            state.coming.push((at + self.span(20.0), text));
        }
        if chance(weather.receipt_lost) {
            return;
        }
        // Now and then the receipt is there before the answer to the send.
        let told = if chance(0.1) { state.now } else { at + self.span(5.0) };
        state.coming.push((told, Coming::Receipt(receipt(ReceiptStatus::Delivered))));
        if chance(weather.receipt_twice) {
            let sent = if self.chance(0.5) { ReceiptStatus::Sent } else { ReceiptStatus::Delivered };
            state.coming.push((told + self.span(600.0), Coming::Receipt(receipt(sent))));
        }
    }

    fn look_up(&self, index: usize, message: &Outgoing) -> Reconciled {
        let state = self.state();
        if !state.weather[index].honest {
            return Reconciled::Unsupported;
        }
        if state.down.contains(&index) {
            return Reconciled::Unavailable { reason: "down".to_owned() };
        }
        let accepted = |one: &Booked| Reconciled::Accepted { provider_id: one.provider_id.clone() };
        if state.weather[index].ours {
            return state.books.get(&(index, message.id)).map_or(Reconciled::NotSent, accepted);
        }
        let mut found = state.books.iter().filter(|((gateway, _), one)| {
            *gateway == index
                && one.to == message.to
                && one.at + BOOKED_BEFORE >= message.sent_at
                && !message.neighbours.taken.contains(&one.provider_id)
        });
        match (found.next(), found.next()) {
            (None, _) => Reconciled::NotSent,
            (Some((_, only)), None) if !message.neighbours.ambiguous => accepted(only),
            (Some(_), _) => Reconciled::Unsupported,
        }
    }

    fn chance(&self, probability: f64) -> bool {
        self.random.with(|rng| rng.random_range(0.0..1.0)) < probability
    }

    fn span(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(self.random.with(|rng| rng.random_range(0.05..seconds)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One gateway in one life of a node.
struct Carrier {
    air: Arc<Air>,
    life: Arc<Life>,
    index: usize,
    name: String,
    channel: Channel,
}

impl Gateway for Carrier {
    fn channel(&self) -> Channel {
        self.channel
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(async move {
            // What is done to databases does not concern a gateway.
            let _ = self.life.pass(Place::Sending).await;
            let answer = self.air.take(self.index, message, self.life.now());
            if let Some(span) = self.air.keeps_waiting(self.index) {
                self.life.kept_waiting(span);
                // By now the worker may have given up on it.
                tokio::task::yield_now().await;
            }
            let _ = self.life.pass(Place::Sent).await;
            answer
        })
    }

    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        Box::pin(async move {
            let _ = self.life.pass(Place::Sending).await;
            self.air.look_up(self.index, message)
        })
    }
}
