//! OSRM as a process beside ours, on the same OpenStreetMap file: `osrm-bindings` from the Python index.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use certus_registry::time::SystemClock;
use certus_registry::{Clock as _, Position};
use serde::Deserialize;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::binary::free_addresses;
use crate::load::pause;

/// What to do about it.
pub const MISSING: &str = "OSRM and Valhalla are not installed: tests/run installs them (Python 3.12 or newer, osrm-bindings, pyvalhalla)";
/// The most places in one table.
const TABLE_MAX: &str = "2000";
/// Farther than by rounding, a place was moved, metres.
const MOVED_MAX_M: f64 = 1.0;
/// From the start of its server until it answers.
const START_LIMIT: Duration = Duration::from_secs(20);
const LOOK_EVERY_MS: u64 = 50;

/// How OSRM gets ready for questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Prepared {
    /// By shortcuts (contraction hierarchies): its default, and the quickest answers.
    Contracted,
    /// By cells (multi-level Dijkstra): what it recommends for large tables. Where roads form a grid, shortcuts for a county take longer
    /// than anybody waits for a benchmark, and cells seconds.
    Partitioned,
}

impl Prepared {
    const fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Contracted => &["contract"],
            Self::Partitioned => &["partition", "customize"],
        }
    }

    const fn algorithm(self) -> &'static str {
        match self {
            Self::Contracted => "ch",
            Self::Partitioned => "mld",
        }
    }
}

/// A server of OSRM on one file; killed when dropped.
#[derive(Debug)]
pub struct Osrm {
    /// Where it listens, `http://HOST:PORT`.
    pub url: String,
    client: reqwest::Client,
    _directory: TempDir,
    _server: Child,
}

/// The answer of the table service: seconds, one row for each source.
#[derive(Debug, Deserialize)]
struct Table {
    durations: Vec<Vec<Option<f64>>>,
    sources: Vec<Moved>,
    destinations: Vec<Moved>,
}

/// How far a place was moved to a road, metres.
#[derive(Debug, Deserialize)]
struct Moved {
    distance: f64,
}

/// The answer of the nearest service.
#[derive(Debug, Deserialize)]
struct Nearest {
    waypoints: Vec<Waypoint>,
}

/// A place on a road: longitude and latitude, degrees.
#[derive(Debug, Deserialize)]
struct Waypoint {
    location: [f64; 2],
}

/// Where `tests/run` has installed peers: in the build directory that this program is in.
fn peers() -> Option<PathBuf> {
    let program = std::env::current_exe().unwrap();
    program.ancestors().map(|folder| folder.join("peers")).find(|peers| peers.join("osrm").is_dir())
}

pub(crate) fn python() -> Command {
    Command::new(peers().expect(MISSING).join("osrm/bin/python"))
}

/// The streets of Gothenburg as an OpenStreetMap file, made once from what an npm package brings.
pub async fn gothenburg() -> PathBuf {
    let (peer, peers) = (Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/osrm"), peers().expect(MISSING));
    let file = peers.join("gothenburg.osm.pbf");
    if !file.is_file() {
        // Made beside its place: another suite may be at it.
        let beside = tempfile::tempdir_in(peers).unwrap();
        let made = beside.path().join("gothenburg.osm.pbf");
        let streets = peer.join("node_modules/geojson-path-finder/test/large-network.json");
        run(python().arg(peer.join("convert.py")).arg(streets).arg(&made)).await;
        std::fs::rename(made, &file).unwrap();
    }
    file
}

/// Writes an OpenStreetMap file of one invented lake (`peers/osrm/lake.py`).
pub async fn lake(file: &Path) {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/osrm");
    run(python().arg(peer.join("lake.py")).arg(file)).await;
}

/// Where a Python package lies.
pub(crate) async fn folder_of(package: &str) -> PathBuf {
    let told = format!("import os, {package}; print(os.path.dirname({package}.__file__))");
    let found = python().args(["-c", &told]).output().await.expect(MISSING);
    PathBuf::from(String::from_utf8(found.stdout).unwrap().trim())
}

/// Waits for a server that has just been started.
pub(crate) async fn until_it_answers(url: &str) {
    let deadline = SystemClock.now() + START_LIMIT;
    while reqwest::get(url).await.is_err() {
        assert!(SystemClock.now() < deadline, "nobody answers at {url}");
        pause(LOOK_EVERY_MS).await;
    }
}

/// Runs a program to its end; what it said is in the panic.
pub(crate) async fn run(program: &mut Command) {
    let output = program.stdin(Stdio::null()).output().await.expect(MISSING);
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program:?}: {said}");
}

