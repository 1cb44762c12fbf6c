//! Our travel times beside OSRM's on the same file, with the car profile that OSRM brings.
//!
//! One factor for the whole map is taken out, which is how a county would calibrate. What counts then is how far single
//! times differ, and how many seconds are lost when our nearest person is sent instead of OSRM's: the regret. More files
//! through `CERTUS_TEST_OSM`, a directory of `.osm.pbf`; other places through `CERTUS_TEST_SEEDS`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use certus_dispatcher::travel::roads::{Roads, build};
use certus_dispatcher::travel::{StraightLine, TravelTime as _};
use certus_registry::{Mode, Position, Random};
use certus_tests::osrm::{Osrm, Prepared, gothenburg};
use rand::RngExt as _;

const INCIDENTS: usize = 40;
const RESPONDERS: usize = 50;
/// Beyond any town's width, so that every way is answered, seconds.
const LIMIT_S: u32 = 20_000;
/// Shorter times say nothing about a share of them: ours are whole seconds.
const COUNTED_FROM_S: f64 = 60.0;
const ERROR_MAX: f64 = 0.03;
const REGRET_MAX_S: f64 = 2.0;
/// A scene is drawn again at most this often.
const ATTEMPTS_MAX: usize = 50;
/// The same places in every run.
const SEED: u64 = 20;

/// What one file gave.
struct Figures {
    pairs: usize,
    unanswered: usize,
    scale: f64,
    median_error: f64,
    mean_regret_s: f64,
}

/// The times of one incident: theirs and ours, seconds.
type Pairs = Vec<(f64, f64)>;

#[tokio::test]
async fn in_gothenburg_times_are_those_of_osrm() {
    compare(&gothenburg().await).await;
}

#[tokio::test]
async fn on_further_maps_times_are_those_of_osrm() {
    let Some(directory) = std::env::var_os("CERTUS_TEST_OSM") else { return };
    let entries = std::fs::read_dir(directory).expect("a directory of .osm.pbf files");
    let files = entries.map(|entry| entry.expect("a readable directory").path());
    let mut maps: Vec<PathBuf> = files.filter(|file| file.to_string_lossy().ends_with(".osm.pbf")).collect();
    maps.sort();
    assert!(!maps.is_empty(), "CERTUS_TEST_OSM names a directory without .osm.pbf files");
    for map in maps {
        compare(&map).await;
    }
}

