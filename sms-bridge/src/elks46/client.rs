//! The API's client.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::{Clock, Timestamp};
use futures::future::BoxFuture;
use reqwest::{Client, StatusCode, Url};
use serde::Deserialize;

use super::{Elks46Settings, NAME, error, parse_time};
use crate::rate::Rate;
use crate::{Accepted, Gateway, Outgoing, Reconciled, SendError, transport};

/// Longest page of the list that the API gives.
const PAGE_MAX: usize = 100;
/// Pages looked through for one message, the latest first: some minutes of a county's worst hour.
const PAGES_MAX: usize = 20;
/// An attempt's message was created at most so long before we began it, for clocks differ …
const CREATED_BEFORE: Duration = Duration::from_secs(10);
/// … and at most so long after.
const CREATED_AFTER: Duration = Duration::from_secs(30);

/// 46elks publishes no limit; above its own it answers 429, which costs more time than waiting here.
const PER_SECOND: u32 = 10;

/// Why the gateway could not be set up. Names the setting.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A URL does not parse or is of no use.
    #[error("{setting}: expected an http or https URL")]
    Url {
        /// Which setting.
        setting: &'static str,
    },
    /// No HTTP client could be made.
    #[error("no HTTP client could be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// The gateway to 46elks.
pub struct Elks46 {
    http: Client,
    clock: Arc<dyn Clock>,
    rate: Rate,
    settings: Elks46Settings,
    messages: Url,
    receipts: Url,
}

/// A message as the API shows it; the rest is of no interest.
#[derive(Debug, Deserialize)]
struct Message {
    id: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    created: String,
    #[serde(default)]
    direction: String,
}

/// One page of the account's messages, the latest first.
#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Message>,
    /// What to give as `start` for the messages before these, if there are any.
    next: Option<String>,
}

/// The account's messages from the latest back to some time.
#[derive(Debug, Default)]
struct History {
    messages: Vec<Message>,
    /// Nothing is older.
    complete: bool,
}

impl Elks46 {
    /// A client for one account.
    ///
    /// # Errors
    /// [`SetupError`] when a URL in the settings is wrong.
    pub fn new(settings: Elks46Settings, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let http = transport::client().build()?;
        let messages = url(&settings.base_url, "sms", "base_url")?;
        let receipts = webhook(&settings, "gateways/elks46/receipt")?;
        Ok(Self { http, clock, rate: Rate::per_second(PER_SECOND), settings, messages, receipts })
    }

    /// What to enter as `sms_url` of the number at 46elks, so that replies reach us.
    ///
    /// # Errors
    /// [`SetupError::Url`] when `webhook_base` is wrong.
    pub fn inbound_url(settings: &Elks46Settings) -> Result<String, SetupError> {
        webhook(settings, "gateways/elks46/inbound").map(Into::into)
    }

    async fn post(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let now = self.clock.now();
        let Some(start) = self.rate.reserve(now) else {
            return Err(SendError::Temporary { reason: "our own rate limit".to_owned() });
        };
        self.clock.sleep_until(start).await;
        let mut receipts = self.receipts.clone();
        receipts.query_pairs_mut().append_pair("ref", &message.id.to_string());
        let form = [
            ("from", self.settings.from.as_str()),
            ("to", message.to.as_str()),
            ("message", &message.body),
            ("dontlog", "message"),
            ("whendelivered", receipts.as_str()),
        ];
        let request = self.authorised(self.http.post(self.messages.clone())).form(&form);
        let answer = request.send().await.map_err(|error| transport::failure(&error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| transport::failure(&error))?;
        accepted(status, &text)
    }

    /// Looks for the message among the account's, from the latest back to before the attempt.
    async fn look_up(&self, message: &Outgoing) -> Reconciled {
        let before = message.sent_at - CREATED_BEFORE;
        let (mut history, mut start) = (History::default(), None);
        for _ in 0..PAGES_MAX {
            let page = match self.page(start.as_deref()).await {
                Ok(page) => page,
                Err(reason) => return Reconciled::Unavailable { reason },
            };
            start = history.add(page);
            if start.is_none() || history.reaches_before(before) {
                break;
            }
        }
        found(&history, message)
    }

    async fn page(&self, start: Option<&str>) -> Result<Page, String> {
        let request = self.authorised(self.http.get(self.messages.clone())).query(&[("limit", PAGE_MAX)]);
        let request = request.query(&start.map(|start| [("start", start)]));
        let answer = request.send().await.map_err(|_| "the list could not be fetched".to_owned())?;
        if answer.status() != StatusCode::OK {
            return Err(format!("HTTP {}", answer.status().as_u16()));
        }
        answer.json().await.map_err(|_| "the list could not be read".to_owned())
    }

    fn authorised(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.settings.username, Some(&self.settings.password))
    }
}

impl Gateway for Elks46 {
    fn name(&self) -> &str {
        NAME
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.post(message))
    }

    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.look_up(message))
    }
}

impl fmt::Debug for Elks46 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elks46").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn accepted(status: StatusCode, text: &str) -> Result<Accepted, SendError> {
    if !status.is_success() {
        return Err(error::from_answer(status, text));
    }
    match serde_json::from_str::<Message>(text) {
        Ok(Message { id, .. }) if crate::inbox::check_provider_id(&id).is_ok() => {
            Ok(Accepted { provider_id: id })
        }
        Ok(_) | Err(_) => Err(SendError::Unknown { reason: "an answer that could not be read".to_owned() }),
    }
}

