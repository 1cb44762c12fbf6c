//! Where everyone is now, in memory: the index and each volunteer's last position, behind one lock.
//!
//! The lock is held for a search or for one report, never across an await. Only positions live here: a
//! person without a fresh one is not in the index, and where they are then presumed is for `matching`.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use certus_registry::{Metres, Position, Timestamp, VolunteerId};
use tokio::sync::broadcast;

use super::{Dropped, LastPosition, Point, PositionIndex, Tally};

/// Moves of watched people that a slow listener may lag behind; one that lags further is told so by
/// [`broadcast::error::RecvError::Lagged`] and reads [`LivePositions::last`] again.
const MOVES_MAX: usize = 1_024;

/// Everyone's last position. Share it behind an `Arc`.
#[derive(Debug)]
pub struct LivePositions {
    state: RwLock<State>,
    moves: broadcast::Sender<LastPosition>,
}

#[derive(Debug, Default)]
struct State {
    index: PositionIndex<VolunteerId>,
    last: HashMap<VolunteerId, LastPosition>,
    watched: HashSet<VolunteerId>,
}

impl Default for LivePositions {
    fn default() -> Self {
        Self { state: RwLock::default(), moves: broadcast::Sender::new(MOVES_MAX) }
    }
}

impl LivePositions {
    /// Nobody is anywhere yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one position that arrives at `now`.
    ///
    /// # Errors
    /// [`Dropped`] when it is from the future or not newer than the last; nothing changes then.
    pub fn put(&self, now: Timestamp, position: LastPosition) -> Result<(), Dropped> {
        position.not_from_the_future(now)?;
        let mut state = self.write();
        if let Some(last) = state.last.get(&position.volunteer) {
            position.newer_than(last)?;
        }
        self.settle(&mut state, position);
        Ok(())
    }

    /// Takes what a volunteer's phone sent in one request, in any order; also gives the position that
    /// has become the last one, if any. However many points, the index and the listeners see one move.
    pub fn report(
        &self,
        now: Timestamp,
        volunteer: VolunteerId,
        points: impl IntoIterator<Item = Point>,
    ) -> (Tally, Option<LastPosition>) {
        let mut state = self.write();
        let before = state.last.get(&volunteer).copied();
        let (mut tally, mut last) = (Tally::default(), before);
        for point in points {
            let outcome = LastPosition::from_point(volunteer, &point, now).and_then(|next| {
                last.as_ref().map_or(Ok(()), |last| next.newer_than(last))?;
                last = Some(next);
                Ok(())
            });
            tally.count(outcome);
        }
        let moved = last.filter(|_| tally.accepted > 0);
        if let Some(moved) = moved {
            self.settle(&mut state, moved);
        }
        (tally, moved)
    }

    /// Takes back what was stored before a restart, whatever its age; the newer of two positions stays.
    pub fn restore(&self, stored: impl IntoIterator<Item = LastPosition>) {
        let mut state = self.write();
        for position in stored {
            if state.last.get(&position.volunteer).is_none_or(|last| position.newer_than(last).is_ok()) {
                self.settle(&mut state, position);
            }
        }
    }

    /// Forgets a volunteer's position; `false` when none was known.
    pub fn remove(&self, volunteer: VolunteerId) -> bool {
        let mut state = self.write();
        state.index.remove(volunteer);
        state.last.remove(&volunteer).is_some()
    }

    /// A volunteer's last position.
    #[must_use]
    pub fn last(&self, volunteer: VolunteerId) -> Option<LastPosition> {
        self.read_state().last.get(&volunteer).copied()
    }

    /// Holds everything still for a search. Reports wait meanwhile, so keep it short; and ask the
    /// [`Reading`], not this, while it is held: a second lock in the same thread may never be granted.
    #[must_use]
    pub fn read(&self) -> Reading<'_> {
        Reading(self.read_state())
    }

    /// From now on [`LivePositions::moves`] tells where `volunteer` goes: the person is on a call-out.
    pub fn watch(&self, volunteer: VolunteerId) {
        self.write().watched.insert(volunteer);
    }

    /// The person's call-out is over.
    pub fn unwatch(&self, volunteer: VolunteerId) {
        self.write().watched.remove(&volunteer);
    }

    /// Whether the person is on a call-out, asked or kept, as far as this node knows.
    #[must_use]
    pub fn is_watched(&self, volunteer: VolunteerId) -> bool {
        self.read_state().watched.contains(&volunteer)
    }

    /// The moves of watched people from now on, each person's in order.
    #[must_use]
    pub fn moves(&self) -> broadcast::Receiver<LastPosition> {
        self.moves.subscribe()
    }

    fn settle(&self, state: &mut State, position: LastPosition) {
        state.index.put(position.volunteer, position.position);
        state.last.insert(position.volunteer, position);
        if state.watched.contains(&position.volunteer) {
            // An error says that nobody listens; sent under the lock so that moves stay in order.
            let _ = self.moves.send(position);
        }
    }

    // Nothing between the index and the map can panic half-way, so a poisoned lock is still whole.
    fn read_state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A moment of [`LivePositions`] that stands still for as long as it is held; it cannot cross an await.