impl Osrm {
    /// Whether this machine has it; if not, [`MISSING`] says what to do.
    #[must_use]
    pub fn is_installed() -> bool {
        peers().is_some()
    }

    /// Prepares the file with the car profile that OSRM brings, and serves it with one thread.
    pub async fn start(source: &Path, prepared: Prepared) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let kind = if source.extension().is_some_and(|end| end == "pbf") { "x.osm.pbf" } else { "x.osm" };
        let (map, graph) = (directory.path().join(kind), directory.path().join("x.osrm"));
        std::fs::copy(source, &map).unwrap();
        let package = folder_of("osrm").await;
        let profile = package.join("share/profiles/car.lua");
        run(python().args(["-m", "osrm", "extract", "-t", "1", "-p"]).arg(profile).arg(&map)).await;
        for step in prepared.steps() {
            run(python().args(["-m", "osrm", step]).arg(&graph)).await;
        }
        let address: String = free_addresses::<1>().into_iter().next().unwrap();
        let (host, port) = address.rsplit_once(':').unwrap();
        let server = Command::new(package.join("bin/osrm-routed"))
            .args(["-i", host, "-p", port, "-t", "1", "--max-table-size", TABLE_MAX])
            .args(["--algorithm", prepared.algorithm()])
            .arg(&graph)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect(MISSING);
        let url = format!("http://{address}");
        until_it_answers(&url).await;
        // A connection is not kept: it closes them after some seconds or requests, maybe just as the next one leaves.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { url, client, _directory: directory, _server: server }
    }

    /// Seconds by car from each place to the scene; `None` where it knows no way, or has moved one of them: what lies on a
    /// stretch that hangs together with nothing is taken to another, kilometres away, and that is not counted.
    pub async fn seconds_to(&self, scene: Position, from: &[Position]) -> Vec<Option<f64>> {
        let table: Table =
            self.client.get(self.table(scene, from)).send().await.unwrap().json().await.unwrap();
        let stayed = |moved: &Moved| moved.distance <= MOVED_MAX_M;
        let scene_stayed = table.destinations.iter().all(stayed);
        let pairs = table.durations.into_iter().zip(&table.sources);
        pairs.map(|(row, source)| row[0].filter(|_| scene_stayed && stayed(source))).collect()
    }

    /// What is asked for by [`seconds_to`](Self::seconds_to).
    #[must_use]
    pub fn table(&self, scene: Position, from: &[Position]) -> String {
        let mut url = format!("{}/table/v1/driving/{:.6},{:.6}", self.url, scene.lon(), scene.lat());
        for place in from {
            write!(url, ";{:.6},{:.6}", place.lon(), place.lat()).unwrap();
        }
        let sources: Vec<String> = (1..=from.len()).map(|place| place.to_string()).collect();
        url + "?destinations=0&annotations=duration&sources=" + &sources.join(";")
    }

    /// The place on a road that it takes for this one.
    pub async fn on_a_road(&self, near: Position) -> Position {
        let url = format!("{}/nearest/v1/driving/{:.6},{:.6}", self.url, near.lon(), near.lat());
        let nearest: Nearest = self.client.get(url).send().await.unwrap().json().await.unwrap();
        let [lon, lat] = nearest.waypoints[0].location;
        Position::new(lat, lon).unwrap()
    }
}
