//! "At most n call-outs a month."

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What counts as a month: the 30 days before. Not the month of the calendar, in which somebody who wants to be asked twice
/// would be asked four times around the first.
pub const MONTH: Duration = Duration::from_hours(30 * 24);

/// How many call-outs within [`MONTH`] are enough for a person, 1 to 30. Whoever wants none says so by being off duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct MonthlyMax(u8);

/// Why a number is no monthly maximum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 30 call-outs a month, or nothing for no limit")]
pub struct MonthlyMaxError;

impl MonthlyMax {
    /// The highest number.
    pub const HIGHEST: u8 = 30;

    /// The number of call-outs.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }

    /// Whether so many call-outs are enough.
    #[must_use]
    pub fn is_reached(self, callouts: u32) -> bool {
        callouts >= u32::from(self.0)
    }
}

impl TryFrom<u8> for MonthlyMax {
    type Error = MonthlyMaxError;
    fn try_from(number: u8) -> Result<Self, MonthlyMaxError> {
        if (1..=Self::HIGHEST).contains(&number) { Ok(Self(number)) } else { Err(MonthlyMaxError) }
    }
}

impl From<MonthlyMax> for u8 {
    fn from(max: MonthlyMax) -> Self {
        max.0
    }
}

impl fmt::Display for MonthlyMax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for MonthlyMax {
    type Err = MonthlyMaxError;
    fn from_str(text: &str) -> Result<Self, MonthlyMaxError> {
        text.trim().parse::<u8>().map_err(|_| MonthlyMaxError)?.try_into()
    }
}
