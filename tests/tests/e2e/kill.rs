//! Kill -9 in the middle of twenty incidents: every incident goes on, nobody is asked twice, nothing accepted is lost.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests: a panic is the failure")]

use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::time::Duration;

use certus_dispatcher::engine::store;
use certus_dispatcher::incident::{Incident, IncidentId, Phase, State};
use certus_dispatcher::node;
use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random, SecretHash};
use certus_sms_bridge::{Milestone, inbox, outbox};
use certus_tests::binary::{Certus, Setup};
use certus_tests::databases::{self, Fresh};
use certus_tests::elks46_peer::{Received, Reply};
use rand::RngExt as _;
use serde_json::{Value, json};

use crate::peer::Peer;

const INCIDENTS: u32 = 20;
const VOLUNTEERS: u32 = 200;
/// From the last answer until everything has come to rest: two leases of the worker, and the waves.
const REST_LIMIT: Duration = Duration::from_mins(4);
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
    node::migrate(&fresh.db).await.unwrap();
    let people = volunteers(&random);
    import_volunteers(&fresh.db, SystemClock.now(), &random, people.as_bytes(), Rows::AllOrNothing)
        .await
        .unwrap();
    let peer = Peer::start().await;
    let (mut certus, _policies) = start(&fresh, &peer).await;
    peer.reply_to(&certus.base_url).await;
    let answers = json!({"seed": seed, "yes": 0.5, "no": 0.3, "after_ms_min": 50, "after_ms_max": 3_000});
    peer.control("answers", answers).await;

    let raising = tokio::spawn(raise_all(certus.base_url.clone(), certus.key.clone(), random.fork()));
    pause(random.with(|rng| rng.random_range(100..6_000))).await;
    certus.kill_9().await;
    pause(random.with(|rng| rng.random_range(0..1_500))).await;
    certus.restart().await;
    let raised = raising.await.unwrap();

    until_at_rest(seed, &fresh, &peer, &raised).await;
    check_incidents(seed, &fresh, &raised).await;
    check_requests(seed, &certus, &raised).await;
    check_phones(seed, &fresh, &peer).await;
    check_replies(seed, &fresh, &peer).await;
    certus.stop().await;
}

async fn start(fresh: &Fresh, peer: &Peer) -> (Certus, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("policies.toml");
    let mut policies = include_str!("../../../dispatcher/policies.toml").to_owned();
    for timeout in [90, 120, 180, 300] {
        policies = policies.replace(&format!("wave_timeout_s = {timeout}\n"), "wave_timeout_s = 20\n");
    }
    std::fs::write(&file, policies).unwrap();
    let config = format!("policies = {:?}\n{}", file.display().to_string(), peer.gateway());
    let setup = Setup { config, expected_warnings: EXPECTED.to_vec(), ..Setup::default() };
    (Certus::start(&fresh.url, setup).await, directory)
}

/// People on duty, around Östersund.
fn volunteers(random: &Random) -> String {
    let mut csv = "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n".to_owned();
    for n in 0..VOLUNTEERS {
        let (north, east) = spread(random);
        let _ =
            writeln!(csv, "Person {n},+9991000{n:04},cpr first_aid,car,{north},{east},approved,2099-12-31");
    }
    csv
}

fn spread(random: &Random) -> (f64, f64) {
    random.with(|rng| (63.18 + rng.random_range(-0.1..0.1), 14.64 + rng.random_range(-0.2..0.2)))
}

/// Raises all incidents, each under its own key, and repeats every request that got no answer.
async fn raise_all(base_url: String, key: String, random: Random) -> BTreeMap<String, IncidentId> {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(12)).build().unwrap();
    let mut raised = BTreeMap::new();
    for number in 0..INCIDENTS {
        let (lat, lon) = spread(&random);
        let place = json!({"lat": lat, "lon": lon, "name": format!("Plats {number}")});
        let body = json!({"event_type": "cardiac_arrest", "place": place});
        let idempotency = format!("sos-{number}");
        let incident = loop {
            let request = client.post(format!("{base_url}/v1/incidents")).bearer_auth(&key);
            match request.header("Idempotency-Key", &idempotency).json(&body).send().await {
                Ok(answer) if answer.status() == 201 => break answer.json::<Value>().await.unwrap(),
                Ok(answer) if answer.status() != 503 && answer.status() != 409 => {
                    panic!("{}", answer.text().await.unwrap())
                }
                Ok(_) | Err(_) => pause(50).await,
            }
        };
        raised.insert(idempotency, incident["id"].as_str().unwrap().parse().unwrap());
        pause(random.with(|rng| rng.random_range(0..400))).await;
    }
    raised
}

