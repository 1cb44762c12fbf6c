//! The search from the scene over reversed arcs: Dijkstra's, in milliseconds, going only as far as it is asked.
//!
//! What is searched are arcs and not vertices, because what a turn takes depends on both its arcs. Of the arcs away from a
//! vertex most are never looked at. One that is behind the quickest by as much as turns differ there is of no use to anybody
//! but those who come along the quickest one's edge, from the scene: and they had better turned one vertex before, unless
//! that turn takes longer than the way from there and back, or is not allowed. What turns may differ at the vertices ahead,
//! less what the way from there takes, is therefore carried along ([`Ahead`]).
//!
//! Nothing is searched before the first question. A question lets the search go on until the answer is certain or the limit
//! passed, and what was found stays: the answers are those of one whole bounded search, in whatever order they are asked.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::sync::{Mutex, PoisonError};

use certus_registry::Mode;

use super::conditions::Costs;
use super::graph::{Arc, NEVER, View};
use super::grid::Snap;
use super::plane::Plane;

/// Where a place to go to can be reached on the road.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Goal {
    pub(super) snap: Snap,
    /// Milliseconds from there on, off the road and whatever follows.
    pub(super) rest_ms: u32,
    /// Which place: answers name it.
    pub(super) place: u16,
}

/// A search by one mode.
#[derive(Debug)]
pub(super) struct Search<'a> {
    view: View<'a>,
    costs: Rc<Costs>,
    mode: Mode,
    goals: Vec<Goal>,
    limit_ms: u32,
    /// The last stretches, from an end of a goal's edge to the scene; in the queue they are numbered after the arcs.
    lasts: Vec<(u32, Ahead)>,
    notes: Notes,
    pool: &'a Pool,
    /// Milliseconds in the upper half, the arc in the lower: the least first.
    queue: BinaryHeap<Reverse<u64>>,
    /// Whatever takes less than this is certain.
    certain_ms: u32,
}

/// What a search has noted about arcs and vertices: as long as the graph, and taken over from search to search, because to
/// clear all of it would cost a good part of a search.
#[derive(Debug, Default)]
struct Notes {
    /// At an arc's number what lies ahead at its head, for who comes along it; at a vertex's the quickest way on, with the
    /// edge that it begins with for the place ([`hint`]). Side by side, as the graph has them: whoever looks at the one
    /// looks at the other.
    ahead: Vec<Ahead>,
    /// The arcs and vertices about which something is noted.
    arcs: Vec<u32>,
    vertices: Vec<u32>,
}

/// Notes that nobody uses, and about nothing.
#[derive(Debug, Default)]
pub(super) struct Pool(Mutex<Vec<Notes>>);

/// As many searches as go on at once, and some: each engine has one, with a few modes.
const POOL_MAX: usize = 8;

impl Pool {
    fn take(&self, view: &View<'_>) -> Notes {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(|| Notes { ahead: vec![Ahead::default(); view.numbers()], ..Notes::default() })
    }

    fn give_back(&self, mut notes: Notes) {
        for number in notes.arcs.drain(..).chain(notes.vertices.drain(..)) {
            notes.ahead[number as usize] = Ahead::default();
        }
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < POOL_MAX {
            free.push(notes);
        }
    }
}

impl Drop for Search<'_> {
    fn drop(&mut self) {
        self.pool.give_back(std::mem::take(&mut self.notes));
    }
}

/// A way to the scene.
#[derive(Debug, Clone, Copy, Default)]
struct Ahead {
    /// One more than the milliseconds that it takes; 0: none is known.
    met: u32,
    /// What turns at the vertices ahead may differ, less what the way from there takes, at most, milliseconds;
    /// [`NEVER`] where one of them is not allowed.
    differ_ms: u16,
    /// To which of the goals' places.
    place: u16,
}

impl Ahead {
    /// Milliseconds, if a way is known.
    fn ms(self) -> Option<u32> {
        self.met.checked_sub(1)
    }

    /// From the tail of an arc that takes so long, at a vertex where turns differ by `spread`.
    fn along(self, took_ms: u32, spread: u16) -> Self {
        let took = u16::try_from(took_ms).unwrap_or(u16::MAX);
        let left_ms = if self.differ_ms == NEVER { NEVER } else { self.differ_ms.saturating_sub(took) };
        Self { met: self.met.saturating_add(took_ms), differ_ms: left_ms.max(spread), ..self }
    }

    /// Whether a way that takes so much longer may be the better one to turn onto.
    fn may_differ(self, behind_ms: u32) -> bool {
        self.differ_ms == NEVER || behind_ms < self.differ_ms.into()
    }
}

impl<'a> Search<'a> {
    /// Nothing searched yet. Answers up to `limit_ms`, milliseconds.
    pub(super) fn new(
        (view, pool): (View<'a>, &'a Pool),
        costs: Rc<Costs>,
        mode: Mode,
        goals: Vec<Goal>,
        limit_ms: u32,
    ) -> Self {
        let notes = pool.take(&view);
        let (lasts, queue, limit_ms) = (Vec::new(), BinaryHeap::new(), limit_ms.min(u32::MAX - 1));
        let mut search =
            Self { view, costs, mode, goals, limit_ms, lasts, notes, pool, queue, certain_ms: 0 };
        for goal in 0..search.goals.len() {
            search.begin_at(goal);
        }
        search
    }

