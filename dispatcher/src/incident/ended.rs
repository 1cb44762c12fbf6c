//! After the operator has called everybody off, or closed the incident.

use certus_registry::{Timestamp, VolunteerId};

use super::{
    Effect, Event, Handled, IllegalEvent, Incident, Kept, Outcome, Phase, Progress, ReleaseReason, Report,
    State, Telling,
};

impl Incident {
    pub(super) fn stood_down(
        &mut self,
        now: Timestamp,
        event: &Event,
        closes_at: Timestamp,
    ) -> Result<Handled, IllegalEvent> {
        match event {
            Event::Closed => Ok(self.close(now)),
            Event::StoodDown => Ok(Handled::of(Outcome::Duplicate)),
            Event::Tick if closes_at <= now => Ok(self.close(now)),
            Event::Tick | Event::CandidatesFound { .. } => Ok(Handled::of(Outcome::Nothing)),
            Event::AmbulanceEtaChanged { eta } => {
                self.ambulance_eta = *eta;
                Ok(Handled::applied(Vec::new()))
            }
            Event::Raised(_) => Err(IllegalEvent::RaisedTwice),
            Event::Escalated { .. } | Event::OperatorMessaged { .. } => Err(IllegalEvent::Over("stood down")),
            Event::Responder { responder, report } => {
                self.late_report(now, *responder, report, ReleaseReason::StoodDown)
            }
        }
    }

    pub(super) fn closed(&mut self, now: Timestamp, event: &Event) -> Result<Handled, IllegalEvent> {
        match event {
            Event::Closed => Ok(Handled::of(Outcome::Duplicate)),
            Event::Tick | Event::CandidatesFound { .. } => Ok(Handled::of(Outcome::Nothing)),
            Event::Raised(_) => Err(IllegalEvent::RaisedTwice),
            Event::StoodDown
            | Event::AmbulanceEtaChanged { .. }
            | Event::Escalated { .. }
            | Event::OperatorMessaged { .. } => Err(IllegalEvent::Over("closed")),
            Event::Responder { responder, report } => {
                self.late_report(now, *responder, report, ReleaseReason::Over)
            }
        }
    }

    /// Calls everybody off and waits for the last words before closing.
    pub(super) fn stand_down(&mut self, now: Timestamp) -> Handled {
        let effects = self.release_all(now, ReleaseReason::StoodDown);
        self.phase = Phase::StoodDown { at: now, closes_at: now + self.policy.closing.span() };
        Handled::applied(effects)
    }

    /// Ends the incident; whoever is still asked or kept is released.
    pub(super) fn close(&mut self, now: Timestamp) -> Handled {
        let effects = self.release_all(now, ReleaseReason::Over);
        self.phase = Phase::Closed { at: now };
        Handled::applied(effects)
    }

    fn release_all(&mut self, now: Timestamp, reason: ReleaseReason) -> Vec<Effect> {
        self.candidates.clear();
        let on_scene =
            |state: &State| matches!(state, State::Kept(Kept { progress: Progress::OnScene { .. }, .. }));
        let cared_for: Vec<Effect> = self
            .callouts
            .iter()
            .filter(|callout| on_scene(&callout.state))
            .map(|callout| Effect::AfterCare { responder: callout.responder() })
            .collect();
        let mut effects =
            self.release_where(now, reason, |state| state.is_waiting() || matches!(state, State::Kept(_)));
        effects.extend(cared_for);
        effects
    }

    /// A report in an incident that is over: a yes is thanked and released, a no is thanked, words and a cry for help
    /// still reach the operator until it is closed, everything else is known already.
    fn late_report(
        &mut self,
        now: Timestamp,
        responder: VolunteerId,
        report: &Report,
        reason: ReleaseReason,
    ) -> Result<Handled, IllegalEvent> {
        self.callout_mut(responder)?;
        match report {
            Report::Accepted { answer, .. } => {
                let released = Handled::late(vec![Effect::Release { responder, reason }]);
                Ok(self.with_words(now, responder, answer.note.as_deref(), released))
            }
            Report::Departed => Ok(Handled::late(vec![Effect::Release { responder, reason }])),
            Report::Fetched { note } | Report::Arrived { note } => {
                let released = Handled::late(vec![Effect::Release { responder, reason }]);
                Ok(self.with_words(now, responder, note.as_deref(), released))
            }
            Report::Done { note } => {
                let thanked = Handled::late(vec![Effect::Tell { responder, what: Telling::Thanks }]);
                Ok(self.with_words(now, responder, note.as_deref(), thanked))
            }
            Report::Declined { answer } => {
                let thanked = Handled::late(self.thank(now, responder, answer.channel).into_iter().collect());
                Ok(self.keep_words(now, responder, answer.note.as_deref(), thanked))
            }
            Report::HelpNeeded { answer } => Ok(self.call_for_help(now, responder, answer)),
            Report::Remarked { answer } => Ok(self.remark(now, responder, answer)),
            Report::Unreachable { purpose, .. } => Ok(self.unreached(now, responder, *purpose)),
            Report::Unavailable | Report::Seen | Report::ExpectedAt { .. } => {
                Ok(Handled::of(Outcome::Duplicate))
            }
        }
    }
}
