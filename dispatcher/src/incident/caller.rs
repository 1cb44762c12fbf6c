//! Where the caller's phone is, as the operator's system knows it: for the operator's eyes, beside the place.

use certus_registry::{Position, Timestamp};
use serde::{Deserialize, Serialize};

/// Where the caller's phone is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CallerLocation {
    /// The centre.
    pub position: Position,
    /// Radius round it, metres, if the phone knew one.
    pub accuracy_m: Option<u32>,
    /// How sure the phone is to be within that radius, percent.
    pub confidence: Option<u8>,
    /// By which means it was found.
    pub method: LocationMethod,
    /// When the phone was there.
    pub at: Timestamp,
}

/// By which means a phone found out where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationMethod {
    /// Satellites.
    Gnss,
    /// Wireless networks in range.
    Wifi,
    /// The masts of the telephone network.
    Cell,
    /// Not said.
    Unknown,
}

impl LocationMethod {
    /// The one spelling, in the API and in the Fluent keys (`console-method-…`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gnss => "gnss",
            Self::Wifi => "wifi",
            Self::Cell => "cell",
            Self::Unknown => "unknown",
        }
    }
}
