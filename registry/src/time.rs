//! Points in time and the clock that gives them.
//!
//! Nothing else in the workspace may ask the operating system for the time (`clippy.toml` bans it):
//! every decision takes `now` as a parameter, so that tests and the simulator own time.

use std::fmt;
use std::ops::{Add, Sub};
use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z, as stored in every BIGINT time column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, sqlx::Type)]
#[serde(transparent)]
#[sqlx(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The far future: used where "no time" must sort last.
    pub const MAX: Self = Self(i64::MAX);

    /// From milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Time passed since `earlier`; zero when `earlier` is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC with milliseconds, e.g. `2026-11-23T03:10:00.000Z`; what the API shows.
    #[must_use]
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| self.0.to_string(), |t| format!("{t:.3}"))
    }

    /// Parses RFC 3339 with any offset.
    ///
    /// # Errors
    /// When `text` is not an RFC 3339 date-time with offset.
    pub fn parse_rfc3339(text: &str) -> Result<Self, jiff::Error> {
        text.parse::<jiff::Timestamp>().map(|t| Self(t.as_millisecond()))
    }

    /// The local civil time in `zone`, for opening hours and day/night turnout.
    #[must_use]
    pub fn in_zone(self, zone: &jiff::tz::TimeZone) -> jiff::ZonedDateTime {
        jiff::Timestamp::from_millisecond(self.0)
            .unwrap_or(jiff::Timestamp::MAX)
            .to_zoned_datetime(zone.clone())
    }
}

/// A span as databases and timestamps count it, milliseconds; what is too long is as long as can be.
#[must_use]
pub fn millis(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(millis(span)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(millis(span)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// Where `now` comes from, and how to wait for a later `now`.
pub trait Clock: Send + Sync + 'static {
    /// The present.
    fn now(&self) -> Timestamp;
    /// Resolves once `now() >= at`; at once when `at` has passed.
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The computer's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(millis(since_epoch.unwrap_or_default()))
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        real_sleep(at.since(self.now()))
    }
}

/// A clock that starts at `origin` and runs `factor` times as fast as the computer's; for the demo.
#[derive(Debug, Clone, Copy)]
pub struct ScaledClock {
    origin: Timestamp,
    started: Timestamp,
    factor: u32,
}

impl ScaledClock {
    /// Starts at the computer's present, `factor` (at least 1) times as fast from here on.
    #[must_use]
    pub fn starting_now(factor: u32) -> Self {
        let now = SystemClock.now();
        Self { origin: now, started: now, factor: factor.max(1) }
    }
}

impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        self.origin + SystemClock.now().since(self.started) * self.factor
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        real_sleep(at.since(self.now()) / self.factor)
    }
}

/// A clock that stands still until it is told otherwise; for tests, the simulator and the headless demo.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<watch::Sender<Timestamp>>);

impl ManualClock {
    /// Stands at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self(Arc::new(watch::Sender::new(start)))
    }

    /// Moves to `to` (backwards too: real clocks jump) and wakes whoever waited for it.
    pub fn set(&self, to: Timestamp) {
        self.0.send_replace(to);
    }

    /// Moves forward by `span`.
    pub fn advance(&self, span: Duration) {
        self.0.send_modify(|now| *now = *now + span);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.0.borrow()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut changes = self.0.subscribe();
        Box::pin(async move {
            // The sender is gone only when the whole test is: then nobody cares about this sleep.
            let _ = changes.wait_for(|now| *now >= at).await;
        })
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that waits on the computer's clock")]
fn real_sleep(span: Duration) -> BoxFuture<'static, ()> {
    Box::pin(tokio::time::sleep(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_survives_rfc3339_in_any_offset() {
        let utc = Timestamp::parse_rfc3339("2026-11-23T03:10:00.250Z").unwrap();
        assert_eq!(utc, Timestamp::parse_rfc3339("2026-11-23T04:10:00.25+01:00").unwrap());
        assert_eq!(utc.rfc3339(), "2026-11-23T03:10:00.250Z");
    }

    #[test]
    fn since_a_later_time_is_zero() {
        assert_eq!(Timestamp::from_millis(1).since(Timestamp::from_millis(5)), Duration::ZERO);
    }

    #[tokio::test]
    async fn a_manual_clock_wakes_its_sleepers_when_it_passes_them() {
        let clock = ManualClock::at(Timestamp::from_millis(0));
        let sleep = clock.sleep_until(Timestamp::from_millis(60_000));
        clock.advance(Duration::from_mins(1));
        sleep.await;
    }
}
