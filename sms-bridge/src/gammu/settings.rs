//! What an administrator says about the modem's daemon.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

/// Where gammu-smsd takes messages from: one of its two back ends.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GammuSettings {
    /// `service = sql`, `driver = native_pgsql`: its PostgreSQL, `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[serde(default)]
    pub database: Option<String>,
    /// `service = files`: the folder that holds its `inbox`, `outbox`, `sent` and `error`.
    #[serde(default)]
    pub spool: Option<PathBuf>,
    /// How often it is looked at, in seconds.
    #[serde(default = "poll_s")]
    pub poll_s: u32,
    /// A daemon that takes no message for so long, in seconds, is not given any more, and loses those it has.
    #[serde(default = "stuck_s")]
    pub stuck_s: u32,
}

fn poll_s() -> u32 {
    2
}

fn stuck_s() -> u32 {
    60
}

impl GammuSettings {
    pub(super) fn poll(&self) -> Duration {
        Duration::from_secs(u64::from(self.poll_s.max(1)))
    }

    pub(super) fn stuck(&self) -> Duration {
        Duration::from_secs(u64::from(self.stuck_s.max(1)))
    }
}

impl fmt::Debug for GammuSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GammuSettings").field("spool", &self.spool).finish_non_exhaustive()
    }
}
