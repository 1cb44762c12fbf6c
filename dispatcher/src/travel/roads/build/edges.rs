//! Ways cut into edges: at every node that ways share, at their ends, at barriers, and where nodes are missing.

use certus_registry::Mode;

use super::source::{Node, Source, Way};
use super::tags::{Obstacle, Pace};
use crate::travel::roads::graph::{Arc, Row};
use crate::travel::roads::kind::{Edge, Modes, RoadClass};
use crate::travel::roads::plane;

/// No vertex yet, no way.
pub(super) const NONE: u32 = u32::MAX;

/// Edges with their lines; a vertex is no more than its number.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) vertices: u32,
    pub(super) edges: Vec<Edge>,
    /// Per edge the way that it was cut from; `NONE` where two ends are joined at a barrier.
    pub(super) way_of: Vec<u32>,
    /// Per vertex the place of its node among all; `NONE` for a waypoint on open water.
    pub(super) node_of: Vec<u32>,
    /// Per vertex where it is.
    pub(super) at: Vec<[i32; 2]>,
    pub(super) points: Vec<[i32; 2]>,
    pub(super) clipped_ways: u32,
    pub(super) clipped_lakes: u32,
}

/// What the cutting needs to know about nodes, by their place among all.
struct Cutter<'a> {
    source: &'a Source,
    /// How often ways go over a node; ends count double.
    uses: Vec<u8>,
    vertex: Vec<u32>,
    network: Network,
}

impl Network {
    pub(super) fn of(source: &Source) -> Self {
        let mut cutter = Cutter {
            source,
            uses: vec![0; source.ids.len()],
            vertex: vec![NONE; source.ids.len()],
            network: Self::default(),
        };
        for node in &source.refs {
            cutter.count(*node);
        }
        for way in &source.ways {
            cutter.count(source.refs[way.first]);
            cutter.count(source.refs[way.end - 1]);
        }
        for (number, way) in (0..).zip(&source.ways) {
            cutter.cut(number, way);
        }
        cutter.network
    }

    /// The arcs into each vertex: where they begin, and their rows.
    pub(super) fn arcs_in(&self) -> (Vec<u32>, Vec<Arc>) {
        let mut counts = vec![0_u32; self.vertices as usize + 1];
        self.each_arc(|head, _| counts[head as usize + 1] += 1);
        for vertex in 1..counts.len() {
            counts[vertex] += counts[vertex - 1];
        }
        let (starts, mut next) = (counts.clone(), counts);
        let mut arcs = vec![Arc::of(&Row::default()); starts.last().map_or(0, |last| *last as usize)];
        self.each_arc(|head, arc| {
            arcs[next[head as usize] as usize] = arc;
            next[head as usize] += 1;
        });
        (starts, arcs)
    }

    fn each_arc(&self, mut take: impl FnMut(u32, Arc)) {
        for (number, edge) in (0..).zip(&self.edges) {
            let there = (edge.a, edge.b, edge.forward, edge.car_ms, false);
            let back = (edge.b, edge.a, edge.backward, edge.back_ms, true);
            for (tail, head, modes, car_ms, is_back) in [there, back] {
                if !modes.is_empty() {
                    take(head, Arc::new([tail, number], car_ms, modes, edge.class, is_back));
                }
            }
        }
    }

    /// A vertex at a node, if it is at one.
    pub(super) fn new_vertex(&mut self, node: Option<usize>, at: [i32; 2]) -> u32 {
        let number = |place| {
            u32::try_from(place).expect("a file's nodes have 32-bit numbers; Europe's roads have fewer")
        };
        self.vertices += 1;
        self.node_of.push(node.map_or(NONE, number));
        self.at.push(at);
        self.vertices - 1
    }

    /// Where the next edge's line begins.
    pub(super) fn next_point(&self) -> u32 {
        u32::try_from(self.points.len())
            .expect("a file's points have 32-bit numbers; Europe's roads have fewer")
    }
}

