//! The ways to one scene: to the road, along it, and the rest off it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use certus_registry::{Metres, Mode, Position};

use super::conditions::{Costs, Laid};
use super::file::VERSION;
use super::grid::{OFF_ROAD_MAX_M, Snap};
use super::plane::Plane;
use super::search::{Goal, Search};
use super::several::Several;
use super::{Roads, SLACK, Ways};
use crate::travel::whole_seconds;

/// So far somebody walks straight across even where a road goes round, metres.
const ACROSS_MAX: Metres = Metres(500.0);
/// What is shown of a file's hash.
const HASH_SHOWN: usize = 8;

/// The ways to one scene.
pub(super) struct Towards<'a> {
    roads: &'a Roads,
    costs: Rc<Costs>,
    scene: Position,
    snow: bool,
    limit_s: u32,
    /// By mode, from its first question on; nothing where the scene is off the map.
    searches: RefCell<BTreeMap<Mode, Option<Search<'a>>>>,
    laid: Arc<Laid>,
    /// The ways to stops before the scene, each from its first question on.
    stops: RefCell<Vec<Towards<'a>>>,
    /// The ways by one of several stops, each several from its first question on.
    several: RefCell<Vec<Several<'a>>>,
}

/// What the roads say.
enum ByRoad {
    Ms(u32),
    /// Not within the limit or what was asked, or not at all.
    TooLong,
    /// The person or the scene is far from any road.
    OffMap,
}

impl<'a> Towards<'a> {
    pub(super) fn new(roads: &'a Roads, laid: Arc<Laid>, scene: Position, snow: bool, limit_s: u32) -> Self {
        let costs = Rc::new(laid.towards(scene, snow));
        let (searches, stops, several) = Default::default();
        Self { roads, costs, scene, snow, limit_s, searches, laid, stops, several }
    }

    fn by_road(&self, from: Position, mode: Mode, within_ms: u32) -> ByRoad {
        let mut searches = self.searches.borrow_mut();
        let search = searches.entry(mode).or_insert_with(|| self.search(mode));
        let Some(search) = search else { return ByRoad::OffMap };
        let snaps = self.snaps(from, mode);
        if snaps == [None, None] {
            return ByRoad::OffMap;
        }
        let ms = self.soonest(search, snaps, mode, within_ms).map(|(ms, _)| ms);
        ms.map_or(ByRoad::TooLong, ByRoad::Ms)
    }

    /// Milliseconds from a place off the road to the goal that is reached soonest, and its place.
    pub(super) fn soonest(
        &self,
        search: &mut Search<'_>,
        snaps: [Option<Snap>; 2],
        mode: Mode,
        within_ms: u32,
    ) -> Option<(u32, u16)> {
        // From a road that leads nowhere the search would go on to its limit, so that what leads somewhere is asked first.
        let mut best: Option<(u32, u16)> = None;
        for snap in snaps.into_iter().rev().flatten() {
            let off_ms = self.off_road_ms(snap.distance, mode);
            let within_ms = best.map_or(within_ms, |(ms, _)| ms.min(within_ms));
            let Some(within_ms) = within_ms.checked_sub(off_ms) else { continue };
            let way = search.soonest_from(&snap, within_ms);
            best = best.into_iter().chain(way.map(|(ms, place)| (ms + off_ms, place))).min();
        }
        best
    }

    /// Nothing when the scene is off the map for this mode.
    fn search(&self, mode: Mode) -> Option<Search<'a>> {
        let goals: Vec<Goal> = self.goals(self.scene, mode, 0, 0).collect();
        let begun = !goals.is_empty();
        begun.then(|| self.search_from(Rc::clone(&self.costs), mode, goals))
    }

    pub(super) fn search_from(&self, costs: Rc<Costs>, mode: Mode, goals: Vec<Goal>) -> Search<'a> {
        let limit_ms = self.limit_s.saturating_mul(1_000);
        Search::new((self.roads.graph.view(), &self.roads.pool), costs, mode, goals, limit_ms)
    }

    /// Where a place from which it is `rest_ms` to the end can be reached on the road.
    pub(super) fn goals(
        &self,
        at: Position,
        mode: Mode,
        place: u16,
        rest_ms: u32,
    ) -> impl Iterator<Item = Goal> {
        self.snaps(at, mode).into_iter().flatten().map(move |snap| Goal {
            snap,
            rest_ms: self.off_road_ms(snap.distance, mode).saturating_add(rest_ms),
            place,
        })
    }

    pub(super) fn limit_s(&self) -> u32 {
        self.limit_s
    }

    /// What somebody sees who is called to another place.
    pub(super) fn costs_towards(&self, place: Position) -> Costs {
        self.laid.towards(place, self.snow)
    }

    pub(super) fn snaps(&self, position: Position, mode: Mode) -> [Option<Snap>; 2] {
        let view = self.roads.graph.view();
        view.grid.nearest(&view, position, mode)
    }

    /// Between the road and the place: on foot, unless the snow carries a snowmobile.
    fn off_road_ms(&self, distance_m: f64, mode: Mode) -> u32 {
        let seconds = self.roads.off_road.over(Metres(distance_m), Self::off_road(mode));
        whole_seconds(seconds.unwrap_or(f64::INFINITY) * 1_000.0)
    }

    fn off_road(mode: Mode) -> Mode {
        if mode == Mode::Snowmobile { mode } else { Mode::Foot }
    }

    /// Across country, for those who need no road: a snowmobile always, people on foot where it is near.
    pub(super) fn across_s(&self, from: Position, to: Position, mode: Mode) -> Option<u32> {
        let across = mode == Mode::Snowmobile || (mode == Mode::Foot && from.distance_to(to) <= ACROSS_MAX);
        across.then(|| self.straight_s(from, to, mode))?
    }

    /// Where the map says nothing.
    pub(super) fn straight_s(&self, from: Position, to: Position, mode: Mode) -> Option<u32> {
        self.roads.off_road.over(from.distance_to(to), mode).map(whole_seconds)
    }
}

