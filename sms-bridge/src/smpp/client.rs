//! The session: connects, binds, submits, answers what the message centre brings, and begins again when it is lost.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::time::millis;
use certus_registry::{Clock, Phone, Random, Timestamp};
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _, Shared};
use rand::RngExt as _;
use rusmpp::pdus::{BindTransceiver, DeliverSm, DeliverSmResp, SubmitSm};
use rusmpp::types::COctetString;
use rusmpp::values::InterfaceVersion;
use rusmpp::{CommandStatus, Pdu};
use rusmppc::{Client, ConnectionBuilder, Event};
use tokio::sync::Semaphore;

use super::connect::Way;
use super::corked::corked;
use super::delivery::{self, Delivery};
use super::driven::driven;
use super::multipart::{Multipart, Told};
use super::settings::{SettingsError, SmppSettings};
use super::{answer, submit};
use crate::gsm::header::Part;
use crate::inbox::{NewInbound, NewPart, check_provider_id, derived_id};
use crate::rate::Rate;
use crate::receipt::{Receipt, ReceiptFor, ReceiptStatus};
use crate::{Accepted, BridgeError, Gateway, Incoming, MessageId, Outgoing, SendError};

/// The gateway's name.
pub const NAME: &str = "smpp";

/// For one answer. With the wait for our own rate it stays below the worker's 15 s.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(8);
/// A message centre that is silent for so long is asked whether it is there.
const ENQUIRE_LINK: Duration = Duration::from_secs(30);
/// The longest wait before the next attempt to connect; the first is a second.
const BACK_OFF_MAX: Duration = Duration::from_mins(1);
/// A session that lasted so long was a good one: the next attempt is made at once.
const GOOD_SESSION: Duration = Duration::from_mins(1);
/// The same words of the same person within this time are one reply that the centre brought again: SMPP gives replies no name.
const SAME_WORDS: Duration = Duration::from_mins(2);

/// One account at one operator.
pub struct Smpp {
    settings: SmppSettings,
    way: Way,
    clock: Arc<dyn Clock>,
    random: Random,
    rate: Rate,
    window: Semaphore,
    session: Mutex<Option<Arc<Client>>>,
    multipart: Mutex<Multipart>,
    /// Where receipts go, once there is a session.
    incoming: Mutex<Option<Incoming>>,
    /// Tells the parts of one message from those of the one before.
    reference: AtomicU8,
}

/// Why a session ended. Holds no text and no number.
type Ended = String;
type Stop<'a> = Shared<BoxFuture<'a, ()>>;

impl Smpp {
    /// The way to a message centre; the session is held by [`Gateway::run`].
    ///
    /// # Errors
    /// [`SettingsError`], which names the setting.
    pub fn new(settings: SmppSettings, clock: Arc<dyn Clock>, random: Random) -> Result<Self, SettingsError> {
        Ok(Self {
            way: Way::new(&settings)?,
            clock,
            rate: Rate::per_second(settings.per_second),
            window: Semaphore::new(settings.window as usize),
            session: Mutex::default(),
            multipart: Mutex::default(),
            incoming: Mutex::default(),
            reference: AtomicU8::new(random.with(|rng| rng.random_range(0..=u8::MAX))),
            settings,
            random,
        })
    }

