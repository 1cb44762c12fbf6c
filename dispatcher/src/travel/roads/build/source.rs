//! What a graph is built from: the ways that somebody can use, and where their nodes are.

use std::ops::Range;

use super::tags::{self, Obstacle, Tags, Use};
use super::water::Outline;

/// Ways and nodes of a map, as OpenStreetMap has them.
///
/// ```
/// use certus_dispatcher::travel::roads::build::Source;
/// let mut source = Source::default();
/// source.way(&[1, 2], &[("highway", "residential")]);
/// source.node(1, [63.2, 14.6], &[]);
/// source.node(2, [63.2, 14.7], &[]);
/// let graph = source.graph().expect("there is a road");
/// assert_eq!(graph.counts(), [2, 1, 2]);
/// ```
#[derive(Debug, Default)]
pub struct Source {
    /// Its name, for people.
    pub(super) name: String,
    /// As of when the data are, seconds since 1970 UTC.
    pub(super) data_as_of_s: Option<i64>,
    pub(super) ways: Vec<Way>,
    /// The nodes of all ways, one way after the other.
    pub(super) refs: Vec<i64>,
    /// The nodes of ways and shores, each once, ascending; filled when the first node comes.
    pub(super) ids: Vec<i64>,
    pub(super) nodes: Vec<Option<Node>>,
    pub(super) restrictions: Vec<Restriction>,
    /// The nodes of the outlines of water, one line after the other.
    pub(super) shores: Vec<i64>,
    pub(super) lakes: Vec<Outline>,
    /// Lines along which the sea lies to the right.
    pub(super) coast: Vec<Range<usize>>,
}

/// A way that somebody can use: `refs[first..end]`.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// Its number in OpenStreetMap; 0 when it has none.
    pub(super) id: i64,
    pub(super) first: usize,
    pub(super) end: usize,
    pub(super) usage: Use,
}

/// Where a node is, in ten-millionths of a degree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    pub(super) at: [i32; 2],
    pub(super) obstacle: Obstacle,
}

/// Where one may turn, and where one may not, by car.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Restriction {
    /// The node at which one turns.
    pub(in super::super) via: i64,
    /// The ways from which.
    pub(in super::super) from: Vec<i64>,
    /// The ways onto which.
    pub(in super::super) to: Vec<i64>,
    /// Onto these ways and no other; else onto every way but these.
    pub(in super::super) only: bool,
}

impl Source {
    /// Nothing yet, under a name for people.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// Takes a way with its tags, if somebody can use it. All ways come before the first node.
    pub fn way(&mut self, nodes: &[i64], tags: &[(&str, &str)]) {
        self.numbered_way(0, nodes, tags);
    }

    /// The same under its number in OpenStreetMap, by which restrictions of turns name it.
    pub(in super::super) fn numbered_way(&mut self, id: i64, nodes: &[i64], tags: &[(&str, &str)]) {
        if nodes.len() > 1 && tags::is_coast(Tags(tags)) {
            let line = self.shore(nodes);
            self.coast.push(line);
        } else if nodes.len() > 3 && nodes.first() == nodes.last() && tags::is_water(Tags(tags)) {
            self.lake(&[nodes]);
        }
        let Some(usage) = tags::usage(Tags(tags)).filter(|_| nodes.len() > 1) else { return };
        let first = self.refs.len();
        self.refs.extend(nodes);
        self.ways.push(Way { id, first, end: self.refs.len(), usage });
    }

    /// Takes the outline of one water, islands and all: the nodes of its ways in any order.
    pub fn lake(&mut self, ways: &[&[i64]]) {
        let outline = ways.iter().filter(|way| way.len() > 1).map(|way| self.shore(way)).collect();
        self.lakes.push(outline);
    }

    fn shore(&mut self, nodes: &[i64]) -> Range<usize> {
        let first = self.shores.len();
        self.shores.extend(nodes);
        first..self.shores.len()
    }

    #[cfg(test)]
    pub(in super::super) fn restrict(&mut self, restriction: Restriction) {
        self.restrictions.push(restriction);
    }

    /// Takes a node, if a way goes over it: latitude and longitude, degrees.
    pub fn node(&mut self, id: i64, [lat, lon]: [f64; 2], tags: &[(&str, &str)]) {
        let Ok(at) = certus_registry::Position::new(lat, lon) else { return };
        self.stored_node(id, crate::travel::roads::plane::stored(at), || tags::obstacle(Tags(tags)));
    }

    pub(super) fn stored_node(&mut self, id: i64, at: [i32; 2], obstacle: impl FnOnce() -> Obstacle) {
        if self.nodes.is_empty() {
            self.ids = [&self.refs[..], &self.shores].concat();
            self.ids.sort_unstable();
            self.ids.dedup();
            self.nodes = vec![None; self.ids.len()];
        }
        if let Some(place) = self.place_of(id) {
            self.nodes[place] = Some(Node { at, obstacle: obstacle() });
        }
    }

    pub(super) fn place_of(&self, id: i64) -> Option<usize> {
        self.ids.binary_search(&id).ok()
    }
}
