//! The year in which somebody was born: with the name, what tells two people apart. Never the day: nothing here needs it.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::volunteer::Day;

/// A year from 1900 to 2200. Whether somebody born in it is old enough, [`BirthYear::is_old_enough`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct BirthYear(i16);

/// Why a number is no year of birth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a year of birth from 1900 to {} years ago, such as 1971, or nothing", BirthYear::AGE_MIN)]
pub struct BirthYearError;

impl BirthYear {
    /// The youngest who may be in the registry, in years: whoever turns 15 within the year.
    pub const AGE_MIN: i16 = 15;

    /// The year.
    #[must_use]
    pub const fn get(self) -> i16 {
        self.0
    }

    /// Reads a year in which somebody can be born who is registered on `today`.
    ///
    /// # Errors
    /// [`BirthYearError`] for no number, one before 1900, and one of whom is too young.
    pub fn read(text: &str, today: Day) -> Result<Self, BirthYearError> {
        let year: Self = text.parse()?;
        if year.is_old_enough(today) { Ok(year) } else { Err(BirthYearError) }
    }

    /// Whether somebody born in it may be registered on `today`.
    #[must_use]
    pub fn is_old_enough(self, today: Day) -> bool {
        self.0 <= today.year() - Self::AGE_MIN
    }
}

impl TryFrom<i64> for BirthYear {
    type Error = BirthYearError;
    fn try_from(year: i64) -> Result<Self, BirthYearError> {
        let year = i16::try_from(year).map_err(|_| BirthYearError)?;
        if (1_900..=2_200).contains(&year) { Ok(Self(year)) } else { Err(BirthYearError) }
    }
}

impl From<BirthYear> for i64 {
    fn from(year: BirthYear) -> Self {
        year.0.into()
    }
}

impl FromStr for BirthYear {
    type Err = BirthYearError;
    fn from_str(text: &str) -> Result<Self, BirthYearError> {
        text.trim().parse::<i64>().map_err(|_| BirthYearError)?.try_into()
    }
}

impl fmt::Display for BirthYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_year_is_one_in_which_somebody_can_be_born_who_is_registered() {
        let read = |text| BirthYear::read(text, date(2026, 11, 26)).map(BirthYear::get);
        assert_eq!((read(" 1971 "), read("1900"), read("2011")), (Ok(1971), Ok(1900), Ok(2011)));
        for text in ["", "71", "1899", "2012", "-1971", "1971-05-01", "99999999999999999999"] {
            assert_eq!(read(text), Err(BirthYearError), "{text}");
        }
    }
}
