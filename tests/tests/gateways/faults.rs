//! What can go wrong with a provider, row by row: nothing is lost and nobody is alerted twice. The provider is npm's `smpp`;
//! the bridge is whole, from the outbox to the session. The rows about the bridge itself are in `tests/faults`.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use certus_registry::Random;
use certus_registry::time::SystemClock;
use certus_sms_bridge::smpp::Smpp;
use certus_sms_bridge::{MessageId, Milestone, outbox};
use certus_tests::binary::free_addresses;
use certus_tests::line::Line;
use certus_tests::load::pause;
use certus_tests::peer::Peer;
use serde::Deserialize;
use serde_json::json;

use crate::smpp::{settings, start_peer, start_peer_with};

const HOUR: Duration = Duration::from_hours(1);
const BATCH: usize = 40;
/// Long enough for a second copy to leave, had one been planned.
const QUIET_MS: u64 = 2_000;

#[tokio::test]
async fn a_gateway_that_is_down_at_the_start_gets_everything_once_it_is_there() {
    let [address]: [String; 1] = free_addresses();
    let port: u16 = address.rsplit_once(':').unwrap().1.parse().unwrap();
    let line = line(port).await;
    let batch = Batch::of(&line, BATCH).await;
    let peer = start_peer_with(&[&port.to_string()]).await;
    batch.ends(&line, &[Milestone::Delivered]).await;
    batch.reached_their_phones_once(&peer, &line).await;
    line.stop().await;
}

#[tokio::test]
async fn a_gateway_that_dies_in_the_middle_of_a_batch_leaves_no_doubt_but_about_what_was_in_its_hands() {
    let (peer, line) = both().await;
    peer.control("trouble", json!({"dieAfter": 15})).await;
    let batch = Batch::of(&line, BATCH).await;
    line.until(async || peer.ask::<u32>("sessions").await == 0).await;
    peer.control("trouble", json!({})).await;
    peer.control("revive", json!({})).await;
    // Those before it died may be without their receipts: accepted, and unknown when their time is over.
    batch.ends(&line, &[Milestone::Delivered, Milestone::Accepted, Milestone::Unknown]).await;
    let ends = batch.reached_their_phones_once(&peer, &line).await;
    assert!((1..=10).contains(&count(&ends, Milestone::Unknown)), "at most a window of them: {ends:?}");
    assert!(count(&ends, Milestone::Delivered) >= BATCH - 15 - 10, "{ends:?}");
    line.stop().await;
}

#[tokio::test]
async fn messages_that_are_never_reported_stay_accepted_and_are_not_sent_again() {
    let (peer, line) = both().await;
    peer.control("trouble", json!({"receipts": "none"})).await;
    let batch = Batch::of(&line, BATCH).await;
    batch.ends(&line, &[Milestone::Accepted]).await; // until validity and grace are over: `worker::…no_receipt…`
    pause(QUIET_MS).await;
    batch.reached_their_phones_once(&peer, &line).await;
    line.stop().await;
}

#[tokio::test]
async fn reports_that_come_twice_or_in_the_wrong_order_say_the_same() {
    for stats in [json!(["DELIVRD", "DELIVRD"]), json!(["DELIVRD", "ENROUTE"]), json!(["DELIVRD", "UNDELIV"])]
    {
        for receipts in ["before", "after"] {
            let (peer, line) = both().await;
            peer.control("trouble", json!({"stats": stats, "receipts": receipts})).await;
            let batch = Batch::of(&line, BATCH).await;
            batch.ends(&line, &[Milestone::Delivered]).await;
            pause(QUIET_MS / 4).await;
            batch.ends(&line, &[Milestone::Delivered]).await;
            batch.reached_their_phones_once(&peer, &line).await;
            let told = outbox::unreported(&line.db, 1_000).await.unwrap();
            assert_eq!(told.len(), BATCH, "each end is told once");
            line.stop().await;
        }
    }
}

#[tokio::test]
async fn a_part_that_fails_before_its_own_answer_is_not_taken_for_one_that_arrived() {
    let (peer, line) = both().await;
    peer.control("trouble", json!({"failPart": 1, "receipts": "before"})).await;
    let id = line.enqueue(&"Ä".repeat(400), HOUR).await;
    line.until_at(id, Milestone::Errored).await;
    line.stop().await;
}