impl Cutter<'_> {
    fn count(&mut self, node: i64) {
        if let Some(place) = self.source.place_of(node) {
            self.uses[place] = self.uses[place].saturating_add(1);
        }
    }

    fn cut(&mut self, number: u32, way: &Way) {
        let source = self.source;
        let place = |id: &i64| source.place_of(*id).filter(|place| source.nodes[*place].is_some());
        let places: Vec<Option<usize>> = source.refs[way.first..way.end].iter().map(place).collect();
        if places.contains(&None) {
            self.network.clipped_ways += 1;
        }
        let runs: Vec<Vec<usize>> = places
            .split(Option::is_none)
            .map(|run| run.iter().flatten().copied().collect::<Vec<usize>>())
            .filter(|run| run.len() > 1)
            .collect();
        let length_mm: f64 = runs.iter().map(|run| self.length_mm(run)).sum();
        let mm_s = match way.usage.pace {
            Pace::Kmh(kmh) => kmh.map(|kmh| kmh * 1e6 / 3_600.0),
            Pace::Whole(seconds) => [length_mm / seconds; 2],
        };
        for run in runs {
            self.cut_run((number, way), &run, mm_s);
        }
    }

    fn cut_run(&mut self, way: (u32, &Way), run: &[usize], mm_s: [f64; 2]) {
        let mut begin = 0;
        for (at, place) in run.iter().enumerate().skip(1) {
            let obstacle = self.node(*place).obstacle != Obstacle::default();
            let cut = at == run.len() - 1 || self.uses[*place] > 1 || obstacle;
            if cut {
                self.edge(way, &run[begin..=at], mm_s);
                begin = at;
            }
        }
    }

    fn edge(&mut self, (number, way): (u32, &Way), run: &[usize], mm_s: [f64; 2]) {
        let length_mm = whole(self.length_mm(run));
        let [car_ms, back_ms] = mm_s.map(|mm_s| match length_mm {
            0 => 0,
            _ if mm_s > 0.0 => whole((f64::from(length_mm) * 1_000.0 / mm_s).ceil()),
            _ => u32::MAX, // no car goes here
        });
        let [a, b] = [run[0], run[run.len() - 1]].map(|place| self.end(place));
        let first_point = self.network.next_point();
        let line: Vec<[i32; 2]> = run.iter().map(|place| self.node(*place).at).collect();
        self.network.points.extend(line);
        let end_point = self.network.next_point();
        let usage = &way.usage;
        let (class, forward, backward, main) = (usage.class, usage.forward, usage.backward, Modes::NONE);
        self.network.edges.push(Edge {
            a,
            b,
            first_point,
            end_point,
            length_mm,
            car_ms,
            back_ms,
            class,
            forward,
            backward,
            main,
        });
        self.network.way_of.push(number);
    }

    /// The vertex of an edge's end. At a barrier each edge has its own, from which people on foot and bicycle, and nobody
    /// else, go on to the barrier's.
    fn end(&mut self, place: usize) -> u32 {
        if self.vertex[place] == NONE {
            self.vertex[place] = self.network.new_vertex(Some(place), self.node(place).at);
        }
        let vertex = self.vertex[place];
        if !self.node(place).obstacle.barrier {
            return vertex;
        }
        let own = self.network.new_vertex(Some(place), self.node(place).at);
        let through = Modes::of(&[Mode::Foot, Mode::Bicycle]);
        let point = self.network.next_point();
        self.network.edges.push(Edge {
            a: own,
            b: vertex,
            first_point: point,
            end_point: point,
            length_mm: 0,
            car_ms: 0,
            back_ms: 0,
            class: RoadClass::Path,
            forward: through,
            backward: through,
            main: Modes::NONE,
        });
        self.network.way_of.push(NONE);
        own
    }

    fn node(&self, place: usize) -> Node {
        self.source.nodes[place].expect("runs hold no missing nodes")
    }

    fn length_mm(&self, run: &[usize]) -> f64 {
        let segment = |pair: &[usize]| plane::great_circle_m(self.node(pair[0]).at, self.node(pair[1]).at);
        run.windows(2).map(segment).sum::<f64>() * 1_000.0
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates; 4 000 km is no edge"
)]
fn whole(positive: f64) -> u32 {
    positive.round() as u32
}
