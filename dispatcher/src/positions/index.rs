//! Who is nearest: an R-tree of points on a sphere, in metres.
//!
//! The points are plain x, y, z on a sphere of the earth's mean radius. A chord grows with the great-circle
//! distance it spans, so ranking by chord ranks by distance, everywhere on earth: at the poles, across the
//! antimeridian, in any county. SWEREF 99 TM would need a projection library, stretches lengths away from its
//! central meridian (15° E) and means nothing outside Sweden. Degrees are never indexed: at 63° N a degree of
//! longitude is 50.5 km and one of latitude 111, and ranking in degrees names the wrong person.

use std::collections::HashMap;
use std::hash::Hash;
use std::iter::Peekable;

use certus_registry::{Metres, Position, VolunteerId};
use geo::Haversine;
use rstar::primitives::GeomWithData;
use rstar::{PointDistance as _, RTree};

/// x, y, z from the centre of the earth, in metres.
type OnSphere = [f64; 3];
type Entry<K> = GeomWithData<OnSphere, K>;

/// At most one point per key, searched outwards from any point on earth.
///
/// ```
/// use certus_dispatcher::positions::PositionIndex;
/// use certus_registry::Position;
/// let mut index = PositionIndex::new();
/// index.put("Åre", Position::new(63.39914, 13.08102)?);
/// index.put("Brunflo", Position::new(63.0755, 14.8279)?);
/// let ostersund = Position::new(63.1792, 14.63566)?;
/// let (town, metres) = index.nearest(ostersund, |_| true).next().expect("two towns");
/// assert_eq!((town, metres.to_string()), ("Brunflo", "15.0 km".to_owned()));
/// # Ok::<(), certus_registry::position::PositionError>(())
/// ```
#[derive(Debug)]
pub struct PositionIndex<K = VolunteerId> {
    tree: RTree<Entry<K>>,
    places: HashMap<K, OnSphere>,
}

impl<K: Copy + Ord + Hash> Default for PositionIndex<K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Copy + Ord + Hash> PositionIndex<K> {
    /// An empty index.
    #[must_use]
    pub fn new() -> Self {
        Self { tree: RTree::new(), places: HashMap::new() }
    }

    /// Puts or moves `id`. A put at the same place, as from a phone on a table, touches no tree.
    pub fn put(&mut self, id: K, position: Position) {
        let place = on_sphere(position);
        let before = self.places.insert(id, place);
        if before == Some(place) {
            return;
        }
        if let Some(before) = before {
            self.tree.remove(&Entry::new(before, id));
        }
        self.tree.insert(Entry::new(place, id));
    }

    /// Takes `id` out; `false` when it was not there.
    pub fn remove(&mut self, id: K) -> bool {
        let before = self.places.remove(&id);
        before.is_some_and(|before| self.tree.remove(&Entry::new(before, id)).is_some())
    }

    /// Everyone whom `filter` lets through with their great-circle distance, nearest first; on one and the same
    /// point the smaller id first. Lazy: take as many as needed. `filter` is asked in the same order, once
    /// for each one reached, so a limit put on the result never hides a suitable person behind unsuitable ones.
    pub fn nearest(
        &self,
        from: Position,
        mut filter: impl FnMut(K) -> bool,
    ) -> impl Iterator<Item = (K, Metres)> {
        let outwards = self.tree.nearest_neighbor_iter_with_distance_2(on_sphere(from));
        InOrder { outwards: outwards.peekable(), tied: Vec::new() }
            .filter(move |&(id, _)| filter(id))
            .map(|(id, chord_2)| (id, great_circle(chord_2)))
    }

    /// The great-circle distance as [`nearest`](Self::nearest) tells it, to the last bit.
    #[must_use]
    pub fn distance(one: Position, other: Position) -> Metres {
        great_circle(on_sphere(one).distance_2(&on_sphere(other)))
    }

    /// How many points are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether none is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// The tree's order among equal distances depends on its history; this one does not.
struct InOrder<'a, K: 'a, I: Iterator<Item = (&'a Entry<K>, f64)>> {
    outwards: Peekable<I>,
    /// All at the same distance, the next one last.
    tied: Vec<(K, f64)>,
}

impl<'a, K: Copy + Ord, I: Iterator<Item = (&'a Entry<K>, f64)>> Iterator for InOrder<'a, K, I> {
    type Item = (K, f64);

    fn next(&mut self) -> Option<(K, f64)> {
        if self.tied.is_empty() {
            let (first, chord_2) = self.outwards.next()?;
            self.tied.push((first.data, chord_2));
            // Bit-equal or not tied: these come from the same formula.
            while let Some((other, _)) = self.outwards.next_if(|(_, d)| d.total_cmp(&chord_2).is_eq()) {
                self.tied.push((other.data, chord_2));
            }
            self.tied.sort_unstable_by_key(|&(id, _)| std::cmp::Reverse(id));
        }
        self.tied.pop()
    }
}

fn on_sphere(position: Position) -> OnSphere {
    let (lat_sin, lat_cos) = position.lat().to_radians().sin_cos();
    let (lon_sin, lon_cos) = position.lon().to_radians().sin_cos();
    let radius = Haversine.radius();
    [radius * lat_cos * lon_cos, radius * lat_cos * lon_sin, radius * lat_sin]
}

/// The arc over a chord of the given squared length.
fn great_circle(chord_2: f64) -> Metres {
    let diameter = 2.0 * Haversine.radius();
    Metres(diameter * (chord_2.sqrt() / diameter).min(1.0).asin())
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
