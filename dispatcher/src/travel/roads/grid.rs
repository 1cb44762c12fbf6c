//! The raster over all edges: which segments meet a cell, and the nearest edges to a point.
//!
//! Cells are squares of metres in the middle of the area. Distances are those of the plane at the point asked about, and
//! rings of cells are left by the same measure: what is found is what a look at every segment would find.

use std::ops::RangeInclusive;

use certus_registry::{Mode, Position};
use serde::{Deserialize, Serialize};

use super::graph::View;
use super::plane::{self, Plane};

/// Farther from any road somebody is off the map, metres: two hours on foot.
pub(super) const OFF_ROAD_MAX_M: f64 = 10_000.0;

/// A cell is taken for nearer by as much as rounding may take away.
const NEARER: f64 = 1.0 - 1e-6;

/// Cells lie in memory by squares of so many a side: those around a person are near each other there.
const SQUARE: u32 = 4;

/// Where the cells are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Raster {
    /// The corner of the first cell, degrees.
    pub(super) south: f64,
    pub(super) west: f64,
    /// The size of a cell, degrees.
    pub(super) lat_step: f64,
    pub(super) lon_step: f64,
    pub(super) rows: u32,
    pub(super) columns: u32,
}

/// The raster with what its cells hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid<'a> {
    pub(super) raster: Raster,
    pub(super) starts: &'a [u32],
    pub(super) entries: &'a [[u32; 2]],
}

/// A point on an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Snap {
    pub(super) edge: u32,
    /// From 0 at the edge's `a` to 1 at its `b`.
    pub(super) at: f64,
    /// From the point asked about, metres.
    pub(super) distance: f64,
}

/// The nearest segment so far.
#[derive(Clone, Copy)]
struct Found {
    edge: u32,
    point: u32,
    distance: f64,
}

impl Raster {
    /// How many cells there are, with those that fill up the last squares.
    pub(super) fn cells(&self) -> usize {
        let [rows, columns] = [self.rows, self.columns].map(|count| count.div_ceil(SQUARE) as usize);
        rows * columns * (SQUARE * SQUARE) as usize
    }

    /// Row and column as they would be counted on if the raster had no end.
    #[expect(clippy::cast_possible_truncation, reason = "a cast saturates: far away is far away")]
    fn cell(&self, lat: f64, lon: f64) -> [i64; 2] {
        let count = |degrees: f64, begin: f64, step: f64| ((degrees - begin) / step).floor() as i64;
        [count(lat, self.south, self.lat_step), count(lon, self.west, self.lon_step)]
    }

    /// The part of a span of rows or columns that exists.
    fn clipped(span: RangeInclusive<i64>, count: u32) -> RangeInclusive<i64> {
        (*span.start()).max(0)..=(*span.end()).min(i64::from(count) - 1)
    }

    fn index(&self, row: i64, column: i64) -> usize {
        let side = i64::from(SQUARE);
        let square = row / side * i64::from(self.columns.div_ceil(SQUARE)) + column / side;
        let index = (square * side + row % side) * side + column % side;
        usize::try_from(index).expect("clipped to the raster")
    }

    /// The cells that a segment meets, row by row.
    pub(super) fn along(&self, from: [i32; 2], to: [i32; 2]) -> impl Iterator<Item = usize> + '_ {
        let [from, to] = [from, to].map(plane::degrees);
        let [south, north] = if from[0] <= to[0] { [from, to] } else { [to, from] };
        let rows = self.cell(south[0], self.west)[0]..=self.cell(north[0], self.west)[0];
        Self::clipped(rows, self.rows).flat_map(move |row| {
            let columns = self.columns_in(row, south, north);
            Self::clipped(columns, self.columns).map(move |column| self.index(row, column))
        })
    }

    /// The columns that a segment meets within a row; a hair wider, for what rounding takes away.
    #[expect(clippy::cast_precision_loss, reason = "rows are few")]
    fn columns_in(&self, row: i64, south: [f64; 2], north: [f64; 2]) -> RangeInclusive<i64> {
        let floor = self.south + row as f64 * self.lat_step;
        let span = north[0] - south[0];
        let lon_at = |lat: f64| {
            let at = if span > 0.0 { ((lat - south[0]) / span).clamp(0.0, 1.0) } else { 0.0 };
            south[1] + at * (north[1] - south[1])
        };
        let flat = span <= self.lat_step * 1e-9;
        let [one, other] =
            if flat { [south[1], north[1]] } else { [lon_at(floor), lon_at(floor + self.lat_step)] };
        let hair = self.lon_step * 1e-6;
        self.cell(floor, one.min(other) - hair)[1]..=self.cell(floor, one.max(other) + hair)[1]
    }
}

