//! Nobody to ask is known: waiting for a search, or for the time to search again.

use certus_registry::Timestamp;
use certus_registry::mutation::{Rule, broken};

use super::{Candidate, Effect, Event, Handled, IllegalEvent, Incident, NoticeCode, Outcome, Phase};

impl Incident {
    pub(super) fn searching(
        &mut self,
        now: Timestamp,
        event: &Event,
        again_at: Timestamp,
        told: bool,
    ) -> Result<Handled, IllegalEvent> {
        match event {
            Event::CandidatesFound { candidates } => Ok(self.found(now, candidates, told)),
            Event::AmbulanceEtaChanged { eta } => {
                self.ambulance_eta = *eta;
                Ok(Handled::applied(self.find(now)))
            }
            Event::Escalated { more } => {
                self.want(*more);
                Ok(Handled::applied(self.find(now)))
            }
            Event::Tick => {
                Ok(self.tick_or(now, |incident| if now < again_at { Vec::new() } else { incident.find(now) }))
            }
            Event::Raised(_) => Err(IllegalEvent::RaisedTwice),
            Event::StoodDown => Ok(self.stand_down(now)),
            Event::Closed => Ok(self.close(now)),
            Event::OperatorMessaged { text } => Ok(self.pass_on(text)),
            Event::Responder { responder, report } => self.report(now, *responder, report),
        }
    }

    /// Asks for a search; the engine answers with [`Event::CandidatesFound`] in the same transaction.
    pub(super) fn find(&mut self, now: Timestamp) -> Vec<Effect> {
        let told = matches!(self.phase, Phase::Searching { told: true, .. });
        self.candidates.clear();
        self.phase = Phase::Searching { again_at: now + self.policy.search_again.span(), told };
        self.search_on()
    }

    fn found(&mut self, now: Timestamp, candidates: &[Candidate], told: bool) -> Handled {
        let again_at = now + self.policy.search_again.span();
        self.keep_candidates(candidates);
        let effects = self.open_wave(now);
        if !effects.is_empty() || self.waiting() > 0 {
            self.phase = Phase::Asking;
            return Handled::applied(effects);
        }
        self.candidates.clear();
        self.phase = Phase::Searching { again_at, told: true };
        if told || broken(Rule::Notice) {
            return Handled::of(Outcome::Applied);
        }
        let code = if self.cap_left() == 0 { NoticeCode::CapReached } else { NoticeCode::NobodyLeft };
        Handled::applied(vec![self.notify(now, code, None)])
    }
}
