//! What turns take by car: more the sharper they are, more across oncoming traffic, a wait at signals and signs; and which
//! of them are not allowed.
//!
//! The figures are those of OSRM's car profile (`profiles/car.lua` in osrm-backend), which were fitted to turns that were
//! driven. One turns round at a dead end and where two carriageways meet, and nowhere else: it would hardly ever be quicker,
//! because everybody may set out in both directions.

use std::collections::BTreeMap;

use certus_registry::{Mode, Position};

use super::edges::Network;
use super::source::{Restriction, Source};
use super::tags::{Direction, Halt, HaltKind};
use crate::travel::roads::graph::{Arc, NEVER};
use crate::travel::roads::kind::{Edge, RoadClass};
use crate::travel::roads::plane::{self, Plane};

/// The sharpest turn, seconds.
const SHARPEST_S: f64 = 7.5;
/// A turn that takes half of it, and how many degrees more take it from 50 to 73 %: away from oncoming traffic.
const AWAY: [f64; 2] = [104.0, 14.9];
/// The same across it, where one swings out wider.
const ACROSS: [f64; 2] = [77.9, 12.9];
/// Waiting for a gap in it, seconds, and by which turn half of that is reached.
const GAP_S: f64 = 2.0;
const GAP: [f64; 2] = [45.0, 13.85];
/// Turning round, beside the sharpest turn, seconds.
const ROUND_S: f64 = 20.0;
/// From one carriageway onto the other one turns at least so far, degrees: they are almost side by side (our choice).
const OTHER_CARRIAGEWAY: f64 = 150.0;
/// As far from a junction the direction of a road is taken, metres: what bends nearer to it is its mouth (our choice).
const MOUTH_M: f64 = 15.0;
/// A sign as near to a junction, metres, stands for those who come to it (OSRM's car profile).
const SIGN_M: f64 = 20.0;

/// The turns at each vertex, and where they begin; the arcs learn their places among them, and how much they differ.
pub(super) fn lay(
    source: &Source,
    network: &Network,
    starts: &[u32],
    arcs: &mut [Arc],
) -> (Vec<u16>, Vec<u32>) {
    let (mut turns, mut begins) = (Vec::new(), Vec::new());
    let country = Country::of(source, network);
    let mut away = vec![Vec::new(); network.vertices as usize];
    for (number, arc) in (0_usize..).zip(&*arcs).filter(|(_, arc)| arc.modes().has(Mode::Car)) {
        away[arc.tail as usize].push(number);
    }
    for (vertex, away) in (0..).zip(away) {
        let into = starts[vertex as usize] as usize..starts[vertex as usize + 1] as usize;
        let junction = Junction::of(&country, vertex, &arcs[into], away.iter().map(|arc| arcs[*arc]));
        let spread = junction.spread();
        let begin = u32::try_from(turns.len());
        begins.push(begin.expect("a file's turns have 32-bit numbers; Europe's are fewer"));
        for (place, number) in away.into_iter().enumerate() {
            arcs[number].turn(place, spread);
            turns.extend(junction.onto(place));
        }
    }
    (turns, begins)
}

/// What holds for all junctions.
struct Country<'a> {
    source: &'a Source,
    network: &'a Network,
    restrictions: BTreeMap<usize, Vec<&'a Restriction>>,
    left_hand: bool,
}

/// One vertex with its arcs.
struct Junction<'a> {
    country: &'a Country<'a>,
    into: Vec<Leg>,
    away: Vec<Leg>,
    restrictions: &'a [&'a Restriction],
    halt: Option<Halt>,
    /// How many roads meet, and how many of them are no tracks: where a track comes to a road, nobody on the road slows down.
    roads: usize,
    made_roads: usize,
}

/// An arc at a junction.
#[derive(Clone, Copy)]
struct Leg {
    arc: Arc,
    edge: Edge,
    way: i64,
    round: bool,
    /// In which direction one drives on it at the junction, degrees clockwise from the north.
    bearing: f64,
}

impl<'a> Country<'a> {
    fn of(source: &'a Source, network: &'a Network) -> Self {
        let mut restrictions: BTreeMap<usize, Vec<&Restriction>> = BTreeMap::new();
        for restriction in &source.restrictions {
            if let Some(place) = source.place_of(restriction.via) {
                restrictions.entry(place).or_default().push(restriction);
            }
        }
        Self { source, network, restrictions, left_hand: drives_on_the_left(source, network) }
    }

