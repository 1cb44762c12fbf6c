//! An invented county as large as Jämtland's road network: for us as a source, for OSRM as an OpenStreetMap file.

use std::fmt::Write as _;

use certus_dispatcher::travel::roads::build::Source;
use certus_registry::Random;
use rand::RngExt as _;

/// Crossings on one side: of 373 × 373 some 137 000 hang together, by some 200 000 stretches of road.
const SIDE: i64 = 373;
/// From one crossing to the next, degrees: about 300 m, so that the county is 110 km wide.
const STEP: [f64; 2] = [0.0027, 0.006];
/// The south-western corner, degrees.
const CORNER: [f64; 2] = [62.7, 13.6];
/// Crossings lie beside the grid by at most this share of a step.
const BEND: f64 = 0.3;
/// Every so many lines are a road between towns.
const MAIN_EVERY: i64 = 12;
/// Of a hundred stretches so many are not there, and so many are oneway. A county's roads are more like a tree than like a
/// town's blocks, and a router that prepares shortcuts for a full grid is not done in a quarter of an hour.
const MISSING_PERCENT: u32 = 30;
const ONEWAY_PERCENT: u32 = 3;
/// The same county in every run.
const SEED: u64 = 137;

/// Keys and values as OpenStreetMap has them.
type Tags = Vec<(&'static str, &'static str)>;

/// Crossings and the roads between them.
pub(super) struct County {
    nodes: Vec<[f64; 2]>,
    ways: Vec<([i64; 2], Tags)>,
}

impl County {
    pub(super) fn invent() -> Self {
        let random = Random::from_seed(SEED);
        let mut county = Self { nodes: Vec::new(), ways: Vec::new() };
        for crossing in 0..SIDE * SIDE {
            let (row, column) = (crossing / SIDE, crossing % SIDE);
            county.nodes.push([bent(&random, row, 0), bent(&random, column, 1)]);
            if column + 1 < SIDE {
                county.road(&random, [crossing, crossing + 1], row);
            }
            if row + 1 < SIDE {
                county.road(&random, [crossing, crossing + SIDE], column);
            }
        }
        county
    }

    fn road(&mut self, random: &Random, ends: [i64; 2], line: i64) {
        let main = line % MAIN_EVERY == 0;
        let lot = random.with(|rng| rng.random_range(0..100));
        if !main && lot < MISSING_PERCENT {
            return;
        }
        let mut tags = if main {
            vec![("highway", "secondary"), ("maxspeed", "80")]
        } else {
            vec![("highway", "unclassified")]
        };
        if !main && lot < MISSING_PERCENT + ONEWAY_PERCENT {
            tags.push(("oneway", "yes"));
        }
        self.ways.push((ends, tags));
    }

    pub(super) fn source(&self) -> Source {
        let mut source = Source::named("an invented county");
        for (ends, tags) in &self.ways {
            source.way(ends, tags);
        }
        for (id, at) in (0..).zip(&self.nodes) {
            source.node(id, *at, &[]);
        }
        source
    }

    /// As OpenStreetMap's XML; nodes are numbered from 1, which is what other programs expect.
    pub(super) fn xml(&self) -> String {
        let mut text = String::from("<osm version=\"0.6\">\n");
        for (id, [lat, lon]) in (1..).zip(&self.nodes) {
            let id: i64 = id;
            let _ = writeln!(text, "<node id=\"{id}\" lat=\"{lat:.7}\" lon=\"{lon:.7}\" version=\"1\"/>"); // cannot fail
        }
        for (id, ([from, to], tags)) in (1..).zip(&self.ways) {
            let (id, from, to): (i64, i64, i64) = (id, from + 1, to + 1);
            let _ = write!(text, "<way id=\"{id}\" version=\"1\"><nd ref=\"{from}\"/><nd ref=\"{to}\"/>");
            for (key, value) in tags {
                let _ = write!(text, "<tag k=\"{key}\" v=\"{value}\"/>");
            }
            text.push_str("</way>\n");
        }
        text + "</osm>\n"
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few hundred lines")]
fn bent(random: &Random, line: i64, axis: usize) -> f64 {
    let bend = random.with(|rng| rng.random_range(-BEND..BEND));
    CORNER[axis] + (line as f64 + bend) * STEP[axis]
}
