//! Lays the raster over the edges.

use super::edges::Network;
use crate::travel::roads::grid::Raster;
use crate::travel::roads::plane::Plane;
use certus_registry::Position;

/// The side of a cell, metres: a town's cell holds some dozen segments, a forest's one or none.
const CELL_M: f64 = 250.0;
/// With more cells they are made larger: 16 MB of starts.
const CELLS_MAX: f64 = 4e6;

/// The raster, where each cell's entries begin, and the entries: a segment's first point and its edge.
pub(super) fn over(network: &Network, bounds: [f64; 4]) -> (Raster, Vec<u32>, Vec<[u32; 2]>) {
    let raster = raster(bounds);
    let mut starts = vec![0_u32; raster.cells() + 1];
    each(network, &raster, |cell, _| starts[cell + 1] += 1);
    for cell in 1..starts.len() {
        starts[cell] += starts[cell - 1];
    }
    let mut next = starts.clone();
    let mut entries = vec![[0; 2]; starts.last().map_or(0, |last| *last as usize)];
    each(network, &raster, |cell, entry| {
        entries[next[cell] as usize] = entry;
        next[cell] += 1;
    });
    (raster, starts, entries)
}

fn each(network: &Network, raster: &Raster, mut take: impl FnMut(usize, [u32; 2])) {
    for (number, edge) in (0..).zip(&network.edges) {
        for point in edge.first_point..edge.end_point.saturating_sub(1) {
            let [from, to] = [point, point + 1].map(|point| network.points[point as usize]);
            for cell in raster.along(from, to) {
                take(cell, [point, number]);
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most CELLS_MAX")]
fn raster([south, west, north, east]: [f64; 4]) -> Raster {
    let middle = Position::new(f64::midpoint(south, north), f64::midpoint(west, east));
    let (north_m, east_m) = middle.map_or((1.0, 1.0), |middle| {
        let plane = Plane::at(middle);
        (plane.north_m, plane.east_m)
    });
    let area = (north - south) * north_m * (east - west) * east_m;
    let cell_m = CELL_M.max((area / CELLS_MAX).sqrt());
    let (lat_step, lon_step) = (cell_m / north_m, cell_m / east_m);
    let count = |span: f64, step: f64| (span / step).floor() as u32 + 1;
    let (rows, columns) = (count(north - south, lat_step), count(east - west, lon_step));
    Raster { south, west, lat_step, lon_step, rows, columns }
}
