//! From OpenStreetMap to a graph: read, cut into edges, find what hangs together, lay the raster over it.
//!
//! The same source gives the same bytes: nothing here depends on time, chance or the order of a hash map.

mod components;
mod edges;
mod order;
mod pbf;
mod raster;
mod source;
mod tags;
mod turns;
mod water;

use std::path::Path;

use certus_registry::Mode;

pub use pbf::Progress;
#[cfg(test)]
pub(super) use source::Restriction;
pub use source::Source;

use super::file::RoadsError;
use super::graph::{Arc, Facts, Graph, Row};
use super::kind::{Edge, RoadClass};
use super::plane;
use edges::Network;

/// Builds a graph from an OpenStreetMap file in the PBF format.
///
/// # Errors
/// [`RoadsError`] names the file and what was expected.
pub fn from_pbf(path: &Path, progress: Progress<'_>) -> Result<Graph, RoadsError> {
    let source = pbf::read(path, progress)?;
    source.graph().ok_or_else(|| RoadsError::NoRoads { file: path.display().to_string() })
}

impl Source {
    /// The graph of its roads; `None` when there are none.
    #[must_use]
    pub fn graph(self) -> Option<Graph> {
        let mut network = Network::of(&self);
        water::lay(&self, &mut network);
        if network.points.is_empty() {
            return None;
        }
        let mut network = order::along_a_curve(&network);
        let (starts, mut arcs) = network.arcs_in();
        let (turns, begins) = turns::lay(&self, &network, &starts, &mut arcs);
        components::mark(&mut network.edges, &starts, &arcs);
        let bounds = bounds(&network.points);
        let (raster, cell_starts, entries) = raster::over(&network, bounds);
        let facts = Facts {
            source: self.name,
            data_as_of_s: self.data_as_of_s,
            bounds,
            raster,
            speed_max: network.edges.iter().map(speed_max).fold(0.0, f64::max),
            km: RoadClass::ALL.iter().map(|class| km(&network, |edge| edge.class == *class)).collect(),
            main_share: share(&network),
            clipped_ways: network.clipped_ways,
            clipped_lakes: network.clipped_lakes,
        };
        let facts = serde_json::to_vec(&facts).ok()?;
        let rows = rows(&starts, &begins, &arcs);
        let edges: Vec<[u32; 8]> = network.edges.iter().map(|edge| placed(&starts, edge).row()).collect();
        Some(Graph::assembled(&[
            &facts,
            bytemuck::cast_slice(&rows),
            bytemuck::cast_slice(&turns),
            bytemuck::cast_slice(&edges),
            bytemuck::cast_slice(&network.points),
            bytemuck::cast_slice(&cell_starts),
            bytemuck::cast_slice(&entries),
        ]))
    }
}

/// Where a vertex's row lies among those of all vertices and arcs.
fn place(starts: &[u32], vertex: u32) -> u32 {
    starts[vertex as usize] + vertex
}

/// Each vertex with the arcs into it behind it.
fn rows(starts: &[u32], begins: &[u32], arcs: &[Arc]) -> Vec<Row> {
    let mut rows = Vec::with_capacity(arcs.len() + begins.len());
    for (ends, begin) in starts.windows(2).zip(begins) {
        rows.push([ends[1] - ends[0], *begin, 0, 0]);
        let into = &arcs[ends[0] as usize..ends[1] as usize];
        rows.extend(into.iter().map(|arc| arc.row(place(starts, arc.tail))));
    }
    rows
}

/// An edge between the vertices' rows.
fn placed(starts: &[u32], edge: &Edge) -> Edge {
    Edge { a: place(starts, edge.a), b: place(starts, edge.b), ..*edge }
}

/// South, west, north and east, degrees.
fn bounds(points: &[[i32; 2]]) -> [f64; 4] {
    let least =
        |axis: usize| points.iter().map(|point| plane::degrees(*point)[axis]).fold(f64::INFINITY, f64::min);
    let most = |axis: usize| {
        points.iter().map(|point| plane::degrees(*point)[axis]).fold(f64::NEG_INFINITY, f64::max)
    };
    [least(0), least(1), most(0), most(1)]
}

/// The fastest on an edge, metres per second.
fn speed_max(edge: &Edge) -> f64 {
    let users = Mode::ALL.iter().filter(|mode| edge.modes().has(**mode) && edge.length_mm > 0);
    users
        .flat_map(|mode| edge.ms(*mode))
        .map(|ms| f64::from(edge.length_mm) / f64::from(ms.max(1)))
        .fold(0.0, f64::max)
}

fn km(network: &Network, counts: impl Fn(&Edge) -> bool) -> f64 {
    let mm: f64 =
        network.edges.iter().filter(|edge| counts(edge)).map(|edge| f64::from(edge.length_mm)).sum();
    (mm / 1e5).round() / 10.0
}

fn share(network: &Network) -> f64 {
    let all = km(network, |edge| edge.modes().has(Mode::Car));
    if all > 0.0 { km(network, |edge| edge.main.has(Mode::Car)) / all } else { 0.0 }
}
