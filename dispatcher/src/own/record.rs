//! What became of a person's call-outs, as the person is told it: pure, from incidents.

use std::time::Duration;

use certus_registry::{EventType, Timestamp, VolunteerId};
use serde::Serialize;

use super::rfc3339;
use crate::incident::{CallOut, Incident, Kept, Progress, State};

/// One call-out of a person. No address: the person had it when it was needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TakenPart {
    /// When the person was asked.
    #[serde(serialize_with = "rfc3339::at")]
    pub asked_at: Timestamp,
    /// What had happened.
    pub event: EventType,
    /// What the place is called.
    pub place: String,
    /// What the person said, or what came of it.
    pub answer: Answered,
    /// When the person said yes or no.
    #[serde(serialize_with = "rfc3339::maybe")]
    pub answered_at: Option<Timestamp>,
    /// When the person was on the scene, if that is known.
    #[serde(serialize_with = "rfc3339::maybe")]
    pub arrived_at: Option<Timestamp>,
    /// What the person wrote besides.
    pub notes: Vec<String>,
}

/// What somebody said to a call-out, or what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answered {
    /// Yes.
    Yes,
    /// No, or not after all.
    No,
    /// Nothing in time.
    Nothing,
    /// Nothing: they were told before that others come.
    NotNeeded,
    /// It did not reach them.
    NotReached,
    /// They were on another call-out.
    Elsewhere,
    /// Nothing yet.
    Open,
}

impl Answered {
    /// The one spelling, in exports and in the Fluent keys (`own-answer-…`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Nothing => "nothing",
            Self::NotNeeded => "not_needed",
            Self::NotReached => "not_reached",
            Self::Elsewhere => "elsewhere",
            Self::Open => "open",
        }
    }
}

impl TakenPart {
    /// The part of `who` in an incident; `None` when they were not asked.
    #[must_use]
    pub fn of(incident: &Incident, who: VolunteerId) -> Option<Self> {
        let callout = incident.callout(who)?;
        let (answer, answered_at, arrived_at) = said(callout);
        Some(Self {
            asked_at: callout.asked_at,
            event: incident.event_type,
            place: incident.place.name.clone(),
            answer,
            answered_at,
            arrived_at,
            notes: callout.notes.iter().map(|note| note.text.clone()).collect(),
        })
    }
}

/// What was said, when, and when they were there.
fn said(callout: &CallOut) -> (Answered, Option<Timestamp>, Option<Timestamp>) {
    let promised = |kept: &Kept| (Answered::Yes, Some(kept.accepted_at), there(kept));
    match &callout.state {
        State::Kept(kept) | State::Released { kept: Some(kept), .. } => promised(kept),
        State::Done { accepted_at, arrived_at, .. } => (Answered::Yes, Some(*accepted_at), *arrived_at),
        State::Declined { at } => (Answered::No, Some(*at), None),
        State::TimedOut { .. } => (Answered::Nothing, None, None),
        State::Released { kept: None, .. } => (Answered::NotNeeded, None, None),
        State::Unreachable { .. } => (Answered::NotReached, None, None),
        State::Unavailable { .. } => (Answered::Elsewhere, None, None),
        State::Asked | State::Seen { .. } => (Answered::Open, None, None),
    }
}

fn there(kept: &Kept) -> Option<Timestamp> {
    match kept.progress {
        Progress::OnScene { at } => Some(at),
        Progress::Accepted | Progress::Departed { .. } => None,
    }
}

/// A person's call-outs in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Statistics {
    /// How often they were asked.
    pub asked: usize,
    /// How often they said yes.
    pub yes: usize,
    /// How often they are known to have been on the scene.
    pub arrived: usize,
    /// The median of the time from the call-out to their yes or no, seconds; `None`: they never answered.
    pub answer_seconds_median: Option<u64>,
}

impl Statistics {
    /// Of these call-outs.
    #[must_use]
    pub fn of(parts: &[TakenPart]) -> Self {
        let mut waits: Vec<Duration> =
            parts.iter().filter_map(|part| Some(part.answered_at?.since(part.asked_at))).collect();
        waits.sort_unstable();
        Self {
            asked: parts.len(),
            yes: parts.iter().filter(|part| part.answer == Answered::Yes).count(),
            arrived: parts.iter().filter(|part| part.arrived_at.is_some()).count(),
            answer_seconds_median: median(&waits).map(|wait| wait.as_secs()),
        }
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(sorted: &[Duration]) -> Option<Duration> {
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2)?;
    Some((*lower + *upper) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_millis(1_795_518_000_000);

    fn part(answer: Answered, seconds: Option<u64>, arrived: bool) -> TakenPart {
        TakenPart {
            asked_at: NOON,
            event: EventType::Fire,
            place: "Åre".to_owned(),
            answer,
            answered_at: seconds.map(|seconds| NOON + Duration::from_secs(seconds)),
            arrived_at: arrived.then_some(NOON),
            notes: Vec::new(),
        }
    }

    #[test]
    fn only_answers_have_a_time_and_the_middle_of_two_is_their_mean() {
        let mut parts = vec![
            part(Answered::Yes, Some(90), true),
            part(Answered::Nothing, None, false),
            part(Answered::No, Some(30), false),
        ];
        let expected = Statistics { asked: 3, yes: 1, arrived: 1, answer_seconds_median: Some(60) };
        assert_eq!(Statistics::of(&parts), expected);
        parts.push(part(Answered::Yes, Some(600), false));
        assert_eq!(Statistics::of(&parts).answer_seconds_median, Some(90));
        let nothing = Statistics { asked: 0, yes: 0, arrived: 0, answer_seconds_median: None };
        assert_eq!(Statistics::of(&[]), nothing);
    }
}
