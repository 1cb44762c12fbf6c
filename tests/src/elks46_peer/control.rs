//! What a test tells the peer to do.

use axum::Json;
use axum::extract::State;
use certus_registry::{Phone, Random};
use serde::{Deserialize, Serialize};

use super::Peer;
use super::phones::{self, Habit, Received, Reply};

/// What goes wrong with the next requests to send: first those that fail, then the silent, then the slow ones.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trouble {
    /// So many answer with `status` and are not taken.
    pub fail: u32,
    /// HTTP status of a failure.
    pub status: u16,
    /// So many are taken, but never answered.
    pub silent: u32,
    /// So many are answered only after `slow_ms`.
    pub slow: u32,
    /// Milliseconds.
    pub slow_ms: u64,
}

/// What happens to one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    None,
    Fail { status: u16 },
    Silent,
    Slow { milliseconds: u64 },
}

impl Trouble {
    pub(super) fn next(&mut self) -> Fault {
        let take = |count: &mut u32| {
            let some = *count > 0;
            *count = count.saturating_sub(1);
            some
        };
        if take(&mut self.fail) {
            Fault::Fail { status: self.status }
        } else if take(&mut self.silent) {
            Fault::Silent
        } else if take(&mut self.slow) {
            Fault::Slow { milliseconds: self.slow_ms }
        } else {
            Fault::None
        }
    }
}

/// How delivery reports come, for every message from now on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reports {
    /// From acceptance to the phone, in milliseconds.
    pub delivered_after_ms: u64,
    /// Each report is posted twice.
    pub duplicate: bool,
    /// `delivered` is posted before `sent`.
    pub reorder: bool,
    /// How it ends.
    pub end: End,
}

/// How every message ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The phone has it, and the report says so.
    Delivered,
    /// The phone never gets it, and the report says so.
    Failed,
    /// The phone has it, but no report is ever posted.
    Unreported,
}

impl Default for Reports {
    fn default() -> Self {
        Self { delivered_after_ms: 20, duplicate: false, reorder: false, end: End::Delivered }
    }
}

/// Phones answer call-outs by themselves: messages with the word JA or YES in capitals. `JA 2` in the message is
/// answered with `JA 2` or `NEJ 2`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// The same seed gives the same answers to the same messages in the same order per phone.
    pub seed: u64,
    /// Probability of JA, 0 to 1.
    pub yes: f64,
    /// Probability of NEJ, 0 to 1; the rest stay silent.
    pub no: f64,
    /// Shortest time to answer, in milliseconds.
    pub after_ms_min: u64,
    /// Longest time to answer, in milliseconds.
    pub after_ms_max: u64,
}

/// Somebody writes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saying {
    /// Whose phone.
    pub from: Phone,
    /// To which number.
    pub to: String,
    /// What.
    pub message: String,
    /// Posted twice, with the same id.
    #[serde(default)]
    pub duplicate: bool,
}

/// Where replies go.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Url {
    /// The webhook.
    pub url: String,
}

pub(super) async fn trouble(State(peer): State<Peer>, Json(trouble): Json<Trouble>) {
    peer.books().trouble = trouble;
}

pub(super) async fn reports(State(peer): State<Peer>, Json(reports): Json<Reports>) {
    peer.books().reports = reports;
}

pub(super) async fn answers(State(peer): State<Peer>, Json(answers): Json<Answers>) {
    let random = Random::from_seed(answers.seed);
    peer.books().answers = Some(Habit::new(answers, &random));
}

pub(super) async fn inbound(State(peer): State<Peer>, Json(saying): Json<Saying>) -> String {
    phones::say(&peer, &saying)
}

pub(super) async fn inbound_url(State(peer): State<Peer>, Json(Url { url }): Json<Url>) {
    peer.books().inbound_url = Some(url);
}

pub(super) async fn phones(State(peer): State<Peer>) -> Json<Vec<Received>> {
    Json(peer.books().received.clone())
}

pub(super) async fn replies(State(peer): State<Peer>) -> Json<Vec<Reply>> {
    Json(peer.books().replies.clone())
}

pub(super) async fn waiting(State(peer): State<Peer>) -> Json<u32> {
    Json(peer.books().waiting)
}
