//! The phones: they keep what they receive, and some answer.

use std::collections::BTreeMap;

use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_sms_bridge::simulated::SeededPeople;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand::rngs::ChaCha12Rng;
use serde::{Deserialize, Serialize};

use super::control::{Answers, End, Reports, Saying};
use super::{Message, Peer, elks_time, pause, webhooks};

/// A message that reached a phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The API's id.
    pub id: String,
    /// Whose phone.
    pub to: String,
    /// The number or name shown as the sender.
    pub from: String,
    /// The text on its screen.
    pub message: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// A reply that a phone wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The API's id.
    pub id: String,
    /// Whose phone.
    pub from: String,
    /// The text.
    pub message: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
    /// A webhook has answered 2xx to it.
    pub taken: bool,
}

/// How phones answer.
#[derive(Debug)]
pub(super) struct Habit {
    answers: Answers,
    seed: u64,
    whims: BTreeMap<String, ChaCha12Rng>,
}

impl Habit {
    pub(super) fn new(answers: Answers, random: &Random) -> Self {
        Self { answers, seed: random.with(ChaCha12Rng::random), whims: BTreeMap::new() }
    }

    /// What `phone` writes and after how many milliseconds.
    fn answer(&mut self, phone: &str, text: &str) -> Option<(u64, String)> {
        if !SeededPeople::asks_for_a_yes(text) {
            return None;
        }
        let number =
            phone.bytes().filter(u8::is_ascii_digit).fold(0_u64, |n, d| n * 10 + u64::from(d - b'0'));
        let seed = self.seed ^ number;
        let whims = self.whims.entry(phone.to_owned()).or_insert_with(|| ChaCha12Rng::seed_from_u64(seed));
        let (draw, answers) = (whims.random_range(0.0..1.0), &self.answers);
        let after = whims.random_range(answers.after_ms_min..=answers.after_ms_max.max(answers.after_ms_min));
        let word = match draw {
            draw if draw < answers.yes => "JA",
            draw if draw < answers.yes + answers.no => "NEJ",
            _ => return None,
        };
        Some((after, code(text).map_or_else(|| word.to_owned(), |code| format!("{word} {code}"))))
    }
}

/// The number after JA or YES in a call-out.
fn code(text: &str) -> Option<u32> {
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.find(|word| matches!(*word, "JA" | "YES"))?;
    words.next()?.parse().ok()
}

/// Carries an accepted message to its phone and tells the sender about it.
pub(super) async fn deliver(peer: Peer, message: Message, text: String, report_to: Option<String>) {
    peer.books().waiting += 1;
    carry(&peer, &message, &text, report_to.as_deref()).await;
    peer.books().waiting -= 1;
}

async fn carry(peer: &Peer, message: &Message, text: &str, report_to: Option<&str>) {
    let reports = peer.books().reports.clone();
    if !reports.reorder {
        report(peer, &reports, &message.id, "sent", report_to);
    }
    pause(reports.delivered_after_ms).await;
    let end = match reports.end {
        End::Failed => "failed",
        End::Delivered | End::Unreported => {
            arrive(peer, message, text);
            "delivered"
        }
    };
    report(peer, &reports, &message.id, end, report_to);
    if reports.reorder {
        pause(reports.delivered_after_ms).await;
        report(peer, &reports, &message.id, "sent", report_to);
    }
}

fn report(peer: &Peer, reports: &Reports, id: &str, status: &'static str, url: Option<&str>) {
    if let Some(message) = peer.books().messages.iter_mut().find(|message| message.id == id) {
        status.clone_into(&mut message.status);
    }
    let Some(url) = url.filter(|_| reports.end != End::Unreported) else { return };
    let mut form = vec![("id", id.to_owned()), ("status", status.to_owned())];
    if status == "delivered" {
        form.push(("delivered", elks_time(SystemClock.now(), 0)));
    }
    for _ in 0..=u8::from(reports.duplicate) {
        webhooks::post_report(peer, url, form.clone());
    }
}

fn arrive(peer: &Peer, message: &Message, text: &str) {
    let received = Received {
        id: message.id.clone(),
        to: message.to.clone(),
        from: message.from.clone(),
        message: text.to_owned(),
        at_ms: SystemClock.now().as_millis(),
    };
    let mut books = peer.books();
    books.received.push(received);
    let answer = books.answers.as_mut().and_then(|habit| habit.answer(&message.to, text));
    drop(books);
    if let (Some((after, text)), Ok(from)) = (answer, message.to.parse()) {
        let saying = Saying { from, to: message.from.clone(), message: text, duplicate: false };
        let peer = peer.clone();
        peer.books().waiting += 1;
        tokio::spawn(async move {
            pause(after).await;
            say(&peer, &saying);
            peer.books().waiting -= 1;
        });
    }
}

/// A phone writes; returns the message's id.
pub(super) fn say(peer: &Peer, saying: &Saying) -> String {
    let (id, now) = (peer.new_id(), SystemClock.now());
    let form = vec![
        ("id", id.clone()),
        ("from", saying.from.as_str().to_owned()),
        ("to", saying.to.clone()),
        ("message", saying.message.clone()),
        ("direction", "incoming".to_owned()),
        ("created", elks_time(now, 0)),
    ];
    let mut books = peer.books();
    books.replies.push(Reply {
        id: id.clone(),
        from: saying.from.as_str().to_owned(),
        message: saying.message.clone(),
        at_ms: now.as_millis(),
        taken: false,
    });
    drop(books);
    for _ in 0..=u8::from(saying.duplicate) {
        webhooks::post_reply(peer, form.clone(), &id);
    }
    id
}