    fn leg(&self, arc: Arc, leaves: bool) -> Leg {
        let edge = self.network.edges[arc.edge as usize];
        let way = self.source.ways.get(self.network.way_of[arc.edge as usize] as usize);
        let line = &self.network.points[edge.first_point as usize..edge.end_point as usize];
        let bearing = if leaves == arc.is_back() { bearing(line.iter().rev()) } else { bearing(line.iter()) };
        let bearing = if leaves { bearing } else { bearing + 180.0 };
        let (way, round) = way.map_or((0, false), |way| (way.id, way.usage.round));
        Leg { arc, edge, way, round, bearing }
    }
}

impl<'a> Junction<'a> {
    fn of(country: &'a Country<'a>, vertex: u32, into: &[Arc], away: impl Iterator<Item = Arc>) -> Self {
        let into: Vec<Leg> = into.iter().map(|arc| country.leg(*arc, false)).collect();
        let away: Vec<Leg> = away.map(|arc| country.leg(arc, true)).collect();
        let node = country.network.node_of[vertex as usize] as usize; // on open water there is none
        let cars = |leg: &&Leg| leg.arc.modes().has(Mode::Car);
        // Each road once, by the edge and which of its ends is here.
        let mut roads: Vec<(u32, bool, RoadClass)> = Vec::new();
        roads.extend(into.iter().filter(cars).map(|leg| (leg.arc.edge, leg.arc.is_back(), leg.edge.class)));
        roads.extend(away.iter().map(|leg| (leg.arc.edge, !leg.arc.is_back(), leg.edge.class)));
        roads.sort_unstable();
        roads.dedup();
        let made_roads = roads.iter().filter(|(.., class)| *class != RoadClass::Track).count();
        let restrictions = country.restrictions.get(&node).map_or(&[][..], Vec::as_slice);
        let halt = country.source.nodes.get(node).copied().flatten().and_then(|node| node.obstacle.halt);
        Self { country, into, away, restrictions, halt, roads: roads.len(), made_roads }
    }

    /// The turns onto one of the arcs away, from each into the vertex.
    fn onto(&self, place: usize) -> impl Iterator<Item = u16> {
        self.into.iter().map(move |from| {
            let seconds =
                if from.arc.modes().has(Mode::Car) { self.seconds(from, &self.away[place]) } else { None };
            seconds.map_or(NEVER, stored)
        })
    }

    /// How much the turns differ, but for turning round; [`NEVER`] when one is not allowed.
    fn spread(&self) -> u16 {
        let from = self.into.iter().filter(|leg| leg.arc.modes().has(Mode::Car));
        let pairs = from.flat_map(|from| self.away.iter().map(move |onto| (from, onto)));
        let turns = pairs.filter(|(from, onto)| !turns_round(from, onto));
        let (mut least, mut most) = (NEVER, 0);
        for (from, onto) in turns {
            let Some(ms) = self.seconds(from, onto).map(stored) else { return NEVER };
            (least, most) = (least.min(ms), most.max(ms));
        }
        most.saturating_sub(least)
    }

    fn seconds(&self, from: &Leg, onto: &Leg) -> Option<f64> {
        if turns_round(from, onto) {
            return (self.roads == 1).then_some(SHARPEST_S + ROUND_S);
        }
        if !self.is_allowed(from, onto) {
            return None;
        }
        if changes_carriageway(from, onto) {
            return Some(SHARPEST_S + ROUND_S);
        }
        let on_a_track = [from, onto].iter().any(|leg| leg.edge.class == RoadClass::Track);
        let is_junction = if on_a_track { self.roads > 2 } else { self.made_roads > 2 };
        let turn_s = if is_junction { self.turn_s(from, onto) } else { 0.0 };
        Some(turn_s + self.halt_s(from, onto))
    }

    fn turn_s(&self, from: &Leg, onto: &Leg) -> f64 {
        let right = degrees_right(from, onto);
        let across = if self.country.left_hand { right > 0.0 } else { right < 0.0 };
        let degrees = right.abs();
        let meets_nobody = from.round || onto.round || !across;
        let gap_s = if meets_nobody { 0.0 } else { GAP_S * reached(degrees, GAP) };
        SHARPEST_S * reached(degrees, if across { ACROSS } else { AWAY }) + gap_s
    }

