//! Numbers in the order of the country: what is near on the ground is near in memory.
//!
//! A search goes from a vertex to its neighbours, and what it waits for is memory. A source numbers by the day on which
//! somebody drew a road; here vertices follow one another along a Hilbert curve, and edges, their lines and arcs follow them.

use super::edges::Network;
use crate::travel::roads::kind::Edge;

/// The same network under other numbers.
pub(super) fn along_a_curve(network: &Network) -> Network {
    let place = |vertex: u32| {
        let [lat, lon] = network.at[vertex as usize].map(shifted);
        (fast_hilbert::xy2h(lon, lat, u32::BITS.to_le_bytes()[0]), vertex)
    };
    let vertices = sorted(network.vertices, place);
    let mut new = vec![0; vertices.len()];
    for (number, old) in (0..).zip(&vertices) {
        new[*old as usize] = number;
    }
    let ends = |edge: &Edge| [edge.a, edge.b].map(|vertex| new[vertex as usize]);
    let number = u32::try_from(network.edges.len()).expect("edges have 32-bit numbers");
    let edges = sorted(number, |edge| {
        let [a, b] = ends(&network.edges[edge as usize]);
        (a.min(b), a.max(b), edge)
    });
    let mut points = Vec::with_capacity(network.points.len());
    let mut laid = |edge: &Edge| {
        let line = &network.points[edge.first_point as usize..edge.end_point as usize];
        let first_point = u32::try_from(points.len()).expect("no more points than before");
        points.extend_from_slice(line);
        let [a, b] = ends(edge);
        Edge { a, b, first_point, end_point: first_point + edge.end_point - edge.first_point, ..*edge }
    };
    Network {
        vertices: network.vertices,
        edges: edges.iter().map(|edge| laid(&network.edges[*edge as usize])).collect(),
        way_of: edges.iter().map(|edge| network.way_of[*edge as usize]).collect(),
        node_of: vertices.iter().map(|vertex| network.node_of[*vertex as usize]).collect(),
        at: vertices.iter().map(|vertex| network.at[*vertex as usize]).collect(),
        points,
        clipped_ways: network.clipped_ways,
        clipped_lakes: network.clipped_lakes,
    }
}

/// The numbers below `count` in the order of their keys.
fn sorted<K: Ord>(count: u32, key: impl Fn(u32) -> K) -> Vec<u32> {
    let mut numbers: Vec<u32> = (0..count).collect();
    numbers.sort_by_cached_key(|number| key(*number));
    numbers
}

/// Degrees as they are stored, from 0 on.
const fn shifted(stored: i32) -> u32 {
    stored.cast_unsigned() ^ 1 << (u32::BITS - 1)
}

#[cfg(test)]
mod tests {
    use super::super::source::Source;
    use super::*;

    /// Streets like a chessboard whose ways come in an order that has nothing to do with where they are.
    #[test]
    fn neighbours_have_numbers_near_each_other_whatever_the_order_of_the_source() {
        const SIDE: i64 = 32;
        let (mut source, id) = (Source::default(), |x: i64, y: i64| 1 + y * SIDE + x);
        let streets = (0..SIDE - 1).flat_map(|x| (0..SIDE).map(move |y| (x, y)));
        let mut streets: Vec<(i64, i64)> = streets.collect();
        streets.sort_by_key(|(x, y)| (x * 577 + y * 331) % 1_009);
        for (along, across) in streets {
            source.way(&[id(along, across), id(along + 1, across)], &[("highway", "residential")]);
            source.way(&[id(across, along), id(across, along + 1)], &[("highway", "residential")]);
        }
        for y in 0..SIDE {
            for x in 0..SIDE {
                let at = |cells: i64| f64::from(i16::try_from(cells).unwrap()) * 0.001;
                source.node(id(x, y), [63.2 + at(y), 14.6 + at(x)], &[]);
            }
        }
        let before = Network::of(&source);
        let after = along_a_curve(&before);
        let apart = |network: &Network| {
            let mut apart: Vec<u32> = network.edges.iter().map(|edge| edge.a.abs_diff(edge.b)).collect();
            apart.sort_unstable();
            apart[apart.len() / 2]
        };
        assert!(apart(&before) > 100, "{}", apart(&before));
        assert!(apart(&after) < 8, "{}", apart(&after));
        assert_eq!(after.points.len(), before.points.len());
        let lines = |network: &Network| {
            let line =
                |edge: &Edge| network.points[edge.first_point as usize..edge.end_point as usize].to_vec();
            let mut lines: Vec<_> =
                network.edges.iter().zip(&network.way_of).map(|(edge, way)| (*way, line(edge))).collect();
            lines.sort_unstable();
            lines
        };
        assert_eq!(lines(&after), lines(&before));
    }
}