/// Every reply is taken and handled, every message has left, and no wave is out.
async fn until_at_rest(seed: u64, fresh: &Fresh, peer: &Peer, raised: &BTreeMap<String, IncidentId>) {
    let deadline = SystemClock.now() + REST_LIMIT;
    loop {
        let asking = incidents(fresh, raised).await.iter().any(|i| i.phase == Phase::Asking);
        let webhooks: u64 = peer.ask("waiting").await;
        let replies: Vec<Reply> = peer.ask("replies").await;
        let untaken = replies.iter().filter(|reply| !reply.taken).count();
        let unhandled = inbox::unhandled(&fresh.db, 1_000).await.unwrap().len();
        let tally = outbox::tally(&fresh.db).await.unwrap();
        let unsent = tally.at(Milestone::Stored) + tally.at(Milestone::Transmitted);
        if !asking && webhooks == 0 && untaken == 0 && unhandled == 0 && unsent == 0 {
            return;
        }
        let state = format!(
            "asking {asking}, webhooks {webhooks}, untaken {untaken}, unhandled {unhandled}, unsent {unsent}"
        );
        assert!(SystemClock.now() < deadline, "SEED={seed}: no rest: {state}");
        pause(250).await;
    }
}

async fn incidents(fresh: &Fresh, raised: &BTreeMap<String, IncidentId>) -> Vec<Incident> {
    let mut incidents = Vec::new();
    for id in raised.values() {
        incidents
            .push(store::load(&fresh.db, *id).await.unwrap().expect("an incident that was answered 201"));
    }
    incidents
}

/// Each goes on, has kept nobody too many, and is what its log says, byte for byte.
async fn check_incidents(seed: u64, fresh: &Fresh, raised: &BTreeMap<String, IncidentId>) {
    assert_eq!(
        store::list(&fresh.db, false, 1_000).await.unwrap().len(),
        raised.len(),
        "SEED={seed}: raised twice"
    );
    for incident in incidents(fresh, raised).await {
        let log = store::log(&fresh.db, incident.id).await.unwrap();
        // The next search may have been logged since the state was read.
        let log = log.iter().take(usize::try_from(incident.version).unwrap());
        let replayed = Incident::replay(log.map(|(at, event)| (*at, event))).unwrap();
        let (replayed, stored) =
            (serde_json::to_string(&replayed).unwrap(), serde_json::to_string(&incident).unwrap());
        assert_eq!(replayed, stored, "SEED={seed}: the log tells another story");
        let closed = matches!(incident.phase, Phase::Closed { .. });
        assert!(closed || incident.wake_at().is_some(), "SEED={seed}: {} has no timer", incident.id);
        assert!(incident.filled() <= incident.wanted, "SEED={seed}: too many kept");
        let waits = |state: &State| matches!(state, State::Asked | State::Seen { .. });
        assert!(!incident.callouts.iter().any(|c| waits(&c.state)), "SEED={seed}: somebody was left waiting");
    }
}

/// The same request again is the same incident.
async fn check_requests(seed: u64, certus: &Certus, raised: &BTreeMap<String, IncidentId>) {
    let ids: HashSet<_> = raised.values().collect();
    assert_eq!(ids.len(), raised.len(), "SEED={seed}: two requests gave one incident");
    let listed = certus.request(reqwest::Method::GET, "/v1/incidents?state=all").send().await.unwrap();
    let listed: Value = listed.json().await.unwrap();
    assert_eq!(listed["incidents"].as_array().unwrap().len(), raised.len(), "SEED={seed}");
}

/// Nobody's phone got two call-outs of one incident, nor one that was too old.
async fn check_phones(seed: u64, fresh: &Fresh, peer: &Peer) {
    let received: Vec<Received> = peer.ask("phones").await;
    let mut asked = HashSet::new();
    for message in received.iter().filter(|message| message.message.contains("/c/")) {
        let secret = message.message.rsplit('/').next().unwrap();
        let callout = store::by_secret(&fresh.db, &SecretHash::of_dated(secret))
            .await
            .unwrap()
            .expect("a link that opens");
        assert!(asked.insert((callout.incident, message.to.clone())), "SEED={seed}: asked twice");
        let incident = store::load(&fresh.db, callout.incident).await.unwrap().unwrap();
        let asked_at = incident.callout(callout.responder).unwrap().asked_at;
        let valid_until = (asked_at + incident.policy.alert_valid.span()).as_millis();
        assert!(message.at_ms <= valid_until, "SEED={seed}: delivered after its validity");
    }
    assert!(asked.len() > INCIDENTS as usize, "SEED={seed}: hardly anybody was asked");
}

/// Whatever a webhook took is in the inbox once and has been acted on.
async fn check_replies(seed: u64, fresh: &Fresh, peer: &Peer) {
    let replies: Vec<Reply> = peer.ask("replies").await;
    assert_eq!(
        inbox::count(&fresh.db).await.unwrap(),
        replies.len() as u64,
        "SEED={seed}: replies lost or doubled"
    );
    assert!(inbox::unhandled(&fresh.db, 10).await.unwrap().is_empty(), "SEED={seed}");
}

async fn pause(milliseconds: u64) {
    SystemClock.sleep_until(SystemClock.now() + Duration::from_millis(milliseconds)).await;
}
