//! When a person may be asked, by their own plan: hours of the week, public holidays, nights, days that differ, and how
//! often. Pure. What they have said for now is [`Duty`](crate::Duty), also "do not disturb until".

mod exception;
mod holiday;
mod monthly_max;

use jiff::ZonedDateTime;
use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

use crate::WeeklyHours;
use crate::mutation::{Rule, broken};
use crate::vocabulary::vocabulary;

pub use exception::{
    EXCEPTIONS_MAX, Exception, ExceptionError, Exceptions, Reason, ReasonError, parse_minute, written,
};
pub use holiday::is_public_holiday;
pub use monthly_max::{MONTH, MonthlyMax, MonthlyMaxError};

vocabulary!(
    /// What public holidays are to a person's hours of the week.
    Holidays, "way to take public holidays" {
        /// A day of the week like any other.
        AsUsual = "as_usual",
        /// The hours of Sundays hold.
        AsSunday = "as_sunday",
        /// No hour holds.
        Closed = "closed",
    }
);

/// A person's plan, all of it in local time. What stands for certain days comes before the night, the night before holidays,
/// and holidays before the hours of the week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Availability {
    /// The hours of the week in which the person may be asked.
    pub hours: WeeklyHours,
    /// What public holidays are to these hours.
    pub holidays: Holidays,
    /// Whether those of the hours count that lie in the night ([`is_night`]). Who has said nothing is taken by their hours.
    pub nights: bool,
    /// Days and hours for which something else holds.
    pub exceptions: Exceptions,
    /// How many call-outs within [`MONTH`] are enough; none: as many as there are.
    pub monthly_max: Option<MonthlyMax>,
}

impl Default for Availability {
    fn default() -> Self {
        Self::ALWAYS
    }
}

/// Why a plan keeps somebody from being asked at some time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hindrance {
    /// An exception says so.
    Exception,
    /// The hours of the week, the night or a holiday.
    Hours,
}

impl Availability {
    /// At all times.
    pub const ALWAYS: Self = Self::within(WeeklyHours::ALWAYS);

    /// Nothing but hours of the week.
    #[must_use]
    pub const fn within(hours: WeeklyHours) -> Self {
        Self {
            hours,
            holidays: Holidays::AsUsual,
            nights: true,
            exceptions: Exceptions::NONE,
            monthly_max: None,
        }
    }

    /// What keeps the person from being asked at the local time `at`, if anything does.
    #[must_use]
    pub fn hindrance(&self, at: &ZonedDateTime) -> Option<Hindrance> {
        match self.exceptions.says(at) {
            Some(true) => None,
            Some(false) => Some(Hindrance::Exception),
            None if self.is_open(at) => None,
            None => Some(Hindrance::Hours),
        }
    }

    /// Whether the hours of the week, as holidays and nights leave them, hold at `at`.
    fn is_open(&self, at: &ZonedDateTime) -> bool {
        if !self.nights && is_night(at) && !broken(Rule::Nights) {
            return false;
        }
        // Asked only where it matters: which days are holidays takes some arithmetic.
        let is_holiday = || is_public_holiday(at.date());
        match self.holidays {
            Holidays::AsSunday if is_holiday() => self.hours.holds(Weekday::Sunday, at.hour()),
            Holidays::Closed if is_holiday() => false,
            Holidays::AsUsual | Holidays::AsSunday | Holidays::Closed => self.hours.contains(at),
        }
    }
}

/// Whether the local time `at` lies in the night, 22 to 07: as turnout times tell day from night (4 138 Swedish IVPA operations).
#[must_use]
pub fn is_night(at: &ZonedDateTime) -> bool {
    !(7..22).contains(&at.hour())
}

#[cfg(test)]
pub(crate) mod tests;
