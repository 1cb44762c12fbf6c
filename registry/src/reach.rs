//! Whether messages reach a person, as the last test of the ways to them showed.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a test of the ways to a person showed, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// The person was heard, or their phone has shown the push.
    Answered,
    /// A phone took the message; nobody was heard.
    Delivered,
    /// No sign that anything arrives.
    Unreachable,
}

impl Reach {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Answered, Self::Delivered, Self::Unreachable];

    /// The one spelling, in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Delivered => "delivered",
            Self::Unreachable => "unreachable",
        }
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Reach {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|reach| reach.as_str() == text);
        found.ok_or_else(|| format!("expected answered, delivered or unreachable, not {text:?}"))
    }
}
