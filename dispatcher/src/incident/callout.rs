//! One person's part in an incident.

use certus_registry::{Position, Timestamp, VolunteerId};
use serde::{Deserialize, Serialize};

use super::event::Candidate;
use super::policy::Policy;
use super::roles::Role;

/// Free-text notes kept per person; the oldest go first.
const NOTES_MAX: usize = 10;

/// A person who was called out. Short names: it is written for everybody who is asked, at each change of the incident.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallOut {
    /// Who, and what was expected of them when they were asked.
    #[serde(rename = "c")]
    pub candidate: Candidate,
    /// The search that found them.
    #[serde(rename = "n")]
    pub search: u16,
    /// The wave in which they were asked.
    #[serde(rename = "v")]
    pub wave: u16,
    /// What was thought of for them then.
    #[serde(rename = "p")]
    pub planned: Role,
    /// When they were asked.
    #[serde(rename = "a")]
    pub asked_at: Timestamp,
    /// Where they stand.
    #[serde(rename = "s")]
    pub state: State,
    /// What they wrote besides their answers.
    #[serde(rename = "words", default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// When such words were last answered.
    #[serde(rename = "words_at", default, skip_serializing_if = "Option::is_none")]
    pub courtesy_at: Option<Timestamp>,
}

/// Where a called-out person stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum State {
    /// Asked; nothing heard.
    Asked,
    /// Has opened the call-out.
    Seen {
        /// When.
        at: Timestamp,
    },
    /// Has said yes and holds a place.
    Kept(Kept),
    /// Has finished.
    Done {
        /// What they did.
        role: Role,
        /// When they said yes.
        accepted_at: Timestamp,
        /// When they were on the scene, if they ever said so.
        arrived_at: Option<Timestamp>,
        /// When they finished.
        at: Timestamp,
    },
    /// Has said no, or withdrawn.
    Declined {
        /// When.
        at: Timestamp,
    },
    /// Did not answer in time; a late yes is still welcome while places are free.
    TimedOut {
        /// When the wave ended.
        at: Timestamp,
    },
    /// The call-out did not reach them.
    Unreachable {
        /// When that became known.
        at: Timestamp,
        /// Why.
        why: Unreachable,
    },
    /// Is on another call-out.
    Unavailable {
        /// When that became known.
        at: Timestamp,
    },
    /// Was told that they are not needed (any more).
    Released {
        /// When.
        at: Timestamp,
        /// What they had promised, if they had.
        kept: Option<Kept>,
    },
}

/// A place held by somebody who said yes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// When they said yes.
    pub accepted_at: Timestamp,
    /// What they are to do.
    pub role: Role,
    /// When they had what they were to bring.
    pub fetched_at: Option<Timestamp>,
    /// When they are expected on the scene.
    pub expected_at: Timestamp,
    /// The minutes to the scene that they named last, if they have.
    pub minutes: Option<u16>,
    /// Where they were when they said yes, if anybody knows.
    pub from: Option<Position>,
    /// How far they have come.
    pub progress: Progress,
    /// Whether the operator has been told that they are late.
    pub overdue_told: bool,
}

impl Kept {
    /// Whether they are to bring something that they do not have yet.
    #[must_use]
    pub fn is_to_fetch(&self) -> bool {
        self.role.resource().is_some() && self.fetched_at.is_none()
    }
}

/// How far a kept person has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Progress {
    /// Has said yes.
    Accepted,
    /// Is on the way.
    Departed {
        /// Since when.
        at: Timestamp,
    },
    /// Is on the scene.
    OnScene {
        /// Since when.
        at: Timestamp,
    },
}

/// Why a call-out did not reach a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unreachable {
    /// The operator of the phone network refused it or could not deliver it.
    Undeliverable,
    /// It was not delivered within its validity.
    Expired,
    /// The gateway fell silent after it may have taken the message.
    OutcomeUnknown,
}

/// Words of a volunteer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When they came.
    pub at: Timestamp,
    /// The words.
    pub text: String,
}

impl CallOut {
    /// Who.
    #[must_use]
    pub fn responder(&self) -> VolunteerId {
        self.candidate.responder
    }

    /// The place this person holds, if they hold one.
    #[must_use]
    pub fn kept(&self) -> Option<&Kept> {
        match &self.state {
            State::Kept(kept) => Some(kept),
            State::Asked
            | State::Seen { .. }
            | State::Done { .. }
            | State::Declined { .. }
            | State::TimedOut { .. }
            | State::Unreachable { .. }
            | State::Unavailable { .. }
            | State::Released { .. } => None,
        }
    }

    /// Whether this person is tied up by the incident: asked and not given up, or kept and not done.
    #[must_use]
    pub fn engaged(&self) -> bool {
        self.is_waiting() || matches!(self.state, State::Kept(_))
    }

    /// Whether this person was asked and has time left to answer.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.state.is_waiting()
    }

    /// Whether a person came, or would have had they not been called off; `None`: it was not theirs to decide, because
    /// they were released before their time was over or never reached. Says something once the incident is closed.
    #[must_use]
    pub fn came(&self) -> Option<bool> {
        match self.state {
            State::Kept(_) | State::Done { .. } | State::Released { kept: Some(_), .. } => Some(true),
            State::Declined { .. } | State::TimedOut { .. } => Some(false),
            State::Asked
            | State::Seen { .. }
            | State::Unreachable { .. }
            | State::Unavailable { .. }
            | State::Released { kept: None, .. } => None,
        }
    }

    /// When this person, asked and silent, is given up.
    pub(super) fn patience_ends_at(&self, policy: &Policy) -> Option<Timestamp> {
        self.is_waiting().then(|| self.asked_at + policy.wave_timeout.span())
    }

    /// When the operator is to be told that this person is late.
    pub(super) fn overdue_at(&self, policy: &Policy) -> Option<Timestamp> {
        let kept = self.kept()?;
        let under_way = matches!(kept.progress, Progress::Accepted | Progress::Departed { .. });
        (under_way && !kept.overdue_told).then(|| kept.expected_at + policy.overdue.span())
    }

    /// Keeps what was said besides the answer.
    pub(super) fn note(&mut self, at: Timestamp, text: &str) {
        if self.notes.len() == NOTES_MAX {
            self.notes.remove(0);
        }
        self.notes.push(Note { at, text: text.to_owned() });
    }
}

impl State {
    /// Whether it is that of somebody who was asked and has time left to answer.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self, Self::Asked | Self::Seen { .. })
    }

    /// The one spelling, in the API and in the Fluent keys (`state-…`).
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Seen { .. } => "seen",
            Self::Kept(Kept { progress, .. }) => match progress {
                Progress::Accepted => "accepted",
                Progress::Departed { .. } => "departed",
                Progress::OnScene { .. } => "on_scene",
            },
            Self::Done { .. } => "done",
            Self::Declined { .. } => "declined",
            Self::TimedOut { .. } => "timed_out",
            Self::Unreachable { .. } => "undeliverable",
            Self::Unavailable { .. } => "unavailable",
            Self::Released { .. } => "released",
        }
    }
}
