//! What a phone says about where it is, and the rule of what becomes somebody's last position. Pure.

use std::fmt;
use std::time::Duration;

use certus_registry::position::PositionError;
use certus_registry::{Metres, Position, Timestamp, VolunteerId};
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

/// How far ahead of ours a phone's clock may run: phones that set their own clock are within a minute or two.
pub const FUTURE_MAX: Duration = Duration::from_mins(5);

/// Numbers from here on are milliseconds: as seconds it is the year 5138, as milliseconds March 1973.
const MILLISECONDS_FROM: f64 = 1e11;

/// A time that a phone gives as a number: seconds or milliseconds since 1970. One that is far off saturates, and is
/// dropped as future or stale.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "saturates, and is dropped by its time")]
pub fn moment(number: f64) -> Timestamp {
    let millis = if number.abs() < MILLISECONDS_FROM { number * 1_000.0 } else { number };
    Timestamp::from_millis(millis.round() as i64)
}

/// A point as a phone sent it: well formed, but perhaps nonsense.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// Radius of uncertainty in metres, as sent.
    pub accuracy: Option<f64>,
    /// When the phone was there.
    pub fixed_at: Timestamp,
}

/// The newest place at which a volunteer is known to have been.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LastPosition {
    /// Whose.
    pub volunteer: VolunteerId,
    /// Where.
    pub position: Position,
    /// Radius of uncertainty; `None` when the phone did not know.
    pub accuracy: Option<Metres>,
    /// When the phone was there: the age of the position counts from here.
    pub fixed_at: Timestamp,
    /// When we were told.
    pub received_at: Timestamp,
}

impl LastPosition {
    /// Reads a point that arrives at `now`.
    ///
    /// # Errors
    /// [`Dropped`] when it is not on earth or from the future.
    pub fn from_point(volunteer: VolunteerId, point: &Point, now: Timestamp) -> Result<Self, Dropped> {
        let position = Position::new(point.lat, point.lon)?;
        let accuracy = point.accuracy.and_then(known_accuracy);
        let read = Self { volunteer, position, accuracy, fixed_at: point.fixed_at, received_at: now };
        read.not_from_the_future(now)?;
        Ok(read)
    }

    /// Whether this may take the place of `last`, a position never moving backwards in time.
    ///
    /// # Errors
    /// [`Dropped::Duplicate`], [`Dropped::Stale`].
    pub fn newer_than(&self, last: &Self) -> Result<(), Dropped> {
        match self.fixed_at > last.fixed_at {
            true => Ok(()),
            false if self.fixed_at == last.fixed_at && self.position == last.position => {
                Err(Dropped::Duplicate)
            }
            false => Err(Dropped::Stale),
        }
    }

    /// Whether the time of the fix can be believed at `now`.
    ///
    /// # Errors
    /// [`Dropped::Future`] beyond [`FUTURE_MAX`].
    pub fn not_from_the_future(&self, now: Timestamp) -> Result<(), Dropped> {
        if self.fixed_at > now + FUTURE_MAX { Err(Dropped::Future) } else { Ok(()) }
    }

    /// How old the fix is at `now`; zero for a phone whose clock runs ahead.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Duration {
        now.since(self.fixed_at)
    }
}

/// An accuracy of 0 is what Android says when it has none, −1 what other systems say: the place is
/// still better than nothing, so the point is kept as one of unknown accuracy.
fn known_accuracy(metres: f64) -> Option<Metres> {
    (metres.is_finite() && metres > 0.0).then_some(Metres(metres))
}

/// Why a point did not become the last position. The phone is told 200 all the same: phones
/// send their queue in order, and one point refused for ever would hold back all later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Dropped {
    /// More than [`FUTURE_MAX`] ahead of our clock.
    #[error("the time of the fix lies in the future")]
    Future,
    /// Beyond ±90° or ±180°.
    #[error("the point is off the earth")]
    OffTheEarth,
    /// (0, 0).
    #[error("the point is at (0, 0), which means unknown")]
    NullIsland,
    /// The same place at the same time as the last position: sent twice.
    #[error("the point is known already")]
    Duplicate,
    /// Not newer than the last position.
    #[error("a newer point is known")]
    Stale,
    /// What an app sent has no place or no time, or says itself that it is not valid.
    #[error("no place and time can be read in it")]
    Unreadable,
    /// An app encrypts with a key that is not ours.
    #[error("it is encrypted")]
    Encrypted,
}

impl Dropped {
    /// Every reason, in the order of the counters.
    pub const ALL: [Self; 7] = [
        Self::Future,
        Self::OffTheEarth,
        Self::NullIsland,
        Self::Duplicate,
        Self::Stale,
        Self::Unreadable,
        Self::Encrypted,
    ];

    /// The word for it in the API and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Future => "future",
            Self::OffTheEarth => "off_the_earth",
            Self::NullIsland => "null_island",
            Self::Duplicate => "duplicate",
            Self::Stale => "stale",
            Self::Unreadable => "unreadable",
            Self::Encrypted => "encrypted",
        }
    }
}

