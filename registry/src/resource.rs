//! A thing that helps: where it is or who keeps it, when it can be used and by whom, and whether anybody has lately said that
//! it is there.

mod confirmation;

use std::fmt;
use std::str::FromStr;

use jiff::ZonedDateTime;
use serde::{Deserialize, Serialize};

use crate::vocabulary::{CompetenceKind, Season};
use crate::volunteer::{Day, PersonName};
use crate::{
    Catalogue, County, OrganisationId, Position, ResourceId, ResourceKind, VolunteerId, WeeklyHours,
};

pub use confirmation::{Confirmation, DUE_DAYS, Standing};

/// An AED, snowmobile, boat or other resource.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// The registry's own identifier.
    pub id: ResourceId,
    /// The owner's own code for it, unique in the registry, e.g. `AED-0123`.
    pub code: ResourceCode,
    /// What it is.
    pub kind: ResourceKind,
    /// Where it is to be had.
    pub location: Location,
    /// The same in words for whoever fetches it, e.g. `Coop Järpen, entrén`.
    pub place: Option<PersonName>,
    /// When in the year it can be used.
    pub months: Months,
    /// In which hours of the week it can be reached.
    pub hours: WeeklyHours,
    /// The organisation that lists it.
    pub organisation: Option<OrganisationId>,
    /// The county whose board answers for it.
    pub county: County,
    /// The season that it needs, whenever that is this year; none: that of its kind, if that has one.
    pub season: Option<Season>,
    /// What whoever takes it must hold, as the law or its owner wants it; none: what its kind says.
    pub licence: Option<CompetenceKind>,
    /// When somebody last said that it is there and in order.
    pub confirmed: Option<Confirmation>,
    /// The day from which it is there no more.
    pub retired: Option<Day>,
}

impl Resource {
    /// One that can always be had and that nobody has confirmed yet.
    #[must_use]
    pub fn new(
        id: ResourceId,
        code: ResourceCode,
        kind: ResourceKind,
        location: Location,
        county: County,
    ) -> Self {
        Self {
            id,
            code,
            kind,
            location,
            place: None,
            months: Months::ALL,
            hours: WeeklyHours::ALWAYS,
            organisation: None,
            county,
            season: None,
            licence: None,
            confirmed: None,
            retired: None,
        }
    }

    /// The season that it needs: its own, else that of its kind.
    #[must_use]
    pub fn season_needed(&self, kinds: &Catalogue) -> Option<Season> {
        self.season.or_else(|| kinds.get(self.kind).and_then(|kind| kind.season))
    }

    /// What whoever takes it must hold: its own licence, else that of its kind.
    #[must_use]
    pub fn licence_needed(&self, kinds: &Catalogue) -> Option<CompetenceKind> {
        self.licence.or_else(|| kinds.get(self.kind).and_then(|kind| kind.licence))
    }

    /// Whether it can be had at the local time `at`, where its season is: in its months, and not behind a locked door.
    #[must_use]
    pub fn is_to_be_had(&self, at: &ZonedDateTime) -> bool {
        self.months.contains(at.month()) && self.hours.contains(at)
    }
}

/// Where a resource is to be had.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Location {
    /// At a fixed place.
    Fixed(Position),
    /// Wherever its keeper is.
    Keeper(VolunteerId),
}

/// The owner's code for a resource: 1 to 40 characters, letters, digits, `-`, `_`, `.` and `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceCode(String);

/// Why a text is no resource code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a code of 1 to 40 letters, digits, '-', '_', '.' or '/'")]
pub struct ResourceCodeError;

impl ResourceCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ResourceCode {
    type Error = ResourceCodeError;
    fn try_from(text: String) -> Result<Self, ResourceCodeError> {
        let allowed = |c: char| c.is_alphanumeric() || "-_./".contains(c);
        let code = text.trim();
        let fits = (1..=40).contains(&code.chars().count()) && code.chars().all(allowed);
        if fits { Ok(Self(code.to_owned())) } else { Err(ResourceCodeError) }
    }
}

impl FromStr for ResourceCode {
    type Err = ResourceCodeError;
    fn from_str(text: &str) -> Result<Self, ResourceCodeError> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for ResourceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<ResourceCode> for String {
    fn from(code: ResourceCode) -> Self {
        code.0
    }
}

/// The months of the year in which a resource can be used: one bit a month, January lowest.
/// Written `all`, or as spans such as `11-4` and `5,7-9`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Months(u16);

/// Why a text is no set of months.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no months of use; expected 'all' or months such as '11-4' or '5,7-9'")]
pub struct MonthsError(String);

impl Months {
    /// The whole year.
    pub const ALL: Self = Self(0x0fff);

    /// Whether `month` (1 to 12) is among them.
    #[must_use]
    pub fn contains(self, month: i8) -> bool {
        (1..=12).contains(&month) && self.0 >> (month - 1) & 1 == 1
    }

    fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| text.trim().parse::<u16>().ok().filter(|month| (1..=12).contains(month));
        let mut bits = 0;
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (number(first)?, number(last)?);
            let span = (last + 12 - first) % 12;
            (first..=first + span).for_each(|month| bits |= 1 << ((month - 1) % 12));
        }
        Some(Self(bits))
    }
}

impl TryFrom<String> for Months {
    type Error = MonthsError;
    fn try_from(text: String) -> Result<Self, MonthsError> {
        let lower = text.trim().to_lowercase();
        if lower == "all" { Some(Self::ALL) } else { Self::parse(&lower) }.ok_or(MonthsError(text))
    }
}

impl FromStr for Months {
    type Err = MonthsError;
    fn from_str(text: &str) -> Result<Self, MonthsError> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Months {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::ALL {
            return f.write_str("all");
        }
        let listed = (1..=12).filter(|&month| self.contains(month)).map(|month| month.to_string());
        f.write_str(&listed.collect::<Vec<_>>().join(","))
    }
}

impl From<Months> for String {
    fn from(months: Months) -> Self {
        months.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_winter_runs_over_the_new_year() {
        let winter = Months::try_from("11-4".to_owned()).unwrap();
        let expected = [1, 2, 3, 4, 11, 12];
        assert!((1..=12).all(|month| winter.contains(month) == expected.contains(&month)));
        assert_eq!(String::from(winter), "1,2,3,4,11,12");
        assert_eq!(Months::try_from(String::from(winter)).unwrap(), winter);
    }

    #[test]
    fn nonsense_months_are_refused() {
        for text in ["", "0", "13", "5-", "a-b"] {
            assert!(Months::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
