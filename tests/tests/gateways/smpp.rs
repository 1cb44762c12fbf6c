//! SMPP against npm's `smpp` as the message centre (`tests/peers/smsc`), over loopback.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::time::SystemClock;
use certus_registry::{Batch, Clock, Database, Random, Timestamp};
use certus_sms_bridge::smpp::{Smpp, SmppSettings};
use certus_sms_bridge::{
    Channel, Gateway, Incoming, MessageId, Milestone, NewMessage, Routes, SendError, Urgency, Worker,
    WorkerSettings, inbox, outbox,
};
use certus_tests::load::in_time;
use certus_tests::peer::Peer;
use futures::FutureExt as _;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::outgoing;
use tokio::sync::oneshot;

const ANNA: &str = "+46701740605";
const LIMIT: Duration = Duration::from_secs(30);

/// A submission as the centre saw it.
#[derive(Debug, Clone, Deserialize)]
struct Taken {
    from: String,
    to: String,
    esm: u8,
    /// As the centre understood it: a point in time.
    validity: String,
    text: String,
    part: Option<Vec<u8>>,
}

#[tokio::test]
async fn any_text_reaches_the_centre_as_it_was_written() {
    let centre = Centre::start().await;
    let texts = [
        "Larm åäö ÅÄÖ Ø € {x} [12] ~",
        "Larm 🚑 på väg ž",
        &"å".repeat(160),
        &"€a".repeat(120),
        &"🚑ä".repeat(60),
    ];
    for text in texts {
        let accepted = centre.smpp.send(&outgoing(text)).await;
        assert!(accepted.is_ok(), "{text}: {accepted:?}");
    }
    let taken: Vec<Taken> = centre.peer.ask("received").await;
    let valid = |sm: &Taken| {
        let until = Timestamp::parse_rfc3339(&sm.validity).unwrap();
        until.since(SystemClock.now()) > Duration::from_mins(8)
    };
    assert!(taken.iter().all(|sm| sm.from == "71700" && sm.to == "46701740605" && valid(sm)));
    let mut whole: Vec<String> = Vec::new();
    for sm in &taken {
        match sm.part.as_deref() {
            None | Some([_, _, 1]) => whole.push(sm.text.clone()),
            Some(_) => whole.last_mut().unwrap().push_str(&sm.text),
        }
        assert_eq!(sm.esm, if sm.part.is_some() { 0x40 } else { 0 });
    }
    assert_eq!(whole, texts);
    centre.stop().await;
}

#[tokio::test]
async fn receipts_reach_their_messages_early_late_twice_and_for_every_part() {
    let centre = Centre::start().await;
    for trouble in [json!({}), json!({"receipts": "before"}), json!({"receiptTimes": 2})] {
        centre.peer.control("trouble", trouble.clone()).await;
        for text in ["Larm".to_owned(), "Ä".repeat(400)] {
            let id = centre.enqueue(&text).await;
            centre.until(async || centre.milestone(id).await == Milestone::Delivered).await;
        }
    }
    centre.peer.control("trouble", json!({"stat": "UNDELIV"})).await;
    let id = centre.enqueue("Larm").await;
    centre.until(async || centre.milestone(id).await == Milestone::Errored).await;
    centre.stop().await;
}

#[tokio::test]
async fn replies_are_kept_before_the_centre_is_told_so_whole_and_once() {
    let centre = Centre::start().await;
    let said = |parts: Value, coding: u8| json!({"from": "46701740605", "parts": parts, "coding": coding});
    let say = async |body: Value| centre.peer.control("say", body).await;
    say(said(json!([{"hex": "4a41203132206d696e200f7b7c"}]), 0)).await;
    say(said(json!([{"hex": "4a41203132206d696e200f7b7c"}]), 0)).await;
    say(said(json!([{"hex": "004a00610020d83dde91"}]), 8)).await;
    // The second part first.
    say(said(json!([{"udh": "050003110202", "hex": "6bf6"}]), 3)).await;
    say(said(json!([{"udh": "050003110201", "hex": "4e454a20"}]), 3)).await;
    say(json!({"from": "nobody", "parts": [{"hex": "4a41"}], "coding": 0})).await;
    let replies = inbox::unhandled(&centre.db, 10).await.unwrap();
    let bodies: Vec<&str> = replies.iter().map(|reply| reply.body.as_str()).collect();
    assert_eq!(bodies, ["JA 12 min åäö", "Ja 🚑", "NEJ kö"]);
    assert!(replies.iter().all(|reply| reply.from.as_str() == ANNA));
    centre.stop().await;
}

#[tokio::test]
async fn what_the_centre_answers_says_what_is_known() {
    let centre = Centre::start().await;
    let answer = async |trouble: Value| {
        centre.peer.control("trouble", trouble).await;
        centre.smpp.send(&outgoing("Larm")).await.unwrap_err()
    };
    let throttled = answer(json!({"times": 1, "status": 0x58})).await;
    assert!(matches!(throttled, SendError::Temporary { .. }), "{throttled}");
    let nobody = answer(json!({"times": 1, "status": 0x0b})).await;
    assert!(matches!(nobody, SendError::Refused { .. }), "{nobody}");
    let silent = answer(json!({"times": 1, "silent": true})).await;
    assert!(matches!(silent, SendError::Unknown { .. }), "{silent}");
    centre.stop().await;
}

