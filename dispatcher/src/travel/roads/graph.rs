//! The graph in memory: one buffer, as it stands in the file, looked at as arrays.
//!
//! The file is read whole into an aligned buffer and not mapped: no crate maps files soundly (whoever cuts a mapped file
//! short kills the process), and its checksum has to touch every byte anyway.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::grid::{Grid, Raster};
use super::kind::{Edge, Modes, RoadClass};

/// The arrays of a file, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Section {
    /// [`Facts`] as JSON, padded with spaces.
    Facts,
    /// Per vertex where its arcs begin, and one more: `u32`.
    ArcStarts,
    /// Arcs into the vertex: [`Arc`], five `u32`.
    Arcs,
    /// What the turns onto an arc take by car, one after the other for each arc into the vertex where it begins: `u16`,
    /// milliseconds or [`NEVER`].
    Turns,
    /// [`Edge`], eight `u32`.
    Edges,
    /// Latitude and longitude in ten-millionths of a degree, `i32`.
    Points,
    /// Per cell of the raster where its entries begin, and one more: `u32`.
    CellStarts,
    /// The first point of a segment that meets the cell, and its edge: two `u32`.
    CellEntries,
}

/// How many sections there are.
pub(super) const SECTIONS: usize = 8;

/// No turn that anybody may take by car.
pub(super) const NEVER: u16 = u16::MAX;

/// What a file tells of itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// The name of the file that it was built from.
    pub source: String,
    /// As of when the source's data are, seconds since 1970 UTC, if it says so.
    pub data_as_of_s: Option<i64>,
    /// South, west, north and east of all lines, degrees.
    pub bounds: [f64; 4],
    /// The raster over the edges.
    pub(super) raster: Raster,
    /// The highest speed of anybody on any edge, metres per second.
    pub speed_max: f64,
    /// Kilometres of each class, in the order of `RoadClass::ALL`.
    pub km: Vec<f64>,
    /// Share of the car network's length that lies in parts worth being led to.
    pub main_share: f64,
    /// Ways that lost nodes: the source was cut out of a larger file.
    pub clipped_ways: u32,
    /// Lakes that are left out because their outline has a loose end, for the same reason.
    pub clipped_lakes: u32,
}

/// One way to come into a vertex.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    /// Where it comes from.
    pub(super) tail: u32,
    /// Along which edge.
    pub(super) edge: u32,
    /// As the edge's in this direction.
    pub(super) car_ms: u32,
    /// Who may, in the lowest byte; in the next the class, and in its highest bit whether it leads from the edge's `b` to its
    /// `a`; in the upper half, for cars, how much two turns at its tail differ at most, milliseconds, or [`NEVER`] when one of
    /// them is not allowed. All of it beside the rest, because a search asks for it with every arc that it meets.
    flags: u32,
    /// Where the turns onto it begin; nothing is there when no car may.
    pub(super) turns: u32,
}

/// The bit beside an arc's class.
const BACK: u8 = 0x80;

/// An arc as a row of the file.
pub(super) type ArcRow = [u32; 5];

impl Arc {
    /// Before its turns are known.
    pub(super) fn new(
        [tail, edge]: [u32; 2],
        car_ms: u32,
        modes: Modes,
        class: RoadClass,
        back: bool,
    ) -> Self {
        let flags = u32::from_le_bytes([modes.bits(), class as u8 | if back { BACK } else { 0 }, 0, 0]);
        Self { tail, edge, car_ms, flags, turns: 0 }
    }

    pub(super) fn of(row: &ArcRow) -> Self {
        let [tail, edge, car_ms, flags, turns] = *row;
        Self { tail, edge, car_ms, flags, turns }
    }

    /// Learns where its turns begin, and how much those at its tail differ.
    pub(super) fn turn(&mut self, turns: u32, spread: u16) {
        let [modes, class, ..] = self.flags.to_le_bytes();
        let [low, high] = spread.to_le_bytes();
        self.flags = u32::from_le_bytes([modes, class, low, high]);
        self.turns = turns;
    }

    pub(super) fn row(&self) -> ArcRow {
        [self.tail, self.edge, self.car_ms, self.flags, self.turns]
    }

    pub(super) fn modes(&self) -> Modes {
        Modes::from_bits(self.flags.to_le_bytes()[0])
    }

    /// The place of its class in `RoadClass::ALL`.
    pub(super) fn class(&self) -> usize {
        usize::from(self.flags.to_le_bytes()[1] & !BACK)
    }

    /// Whether it leads from the edge's `b` to its `a`.
    pub(super) fn is_back(&self) -> bool {
        self.flags.to_le_bytes()[1] & BACK != 0
    }

    /// How much two turns by car at its tail differ at most, milliseconds; [`NEVER`]: one of them is not allowed.
    pub(super) fn spread(&self) -> u16 {
        let [_, _, low, high] = self.flags.to_le_bytes();
        u16::from_le_bytes([low, high])
    }
}