impl Ways for Towards<'_> {
    fn label(&self) -> String {
        let off_road = self.roads.off_road.label();
        if self.snaps(self.scene, Mode::Foot) == [None, None]
            && self.snaps(self.scene, Mode::Car) == [None, None]
        {
            return off_road;
        }
        let hash = &self.roads.graph.hash()[..HASH_SHOWN];
        format!("roads-{VERSION}-{hash}-conditions-{}+{off_road}", self.laid.conditions.label())
    }

    fn seconds(&self, from: Position, mode: Mode) -> Option<u32> {
        if mode == Mode::Snowmobile && !self.snow {
            return None;
        }
        let straight = || self.straight_s(from, self.scene, mode);
        let by_road = match self.by_road(from, mode, u32::MAX) {
            ByRoad::Ms(ms) => Some(ms.div_ceil(1_000)),
            ByRoad::TooLong => None,
            ByRoad::OffMap => return straight(),
        };
        let quickest = by_road.into_iter().chain(self.across_s(from, self.scene, mode)).min();
        quickest.or_else(|| Some(straight()?.max(self.limit_s.saturating_add(1))))
    }

    fn is_within(&self, from: Position, mode: Mode, within_s: u32) -> bool {
        if mode == Mode::Snowmobile && !self.snow {
            return false;
        }
        let within = |seconds: Option<u32>| seconds.is_some_and(|seconds| seconds <= within_s);
        if within_s > self.limit_s {
            return within(self.seconds(from, mode)); // estimates count too
        }
        within(self.across_s(from, self.scene, mode))
            || match self.by_road(from, mode, within_s.saturating_mul(1_000)) {
                ByRoad::Ms(_) => true,
                ByRoad::TooLong => false,
                ByRoad::OffMap => within(self.straight_s(from, self.scene, mode)),
            }
    }

    fn farthest(&self, mode: Mode, within_s: u32) -> Metres {
        let metres_in = |mode: Mode, seconds: f64| {
            self.roads.off_road.over(Metres(1.0), mode).map_or(0.0, |second| seconds / second)
        };
        let is_known = within_s <= self.limit_s; // beyond the limit there are estimates
        let usable = self.snow || mode != Mode::Snowmobile;
        let straight_m = if usable { metres_in(mode, f64::from(within_s)) } else { 0.0 };
        let mut searches = self.searches.borrow_mut();
        let search = searches.entry(mode).or_insert_with(|| self.search(mode)).as_mut();
        let Some(search) = search.filter(|_| is_known && usable) else {
            return Metres(if is_known { straight_m * SLACK } else { f64::INFINITY });
        };
        let off_road_m = metres_in(Self::off_road(mode), 1.0);
        let by_road_m = search.farthest_m(&Plane::at(self.scene), within_s.saturating_mul(1_000), off_road_m);
        // Whoever sees no road within ten kilometres comes along the straight line from beyond those that the scene sees.
        let seen = self.snaps(self.scene, mode).into_iter().flatten().map(|snap| snap.distance);
        let off_map_m = OFF_ROAD_MAX_M / SLACK - seen.fold(f64::INFINITY, f64::min) * SLACK;
        let straight = mode == Mode::Snowmobile || straight_m >= off_map_m;
        let across_m = if straight { straight_m } else { ACROSS_MAX.0 };
        Metres(by_road_m.max(across_m) * SLACK)
    }

    fn to_stop(&self, from: Position, stop: Position, mode: Mode) -> Option<u32> {
        let mut stops = self.stops.borrow_mut();
        let known = stops.iter().position(|known| known.scene == stop);
        let place = known.unwrap_or_else(|| {
            stops.push(Self::new(self.roads, Arc::clone(&self.laid), stop, self.snow, self.limit_s));
            stops.len() - 1
        });
        stops[place].seconds(from, mode)
    }

    fn quickest_by_way_of(
        &self,
        from: Position,
        stops: &[Position],
        mode: Mode,
        within_s: u32,
    ) -> Option<(usize, u32)> {
        let mut several = self.several.borrow_mut();
        let known = several.iter().position(|known| known.stops() == stops);
        let place = known.unwrap_or_else(|| {
            several.push(Several::of(stops));
            several.len() - 1
        });
        several[place].quickest(self, from, mode, within_s.min(self.limit_s))
    }
}
