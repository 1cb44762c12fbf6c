//! The search beside a plain one: Bellman and Ford's, forwards from the person, over every turn until nothing changes.

use std::rc::Rc;

use certus_registry::Mode;
use proptest::prelude::*;

use super::super::conditions::Costs;
use super::super::graph::{Arc, NEVER, View};
use super::super::grid::Snap;
use super::super::search::{Goal, Pool, Search};
use super::towns::{conditions, costs, mode, place, town};

const LIMIT_MS: u32 = 1_200_000;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn one_search_from_the_scene_answers_as_a_plain_one_from_each_person(
        town in town(),
        scene in place(),
        stops in prop::collection::vec((place(), 0..400_000_u32), 0..5),
        people in prop::collection::vec((place(), 0..LIMIT_MS), 1..6),
        mode in mode(),
        conditions in conditions(),
    ) {
        let Some(graph) = town.graph() else { return Ok(()) };
        let view = graph.view();
        let costs = costs(&graph, conditions, scene);
        let snaps = |place| view.grid.nearest(&view, place, mode).into_iter().flatten();
        let places = [(scene, 7_000)].into_iter().chain(stops).zip(0..);
        let goals: Vec<Goal> = places
            .flat_map(|((at, rest_ms), place)| snaps(at).map(move |snap| Goal { snap, rest_ms, place }))
            .collect();
        let pool = Pool::default();
        let mut search = Search::new((view, &pool), Rc::clone(&costs), mode, goals.clone(), LIMIT_MS);
        let from = |(at, within_ms)| snaps(at).map(move |snap| (snap, within_ms));
        for (from, within_ms) in people.into_iter().flat_map(from) {
            let expected = plain(&view, &costs, mode, &goals, &from).filter(|ms| *ms <= LIMIT_MS);
            let found = search.soonest_from(&from, within_ms);
            prop_assert_eq!(found.map(|(ms, _)| ms), expected.filter(|ms| *ms <= within_ms));
            let found = search.soonest_from(&from, LIMIT_MS);
            prop_assert_eq!(found.map(|(ms, _)| ms), expected);
            let Some((ms, place)) = found else { continue };
            let theirs: Vec<Goal> = goals.iter().filter(|goal| goal.place == place).copied().collect();
            prop_assert_eq!(plain(&view, &costs, mode, &theirs, &from), Some(ms));
        }
    }
}

/// What the way takes, found by trying every turn as often as there are arcs.
fn plain(view: &View<'_>, costs: &Costs, mode: Mode, goals: &[Goal], from: &Snap) -> Option<u32> {
    let turns = Turns { view, costs, mode };
    // Per arc the milliseconds until one is at its head; at a vertex's number nothing ever is.
    let mut best: Vec<Option<u32>> = vec![None; view.numbers()];
    let start = Ends::of(view, costs, mode, from);
    for (arc, ms) in start.away() {
        better(&mut best[arc as usize], ms);
    }
    let mut changed = true;
    while changed {
        changed = false;
        for number in 0..best.len() {
            let onto = u32::try_from(number).unwrap();
            let arc = view.arc(onto);
            let open = arc.modes().has(mode) && costs.is_open(arc.edge);
            let at_tail = if open { turns.at_tail(&arc, &best) } else { None };
            changed |= at_tail.is_some_and(|ms| better(&mut best[number], ms + turns.along(&arc)));
        }
    }
    let at_goal = |goal: &Goal| {
        let ends = Ends::of(view, costs, mode, &goal.snap);
        let last = |(arc, ms)| Some(turns.at_tail(&view.arc(arc), &best)? + ms);
        let over_ends = ends.towards().into_iter().filter_map(last);
        over_ends.chain(start.along(costs, &goal.snap)).map(|ms| ms + goal.rest_ms).min()
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

/// What turns and arcs take.
struct Turns<'a> {
    view: &'a View<'a>,
    costs: &'a Costs,
    mode: Mode,
}

impl Turns<'_> {
    /// When one is at an arc's tail and turned onto it.
    fn at_tail(&self, arc: &Arc, best: &[Option<u32>]) -> Option<u32> {
        let turn = |place: usize| match self.mode {
            Mode::Car => Some(self.view.turns_onto(arc)[place]).filter(|ms| *ms != NEVER),
            Mode::Bicycle | Mode::Foot | Mode::Snowmobile | Mode::Boat => Some(0),
        };
        let from = self.view.arcs_into(arc.tail).enumerate();
        from.filter_map(|(place, before)| Some(best[before as usize]? + u32::from(turn(place)?))).min()
    }

    fn along(&self, arc: &Arc) -> u32 {
        let ms = self.view.edge(arc.edge).ms(self.mode);
        self.costs.now_ms(ms[usize::from(arc.is_back())], arc.class())
    }
}

/// A point on an edge: what lies between it and the ends.
struct Ends {
    snap: Snap,
    /// From `a` to `b`, and back: nothing when the mode may not.
    arcs: [Option<u32>; 2],
    /// To `a` and to `b`.
    open: [bool; 2],
    ms: [f64; 2],
}

impl Ends {
    fn of(view: &View<'_>, costs: &Costs, mode: Mode, snap: &Snap) -> Self {
        let edge = view.edge(snap.edge);
        let ms = edge.ms(mode).map(|ms| f64::from(costs.now_ms(ms, edge.class.index())));
        let arcs =
            view.arcs_along(snap.edge, &edge).map(|arc| arc.filter(|arc| view.arc(*arc).modes().has(mode)));
        let open =
            [(-1.0, snap.at), (snap.at, 2.0)].map(|(from, to)| costs.is_open_between(snap.edge, from, to));
        Self { snap: *snap, arcs, open, ms }
    }

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of an edge")]
    fn part(&self, direction: usize, share: f64) -> u32 {
        (self.ms[direction] * share).round() as u32
    }

    fn away(&self) -> Vec<(u32, u32)> {
        let [there, back] = self.arcs;
        let on = there.filter(|_| self.open[1]).map(|arc| (arc, self.part(0, 1.0 - self.snap.at)));
        let back = back.filter(|_| self.open[0]).map(|arc| (arc, self.part(1, self.snap.at)));
        on.into_iter().chain(back).collect()
    }

    fn towards(&self) -> Vec<(u32, u32)> {
        let [there, back] = self.arcs;
        let on = there.filter(|_| self.open[0]).map(|arc| (arc, self.part(0, self.snap.at)));
        let back = back.filter(|_| self.open[1]).map(|arc| (arc, self.part(1, 1.0 - self.snap.at)));
        on.into_iter().chain(back).collect()
    }

    fn along(&self, costs: &Costs, goal: &Snap) -> Option<u32> {
        let direction = usize::from(self.snap.at > goal.at);
        let open = costs.is_open_between(goal.edge, self.snap.at, goal.at);
        let usable = goal.edge == self.snap.edge && self.arcs[direction].is_some() && open;
        usable.then(|| self.part(direction, (self.snap.at - goal.at).abs()))
    }
}