    /// Milliseconds from a point on the road to the goal that is reached soonest, and its place; `None` when it is more than
    /// the limit or `within_ms`, or there is no way. Of goals that are reached as soon always the same one is named.
    pub(super) fn soonest_from(&mut self, from: &Snap, within_ms: u32) -> Option<(u32, u16)> {
        let within_ms = within_ms.min(self.limit_ms);
        let along = self.goals.iter().filter_map(|goal| self.along_one_edge(from, goal)).min();
        let out = self.ways_out(from);
        let best = |search: &Self| {
            let by_ends = out.iter().flatten().filter_map(|(arc, ms)| search.by_way_of(*arc, *ms));
            by_ends.chain(along).min()
        };
        while !self.is_certain(best(self), within_ms) {
            self.go_on();
        }
        best(self).filter(|(ms, _)| *ms <= within_ms)
    }

    /// Nobody on an edge that begins or ends farther from `scene`, or on the way to the road from it at `off_road`, metres per
    /// second, reaches a goal within so many milliseconds: metres.
    pub(super) fn farthest_m(&mut self, scene: &Plane, within_ms: u32, off_road: f64) -> f64 {
        while !self.is_certain(None, within_ms) {
            self.go_on();
        }
        let view = self.view;
        let arcs = self
            .notes
            .arcs
            .iter()
            .filter_map(|arc| Some((view.arc(*arc).edge, self.notes.ahead[*arc as usize].ms()?)));
        let met = arcs.chain(self.goals.iter().map(|goal| (goal.snap.edge, goal.rest_ms)));
        let mut farthest_m = 0.0_f64;
        for (edge, rest_ms) in met {
            let Some(left_ms) = within_ms.checked_sub(rest_ms) else { continue };
            // All of the edge, and as far beside it as the time left goes: nobody drives along it in no time.
            let points = view.line(&view.edge(edge)).iter();
            let edge_m = points.map(|point| scene.at_most_m(*point)).fold(0.0, f64::max);
            farthest_m = farthest_m.max(edge_m + off_road * f64::from(left_ms) / 1_000.0);
        }
        farthest_m
    }

    /// From both ends of the goal's edge, as far as one can go from there to the goal.
    fn begin_at(&mut self, goal: usize) {
        let Goal { snap, rest_ms, place } = self.goals[goal];
        let [from_a, from_b] = self.costs.ways_out(&snap);
        for (arc, open, share) in self.arcs_of(&snap, [from_a, from_b], [snap.at, 1.0 - snap.at]) {
            if let Some(number) = arc.filter(|_| open) {
                let arc = self.view.arc(number);
                let ms = part(self.took(&arc), share).saturating_add(rest_ms);
                let there = Ahead { met: 1, differ_ms: 0, place };
                let ahead = there.along(ms, arc.spread());
                if ms <= self.limit_ms && self.leads_on(&arc, ahead) {
                    self.push(ms, self.notes.ahead.len() + self.lasts.len());
                }
                self.lasts.push((number, ahead));
            }
        }
    }

    /// The arcs along which one leaves a point on an edge, with the milliseconds to their heads.
    fn ways_out(&self, from: &Snap) -> [Option<(u32, u32)>; 2] {
        let [to_a, to_b] = self.costs.ways_out(from);
        self.arcs_of(from, [to_b, to_a], [1.0 - from.at, from.at]).map(|(arc, open, share)| {
            let number = arc.filter(|_| open)?;
            Some((number, part(self.took(&self.view.arc(number)), share)))
        })
    }

    /// The arcs of a point's edge that this mode may use, with what belongs to each direction.
    fn arcs_of(&self, snap: &Snap, open: [bool; 2], share: [f64; 2]) -> [(Option<u32>, bool, f64); 2] {
        let edge = self.view.edge(snap.edge);
        let [there, back] = self.view.arcs_along(snap.edge, &edge);
        let usable = |arc: &u32| self.is_for(&self.view.arc(*arc));
        [(there.filter(usable), open[0], share[0]), (back.filter(usable), open[1], share[1])]
    }

    /// Straight to a goal without leaving the edge.
    fn along_one_edge(&self, from: &Snap, goal: &Goal) -> Option<(u32, u16)> {
        let to = &goal.snap;
        let edge = self.view.edge(from.edge);
        let [there, back] = edge.ms(self.mode);
        let (allowed, ms) = if from.at <= to.at { (edge.forward, there) } else { (edge.backward, back) };
        let open = from.edge == to.edge
            && allowed.has(self.mode)
            && self.costs.is_passable(edge.class.index())
            && self.costs.is_open_between(from.edge, from.at, to.at);
        let ms = self.costs.now_ms(ms, edge.class.index());
        open.then(|| (part(ms, (from.at - to.at).abs()).saturating_add(goal.rest_ms), goal.place))
    }

