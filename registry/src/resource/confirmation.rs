//! Whether anybody has lately said that a thing is there and in order.

use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};

use super::Resource;
use crate::Catalogue;
use crate::audit::Actor;
use crate::volunteer::Day;

/// So many days before a confirmation lapses, its keeper is asked for the next one. Ours: two weekends.
pub const DUE_DAYS: i64 = 14;

/// Somebody's word that a thing is there and in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The day.
    pub on: Day,
    /// Who; none when a file says so.
    pub by: Option<Actor>,
}

/// What a thing's last confirmation is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It holds.
    Confirmed {
        /// Its last day.
        until: Day,
    },
    /// It holds, and the next one is asked for.
    Due {
        /// Its last day.
        until: Day,
    },
    /// There was none, or it has lapsed.
    Unconfirmed {
        /// The last day of the one that has lapsed.
        since: Option<Day>,
    },
    /// Things of its kind need none.
    Unasked,
}

impl Standing {
    /// The spellings, in filters and in the Fluent keys (`standing-…`).
    pub const WORDS: [&str; 4] = ["confirmed", "due", "unconfirmed", "unasked"];

    /// The one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed { .. } => "confirmed",
            Self::Due { .. } => "due",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Unasked => "unasked",
        }
    }
}

impl Resource {
    /// What its last confirmation is worth on the day `today`, where it is.
    #[must_use]
    pub fn standing(&self, kinds: &Catalogue, today: Day) -> Standing {
        let Some(holds) = kinds.get(self.kind).and_then(|kind| kind.confirmed_for) else {
            return Standing::Unasked;
        };
        let Some(Confirmation { on, .. }) = self.confirmed else {
            return Standing::Unconfirmed { since: None };
        };
        let until = on.saturating_add(holds.months().months());
        if until < today {
            Standing::Unconfirmed { since: Some(until) }
        } else if until.saturating_sub(DUE_DAYS.days()) <= today {
            Standing::Due { until }
        } else {
            Standing::Confirmed { until }
        }
    }

    /// Whether it needs no confirmation, or has one that holds on the day `today`.
    #[must_use]
    pub fn is_confirmed(&self, kinds: &Catalogue, today: Day) -> bool {
        !matches!(self.standing(kinds, today), Standing::Unconfirmed { .. })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::catalogue::Entry;
    use crate::resource::Location;
    use crate::{Position, Random, ResourceId, ResourceKind, Timestamp};

    fn confirmed(kind: ResourceKind, on: Option<Day>) -> Resource {
        let id = ResourceId::new(Timestamp::from_millis(0), &Random::from_seed(1));
        let place = Location::Fixed(Position::new(63.0, 14.0).unwrap());
        let confirmed = on.map(|on| Confirmation { on, by: None });
        Resource { confirmed, ..Resource::new(id, "A".parse().unwrap(), kind, place, crate::County::DEFAULT) }
    }

    #[test]
    fn a_defibrillator_is_due_two_weeks_before_half_a_year_has_passed() {
        let (on, until) = (Some(date(2026, 5, 26)), date(2026, 11, 26));
        let (summer, february) = (Some(date(2026, 8, 31)), date(2027, 2, 28)); // which has no 31st
        let lapsed = |since| Standing::Unconfirmed { since };
        let never = "hydrocopter".parse().unwrap();
        let boat = Catalogue::default().get(ResourceKind::BOAT).unwrap().clone();
        let kinds = Catalogue::of(vec![Entry { code: never, confirmed_for: None, ..boat }]);
        let table = [
            (ResourceKind::AED, on, date(2026, 11, 11), Standing::Confirmed { until }),
            (ResourceKind::AED, on, date(2026, 11, 12), Standing::Due { until }),
            (ResourceKind::AED, on, until, Standing::Due { until }),
            (ResourceKind::AED, on, date(2026, 11, 27), lapsed(Some(until))),
            (ResourceKind::AED, None, until, lapsed(None)),
            (ResourceKind::BOAT, on, date(2027, 5, 27), lapsed(Some(date(2027, 5, 26)))),
            (ResourceKind::AED, summer, february, Standing::Due { until: february }),
            (never, None, until, Standing::Unasked),
        ];
        for (kind, on, today, expected) in table {
            let thing = confirmed(kind, on);
            assert_eq!(thing.standing(&kinds, today), expected, "{kind} {on:?} {today}");
            assert_eq!(thing.is_confirmed(&kinds, today), expected.as_str() != "unconfirmed");
        }
    }
}
