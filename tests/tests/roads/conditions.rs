//! `/v1/road-conditions` through the binary, on the streets of Gothenburg: what is set changes who is how far away, at every
//! node, and is still there after a restart.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::path::Path;
use std::time::Duration;

use certus_dispatcher::travel::roads::{Closure, Conditions, Graph, Roads, build};
use certus_dispatcher::travel::{StraightLine, TravelTime as _};
use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock as _, Metres, Mode, Position, Random};
use certus_tests::binary::{Certus, Setup};
use certus_tests::databases::{self, Fresh};
use certus_tests::load::in_time;
use certus_tests::osrm::gothenburg;
use rand::RngExt as _;
use reqwest::Method;
use serde_json::{Value, json};

const RADIUS: Metres = Metres(200.0);
/// Whoever is farther away is not asked, seconds: `reach_max_s` of the policy without the turnout.
const LIMIT_S: u32 = 1_600;
/// So much longer is the way round at least, seconds.
const LONGER_S: u32 = 30;
/// The policy's turnout by day and at night, seconds.
const TURNOUT_S: [u32; 2] = [102, 142];
/// The same places in every run.
const SEED: u64 = 8;
const ATTEMPTS_MAX: usize = 1_000;
const LIMIT: Duration = Duration::from_secs(30);
/// A closed place expires so soon.
const SHORT: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_closed_place_makes_the_way_in_a_decision_longer_and_still_does_after_a_restart() {
    for fresh in databases::both().await {
        let directory = tempfile::tempdir().unwrap();
        let drive = Drive::on(&road_file(directory.path()).await);
        register(&fresh, drive.home).await;
        let mut certus = Certus::start(&fresh.url, setup(directory.path())).await;
        drive.takes(&certus, drive.open_s, "-conditions-0+").await;
        let (status, told) = put(&certus, &drive.conditions(0)).await;
        assert_eq!(
            (status, &told["version"], &told["knows_roads"]),
            (200, &json!(1), &json!(true)),
            "{told}"
        );
        drive.takes(&certus, drive.closed_s, "-conditions-1+").await;
        assert_eq!(put(&certus, &drive.conditions(0)).await.0, 409, "{}", fresh.name);
        certus.kill_9().await;
        certus.restart().await;
        drive.takes(&certus, drive.closed_s, "-conditions-1+").await;
        let nothing = json!({"version": 1, "closures": [], "factors": {}});
        assert_eq!(put(&certus, &nothing).await.0, 200, "{}", fresh.name);
        drive.takes(&certus, drive.open_s, "-conditions-2+").await;
        certus.stop().await;
    }
}

#[tokio::test]
async fn what_is_set_at_one_node_holds_at_the_other_and_expires_there_by_itself() {
    let (fresh, directory) = (databases::postgres().await, tempfile::tempdir().unwrap());
    let drive = Drive::on(&road_file(directory.path()).await);
    register(&fresh, drive.home).await;
    let mut one = Certus::start(&fresh.url, setup(directory.path())).await;
    let mut other = Certus::start(&fresh.url, setup(directory.path())).await;
    let until_it_says = async |label: &str| {
        let says = async || drive.raise(&other).await.1.contains(label);
        assert!(in_time(LIMIT, says).await.is_some(), "{label}\n{}", other.log());
    };
    let mut conditions = drive.conditions(0);
    assert_eq!(put(&one, &conditions).await.0, 200);
    until_it_says("-conditions-1+").await;
    drive.takes(&other, drive.closed_s, "-conditions-1+").await;
    conditions["version"] = json!(1);
    conditions["closures"][0]["until"] = json!((SystemClock.now() + SHORT).rfc3339());
    let (status, told) = put(&one, &conditions).await;
    assert_eq!(status, 200, "{told}");
    until_it_says("-conditions-2.1+").await;
    drive.takes(&other, drive.open_s, "-conditions-2.1+").await;
    one.stop().await;
    other.stop().await;
}

fn setup(directory: &Path) -> Setup {
    let config = format!("[travel]\nroads = \"{}\"\n", directory.join("roads.certus").display());
    // Nothing is sent: whether Anna is reached does not matter here.
    Setup { config, serve: &["--only", "dispatcher"], ..Setup::default() }
}

async fn road_file(directory: &Path) -> Roads {
    let file = directory.join("roads.certus");
    build::from_pbf(&gothenburg().await, &|_, _| {}).unwrap().write(&file).unwrap();
    Roads::on(Graph::open(&file).unwrap(), StraightLine::default())
}

