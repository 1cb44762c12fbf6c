//! The section `[positions]`.

use std::time::Duration;

use serde::Deserialize;

/// What is asked of the phones of people on a call-out, and how long what they told is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Positions {
    /// The age at which a phone is asked for a new fix, seconds. Two minutes on a country road are 2.5 km, which is what a
    /// search among villages can stand.
    pub ask_after_s: u32,
    /// How long the trails of a call-out are kept after its incident was closed, days; why 30, see docs/privacy.md.
    pub trail_days: u16,
}

impl Default for Positions {
    fn default() -> Self {
        Self { ask_after_s: 120, trail_days: 30 }
    }
}

impl Positions {
    /// The age at which a phone is asked for a new fix.
    #[must_use]
    pub fn ask_after(&self) -> Duration {
        Duration::from_secs(self.ask_after_s.into())
    }

    /// How long trails are kept after their incident was closed.
    #[must_use]
    pub fn trail_kept(&self) -> Duration {
        Duration::from_hours(24 * u64::from(self.trail_days))
    }
}
