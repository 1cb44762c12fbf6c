//! The hours of a week in which a volunteer may be asked.

use std::fmt;
use std::str::FromStr;

use jiff::ZonedDateTime;
use jiff::civil::Weekday;
use serde::{Deserialize, Serialize};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const ALL_DAY: u32 = (1 << 24) - 1;

/// One bit an hour, Monday first; local time. Written `always`, `never` or `mon-fri 07-23; sat,sun 09-17`;
/// `22-06` runs past midnight into the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct WeeklyHours([u32; 7]);

/// Why a text is no set of weekly hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no weekly hours; expected e.g. 'always', 'never' or 'mon-fri 07-23; sat,sun 09-17'")]
pub struct WeeklyHoursError(String);

impl WeeklyHours {
    /// Every hour of the week.
    pub const ALWAYS: Self = Self([ALL_DAY; 7]);
    /// No hour at all.
    pub const NEVER: Self = Self([0; 7]);

    /// The hours of one block of the grid in which people tick their week.
    pub const BLOCK_HOURS: usize = 3;
    /// Blocks of one day.
    pub const BLOCKS: usize = 24 / Self::BLOCK_HOURS;

    /// Whether the local time `at` falls within these hours.
    #[must_use]
    pub fn contains(&self, at: &ZonedDateTime) -> bool {
        self.holds(at.weekday(), at.hour())
    }

    /// Whether the hour that begins at `hour`, 0 to 23, of a day of the week is among these.
    #[must_use]
    pub fn holds(&self, day: Weekday, hour: i8) -> bool {
        let day = usize::from(day.to_monday_zero_offset().unsigned_abs());
        (0..24).contains(&hour) && self.0[day] >> hour & 1 == 1
    }

    /// Whether each block of [`WeeklyHours::BLOCK_HOURS`] is wholly in or wholly out: then a grid of blocks shows all there is.
    #[must_use]
    pub fn is_of_blocks(&self) -> bool {
        *self == Self::of_blocks(self.blocks())
    }

    /// The blocks that are wholly in: day of the week from Monday, 0 to 6, and block of the day, 0 to 7.
    pub fn blocks(&self) -> impl Iterator<Item = (usize, usize)> {
        let days = self.0;
        let all = (0..DAYS.len()).flat_map(|day| (0..Self::BLOCKS).map(move |block| (day, block)));
        all.filter(move |(day, block)| days[*day] & block_bits(*block) == block_bits(*block))
    }

    /// The hours of these blocks; one that no day has is left out.
    #[must_use]
    pub fn of_blocks(blocks: impl IntoIterator<Item = (usize, usize)>) -> Self {
        let mut hours = Self::NEVER;
        for (day, block) in blocks {
            if day < DAYS.len() && block < Self::BLOCKS {
                hours.0[day] |= block_bits(block);
            }
        }
        hours
    }

    fn add(&mut self, days: &str, hours: &str) -> Option<()> {
        let (from, to) = hours.split_once('-')?;
        let (from, to): (usize, usize) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
        if from > 23 || to > 24 || from == to {
            return None;
        }
        let length = if to > from { to - from } else { 24 - from + to };
        for day in days_of(days)? {
            for hour in from..from + length {
                self.0[(day + hour / 24) % 7] |= 1 << (hour % 24);
            }
        }
        Some(())
    }
}

/// The hours of a block of a day.
const fn block_bits(block: usize) -> u32 {
    ((1 << WeeklyHours::BLOCK_HOURS) - 1) << (block * WeeklyHours::BLOCK_HOURS)
}

/// `mon-fri,sun` as day numbers.
fn days_of(text: &str) -> Option<Vec<usize>> {
    let number = |name: &str| DAYS.iter().position(|day| *day == name.trim());
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        let span = (last + 7 - first) % 7;
        days.extend((first..=first + span).map(|day| day % 7));
    }
    Some(days)
}

