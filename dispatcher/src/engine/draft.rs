//! An incident between two commits: events are fed to the machine, its searches are answered at once, and what is
//! to be written and done is collected.

use std::collections::BTreeSet;

use certus_registry::{Timestamp, VolunteerId};

use crate::incident::{CallOut, Effect, Event, IllegalEvent, Incident, Outcome, Phase, Raised};
use crate::matching::Decision;

/// What a commit will write.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The incident after everything in `log`.
    pub incident: Incident,
    /// The version the database holds; 0 for a new incident.
    pub stored_version: u64,
    /// Events to append.
    pub log: Vec<Event>,
    /// Decisions to append.
    pub decisions: Vec<Decision>,
    /// What to do, without the searches.
    pub effects: Vec<Effect>,
    engaged_before: BTreeSet<VolunteerId>,
    closed_before: bool,
}

impl Draft {
    /// Raises an incident; `find` answers its first search.
    pub(super) fn raise(
        now: Timestamp,
        raised: Raised,
        find: &dyn Fn(&Incident) -> Decision,
    ) -> Result<Self, IllegalEvent> {
        let (incident, effects) = Incident::raise(now, &raised);
        let mut draft = Self::of(incident, 0);
        draft.log.push(Event::Raised(Box::new(raised)));
        draft.carry(now, effects, find)?;
        Ok(draft)
    }

    /// Continues an incident as the database holds it.
    pub(super) fn resume(incident: Incident) -> Self {
        let version = incident.version;
        Self::of(incident, version)
    }

    fn of(incident: Incident, stored_version: u64) -> Self {
        let engaged_before = engaged(&incident);
        let closed_before = matches!(incident.phase, Phase::Closed { .. });
        let (log, decisions, effects) = (Vec::new(), Vec::new(), Vec::new());
        Self { incident, stored_version, log, decisions, effects, engaged_before, closed_before }
    }

    /// Feeds one event, and the answers to the searches it causes.
    pub(super) fn feed(
        &mut self,
        now: Timestamp,
        event: Event,
        find: &dyn Fn(&Incident) -> Decision,
    ) -> Result<Outcome, IllegalEvent> {
        let handled = self.incident.handle(now, &event)?;
        if handled.outcome.is_logged() {
            self.log.push(event);
        }
        self.carry(now, handled.effects, find)?;
        Ok(handled.outcome)
    }

    fn carry(
        &mut self,
        now: Timestamp,
        effects: Vec<Effect>,
        find: &dyn Fn(&Incident) -> Decision,
    ) -> Result<(), IllegalEvent> {
        for effect in effects {
            if effect == Effect::Find {
                let mut decision = find(&self.incident);
                // The record keeps the verdicts; the shortlist is the event's.
                let candidates = std::mem::take(&mut decision.candidates);
                self.decisions.push(decision);
                // A search is answered once: `CandidatesFound` never asks for another one.
                self.feed(now, Event::CandidatesFound { candidates }, find)?;
            } else {
                self.effects.push(effect);
            }
        }
        Ok(())
    }

    /// Who became tied up, and who became free, since the last commit.
    pub(super) fn engagements(&self) -> (Vec<VolunteerId>, Vec<VolunteerId>) {
        let now = engaged(&self.incident);
        let added = now.difference(&self.engaged_before).copied().collect();
        let ended = self.engaged_before.difference(&now).copied().collect();
        (added, ended)
    }

    /// Who is called out.
    pub(super) fn asked(&self) -> impl Iterator<Item = VolunteerId> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Ask { responder } => Some(*responder),
            Effect::Find
            | Effect::Release { .. }
            | Effect::Tell { .. }
            | Effect::AlertOperator(_)
            | Effect::AfterCare { .. } => None,
        })
    }

    /// Whether the incident was open before and is closed after this.
    pub(super) fn closes(&self) -> bool {
        !self.closed_before && matches!(self.incident.phase, Phase::Closed { .. })
    }

    /// Whether there is nothing to write about the incident itself.
    pub(super) fn is_unchanged(&self) -> bool {
        self.log.is_empty()
    }
}

fn engaged(incident: &Incident) -> BTreeSet<VolunteerId> {
    incident.callouts.iter().filter(|callout| callout.engaged()).map(CallOut::responder).collect()
}
