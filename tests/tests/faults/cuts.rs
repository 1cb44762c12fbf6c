//! The database is cut off for ten seconds and comes back: refused, or silent.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::BTreeMap;
use std::time::Duration;

use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_tests::binary::Certus;
use certus_tests::databases;
use certus_tests::load::{Caller, spread};
use certus_tests::proxy::{Line, Proxy};
use certus_tests::rest::Rest;
use futures::future::join_all;
use serde_json::Value;

use crate::scene::{Scene, phones, say, until};

const CUT: Duration = Duration::from_secs(10);
/// Incidents that somebody tries to raise meanwhile.
const CALLERS: usize = 4;
/// The server's own limit for a request, and a little.
const ANSWER_LIMIT_S: f64 = 11.0;
/// Until everything works again: what was begun before the line came back is given up after 15 s.
const RECOVERY_LIMIT: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_cut_off_costs_503s_and_nothing_else() {
    scenario("refused", Line::Cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_falls_silent_costs_503s_and_nothing_else() {
    scenario("silent", Line::Silent).await;
}

async fn scenario(name: &str, fault: Line) {
    let fresh = databases::postgres().await;
    let (server, database) = fresh.url.rsplit_once('/').unwrap();
    let (user, server) = server.split_once('@').unwrap();
    let proxy = Proxy::start(server).await;
    let scene = Scene::prepare(&fresh.db, 11).await;
    let mut certus = scene.serve(&format!("{user}@{}/{database}", proxy.address), Vec::new()).await;
    let caller = Caller::of(&certus);
    let random = Random::from_seed(11);
    let mut raised = BTreeMap::new();
    raised.insert("before".to_owned(), caller.raise("before", spread(&random)).await);
    until("a call-out", RECOVERY_LIMIT, async || phones(&scene).await > 0).await;

    let places = [(); CALLERS].map(|()| spread(&random));
    proxy.set(fault);
    let began = SystemClock.now();
    let mut slowest = 0_f64;
    let mut refused = 0;
    while SystemClock.now().since(began) < CUT {
        assert_eq!(certus.operations("/health/ready").send().await.unwrap().status(), 503, "not ready");
        assert_eq!(certus.operations("/health/live").send().await.unwrap().status(), 200, "but alive");
        let attempts = places.iter().enumerate().map(|(n, place)| refused_in(&caller, key(n), *place));
        slowest = join_all(attempts).await.into_iter().fold(slowest, f64::max);
        refused += CALLERS;
    }
    proxy.set(Line::Up);

    let mended = SystemClock.now();
    until("ready again", RECOVERY_LIMIT, async || is_ready(&certus).await).await;
    let known = phones(&scene).await;
    for (n, place) in places.into_iter().enumerate() {
        raised.insert(key(n), caller.raise(&key(n), place).await);
    }
    let raised_after = SystemClock.now().since(mended).as_secs_f64();
    until("a message", RECOVERY_LIMIT, async || phones(&scene).await > known).await;
    let message_after = SystemClock.now().since(mended).as_secs_f64();
    assert!(message_after < RECOVERY_LIMIT.as_secs_f64(), "{message_after} s");

    let rest = Rest { story: name, db: &fresh.db, peer: &scene.peer, raised: &raised };
    rest.reached().await;
    let asked = rest.check().await;
    certus.stop().await;
    say(&format!(
        "cut_{name}: refused {refused}, slowest answer {slowest:.1} s; after the end: raised {raised_after:.1} s, \
         message {message_after:.1} s; call-outs {asked}, lost 0"
    ));
}

/// Of the incident that this caller tries to raise, again and again.
fn key(caller: usize) -> String {
    format!("during-{caller}")
}

/// One attempt is refused as it should be; gives after how many seconds.
async fn refused_in(caller: &Caller, key: String, place: (f64, f64)) -> f64 {
    let began = SystemClock.now();
    let answer = caller.raise_once(&key, place).send().await.unwrap();
    let took = SystemClock.now().since(began).as_secs_f64();
    assert!(took < ANSWER_LIMIT_S, "answered after {took} s");
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"), "no advice when to try again");
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert!(["unavailable", "timed_out"].contains(&problem["code"].as_str().unwrap()), "{problem}");
    took
}

async fn is_ready(certus: &Certus) -> bool {
    certus.operations("/health/ready").send().await.is_ok_and(|answer| answer.status() == 200)
}
