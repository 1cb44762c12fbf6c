//! The HTTP API: one account, its credentials, its rate, and the way back to us.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::Clock;
use reqwest::{Client, StatusCode, Url};
use tokio::sync::Mutex;

use super::history::{self, Entry, History, PAGE_MAX, Page};
use super::{Elks46Settings, error};
use crate::rate::Rate;
use crate::{Accepted, MessageId, Outgoing, Reconciled, SendError, transport};

/// What was asked about longer ago is asked about anew. An attempt is looked up seconds after it began.
const LIST_AGE_MAX: Duration = Duration::from_secs(2);

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

/// One kind of things in the account, `sms` or `calls`: making one, and looking through those there are.
pub(super) struct Api {
    http: Client,
    clock: Arc<dyn Clock>,
    rate: Rate,
    pub(super) settings: Elks46Settings,
    list: Url,
    /// The list as it was seen last.
    seen: Mutex<History>,
}

impl Api {
    /// `kind` is the path of the list; so many new ones a second.
    pub(super) fn new(
        settings: Elks46Settings,
        clock: Arc<dyn Clock>,
        kind: &str,
        per_second: u32,
    ) -> Result<Self, SetupError> {
        let http = transport::client().build()?;
        let list = url(&settings.base_url, kind, "base_url")?;
        let seen = Mutex::new(History::begun(clock.now()));
        Ok(Self { http, clock, rate: Rate::per_second(per_second), settings, list, seen })
    }

    /// Makes one, when our own rate allows.
    pub(super) async fn create(&self, form: &[(&str, &str)]) -> Result<Accepted, SendError> {
        let Some(start) = self.rate.reserve(self.clock.now()) else {
            return Err(SendError::Temporary { reason: "our own rate limit".to_owned() });
        };
        self.clock.sleep_until(start).await;
        accepted(&self.post(form).await?)
    }

    /// What would be said to a form, whose field `dryrun` must be `yes`.
    pub(super) async fn try_out(&self, form: &[(&str, &str)]) -> Result<(), SendError> {
        self.post(form).await.map(drop)
    }

    /// The text of the API's answer, when it is a success.
    async fn post(&self, form: &[(&str, &str)]) -> Result<String, SendError> {
        let request = self.authorised(self.http.post(self.list.clone())).form(form);
        let answer = request.send().await.map_err(|error| transport::failure(&error))?;
        let status = answer.status();
        let text = answer.text().await.map_err(|error| transport::failure(&error))?;
        if status.is_success() { Ok(text) } else { Err(error::from_answer(status, &text)) }
    }

    /// Looks for what an unanswered request made, from the latest back to before the attempt. Those who look at the same time look
    /// at one list: after a crash they are hundreds.
    pub(super) async fn look_up(&self, message: &Outgoing) -> Reconciled {
        let before = history::earliest(message);
        let mut list = self.seen.lock().await;
        let now = self.clock.now();
        // Not while a clock that was set back makes it look new: what was sent since is not in it.
        if !(list.begun_at()..=list.begun_at() + LIST_AGE_MAX).contains(&now) {
            *list = History::begun(now);
        }
        while !list.reaches_before(before) && list.has_more() {
            match self.page(list.start()).await {
                Ok(page) => list.add(page),
                Err(reason) => return Reconciled::Unavailable { reason },
            }
        }
        history::found(&list, message)
    }

    async fn page(&self, start: Option<&str>) -> Result<Page, String> {
        let request = self.authorised(self.http.get(self.list.clone())).query(&[("limit", PAGE_MAX)]);
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

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("settings", &self.settings).finish_non_exhaustive()
    }
}

fn accepted(text: &str) -> Result<Accepted, SendError> {
    match serde_json::from_str::<Entry>(text) {
        Ok(Entry { id, cost, .. }) if crate::inbox::check_provider_id(&id).is_ok() => {
            Ok(Accepted { provider_id: id, cost })
        }
        Ok(_) | Err(_) => Err(SendError::Unknown { reason: "an answer that could not be read".to_owned() }),
    }
}

fn url(base: &str, path: &str, setting: &'static str) -> Result<Url, SetupError> {
    transport::url(base, path).ok_or(SetupError::Url { setting })
}

/// Where something is fetched from us by anybody.
pub(super) fn served(settings: &Elks46Settings, path: &str) -> Result<Url, SetupError> {
    url(&settings.webhook_base, path, "webhook_base")
}

/// Where the account's webhooks reach us, with the secrets that let them in.
pub(super) fn webhook(settings: &Elks46Settings, path: &str) -> Result<Url, SetupError> {
    let mut url = served(settings, path)?;
    if let Some(basic) = &settings.webhook_basic {
        let wrong = |()| SetupError::Url { setting: "webhook_base" };
        url.set_username(&basic.username).map_err(wrong)?;
        url.set_password(Some(&basic.password)).map_err(wrong)?;
    }
    url.query_pairs_mut().append_pair("key", &settings.webhook_secret);
    Ok(url)
}

/// A webhook that names one of our messages.
pub(super) fn about(webhook: &Url, message: MessageId) -> Url {
    let mut url = webhook.clone();
    url.query_pairs_mut().append_pair("ref", &message.to_string());
    url
}