    fn by_way_of(&self, arc: u32, ms: u32) -> Option<(u32, u16)> {
        let beyond = self.notes.ahead[arc as usize];
        beyond.ms().map(|rest| (rest.saturating_add(ms), beyond.place))
    }

    /// Whether going on could not better the answer or name another place, or would pass the bound.
    fn is_certain(&self, best: Option<(u32, u16)>, within_ms: u32) -> bool {
        let over = self.queue.is_empty() || self.certain_ms > within_ms;
        over || best.is_some_and(|(ms, _)| ms < self.certain_ms)
    }

    /// Takes the nearest arc not yet certain, and meets those from which one turns onto it.
    fn go_on(&mut self) {
        let Some(Reverse(next)) = self.queue.pop() else { return };
        let (ms, number) = unpacked(next);
        self.certain_ms = ms;
        let last = (number as usize).checked_sub(self.notes.ahead.len());
        let (arc, ahead) = if let Some((number, ahead)) = last.map(|last| self.lasts[last]) {
            (self.view.arc(number), ahead)
        } else {
            let arc = self.view.arc(number);
            (arc, self.at_tail(&arc, self.notes.ahead[number as usize]))
        };
        if ahead.ms() != Some(ms) {
            return; // met again by a quicker way
        }
        let view = self.view;
        let turns = if self.mode == Mode::Car { view.turns_onto(&arc) } else { &[] };
        for (place, before) in view.arcs_into(arc.tail).enumerate() {
            let turn_ms = turns.get(place).copied().unwrap_or(0);
            if turn_ms != NEVER {
                self.meet(before, Ahead { met: ahead.met.saturating_add(turn_ms.into()), ..ahead });
            }
        }
    }

    /// An arc at whose head this lies ahead for who comes along it.
    fn meet(&mut self, number: u32, beyond: Ahead) {
        let met = self.notes.ahead[number as usize].met;
        if beyond.met > self.limit_ms + 1 || (met != 0 && met <= beyond.met) {
            return;
        }
        let arc = self.view.arc(number);
        if !self.is_for(&arc) {
            return;
        }
        self.notes.ahead[number as usize] = beyond;
        if met == 0 {
            self.notes.arcs.push(number);
        }
        let ahead = self.at_tail(&arc, beyond);
        let ms = ahead.met - 1;
        // The tail's row is asked for as early as its number is known, so that memory has brought it by the time it is gone on from:
        // a seventh of the whole search.
        let goes_on = !self.view.arcs_into(arc.tail).is_empty();
        if goes_on && ms <= self.limit_ms && self.costs.is_open(arc.edge) && self.leads_on(&arc, ahead) {
            self.push(ms, number as usize);
        }
    }

    fn is_for(&self, arc: &Arc) -> bool {
        arc.modes().has(self.mode) && self.costs.is_passable(arc.class())
    }

    /// Whether anybody who comes to an arc's tail may want to go along it, as far as is known.
    fn leads_on(&mut self, arc: &Arc, ahead: Ahead) -> bool {
        let best = &mut self.notes.ahead[arc.tail as usize];
        if best.met == 0 {
            self.notes.vertices.push(arc.tail);
        }
        if best.met == 0 || ahead.met < best.met {
            *best = Ahead { place: hint(arc.edge), ..ahead };
            return true;
        }
        // Nobody but a car counts turns or is kept from turning round.
        let behind_ms = ahead.met - best.met;
        self.mode == Mode::Car && (best.place == hint(arc.edge) || best.may_differ(behind_ms))
    }

    /// From an arc's tail, when this lies beyond it.
    fn at_tail(&self, arc: &Arc, beyond: Ahead) -> Ahead {
        beyond.along(self.took(arc), arc.spread())
    }

    /// Milliseconds along an arc as things are now.
    fn took(&self, arc: &Arc) -> u32 {
        let good_day = if self.mode == Mode::Car {
            arc.car_ms
        } else {
            self.view.edge(arc.edge).ms(self.mode)[usize::from(arc.is_back())]
        };
        self.costs.now_ms(good_day, arc.class())
    }

    #[expect(clippy::cast_possible_truncation, reason = "a graph's arcs have 32-bit numbers")]
    fn push(&mut self, ms: u32, number: usize) {
        self.queue.push(Reverse(u64::from(ms) << 32 | u64::from(number as u32)));
    }
}

/// What tells an edge from the others at its vertex. Where it does not, one way more is followed, and nothing changes.
const fn hint(edge: u32) -> u16 {
    let [low, high, ..] = edge.to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// Milliseconds and arc.
#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
const fn unpacked(entry: u64) -> (u32, u32) {
    ((entry >> 32) as u32, entry as u32)
}

/// A share of what an edge takes.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32")]
fn part(ms: u32, share: f64) -> u32 {
    (f64::from(ms) * share).round() as u32
}
