//! Tests of the ways to people: once a month everybody gets a silent push and a text that asks for an OK, and the
//! registry learns whom nothing reaches. Whoever is marked is still asked in an emergency: a wasted text costs less than
//! a missing neighbour. This is for the board, which can ask for a new number in time.
//!
//! Pure, but for `store`; the engine takes the steps (`engine/channel_test.rs`).

mod store;

use std::time::Duration;

use certus_registry::{Reach, Timestamp};
use certus_sms_bridge::{Channel, Milestone};
use jiff::civil::{Time, time};
use serde::Deserialize;

pub use store::{advance, begin, latest, next_wake, running};

/// People in one slice of the asking; a slice a minute leaves room in any gateway for what cannot wait.
pub const ASKED_A_MINUTE: usize = 60;
/// Between two slices.
pub const PACE: Duration = Duration::from_mins(1);
/// People in one slice of the settling.
pub const SETTLED_AT_ONCE: usize = 200;
/// Tests that are listed: a year's.
pub const LISTED: u32 = 12;
/// A month's test that could not begin within this time of its hour is left out: the server was not there.
const LATE_MAX: Duration = Duration::from_hours(24);

/// When the ways are tested: the section `[channel_test]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Monthly {
    /// The day of the month, 1 to 28.
    pub day: DayOfMonth,
    /// The local time.
    #[serde(default = "noon")]
    pub time: Time,
    /// How long people have to answer, hours: 1 to 240.
    #[serde(default)]
    pub answer_h: AnswerHours,
}

/// A day that every month has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i8")]
pub struct DayOfMonth(i8);

impl TryFrom<i8> for DayOfMonth {
    type Error = &'static str;
    fn try_from(day: i8) -> Result<Self, Self::Error> {
        if (1..=28).contains(&day) { Ok(Self(day)) } else { Err("expected a day of every month, 1 to 28") }
    }
}

/// How long people have to answer, hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub struct AnswerHours(u16);

impl TryFrom<u16> for AnswerHours {
    type Error = &'static str;
    fn try_from(hours: u16) -> Result<Self, Self::Error> {
        if (1..=240).contains(&hours) { Ok(Self(hours)) } else { Err("expected 1 to 240 hours") }
    }
}

/// Three days: a weekend away is no lost number.
impl Default for AnswerHours {
    fn default() -> Self {
        Self(72)
    }
}

impl AnswerHours {
    /// As a time span.
    #[must_use]
    pub fn span(self) -> Duration {
        Duration::from_hours(self.0.into())
    }
}

fn noon() -> Time {
    time(12, 0, 0, 0)
}

/// Where a test stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// People are being written to.
    Asking,
    /// The time for answers is over, or runs; then what was found is written down.
    Settling,
    /// Over.
    Settled,
}

impl Phase {
    const ALL: [Self; 3] = [Self::Asking, Self::Settling, Self::Settled];

    /// The one spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asking => "asking",
            Self::Settling => "settling",
            Self::Settled => "settled",
        }
    }
}

/// A test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelTest {
    /// The month, or when somebody began it by hand.
    pub name: String,
    /// When.
    pub begun_at: Timestamp,
    /// How long people have to answer after the last of them was written to.
    pub answer: Duration,
    /// Where it stands.
    pub phase: Phase,
    /// The identifier of the last person of this phase's latest slice; empty before the first.
    pub done_to: String,
    /// When the next slice is due.
    pub wake_at: Option<Timestamp>,
    /// How many people each finding holds for, so far.
    pub found: Findings,
}

/// How many people each finding holds for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Findings {
    /// See [`Reach::Answered`].
    pub answered: u64,
    /// See [`Reach::Delivered`].
    pub delivered: u64,
    /// See [`Reach::Unreachable`].
    pub unreachable: u64,
}

impl Findings {
    /// Counts one person more.
    pub fn add(&mut self, reach: Reach) {
        match reach {
            Reach::Answered => self.answered += 1,
            Reach::Delivered => self.delivered += 1,
            Reach::Unreachable => self.unreachable += 1,
        }
    }
}

impl Monthly {
    /// The name of the test that should have begun by now, if any.
    #[must_use]
    pub fn due(&self, local: &jiff::ZonedDateTime) -> Option<String> {
        let hour = local.date().with().day(self.day.0).build().ok()?.to_datetime(self.time);
        let late = local.datetime().duration_since(hour);
        let late = Duration::try_from(late).ok()?; // negative: its hour is still to come
        (late < LATE_MAX).then(|| local.strftime("%Y-%m").to_string())
    }
}

/// What a test shows of one person: whether anything was `heard` from their phone since it began, and where its messages
/// stand. A push counts as delivered when the phone says that it is on the screen, so it is as good as a word.
#[must_use]
pub fn finding(heard: bool, messages: &[(Channel, Milestone)]) -> Reach {
    let arrived = |by: Channel| messages.contains(&(by, Milestone::Delivered));
    if heard || arrived(Channel::Push) {
        Reach::Answered
    } else if arrived(Channel::Sms) {
        Reach::Delivered
    } else {
        Reach::Unreachable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(monthly: Monthly, local: &str) -> Option<String> {
        monthly.due(&format!("{local}[Europe/Stockholm]").parse().unwrap())
    }

    #[test]
    fn a_months_test_begins_at_its_hour_or_within_a_day() {
        let monthly: Monthly = toml::from_str("day = 3").unwrap();
        assert_eq!((monthly.time, monthly.answer_h.span()), (noon(), Duration::from_hours(72)));
        let table = [
            ("2026-12-03T11:59:59", None),
            ("2026-12-03T12:00:00", Some("2026-12")),
            ("2026-12-04T11:59:59", Some("2026-12")),
            ("2026-12-04T12:00:00", None),
            ("2026-12-02T23:00:00", None),
        ];
        for (local, name) in table {
            assert_eq!(due(monthly, local).as_deref(), name, "{local}");
        }
        // In the last hours of a month's 28th the day after is March.
        let last: Monthly = toml::from_str("day = 28\ntime = \"18:00\"").unwrap();
        assert_eq!(due(last, "2027-02-28T23:59:00").as_deref(), Some("2027-02"));
    }

    #[test]
    fn a_day_that_some_month_lacks_is_refused() {
        for wrong in
            ["day = 29", "day = 0", "day = 3\nanswer_h = 0", "day = 3\ntime = \"25:00\"", "time = \"12:00\""]
        {
            assert!(toml::from_str::<Monthly>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_word_or_a_push_on_the_screen_is_more_than_a_delivered_text() {
        use Channel::{Push, Sms};
        use Milestone::{Accepted, Delivered, Errored, Unknown};
        let table = [
            (true, vec![(Sms, Errored)], Reach::Answered),
            (false, vec![(Push, Delivered), (Sms, Unknown)], Reach::Answered),
            (false, vec![(Push, Accepted), (Sms, Delivered)], Reach::Delivered),
            (false, vec![(Push, Accepted), (Sms, Accepted)], Reach::Unreachable),
            (false, vec![(Sms, Errored)], Reach::Unreachable),
        ];
        for (heard, messages, expected) in table {
            assert_eq!(finding(heard, &messages), expected, "{heard} {messages:?}");
        }
    }
}