    /// Whether there is a session.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.session().is_some()
    }

    async fn submit(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let client = self.session().clone().filter(|client| !client.is_closed());
        let client = client.ok_or_else(no_session)?;
        let reference = self.reference.fetch_add(1, Ordering::Relaxed);
        let submits = submit::submits(message, &self.settings.from, reference)?;
        let total = submits.len();
        if total > 1 {
            self.multipart().begin(message.id, total);
        }
        let (mut last, mut early) = (String::new(), None);
        let mut failed = None;
        for (number, submit) in submits.into_iter().enumerate() {
            match self.submit_one(&client, submit).await {
                Ok(id) => {
                    if total > 1 {
                        early = self.multipart().taken(message.id, &id).or(early);
                    }
                    last = id;
                }
                Err(error) => {
                    self.multipart().given_up(message.id);
                    failed = Some(as_a_whole(error, number));
                    break;
                }
            }
        }
        if total > 1 {
            self.settle_early(message.id, early.filter(|_| failed.is_none())).await;
        }
        failed.map_or(Ok(Accepted::as_named(last)), Err)
    }

    /// Records what receipts said before the answers that name their parts.
    async fn settle_early(&self, message: MessageId, status: Option<ReceiptStatus>) {
        let others = self.multipart().unclaimed();
        let Some(incoming) = self.incoming.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
            return;
        };
        let ours = status.map(|status| (ReceiptFor::Ours(message), status));
        let others = others
            .into_iter()
            .map(|(id, status)| (ReceiptFor::Provider { gateway: NAME.to_owned(), id }, status));
        for (message, status) in ours.into_iter().chain(others) {
            let receipt = Receipt { message, status, at: incoming.now() };
            if let Err(error) = incoming.receipt(&receipt).await {
                tracing::error!(gateway = NAME, %error, "What became of a message could not be kept; it will count as unknown.");
            }
        }
    }

    async fn submit_one(&self, client: &Client, submit: SubmitSm) -> Result<String, SendError> {
        let start = self.rate.reserve(self.clock.now());
        let start = start.ok_or_else(|| SendError::Temporary { reason: "our own rate limit".to_owned() })?;
        self.clock.sleep_until(start).await;
        let _turn = self.window.acquire().await;
        // It may have been lost meanwhile: what has not left is not in doubt.
        if client.is_closed() {
            return Err(no_session());
        }
        let response = client.submit_sm(submit).await.map_err(|error| answer::failure(&error))?;
        let id = self.id(response.message_id().as_str());
        let unusable = |_| SendError::Unknown { reason: "it was taken under an id that is none".to_owned() };
        check_provider_id(&id).map(|()| id).map_err(unusable)
    }

    /// The centre's name for a message, as its receipts will write it.
    fn id(&self, given: &str) -> String {
        let decimal = u64::from_str_radix(given, 16).ok().filter(|_| self.settings.hex_ids);
        decimal.map_or_else(|| given.to_owned(), |number| number.to_string())
    }

    /// One session, from the connection to its end.
    async fn hold(&self, incoming: &Incoming, stop: Stop<'_>) -> Result<(), Ended> {
        let stream = self.way.open().await.map_err(|error| format!("it cannot be reached: {error}"))?;
        let (stream, cork) = corked(stream);
        let (client, mut events, session) = ConnectionBuilder::new()
            .enquire_link_interval(ENQUIRE_LINK)
            .response_timeout(RESPONSE_TIMEOUT)
            .disable_interface_version_check()
            .no_spawn()
            .connected(stream);
        tokio::spawn(driven(session, cork, self.settings.window));
        let client = Arc::new(client);
        client.bind_transceiver(self.bind()).await.map_err(|error| refusal(&error))?;
        tracing::info!(gateway = NAME, "The message centre is bound.");
        *self.session() = Some(Arc::clone(&client));
        let ended = loop {
            tokio::select! {
                () = stop.clone() => break Ok(()),
                event = events.next() => match event {
                    Some(Event::Incoming(command)) => match command.pdu() {
                        Some(Pdu::DeliverSm(sm)) => self.delivered(&client, incoming, command.sequence_number(), sm).await,
                        Some(Pdu::Unbind) => {
                            let _ = client.unbind_resp(command.sequence_number()).await;
                            break Err("it said goodbye".to_owned());
                        }
                        Some(_) | None => {}
                    },
                    Some(Event::Error(error)) => tracing::debug!(gateway = NAME, %error, "The session has trouble."),
                    None => break Err("the connection was lost".to_owned()),
                },
            }
        };
        *self.session() = None;
        // Whoever is gone cannot be told so.
        let _ = client.unbind().await;
        let _ = client.close().await;
        ended
    }

    fn bind(&self) -> BindTransceiver {
        let settings = &self.settings;
        let short = "checked when the settings were read";
        BindTransceiver::builder()
            .system_id(settings.system_id.parse::<COctetString<1, 16>>().expect(short))
            .password(settings.password.parse::<COctetString<1, 9>>().expect(short))
            .system_type(settings.system_type.parse::<COctetString<1, 13>>().expect(short))
            .interface_version(InterfaceVersion::Smpp3_4)
            .build()
    }

    /// The centre is told that we have it only when the database does; else it brings it again.
    async fn delivered(&self, client: &Client, incoming: &Incoming, sequence: u32, sm: &DeliverSm) {
        let kept = match delivery::read(sm) {
            Delivery::Receipt { id, status } => self.receipt(incoming, id, status).await,
            Delivery::Text { from, text, part } => self.reply(incoming, &from, text, part).await,
            Delivery::Nothing => Ok(()),
        };
        let status = match kept {
            Ok(()) => CommandStatus::EsmeRok,
            Err(BridgeError::Invalid { field, why }) => {
                tracing::warn!(gateway = NAME, field, why, "The message centre brought something of no use.");
                CommandStatus::EsmeRok
            }
            Err(error) => {
                tracing::error!(gateway = NAME, %error, "What the message centre brought could not be kept; it comes again.");
                CommandStatus::EsmeRxTAppn
            }
        };
        let told = client.status(status).deliver_sm_resp(sequence, DeliverSmResp::default()).await;
        if let Err(error) = told {
            tracing::debug!(gateway = NAME, %error, "An answer was lost with the session.");
        }
    }

    async fn receipt(
        &self,
        incoming: &Incoming,
        id: String,
        status: ReceiptStatus,
    ) -> Result<(), BridgeError> {
        let told = self.multipart().told(&id, &status);
        let (message, status) = match told {
            Told::Whole(message, status) => (ReceiptFor::Ours(message), status),
            Told::Waiting => return Ok(()),
            Told::NotAPart => (ReceiptFor::Provider { gateway: NAME.to_owned(), id }, status),
        };
        incoming.receipt(&Receipt { message, status, at: incoming.now() }).await
    }

    async fn reply(
        &self,
        incoming: &Incoming,
        from: &str,
        body: String,
        part: Option<Part>,
    ) -> Result<(), BridgeError> {
        let invalid = |_| BridgeError::Invalid { field: "sender", why: "expected a telephone number" };
        let from: Phone = format!("+{}", from.trim_start_matches('+')).parse().map_err(invalid)?;
        let now = incoming.now();
        let Some(part) = part else {
            let provider_id = name_of(&from, &body, now);
            let reply = NewInbound {
                gateway: NAME.to_owned(),
                provider_id,
                from,
                body,
                answers: None,
                received_at: now,
            };
            return incoming.reply(&reply).await.map(drop);
        };
        let part = NewPart {
            gateway: NAME.to_owned(),
            from,
            reference: part.reference,
            number: part.number,
            total: part.total,
            body,
            received_at: now,
        };
        incoming.part(&part, |whole| name_of(&part.from, whole, now)).await
    }

    fn session(&self) -> MutexGuard<'_, Option<Arc<Client>>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn multipart(&self) -> MutexGuard<'_, Multipart> {
        self.multipart.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Full jitter: many clients that lost one centre do not come back as one wave.
    fn back_off(&self, failures: u32) -> Duration {
        let longest = Duration::from_secs(1).saturating_mul(1 << failures.min(6)).min(BACK_OFF_MAX);
        self.random.with(|rng| longest.mul_f64(rng.random_range(0.1..=1.0)))
    }
}

