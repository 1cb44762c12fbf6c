//! Which parts of the network are worth being led to: strongly connected, and the largest, or kilometres long.
//!
//! A car park behind a gate that no tag opens, or a street that a cut file left alone, is no place from which one gets
//! anywhere. An island with roads of its own is: who is there is not to be led across the water.

use certus_registry::Mode;

use crate::travel::roads::graph::Arc;
use crate::travel::roads::kind::Edge;

/// A part with this much road is a place of its own, millimetres: 3 km (our choice; an inhabited island has more).
const OWN_MM: u64 = 3_000_000;

/// Marks the edges that lie in such a part, for each mode.
pub(super) fn mark(edges: &mut [Edge], starts: &[u32], arcs: &[Arc]) {
    for mode in Mode::ALL {
        let parts = Parts::of(starts, arcs, *mode);
        let inside = |edge: &Edge| {
            let part = parts.of[edge.a as usize];
            (edge.modes().has(*mode) && part == parts.of[edge.b as usize]).then_some(part as usize)
        };
        let mut length_mm = vec![0_u64; parts.count as usize];
        for edge in edges.iter() {
            if let Some(part) = inside(edge) {
                length_mm[part] += u64::from(edge.length_mm);
            }
        }
        let enough = length_mm.iter().copied().max().unwrap_or(0).min(OWN_MM);
        for edge in edges.iter_mut() {
            if inside(edge).is_some_and(|part| length_mm[part] >= enough) {
                edge.main = edge.main.with(*mode);
            }
        }
    }
}

/// Strongly connected parts (Tarjan 1972, with a stack of its own instead of recursion).
struct Parts<'a> {
    starts: &'a [u32],
    arcs: &'a [Arc],
    mode: Mode,
    /// The part of each vertex.
    of: Vec<u32>,
    count: u32,
    /// When a vertex was first met, from 1; 0: not yet.
    met: Vec<u32>,
    /// The earliest that can be reached from it.
    low: Vec<u32>,
    open: Vec<u32>,
    clock: u32,
}

/// In no part yet.
const OPEN: u32 = u32::MAX;

impl<'a> Parts<'a> {
    fn of(starts: &'a [u32], arcs: &'a [Arc], mode: Mode) -> Self {
        let vertices = starts.len() - 1;
        let (of, met, low) = (vec![OPEN; vertices], vec![0; vertices], vec![0; vertices]);
        let mut parts = Self { starts, arcs, mode, of, count: 0, met, low, open: Vec::new(), clock: 0 };
        for vertex in 0..u32::try_from(vertices).expect("vertices have 32-bit numbers") {
            if parts.met[vertex as usize] == 0 {
                parts.explore(vertex);
            }
        }
        parts
    }

    fn explore(&mut self, root: u32) {
        let mut path = vec![self.enter(root)];
        while let Some((vertex, next)) = path.last_mut() {
            let vertex = *vertex;
            if *next == self.starts[vertex as usize + 1] {
                path.pop();
                self.leave(vertex, path.last().map(|(parent, _)| *parent));
                continue;
            }
            let arc = self.arcs[*next as usize];
            *next += 1;
            if !arc.modes().has(self.mode) {
                continue;
            }
            let tail = arc.tail as usize;
            if self.met[tail] == 0 {
                path.push(self.enter(arc.tail));
            } else if self.of[tail] == OPEN {
                self.low[vertex as usize] = self.low[vertex as usize].min(self.met[tail]);
            }
        }
    }

    fn enter(&mut self, vertex: u32) -> (u32, u32) {
        self.clock += 1;
        self.met[vertex as usize] = self.clock;
        self.low[vertex as usize] = self.clock;
        self.open.push(vertex);
        (vertex, self.starts[vertex as usize])
    }

    fn leave(&mut self, vertex: u32, parent: Option<u32>) {
        let low = self.low[vertex as usize];
        if let Some(parent) = parent {
            self.low[parent as usize] = self.low[parent as usize].min(low);
        }
        if low == self.met[vertex as usize] {
            let from = self
                .open
                .iter()
                .rposition(|open| *open == vertex)
                .expect("it was opened when it was entered");
            for member in self.open.drain(from..) {
                self.of[member as usize] = self.count;
            }
            self.count += 1;
        }
    }
}
