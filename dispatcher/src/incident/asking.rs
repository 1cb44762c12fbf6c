//! A wave is out: people have been asked and there is time left to answer.

use certus_registry::Timestamp;
use certus_registry::mutation::{Rule, broken};

use super::{CallOut, Candidate, Effect, Event, Handled, IllegalEvent, Incident, Phase, State};

impl Incident {
    pub(super) fn asking(&mut self, now: Timestamp, event: &Event) -> Result<Handled, IllegalEvent> {
        match event {
            Event::CandidatesFound { candidates } => {
                self.keep_candidates(candidates);
                Ok(Handled::applied(Vec::new()))
            }
            Event::AmbulanceEtaChanged { eta } => {
                self.ambulance_eta = *eta;
                Ok(Handled::applied(self.search_on()))
            }
            Event::Escalated { more } => {
                self.want(*more);
                Ok(Handled::applied(self.find(now)))
            }
            Event::Tick => Ok(self.tick_or(now, |incident| incident.time_out(now))),
            Event::Raised(_) => Err(IllegalEvent::RaisedTwice),
            Event::StoodDown => Ok(self.stand_down(now)),
            Event::Closed => Ok(self.close(now)),
            Event::OperatorMessaged { text } => Ok(self.pass_on(text)),
            Event::Responder { responder, report } => self.report(now, *responder, report),
        }
    }

    /// Searches anew while the wave goes on; nobody is asked before it ends or somebody declines.
    pub(super) fn search_on(&mut self) -> Vec<Effect> {
        self.search += 1;
        vec![Effect::Find]
    }

    /// Gives up those whose time is over; when that leaves places free, searches for the next wave.
    fn time_out(&mut self, now: Timestamp) -> Vec<Effect> {
        let policy = &self.policy;
        let mut given_up = false;
        for callout in &mut self.callouts {
            if callout.patience_ends_at(policy).is_some_and(|at| at <= now) {
                callout.state = State::TimedOut { at: now };
                given_up = true;
            }
        }
        if given_up { self.find(now) } else { Vec::new() }
    }

    /// When the first of those who were asked is given up.
    pub(super) fn patience_ends_at(&self) -> Option<Timestamp> {
        self.callouts.iter().filter_map(|callout| callout.patience_ends_at(&self.policy)).min()
    }

    /// Takes over what a search found, without those who were asked before.
    pub(super) fn keep_candidates(&mut self, found: &[Candidate]) {
        let is_new =
            |candidate: &&Candidate| broken(Rule::AskedOnce) || self.callout(candidate.responder).is_none();
        self.candidates = found.iter().filter(is_new).copied().collect();
    }

    /// Asks as many as the policy's wave holds beside those who still have time to answer.
    pub(super) fn open_wave(&mut self, now: Timestamp) -> Vec<Effect> {
        let size = self.policy.wave_size.saturating_sub(self.waiting()).min(self.cap_left());
        if size == 0 || self.candidates.is_empty() {
            return Vec::new();
        }
        self.wave += 1;
        self.ask(now, size)
    }

    /// Asks one more in place of somebody who is not coming; searches when nobody is left and nobody may
    /// still answer.
    pub(super) fn replace(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.phase != Phase::Asking || broken(Rule::Replacement) {
            return Vec::new();
        }
        let effects = self.ask(now, 1.min(self.cap_left()));
        if effects.is_empty() && self.waiting() == 0 { self.find(now) } else { effects }
    }

    /// How many more people may be asked before the operator decides.
    pub(super) fn cap_left(&self) -> u16 {
        self.asked_max.saturating_sub(self.count(|_| true))
    }

    fn ask(&mut self, now: Timestamp, number: u16) -> Vec<Effect> {
        let number = usize::from(number).min(self.candidates.len());
        let (search, wave) = (self.search, self.wave);
        let chosen: Vec<Candidate> = self.candidates.drain(..number).collect();
        let asked = chosen.into_iter().map(|candidate| CallOut {
            candidate,
            search,
            wave,
            asked_at: now,
            state: State::Asked,
            notes: Vec::new(),
            courtesy_at: None,
        });
        let first = self.callouts.len();
        self.callouts.extend(asked);
        self.callouts[first..].iter().map(|callout| Effect::Ask { responder: callout.responder() }).collect()
    }
}
