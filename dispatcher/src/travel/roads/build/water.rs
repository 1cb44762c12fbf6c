//! Open water for boats: waypoints all over lakes and sea, joined where there is nothing but water between them.
//!
//! The water of a map is filled into a mask row by row. Whoever walks along a row crosses the outline of a lake as often out as
//! in, so that no rings have to be put together and islands are left out; an outline with a loose end, because the source was
//! cut out of a larger file, fills nothing. Along a coast the sea lies to the right of the line (OpenStreetMap's rule).

use std::collections::BTreeMap;
use std::ops::Range;

use certus_registry::Mode;

use super::edges::{NONE, Network};
use super::source::Source;
use crate::travel::roads::kind::{Edge, Modes, RoadClass};
use crate::travel::roads::plane::{self, Plane};

/// Between two waypoints of a row, metres (our choice: what a boat goes round that is smaller it goes round in no time).
const STEP_M: f64 = 200.0;
/// Cells of the mask from a waypoint to the next: what lies half-way is looked at too.
const CELLS: u32 = 2;
/// With more cells they are made larger: 64 MB of mask.
const CELLS_MAX: f64 = 64e6;
/// Nobody drives here.
const NO_CAR: u32 = u32::MAX;

/// The outline of one lake: the nodes of its ways, as places in [`Source::shores`].
pub(super) type Outline = Vec<Range<usize>>;

/// Adds waypoints and edges to the network, and joins what boats follow otherwise to them.
pub(super) fn lay(source: &Source, network: &mut Network) {
    let outlines: Vec<Vec<[i32; 2]>> = source.lakes.iter().filter_map(|lake| closed(source, lake)).collect();
    let clipped = source.lakes.len() - outlines.len();
    network.clipped_lakes = u32::try_from(clipped).unwrap_or(u32::MAX);
    let coast: Vec<[i32; 2]> = source.coast.iter().flat_map(|line| segments(source, line)).collect();
    let points = outlines.iter().flatten().chain(&coast).chain(&network.points);
    let Some(mut mask) = Mask::over(points.copied()).filter(|_| !(outlines.is_empty() && coast.is_empty()))
    else {
        return;
    };
    for outline in &outlines {
        mask.fill_lake(outline);
    }
    mask.fill_sea(&coast);
    let mut lattice = Lattice { mask: &mask, waypoints: BTreeMap::new(), network };
    lattice.join_waypoints();
    lattice.join_lines();
}

/// The segments of an outline, two points each; nothing where one of its nodes is missing or an end is loose.
fn closed(source: &Source, outline: &Outline) -> Option<Vec<[i32; 2]>> {
    let mut ends: Vec<i64> =
        outline.iter().flat_map(|line| [source.shores[line.start], source.shores[line.end - 1]]).collect();
    ends.sort_unstable();
    let is_closed = ends.chunk_by(|one, other| one == other).all(|same| same.len().is_multiple_of(2));
    let nodes: usize = outline.iter().map(|line| line.len() - 1).sum();
    let segments: Vec<[i32; 2]> = outline.iter().flat_map(|line| segments(source, line)).collect();
    (is_closed && segments.len() == 2 * nodes).then_some(segments)
}

/// The segments of a line, two points each, as far as their nodes are there.
fn segments(source: &Source, line: &Range<usize>) -> Vec<[i32; 2]> {
    let at = |id: &i64| source.place_of(*id).and_then(|place| source.nodes[place]).map(|node| node.at);
    let pairs = source.shores[line.clone()].windows(2);
    pairs.filter_map(|pair| Some([at(&pair[0])?, at(&pair[1])?])).flatten().collect()
}

/// What is in a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Water {
    None,
    Lake,
    Sea,
}

/// Where the water is, cell by cell, from the south-west.
struct Mask {
    south: f64,
    west: f64,
    lat_step: f64,
    lon_step: f64,
    rows: u32,
    columns: u32,
    cells: Vec<Water>,
}

/// Where a row meets an outline: the row, the degrees east, and whether the line goes north.
type Crossing = (u32, f64, bool);