/// One person, who drives.
async fn register(fresh: &Fresh, home: Position) {
    let people = format!(
        "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n\
         Anna Berg,+99910000001,cpr,car,{},{},approved,2099-12-31\n",
        home.lat(),
        home.lon()
    );
    let (now, random) = (SystemClock.now(), Random::from_seed(1));
    import_volunteers(&fresh.db, now, &random, people.as_bytes(), Rows::AllOrNothing).await.unwrap();
}

async fn put(certus: &Certus, conditions: &Value) -> (u16, Value) {
    let request = certus.request(Method::PUT, "/v1/road-conditions").json(conditions);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// A way through a place that can be driven round.
#[derive(Debug)]
struct Drive {
    home: Position,
    scene: Position,
    block: Position,
    /// Seconds on the way, and on the way round.
    open_s: u32,
    closed_s: u32,
}

impl Drive {
    /// The first that is drawn and long enough.
    fn on(roads: &Roads) -> Self {
        let random = Random::from_seed(SEED);
        let drawn =
            (0..ATTEMPTS_MAX).map(|_| Self::between(roads, [(); 2].map(|()| somewhere(roads, &random))));
        let long_enough = |drive: &Self| {
            let range = drive.open_s + LONGER_S..LIMIT_S;
            drive.open_s > LONGER_S && range.contains(&drive.closed_s)
        };
        drawn.flatten().find(long_enough).expect("a way with a way round it")
    }

    fn between(roads: &Roads, [home, scene]: [Position; 2]) -> Option<Self> {
        let middle = |one: f64, other: f64| f64::midpoint(one, other);
        let block = Position::new(middle(home.lat(), scene.lat()), middle(home.lon(), scene.lon())).ok()?;
        let seconds = |closures| {
            roads.heed(Conditions { closures, ..Conditions::default() });
            let noon = "2026-11-26T12:00[Europe/Stockholm]".parse().unwrap();
            roads.towards(scene, &noon, LIMIT_S).seconds(home, Mode::Car)
        };
        let open_s = seconds(Vec::new())?;
        let closed_s = seconds(vec![Closure { at: block, radius: RADIUS }])?;
        Some(Self { home, scene, block, open_s, closed_s })
    }

    fn conditions(&self, version: u64) -> Value {
        let (lat, lon) = (self.block.lat(), self.block.lon());
        let closure = json!({"lat": lat, "lon": lon, "radius_m": RADIUS.0, "reason": "Broarbete"});
        json!({"version": version, "closures": [closure], "factors": {}})
    }

    /// A new alarm's decision says so.
    async fn takes(&self, certus: &Certus, seconds: u32, label: &str) {
        let (found, model) = self.raise(certus).await;
        let is_turnout = |rest: u32| TURNOUT_S.iter().any(|turnout| rest.abs_diff(*turnout) <= 1);
        assert!(is_turnout(found - seconds), "{found} s, expected {seconds} and a turnout: {self:?}");
        assert!(model.contains(label), "{model}, expected {label}");
    }

    /// Raises an alarm and closes it again; the person's seconds to the scene and the model's label in its decision.
    async fn raise(&self, certus: &Certus) -> (u32, String) {
        let place = json!({"lat": self.scene.lat(), "lon": self.scene.lon(), "name": "Göteborg"});
        let body = json!({"event_type": "cardiac_arrest", "place": place});
        let ask = async |method, path: &str, body: &Value| -> Value {
            let answer = certus.request(method, path).json(body).send().await.unwrap();
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json().await.unwrap()
        };
        let raised = ask(Method::POST, "/v1/incidents", &body).await;
        let path = format!("/v1/incidents/{}", raised["id"].as_str().unwrap());
        let decision = ask(Method::GET, &format!("{path}/decision"), &Value::Null).await;
        ask(Method::POST, &format!("{path}/close"), &Value::Null).await;
        let seconds = raised["callouts"][0]["seconds_to_scene"].as_u64().expect("Anna was asked");
        let model = decision["searches"][0]["travel_model"].as_str().unwrap().to_owned();
        (u32::try_from(seconds).unwrap(), model)
    }
}

fn somewhere(roads: &Roads, random: &Random) -> Position {
    let [south, west, north, east] = roads.graph().facts().bounds;
    let (lat, lon) = random.with(|rng| (rng.random_range(south..north), rng.random_range(west..east)));
    Position::new(lat, lon).unwrap()
}
