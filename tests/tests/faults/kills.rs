//! Kill -9 a hundred times under load: the process that starts next goes on where the dead one was.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_tests::databases::{self, Fresh};
use certus_tests::load::{Caller, pause};
use certus_tests::rest::Rest;
use rand::RngExt as _;

use crate::scene::{Scene, say};

/// On each database: so many under the fixed seed, the rest under a fresh one.
const KILLS: u32 = 100;
const KILLS_FIXED: u32 = 50;
const SEED: u64 = 3;

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_kills_under_load_on_sqlite_lose_nothing_and_ask_nobody_twice() {
    scenario(databases::sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_kills_under_load_on_postgresql_lose_nothing_and_ask_nobody_twice() {
    scenario(databases::postgres().await).await;
}

async fn scenario(fresh: Fresh) {
    let named = std::env::var("CERTUS_FAULTS_SEED").ok().map(|seed| seed.parse().unwrap());
    let seed: u64 = named.unwrap_or_else(|| Random::from_system().with(|rng| rng.random_range(0..1_000_000)));
    let story = format!("{}, SEED={SEED}, then CERTUS_FAULTS_SEED={seed}", fresh.name);
    say(&format!("kills: {story}"));
    let began = SystemClock.now();
    let scene = Scene::prepare(&fresh.db, SEED).await;
    let mut certus = scene.serve(&fresh.url, Vec::new()).await;
    let caller = Caller::of(&certus);
    let phones = caller.phones().await;
    let stop = Arc::new(AtomicBool::new(false));
    let load = tokio::spawn({
        let (stop, random) = (Arc::clone(&stop), Random::from_seed(SEED));
        async move { caller.load(&random, &phones, &stop).await }
    });
    for kill in 0..KILLS {
        let random = Random::from_seed(u64::from(kill) + if kill < KILLS_FIXED { SEED } else { seed });
        pause(random.with(|rng| rng.random_range(50..1_500))).await;
        certus.kill_9().await;
        certus.restart().await;
    }
    stop.store(true, Ordering::Relaxed);
    let books = load.await.unwrap();
    let rest = Rest { story: &story, db: &fresh.db, peer: &scene.peer, raised: &books.raised };
    let under_load = SystemClock.now().since(began).as_secs_f64();
    rest.reached().await;
    let asked = rest.check().await;
    let unknown = rest.unknown().await;
    assert!(books.raised.len() > KILLS as usize / 2, "{story}: hardly any load: {books:?}");
    certus.stop().await;
    let at_rest = SystemClock.now().since(began).as_secs_f64();
    let (incidents, closed, positions) = (books.raised.len(), books.closed, books.positions);
    say(&format!(
        "kills_{}: {KILLS} kills in {under_load:.0} s, at rest after {at_rest:.0} s; incidents {incidents}, closed \
         {closed}, call-outs {asked}, positions {positions}, lost 0, asked twice 0, {unknown}",
        fresh.name
    ));
}
