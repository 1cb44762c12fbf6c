//! Calendars of volunteers: a feed that shows when they may be asked (`feed`), and files that say when they are busy (`read`).
//!
//! Pure. What is kept: the hash of a feed's secret, and which exceptions came from which calendar (`certus_registry::store::calendar`).
//! Nobody else's calendar is fetched: a file is sent here.

mod expand;
pub mod feed;
mod moment;
pub mod read;

use certus_registry::availability::{Exception, ExceptionError, Exceptions};
use jiff::civil::DateTime;

/// How far ahead calendars are looked at, days: exceptions are bounded, and whoever is busy later imports again.
pub const AHEAD_DAYS: i64 = 60;

/// A person's exceptions with those of one calendar in place of what it said `before`; what was over by `now`, local time, is left
/// out.
///
/// # Errors
/// [`ExceptionError::TooMany`].
pub fn replaced(
    held: &Exceptions,
    before: &Exceptions,
    new: impl IntoIterator<Item = Exception>,
    now: DateTime,
) -> Result<Exceptions, ExceptionError> {
    let held = held.since(now);
    let others = held.iter().filter(|one| !before.iter().any(|gone| gone == *one)).cloned();
    Exceptions::of(others.chain(new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_calendar_replaces_what_it_said_before_and_nothing_else() {
        let exceptions = |text: &str| text.parse::<Exceptions>().unwrap();
        let now: DateTime = "2026-11-26T12:00".parse().unwrap();
        let own = "no 2026-12-24T00:00/2026-12-27T00:00 resa";
        let before = exceptions(
            "no 2026-11-30T08:00/2026-11-30T17:00 Jobb; no 2026-12-01T08:00/2026-12-01T17:00 Jobb",
        );
        let over = "no 2026-11-01T08:00/2026-11-01T17:00";
        let held = exceptions(&format!("{before}; {own}; {over}"));
        let new = exceptions(
            "no 2026-12-01T08:00/2026-12-01T17:00 Jobb; no 2026-12-02T08:00/2026-12-02T12:00 Jobb",
        );
        let after = replaced(&held, &before, new.iter().cloned(), now).unwrap();
        assert_eq!(after, exceptions(&format!("{new}; {own}")));
        assert_eq!(replaced(&after, &new, [], now).unwrap(), exceptions(own), "it is taken away");
    }
}
