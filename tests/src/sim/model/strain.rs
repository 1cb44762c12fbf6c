//! How much may be asked of one person: how often, and how soon again.

use std::time::Duration;

use certus_dispatcher::incident::{CallOut, Incident, IncidentId, State};
use certus_registry::{Timestamp, VolunteerId};

use super::{Model, Violation, rule};

/// What one node does the other knows after a look, a second later; a decision may be as old, and a clock as far off, as for
/// everything else (`registry.rs`).
const UNKNOWN_MAX: Duration = Duration::from_secs(50);

impl Model {
    /// Whoever is asked has not had enough for a month, and does not rest.
    pub(super) fn may_be_strained(&self, incident: &Incident, who: VolunteerId) -> Result<(), Violation> {
        let (id, now) = (incident.id, self.now);
        let asked = self.asked_elsewhere(who, id, now - UNKNOWN_MAX);
        let max = self.registry.ever(who).filter_map(|person| person.availability.monthly_max).max();
        rule("asked-too-often", max.is_none_or(|max| asked < usize::from(max.get())), || {
            format!("{who} is asked in {id} after {asked} call-outs, and wants {max:?}")
        })?;
        let rest = incident.policy.rest.span();
        let rests = self
            .home_since
            .get(&who)
            .filter(|since| **since + UNKNOWN_MAX < now && now + UNKNOWN_MAX < **since + rest);
        rule("asked-resting", rests.is_none(), || {
            format!("{who} is asked in {id}, and rests since {rests:?}")
        })
    }

    /// Whether somebody might be left alone in an incident because enough was asked of them.
    pub(super) fn may_rest(&self, incident: &Incident, who: VolunteerId) -> bool {
        let has_max = self.registry.ever(who).any(|person| person.availability.monthly_max.is_some());
        let rest = incident.policy.rest.span();
        let rests = self.home_since.get(&who).is_some_and(|since| self.now < *since + rest + UNKNOWN_MAX);
        rests || has_max && self.asked_elsewhere(who, incident.id, self.now) > 0
    }

    /// How often somebody has been called out until then; the stories are shorter than a month.
    fn asked_elsewhere(&self, who: VolunteerId, but: IncidentId, until: Timestamp) -> usize {
        let others = self.incidents.values().filter(|incident| incident.id != but);
        others.filter_map(|other| other.callout(who)).filter(|callout| callout.asked_at <= until).count()
    }

    /// Remembers when the part of those who went was over.
    pub(super) fn come_home(&mut self, after: &Incident) {
        for callout in &after.callouts {
            let before = self.incidents.get(&after.id).and_then(|old| old.callout(callout.responder()));
            if went(callout) && !before.is_some_and(went) {
                self.home_since.insert(callout.responder(), self.now);
            }
        }
    }
}

/// Whether somebody who had said yes has finished, or was sent home.
fn went(callout: &CallOut) -> bool {
    matches!(callout.state, State::Done { .. } | State::Released { kept: Some(_), .. })
}
