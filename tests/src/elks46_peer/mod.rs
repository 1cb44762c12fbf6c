//! A contract peer for 46elks, **written by us** from the provider's public documentation, for there is no
//! simulator of theirs. It shows that our client keeps to what we understood, not that 46elks does.
//!
//! It behaves as the API does: Basic authentication, form in, JSON out, plain-text errors, ids of 33 characters,
//! reports and replies posted as forms until they are answered 2xx. Beside that it has phones, which keep all
//! they receive and may answer, and a control API under `/control` that makes things go wrong.
//!
//! | control | body | effect |
//! |---|---|---|
//! | `POST /control/trouble` | [`Trouble`] | the next requests fail, are slow, or are accepted and never answered |
//! | `POST /control/reports` | [`Reports`] | when and how delivery reports come |
//! | `POST /control/answers` | [`Answers`] | phones answer JA or NEJ by themselves |
//! | `POST /control/inbound` | [`Saying`] | a phone writes; answers with the message's id |
//! | `POST /control/inbound-url` | `{"url":"…"}` | where replies are posted |
//! | `POST /control/ringing` | [`Ringing`] | whether phones are answered, and what is pressed |
//! | `GET /control/calls` | | every call, and what was heard in it |
//! | `GET /control/phones` | | every message that reached a phone, in order |
//! | `GET /control/replies` | | every reply a phone wrote, and whether a webhook took it |
//! | `GET /control/waiting` | | how many deliveries, answers and webhooks are not over yet |

mod api;
mod calls;
mod control;
mod phones;
mod webhooks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

pub use calls::{Call, Ringing};
pub use control::{Answers, End, Reports, Saying, Trouble, Url};
pub use phones::{Received, Reply};

/// How the peer is started.
#[derive(Debug, Clone)]
pub struct Settings {
    /// API user name.
    pub username: String,
    /// API password.
    pub password: String,
    /// Where replies are posted; none: nowhere until `/control/inbound-url` says.
    pub inbound_url: Option<String>,
    /// Between two attempts to post a webhook (46elks: minutes).
    pub retry: Duration,
    /// Of the ids.
    pub seed: u64,
}

/// A message as the API shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `s` and 32 hex digits.
    pub id: String,
    /// `created`, `sent`, `delivered` or `failed`.
    pub status: String,
    /// The sender.
    pub from: String,
    /// The receiver.
    pub to: String,
    /// The text; absent with `dontlog=message`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    /// UTC without saying so.
    pub created: String,
    /// `outgoing`.
    pub direction: String,
    /// In 10 000ths of a krona.
    pub cost: u32,
}

#[derive(Debug, Default)]
struct Books {
    messages: Vec<Message>,
    received: Vec<Received>,
    replies: Vec<Reply>,
    trouble: Trouble,
    reports: Reports,
    answers: Option<phones::Habit>,
    inbound_url: Option<String>,
    ringing: Option<Ringing>,
    made: Vec<Message>,
    calls: Vec<Call>,
    waiting: u32,
}

/// The peer's state, shared by its handlers and the webhooks under way.
#[derive(Clone)]
pub(crate) struct Peer {
    settings: Arc<Settings>,
    books: Arc<Mutex<Books>>,
    random: Random,
    http: reqwest::Client,
}

impl Peer {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn new_id(&self) -> String {
        let bytes = self.random.bytes::<16>();
        bytes.iter().fold("s".to_owned(), |id, byte| format!("{id}{byte:02x}"))
    }
}

/// Serves until the process ends.
///
/// # Errors
/// When the listener fails or no HTTP client can be made.
pub async fn serve(settings: Settings, listener: TcpListener) -> anyhow::Result<()> {
    let books = Books { inbound_url: settings.inbound_url.clone(), ..Books::default() };
    let peer = Peer {
        random: Random::from_seed(settings.seed),
        http: reqwest::Client::builder().timeout(Duration::from_secs(10)).build()?,
        settings: Arc::new(settings),
        books: Arc::new(Mutex::new(books)),
    };
    axum::serve(listener, router(peer)).await?;
    Ok(())
}

fn router(peer: Peer) -> Router {
    Router::new()
        .route("/a1/sms", post(api::send).get(api::list))
        .route("/a1/sms/{id}", get(api::one))
        .route("/a1/calls", post(calls::make).get(calls::list))
        .route("/control/ringing", post(calls::ringing))
        .route("/control/calls", get(calls::told))
        .route("/control/trouble", post(control::trouble))
        .route("/control/reports", post(control::reports))
        .route("/control/answers", post(control::answers))
        .route("/control/inbound", post(control::inbound))
        .route("/control/inbound-url", post(control::inbound_url))
        .route("/control/phones", get(control::phones))
        .route("/control/replies", get(control::replies))
        .route("/control/waiting", get(control::waiting))
        .with_state(peer)
}

async fn pause(milliseconds: u64) {
    SystemClock.sleep_until(SystemClock.now() + Duration::from_millis(milliseconds)).await;
}

/// As 46elks writes it: `2016-10-11T13:36:13.081000`. Our clocks count milliseconds; `number` makes up the rest, so that
/// no two messages of one millisecond look alike.
fn elks_time(at: Timestamp, number: usize) -> String {
    format!("{}{:03}", at.rfc3339().trim_end_matches('Z'), number % 1_000)
}
