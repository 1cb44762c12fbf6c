//! Whether a volunteer may be asked at all, by their own word.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::mutation::{Rule, broken};

/// What a volunteer has said about being asked (SMS words LEDIG, UPPTAGEN and STOPP, or a tap). Its end needs no write:
/// every reader asks [`Duty::is_on`] with the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Duty {
    /// May be asked, within the weekly hours.
    On {
        /// From then on not any more.
        #[serde(default, with = "rfc3339")]
        until: Option<Timestamp>,
    },
    /// Not to be asked.
    Off {
        /// From then on again.
        #[serde(default, with = "rfc3339")]
        until: Option<Timestamp>,
    },
    /// Wants no message of any kind. Only the person's own word, or somebody who names them, lifts it: never a list.
    Stopped,
}

impl Duty {
    /// On, until further notice.
    pub const ON: Self = Self::On { until: None };
    /// Off, until further notice.
    pub const OFF: Self = Self::Off { until: None };

    /// Whether the person may be asked at `now`.
    #[must_use]
    pub fn is_on(self, now: Timestamp) -> bool {
        match self {
            Self::On { until } => until.is_none_or(|end| now < end),
            Self::Off { until } => until.is_some_and(|end| end <= now || broken(Rule::DutyEnds)),
            Self::Stopped => false,
        }
    }

    /// What holds after a list with many people has said `listed`.
    #[must_use]
    pub fn after_list(self, listed: Self) -> Self {
        if self == Self::Stopped { self } else { listed }
    }
}

/// Written `yes`, `no`, `no:2026-11-24T17:00:00.000Z` or `stopped`, in files and columns alike.
impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (word, until) = match self {
            Self::On { until } => ("yes", until),
            Self::Off { until } => ("no", until),
            Self::Stopped => ("stopped", &None),
        };
        f.write_str(word)?;
        until.map_or(Ok(()), |until| write!(f, ":{until}"))
    }
}

/// Why a text is no duty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected yes, no or stopped, the first two also with an end such as no:2026-12-24T17:00:00Z")]
pub struct DutyError;

impl FromStr for Duty {
    type Err = DutyError;
    fn from_str(text: &str) -> Result<Self, DutyError> {
        let (word, until) = match text.trim().split_once(':') {
            Some((word, until)) => (word, Some(Timestamp::parse_rfc3339(until).map_err(|_| DutyError)?)),
            None => (text.trim(), None),
        };
        match (word.to_lowercase().as_str(), until) {
            ("yes", until) => Ok(Self::On { until }),
            ("no", until) => Ok(Self::Off { until }),
            ("stopped", None) => Ok(Self::Stopped),
            _ => Err(DutyError),
        }
    }
}

/// A time as the API writes it.
mod rfc3339 {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use crate::Timestamp;

    #[expect(clippy::ref_option, reason = "serde gives a reference to the field")]
    pub(super) fn serialize<S: Serializer>(until: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
        until.map(Timestamp::rfc3339).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let expected = "a time such as 2026-12-24T17:00:00Z";
        text.map(|text| {
            let wrong = |_| de::Error::invalid_value(de::Unexpected::Str(&text), &expected);
            Timestamp::parse_rfc3339(&text).map_err(wrong)
        })
        .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_521_600_250);

    #[test]
    fn a_duty_ends_by_itself() {
        let before = Timestamp::from_millis(NOON.as_millis() - 1);
        let (on, off) = (Duty::On { until: Some(NOON) }, Duty::Off { until: Some(NOON) });
        assert!(on.is_on(before) && !on.is_on(NOON));
        assert!(!off.is_on(before) && off.is_on(NOON));
        assert!(Duty::ON.is_on(NOON) && !Duty::OFF.is_on(Timestamp::MAX) && !Duty::Stopped.is_on(NOON));
    }

    #[test]
    fn a_duty_reads_back_from_text_and_json() {
        let until = Some(NOON);
        let all = [Duty::ON, Duty::OFF, Duty::On { until }, Duty::Off { until }, Duty::Stopped];
        for duty in all {
            assert_eq!(duty.to_string().parse(), Ok(duty));
            let json = serde_json::to_string(&duty).unwrap();
            assert_eq!(serde_json::from_str::<Duty>(&json).unwrap(), duty, "{json}");
        }
        assert_eq!(Duty::Off { until }.to_string(), "no:2026-11-24T12:00:00.250Z");
        for wrong in ["", "maybe", "stopped:2026-12-24T17:00:00Z", "no:tomorrow", "no:"] {
            assert_eq!(wrong.parse::<Duty>(), Err(DutyError), "{wrong}");
        }
        assert!(serde_json::from_str::<Duty>(r#"{"state":"off","until":"soon"}"#).is_err());
    }

    #[test]
    fn a_list_does_not_lift_a_stop() {
        assert_eq!(Duty::Stopped.after_list(Duty::ON), Duty::Stopped);
        assert_eq!(Duty::OFF.after_list(Duty::ON), Duty::ON);
    }
}
