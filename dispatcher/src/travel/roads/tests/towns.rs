//! Small random towns: nodes on a bent grid, ways over them that are oneway, closed, on foot, on rails of water.

use std::rc::Rc;

use certus_registry::{Metres, Mode, Position};
use proptest::prelude::*;

use super::super::build::{Restriction, Source};
use super::super::conditions::{Closure, Conditions, Costs, Laid};
use super::super::grid::{OFF_ROAD_MAX_M, Snap};
use super::super::kind::RoadClass;
use super::super::plane::Plane;
use super::super::{Graph, graph::View};

const SIDE: i64 = 5;
/// From one corner to the next, degrees: 90 m, so that turns weigh as much as the way between them.
const STEP: f64 = 0.0008;
pub(super) const SCENE: [f64; 2] = [63.18, 14.64];

/// Tags that make ways of different kinds.
const KINDS: [&[(&str, &str)]; 10] = [
    &[("highway", "residential")],
    &[("highway", "primary"), ("maxspeed", "70")],
    &[("highway", "tertiary"), ("oneway", "yes")],
    &[("highway", "secondary"), ("oneway", "-1"), ("oneway:bicycle", "no")],
    &[("highway", "unclassified"), ("junction", "roundabout")],
    &[("route", "ferry"), ("duration", "00:02")],
    &[("highway", "track"), ("motor_vehicle", "no"), ("snowmobile", "yes")],
    &[("highway", "path")],
    &[("waterway", "fairway")],
    &[("highway", "secondary"), ("maxspeed:forward", "80"), ("maxspeed:backward", "30")],
];
/// What stands at a node.
const OBSTACLES: [&[(&str, &str)]; 4] = [
    &[("barrier", "bollard")],
    &[("barrier", "gate")],
    &[("highway", "traffic_signals")],
    &[("highway", "stop"), ("direction", "forward")],
];

/// A way's nodes and kind.
pub(super) type Line = (Vec<i64>, usize);

#[derive(Debug, Clone)]
pub(super) struct Town {
    pub(super) lines: Vec<Line>,
    /// Where nodes lie beside the grid's corners, in eightieths of a step.
    pub(super) bends: Vec<[i8; 2]>,
    /// A node that is missing, and one that something stands at.
    pub(super) missing: i64,
    pub(super) obstacle: (i64, usize),
    /// From which line one may not turn onto which other at which node, or only onto it.
    pub(super) restrictions: Vec<([i64; 3], bool)>,
}

pub(super) fn town() -> impl Strategy<Value = Town> {
    let line = (prop::collection::vec(0..SIDE * SIDE, 2..6), 0..KINDS.len());
    let bend = prop::array::uniform2(-30..=30_i8);
    let bends = prop::collection::vec(bend, usize::try_from(SIDE * SIDE).unwrap());
    let restriction = (prop::array::uniform3(0..14_i64), any::<bool>());
    let restrictions = prop::collection::vec(restriction, 0..12);
    let obstacle = (0..SIDE * SIDE * 2, 0..OBSTACLES.len());
    (prop::collection::vec(line, 1..14), bends, 0..SIDE * SIDE * 2, obstacle, restrictions).prop_map(
        |(lines, bends, missing, obstacle, restrictions)| Town {
            lines,
            bends,
            missing,
            obstacle,
            restrictions,
        },
    )
}

/// Somewhere in a town or a few kilometres off it.
pub(super) fn place() -> impl Strategy<Value = Position> {
    let near = prop::array::uniform2(-STEP..5.0 * STEP);
    let far = prop::array::uniform2(-0.15..0.15_f64);
    prop_oneof![4 => near, 1 => far]
        .prop_map(|[north, east]| Position::new(SCENE[0] + north, SCENE[1] + 2.0 * east).unwrap())
}

pub(super) fn mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(Mode::ALL)
}

pub(super) fn conditions() -> impl Strategy<Value = Conditions> {
    let closure = (place(), 5.0..60.0_f64).prop_map(|(at, radius)| Closure { at, radius: Metres(radius) });
    let factor = (prop::sample::select(RoadClass::ALL.to_vec()), 1.0..4.0_f64);
    let factors = prop::collection::btree_map(factor.0, factor.1, 0..4);
    (prop::collection::vec(closure, 0..4), factors, 0..9_u64)
        .prop_map(|(closures, factors, version)| Conditions { version, expired: 0, closures, factors })
}

impl Town {
    pub(super) fn graph(&self) -> Option<Graph> {
        let mut source = Source::default();
        for (id, (nodes, kind)) in (0..).zip(&self.lines) {
            source.numbered_way(id, nodes, KINDS[*kind]);
        }
        for ([from, to, at], only) in &self.restrictions {
            let line = self.lines.get(usize::try_from(*from).unwrap());
            let via = line.map_or(0, |(nodes, _)| nodes[usize::try_from(*at).unwrap() % nodes.len()]);
            source.restrict(Restriction { via, from: vec![*from], to: vec![*to], only: *only });
        }
        for (id, [north, east]) in (0..).zip(&self.bends) {
            let (obstructed, kind) = self.obstacle;
            let tags = if id == obstructed { OBSTACLES[kind] } else { &[] };
            let steps = |cells: i64, bend: &i8| {
                f64::from(i32::try_from(cells).unwrap()) * STEP + f64::from(*bend) * STEP / 80.0
            };
            let at = [SCENE[0] + steps(id / SIDE, north), SCENE[1] + 2.0 * steps(id % SIDE, east)];
            if id != self.missing {
                source.node(id, at, tags);
            }
        }
        source.graph()
    }
}

pub(super) fn costs(graph: &Graph, conditions: Conditions, scene: Position) -> Rc<Costs> {
    Rc::new(Laid::on(&graph.view(), conditions).towards(scene, false))
}

/// The nearest edge by a look at every segment: for anybody, and among those that lead somewhere.
pub(super) fn nearest(view: &View<'_>, position: Position, mode: Mode, main: bool) -> Option<Snap> {
    let plane = Plane::at(position);
    let mut best: Option<Snap> = None;
    for (number, edge) in
        (0..).zip(view.edges()).filter(|(_, edge)| if main { edge.main } else { edge.modes() }.has(mode))
    {
        let line = view.line(&edge);
        let total: f64 = line.windows(2).map(|pair| plane.length(pair[0], pair[1])).sum();
        let mut before = 0.0;
        for pair in line.windows(2) {
            let (found, length) = (plane.nearest(pair[0], pair[1]), plane.length(pair[0], pair[1]));
            let at = if total > 0.0 { (before + found.at * length) / total } else { 0.0 };
            if best.is_none_or(|best| found.distance < best.distance) && found.distance <= OFF_ROAD_MAX_M {
                best = Some(Snap { edge: number, at, distance: found.distance });
            }
            before += length;
        }
    }
    best
}
