//! A message to one phone and the milestones of its life. Nothing here knows about the database.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

use certus_registry::{Phone, Timestamp, define_id};
use regex::Regex;
use serde::{Deserialize, Serialize};

use crate::BridgeError;

/// Longest reference, in characters.
pub const REFERENCE_MAX: usize = 100;
/// Longest text, in characters: ten GSM segments. Longer is a mistake, and every segment costs.
pub const BODY_MAX: usize = 1530;

define_id!(
    /// One message to one phone.
    MessageId
);

/// What must not wait, and what may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    /// A call-out or its end: goes before everything else.
    Alarm,
    /// Anything else.
    Notice,
}

/// By which way a message goes to a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A notification on every phone or browser that the person has let us push to.
    Push,
    /// A text message.
    Sms,
    /// A telephone call.
    Voice,
}

impl Channel {
    /// All of them, in the order of a ladder.
    pub const ALL: [Self; 3] = [Self::Push, Self::Sms, Self::Voice];

    /// The one spelling, in the database, in the API and in the Fluent keys (`bridge-channel-…`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Sms => "sms",
            Self::Voice => "voice",
        }
    }
}

impl FromStr for Channel {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|channel| channel.as_str() == text);
        found.ok_or_else(|| format!("no channel is called {text:?}"))
    }
}

/// A message to be enqueued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// What the caller will recognise it by; means nothing to the bridge. At most [`REFERENCE_MAX`] characters.
    pub reference: String,
    /// To whom; a person's number also when it goes by another way than the telephone.
    pub to: Phone,
    /// By which way.
    pub channel: Channel,
    /// The text, 1 to [`BODY_MAX`] characters.
    pub body: String,
    /// Alarms go first.
    pub urgency: Urgency,
    /// Not sent before.
    pub due_at: Timestamp,
    /// Never sent at or after: a late alarm does harm.
    pub valid_until: Timestamp,
    /// By which other ways it goes, in this order, should nothing be heard; see [`crate::outbox`].
    pub otherwise: Vec<Rung>,
}

/// A further way to say the same thing, under the same reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// By which way.
    pub channel: Channel,
    /// The text for it.
    pub body: String,
    /// How long after the first; sooner when all before it have failed.
    pub after: Duration,
    /// Withdrawn when another is known to have arrived.
    pub unless_delivered: bool,
}

impl NewMessage {
    pub(crate) fn check(&self) -> Result<(), BridgeError> {
        let invalid = |field, why| Err(BridgeError::Invalid { field, why });
        if self.reference.is_empty() || self.reference.chars().count() > REFERENCE_MAX {
            return invalid("reference", "expected 1 to 100 characters");
        }
        let bodies = || std::iter::once(&self.body).chain(self.otherwise.iter().map(|rung| &rung.body));
        if bodies().any(|body| body.is_empty() || body.chars().count() > BODY_MAX) {
            return invalid("body", "expected 1 to 1530 characters");
        }
        Ok(())
    }
}

/// How far a message has come. `Stored → Transmitted → Accepted → Delivered`, or one of the other ends.
///
/// A failed attempt goes back to `Stored` until the next one. `Unknown`, `Expired` and `Errored` may still
/// become `Delivered` when a late receipt proves it; `Delivered` never becomes anything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// Durable here; waits for its first or next attempt.
    Stored,
    /// Handed, or about to be handed, to a gateway whose answer we do not have yet. Written before sending.
    Transmitted,
    /// The gateway has it and answers for it.
    Accepted,
    /// The phone has it.
    Delivered,
    /// Its validity ended before any gateway had it.
    Expired,
    /// Refused for good, out of attempts, or reported as failed by the gateway.
    Errored,
    /// It may or may not have reached the phone, and nobody can tell. Never sent again.
    Unknown,
    /// Withdrawn before any gateway had it.
    Cancelled,
}

impl Milestone {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 8] = [
        Self::Stored,
        Self::Transmitted,
        Self::Accepted,
        Self::Delivered,
        Self::Expired,
        Self::Errored,
        Self::Unknown,
        Self::Cancelled,
    ];

    /// Its name in the database, in metrics and in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Transmitted => "transmitted",
            Self::Accepted => "accepted",
            Self::Delivered => "delivered",
            Self::Expired => "expired",
            Self::Errored => "errored",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }

    /// What the database appends to a message's history.
    pub(crate) fn passed(self, at: Timestamp) -> String {
        format!(" {self}:{}", at.as_millis())
    }

    /// Whether the bridge will do nothing more for the message by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Stored | Self::Transmitted | Self::Accepted => false,
            Self::Delivered | Self::Expired | Self::Errored | Self::Unknown | Self::Cancelled => true,
        }
    }

    /// Whether the caller is told: every end but the one it asked for itself.
    #[must_use]
    pub const fn is_reported(self) -> bool {
        match self {
            Self::Stored | Self::Transmitted | Self::Accepted | Self::Cancelled => false,
            Self::Delivered | Self::Expired | Self::Errored | Self::Unknown => true,
        }
    }
}

impl fmt::Display for Milestone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Milestone {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|milestone| milestone.as_str() == text);
        found.ok_or_else(|| format!("no milestone is called {text:?}"))
    }
}

/// Reads a history back: what [`Milestone::passed`] wrote, in order.
pub(crate) fn parse_history(id: &str, text: &str) -> Result<Vec<(Milestone, Timestamp)>, BridgeError> {
    text.split_whitespace()
        .map(|passed| {
            let (milestone, at) = passed.split_once(':').unwrap_or((passed, ""));
            let at = parse_stored("history", id, at).map(Timestamp::from_millis)?;
            Ok((parse_stored("history", id, milestone)?, at))
        })
        .collect()
}

/// A reason without what is as long as a telephone number: providers repeat the receiver's.
pub(crate) fn without_numbers(reason: &str) -> String {
    static NUMBER: LazyLock<Regex> = LazyLock::new(|| Regex::new("[0-9]{8,}").expect("an expression"));
    NUMBER.replace_all(reason, "…").into_owned()
}

/// Parses a column that only this crate writes.
pub(crate) fn parse_stored<T: FromStr>(what: &'static str, id: &str, text: &str) -> Result<T, BridgeError>
where
    T::Err: fmt::Display,
{
    text.parse().map_err(|why: T::Err| BridgeError::Damaged { what, id: id.to_owned(), why: why.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_repeats_no_number() {
        assert_eq!(without_numbers("404: +46701740605 is no receiver"), "404: +… is no receiver");
        assert_eq!(without_numbers("error 1234567"), "error 1234567");
        assert_eq!(without_numbers(""), "");
    }
}
