//! The section `[retention]`.

use serde::Deserialize;

/// How long what is kept about people is kept; what each default rests on, see docs/privacy.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Retention {
    /// The history of the vetting of people who have left, under an identifier that leads to nobody, days.
    pub vetting_archive_days: u16,
}

impl Default for Retention {
    fn default() -> Self {
        Self { vetting_archive_days: 5 * 365 }
    }
}
