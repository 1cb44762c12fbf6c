//! The section `[retention]`.

use std::time::Duration;

use serde::Deserialize;

/// How long what is kept about people is kept; what each default rests on, see docs/privacy.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// Applications that were never approved, from the last step of their vetting on, days.
    pub application_days: u16,
    /// Words and numbers of messages, from the closing of their incident on, days; of those about no incident, from when they were
    /// stored.
    pub message_days: u16,
    /// The history of the vetting of people who have left, under an identifier that leads to nobody, days.
    pub vetting_archive_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { application_days: 365, message_days: 90, vetting_archive_days: 5 * 365 }
    }
}

/// So many days.
#[must_use]
pub fn days(days: u16) -> Duration {
    Duration::from_hours(24 * u64::from(days))
}
