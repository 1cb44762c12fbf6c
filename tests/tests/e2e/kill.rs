//! Kill -9 in the middle of twenty incidents: every incident goes on, nobody is asked twice, nothing accepted is lost.
//! A hundred kills under load are in the suite `faults`.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use certus_dispatcher::incident::IncidentId;
use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_tests::binary::{Certus, Setup};
use certus_tests::databases::{self, Fresh};
use certus_tests::load::{self, Caller, pause, spread};
use certus_tests::peer::Peer;
use certus_tests::rest::Rest;
use rand::RngExt as _;
use serde_json::{Value, json};

use crate::PEER;

const INCIDENTS: u32 = 20;
const VOLUNTEERS: u32 = 200;
/// What a killed process and its successor rightly say.
const EXPECTED: [&str; 4] = [
    "A gateway gave no answer",
    "left in flight",
    "A message was not accepted",
    // A machine that does five of these at once may keep a request waiting for ten seconds; it is sent again.
    "\"problem.code\":\"timed_out\"",
];

#[tokio::test]
async fn ten_kills_in_the_middle_of_twenty_incidents_lose_nothing_and_ask_nobody_twice() {
    let mut failures = String::new();
    // Five at once: each waits most of its time for leases and waves.
    for seeds in [1..=5, 6..=10] {
        let runs: Vec<_> = seeds.map(|seed| (seed, tokio::spawn(run(seed)))).collect();
        for (seed, run) in runs {
            if run.await.is_err() {
                let _ = writeln!(failures, "SEED={seed} failed; its story is above");
            }
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

/// Every fifth on PostgreSQL.
async fn run(seed: u64) {
    let fresh = if seed.is_multiple_of(5) { databases::postgres().await } else { databases::sqlite().await };
    scenario(seed, fresh).await;
}

async fn scenario(seed: u64, fresh: Fresh) {
    let random = Random::from_seed(seed);
    let people = load::people(&random, VOLUNTEERS);
    import_volunteers(&fresh.db, SystemClock.now(), &random, people.as_bytes(), Rows::AllOrNothing)
        .await
        .unwrap();
    let peer = Peer::start(PEER).await;
    let (mut certus, _policies) = start(&fresh, &peer).await;
    peer.reply_to(&certus.base_url).await;
    let answers = json!({"seed": seed, "yes": 0.5, "no": 0.3, "after_ms_min": 50, "after_ms_max": 3_000});
    peer.control("answers", answers).await;

    let raising = tokio::spawn(raise_all(Caller::of(&certus), random.fork()));
    pause(random.with(|rng| rng.random_range(100..6_000))).await;
    certus.kill_9().await;
    pause(random.with(|rng| rng.random_range(0..1_500))).await;
    certus.restart().await;
    let raised = raising.await.unwrap();

    let story = format!("SEED={seed}");
    let rest = Rest { story: &story, db: &fresh.db, peer: &peer, raised: &raised };
    rest.reached().await;
    let asked = rest.check().await;
    assert!(asked > INCIDENTS as usize, "{story}: hardly anybody was asked");
    check_list(&story, &certus, &raised).await;
    certus.stop().await;
}

async fn start(fresh: &Fresh, peer: &Peer) -> (Certus, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let file = load::quick_policies(directory.path());
    let config = format!("policies = {:?}\n{}", file.display().to_string(), peer.gateway());
    let setup = Setup { config, expected_warnings: EXPECTED.to_vec(), ..Setup::default() };
    (Certus::start(&fresh.url, setup).await, directory)
}

/// Raises all incidents, each under its own key.
async fn raise_all(caller: Caller, random: Random) -> BTreeMap<String, IncidentId> {
    let mut raised = BTreeMap::new();
    for number in 0..INCIDENTS {
        let idempotency = format!("sos-{number}");
        let id = caller.raise(&idempotency, spread(&random)).await;
        raised.insert(idempotency, id);
        pause(random.with(|rng| rng.random_range(0..400))).await;
    }
    raised
}

/// The API tells of them all.
async fn check_list(story: &str, certus: &Certus, raised: &BTreeMap<String, IncidentId>) {
    let listed = certus.request(reqwest::Method::GET, "/v1/incidents?state=all").send().await.unwrap();
    let listed: Value = listed.json().await.unwrap();
    assert_eq!(listed["incidents"].as_array().unwrap().len(), raised.len(), "{story}");
}
