//! Answer codes: the small numbers that tell apart the call-outs of one phone ("JA 2"). Pure.
//!
//! Kept in memory, read from the database at the start and when another node has called people out: giving somebody a
//! code must cost an alarm nothing. Should two nodes give one person the same code within a second, the person's call-out
//! is still only one of them (engagements), and a late answer to the other is a late answer.

use std::collections::HashMap;
use std::time::Duration;

use certus_registry::{Timestamp, VolunteerId};

/// A code is not given again to the same phone for a day.
pub(super) const CODE_REST: Duration = Duration::from_hours(24);

/// The codes given to each person, with their times.
#[derive(Debug, Default)]
pub(super) struct Codes(HashMap<VolunteerId, Vec<(u8, Timestamp)>>);

impl Codes {
    /// The lowest code that none of a person's call-outs of the last day has.
    pub(super) fn free(&self, now: Timestamp, person: VolunteerId) -> u8 {
        let given = self.0.get(&person).map_or(&[][..], Vec::as_slice);
        let used = |code: u8| given.iter().any(|(other, at)| *other == code && *at + CODE_REST > now);
        (1..=u8::MAX).find(|code| !used(*code)).unwrap_or(u8::MAX)
    }

    /// Remembers a code that was given at `at`, and forgets those of the day before.
    pub(super) fn give(&mut self, at: Timestamp, person: VolunteerId, code: u8) {
        let given = self.0.entry(person).or_default();
        given.retain(|(_, before)| *before + CODE_REST > at);
        given.push((code, at));
    }
}

impl FromIterator<(VolunteerId, u8, Timestamp)> for Codes {
    fn from_iter<I: IntoIterator<Item = (VolunteerId, u8, Timestamp)>>(given: I) -> Self {
        let mut codes = Self::default();
        for (person, code, at) in given {
            codes.0.entry(person).or_default().push((code, at));
        }
        codes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use certus_registry::Random;

    #[test]
    fn a_code_is_the_lowest_free_one_and_rests_for_a_day() {
        let start = Timestamp::from_millis(0);
        let [one, two] = [1, 2].map(|seed| VolunteerId::new(start, &Random::from_seed(seed)));
        let mut codes: Codes = [(one, 1, start)].into_iter().collect();
        codes.give(start + Duration::from_hours(1), one, 2);
        assert_eq!((codes.free(start, one), codes.free(start, two)), (3, 1));
        assert_eq!(codes.free(start + CODE_REST, one), 1);
    }
}
