//! The search beside a plain one: Bellman and Ford's, forwards from the person, over every edge until nothing changes.

use std::rc::Rc;

use certus_registry::Mode;
use proptest::prelude::*;

use super::super::conditions::Costs;
use super::super::graph::View;
use super::super::grid::Snap;
use super::super::search::{Goal, Search};
use super::towns::{conditions, costs, mode, place, town};

const LIMIT_MS: u32 = 1_200_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn one_search_from_the_scene_answers_as_a_plain_one_from_each_person(
        town in town(),
        scene in place(),
        people in prop::collection::vec(place(), 1..6),
        mode in mode(),
        conditions in conditions(),
    ) {
        let Some(graph) = town.graph() else { return Ok(()) };
        let view = graph.view();
        let costs = costs(&graph, conditions, scene);
        let snaps = |place| view.grid.nearest(&view, place, mode).into_iter().flatten();
        let goals: Vec<Goal> = snaps(scene).zip([7_000, 11_000]).collect();
        let mut search = Search::new(view, Rc::clone(&costs), mode, goals.clone(), LIMIT_MS);
        for from in people.into_iter().flat_map(snaps) {
            let expected = plain(&view, &costs, mode, &goals, &from).filter(|ms| *ms <= LIMIT_MS);
            prop_assert_eq!(search.ms_from(&from), expected);
        }
    }
}

/// What the way takes, found by trying every edge as often as there are vertices.
fn plain(view: &View<'_>, costs: &Costs, mode: Mode, goals: &[Goal], from: &Snap) -> Option<u32> {
    let mut best: Vec<Option<u32>> = vec![None; view.vertices()];
    let start = Ends::of(view, costs, mode, from);
    for (vertex, ms) in start.away() {
        better(&mut best[vertex as usize], ms);
    }
    let mut changed = true;
    while changed {
        changed = false;
        for (_, edge) in (0..).zip(view.edges()).filter(|(number, _)| costs.is_open(*number)) {
            let ms = costs.now_ms(edge.ms(mode), edge.class.index());
            for (tail, head, modes) in [(edge.a, edge.b, edge.forward), (edge.b, edge.a, edge.backward)] {
                let Some(before) = best[tail as usize].filter(|_| modes.has(mode)) else { continue };
                changed |= better(&mut best[head as usize], before + ms);
            }
        }
    }
    let at_goal = |(goal, rest_ms): &Goal| {
        let ends = Ends::of(view, costs, mode, goal);
        let over_ends =
            ends.towards().into_iter().filter_map(|(vertex, ms)| Some(best[vertex as usize]? + ms));
        over_ends.chain(start.along(costs, goal)).map(|ms| ms + rest_ms).min()
    };
    goals.iter().filter_map(at_goal).min()
}

fn better(best: &mut Option<u32>, ms: u32) -> bool {
    let is_better = best.is_none_or(|best| ms < best);
    if is_better {
        *best = Some(ms);
    }
    is_better
}

/// A point on an edge: what lies between it and the ends.
struct Ends {
    snap: Snap,
    a: u32,
    b: u32,
    forward: bool,
    backward: bool,
    /// To `a` and to `b`.
    open: [bool; 2],
    ms: f64,
}

impl Ends {
    fn of(view: &View<'_>, costs: &Costs, mode: Mode, snap: &Snap) -> Self {
        let edge = view.edge(snap.edge);
        let ms = f64::from(costs.now_ms(edge.ms(mode), edge.class.index()));
        let (forward, backward) = (edge.forward.has(mode), edge.backward.has(mode));
        let open =
            [(-1.0, snap.at), (snap.at, 2.0)].map(|(from, to)| costs.is_open_between(snap.edge, from, to));
        Self { snap: *snap, a: edge.a, b: edge.b, forward, backward, open, ms }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of an edge")]
    fn part(&self, share: f64) -> u32 {
        (self.ms * share).round() as u32
    }

    fn away(&self) -> Vec<(u32, u32)> {
        let on = (self.forward && self.open[1]).then(|| (self.b, self.part(1.0 - self.snap.at)));
        let back = (self.backward && self.open[0]).then(|| (self.a, self.part(self.snap.at)));
        on.into_iter().chain(back).collect()
    }

    fn towards(&self) -> Vec<(u32, u32)> {
        let on = (self.forward && self.open[0]).then(|| (self.a, self.part(self.snap.at)));
        let back = (self.backward && self.open[1]).then(|| (self.b, self.part(1.0 - self.snap.at)));
        on.into_iter().chain(back).collect()
    }

    fn along(&self, costs: &Costs, goal: &Snap) -> Option<u32> {
        let allowed = if self.snap.at <= goal.at { self.forward } else { self.backward };
        let open = costs.is_open_between(goal.edge, self.snap.at, goal.at);
        (goal.edge == self.snap.edge && allowed && open).then(|| self.part((self.snap.at - goal.at).abs()))
    }
}
