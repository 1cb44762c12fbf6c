//! A volunteer as the registry knows them.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::vocabulary::{CompetenceKind, Language, Mode};
use crate::{OrganisationId, Phone, Position, VolunteerId, WeeklyHours};

/// A person who may be called out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volunteer {
    /// The registry's own identifier.
    pub id: VolunteerId,
    /// Full name.
    pub name: PersonName,
    /// Where messages go; unique in the registry.
    pub phone: Phone,
    /// Languages, the preferred one first; never empty.
    pub languages: Vec<Language>,
    /// What the person can do.
    pub competences: Vec<Competence>,
    /// How the person can travel; never empty.
    pub modes: Vec<Mode>,
    /// Where the person usually is when nothing fresher is known.
    pub home: Option<Position>,
    /// Whether the person has switched themselves on.
    pub duty: Duty,
    /// The hours of the week in which the person may be asked.
    pub hours: WeeklyHours,
    /// How far the county board has come with the person.
    pub vetting: Vetting,
    /// The organisation that keeps the person on its list.
    pub organisation: Option<OrganisationId>,
}

/// A name that is neither empty nor longer than [`PersonName::LENGTH_MAX`] characters, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a name of 1 to 100 characters without control characters")]
pub struct NameError;

impl PersonName {
    /// The longest name kept, in characters.
    pub const LENGTH_MAX: usize = 100;

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first word, for texts that address the person.
    #[must_use]
    pub fn given(&self) -> &str {
        self.0.split(' ').next().unwrap_or(&self.0)
    }
}

impl TryFrom<String> for PersonName {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let fits = !name.is_empty() && name.chars().count() <= Self::LENGTH_MAX;
        if fits && !name.chars().any(char::is_control) { Ok(Self(name)) } else { Err(NameError) }
    }
}

impl std::str::FromStr for PersonName {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        text.to_owned().try_into()
    }
}

impl From<PersonName> for String {
    fn from(name: PersonName) -> Self {
        name.0
    }
}

/// Something a person can do, and the last day on which the certificate is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Competence {
    /// What.
    pub kind: CompetenceKind,
    /// The last valid day; `None` never expires.
    pub expires: Option<Date>,
}

impl Competence {
    /// Whether the certificate is valid on `day`.
    #[must_use]
    pub fn valid_on(&self, day: Date) -> bool {
        self.expires.is_none_or(|last| day <= last)
    }
}

/// Whether a volunteer has switched themselves on (SMS words LEDIG and UPPTAGEN, or a tap).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// May be asked, within the weekly hours.
    On,
    /// Not to be asked until switched on again.
    Off,
}

/// How far the county board has come with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Vetting {
    /// Has applied; not yet to be asked.
    Applied,
    /// Approved by the board through the day `until`.
    Approved {
        /// The last day of the approval.
        until: Date,
    },
    /// Suspended by the board.
    Suspended,
    /// Has left the network.
    Left,
}

impl Vetting {
    /// Whether the person may be called out on `day`.
    #[must_use]
    pub fn allows(self, day: Date) -> bool {
        match self {
            Self::Approved { until } => day <= until,
            Self::Applied | Self::Suspended | Self::Left => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_approval_holds_through_its_last_day() {
        let vetting = Vetting::Approved { until: date(2026, 11, 23) };
        assert!(vetting.allows(date(2026, 11, 23)) && !vetting.allows(date(2026, 11, 24)));
        assert!(!Vetting::Suspended.allows(date(2026, 11, 23)));
    }

    #[test]
    fn a_name_is_tidied_and_bounded() {
        assert_eq!("  Anna   Lena Berg ".parse::<PersonName>().unwrap().as_str(), "Anna Lena Berg");
        assert!("".parse::<PersonName>().is_err());
        assert!("a\u{7}b".parse::<PersonName>().is_err());
        assert!("å".repeat(101).parse::<PersonName>().is_err());
    }
}
