//! What an incident asks the engine to do.

use certus_registry::{Timestamp, VolunteerId};
use serde::{Deserialize, Serialize};

/// Something to be done, together with the event that caused it or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Search for people to ask and answer with [`Event::CandidatesFound`](super::Event::CandidatesFound).
    Find,
    /// Call a person out.
    Ask {
        /// Whom.
        responder: VolunteerId,
    },
    /// Tell a person that they are not needed (any more), with thanks.
    Release {
        /// Whom.
        responder: VolunteerId,
        /// Why.
        reason: ReleaseReason,
    },
    /// Tell a person something else.
    Tell {
        /// Whom.
        responder: VolunteerId,
        /// What.
        what: Telling,
    },
    /// Put something before the operator's eyes.
    AlertOperator(Notice),
    /// Ask a person who was on the scene how they are, some time later.
    AfterCare {
        /// Whom.
        responder: VolunteerId,
    },
}

/// Why somebody is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReleaseReason {
    /// As many as wanted have said yes.
    Enough,
    /// The operator called everybody off.
    StoodDown,
    /// The incident is over.
    Over,
}

/// What a person is told on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Telling {
    /// You are on; here is the exact place.
    Kept,
    /// Thanks for your answer (a no, or done).
    Thanks,
    /// You are on another call-out; this one goes on without you.
    OnAnother,
    /// The operator has been told that you need help.
    HelpIsTold,
    /// We did not understand; answer yes or no.
    NotUnderstood,
    /// The operator has your words.
    PassedOn,
    /// It is over and nobody reads here; who to ring instead.
    Over,
    /// Words from the operator.
    FromOperator(String),
}

/// Something the operator must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// When.
    pub at: Timestamp,
    /// What.
    pub code: NoticeCode,
    /// Whom it concerns, if one person.
    pub responder: Option<VolunteerId>,
    /// The person's own words, if they wrote any.
    pub words: Option<String>,
}

/// What the operator is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeCode {
    /// Nobody is left to ask; the search goes on by itself.
    NobodyLeft,
    /// As many as the policy allows have been asked.
    CapReached,
    /// As many as wanted have said yes.
    Staffed,
    /// A person who was kept has withdrawn.
    Withdrew,
    /// A person has what they were to bring.
    Fetched,
    /// A person has not arrived when expected.
    Overdue,
    /// A person asks for help.
    HelpNeeded,
    /// A person wrote something that is no clear answer.
    UnclearAnswer,
    /// A person who has answered writes something.
    Wrote,
    /// A person did not get a message that was not the call-out itself, e.g. the stand-down.
    Unreached,
    /// Everybody who was kept is done.
    AllDone,
    /// The incident was open for as long as its policy allows and has been closed.
    LifeEnded,
}

impl NoticeCode {
    /// The one spelling, in the API and in the Fluent keys (`notice-…`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NobodyLeft => "nobody_left",
            Self::CapReached => "cap_reached",
            Self::Staffed => "staffed",
            Self::Withdrew => "withdrew",
            Self::Fetched => "fetched",
            Self::Overdue => "overdue",
            Self::HelpNeeded => "help_needed",
            Self::UnclearAnswer => "unclear_answer",
            Self::Wrote => "wrote",
            Self::Unreached => "unreached",
            Self::AllDone => "all_done",
            Self::LifeEnded => "life_ended",
        }
    }
}
