//! Days and hours for which something else holds than the week's plan.

use std::fmt;
use std::str::FromStr;

use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use crate::volunteer::one_line;

/// How many exceptions one person may have: two years of one a week, and a bound to what every search has in memory.
pub const EXCEPTIONS_MAX: usize = 100;
const MINUTE: &str = "%Y-%m-%dT%H:%M";

/// From when to when a person may, or may not, be asked, whatever the week's plan says. Written
/// `no 2026-12-24T00:00/2026-12-27T00:00 resa`, the last word or words only if a reason was given; `yes …` for who may.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Spelled", into = "Spelled")]
pub struct Exception {
    from: DateTime,
    to: DateTime,
    available: bool,
    reason: Option<Reason>,
}

/// An exception as the API has it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    from: String,
    to: String,
    available: bool,
    #[serde(default)]
    reason: Option<String>,
}

impl TryFrom<Spelled> for Exception {
    type Error = ExceptionError;
    fn try_from(spelled: Spelled) -> Result<Self, ExceptionError> {
        let reason = spelled.reason.map(|reason| reason.parse()).transpose()?;
        Self::new(parse_minute(&spelled.from)?, parse_minute(&spelled.to)?, spelled.available, reason)
    }
}

impl From<Exception> for Spelled {
    fn from(exception: Exception) -> Self {
        Self {
            from: written(exception.from),
            to: written(exception.to),
            available: exception.available,
            reason: exception.reason.map(|reason| reason.0),
        }
    }
}

/// Why something is no exception.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExceptionError {
    /// Not written as one.
    #[error("'{0}' is no exception; expected one such as 'no 2026-12-24T00:00/2026-12-27T00:00 resa'")]
    Form(String),
    /// A time that is none.
    #[error("'{0}' is no local time; expected one such as 2026-12-24T17:00, to the minute")]
    Time(String),
    /// It ends before it begins, or as it begins.
    #[error("an exception from {from} to {to} has no length; expected an end after the beginning")]
    Order {
        /// Its beginning.
        from: String,
        /// Its end.
        to: String,
    },
    /// The reason.
    #[error(transparent)]
    Reason(#[from] ReasonError),
    /// Too many of them.
    #[error("{0} exceptions; expected at most {EXCEPTIONS_MAX}: take away old ones first")]
    TooMany(usize),
}

impl Exception {
    /// From `from` up to, but without, `to`.
    ///
    /// # Errors
    /// [`ExceptionError::Time`] when one of them has seconds, [`ExceptionError::Order`] unless `from` is before `to`.
    pub fn new(
        from: DateTime,
        to: DateTime,
        available: bool,
        reason: Option<Reason>,
    ) -> Result<Self, ExceptionError> {
        for at in [from, to] {
            if (at.second(), at.subsec_nanosecond()) != (0, 0) {
                return Err(ExceptionError::Time(at.to_string()));
            }
        }
        if from >= to {
            let [from, to] = [from, to].map(written);
            return Err(ExceptionError::Order { from, to });
        }
        Ok(Self { from, to, available, reason })
    }

    /// When it begins, local time.
    #[must_use]
    pub fn from(&self) -> DateTime {
        self.from
    }

    /// When it ends, local time.
    #[must_use]
    pub fn to(&self) -> DateTime {
        self.to
    }

    /// Whether the person may be asked in it.
    #[must_use]
    pub fn is_available(&self) -> bool {
        self.available
    }

    /// What the person has said about it.
    #[must_use]
    pub fn reason(&self) -> Option<&Reason> {
        self.reason.as_ref()
    }

    /// Whether `at` lies in it. What begins or ends in the hour that the clocks go through twice is taken so that the person
    /// is asked rather too little: the first time for what is to keep them free, the second for what opens them.
    #[must_use]
    pub fn covers(&self, at: &ZonedDateTime) -> bool {
        let zone = at.time_zone();
        let (from, to) = (instant(zone, self.from, self.available), instant(zone, self.to, !self.available));
        from <= at.timestamp() && at.timestamp() < to
    }
}

/// When a local time is; of two such times the second if `later`, and of none the one after the gap.
fn instant(zone: &TimeZone, at: DateTime, later: bool) -> jiff::Timestamp {
    let ambiguous = zone.to_ambiguous_timestamp(at);
    let found = match (ambiguous.offset(), later) {
        (jiff::tz::AmbiguousOffset::Fold { .. }, true) => ambiguous.later(),
        (
            jiff::tz::AmbiguousOffset::Fold { .. }
            | jiff::tz::AmbiguousOffset::Gap { .. }
            | jiff::tz::AmbiguousOffset::Unambiguous { .. },
            _,
        ) => ambiguous.compatible(),
    };
    found.unwrap_or(jiff::Timestamp::MAX) // within hours of the end of the calendar
}