impl From<PositionError> for Dropped {
    fn from(error: PositionError) -> Self {
        match error {
            PositionError::OffTheEarth => Self::OffTheEarth,
            PositionError::NullIsland => Self::NullIsland,
        }
    }
}

/// How many points became positions, and why the others did not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Points that were newer than all before them.
    pub accepted: u64,
    dropped: [u64; Dropped::ALL.len()],
}

impl Tally {
    /// Counts one point.
    pub fn count(&mut self, outcome: Result<(), Dropped>) {
        match outcome {
            Ok(()) => self.accepted += 1,
            Err(reason) => self.dropped[reason as usize] += 1,
        }
    }

    /// The reasons that occurred, with how often.
    pub fn dropped(&self) -> impl Iterator<Item = (Dropped, u64)> {
        Dropped::ALL.into_iter().zip(self.dropped).filter(|&(_, n)| n > 0)
    }
}

/// `{"accepted":2,"dropped":{"future":1}}`; reasons that did not occur are left out.
impl Serialize for Tally {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Reasons<'a>(&'a Tally);
        impl Serialize for Reasons<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut map = serializer.serialize_map(None)?;
                for (reason, n) in self.0.dropped() {
                    map.serialize_entry(reason.as_str(), &n)?;
                }
                map.end()
            }
        }
        let mut fields = serializer.serialize_struct("Tally", 2)?;
        fields.serialize_field("accepted", &self.accepted)?;
        fields.serialize_field("dropped", &Reasons(self))?;
        fields.end()
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} accepted", self.accepted)?;
        self.dropped().try_for_each(|(reason, n)| write!(f, ", {n} {}", reason.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use certus_registry::Random;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    fn volunteer() -> VolunteerId {
        VolunteerId::new(NOW, &Random::from_seed(1))
    }

    fn at(fixed_at: Timestamp) -> Point {
        Point { lat: 63.2, lon: 14.6, accuracy: Some(12.0), fixed_at }
    }

    #[test]
    fn nonsense_is_dropped_with_its_reason() {
        let ms = Duration::from_millis(1);
        for (point, expected) in [
            (at(NOW), Ok(())),
            (at(NOW - Duration::from_hours(9)), Ok(())),
            (at(NOW + FUTURE_MAX), Ok(())),
            (at(NOW + FUTURE_MAX + ms), Err(Dropped::Future)),
            (Point { lat: 0.0, lon: 0.0, ..at(NOW) }, Err(Dropped::NullIsland)),
            (Point { lat: 90.1, ..at(NOW) }, Err(Dropped::OffTheEarth)),
            (Point { lon: -180.1, ..at(NOW) }, Err(Dropped::OffTheEarth)),
            (Point { lat: f64::NAN, ..at(NOW) }, Err(Dropped::OffTheEarth)),
        ] {
            assert_eq!(LastPosition::from_point(volunteer(), &point, NOW).map(drop), expected, "{point:?}");
        }
    }

    #[test]
    fn an_accuracy_that_cannot_be_is_unknown() {
        for (sent, known) in [
            (Some(12.5), Some(Metres(12.5))),
            (Some(0.0), None),
            (Some(-1.0), None),
            (Some(f64::NAN), None),
            (Some(f64::INFINITY), None),
            (None, None),
        ] {
            let point = Point { accuracy: sent, ..at(NOW) };
            assert_eq!(
                LastPosition::from_point(volunteer(), &point, NOW).unwrap().accuracy,
                known,
                "{sent:?}"
            );
        }
    }

    #[test]
    fn a_position_never_moves_backwards_in_time() {
        let last = LastPosition::from_point(volunteer(), &at(NOW), NOW).unwrap();
        let second = Duration::from_secs(1);
        let elsewhere = Point { lat: 63.3, ..at(NOW) };
        for (point, expected) in [
            (at(NOW + second), Ok(())),
            (at(NOW), Err(Dropped::Duplicate)),
            (elsewhere, Err(Dropped::Stale)),
            (at(NOW - second), Err(Dropped::Stale)),
        ] {
            let next = LastPosition::from_point(volunteer(), &point, NOW).unwrap();
            assert_eq!(next.newer_than(&last), expected, "{point:?}");
        }
    }

    #[test]
    fn a_tally_names_only_the_reasons_that_occurred() {
        let mut tally = Tally::default();
        for reason in Dropped::ALL {
            tally.count(Err(reason));
        }
        assert_eq!(tally.dropped().collect::<Vec<_>>(), Dropped::ALL.map(|reason| (reason, 1)));
        let mut tally = Tally::default();
        for outcome in [Ok(()), Err(Dropped::Future), Ok(())] {
            tally.count(outcome);
        }
        assert_eq!(serde_json::to_string(&tally).unwrap(), r#"{"accepted":2,"dropped":{"future":1}}"#);
        assert_eq!(tally.to_string(), "2 accepted, 1 future");
    }
}