impl Message {
    fn at(&self) -> Option<Timestamp> {
        parse_time(&self.created)
    }
}

impl History {
    /// Adds what is older; `None`: there is nothing more to ask for. A page that is not older than what is known is
    /// none that we asked for, and proves nothing about what is missing.
    fn add(&mut self, page: Page) -> Option<String> {
        let oldest = self.messages.iter().filter_map(Message::at).min();
        let newest = page.data.iter().filter_map(Message::at).max();
        if oldest.zip(newest).is_some_and(|(oldest, newest)| newest > oldest) {
            return None;
        }
        self.complete = page.next.is_none() && page.data.len() < PAGE_MAX;
        self.messages.extend(page.data);
        page.next
    }

    fn reaches_before(&self, at: Timestamp) -> bool {
        self.complete || self.messages.iter().filter_map(Message::at).any(|created| created < at)
    }
}

/// Says "not sent" only when the history surely reaches back to before the attempt.
fn found(history: &History, message: &Outgoing) -> Reconciled {
    let (from, to) = (message.sent_at - CREATED_BEFORE, message.sent_at + CREATED_AFTER);
    let mut candidates = history.messages.iter().filter(|entry| {
        entry.to == message.to.as_str()
            && entry.direction != "incoming"
            && !message.taken.contains(&entry.id)
            && entry.at().is_none_or(|at| from <= at && at <= to)
    });
    match (candidates.next(), candidates.next()) {
        (Some(only), None) if only.at().is_some() => Reconciled::Accepted { provider_id: only.id.clone() },
        (None, None) if history.reaches_before(from) => Reconciled::NotSent,
        (Some(_) | None, _) => Reconciled::Unsupported,
    }
}

fn url(base: &str, path: &str, setting: &'static str) -> Result<Url, SetupError> {
    transport::url(base, path).ok_or(SetupError::Url { setting })
}

fn webhook(settings: &Elks46Settings, path: &str) -> Result<Url, SetupError> {
    let mut url = url(&settings.webhook_base, path, "webhook_base")?;
    if let Some(basic) = &settings.webhook_basic {
        let wrong = |()| SetupError::Url { setting: "webhook_base" };
        url.set_username(&basic.username).map_err(wrong)?;
        url.set_password(Some(&basic.password)).map_err(wrong)?;
    }
    url.query_pairs_mut().append_pair("key", &settings.webhook_secret);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use certus_registry::Random;

    use super::*;
    use crate::MessageId;

    const SENT: Timestamp = Timestamp::from_millis(1_795_400_000_000); // 2026-11-23T02:13:20Z

    #[test]
    fn a_message_is_found_by_number_and_time_and_never_mistaken_for_another() {
        let taken = "s-taken";
        let accepted = |id: &str| Reconciled::Accepted { provider_id: id.to_owned() };
        let at = |id, created| entry(id, "+46701740605", created);
        let other = |created| entry("s-other", "+46701740600", created);
        let cases = [
            (vec![], Reconciled::NotSent),
            (vec![at("s-1", "2026-11-23T02:13:21.081000")], accepted("s-1")),
            (vec![at("s-1", "2026-11-23T02:13:15.000000"), other("2026-11-23T02:13:20")], accepted("s-1")),
            (vec![at("s-1", "2026-11-23T02:10:00.000000")], Reconciled::NotSent),
            (vec![at(taken, "2026-11-23T02:13:21.000000")], Reconciled::NotSent),
            (
                vec![at("s-1", "2026-11-23T02:13:21"), at("s-2", "2026-11-23T02:13:22")],
                Reconciled::Unsupported,
            ),
            (vec![at("s-1", "no time at all")], Reconciled::Unsupported),
        ];
        for (list, expected) in cases {
            let history = History { messages: list, complete: true };
            assert_eq!(found(&history, &outgoing(taken)), expected, "{history:?}");
        }
    }

    #[test]
    fn a_history_that_does_not_reach_back_far_enough_says_nothing() {
        let page = |created: &str, next: Option<&str>| Page {
            data: (0..PAGE_MAX).map(|_| entry("s-x", "+46701740600", created)).collect(),
            next: next.map(str::to_owned),
        };
        let mut history = History::default();
        assert_eq!(history.add(page("2026-11-23T02:14:00", Some("a"))).as_deref(), Some("a"));
        assert_eq!(found(&history, &outgoing("")), Reconciled::Unsupported);
        // Cut the wrong way: not what was asked for.
        assert_eq!(history.add(page("2026-11-23T02:15:00", None)), None);
        assert_eq!(found(&history, &outgoing("")), Reconciled::Unsupported);
        assert_eq!(history.add(page("2026-11-23T02:13:00", Some("b"))).as_deref(), Some("b"));
        assert_eq!(found(&history, &outgoing("")), Reconciled::NotSent);
    }

    fn entry(id: &str, to: &str, created: &str) -> Message {
        let (id, to, created) = (id.to_owned(), to.to_owned(), created.to_owned());
        Message { id, to, created, direction: "outgoing".to_owned() }
    }

    fn outgoing(taken: &str) -> Outgoing {
        Outgoing {
            reference: "1/2/3".to_owned(),
            urgency: crate::Urgency::Alarm,
            id: MessageId::new(SENT, &Random::from_seed(1)),
            to: "+46701740605".parse().unwrap(),
            body: "LARM".to_owned(),
            stored_at: SENT,
            sent_at: SENT,
            valid_until: SENT + Duration::from_mins(10),
            attempt: 1,
            taken: vec![taken.to_owned()],
        }
    }
}
