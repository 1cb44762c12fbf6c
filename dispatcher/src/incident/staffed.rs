//! As many as wanted are on the way or on the scene.

use certus_registry::Timestamp;

use super::{
    Effect, Event, Handled, IllegalEvent, Incident, NoticeCode, Outcome, Phase, ReleaseReason, State,
};

impl Incident {
    pub(super) fn staffed(&mut self, now: Timestamp, event: &Event) -> Result<Handled, IllegalEvent> {
        match event {
            // A search begun before the last place was taken.
            Event::CandidatesFound { .. } => Ok(Handled::of(Outcome::Nothing)),
            Event::AmbulanceEtaChanged { eta } => {
                self.ambulance_eta = *eta;
                Ok(Handled::applied(Vec::new()))
            }
            Event::Escalated { more } => {
                self.want(*more);
                Ok(Handled::applied(self.find(now)))
            }
            Event::Tick => Ok(self.tick_or(now, |_| Vec::new())),
            Event::Raised(_) => Err(IllegalEvent::RaisedTwice),
            Event::StoodDown => Ok(self.stand_down(now)),
            Event::Closed => Ok(self.close(now)),
            Event::OperatorMessaged { text } => Ok(self.pass_on(text)),
            Event::Responder { responder, report } => self.report(now, *responder, report),
        }
    }

    /// Enters this phase when the last place is taken, and releases at once those who have not answered.
    pub(super) fn staff_when_filled(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.filled() < self.wanted || matches!(self.phase, Phase::Staffed { .. }) {
            return Vec::new();
        }
        self.phase = Phase::Staffed { since: now };
        self.candidates.clear();
        let mut effects = self.release_where(now, ReleaseReason::Enough, State::is_waiting);
        effects.push(self.notify(now, NoticeCode::Staffed, None));
        effects
    }

    /// Leaves this phase when somebody who was kept withdraws.
    pub(super) fn search_when_short(&mut self, now: Timestamp) -> Vec<Effect> {
        let short = self.filled() < self.wanted && matches!(self.phase, Phase::Staffed { .. });
        if short { self.find(now) } else { Vec::new() }
    }
}
