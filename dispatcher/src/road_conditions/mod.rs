//! What operators say of the roads: closed places, and how much slower a class of road is.
//!
//! Each change is kept with who made it (`store`); every node's travel model follows the newest (`live`). A closed place
//! expires by itself. Must not touch a decision that was made: its record holds the seconds it was made by.

mod live;
pub mod store;

use std::collections::BTreeMap;

use certus_registry::Timestamp;
use serde::{Deserialize, Serialize};

use crate::travel::roads::{Closure, Conditions, RoadClass};

pub use live::{Live, follow};

/// The longest reason, in characters: a line in the console's list.
pub const REASON_MAX: usize = 80;

/// What holds on the roads, as somebody set it.
#[derive(Debug, Clone, PartialEq)]
pub struct RoadConditions {
    /// One more than that of the conditions they were made from; the first is 1.
    pub version: u64,
    /// When.
    pub set_at: Timestamp,
    /// The name of the API key by which they were set.
    pub set_by: String,
    /// Where nobody gets through.
    pub closures: Vec<ClosedPlace>,
    /// How many times longer a class takes than on a good day.
    pub factors: BTreeMap<RoadClass, f64>,
}

/// A place that nobody gets through, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosedPlace {
    /// Where.
    #[serde(flatten)]
    pub closure: Closure,
    /// Why, for people; at most [`REASON_MAX`] characters.
    pub reason: String,
    /// From then on it is open again.
    pub until: Option<Timestamp>,
}

impl RoadConditions {
    /// The closed places that are still closed at `now`.
    pub fn closed_at(&self, now: Timestamp) -> impl Iterator<Item = &ClosedPlace> {
        self.closures.iter().filter(move |place| place.until.is_none_or(|until| now < until))
    }

    /// What a travel model is to heed at `now`.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Conditions {
        let closures: Vec<Closure> = self.closed_at(now).map(|place| place.closure).collect();
        let expired = self.closures.len() - closures.len();
        Conditions { version: self.version, expired, closures, factors: self.factors.clone() }
    }
}

#[cfg(test)]
mod tests {
    use certus_registry::{Metres, Position};

    use super::*;

    #[test]
    fn a_closed_place_is_open_from_its_hour_on_and_the_others_stay_closed() {
        let place = |until: Option<i64>| ClosedPlace {
            closure: Closure { at: Position::new(63.3, 13.4).unwrap(), radius: Metres(200.0) },
            reason: "Lavinfara".to_owned(),
            until: until.map(Timestamp::from_millis),
        };
        let conditions = RoadConditions {
            version: 7,
            set_at: Timestamp::from_millis(0),
            set_by: "Anna".to_owned(),
            closures: vec![place(Some(2_000)), place(None), place(Some(1_000))],
            factors: BTreeMap::from([(RoadClass::Primary, 1.3)]),
        };
        for (now, closed, expired) in [(999, 3, 0), (1_000, 2, 1), (1_999, 2, 1), (2_000, 1, 2)] {
            let held = conditions.at(Timestamp::from_millis(now));
            assert_eq!((held.closures.len(), held.expired, held.version), (closed, expired, 7), "{now}");
            assert_eq!(held.factors, conditions.factors, "{now}");
        }
    }
}
