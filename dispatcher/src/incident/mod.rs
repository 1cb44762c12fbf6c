//! The whole life of an incident as one pure state machine.
//!
//! No async, no SQL, no clock, no randomness (`tests/tidy` forbids the imports): [`Incident::handle`] is a
//! function of the state, the time and an [`Event`], and answers with the [`Effect`]s that the engine has to
//! carry out. All events are kept; replaying them ([`Incident::replay`]) gives the same state, byte for byte.
//!
//! Late and duplicate events are the rule in a network of phones. Each has a named [`Outcome`]; those that
//! are [`Outcome::Applied`] or [`Outcome::Late`] enter the log, the others change nothing.

mod asking;
mod caller;
mod callout;
mod effect;
mod ended;
mod event;
mod odds;
mod open;
mod policy;
mod roles;
mod searching;
mod staffed;
#[cfg(test)]
pub(crate) mod tests;
mod timers;
mod words;

use certus_registry::{EventType, Position, Timestamp, VolunteerId, define_id};
use serde::{Deserialize, Serialize};

pub use caller::{CallerLocation, LocationMethod};
pub use callout::{CallOut, Kept, Note, Progress, State, Unreachable};
pub use effect::{Effect, Notice, NoticeCode, ReleaseReason, Telling};
pub use event::{Answer, Candidate, Channel, Event, Group, Purpose, Raised, Report};
pub use policy::{Policy, PolicyError, Seconds};
pub use roles::{Errand, Role};

define_id!(
    /// One incident.
    IncidentId
);

/// Notices kept for the operator; the oldest go first. Far above what a busy incident makes (about 20).
const NOTICES_MAX: usize = 200;

/// Something that happened somewhere, from the operator's call to the last volunteer's stand-down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its identifier.
    pub id: IncidentId,
    /// What has happened.
    pub event_type: EventType,
    /// Where.
    pub place: Place,
    /// Where the caller's phone is, if the operator's system said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caller: Option<CallerLocation>,
    /// The operator's own reference, if any.
    pub external_id: Option<String>,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When the ambulance is expected, if anybody knows.
    pub ambulance_eta: Option<Timestamp>,
    /// The organisation that is called as one, if not everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    /// The policy in force when it was raised, as it is for a group if one is called; later changes of the file do not touch it.
    pub policy: Policy,
    /// How many volunteers are wanted on the scene; the policy's number plus what the operator added.
    pub wanted: u16,
    /// How many people may be asked at most; the policy's cap plus what the operator added.
    pub asked_max: u16,
    /// Where it stands.
    pub phase: Phase,
    /// Waves opened so far.
    pub wave: u16,
    /// What each of them promised when it was opened.
    pub promises: Vec<Promise>,
    /// Searches made so far.
    pub search: u16,
    /// Found by the last search and not asked yet, the soonest there first.
    pub candidates: Vec<Candidate>,
    /// Everybody who was asked, in the order of asking.
    pub callouts: Vec<CallOut>,
    /// What the operator was told.
    pub notices: Vec<Notice>,
    /// Events applied so far; the number that compare-and-set guards.
    pub version: u64,
}

/// Where an incident is. Volunteers see `name` when asked and `detail` only after their yes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The point.
    pub position: Position,
    /// Radius within which the true point lies, in metres.
    pub accuracy_m: u32,
    /// A name that says roughly where: a village, a lake, a road.
    pub name: String,
    /// The exact address or directions.
    pub detail: Option<String>,
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "snake_case")]
pub enum Phase {
    /// Nobody to ask is known; the next search is due at `again_at`.
    Searching {
        /// When to search again.
        again_at: Timestamp,
        /// Whether the operator has been told that nobody is left to ask.
        told: bool,
    },
    /// A wave is out; each person in it is given up after the policy's time-out.
    Asking,
    /// As many as wanted are kept.
    Staffed {
        /// Since when.
        since: Timestamp,
    },
    /// Called off; closes by itself at `closes_at`.
    StoodDown {
        /// When it was called off.
        at: Timestamp,
        /// When it closes unless somebody closes it before.
        closes_at: Timestamp,
    },
    /// Over.
    Closed {
        /// When it was closed.
        at: Timestamp,
    },
}

impl Phase {
    /// The one spelling, in columns and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Searching { .. } => "searching",
            Self::Asking => "asking",
            Self::Staffed { .. } => "staffed",
            Self::StoodDown { .. } => "stood_down",
            Self::Closed { .. } => "closed",
        }
    }
}

/// What a wave promised when it was opened, beside which its outcome is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Of which wave, from 1.
    pub wave: u16,
    /// How many people had time to answer then, of this wave and of those before.
    pub asked: u16,
    /// How likely it was that any of them comes, in thousandths.
    pub any_permille: u16,
    /// How many are to come at least.
    pub sure_of: u16,
    /// How likely that was, in thousandths.
    pub permille: u16,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It changed the incident and belongs in the log.
    Applied,
    /// It said what was known already; nothing changed.
    Duplicate,
    /// It came too late to be acted on as meant; it is in the log, and whoever sent it is told.
    Late,
    /// It was not due, e.g. an early tick; nothing changed.
    Nothing,
}

impl Outcome {
    /// Whether the event belongs in the log.
    #[must_use]
    pub fn is_logged(self) -> bool {
        matches!(self, Self::Applied | Self::Late)
    }
}

/// What [`Incident::handle`] answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Handled {
    /// What became of the event.
    pub outcome: Outcome,
    /// What is to be done about it, in this order.
    pub effects: Vec<Effect>,
}

impl Handled {
    fn applied(effects: Vec<Effect>) -> Self {
        Self { outcome: Outcome::Applied, effects }
    }