#[tokio::test]
async fn a_gateway_that_throttles_gets_everything_once() {
    let (peer, line) = both().await;
    peer.control("trouble", json!({"times": 25, "status": 0x58})).await;
    let batch = Batch::of(&line, BATCH).await;
    batch.ends(&line, &[Milestone::Delivered]).await;
    batch.reached_their_phones_once(&peer, &line).await;
    line.stop().await;
}

#[tokio::test]
async fn rubbish_in_place_of_answers_costs_a_session_and_nobody_a_second_alarm() {
    let (peer, line) = both().await;
    peer.control("trouble", json!({"times": 3, "garbage": true})).await;
    let batch = Batch::of(&line, BATCH).await;
    batch.ends(&line, &[Milestone::Delivered, Milestone::Accepted, Milestone::Unknown]).await;
    let ends = batch.reached_their_phones_once(&peer, &line).await;
    assert!(count(&ends, Milestone::Unknown) <= 3 * 10, "what was in flight in each session: {ends:?}");
    let after = Batch::of(&line, 5).await;
    after.ends(&line, &[Milestone::Delivered]).await;
    line.stop().await;
}

#[tokio::test]
async fn a_slow_gateway_gets_everything_once_and_a_window_at_a_time() {
    let (peer, line) = both().await;
    peer.control("trouble", json!({"slow": 2_000})).await;
    let batch = Batch::of(&line, BATCH).await;
    batch.ends(&line, &[Milestone::Delivered]).await;
    batch.reached_their_phones_once(&peer, &line).await;
    line.stop().await;
}

fn count(ends: &BTreeMap<Milestone, usize>, milestone: Milestone) -> usize {
    ends.get(&milestone).copied().unwrap_or(0)
}

/// A centre and a bridge with a session to it.
async fn both() -> (Peer, Line) {
    let peer = start_peer().await;
    let line = line(peer.ask("port").await).await;
    line.until(async || peer.ask::<u32>("sessions").await == 1).await;
    (peer, line)
}

async fn line(port: u16) -> Line {
    let smpp = Smpp::new(settings(port, "s3cret"), Arc::new(SystemClock), Random::from_system()).unwrap();
    Line::of(Arc::new(smpp)).await
}

/// Messages with different words.
struct Batch(BTreeMap<String, MessageId>);

/// A submission as the centre saw it.
#[derive(Debug, Deserialize)]
struct Taken {
    text: String,
}

impl Batch {
    async fn of(line: &Line, count: usize) -> Self {
        let mut all = BTreeMap::new();
        for number in 0..count {
            let text = format!("Larm {number} {}", Random::from_system().bytes::<1>()[0]);
            all.insert(text.clone(), line.enqueue(&text, HOUR).await);
        }
        Self(all)
    }

    /// Waits until every one stands at one of these.
    async fn ends(&self, line: &Line, milestones: &[Milestone]) {
        line.until(async || self.standing(line).await.keys().all(|at| milestones.contains(at))).await;
    }

    async fn standing(&self, line: &Line) -> BTreeMap<Milestone, usize> {
        let history = outbox::history(&line.db, "test").await.unwrap();
        let last: BTreeMap<MessageId, Milestone> =
            history.into_iter().map(|(id, milestone, _)| (id, milestone)).collect();
        let mut counts = BTreeMap::new();
        for id in self.0.values() {
            *counts.entry(last[id]).or_default() += 1;
        }
        counts
    }

    /// No text was taken twice, and every one that is not in doubt was taken.
    async fn reached_their_phones_once(&self, peer: &Peer, line: &Line) -> BTreeMap<Milestone, usize> {
        let taken: Vec<Taken> = peer.ask("received").await;
        let texts: BTreeSet<&str> = taken.iter().map(|sm| sm.text.as_str()).collect();
        assert_eq!(texts.len(), taken.len(), "nothing twice");
        for (text, id) in &self.0 {
            let there = texts.contains(text.as_str()) || line.milestone(*id).await == Milestone::Unknown;
            assert!(there, "{text} is not lost");
        }
        self.standing(line).await
    }
}
