//! The search from the scene over reversed arcs: Dijkstra's, in milliseconds, going only as far as it is asked.
//!
//! Nothing is searched before the first question. A question lets the search go on until the answer is certain or the limit
//! passed, and what was found stays: the answers are those of one whole bounded search, in whatever order they are asked.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use certus_registry::Mode;

use super::conditions::Costs;
use super::graph::View;
use super::grid::Snap;

/// Where the scene can be reached on the road, and the milliseconds from there to it off the road.
pub(super) type Goal = (Snap, u32);

/// A search by one mode.
#[derive(Debug)]
pub(super) struct Search<'a> {
    view: View<'a>,
    costs: Rc<Costs>,
    mode: Mode,
    goals: Vec<Goal>,
    limit_ms: u32,
    /// One more than the milliseconds from a vertex to the scene; 0: not met yet.
    met: Vec<u32>,
    /// Milliseconds in the upper half, the vertex in the lower: the least first.
    queue: BinaryHeap<Reverse<u64>>,
    /// Whatever takes no longer than this is certain.
    certain_ms: u32,
}

impl<'a> Search<'a> {
    /// Nothing searched yet. Answers up to `limit_ms`, milliseconds.
    pub(super) fn new(view: View<'a>, costs: Rc<Costs>, mode: Mode, goals: Vec<Goal>, limit_ms: u32) -> Self {
        let (met, queue) = (vec![0; view.vertices()], BinaryHeap::new());
        let mut search = Self { view, costs, mode, goals, limit_ms, met, queue, certain_ms: 0 };
        for goal in 0..search.goals.len() {
            search.begin_at(goal);
        }
        search
    }

    /// Milliseconds from a point on the road to the scene; `None` when it is more than the limit, or there is no way.
    pub(super) fn ms_from(&mut self, from: &Snap) -> Option<u32> {
        let along = self.goals.iter().filter_map(|goal| self.along_one_edge(from, goal)).min();
        let ends = self.ways_out(from);
        let best = |search: &Self| {
            let by_ends = ends.iter().flatten().filter_map(|(vertex, ms)| search.via(*vertex, *ms));
            by_ends.chain(along).min()
        };
        while !self.is_certain(best(self)) {
            self.go_on();
        }
        best(self).filter(|ms| *ms <= self.limit_ms)
    }

    /// Both ends of the goal's edge, from which one can go to the goal.
    fn begin_at(&mut self, goal: usize) {
        let (snap, rest_ms) = self.goals[goal];
        let edge = self.view.edge(snap.edge);
        let ms = f64::from(self.costs.now_ms(edge.ms(self.mode), edge.class.index()));
        let [to_a, to_b] = self.costs.ways_out(&snap);
        if edge.forward.has(self.mode) && to_a {
            self.meet(edge.a, part(ms, snap.at).saturating_add(rest_ms));
        }
        if edge.backward.has(self.mode) && to_b {
            self.meet(edge.b, part(ms, 1.0 - snap.at).saturating_add(rest_ms));
        }
    }

    /// The ends of an edge that can be reached from a point on it, with the milliseconds to them.
    fn ways_out(&self, from: &Snap) -> [Option<(u32, u32)>; 2] {
        let edge = self.view.edge(from.edge);
        let ms = f64::from(self.costs.now_ms(edge.ms(self.mode), edge.class.index()));
        let [to_a, to_b] = self.costs.ways_out(from);
        let back = (edge.backward.has(self.mode) && to_a).then(|| (edge.a, part(ms, from.at)));
        let on = (edge.forward.has(self.mode) && to_b).then(|| (edge.b, part(ms, 1.0 - from.at)));
        [back, on]
    }

    /// Straight to the scene without leaving the edge.
    fn along_one_edge(&self, from: &Snap, (to, rest_ms): &Goal) -> Option<u32> {
        let edge = self.view.edge(from.edge);
        let allowed = if from.at <= to.at { edge.forward } else { edge.backward };
        let open = from.edge == to.edge
            && allowed.has(self.mode)
            && self.costs.is_open_between(from.edge, from.at, to.at);
        let ms = f64::from(self.costs.now_ms(edge.ms(self.mode), edge.class.index()));
        open.then(|| part(ms, (from.at - to.at).abs()).saturating_add(*rest_ms))
    }

    fn via(&self, vertex: u32, ms: u32) -> Option<u32> {
        self.met[vertex as usize].checked_sub(1).map(|rest| rest.saturating_add(ms))
    }

    /// Whether going on could not better the answer, or would pass the limit.
    fn is_certain(&self, best: Option<u32>) -> bool {
        let over = self.queue.is_empty() || self.certain_ms > self.limit_ms;
        over || best.is_some_and(|best| best <= self.certain_ms)
    }

    /// Takes the nearest vertex not yet certain, and meets those that lead to it.
    fn go_on(&mut self) {
        let Some(Reverse(next)) = self.queue.pop() else { return };
        let (ms, vertex) = unpacked(next);
        self.certain_ms = ms;
        if self.met[vertex as usize] != ms + 1 {
            return; // met again by a quicker way
        }
        let view = self.view;
        for arc in view.arcs_into(vertex) {
            let [modes, class, ..] = arc.flags.to_le_bytes();
            if modes & (1 << self.mode as u8) != 0 && self.costs.is_open(arc.edge) {
                let good_day =
                    if self.mode == Mode::Car { arc.car_ms } else { view.edge(arc.edge).ms(self.mode) };
                let took = self.costs.now_ms(good_day, usize::from(class));
                self.meet(arc.tail, ms.saturating_add(took));
            }
        }
    }

    fn meet(&mut self, vertex: u32, ms: u32) {
        let met = &mut self.met[vertex as usize];
        if ms <= self.limit_ms && (*met == 0 || ms + 1 < *met) {
            *met = ms + 1;
            self.queue.push(Reverse(u64::from(ms) << 32 | u64::from(vertex)));
        }
    }
}

/// Milliseconds and vertex.
#[expect(clippy::cast_possible_truncation, reason = "the halves of a number")]
const fn unpacked(entry: u64) -> (u32, u32) {
    ((entry >> 32) as u32, entry as u32)
}

/// A share of an edge's time.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a u32")]
fn part(ms: f64, share: f64) -> u32 {
    (ms * share).round() as u32
}
