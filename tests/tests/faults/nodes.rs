//! Two nodes on one PostgreSQL, one of which stands still for half a minute and wakes.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::BTreeMap;
use std::time::Duration;

use certus_dispatcher::engine::store;
use certus_dispatcher::incident::IncidentId;
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database, Random, Timestamp, on};
use certus_sms_bridge::{Milestone, outbox};
use certus_tests::binary::Certus;
use certus_tests::databases;
use certus_tests::elks46_peer::Received;
use certus_tests::load::{Caller, pause, spread};
use certus_tests::rest::Rest;
use serde_json::json;

use crate::scene::{Scene, say, until};

const STILL: Duration = Duration::from_secs(30);
const LIMIT: Duration = Duration::from_mins(1);
/// What a worker says whose write was refused.
const LATE: &str = "A late answer was dropped";
/// The lock that every claim of a worker takes.
const TURN: &str = "UPDATE bridge_turns SET number = number + 1 WHERE name = 'lease'";

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stood_still_finds_its_messages_and_timers_taken_over_and_asks_nobody_twice() {
    let fresh = databases::postgres().await;
    let scene = Scene::prepare(&fresh.db, 6).await;
    let mut still = scene.serve(&fresh.url, Vec::new()).await;
    let mut other = scene.serve(&fresh.url, Vec::new()).await;
    let callers = [Caller::of(&still), Caller::of(&other)];
    let random = Random::from_seed(6);
    let mut raised = BTreeMap::new();
    let mut raise = async |caller: &Caller, key: &str| {
        let id = caller.raise(key, spread(&random)).await;
        raised.insert(key.to_owned(), id);
        id
    };

    // The gateway takes its time, so that the node is in the middle of sending.
    scene.peer.control("trouble", json!({"slow": 1_000, "slow_ms": 3_000})).await;
    let mut its = Vec::new();
    for number in 0..3 {
        its.push(raise(&callers[0], &format!("its-{number}")).await);
    }
    until("messages in flight", LIMIT, async || in_flight(&fresh.db).await > 0).await;
    pause(500).await; // on their way to the gateway, which has not answered yet
    let held = in_flight(&fresh.db).await;
    still.stand_still().await;
    let began = SystemClock.now();
    let last = timers(&fresh.db, &its).await.into_iter().flatten().max().unwrap();
    let due_in = last.since(began).as_secs_f64();
    let since = || SystemClock.now().since(began).as_secs_f64();

    scene.peer.control("trouble", json!({})).await;
    raise(&callers[1], "meanwhile").await;
    let raised_in = since();
    until("a message of the other node", LIMIT, async || call_outs_of(&other, &scene).await > 0).await;
    let message_in = since();
    let moved_on = async || {
        let now = SystemClock.now();
        now > last && timers(&fresh.db, &its).await.iter().flatten().all(|timer| *timer > now)
    };
    let none_in_flight = async || in_flight(&fresh.db).await == 0;
    let (taken_over_in, timers_in) = futures::join!(
        until("its messages taken over", LIMIT, none_in_flight),
        until("its timers taken over", LIMIT, moved_on)
    );
    let left = STILL.saturating_sub(SystemClock.now().since(began));
    pause(u64::try_from(left.as_millis()).unwrap()).await;
    let dropped_before = still.log().matches(LATE).count();
    still.go_on().await;

    let dropped = || still.log().matches(LATE).count() - dropped_before;
    until("its late writes are refused", LIMIT, async || dropped() > 0).await;
    raise(&callers[0], "afterwards-0").await;
    raise(&callers[1], "afterwards-1").await;
    let rest = Rest { story: "two nodes", db: &fresh.db, peer: &scene.peer, raised: &raised };
    rest.reached().await;
    let asked = rest.check().await;
    let unknown = rest.unknown().await;
    let refused = dropped();
    still.stop().await;
    other.stop().await;
    say(&format!(
        "standstill: {held} messages in flight; the other raised after {raised_in:.1} s, sent after {message_in:.1} s, \
         took over messages after {taken_over_in:.1} s, timers after {timers_in:.1} s (the last was due after {due_in:.1} s); late writes refused {refused}; \
         call-outs {asked}, asked twice 0, {unknown}"
    ));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stands_still_inside_a_transaction_holds_up_the_others_for_seconds_only() {
    let fresh = databases::postgres().await;
    let mut still = fresh.db.begin().await.unwrap();
    on!(still, c => sqlx::query(TURN).execute(c).await.map(drop)).unwrap();
    let began = SystemClock.now();
    let mut other = fresh.db.begin().await.unwrap();
    on!(other, c => sqlx::query(TURN).execute(c).await.map(drop)).unwrap();
    other.commit().await.unwrap();
    let held_up = SystemClock.now().since(began).as_secs_f64();
    assert!(held_up < 10.0, "held up for {held_up} s");
    still.commit().await.unwrap_err();
    say(&format!(
        "standstill_in_transaction: the others were held up for {held_up:.1} s, its late commit was refused"
    ));
}

async fn in_flight(db: &Database) -> u64 {
    outbox::tally(db).await.unwrap().at(Milestone::Transmitted)
}

/// When each incident has to be looked at next.
async fn timers(db: &Database, incidents: &[IncidentId]) -> Vec<Option<Timestamp>> {
    let mut timers = Vec::new();
    for id in incidents {
        timers.push(store::load(db, *id).await.unwrap().unwrap().wake_at());
    }
    timers
}

/// How many call-outs of this node phones have received.
async fn call_outs_of(node: &Certus, scene: &Scene) -> usize {
    let link = format!("{}/c/", node.base_url);
    let received: Vec<Received> = scene.peer.ask("phones").await;
    received.iter().filter(|received| received.message.contains(&link)).count()
}
