//! The ways to the scene by one of several stops: one search per mode whose goals are all of them, each with the time from
//! there on to the scene. It answers for everybody, and for whichever stop.

use std::collections::BTreeMap;
use std::rc::Rc;

use certus_registry::{Mode, Position};

use super::conditions::Costs;
use super::search::{Goal, Search};
use super::towards::Towards;
use crate::travel::Ways as _;

/// The ways by one of several stops.
pub(super) struct Several<'a> {
    stops: Vec<Position>,
    /// By mode, from its first question on.
    by_mode: BTreeMap<Mode, ByMode<'a>>,
}

/// The ways by one mode.
struct ByMode<'a> {
    /// The seconds from each stop on to the scene; nothing where that takes longer than the limit.
    onward_s: Vec<Option<u32>>,
    /// Stops far from any road.
    off_map: Vec<usize>,
    /// Mostly one: who is called into a closed place sees other roads than those who are not.
    searches: Vec<Search<'a>>,
}

/// The stop's number last, so that the quickest comes first and the first of those that are as quick.
type Way = (u32, usize);

impl<'a> Several<'a> {
    /// Nothing searched yet.
    pub(super) fn of(stops: &[Position]) -> Self {
        Self { stops: stops.to_vec(), by_mode: BTreeMap::new() }
    }

    pub(super) fn stops(&self) -> &[Position] {
        &self.stops
    }

    /// The number of the stop by way of which somebody is there soonest, and the seconds, if `within_s`.
    pub(super) fn quickest(
        &mut self,
        towards: &Towards<'a>,
        from: Position,
        mode: Mode,
        within_s: u32,
    ) -> Option<(usize, u32)> {
        let Self { stops, by_mode } = self;
        let ways = by_mode.entry(mode).or_insert_with(|| ByMode::of(towards, stops, mode));
        let snaps = towards.snaps(from, mode);
        let is_off_map = snaps == [None, None];
        let straight = |number: &usize| towards.straight_s(from, stops[*number], mode);
        let across = |number: &usize| towards.across_s(from, stops[*number], mode);
        let all = 0..stops.len();
        let mut best = if is_off_map {
            ways.least(all, straight)
        } else {
            ways.least(ways.off_map.iter().copied(), straight)
                .into_iter()
                .chain(ways.least(all, across))
                .min()
        };
        for search in ways.searches.iter_mut().filter(|_| !is_off_map) {
            let within_s = best.map_or(within_s, |(seconds, _)| within_s.min(seconds));
            let by_road = towards.soonest(search, snaps, mode, within_s.saturating_mul(1_000));
            let by_road = by_road.map(|(ms, place)| (ms.div_ceil(1_000), usize::from(place)));
            best = best.into_iter().chain(by_road).min();
        }
        best.filter(|(seconds, _)| *seconds <= within_s).map(|(seconds, number)| (number, seconds))
    }
}

impl<'a> ByMode<'a> {
    fn of(towards: &Towards<'a>, stops: &[Position], mode: Mode) -> Self {
        let onward_s: Vec<Option<u32>> = stops
            .iter()
            .map(|stop| towards.seconds(*stop, mode).filter(|seconds| *seconds <= towards.limit_s()))
            .collect();
        let mut off_map = Vec::new();
        let mut by_costs: Vec<(Costs, Vec<Goal>)> = Vec::new();
        for (number, (stop, onward_s)) in stops.iter().zip(&onward_s).enumerate() {
            let Some(onward_s) = onward_s else { continue };
            let place = u16::try_from(number).expect("a search looks at a few stops");
            let goals: Vec<Goal> =
                towards.goals(*stop, mode, place, onward_s.saturating_mul(1_000)).collect();
            if goals.is_empty() {
                off_map.push(number);
                continue;
            }
            let costs = towards.costs_towards(*stop);
            match by_costs.iter_mut().find(|(known, _)| *known == costs) {
                Some((_, known)) => known.extend(goals),
                None => by_costs.push((costs, goals)),
            }
        }
        let search = |(costs, goals)| towards.search_from(Rc::new(costs), mode, goals);
        Self { onward_s, off_map, searches: by_costs.into_iter().map(search).collect() }
    }

    /// The least that it takes by one of these stops, when so many seconds lead there.
    fn least(
        &self,
        numbers: impl Iterator<Item = usize>,
        there_s: impl Fn(&usize) -> Option<u32>,
    ) -> Option<Way> {
        let way = |number: usize| Some((there_s(&number)?.saturating_add(self.onward_s[number]?), number));
        numbers.filter_map(way).min()
    }
}
