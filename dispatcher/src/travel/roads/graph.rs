//! The graph in memory: one buffer, as it stands in the file, looked at as arrays.
//!
//! The file is read whole into an aligned buffer and not mapped: no crate maps files soundly (whoever cuts a mapped file
//! short kills the process), and its checksum has to touch every byte anyway.

use std::ops::Range;

use certus_registry::Mode;
use serde::{Deserialize, Serialize};

use super::grid::{Grid, Raster};
use super::kind::{Edge, Modes, RoadClass};

/// The arrays of a file, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(super) enum Section {
    /// [`Facts`] as JSON, padded with spaces.
    Facts,
    /// Per vertex a row of how many arcs come into it and where the turns at it begin, and behind it those arcs ([`Arc`]):
    /// four `u32` each, so that a search has together what it asks for together. Where its row is, is a vertex's number;
    /// likewise an arc's.
    Rows,
    /// What the turns at a vertex take by car: for each arc away from it that cars may use, in the order of their places,
    /// the turn from each arc into it. `u16`, milliseconds or [`NEVER`].
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
pub(super) const SECTIONS: usize = 7;

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
    /// From the lowest bit on: who may (5 bits), the class (4), whether it leads from the edge's `b` to its `a`, its place
    /// among the arcs away from its tail that cars may use (6); in the upper half, for cars, how much two turns at its tail
    /// differ at most, milliseconds, or [`NEVER`] when one of them is not allowed.
    flags: u32,
}

/// Where each part of an arc's flags begins, and how many bits it has.
const MODES: [u32; 2] = [0, 5];
const CLASS: [u32; 2] = [5, 4];
const BACK: [u32; 2] = [9, 1];
const PLACE: [u32; 2] = [10, 6];
const SPREAD: [u32; 2] = [16, 16];
const _: () = assert!(RoadClass::ALL.len() <= 1 << CLASS[1] && Mode::ALL.len() <= MODES[1] as usize);
/// So many arcs that cars may use lead away from a vertex at most.
pub(super) const PLACES: usize = 1 << PLACE[1];

/// A vertex or an arc in the file.
pub(super) type Row = [u32; 4];

impl Arc {
    /// Before its turns are known.
    pub(super) fn new(
        [tail, edge]: [u32; 2],
        car_ms: u32,
        modes: Modes,
        class: RoadClass,
        back: bool,
    ) -> Self {
        let [modes, class, back] = [modes.bits(), class as u8, u8::from(back)].map(u32::from);
        let flags = modes << MODES[0] | class << CLASS[0] | back << BACK[0];
        Self { tail, edge, car_ms, flags }
    }

    pub(super) fn of(row: &Row) -> Self {
        let [tail, edge, car_ms, flags] = *row;
        Self { tail, edge, car_ms, flags }
    }

    /// Learns its place among the arcs away from its tail, and how much the turns there differ. The 65th and later ones are
    /// closed to cars: no junction has so many.
    pub(super) fn turn(&mut self, place: usize, spread: u16) {
        let turns = u32::from(spread) << SPREAD[0];
        if let Some(place) = u32::try_from(place).ok().filter(|_| place < PLACES) {
            self.flags |= place << PLACE[0] | turns;
        } else {
            let modes = u32::from(self.modes().without(Mode::Car).bits());
            self.flags = self.flags & !(mask(MODES) << MODES[0]) | modes << MODES[0] | turns;
        }
    }

    /// As a row of the file, where its tail is at `tail`.
    pub(super) fn row(&self, tail: u32) -> Row {
        [tail, self.edge, self.car_ms, self.flags]
    }

    pub(super) fn modes(&self) -> Modes {
        Modes::from_bits(self.part(MODES).to_le_bytes()[0])
    }

    /// The place of its class in `RoadClass::ALL`.
    pub(super) fn class(&self) -> usize {
        self.part(CLASS) as usize
    }

    /// Whether it leads from the edge's `b` to its `a`.
    pub(super) fn is_back(&self) -> bool {
        self.part(BACK) != 0
    }

    /// Its place among the arcs away from its tail that cars may use.
    fn place(&self) -> usize {
        self.part(PLACE) as usize
    }

    /// How much two turns by car at its tail differ at most, milliseconds; [`NEVER`]: one of them is not allowed.
    pub(super) fn spread(&self) -> u16 {
        let [low, high, ..] = self.part(SPREAD).to_le_bytes();
        u16::from_le_bytes([low, high])
    }

    const fn part(&self, [from, bits]: [u32; 2]) -> u32 {
        self.flags >> from & mask([from, bits])
    }
}

/// The lowest bits, as many as a part has.
const fn mask([_, bits]: [u32; 2]) -> u32 {
    (1 << bits) - 1
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
    rows: &'a [Row],
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
        [view.vertices().count(), view.edges.len(), view.points.len()]
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
            rows: self.section(Section::Rows),
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
        let sizes = [1, 16, 2, 32, 8, 4, 8];
        let whole = self.sections.iter().zip(sizes).all(|((from, to), row)| (to - from).is_multiple_of(row));
        if !whole {
            return false;
        }
        let view = self.view();
        let View { rows, turns: _, edges, points: _, grid } = view;
        let ends = |starts: &[u32], len: usize| starts.last().is_some_and(|last| *last as usize == len);
        let class_known = |row: &[u32; 8]| usize::from(row[6].to_le_bytes()[3]) < RoadClass::ALL.len();
        view.vertices().last().is_some_and(|vertex| view.arcs_into(vertex).end as usize == rows.len())
            && ends(grid.starts, grid.entries.len())
            && grid.starts.len() == grid.raster.cells() + 1
            && edges.iter().all(class_known)
    }
}

impl<'a> View<'a> {
    /// The numbers of all vertices, in their order.
    fn vertices(&self) -> impl Iterator<Item = u32> {
        let rows = self.rows;
        let next = |vertex: u32, rows: &[Row]| {
            let after = vertex.checked_add(rows.get(vertex as usize)?[0])?.checked_add(1)?;
            rows.get(after as usize).map(|_| after)
        };
        std::iter::successors((!rows.is_empty()).then_some(0), move |vertex| next(*vertex, rows))
    }

    /// How many numbers vertices and arcs have together.
    pub(super) fn numbers(&self) -> usize {
        self.rows.len()
    }

    /// An arc by its number; by a vertex's one that is for nobody.
    pub(super) fn arc(&self, arc: u32) -> Arc {
        Arc::of(&self.rows[arc as usize])
    }

    /// The numbers of the arcs that come into a vertex.
    pub(super) fn arcs_into(&self, vertex: u32) -> Range<u32> {
        let [arcs, ..] = self.rows[vertex as usize];
        vertex + 1..vertex + 1 + arcs
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
        let [arcs, turns, ..] = self.rows[arc.tail as usize].map(|number| number as usize);
        let from = turns + arc.place() * arcs;
        &self.turns[from..from + arcs]
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