#[derive(Debug)]
pub struct Reading<'a>(RwLockReadGuard<'a, State>);

impl Reading<'_> {
    /// See [`PositionIndex::nearest`].
    pub fn nearest(
        &self,
        from: Position,
        filter: impl FnMut(VolunteerId) -> bool,
    ) -> impl Iterator<Item = (VolunteerId, Metres)> {
        self.0.index.nearest(from, filter)
    }

    /// A volunteer's last position.
    #[must_use]
    pub fn last(&self, volunteer: VolunteerId) -> Option<&LastPosition> {
        self.0.last.get(&volunteer)
    }

    /// How many people's positions are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.index.len()
    }

    /// Whether nobody's position is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.index.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use certus_registry::Random;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn volunteer(n: u64) -> VolunteerId {
        VolunteerId::new(NOW, &Random::from_seed(n))
    }

    fn point(lat: f64, seconds: u64) -> Point {
        Point { lat, lon: 14.6, accuracy: None, fixed_at: NOW + Duration::from_secs(seconds) }
    }

    fn place(n: u64, lat: f64, seconds: u64) -> LastPosition {
        let now = NOW + Duration::from_secs(seconds);
        LastPosition::from_point(volunteer(n), &point(lat, seconds), now).unwrap()
    }

    #[test]
    fn an_out_of_order_batch_leaves_the_newest_in_the_map_and_in_the_index() {
        let live = LivePositions::new();
        let points = [point(63.1, 10), point(63.9, 30), point(63.5, 20), point(63.9, 30), point(91.0, 40)];
        let later = NOW + Duration::from_mins(1);
        let (tally, moved) = live.report(later, volunteer(1), points);
        assert_eq!(tally.to_string(), "2 accepted, 1 off_the_earth, 1 duplicate, 1 stale");
        assert_eq!(moved, live.last(volunteer(1)));
        let (_, metres) = live.read().nearest(place(1, 63.9, 0).position, |_| true).next().unwrap();
        assert!(metres.0 < 0.001);
    }

    #[test]
    fn a_report_without_a_newer_point_moves_nobody() {
        let live = LivePositions::new();
        live.put(NOW, place(1, 63.1, 0)).unwrap();
        let (tally, moved) = live.report(NOW, volunteer(1), [point(63.1, 0), point(63.2, 301)]);
        assert_eq!((tally.to_string().as_str(), moved), ("0 accepted, 1 future, 1 duplicate", None));
        assert_eq!(live.put(NOW, place(1, 63.4, 0)), Err(Dropped::Stale));
        assert_eq!(live.put(NOW, place(1, 63.4, 301)), Err(Dropped::Future));
    }

    #[test]
    fn a_restored_position_keeps_its_age_and_yields_to_a_newer_one() {
        let live = LivePositions::new();
        live.put(NOW, place(1, 63.1, 60)).unwrap();
        live.restore([place(1, 63.7, 0), place(2, 63.2, 0)]);
        assert_eq!(live.last(volunteer(1)), Some(place(1, 63.1, 60)));
        let age = live.last(volunteer(2)).unwrap().age(NOW + Duration::from_mins(47));
        assert_eq!(age, Duration::from_mins(47));
        assert_eq!(live.read().len(), 2);
    }

    #[test]
    fn only_the_moves_of_watched_people_are_told() {
        let live = LivePositions::new();
        let mut moves = live.moves();
        live.watch(volunteer(2));
        live.put(NOW, place(1, 63.1, 0)).unwrap();
        let later = NOW + Duration::from_mins(1);
        live.report(later, volunteer(2), [point(63.2, 1), point(63.3, 2)]);
        live.unwatch(volunteer(2));
        live.put(later, place(2, 63.4, 3)).unwrap();
        assert_eq!(moves.try_recv().unwrap().fixed_at, NOW + Duration::from_secs(2));
        assert!(moves.try_recv().is_err());
    }

    #[test]
    fn who_was_removed_is_found_no_more() {
        let live = LivePositions::new();
        live.put(NOW, place(1, 63.1, 0)).unwrap();
        assert!(live.remove(volunteer(1)) && !live.remove(volunteer(1)));
        assert!(live.read().is_empty() && live.last(volunteer(1)).is_none());
    }
}