#[tokio::test]
async fn a_session_that_is_lost_is_made_again_and_nothing_is_said_to_be_sent_meanwhile() {
    let centre = Centre::start().await;
    centre.peer.control("drop", json!({})).await;
    centre.until(async || centre.smpp.send(&outgoing("Larm")).await.is_err()).await;
    centre.until(async || centre.smpp.send(&outgoing("Larm igen")).await.is_ok()).await;
    centre.stop().await;
}

#[tokio::test]
async fn without_a_centre_or_with_a_wrong_password_a_message_may_go_elsewhere() {
    let peer = start_peer().await;
    let port: u16 = peer.ask("port").await;
    for (port, password) in [(port, "wrong"), (9, "s3cret")] {
        let smpp = Smpp::new(settings(port, password), Arc::new(SystemClock), Random::from_seed(1)).unwrap();
        let error = smpp.send(&outgoing("Larm")).await.unwrap_err();
        assert!(matches!(error, SendError::Temporary { .. }), "{error}");
    }
}

struct Centre {
    peer: Peer,
    smpp: Arc<Smpp>,
    db: Database,
    worker: Worker,
    stop: oneshot::Sender<()>,
    running: tokio::task::JoinHandle<()>,
}

impl Centre {
    async fn start() -> Self {
        let peer = start_peer().await;
        let port: u16 = peer.ask("port").await;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let db = Database::open("sqlite::memory:").await.unwrap();
        certus_sms_bridge::migrate(&db).await.unwrap();
        let smpp = Smpp::new(settings(port, "s3cret"), Arc::clone(&clock), Random::from_seed(1)).unwrap();
        let smpp = Arc::new(smpp);
        let carrier: Arc<dyn Gateway> = Arc::<Smpp>::clone(&smpp);
        let routes = Arc::new(Routes::equal(vec![carrier]));
        let worker = Worker::new(
            db.clone(),
            Arc::clone(&clock),
            Random::from_seed(2),
            routes,
            WorkerSettings::default(),
        );
        let (stop, stopped) = oneshot::channel::<()>();
        let (gateway, incoming) = (Arc::clone(&smpp), Incoming::new(db.clone(), clock, || {}));
        let running =
            tokio::spawn(async move { gateway.run(incoming, async { drop(stopped.await) }.boxed()).await });
        let centre = Self { peer, smpp, db, worker, stop, running };
        centre.until(async || centre.peer.ask::<u32>("sessions").await == 1).await;
        // The session is ours once the answer to our bind is read.
        centre.until(async || centre.smpp.is_bound()).await;
        centre
    }

    async fn enqueue(&self, text: &str) -> MessageId {
        let now = SystemClock.now();
        let message = NewMessage {
            reference: "test".to_owned(),
            to: ANNA.parse().unwrap(),
            channel: Channel::Sms,
            body: text.to_owned(),
            urgency: Urgency::Alarm,
            due_at: now,
            valid_until: now + Duration::from_mins(10),
            otherwise: Vec::new(),
        };
        let (tx, mut batch) = (self.db.begin().await.unwrap(), Batch::default());
        let ids = outbox::enqueue(&mut batch, &tx.sealer(), now, &Random::from_system(), &[message]).unwrap();
        assert!(batch.commit(tx).await.unwrap());
        self.worker.step(SystemClock.now()).await.unwrap();
        ids[0]
    }

    async fn milestone(&self, id: MessageId) -> Milestone {
        let history = outbox::history(&self.db, "test").await.unwrap();
        history.into_iter().rev().find(|(message, ..)| *message == id).unwrap().1
    }

    async fn until(&self, is_so: impl AsyncFn() -> bool) {
        assert!(in_time(LIMIT, is_so).await.is_some(), "it never came to be");
    }

    async fn stop(self) {
        drop(self.stop);
        self.running.await.unwrap();
    }
}

pub(crate) async fn start_peer() -> Peer {
    start_peer_with(&[]).await
}

/// With the arguments of `tests/peers/smsc/peer.cjs`.
pub(crate) async fn start_peer_with(arguments: &[&str]) -> Peer {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/smsc");
    assert!(
        folder.join("node_modules/smpp").exists(),
        "npm's smpp is missing: `tests/run tests` installs it"
    );
    let program = folder.join("peer.cjs");
    let all: Vec<&str> =
        std::iter::once(program.to_str().unwrap()).chain(arguments.iter().copied()).collect();
    Peer::start_with("node", &all).await
}

pub(crate) fn settings(port: u16, password: &str) -> SmppSettings {
    let text = format!(
        "{{\"url\": \"smpp://127.0.0.1:{port}\", \"system_id\": \"larm\", \"password\": \"{password}\", \"from\": \"71700\", \"per_second\": 100}}"
    );
    serde_json::from_str(&text).unwrap()
}