    fn is_allowed(&self, from: &Leg, onto: &Leg) -> bool {
        self.restrictions.iter().filter(|restriction| restriction.from.contains(&from.way)).all(
            |restriction| {
                let named = restriction.to.contains(&onto.way);
                let straight_on = from.way == onto.way;
                let there = self.away.iter().any(|leg| restriction.to.contains(&leg.way));
                if restriction.only { named || !there } else { !named || straight_on }
            },
        )
    }

    fn halt_s(&self, from: &Leg, onto: &Leg) -> f64 {
        let Some(halt) = self.halt else { return 0.0 };
        let along = if from.arc.is_back() { Direction::Against } else { Direction::Along };
        let short = |leg: &Leg| f64::from(leg.edge.length_mm) < SIGN_M * 1_000.0;
        let leaving = self.roads == 2 && halt.direction.is_none() && short(from) && !short(onto);
        let held_up = match halt.kind {
            HaltKind::Always => true,
            HaltKind::BeforeJunction => !leaving,
            HaltKind::FromMinorRoad => self.away.iter().any(|leg| mm_s(leg) > mm_s(from)),
        };
        let this_way = halt.direction.is_none_or(|direction| direction == along);
        if held_up && this_way { halt.seconds } else { 0.0 }
    }
}

fn turns_round(from: &Leg, onto: &Leg) -> bool {
    from.arc.edge == onto.arc.edge && from.arc.is_back() != onto.arc.is_back()
}

/// Whether one turns from a carriageway onto the one beside it, where they meet.
fn changes_carriageway(from: &Leg, onto: &Leg) -> bool {
    let is_oneway = |leg: &Leg| leg.edge.forward.has(Mode::Car) != leg.edge.backward.has(Mode::Car);
    let one_by_one = is_oneway(from) && is_oneway(onto) && !from.round && !onto.round;
    one_by_one && degrees_right(from, onto).abs() > OTHER_CARRIAGEWAY
}

/// How far one turns to the right, degrees; to the left it is less than 0.
fn degrees_right(from: &Leg, onto: &Leg) -> f64 {
    (onto.bearing - from.bearing + 540.0).rem_euclid(360.0) - 180.0
}

/// Which share of its most something has reached at so many degrees.
fn reached(degrees: f64, [half, width]: [f64; 2]) -> f64 {
    1.0 / (1.0 + ((half - degrees) / width).exp())
}

fn mm_s(leg: &Leg) -> u64 {
    u64::from(leg.edge.length_mm) * 1_000 / u64::from(leg.arc.car_ms.max(1))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a minute or two; a cast saturates"
)]
fn stored(seconds: f64) -> u16 {
    ((seconds * 1_000.0).round() as u16).min(NEVER - 1)
}

/// From the first of some points towards where the line is [`MOUTH_M`] on, degrees clockwise from the north.
fn bearing<'a>(mut line: impl Iterator<Item = &'a [i32; 2]>) -> f64 {
    let Some(first) = line.next() else { return 0.0 };
    let [lat, lon] = plane::degrees(*first);
    let Ok(here) = Position::new(lat, lon) else { return 0.0 };
    let plane = Plane::at(here);
    let (mut before, mut gone) = ([0.0, 0.0], 0.0);
    for point in line {
        let next = plane.xy(*point);
        let step = (next[0] - before[0]).hypot(next[1] - before[1]);
        if gone + step >= MOUTH_M {
            let share = (MOUTH_M - gone) / step;
            let at = [0, 1].map(|axis| before[axis] + share * (next[axis] - before[axis]));
            return at[0].atan2(at[1]).to_degrees();
        }
        (before, gone) = (next, gone + step);
    }
    before[0].atan2(before[1]).to_degrees()
}

/// Whether the map's roundabouts turn as they do where one drives on the left; where there are none, on the right.
fn drives_on_the_left(source: &Source, network: &Network) -> bool {
    let mut clockwise = 0.0;
    for (edge, way) in network.edges.iter().zip(&network.way_of) {
        if source.ways.get(*way as usize).is_some_and(|way| way.usage.round) {
            let line = &network.points[edge.first_point as usize..edge.end_point as usize];
            clockwise += line.windows(3).map(bend).sum::<f64>();
        }
    }
    clockwise > 0.0
}

/// How much a line bends at the middle one of three points: more than 0 to the right.
fn bend(three: &[[i32; 2]]) -> f64 {
    let [from, at, to] = [three[0], three[1], three[2]].map(plane::degrees);
    let [north, east] = [at[0] - from[0], at[1] - from[1]];
    let [on_north, on_east] = [to[0] - at[0], to[1] - at[1]];
    north * on_east - east * on_north
}
