//! How long somebody needs to the scene: one trait, and who answers it is a matter of the configuration.
//!
//! [`StraightLine`] needs nothing and knows nothing of the ground; [`roads`] searches a graph built from OpenStreetMap;
//! [`remote`] asks somebody else's router between two searches.
//! A search asks for its scene once ([`TravelTime::towards`]) and then for person after person ([`Ways::seconds`]):
//! no answer waits, looks at a clock or draws at random.

pub mod remote;
pub mod roads;
mod straight;

use certus_registry::{Metres, Mode, Position, Timestamp};
use futures::FutureExt as _;
use futures::future::{self, BoxFuture};
use jiff::ZonedDateTime;

pub use straight::StraightLine;

/// A model of travel times.
pub trait TravelTime: Send + Sync {
    /// The ways to `scene` of those who set out about `at`. Times up to `limit_s`, seconds, are the model's own.
    fn towards<'a>(&'a self, scene: Position, at: &ZonedDateTime, limit_s: u32) -> Box<dyn Ways + 'a>;
    /// No mode is faster than this along the straight line to the scene, metres per second: a search ends by it.
    fn speed_max(&self) -> f64;
    /// Fetches what the searches so far had to do without. True when a search would now answer differently. Takes a second
    /// at most.
    fn fetch(&self, _now: Timestamp) -> BoxFuture<'_, bool> {
        future::ready(false).boxed()
    }
    /// Takes over what holds on the roads now. False when the model knows no roads.
    fn heed(&self, _conditions: roads::Conditions) -> bool {
        false
    }
}

/// The ways to one scene.
pub trait Ways {
    /// Which model answers, and by which data: with it and the incident's log a decision can be made again.
    fn label(&self) -> String;
    /// Seconds on the way from `from` by `mode`; `None` when the mode cannot be used at all. What takes longer than
    /// the search's limit is estimated, and the estimate is over the limit.
    fn seconds(&self, from: Position, mode: Mode) -> Option<u32>;
    /// Whether [`seconds`](Self::seconds) are at most `within_s`: a model may find that out sooner than how many they are.
    fn is_within(&self, from: Position, mode: Mode, within_s: u32) -> bool {
        self.seconds(from, mode).is_some_and(|seconds| seconds <= within_s)
    }
    /// Nobody who is farther from the scene along the straight line is there by `mode` within so many seconds, at most the
    /// search's limit, as far as the model knows more of it than how fast the fastest is.
    fn farthest(&self, _mode: Mode, _within_s: u32) -> Metres {
        Metres(f64::INFINITY)
    }
    /// Seconds from `from` to a stop before the scene by `mode`, bounded like [`seconds`](Self::seconds).
    fn to_stop(&self, from: Position, stop: Position, mode: Mode) -> Option<u32>;
    /// Seconds from `from` to the scene by way of a stop, without what is done there.
    fn by_way_of(&self, from: Position, stop: Position, mode: Mode) -> Option<u32> {
        Some(self.to_stop(from, stop, mode)?.saturating_add(self.seconds(stop, mode)?))
    }
    /// The stop by way of which somebody is at the scene soonest, by its number among `stops`, and the seconds of
    /// [`by_way_of`](Self::by_way_of); `None` when all of them take longer than `within_s` or the search's limit. Of stops
    /// with the same time always the same one.
    fn quickest_by_way_of(
        &self,
        from: Position,
        stops: &[Position],
        mode: Mode,
        within_s: u32,
    ) -> Option<(usize, u32)>;
}

/// The quickest of several stops by asking about each, for a model that knows no better way. Those that nobody is quick
/// enough for along the straight lines from `from` to `scene`, at `speed_max` metres per second, are not asked about.
fn quickest_of_each(
    ways: &dyn Ways,
    (from, scene, speed_max): (Position, Position, f64),
    stops: &[Position],
    mode: Mode,
    within_s: u32,
) -> Option<(usize, u32)> {
    let least_s = |stop: &Position| (from.distance_to(*stop).0 + stop.distance_to(scene).0) / speed_max;
    let mut nearest: Vec<(f64, usize)> =
        stops.iter().enumerate().map(|(number, stop)| (least_s(stop), number)).collect();
    nearest.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut best, mut within_s) = (None, within_s);
    for (least_s, number) in nearest {
        if least_s > f64::from(within_s) {
            break;
        }
        let seconds = ways.by_way_of(from, stops[number], mode).filter(|seconds| *seconds <= within_s);
        if let Some(seconds) = seconds.filter(|seconds| best.is_none_or(|best| (*seconds, number) < best)) {
            (best, within_s) = (Some((seconds, number)), seconds);
        }
    }
    best.map(|(seconds, number)| (number, seconds))
}

/// Whether `at` counts as day for turnout: 07 to 22 local time.
#[must_use]
pub fn is_day(at: &ZonedDateTime) -> bool {
    (7..22).contains(&at.hour())
}

/// Whether snowmobiles may be used: driving on bare ground is forbidden (terrängkörningslagen), so December to April.
#[must_use]
fn is_snow_season(at: &ZonedDateTime) -> bool {
    matches!(at.month(), 12 | 1..=4)
}

/// Seconds of a span of time, rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and no span is negative"
)]
fn whole_seconds(seconds: f64) -> u32 {
    seconds.ceil() as u32
}
