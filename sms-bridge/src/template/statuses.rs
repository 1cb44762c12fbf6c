//! HTTP statuses as an administrator groups them: `202` or `"4xx"`.

use serde::Deserialize;
use serde_json::Value;

/// One status or a hundred of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Statuses {
    /// This one.
    One(u16),
    /// All that begin with this digit.
    Hundred(u16),
}

impl TryFrom<Value> for Statuses {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let found = match text.strip_suffix("xx") {
            Some(digit) => digit.parse().ok().filter(|digit| (2..=5).contains(digit)).map(Self::Hundred),
            None => text.parse().ok().filter(|status| (200..=599).contains(status)).map(Self::One),
        };
        found.ok_or_else(|| format!("'{text}': expected a status such as 202 or \"4xx\""))
    }
}

impl Statuses {
    /// How narrowly it names a status: 2 for itself, 1 for its hundred; `None` when it does not.
    pub(super) fn names(self, status: u16) -> Option<u8> {
        match self {
            Self::One(one) => (one == status).then_some(2),
            Self::Hundred(digit) => (digit == status / 100).then_some(1),
        }
    }
}