impl FromStr for WeeklyHours {
    type Err = WeeklyHoursError;

    fn from_str(text: &str) -> Result<Self, WeeklyHoursError> {
        let lower = text.trim().to_lowercase();
        match lower.as_str() {
            "always" => return Ok(Self::ALWAYS),
            "never" => return Ok(Self::NEVER),
            _ => {}
        }
        let mut hours = Self::NEVER;
        for part in lower.split(';') {
            let added = part.trim().rsplit_once(' ').and_then(|(days, span)| hours.add(days, span));
            added.ok_or_else(|| WeeklyHoursError(text.trim().to_owned()))?;
        }
        Ok(hours)
    }
}

impl fmt::Display for WeeklyHours {
    /// Writes what `from_str` reads: runs of equal days, each with its spans of hours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALWAYS {
            return f.write_str("always");
        }
        let mut written = 0;
        let mut day = 0;
        while day < 7 {
            let last = (day..7).take_while(|&d| self.0[d] == self.0[day]).last().unwrap_or(day);
            for (from, to) in spans(self.0[day]) {
                let days =
                    if last == day { DAYS[day].to_owned() } else { format!("{}-{}", DAYS[day], DAYS[last]) };
                write!(f, "{}{days} {from:02}-{to:02}", if written == 0 { "" } else { "; " })?;
                written += 1;
            }
            day = last + 1;
        }
        if written == 0 { f.write_str("never") } else { Ok(()) }
    }
}

/// The runs of set bits as (first hour, hour after the last).
fn spans(bits: u32) -> Vec<(u32, u32)> {
    let mut spans = Vec::new();
    let mut hour = 0;
    while hour < 24 {
        if bits >> hour & 1 == 0 {
            hour += 1;
            continue;
        }
        let length = (bits >> hour).trailing_ones();
        spans.push((hour, hour + length));
        hour += length;
    }
    spans
}

impl TryFrom<String> for WeeklyHours {
    type Error = WeeklyHoursError;
    fn try_from(text: String) -> Result<Self, WeeklyHoursError> {
        text.parse()
    }
}

impl From<WeeklyHours> for String {
    fn from(hours: WeeklyHours) -> Self {
        hours.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> ZonedDateTime {
        format!("{text}[Europe/Stockholm]").parse().unwrap()
    }

    #[test]
    fn hours_past_midnight_belong_to_the_next_day() {
        let nights: WeeklyHours = "fri,sat 22-06".parse().unwrap();
        assert!(nights.contains(&at("2026-11-28T03:10")), "Saturday 03:10 follows Friday evening");
        assert!(nights.contains(&at("2026-11-29T05:59")), "Sunday morning follows Saturday evening");
        assert!(!nights.contains(&at("2026-11-27T03:10")), "Friday 03:10 follows Thursday");
        assert!(!nights.contains(&at("2026-11-29T06:00")));
    }

    #[test]
    fn a_grid_shows_what_is_of_blocks_and_nothing_else() {
        for (text, fits) in [
            ("always", true),
            ("never", true),
            ("mon-fri 06-21", true),
            ("sat 21-03", true),
            ("mon 07-23", false),
        ] {
            assert_eq!(text.parse::<WeeklyHours>().unwrap().is_of_blocks(), fits, "{text}");
        }
        let ticked = WeeklyHours::of_blocks([(5, 7), (6, 0), (7, 0), (0, 8)]);
        assert_eq!(ticked, "sat 21-03".parse().unwrap());
    }

    #[test]
    fn nonsense_is_named() {
        for text in ["", "mon", "mon 7", "mon 25-26", "mon 07-07", "xyz 07-08", "mon-fri 07-23;"] {
            assert!(text.parse::<WeeklyHours>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(bits in proptest::array::uniform7(0..=ALL_DAY)) {
            let hours = WeeklyHours(bits);
            prop_assert_eq!(hours.to_string().parse::<WeeklyHours>().unwrap(), hours);
        }
    }
}
