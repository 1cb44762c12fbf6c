//! Travel times asked of OSRM and of Valhalla, both real, on the streets of Gothenburg.

use std::time::Duration;

use certus_dispatcher::travel::remote::{Kind, Remote, Router};
use certus_dispatcher::travel::{StraightLine, TravelTime as _};
use certus_registry::time::SystemClock;
use certus_registry::{Clock as _, Mode, Position, Random, Timestamp};
use certus_tests::osrm::{Osrm, Prepared, gothenburg};
use certus_tests::valhalla::Valhalla;
use rand::RngExt as _;

const PEOPLE: usize = 20;
const LIMIT_S: u32 = 3_600;
/// In the streets' middle, degrees.
const SCENE: [f64; 2] = [57.7, 11.97];
/// People live so far from it at most, degrees.
const AROUND: f64 = 0.03;
const SEED: u64 = 4;
/// A router on a busy machine may take longer than an alarm waits for it; then it is left alone, and asked again.
const ATTEMPTS_MAX: u32 = 20;

#[tokio::test]
async fn osrm_and_valhalla_are_asked_once_and_their_times_hold() {
    let map = gothenburg().await;
    let (osrm, valhalla) = (Osrm::start(&map, Prepared::Contracted).await, Valhalla::start(&map).await);
    let (scene, people) = places(&osrm).await;
    let by_osrm = asked(Kind::Osrm, &osrm.url, scene, &people).await;
    let by_valhalla = asked(Kind::Valhalla, &valhalla.url, scene, &people).await;
    let themselves = osrm.seconds_to(scene, &people).await;
    let mut ratios = Vec::new();
    for ((ours, theirs), valhalla) in by_osrm.iter().zip(themselves).zip(&by_valhalla) {
        let theirs = theirs.expect("streets that hang together");
        assert!((f64::from(*ours) - theirs).abs() < 1.0, "{ours} {theirs}");
        ratios.push(f64::from(*valhalla) / theirs);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let median = ratios[PEOPLE / 2];
    assert!((0.5..2.0).contains(&median), "two routers on one map differ by {median}: {ratios:?}");
}

/// Seconds by the router, once it has been asked.
async fn asked(kind: Kind, url: &str, scene: Position, people: &[Position]) -> Vec<u32> {
    let router = Router::new(kind, url.to_owned()).expect("an HTTP client");
    let remote = Remote::new(router, StraightLine::default());
    let noon = "2026-06-01T12:00[Europe/Stockholm]".parse().expect("a time");
    let look = || {
        let ways = remote.towards(scene, &noon, LIMIT_S);
        let seconds: Vec<u32> = people
            .iter()
            .map(|place| ways.seconds(*place, Mode::Car).expect("a car goes anywhere"))
            .collect();
        (seconds, ways.label())
    };
    let (_, label) = look();
    assert_eq!(label, format!("{}-without-{kind}", StraightLine::default().label()));
    let mut now: Timestamp = SystemClock.now();
    let mut attempts = 0;
    while !remote.fetch(now).await {
        attempts += 1;
        assert!(attempts < ATTEMPTS_MAX, "{kind} does not answer at {url}");
        now = now + Duration::from_mins(1); // it was left alone for so long
        look();
    }
    let (seconds, label) = look();
    assert_eq!(label, format!("{kind}+{}", StraightLine::default().label()));
    seconds
}

/// The scene and where people are, all on roads.
async fn places(osrm: &Osrm) -> (Position, Vec<Position>) {
    let random = Random::from_seed(SEED);
    let mut drawn = Vec::new();
    for _ in 0..=PEOPLE {
        let beside =
            random.with(|rng| [rng.random_range(-AROUND..AROUND), rng.random_range(-AROUND..AROUND)]);
        let near = Position::new(SCENE[0] + beside[0], SCENE[1] + beside[1]).expect("in Gothenburg");
        drawn.push(osrm.on_a_road(near).await);
    }
    (drawn[0], drawn.split_off(1))
}