impl Mask {
    /// Dry, over all points.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most CELLS_MAX")]
    fn over(points: impl Iterator<Item = [i32; 2]>) -> Option<Self> {
        let around = |bounds: Option<[[i32; 2]; 2]>, at: [i32; 2]| {
            let [low, high] = bounds.unwrap_or([at, at]);
            Some([[low[0].min(at[0]), low[1].min(at[1])], [high[0].max(at[0]), high[1].max(at[1])]])
        };
        let [[south, west], [north, east]] = points.fold(None, around)?.map(plane::degrees);
        let plane = Plane::at(certus_registry::Position::new(f64::midpoint(south, north), west).ok()?);
        let [height_m, width_m] = [(north - south) * plane.north_m, (east - west) * plane.east_m];
        let cell_m = (STEP_M / f64::from(CELLS)).max((height_m * width_m / CELLS_MAX).sqrt());
        let (rows, columns) = ((height_m / cell_m) as u32 + 1, (width_m / cell_m) as u32 + 1);
        let (lat_step, lon_step) = (cell_m / plane.north_m, cell_m / plane.east_m);
        let cells = vec![Water::None; rows as usize * columns as usize];
        Some(Self { south, west, lat_step, lon_step, rows, columns, cells })
    }

    /// The middle of a cell, degrees.
    fn middle(&self, [row, column]: [u32; 2]) -> [f64; 2] {
        [
            self.south + (f64::from(row) + 0.5) * self.lat_step,
            self.west + (f64::from(column) + 0.5) * self.lon_step,
        ]
    }

    fn at(&self, [row, column]: [u32; 2]) -> Water {
        if row < self.rows && column < self.columns {
            self.cells[row as usize * self.columns as usize + column as usize]
        } else {
            Water::None
        }
    }

    /// The cell that a point lies in.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast saturates: off the mask is dry"
    )]
    fn cell(&self, at: [i32; 2]) -> [u32; 2] {
        let [lat, lon] = plane::degrees(at);
        [((lat - self.south) / self.lat_step) as u32, ((lon - self.west) / self.lon_step) as u32]
    }

    /// Where the middles of rows meet these segments, from south to north and from west to east.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rows of the mask")]
    fn crossings(&self, segments: &[[i32; 2]]) -> Vec<Crossing> {
        let mut crossings = Vec::new();
        for pair in segments.chunks_exact(2) {
            let [from, to] = [pair[0], pair[1]].map(plane::degrees);
            let ([low, high], north) =
                if from[0] <= to[0] { ([from, to], true) } else { ([to, from], false) };
            // The rows whose middle is at or above the lower end and below the upper one.
            let row = |lat: f64| ((lat - self.south) / self.lat_step - 0.5).ceil().max(0.0) as u32;
            for row in row(low[0])..row(high[0]).min(self.rows) {
                let [lat, _] = self.middle([row, 0]);
                let lon = low[1] + (lat - low[0]) / (high[0] - low[0]) * (high[1] - low[1]);
                crossings.push((row, lon, north));
            }
        }
        crossings.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(one.1.total_cmp(&other.1)));
        crossings
    }

    /// Every second stretch of a row lies within.
    fn fill_lake(&mut self, outline: &[[i32; 2]]) {
        for row in self.crossings(outline).chunk_by(|one, other| one.0 == other.0) {
            for pair in row.chunks_exact(2) {
                self.fill(pair[0].0, [pair[0].1, pair[1].1], Water::Lake);
            }
        }
    }

    /// Between two lines that both say so, and from one to the edge of the map.
    fn fill_sea(&mut self, coast: &[[i32; 2]]) {
        let ends = [f64::NEG_INFINITY, f64::INFINITY];
        for row in self.crossings(coast).chunk_by(|one, other| one.0 == other.0) {
            let (first, last) = (row[0], row[row.len() - 1]);
            if !first.2 {
                self.fill(first.0, [ends[0], first.1], Water::Sea);
            }
            for pair in row.windows(2).filter(|pair| pair[0].2 && !pair[1].2) {
                self.fill(first.0, [pair[0].1, pair[1].1], Water::Sea);
            }
            if last.2 {
                self.fill(first.0, [last.1, ends[1]], Water::Sea);
            }
        }
    }

    /// The cells of a row whose middle lies between.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "columns of the mask")]
    fn fill(&mut self, row: u32, lons: [f64; 2], water: Water) {
        let [from, to] = lons.map(|lon| {
            (((lon - self.west) / self.lon_step - 0.5).ceil().max(0.0) as u32).min(self.columns) as usize
        });
        let start = row as usize * self.columns as usize;
        self.cells[start + from..start + to.max(from)].fill(water);
    }
}

