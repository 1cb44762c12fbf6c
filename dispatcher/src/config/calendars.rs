//! The section `[calendars]`.

use std::time::Duration;

use serde::Deserialize;

use crate::subscriptions::Origin;

/// How often volunteers' own calendars are fetched from where they have them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Calendars {
    /// Hours from one fetch to the next; 0: no calendar is fetched.
    pub fetch_hours: u16,
    /// Scheme, host and port of calendars inside the organisation's own network; besides them only public addresses are fetched.
    pub trusted: Vec<Origin>,
}

impl Default for Calendars {
    /// Four times a day: a shift that was changed in the morning is known in the evening.
    fn default() -> Self {
        Self { fetch_hours: 6, trusted: Vec::new() }
    }
}

impl Calendars {
    /// From one fetch to the next.
    #[must_use]
    pub fn fetch_every(&self) -> Duration {
        Duration::from_hours(self.fetch_hours.into())
    }
}
