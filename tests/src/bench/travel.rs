//! Travel times of many people to one incident, beside OSRM's table service on the same map in the same run.
//!
//! Ours is a call in this process: the scene is led to its road, searched from as far as the limit, and everybody is led
//! to theirs. OSRM's is one request over loopback that asks for the same times, and has the same places. The county is
//! invented unless a file is given; people live within the limit's reach of the incident.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use certus_dispatcher::travel::roads::{Roads, build};
use certus_dispatcher::travel::{StraightLine, TravelTime as _};
use certus_registry::{Metres, Mode, Position, Random};
use clap::Args;
use rand::RngExt as _;

use super::county::County;
use super::figures::{self, Aim, Bound, Figure, Series};
use super::{now, progress};
use crate::osrm::{MISSING, Osrm, Prepared};

/// What a county calls out for: 20 min.
const LIMIT_S: u32 = 1_200;
/// Nobody comes from farther away, along the straight line.
const REACH: Metres = Metres(20_000.0);
/// Rounds that are not counted: caches fill, connections open.
const WARM_UP: u32 = 20;
/// The same places in every run.
const SEED: u64 = 11;
const AIMS: [Aim; 3] = [
    Aim { figure: "roads_p50_ms", bound: Bound::AtMost(2.0) },
    Aim { figure: "roads_p99_ms", bound: Bound::AtMost(5.0) },
    Aim { figure: "osrm_to_roads_p50_ratio", bound: Bound::AtLeast(10.0) },
];

/// How much is measured.
#[derive(Debug, Args)]
pub struct Settings {
    /// Incidents
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    incidents: u32,
    /// People per incident
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1_900))]
    people: u32,
    /// OpenStreetMap data (.osm.pbf) instead of the invented county
    #[arg(long, value_name = "FILE")]
    pbf: Option<PathBuf>,
}

/// Measures, and prints a table and a line of JSON.
///
/// # Errors
/// When something other than speed is wrong.
pub fn run(settings: &Settings) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let (roads, osrm) = runtime.block_on(subjects(settings))?;
    let [vertices, edges, _] = roads.graph().counts();
    progress(&format!("{vertices} vertices, {edges} edges"));
    let series = runtime.block_on(measure(settings, &roads, osrm.as_ref()))?;
    let medians = series.each_ref().map(|series| series.quantile_ms(50));
    let ratio = osrm.is_some().then(|| Figure::new("osrm_to_roads_p50_ratio", medians[1] / medians[0]));
    let others: Vec<Figure> = ratio.into_iter().collect();
    let mut out = std::io::stdout().lock();
    let (table, list) = (figures::table(&series), figures::list(&others));
    writeln!(out, "{table}{list}{}", figures::line("travel", &series, &others, &AIMS))?;
    Ok(())
}

async fn subjects(settings: &Settings) -> anyhow::Result<(Roads, Option<Osrm>)> {
    let directory = tempfile::tempdir()?;
    let (graph, map) = if let Some(map) = &settings.pbf {
        (build::from_pbf(map, &|_, _| {})?, map.clone())
    } else {
        let (county, map) = (County::invent(), directory.path().join("county.osm"));
        std::fs::write(&map, county.xml())?;
        (county.source().graph().context("the county has roads")?, map)
    };
    let osrm = if Osrm::is_installed() {
        progress("OSRM prepares the same map");
        // A map of one's own is a real one: shortcuts are made in seconds, and answer soonest.
        let prepared = if settings.pbf.is_some() { Prepared::Contracted } else { Prepared::Partitioned };
        Some(Osrm::start(&map, prepared).await)
    } else {
        progress(&format!(
            "{MISSING}; without it there is nothing to compare with, and its aim counts as missed"
        ));
        None
    };
    Ok((Roads::on(graph, StraightLine::default()), osrm))
}

/// One of each, round by round, so that both see the same machine.
async fn measure(settings: &Settings, roads: &Roads, osrm: Option<&Osrm>) -> anyhow::Result<[Series; 2]> {
    let (client, random) = (reqwest::Client::builder().build()?, Random::from_seed(SEED));
    let [mut ours, mut theirs] = ["roads", "osrm"].map(Series::new);
    for round in 0..WARM_UP + settings.incidents {
        let scene = somewhere(roads, &random)?;
        let people = (0..settings.people).map(|_| near(roads, scene, &random));
        let people: Vec<Position> = people.collect::<anyhow::Result<_>>()?;
        let span = search(roads, scene, &people)?;
        if round >= WARM_UP {
            ours.push(span);
        }
        if let Some(osrm) = osrm {
            let span = request(&client, &osrm.table(scene, &people)).await?;
            if round >= WARM_UP {
                theirs.push(span);
            }
        }
    }
    Ok([ours, theirs])
}

fn search(roads: &Roads, scene: Position, people: &[Position]) -> anyhow::Result<Duration> {
    let noon = "2026-06-01T12:00[Europe/Stockholm]".parse()?;
    let began = now();
    let ways = roads.towards(scene, &noon, LIMIT_S);
    let answered = people.iter().filter(|place| ways.seconds(**place, Mode::Car).is_some()).count();
    let span = now().duration_since(began);
    ensure!(answered == people.len(), "{answered} of {} people have a time", people.len());
    Ok(span)
}

async fn request(client: &reqwest::Client, url: &str) -> anyhow::Result<Duration> {
    let began = now();
    let answer = client.get(url).send().await?;
    let status = answer.status();
    let text = answer.bytes().await?;
    let span = now().duration_since(began);
    ensure!(status == 200, "OSRM answered {status}: {}", String::from_utf8_lossy(&text));
    Ok(span)
}

fn somewhere(roads: &Roads, random: &Random) -> anyhow::Result<Position> {
    let [south, west, north, east] = roads.graph().facts().bounds;
    let (lat, lon) = random.with(|rng| (rng.random_range(south..north), rng.random_range(west..east)));
    Ok(Position::new(lat, lon)?)
}

fn near(roads: &Roads, scene: Position, random: &Random) -> anyhow::Result<Position> {
    loop {
        let place = somewhere(roads, random)?;
        if place.distance_to(scene) <= REACH {
            return Ok(place);
        }
    }
}