/// The waypoints, every second cell of every second row, in a network.
struct Lattice<'a> {
    mask: &'a Mask,
    /// By cell; those without a neighbour are none.
    waypoints: BTreeMap<[u32; 2], u32>,
    network: &'a mut Network,
}

impl Lattice<'_> {
    fn join_waypoints(&mut self) {
        for row in (0..self.mask.rows).step_by(CELLS as usize) {
            for column in (0..self.mask.columns).step_by(CELLS as usize) {
                let here = [row, column];
                let (north, east) = (row + CELLS, column + CELLS);
                let mut others = vec![[row, east], [north, column], [north, east]];
                others.extend(column.checked_sub(CELLS).map(|west| [north, west]));
                for other in others {
                    self.join_if_wet(here, other);
                }
            }
        }
    }

    fn join_if_wet(&mut self, one: [u32; 2], other: [u32; 2]) {
        let between = [u32::midpoint(one[0], other[0]), u32::midpoint(one[1], other[1])];
        let waters = [one, between, other].map(|cell| self.mask.at(cell));
        if waters.contains(&Water::None) {
            return;
        }
        let class = if waters.contains(&Water::Lake) { RoadClass::Lake } else { RoadClass::Sea };
        let ends = [one, other].map(|cell| self.waypoint(cell));
        self.edge(ends, class);
    }

    fn waypoint(&mut self, cell: [u32; 2]) -> u32 {
        let (mask, network) = (self.mask, &mut *self.network);
        let [lat, lon] = mask.middle(cell);
        *self
            .waypoints
            .entry(cell)
            .or_insert_with(|| network.new_vertex(None, plane::stored_degrees(lat, lon)))
    }

    /// Where a river or a fairway that boats follow begins or ends on open water, they go on from there.
    fn join_lines(&mut self) {
        let boats = self.network.edges.iter().filter(|edge| edge.modes().has(Mode::Boat));
        let lines = boats.filter(|edge| !matches!(edge.class, RoadClass::Lake | RoadClass::Sea));
        let mut ends: Vec<u32> = lines.flat_map(|edge| [edge.a, edge.b]).collect();
        ends.sort_unstable();
        ends.dedup();
        for end in ends {
            let cell = self.mask.cell(self.network.at[end as usize]);
            let even = cell.map(|number| number - number % CELLS);
            let near = [[0, 0], [0, CELLS], [CELLS, 0], [CELLS, CELLS]]
                .map(|[north, east]| [even[0] + north, even[1] + east]);
            if self.mask.at(cell) == Water::None {
                continue;
            }
            for waypoint in
                near.iter().filter_map(|cell| self.waypoints.get(cell).copied()).collect::<Vec<u32>>()
            {
                let class = if self.mask.at(cell) == Water::Sea { RoadClass::Sea } else { RoadClass::Lake };
                self.edge([end, waypoint], class);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundred metres")]
    fn edge(&mut self, [a, b]: [u32; 2], class: RoadClass) {
        let network = &mut *self.network;
        let line = [a, b].map(|vertex| network.at[vertex as usize]);
        let first_point = network.next_point();
        network.points.extend(line);
        let modes = Modes::of(&[Mode::Boat]);
        network.edges.push(Edge {
            a,
            b,
            first_point,
            end_point: network.next_point(),
            length_mm: (plane::great_circle_m(line[0], line[1]) * 1_000.0).round() as u32,
            car_ms: NO_CAR,
            back_ms: NO_CAR,
            class,
            forward: modes,
            backward: modes,
            main: Modes::NONE,
        });
        network.way_of.push(NONE);
    }
}
