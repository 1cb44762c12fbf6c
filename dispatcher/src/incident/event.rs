//! What can happen to an incident.

use certus_registry::{EventType, Mode, OrganisationId, Position, Timestamp, VolunteerId};
use serde::{Deserialize, Serialize};

use super::{CallerLocation, Errand, IncidentId, Place, Policy, Unreachable};

/// Something that happened, as it is kept in the log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The operator (or SOS Alarm's system) raised the incident.
    Raised(Box<Raised>),
    /// A search has answered; the soonest there first.
    CandidatesFound {
        /// Who could be asked.
        candidates: Vec<Candidate>,
    },
    /// Something became known about a person who was asked.
    Responder {
        /// Who.
        responder: VolunteerId,
        /// What.
        report: Report,
    },
    /// Somebody knows better when the ambulance comes.
    AmbulanceEtaChanged {
        /// When, or that nobody knows.
        eta: Option<Timestamp>,
    },
    /// The operator writes to everybody who is kept.
    OperatorMessaged {
        /// The words.
        text: String,
    },
    /// The operator wants more people.
    Escalated {
        /// How many more.
        more: u16,
    },
    /// The operator calls everybody off.
    StoodDown,
    /// The operator closes the incident.
    Closed,
    /// Time has passed; see [`Incident::wake_at`](super::Incident::wake_at).
    Tick,
}

/// What became known about a person who was asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "snake_case")]
pub enum Report {
    /// Says yes.
    Accepted {
        /// How, and what else they said.
        answer: Answer,
        /// Where they were then, if anybody knows; leaving it means they are on the way.
        from: Option<Position>,
    },
    /// Says no, or withdraws after a yes.
    Declined {
        /// How, and what else they said.
        answer: Answer,
    },
    /// Said yes but is on another call-out.
    Unavailable,
    /// Has opened the call-out.
    Seen,
    /// Has left for the scene.
    Departed,
    /// Has what they were to bring, by their own word or by position.
    Fetched {
        /// What else they said.
        note: Option<String>,
    },
    /// Is on the scene, by their own word or by position.
    Arrived {
        /// What else they said.
        note: Option<String>,
    },
    /// Has finished on the scene.
    Done {
        /// What else they said.
        note: Option<String>,
    },
    /// Asks for help.
    HelpNeeded {
        /// How, and what else they said.
        answer: Answer,
    },
    /// Wrote something that is no clear answer.
    Remarked {
        /// The words.
        answer: Answer,
    },
    /// A message did not reach them, or nobody knows whether it did.
    Unreachable {
        /// What the message was for.
        purpose: Purpose,
        /// Why not.
        why: Unreachable,
    },
    /// A position moved their expected arrival.
    ExpectedAt {
        /// The arrival expected from the new position.
        expected_at: Timestamp,
    },
}

impl Report {
    /// Whether the person has been heard from: they know, and need not be tried by further ways.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        match self {
            Self::Accepted { .. }
            | Self::Declined { .. }
            | Self::Unavailable
            | Self::Seen
            | Self::Departed
            | Self::Fetched { .. }
            | Self::Arrived { .. }
            | Self::Done { .. }
            | Self::HelpNeeded { .. }
            | Self::Remarked { .. } => true,
            Self::Unreachable { .. } | Self::ExpectedAt { .. } => false,
        }
    }
}

/// What an incident begins with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Raised {
    /// The incident's identifier.
    pub id: IncidentId,
    /// What has happened.
    pub event_type: EventType,
    /// Where.
    pub place: Place,
    /// When the ambulance is expected, if anybody knows.
    pub ambulance_eta: Option<Timestamp>,
    /// Where the caller's phone is, if the operator's system said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<CallerLocation>,
    /// The operator's own reference.
    pub external_id: Option<String>,
    /// The organisation that is called as one, if not everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// The policy in force.
    pub policy: Policy,
}

impl Raised {
    /// The policy as it is for this incident: everybody's, or a group's.
    #[must_use]
    pub fn effective_policy(&self) -> Policy {
        self.group.as_ref().map_or_else(|| self.policy.clone(), |group| self.policy.for_a_group(group.wanted))
    }
}

/// An organisation whose people are all asked at once, and of whom the first who say yes go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Which.
    pub organisation: OrganisationId,
    /// Its name when the incident was raised.
    pub name: String,
    /// How many of them are wanted.
    pub wanted: u16,
}

/// Somebody who could be asked, and when they would be there. Short names: it is written for everybody on the shortlist, at the
/// moment of the alarm, in the event and in the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// Who.
    #[serde(rename = "r")]
    pub responder: VolunteerId,
    /// Great-circle distance to the incident, metres.
    #[serde(rename = "d")]
    pub distance_m: u32,
    /// How the person would travel.
    #[serde(rename = "m")]
    pub mode: Mode,
    /// From the alert until the person is under way, seconds.
    #[serde(rename = "t")]
    pub turnout_s: u32,
    /// On the way, seconds.
    #[serde(rename = "w")]
    pub travel_s: u32,
    /// How likely it is that the person says yes in time and comes, in thousandths.
    #[serde(rename = "y")]
    pub yes_permille: u16,
    /// What they could bring along, the quickest of each kind.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub errands: Vec<Errand>,
}

impl Candidate {
    /// From the alert until the person is there.
    #[must_use]
    pub fn seconds_to_scene(&self) -> u32 {
        self.turnout_s.saturating_add(self.travel_s)
    }
}

/// How an answer came, and what was said besides the one word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// By which way.
    pub channel: Channel,
    /// The minutes to the scene that the person promised.
    pub minutes: Option<u16>,
    /// Free text beside the answer.
    pub note: Option<String>,
}

/// What a message to a volunteer was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To call them out.
    CallOut,
    /// To stand them down.
    StandDown,
    /// To tell them anything else.
    Information,
}

/// By which way an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// A text message.
    Sms,
    /// The call-out's page.
    Page,
    /// A key pressed in a call.
    Voice,
}