    fn late(effects: Vec<Effect>) -> Self {
        Self { outcome: Outcome::Late, effects }
    }

    fn of(outcome: Outcome) -> Self {
        Self { outcome, effects: Vec::new() }
    }
}

/// An event that no correct caller sends in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEvent {
    /// The person was never asked in this incident.
    #[error("this person was not asked in this incident")]
    NotAsked,
    /// An incident is raised once.
    #[error("the incident has already been raised")]
    RaisedTwice,
    /// A log must begin with the event that raised the incident.
    #[error("the log does not begin with the event that raised the incident")]
    NotRaised,
    /// The incident is over.
    #[error("the incident is {0}")]
    Over(&'static str),
}

impl Incident {
    /// Begins an incident; the effects ask for the first search.
    #[must_use]
    pub fn raise(now: Timestamp, raised: &Raised) -> (Self, Vec<Effect>) {
        let policy = raised.effective_policy();
        let mut incident = Self {
            id: raised.id,
            event_type: raised.event_type,
            place: raised.place.clone(),
            caller: raised.caller,
            external_id: raised.external_id.clone(),
            raised_at: now,
            ambulance_eta: raised.ambulance_eta,
            group: raised.group.clone(),
            wanted: policy.wanted,
            asked_max: policy.asked_max,
            policy,
            phase: Phase::Searching { again_at: now, told: false },
            wave: 0,
            promises: Vec::new(),
            search: 0,
            candidates: Vec::new(),
            callouts: Vec::new(),
            notices: Vec::new(),
            version: 1,
        };
        let effects = incident.find(now);
        (incident, effects)
    }

    /// Applies one event. On an error nothing has changed.
    ///
    /// # Errors
    /// [`IllegalEvent`] when no correct caller sends this event now.
    pub fn handle(&mut self, now: Timestamp, event: &Event) -> Result<Handled, IllegalEvent> {
        let handled = match self.phase {
            Phase::Searching { again_at, told } => self.searching(now, event, again_at, told),
            Phase::Asking => self.asking(now, event),
            Phase::Staffed { .. } => self.staffed(now, event),
            Phase::StoodDown { closes_at, .. } => self.stood_down(now, event, closes_at),
            Phase::Closed { .. } => self.closed(now, event),
        }?;
        if handled.outcome.is_logged() {
            self.version += 1;
        }
        Ok(handled)
    }

    /// When a [`Event::Tick`] is due; `None` once the incident is closed.
    #[must_use]
    pub fn wake_at(&self) -> Option<Timestamp> {
        let phase_timer = match self.phase {
            Phase::Searching { again_at, .. } => again_at,
            Phase::Asking => self.patience_ends_at().unwrap_or(Timestamp::MAX),
            Phase::Staffed { .. } => Timestamp::MAX,
            Phase::StoodDown { closes_at, .. } => return Some(closes_at),
            Phase::Closed { .. } => return None,
        };
        let overdue = self.callouts.iter().filter_map(|callout| callout.overdue_at(&self.policy)).min();
        Some(phase_timer.min(self.life_ends_at()).min(overdue.unwrap_or(Timestamp::MAX)))
    }

    /// Rebuilds an incident from its log.
    ///
    /// # Errors
    /// [`IllegalEvent`] when the log is not one that this machine wrote.
    pub fn replay<'a>(log: impl IntoIterator<Item = (Timestamp, &'a Event)>) -> Result<Self, IllegalEvent> {
        let mut log = log.into_iter();
        let Some((raised_at, Event::Raised(raised))) = log.next() else {
            return Err(IllegalEvent::NotRaised);
        };
        let (mut incident, _) = Self::raise(raised_at, raised);
        for (at, event) in log {
            incident.handle(at, event)?;
        }
        Ok(incident)
    }

    /// How many places are filled: people on the way, on the scene, or done there.
    #[must_use]
    pub fn filled(&self) -> u16 {
        self.count(|state| matches!(state, State::Kept(_) | State::Done { .. }))
    }

    /// How many people are on the scene now.
    #[must_use]
    pub fn on_scene(&self) -> u16 {
        self.count(|state| matches!(state, State::Kept(Kept { progress: Progress::OnScene { .. }, .. })))
    }

    /// How many people were asked and have not answered yet.
    #[must_use]
    pub fn waiting(&self) -> u16 {
        self.count(State::is_waiting)
    }

    /// The call-out of one person, if they were asked.
    #[must_use]
    pub fn callout(&self, responder: VolunteerId) -> Option<&CallOut> {
        self.callouts.iter().find(|callout| callout.responder() == responder)
    }

    fn count(&self, which: impl Fn(&State) -> bool) -> u16 {
        let counted = self.callouts.iter().filter(|callout| which(&callout.state)).count();
        u16::try_from(counted).unwrap_or(u16::MAX)
    }

    fn callout_mut(&mut self, responder: VolunteerId) -> Result<&mut CallOut, IllegalEvent> {
        let mut callouts = self.callouts.iter_mut();
        callouts.find(|callout| callout.responder() == responder).ok_or(IllegalEvent::NotAsked)
    }

    fn notify(&mut self, at: Timestamp, code: NoticeCode, responder: Option<VolunteerId>) -> Effect {
        self.put_before_operator(Notice { at, code, responder, words: None })
    }

    fn notify_of(
        &mut self,
        at: Timestamp,
        code: NoticeCode,
        responder: VolunteerId,
        words: Option<String>,
    ) -> Effect {
        self.put_before_operator(Notice { at, code, responder: Some(responder), words })
    }

    fn put_before_operator(&mut self, notice: Notice) -> Effect {
        if self.notices.len() == NOTICES_MAX {
            self.notices.remove(0);
        }
        self.notices.push(notice.clone());
        Effect::AlertOperator(notice)
    }
}