impl Grid<'_> {
    /// The nearest point for `mode` on any edge, and the nearest on one that leads somewhere; they are mostly the same,
    /// then there is one. None when there is no road within [`OFF_ROAD_MAX_M`].
    pub(super) fn nearest(&self, view: &View<'_>, position: Position, mode: Mode) -> [Option<Snap>; 2] {
        let plane = Plane::at(position);
        let centre = self.raster.cell(plane.lat, plane.lon);
        let [mut any, mut main]: [Option<Found>; 2] = [None, None];
        for ring in 0.. {
            self.look_around(view, &plane, mode, (centre, ring), [&mut any, &mut main]);
            let seen_m = self.margin_m(&plane, centre, ring);
            if seen_m > OFF_ROAD_MAX_M || main.is_some_and(|main| main.distance <= seen_m) {
                break;
            }
        }
        let near = |found: &Found| found.distance <= OFF_ROAD_MAX_M;
        let (any, main) = (any.filter(near), main.filter(near));
        let main = main.filter(|main| any.is_some_and(|any| any.edge != main.edge));
        [any, main].map(|found| found.map(|found| found.snap(view, &plane)))
    }

    /// Looks at the cells on one ring, but for those that lie farther away than what has been found.
    fn look_around(
        &self,
        view: &View<'_>,
        plane: &Plane,
        mode: Mode,
        ([row, column], ring): ([i64; 2], i64),
        [any, main]: [&mut Option<Found>; 2],
    ) {
        let raster = &self.raster;
        for y in Raster::clipped(row - ring..=row + ring, raster.rows) {
            let north_m = away(plane.lat, raster.south, raster.lat_step, y) * plane.north_m;
            let whole = (y - row).abs() == ring || ring == 0;
            let step = if whole { 1 } else { usize::try_from(2 * ring).expect("a ring is no less than 0") };
            for x in (column - ring..=column + ring).step_by(step) {
                let east_m = away(plane.lon, raster.west, raster.lon_step, x) * plane.east_m;
                let nearest_m = plane::norm(north_m, east_m) * NEARER;
                let nearer = main.is_none_or(|main| nearest_m <= main.distance);
                if nearer && (0..i64::from(raster.columns)).contains(&x) {
                    self.look_into(view, plane, mode, raster.index(y, x), [&mut *any, &mut *main]);
                }
            }
        }
    }

    fn look_into(
        &self,
        view: &View<'_>,
        plane: &Plane,
        mode: Mode,
        cell: usize,
        [any, main]: [&mut Option<Found>; 2],
    ) {
        for [point, edge] in self.in_cell(cell) {
            let distance = plane.nearest(view.point(*point), view.point(point + 1)).distance;
            if main.is_some_and(|main| main.distance <= distance) {
                continue;
            }
            let row = view.edge(*edge);
            if !row.modes().has(mode) {
                continue;
            }
            let found = Found { edge: *edge, point: *point, distance };
            if any.is_none_or(|any| distance < any.distance) {
                *any = Some(found);
            }
            if row.main.has(mode) {
                *main = Some(found);
            }
        }
    }

    /// The segments that meet a cell.
    fn in_cell(&self, cell: usize) -> &[[u32; 2]] {
        &self.entries[self.starts[cell] as usize..self.starts[cell + 1] as usize]
    }

    /// Everything nearer than this lies within the rings looked at, metres.
    #[expect(clippy::cast_precision_loss, reason = "cells are few")]
    fn margin_m(&self, plane: &Plane, [row, column]: [i64; 2], ring: i64) -> f64 {
        let raster = &self.raster;
        let side = |degrees: f64, begin: f64, step: f64, cell: i64| {
            let at = (degrees - begin) / step;
            (at - (cell - ring) as f64).min((cell + ring + 1) as f64 - at) * step
        };
        let north = side(plane.lat, raster.south, raster.lat_step, row) * plane.north_m;
        let east = side(plane.lon, raster.west, raster.lon_step, column) * plane.east_m;
        north.min(east)
    }

    /// Every segment whose cells lie within `radius` metres, each as often as it is met.
    pub(super) fn around(&self, plane: &Plane, radius: f64) -> impl Iterator<Item = [u32; 2]> + '_ {
        let raster = &self.raster;
        let (lat, lon) = (radius / plane.north_m, radius / plane.east_m);
        let from = raster.cell(plane.lat - lat, plane.lon - lon);
        let to = raster.cell(plane.lat + lat, plane.lon + lon);
        let columns = Raster::clipped(from[1]..=to[1], raster.columns);
        Raster::clipped(from[0]..=to[0], raster.rows)
            .flat_map(move |row| columns.clone().map(move |column| raster.index(row, column)))
            .flat_map(|cell| self.in_cell(cell).iter().copied())
    }
}

/// How far a row or column is from where somebody is, degrees; 0 in it.
#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn away(at: f64, begin: f64, step: f64, cell: i64) -> f64 {
    let from = begin + cell as f64 * step;
    (from - at).max(at - (from + step)).max(0.0)
}

impl Found {
    /// Where on its whole edge the nearest point lies.
    fn snap(&self, view: &View<'_>, plane: &Plane) -> Snap {
        let edge = view.edge(self.edge);
        let line = view.line(&edge);
        let segment = (self.point - edge.first_point) as usize;
        let lengths = line.windows(2).map(|pair| plane.length(pair[0], pair[1]));
        let total: f64 = lengths.clone().sum();
        let before: f64 = lengths.take(segment).sum();
        let nearest = plane.nearest(line[segment], line[segment + 1]);
        let along = before + nearest.at * plane.length(line[segment], line[segment + 1]);
        let at = if total > 0.0 { (along / total).clamp(0.0, 1.0) } else { 0.0 };
        Snap { edge: self.edge, at, distance: self.distance }
    }
}