impl Gateway for Smpp {
    fn name(&self) -> &str {
        NAME
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.submit(message))
    }

    fn run<'a>(&'a self, incoming: Incoming, shutdown: BoxFuture<'a, ()>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            *self.incoming.lock().unwrap_or_else(PoisonError::into_inner) = Some(incoming.clone());
            let stop = shutdown.shared();
            let mut failures = 0;
            loop {
                let began = self.clock.now();
                let Err(why) = self.hold(&incoming, stop.clone()).await else { return };
                failures = if self.clock.now().since(began) >= GOOD_SESSION { 0 } else { failures + 1 };
                tracing::warn!(
                    gateway = NAME,
                    why,
                    "There is no session with the message centre; trying again."
                );
                tokio::select! {
                    () = stop.clone() => return,
                    () = self.clock.sleep_until(self.clock.now() + self.back_off(failures)) => {}
                }
            }
        })
    }
}

impl std::fmt::Debug for Smpp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Smpp").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A message of which some parts were taken is not one that arrived: phones show nothing before the last part, and the
/// next attempt has a reference of its own. Only a part without an answer may have been the last.
fn as_a_whole(error: SendError, taken: usize) -> SendError {
    match error {
        SendError::Refused { reason } if taken > 0 => {
            SendError::Refused { reason: format!("part {}: {reason}", taken + 1) }
        }
        SendError::Refused { .. } | SendError::Temporary { .. } | SendError::Unknown { .. } => error,
    }
}

fn no_session() -> SendError {
    SendError::Temporary { reason: "there is no session with the message centre".to_owned() }
}

fn refusal(error: &rusmppc::error::Error) -> Ended {
    match answer::failure(error) {
        SendError::Temporary { reason } | SendError::Refused { reason } | SendError::Unknown { reason } => {
            format!("it did not let us in: {reason}")
        }
    }
}

/// A name for a reply, the same when the centre brings it again within [`SAME_WORDS`].
fn name_of(from: &Phone, body: &str, now: Timestamp) -> String {
    let window = now.as_millis() / millis(SAME_WORDS);
    derived_id(from, body, &window.to_string())
}