/// Reads a local time to the minute.
///
/// # Errors
/// [`ExceptionError::Time`].
pub fn parse_minute(text: &str) -> Result<DateTime, ExceptionError> {
    let text = text.trim();
    DateTime::strptime(MINUTE, text).map_err(|_| ExceptionError::Time(text.to_owned()))
}

/// Writes what [`parse_minute`] reads.
#[must_use]
pub fn written(at: DateTime) -> String {
    at.strftime(MINUTE).to_string()
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = if self.available { "yes" } else { "no" };
        write!(f, "{word} {}/{}", written(self.from), written(self.to))?;
        self.reason.as_ref().map_or(Ok(()), |reason| write!(f, " {}", reason.as_str()))
    }
}

impl FromStr for Exception {
    type Err = ExceptionError;
    fn from_str(text: &str) -> Result<Self, ExceptionError> {
        let form = || ExceptionError::Form(text.trim().to_owned());
        let (word, rest) = text.trim().split_once(' ').ok_or_else(form)?;
        let (span, reason) = match rest.trim().split_once(' ') {
            Some((span, reason)) => (span, Some(reason.parse()?)),
            None => (rest.trim(), None),
        };
        let available = match word.to_lowercase().as_str() {
            "yes" => true,
            "no" => false,
            _ => return Err(form()),
        };
        let (from, to) = span.split_once('/').ok_or_else(form)?;
        Self::new(parse_minute(from)?, parse_minute(to)?, available, reason)
    }
}

/// What a person says about an exception: 1 to 40 visible characters on one line, no semicolon. For themselves and whoever
/// keeps the list; it is in no decision and no message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason(String);

/// Why a text is no reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected a reason of 1 to {} visible characters without a semicolon", Reason::LENGTH_MAX)]
pub struct ReasonError;

impl Reason {
    /// The longest reason kept, in characters.
    pub const LENGTH_MAX: usize = 40;

    /// The reason as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Reason {
    type Err = ReasonError;
    fn from_str(text: &str) -> Result<Self, ReasonError> {
        let reason = one_line(text, Self::LENGTH_MAX).filter(|reason| !reason.contains(';'));
        reason.map(Self).ok_or(ReasonError)
    }
}

/// A person's exceptions by their beginning, each once, at most [`EXCEPTIONS_MAX`]. Written one after the other with
/// semicolons between.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Exception>")]
pub struct Exceptions(Vec<Exception>);

impl Exceptions {
    /// None at all.
    pub const NONE: Self = Self(Vec::new());

    /// These, in their order.
    ///
    /// # Errors
    /// [`ExceptionError::TooMany`].
    pub fn of(mut all: Vec<Exception>) -> Result<Self, ExceptionError> {
        all.sort();
        all.dedup();
        if all.len() > EXCEPTIONS_MAX { Err(ExceptionError::TooMany(all.len())) } else { Ok(Self(all)) }
    }

    /// Those that are not over at the local time `now`.
    #[must_use]
    pub fn since(&self, now: DateTime) -> Self {
        Self(self.0.iter().filter(|exception| exception.to > now).cloned().collect())
    }

    /// By their beginning.
    pub fn iter(&self) -> impl Iterator<Item = &Exception> {
        self.0.iter()
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the person may be asked at `at`, as far as exceptions say. Where two differ, the person is not.
    #[must_use]
    pub fn says(&self, at: &ZonedDateTime) -> Option<bool> {
        self.0.iter().filter(|exception| exception.covers(at)).map(|exception| exception.available).min()
    }
}

impl fmt::Display for Exceptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, exception) in self.0.iter().enumerate() {
            write!(f, "{}{exception}", if place == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

impl FromStr for Exceptions {
    type Err = ExceptionError;
    fn from_str(text: &str) -> Result<Self, ExceptionError> {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        Self::of(parts.map(str::parse).collect::<Result<_, _>>()?)
    }
}

impl TryFrom<Vec<Exception>> for Exceptions {
    type Error = ExceptionError;
    fn try_from(all: Vec<Exception>) -> Result<Self, ExceptionError> {
        Self::of(all)
    }
}
