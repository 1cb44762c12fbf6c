//! The ways to one scene: to the road, along it, and the rest off it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use certus_registry::{Metres, Mode, Position};

use super::conditions::{Costs, Laid};
use super::file::VERSION;
use super::grid::Snap;
use super::search::{Goal, Search};
use super::{Roads, Ways};
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
}

/// What the roads say.
enum ByRoad {
    Ms(u32),
    /// Not within the limit, or not at all.
    TooLong,
    /// The person or the scene is far from any road.
    OffMap,
}

impl<'a> Towards<'a> {
    pub(super) fn new(roads: &'a Roads, laid: Arc<Laid>, scene: Position, snow: bool, limit_s: u32) -> Self {
        let costs = Rc::new(laid.towards(scene));
        let (searches, stops) = (RefCell::default(), RefCell::default());
        Self { roads, costs, scene, snow, limit_s, searches, laid, stops }
    }

    fn by_road(&self, from: Position, mode: Mode) -> ByRoad {
        let mut searches = self.searches.borrow_mut();
        let search = searches.entry(mode).or_insert_with(|| self.search(mode));
        let Some(search) = search else { return ByRoad::OffMap };
        let snaps = self.snaps(from, mode);
        if snaps == [None, None] {
            return ByRoad::OffMap;
        }
        let ms =
            |snap: Snap| Some(search.ms_from(&snap)?.saturating_add(self.off_road_ms(snap.distance, mode)));
        snaps.into_iter().flatten().filter_map(ms).min().map_or(ByRoad::TooLong, ByRoad::Ms)
    }

    /// Nothing when the scene is off the map for this mode.
    fn search(&self, mode: Mode) -> Option<Search<'a>> {
        let goal = |snap: Snap| (snap, self.off_road_ms(snap.distance, mode));
        let goals: Vec<Goal> = self.snaps(self.scene, mode).into_iter().flatten().map(goal).collect();
        let limit_ms = self.limit_s.saturating_mul(1_000);
        let view = self.roads.graph.view();
        let begun = !goals.is_empty();
        begun.then(|| Search::new((view, &self.roads.pool), Rc::clone(&self.costs), mode, goals, limit_ms))
    }

    fn snaps(&self, position: Position, mode: Mode) -> [Option<Snap>; 2] {
        let view = self.roads.graph.view();
        view.grid.nearest(&view, position, mode)
    }

    /// Between the road and the place: on foot, unless the snow carries a snowmobile.
    fn off_road_ms(&self, distance_m: f64, mode: Mode) -> u32 {
        let by = if mode == Mode::Snowmobile { mode } else { Mode::Foot };
        let seconds = self.roads.off_road.over(Metres(distance_m), by).unwrap_or(f64::INFINITY);
        whole_seconds(seconds * 1_000.0)
    }

    /// Across country, for those who need no road: a snowmobile always, people on foot where it is near.
    fn across_s(&self, from: Position, mode: Mode) -> Option<u32> {
        let distance = from.distance_to(self.scene);
        let across = mode == Mode::Snowmobile || (mode == Mode::Foot && distance <= ACROSS_MAX);
        across.then(|| self.roads.off_road.over(distance, mode))?.map(whole_seconds)
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
        let straight = || self.roads.off_road.over(from.distance_to(self.scene), mode).map(whole_seconds);
        let by_road = match self.by_road(from, mode) {
            ByRoad::Ms(ms) => Some(ms.div_ceil(1_000)),
            ByRoad::TooLong => None,
            ByRoad::OffMap => return straight(),
        };
        let quickest = by_road.into_iter().chain(self.across_s(from, mode)).min();
        quickest.or_else(|| Some(straight()?.max(self.limit_s.saturating_add(1))))
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
}
