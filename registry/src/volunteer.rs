//! A volunteer as the registry knows them.

use std::fmt;
use std::str::FromStr;

pub use jiff::civil::Date as Day;
use serde::{Deserialize, Serialize};

use crate::vocabulary::{CompetenceKind, Language, Mode, UnknownWord};
use crate::{Availability, BirthYear, County, Duty, OrganisationId, Phone, Position, VolunteerId};

/// A person who may be called out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Volunteer {
    /// The registry's own identifier.
    pub id: VolunteerId,
    /// Full name.
    pub name: PersonName,
    /// When they were born, if they have said so.
    pub birth_year: Option<BirthYear>,
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
    /// What the person has said about being asked.
    pub duty: Duty,
    /// When the person may be asked, by their own plan.
    pub availability: Availability,
    /// How far the county board has come with the person.
    pub vetting: Vetting,
    /// The organisation that keeps the person on its list.
    pub organisation: Option<OrganisationId>,
    /// The county whose board answers for the person. Whom to ask in an alarm does not end at its border.
    pub county: County,
}

impl Volunteer {
    /// The language to write to them in.
    #[must_use]
    pub fn language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::Swedish)
    }

    /// The names of the fields in which `other` says something else; for logs, which never say what.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<&'static str> {
        let fields = [
            ("name", self.name != other.name),
            ("birth_year", self.birth_year != other.birth_year),
            ("phone", self.phone != other.phone),
            ("languages", self.languages != other.languages),
            ("competences", self.competences != other.competences),
            ("modes", self.modes != other.modes),
            ("home", self.home != other.home),
            ("duty", self.duty != other.duty),
            ("availability", self.availability != other.availability),
            ("vetting", self.vetting != other.vetting),
            ("organisation", self.organisation != other.organisation),
            ("county", self.county != other.county),
        ];
        fields.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect()
    }
}

/// A name that is neither empty nor longer than [`PersonName::LENGTH_MAX`] characters, without hidden characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PersonName(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a name of 1 to 100 visible characters")]
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
        one_line(&text, Self::LENGTH_MAX).map(Self).ok_or(NameError)
    }
}

/// A text as one line of 1 to `max` visible characters, with one blank where there were several; none when it is not such a line.
pub(crate) fn one_line(text: &str, max: usize) -> Option<String> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let fits = (1..=max).contains(&line.chars().count());
    (fits && !line.chars().any(hidden)).then_some(line)
}

/// Characters that cannot be seen but change how a line is shown: controls, and what turns or hides text
/// (Unicode TR 36, 3.5). Joiners (U+200C, U+200D) stay: names in some scripts need them.
fn hidden(c: char) -> bool {
    let turns = matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    c.is_control() || turns
}

impl FromStr for PersonName {
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
    pub expires: Option<Day>,
}

impl Competence {
    /// Whether the certificate is valid on `day`.
    #[must_use]
    pub fn valid_on(&self, day: Day) -> bool {
        self.expires.is_none_or(|last| day <= last)
    }
}

/// Written `cpr:2027-05-01`, or `cpr` when it never expires.
impl fmt::Display for Competence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expires {
            Some(last) => write!(f, "{}:{last}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

/// Why a text is no competence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompetenceError {
    /// The word before the colon.
    #[error(transparent)]
    Kind(#[from] UnknownWord),
    /// The day after the colon.
    #[error(transparent)]
    Day(#[from] DayError),
}

impl FromStr for Competence {
    type Err = CompetenceError;
    fn from_str(text: &str) -> Result<Self, CompetenceError> {
        let (kind, expires) = match text.split_once(':') {
            Some((kind, day)) => (kind, Some(parse_day(day)?)),
            None => (text, None),
        };
        Ok(Self { kind: kind.parse()?, expires })
    }
}

/// Why a text is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no day; expected one such as 2027-05-01")]
pub struct DayError(String);

/// Reads a day written year-month-day.
///
/// # Errors
/// [`DayError`] when `text` is written otherwise or names no day of the calendar.
pub fn parse_day(text: &str) -> Result<Day, DayError> {
    let text = text.trim();
    Day::strptime("%Y-%m-%d", text).map_err(|_| DayError(text.to_owned()))
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
        until: Day,
    },
    /// Suspended by the board.
    Suspended,
    /// Has left the network.
    Left,
}

impl Vetting {
    /// Whether the person may be called out on `day`.
    #[must_use]
    pub fn allows(self, day: Day) -> bool {
        match self {
            Self::Approved { until } => day <= until,
            Self::Applied | Self::Suspended | Self::Left => false,
        }
    }
}

impl Vetting {
    /// The state's word and its day, as files and columns keep them.
    #[must_use]
    pub fn columns(self) -> (&'static str, Option<Day>) {
        match self {
            Self::Applied => ("applied", None),
            Self::Approved { until } => ("approved", Some(until)),
            Self::Suspended => ("suspended", None),
            Self::Left => ("left", None),
        }
    }

    /// Reads what [`Vetting::columns`] writes.
    ///
    /// # Errors
    /// [`VettingError`] when the word is unknown or the day does not go with it.
    pub fn from_columns(word: &str, until: Option<Day>) -> Result<Self, VettingError> {
        let word = word.trim().to_lowercase();
        match (word.as_str(), until) {
            ("approved", Some(until)) => Ok(Self::Approved { until }),
            ("approved", None) => Err(VettingError::NoDay),
            ("applied", None) => Ok(Self::Applied),
            ("suspended", None) => Ok(Self::Suspended),
            ("left", None) => Ok(Self::Left),
            ("applied" | "suspended" | "left", Some(_)) => Err(VettingError::Day(word)),
            _ => Err(VettingError::Word(word)),
        }
    }
}

/// Why a word and a day are no state of vetting.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VettingError {
    /// An unknown word.
    #[error("'{0}' is no state of vetting; expected one of applied, approved, suspended, left")]
    Word(String),
    /// Approved, but until when?
    #[error("expected the last day of the approval, such as 2027-05-01")]
    NoDay,
    /// A day where none belongs.
    #[error("a last day goes with approved only, not with {0}")]
    Day(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_vetting_reads_back_from_its_columns() {
        let until = date(2026, 11, 23);
        for vetting in [Vetting::Applied, Vetting::Approved { until }, Vetting::Suspended, Vetting::Left] {
            let (word, day) = vetting.columns();
            assert_eq!(Vetting::from_columns(word, day), Ok(vetting));
        }
        assert_eq!(Vetting::from_columns("approved", None), Err(VettingError::NoDay));
        assert!(Vetting::from_columns("left", Some(until)).is_err());
        assert!(Vetting::from_columns("", None).is_err());
    }

    #[test]
    fn a_competence_is_written_with_its_last_day() {
        let cpr: Competence = "cpr:2027-05-01".parse().unwrap();
        assert_eq!(cpr.expires, Some(date(2027, 5, 1)));
        assert_eq!(cpr.to_string(), "cpr:2027-05-01");
        for text in ["cpr:", "cpr:2027-02-30", "cpr:soon", "cpr:2027-05-01T10:00", ""] {
            assert!(text.parse::<Competence>().is_err(), "{text}");
        }
    }

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
        assert!("Anna\u{202e}gnuk".parse::<PersonName>().is_err());
        assert!("a\u{7}b".parse::<PersonName>().is_err());
        assert!("å".repeat(101).parse::<PersonName>().is_err());
    }
}
