//! Travel times by car from somebody else's router: OSRM or Valhalla, over HTTP.
//!
//! A search stays pure: it looks up what is known, answers the rest by the straight line, and notes what it missed. The
//! engine then has that fetched ([`TravelTime::fetch`]) and searches again. A router that is slow or away holds no alarm
//! up: after half a second the straight line stands, its name is in the decision, and the router is left alone for a while.

mod router;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use certus_registry::{Mode, Position, Timestamp};
use futures::FutureExt as _;
use futures::future::{self, BoxFuture};
use jiff::ZonedDateTime;

pub use router::{Kind, Router, RouterError};

use super::{StraightLine, TravelTime, Ways, quickest_of_each};

/// So many ways are asked about at once; a decision lists 200 people, and a shortlist of 64 has eight stops to look at, most of
/// which the straight line rules out.
const WANTED_MAX: usize = 600;
/// To so many places at once: the scene and the stops of two kinds.
const PLACES_MAX: usize = 17;
/// After a failure the router is left alone for so long: 30 s, or each alarm would wait for it anew.
const REST: Duration = Duration::from_secs(30);
/// Nobody is led along a straight line faster than this, metres per second: 140 km/h, the highest that either assumes.
const SPEED_MAX: f64 = 140.0 / 3.6;

/// Travel times from a router.
pub struct Remote {
    router: Router,
    fallback: StraightLine,
    memory: Mutex<Memory>,
}

/// From where, and where to.
type Way = [[u64; 2]; 2];

/// Where to, and from which places.
type Asking = (Position, Vec<Position>);

/// What is known of the ways to the last scene that was asked about, and to the stops before it.
#[derive(Default)]
struct Memory {
    scene: Option<Position>,
    /// Seconds by where to and from where; nothing where the router knows no way.
    known: BTreeMap<Way, Option<u32>>,
    wanted: BTreeSet<Way>,
    rests_until: Option<Timestamp>,
}

/// The ways to one scene.
struct Asked<'a> {
    remote: &'a Remote,
    scene: Position,
    line: Box<dyn Ways + 'a>,
    answered: Cell<bool>,
    missed: Cell<bool>,
}

impl Remote {
    /// By this router; for everybody but cars, and for whatever it does not answer, by the straight line.
    #[must_use]
    pub fn new(router: Router, fallback: StraightLine) -> Self {
        Self { router, fallback, memory: Mutex::default() }
    }

    /// What a panic elsewhere left is still what the router said.
    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn fetch_missed(&self, now: Timestamp) -> bool {
        let Some((scene, missed)) = self.memory().missed(now) else { return false };
        let asked = missed.iter().map(|(to, places)| self.router.seconds(*to, places));
        match future::try_join_all(asked).await {
            Ok(answers) => {
                let answers = missed.into_iter().zip(answers);
                answers.for_each(|((to, places), seconds)| self.memory().learn(scene, to, &places, seconds));
                true
            }
            Err(error) => {
                let rest_s = REST.as_secs();
                tracing::warn!(router = %self.router, %error, rest_s, "the router does not answer: straight lines meanwhile");
                self.memory().rests_until = Some(now + REST);
                false
            }
        }
    }
}

impl TravelTime for Remote {
    fn towards<'a>(&'a self, scene: Position, at: &ZonedDateTime, limit_s: u32) -> Box<dyn Ways + 'a> {
        self.memory().turn_to(scene);
        let line = self.fallback.towards(scene, at, limit_s);
        Box::new(Asked { remote: self, scene, line, answered: Cell::default(), missed: Cell::default() })
    }

    fn speed_max(&self) -> f64 {
        SPEED_MAX.max(self.fallback.speed_max())
    }

    fn fetch(&self, now: Timestamp) -> BoxFuture<'_, bool> {
        self.fetch_missed(now).boxed()
    }
}

impl Ways for Asked<'_> {
    fn label(&self) -> String {
        let (router, line) = (self.remote.router.kind(), self.line.label());
        match (self.answered.get(), self.missed.get()) {
            (_, false) => format!("{router}+{line}"),
            (true, true) => format!("{router}-in-part+{line}"),
            (false, true) => format!("{line}-without-{router}"),
        }
    }

    fn seconds(&self, from: Position, mode: Mode) -> Option<u32> {
        self.to_stop(from, self.scene, mode)
    }

    fn to_stop(&self, from: Position, stop: Position, mode: Mode) -> Option<u32> {
        let straight = || self.line.to_stop(from, stop, mode);
        let way = [key(stop), key(from)];
        if mode != Mode::Car {
            return straight();
        }
        let mut memory = self.remote.memory();
        if let Some(told) = memory.known.get(&way) {
            self.answered.set(true);
            return told.or_else(straight);
        }
        self.missed.set(true);
        memory.want(way);
        straight()
    }

    fn quickest_by_way_of(
        &self,
        from: Position,
        stops: &[Position],
        mode: Mode,
        within_s: u32,
    ) -> Option<(usize, u32)> {
        quickest_of_each(self, (from, self.scene, self.remote.speed_max()), stops, mode, within_s)
    }
}

impl Memory {
    fn turn_to(&mut self, scene: Position) {
        if self.scene != Some(scene) {
            self.scene = Some(scene);
            self.known.clear();
        }
        self.wanted.clear();
    }

    fn want(&mut self, way: Way) {
        if self.wanted.len() < WANTED_MAX {
            self.wanted.insert(way);
        }
    }

    /// What to ask the router for, by where to; nothing while it is left alone. The scene comes before its stops.
    fn missed(&mut self, now: Timestamp) -> Option<(Position, Vec<Asking>)> {
        let (wanted, scene) = (std::mem::take(&mut self.wanted), self.scene?);
        let mut by_place: Vec<Asking> = Vec::new();
        for [to, from] in wanted {
            let (Some(to), Some(from)) = (place(to), place(from)) else { continue };
            match by_place.last_mut().filter(|(last, _)| *last == to) {
                Some((_, places)) => places.push(from),
                None => by_place.push((to, vec![from])),
            }
        }
        by_place.sort_by_key(|(to, _)| *to != scene);
        by_place.truncate(PLACES_MAX);
        let rests = self.rests_until.is_some_and(|until| now < until);
        (!rests && !by_place.is_empty()).then_some((scene, by_place))
    }

    fn learn(&mut self, scene: Position, to: Position, places: &[Position], seconds: Vec<Option<u32>>) {
        if self.scene == Some(scene) {
            self.known.extend(places.iter().map(|place| [key(to), key(*place)]).zip(seconds));
        }
    }
}

/// A place as something with an order.
fn key(place: Position) -> [u64; 2] {
    [place.lat().to_bits(), place.lon().to_bits()]
}

fn place([lat, lon]: [u64; 2]) -> Option<Position> {
    Position::new(f64::from_bits(lat), f64::from_bits(lon)).ok()
}
