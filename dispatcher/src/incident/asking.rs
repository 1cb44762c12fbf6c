//! A wave is out: people have been asked and there is time left to answer.

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Timestamp, VolunteerId};

use super::odds::{Odds, needed};
use super::{
    CallOut, Candidate, Effect, Event, Handled, IllegalEvent, Incident, Phase, Promise, Role, State,
};

impl Incident {
    pub(super) fn asking(&mut self, now: Timestamp, event: &Event) -> Result<Handled, IllegalEvent> {
        match event {
            Event::CandidatesFound { candidates } => {
                self.keep_candidates(candidates);
                Ok(Handled::applied(self.open_wave(now)))
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

    /// Searches anew while the wave goes on; more are asked at once if those who were are not enough as things are now.
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
        self.candidates = found.iter().filter(is_new).cloned().collect();
    }

    /// Asks as few, beside those who still have time to answer, as make it likely enough that enough will come; never
    /// more at once than the policy allows.
    pub(super) fn open_wave(&mut self, now: Timestamp) -> Vec<Effect> {
        let planned = self.put_errands_first(now);
        let size = self.short(&planned);
        if size == 0 || self.candidates.is_empty() {
            return Vec::new();
        }
        self.wave += 1;
        let effects = self.ask(now, size, &planned);
        self.promises.push(self.promise());
        effects
    }

    /// Asks one more in place of somebody who is not coming, or as many as make up for them; searches when nobody is left
    /// and nobody may still answer.
    pub(super) fn replace(&mut self, now: Timestamp) -> Vec<Effect> {
        if self.phase != Phase::Asking || broken(Rule::Replacement) {
            return Vec::new();
        }
        let planned = self.put_errands_first(now);
        let effects = self.ask(now, self.short(&planned).max(1.min(self.cap_left())), &planned);
        if effects.is_empty() && self.waiting() == 0 { self.find(now) } else { effects }
    }

    /// How many of the candidates must be asked now for the policy's certainty, and for everything that is to be brought to
    /// have been asked for, as far as the caps go.
    fn short(&self, planned: &[(VolunteerId, Role)]) -> u16 {
        let room = self.policy.wave_size.saturating_sub(self.waiting()).min(self.cap_left());
        let target = self.policy.sure_percent.saturating_mul(10);
        if broken(Rule::Certainty) {
            return room.min(1);
        }
        let wanted = needed(self.still_sought(), target, self.waiting_chances(), &self.candidates);
        let is_planned = |candidate: &Candidate| planned.iter().any(|(who, _)| *who == candidate.responder);
        let brought = self.candidates.iter().rposition(is_planned).map_or(0, |last| last + 1);
        room.min(u16::try_from(wanted.max(brought)).unwrap_or(u16::MAX))
    }

    fn promise(&self) -> Promise {
        let odds = |wanted| {
            let mut odds = Odds::of(wanted);
            self.waiting_chances().for_each(|chance| odds.add(chance));
            odds.permille()
        };
        let sure_of = self.still_sought();
        Promise {
            wave: self.wave,
            asked: self.waiting(),
            any_permille: odds(1),
            sure_of,
            permille: odds(sure_of),
        }
    }

    /// Of how many more arrivals a wave is to be sure.
    fn still_sought(&self) -> u16 {
        self.policy.sure_of.min(self.wanted.saturating_sub(self.filled()))
    }

    /// The chances of those who were asked and have time left.
    fn waiting_chances(&self) -> impl Iterator<Item = u16> {
        let waiting = self.callouts.iter().filter(|callout| callout.is_waiting());
        waiting.map(|callout| callout.candidate.yes_permille)
    }

    /// How many more people may be asked before the operator decides.
    pub(super) fn cap_left(&self) -> u16 {
        self.asked_max.saturating_sub(self.count(|_| true))
    }

    fn ask(&mut self, now: Timestamp, number: u16, planned: &[(VolunteerId, Role)]) -> Vec<Effect> {
        let number = usize::from(number).min(self.candidates.len());
        let (search, wave) = (self.search, self.wave);
        let chosen: Vec<Candidate> = self.candidates.drain(..number).collect();
        let role =
            |who| planned.iter().find(|(other, _)| *other == who).map_or(Role::Straight, |(_, role)| *role);
        let asked = chosen.into_iter().map(|candidate| CallOut {
            planned: role(candidate.responder),
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