async fn compare(map: &Path) {
    let graph = build::from_pbf(map, &|_, _| {}).expect("the map is an OpenStreetMap file");
    let (roads, osrm) =
        (Roads::on(graph, StraightLine::default()), Osrm::start(map, Prepared::Contracted).await);
    let name = map.file_name().expect("a file").to_string_lossy();
    let mut wrong = Vec::new();
    for seed in seeds() {
        let mut incidents = Vec::new();
        let random = Random::from_seed(seed);
        for _ in 0..INCIDENTS {
            let drawn = incident(&roads, &osrm, &random).await;
            incidents.push(drawn.expect("somewhere on the map one gets away from"));
        }
        let figures = Figures::of(&incidents);
        let line = figures.line(&format!("{name}, seed {seed},"));
        writeln!(std::io::stdout().lock(), "figures: {line}").expect("stdout"); // past the capture, for `tests/run`
        wrong.extend(figures.wrong().map(|what| format!("{line}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// [`SEED`], or those that `CERTUS_TEST_SEEDS` names, with commas between them.
fn seeds() -> Vec<u64> {
    let named = std::env::var("CERTUS_TEST_SEEDS").unwrap_or_else(|_| SEED.to_string());
    named.split(',').map(|seed| seed.trim().parse().expect("CERTUS_TEST_SEEDS holds numbers")).collect()
}

/// One whose scene OSRM leaves where it is, with most of its people; `None` when none of [`ATTEMPTS_MAX`] is such.
async fn incident(roads: &Roads, osrm: &Osrm, random: &Random) -> Option<Pairs> {
    for _ in 0..ATTEMPTS_MAX {
        let pairs = attempt(roads, osrm, random).await;
        if pairs.len() * 2 >= RESPONDERS {
            return Some(pairs);
        }
    }
    None
}

async fn attempt(roads: &Roads, osrm: &Osrm, random: &Random) -> Pairs {
    let mut places = Vec::new();
    while places.len() <= RESPONDERS {
        places.push(osrm.on_a_road(somewhere(roads, random)).await);
    }
    let (scene, people) = (places[0], &places[1..]);
    let ways = roads.towards(scene, &"2026-06-01T12:00[Europe/Stockholm]".parse().expect("a time"), LIMIT_S);
    let ours = people.iter().map(|place| ways.seconds(*place, Mode::Car).map_or(f64::INFINITY, f64::from));
    let theirs = osrm.seconds_to(scene, people).await;
    theirs.into_iter().zip(ours).filter_map(|(theirs, ours)| Some((theirs?, ours))).collect()
}

fn somewhere(roads: &Roads, random: &Random) -> Position {
    let [south, west, north, east] = roads.graph().facts().bounds;
    let (lat, lon) = random.with(|rng| (rng.random_range(south..north), rng.random_range(west..east)));
    Position::new(lat, lon).expect("a map on the earth")
}

impl Figures {
    fn of(incidents: &[Pairs]) -> Self {
        let all: Vec<(f64, f64)> = incidents.iter().flatten().copied().collect();
        let answered = |pair: &&(f64, f64)| pair.1 <= f64::from(LIMIT_S);
        let counted: Vec<(f64, f64)> =
            all.iter().filter(answered).filter(|pair| pair.0 >= COUNTED_FROM_S).copied().collect();
        let scale = median(counted.iter().map(|(theirs, ours)| theirs / ours));
        let error = |(theirs, ours): &(f64, f64)| (ours * scale - theirs).abs() / theirs;
        let regrets: Vec<f64> = incidents.iter().filter_map(regret_s).collect();
        Self {
            pairs: all.len(),
            unanswered: all.len() - all.iter().filter(answered).count(),
            scale,
            median_error: median(counted.iter().map(error)),
            mean_regret_s: regrets.iter().sum::<f64>()
                / f64::from(u32::try_from(regrets.len()).expect("few")),
        }
    }

    /// What it should not be.
    fn wrong(&self) -> Option<&'static str> {
        if self.pairs < INCIDENTS * RESPONDERS / 2 {
            Some("too few to tell")
        } else if self.unanswered * 100 > self.pairs {
            Some("more than one in a hundred unanswered")
        } else if self.median_error > ERROR_MAX {
            Some("the median error is too large")
        } else {
            (self.mean_regret_s > REGRET_MAX_S).then_some("the mean regret is too large")
        }
    }

    fn line(&self, map: &str) -> String {
        let Self { pairs, unanswered, scale, median_error, mean_regret_s } = self;
        format!(
            "{map} beside OSRM: {pairs} ways, {unanswered} unanswered, median error {:.1} % after x {scale:.3}, \
             mean regret {mean_regret_s:.1} s",
            median_error * 100.0
        )
    }
}

/// How much longer than theirs our nearest person takes by their times.
fn regret_s(pairs: &Pairs) -> Option<f64> {
    let ours = pairs.iter().min_by(|one, other| one.1.total_cmp(&other.1))?;
    let theirs = pairs.iter().map(|pair| pair.0).min_by(f64::total_cmp)?;
    Some(ours.0 - theirs)
}

/// The middle one; of an even number the lower.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().expect("something to compare")
}

#[test]
fn figures_are_those_of_the_pairs() {
    let incidents =
        [vec![(100.0, 50.0), (110.0, 49.0), (300.0, 160.0)], vec![(61.0, 30.0), (20.0, f64::INFINITY)]];
    let figures = Figures::of(&incidents);
    assert_eq!((figures.pairs, figures.unanswered), (5, 1));
    assert!((figures.scale - 2.0).abs() < 1e-9);
    assert!((figures.median_error - 1.0 / 61.0).abs() < 1e-9, "{}", figures.median_error);
    assert!((figures.mean_regret_s - f64::midpoint(10.0, 41.0)).abs() < 1e-9);
}