/// A road graph; immutable.
#[derive(Debug)]
pub struct Graph {
    image: Vec<u64>,
    /// Where each section lies in the image, bytes.
    sections: [(usize, usize); SECTIONS],
    facts: Facts,
    hash: String,
}

/// A graph's arrays.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    starts: &'a [u32],
    arcs: &'a [ArcRow],
    turns: &'a [u16],
    edges: &'a [[u32; 8]],
    points: &'a [[i32; 2]],
    pub(super) grid: Grid<'a>,
}

impl Graph {
    /// Over an image whose checksum was right; `None` when its arrays do not fit together.
    pub(super) fn of(image: Vec<u64>, sections: [(usize, usize); SECTIONS], hash: String) -> Option<Self> {
        let bytes: &[u8] = bytemuck::cast_slice(&image);
        let (from, to) = sections[Section::Facts as usize];
        let facts: Facts = serde_json::from_slice(bytes.get(from..to)?).ok()?;
        let graph = Self { image, sections, facts, hash };
        graph.fits().then_some(graph)
    }

    /// What the file tells of itself.
    #[must_use]
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The SHA-256 of its content, hexadecimal: the same source gives the same.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How many vertices, edges and points there are.
    #[must_use]
    pub fn counts(&self) -> [usize; 3] {
        let view = self.view();
        [view.vertices(), view.edges.len(), view.points.len()]
    }

    /// The size of the file, bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.image.len() * size_of::<u64>()
    }

    pub(super) fn image(&self) -> &[u64] {
        &self.image
    }

    pub(super) fn view(&self) -> View<'_> {
        let grid = Grid {
            raster: self.facts.raster,
            starts: self.section(Section::CellStarts),
            entries: self.section(Section::CellEntries),
        };
        View {
            starts: self.section(Section::ArcStarts),
            arcs: self.section(Section::Arcs),
            turns: self.section(Section::Turns),
            edges: self.section(Section::Edges),
            points: self.section(Section::Points),
            grid,
        }
    }

    /// Sections begin at multiples of eight and hold whole rows: `fits` has looked.
    fn section<T: bytemuck::AnyBitPattern>(&self, section: Section) -> &[T] {
        let (from, to) = self.sections[section as usize];
        let bytes: &[u8] = bytemuck::cast_slice(&self.image);
        bytemuck::cast_slice(&bytes[from..to])
    }

    fn fits(&self) -> bool {
        let rows = [1, 4, 20, 2, 32, 8, 4, 8];
        let whole = self.sections.iter().zip(rows).all(|((from, to), row)| (to - from).is_multiple_of(row));
        if !whole {
            return false;
        }
        let View { starts, arcs, turns: _, edges, points: _, grid } = self.view();
        let ends = |starts: &[u32], len: usize| starts.last().is_some_and(|last| *last as usize == len);
        let class_known = |row: &[u32; 8]| usize::from(row[6].to_le_bytes()[3]) < RoadClass::ALL.len();
        ends(starts, arcs.len())
            && ends(grid.starts, grid.entries.len())
            && grid.starts.len() == grid.raster.cells() + 1
            && edges.iter().all(class_known)
    }
}

impl<'a> View<'a> {
    pub(super) fn vertices(&self) -> usize {
        self.starts.len() - 1
    }

    pub(super) fn arcs(&self) -> usize {
        self.arcs.len()
    }

    pub(super) fn arc(&self, arc: u32) -> Arc {
        Arc::of(&self.arcs[arc as usize])
    }

    /// The numbers of the arcs that come into a vertex.
    pub(super) fn arcs_into(&self, vertex: u32) -> Range<u32> {
        self.starts[vertex as usize]..self.starts[vertex as usize + 1]
    }

    /// The numbers of the arcs along an edge: from its `a` to its `b`, and back.
    pub(super) fn arcs_along(&self, number: u32, edge: &Edge) -> [Option<u32>; 2] {
        let along = |head: u32, back: bool| {
            self.arcs_into(head).find(|arc| {
                let arc = self.arc(*arc);
                arc.edge == number && arc.is_back() == back
            })
        };
        [along(edge.b, false), along(edge.a, true)]
    }

    /// What each turn onto an arc takes by car, milliseconds or [`NEVER`], in the order of the arcs into its tail.
    pub(super) fn turns_onto(&self, arc: &Arc) -> &'a [u16] {
        let from = arc.turns as usize;
        &self.turns[from..from + self.arcs_into(arc.tail).len()]
    }

    pub(super) fn edge(&self, edge: u32) -> Edge {
        Edge::of(&self.edges[edge as usize])
    }

    #[cfg(test)]
    pub(super) fn edges(&self) -> impl ExactSizeIterator<Item = Edge> + use<'a> {
        self.edges.iter().map(Edge::of)
    }

    /// An edge's line, from `a` to `b`.
    pub(super) fn line(&self, edge: &Edge) -> &'a [[i32; 2]] {
        &self.points[edge.first_point as usize..edge.end_point as usize]
    }

    pub(super) fn point(&self, point: u32) -> [i32; 2] {
        self.points[point as usize]
    }
}
