//! What the people who were asked report while an incident is open, in whichever phase.

use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Timestamp, VolunteerId};

use super::{
    Answer, CallOut, Effect, Handled, IllegalEvent, Incident, Kept, NoticeCode, Outcome, Phase, Progress,
    Purpose, ReleaseReason, Report, Role, State, Telling, Unreachable,
};

impl Incident {
    pub(super) fn report(
        &mut self,
        now: Timestamp,
        responder: VolunteerId,
        report: &Report,
    ) -> Result<Handled, IllegalEvent> {
        let callout = self.callout_mut(responder)?;
        Ok(match report {
            Report::Accepted { answer, from } => {
                let role = self.role_of(now, responder);
                let callout = self.callout_mut(responder)?;
                let promised = callout.promise(now, role, answer.minutes, Progress::Accepted);
                let kept = Kept { from: *from, ..promised };
                let handled = self.accept(now, responder, kept);
                self.with_words(now, responder, answer.note.as_deref(), handled)
            }
            Report::Arrived { note } => {
                let handled = self.arrive(now, responder);
                self.with_words(now, responder, note.as_deref(), handled)
            }
            Report::Declined { answer } => self.decline(now, responder, answer),
            Report::Unavailable => self.leave(now, responder, State::Unavailable { at: now }, None),
            Report::Seen => {
                callout.advance(|state| (*state == State::Asked).then_some(State::Seen { at: now }))
            }
            Report::Departed => callout.advance(|state| state.departed(now)),
            Report::Fetched { note } => {
                let handled = self.fetch(now, responder);
                self.with_words(now, responder, note.as_deref(), handled)
            }
            Report::ExpectedAt { expected_at } => callout.advance(|state| state.expected(*expected_at)),
            Report::Done { note } => {
                let handled = self.finish(now, responder);
                self.with_words(now, responder, note.as_deref(), handled)
            }
            Report::HelpNeeded { answer } => self.call_for_help(now, responder, answer),
            Report::Remarked { answer } => self.remark(now, responder, answer),
            Report::Unreachable { purpose: Purpose::CallOut, why } => self.lose(now, responder, *why),
            Report::Unreachable { purpose, .. } => self.unreached(now, responder, *purpose),
        })
    }

    /// A yes: kept while places are free, else thanked and released.
    fn accept(&mut self, now: Timestamp, responder: VolunteerId, kept: Kept) -> Handled {
        let room = self.filled() < self.wanted || broken(Rule::Room);
        let Ok(callout) = self.callout_mut(responder) else { return Handled::of(Outcome::Nothing) };
        if let State::Kept(held) = &mut callout.state {
            let later = kept.minutes.is_some_and(|minutes| held.expect_in(now, minutes));
            return if later { Handled::applied(Vec::new()) } else { Handled::of(Outcome::Duplicate) };
        }
        if matches!(callout.state, State::Done { .. }) {
            return Handled::of(Outcome::Duplicate);
        }
        if !room {
            callout.state = State::Released { at: now, kept: None };
            return Handled::late(vec![Effect::Release { responder, reason: ReleaseReason::Enough }]);
        }
        callout.state = State::Kept(kept);
        let mut effects = vec![Effect::Tell { responder, what: Telling::Kept }];
        effects.extend(self.staff_when_filled(now));
        // The last of those asked has said yes, and more are wanted: nobody else would bring the search on.
        if self.phase == Phase::Asking && self.waiting() == 0 {
            effects.extend(self.find(now));
        }
        Handled::applied(effects)
    }

    /// On the scene. Whoever comes without having said yes is treated as saying it there.
    fn arrive(&mut self, now: Timestamp, responder: VolunteerId) -> Handled {
        let on_scene = Progress::OnScene { at: now };
        let Ok(callout) = self.callout_mut(responder) else { return Handled::of(Outcome::Nothing) };
        match &mut callout.state {
            State::Kept(kept) if matches!(kept.progress, Progress::OnScene { .. }) => {
                Handled::of(Outcome::Duplicate)
            }
            State::Kept(kept) => {
                kept.progress = on_scene;
                Handled::applied(Vec::new())
            }
            State::Done { .. } => Handled::of(Outcome::Duplicate),
            State::Asked
            | State::Seen { .. }
            | State::Declined { .. }
            | State::TimedOut { .. }
            | State::Unreachable { .. }
            | State::Unavailable { .. }
            | State::Released { .. } => {
                let kept = Kept { expected_at: now, ..callout.promise(now, Role::Straight, None, on_scene) };
                self.accept(now, responder, kept)
            }
        }
    }

    /// A no, perhaps with its reason; one that comes late is thanked for, for somebody is waiting to hear.
    fn decline(&mut self, now: Timestamp, responder: VolunteerId, answer: &Answer) -> Handled {
        let given_up = self.callout(responder).is_some_and(|callout| {
            matches!(
                callout.state,
                State::TimedOut { .. } | State::Unreachable { .. } | State::Released { .. }
            )
        });
        let note = answer.note.as_deref();
        let mut handled = self.leave(now, responder, State::Declined { at: now }, note);
        if given_up && let Some(thanks) = self.thank(now, responder, answer.channel) {
            handled = handled.logged();
            handled.effects.push(thanks);
        }
        self.keep_words(now, responder, note, handled)
    }

    /// A no. Whoever has not been heard yet is replaced at once; whoever was kept leaves a place free.
    fn leave(&mut self, now: Timestamp, responder: VolunteerId, to: State, note: Option<&str>) -> Handled {
        let Ok(callout) = self.callout_mut(responder) else { return Handled::of(Outcome::Nothing) };
        let before = std::mem::replace(&mut callout.state, to);
        let thanks = Effect::Tell { responder, what: Telling::Thanks };
        let elsewhere = matches!(to, State::Unavailable { .. })
            .then_some(Effect::Tell { responder, what: Telling::OnAnother });
        match before {
            State::Asked | State::Seen { .. } => {
                let mut effects = self.replace(now);
                effects.extend(elsewhere);
                Handled::applied(effects)
            }
            State::Kept(_) => {
                let reason = note.map(str::to_owned);
                let mut effects = vec![thanks, self.notify_of(now, NoticeCode::Withdrew, responder, reason)];
                effects.extend(self.search_when_short(now));
                Handled::applied(effects)
            }
            State::TimedOut { .. } | State::Unreachable { .. } => {
                Handled::applied(elsewhere.into_iter().collect())
            }
            State::Declined { .. } | State::Released { .. } if elsewhere.is_some() => {
                callout.state = before;
                Handled::late(elsewhere.into_iter().collect())
            }
            State::Done { .. }
            | State::Declined { .. }
            | State::Unavailable { .. }
            | State::Released { .. } => {
                callout.state = before;
                Handled::of(Outcome::Duplicate)
            }
        }
    }

    /// The call-out itself did not come through: somebody else is asked at once.
    fn lose(&mut self, now: Timestamp, responder: VolunteerId, why: Unreachable) -> Handled {
        let Ok(callout) = self.callout_mut(responder) else { return Handled::of(Outcome::Nothing) };
        // Nobody knows whether it arrived: the person keeps their time to answer.
        if callout.state != State::Asked || why == Unreachable::OutcomeUnknown {
            return Handled::of(Outcome::Nothing);
        }
        callout.state = State::Unreachable { at: now, why };
        Handled::applied(self.replace(now))
    }

    fn finish(&mut self, now: Timestamp, responder: VolunteerId) -> Handled {
        let Ok(callout) = self.callout_mut(responder) else { return Handled::of(Outcome::Nothing) };
        let State::Kept(kept) = callout.state else { return Handled::of(Outcome::Duplicate) };
        let arrived_at = match kept.progress {
            Progress::OnScene { at } => Some(at),
            Progress::Accepted | Progress::Departed { .. } => None,
        };
        callout.state = State::Done { role: kept.role, accepted_at: kept.accepted_at, arrived_at, at: now };
        let mut effects = vec![Effect::Tell { responder, what: Telling::Thanks }];
        effects.extend(arrived_at.map(|_| Effect::AfterCare { responder }));
        let all_done =
            matches!(self.phase, Phase::Staffed { .. }) && !self.callouts.iter().any(CallOut::engaged);
        effects.extend(all_done.then(|| self.notify(now, NoticeCode::AllDone, None)));
        Handled::applied(effects)
    }

    /// Has what they were to bring; the operator waits to hear it.
    fn fetch(&mut self, now: Timestamp, responder: VolunteerId) -> Handled {
        let Ok(callout) = self.callout_mut(responder) else { return Handled::of(Outcome::Nothing) };
        let mut handled = callout.advance(|state| state.fetched(now));
        if handled.outcome == Outcome::Applied {
            handled.effects.push(self.notify(now, NoticeCode::Fetched, Some(responder)));
        }
        handled
    }

    /// A message other than the call-out did not come through: only a human can help now.
    pub(super) fn unreached(&mut self, now: Timestamp, responder: VolunteerId, purpose: Purpose) -> Handled {
        match purpose {
            Purpose::CallOut => Handled::of(Outcome::Nothing),
            Purpose::StandDown | Purpose::Information => {
                Handled::applied(vec![self.notify(now, NoticeCode::Unreached, Some(responder))])
            }
        }
    }

    /// Passes the operator's words to everybody who holds a place.
    pub(super) fn pass_on(&mut self, text: &str) -> Handled {
        let kept = self.callouts.iter().filter(|callout| callout.kept().is_some());
        let tell = |callout: &CallOut| Effect::Tell {
            responder: callout.responder(),
            what: Telling::FromOperator(text.to_owned()),
        };
        Handled::applied(kept.map(tell).collect())
    }

    /// Wants `more` people, and lets that many more be asked as the policy asks per place.
    pub(super) fn want(&mut self, more: u16) {
        let asked_per_place = self.policy.asked_max.div_ceil(self.policy.wanted.max(1));
        self.wanted = self.wanted.saturating_add(more);
        self.asked_max = self.asked_max.saturating_add(more.saturating_mul(asked_per_place));
    }

    /// Releases everybody whose state is `which`.
    pub(super) fn release_where(
        &mut self,
        now: Timestamp,
        reason: ReleaseReason,
        which: impl Fn(&State) -> bool,
    ) -> Vec<Effect> {
        let released = self.callouts.iter_mut().filter(|callout| which(&callout.state)).map(|callout| {
            callout.state = State::Released { at: now, kept: callout.kept().copied() };
            Effect::Release { responder: callout.responder(), reason }
        });
        released.collect()
    }
}

impl Kept {
    /// Takes over a new promise. False on the scene, where it says nothing.
    pub(super) fn expect_in(&mut self, now: Timestamp, minutes: u16) -> bool {
        let under_way = !matches!(self.progress, Progress::OnScene { .. });
        if under_way {
            (self.expected_at, self.minutes, self.overdue_told) = (now + span(minutes), Some(minutes), false);
        }
        under_way
    }
}

fn span(minutes: u16) -> Duration {
    Duration::from_secs(u64::from(minutes) * 60)
}

impl CallOut {
    /// What a yes now promises: the minutes the person named, else what was estimated when they were asked.
    /// Whoever names minutes means the straight way: what they are to bring comes on top.
    fn promise(&self, now: Timestamp, role: Role, minutes: Option<u16>, progress: Progress) -> Kept {
        let (straight_s, there_s) = (self.candidate.seconds_to_scene(), self.candidate.seconds_as(role));
        let detour = Duration::from_secs(u64::from(there_s.saturating_sub(straight_s)));
        let straight = minutes.map_or(Duration::from_secs(u64::from(straight_s)), span);
        Kept {
            accepted_at: now,
            role,
            fetched_at: None,
            expected_at: now + straight + detour,
            minutes,
            from: None,
            progress,
            overdue_told: false,
        }
    }

    fn advance(&mut self, step: impl FnOnce(&State) -> Option<State>) -> Handled {
        match step(&self.state) {
            Some(next) => {
                self.state = next;
                Handled::applied(Vec::new())
            }
            None => Handled::of(Outcome::Duplicate),
        }
    }
}

impl State {
    fn departed(&self, at: Timestamp) -> Option<Self> {
        let Self::Kept(kept) = self else { return None };
        (kept.progress == Progress::Accepted)
            .then_some(Self::Kept(Kept { progress: Progress::Departed { at }, ..*kept }))
    }

    fn fetched(&self, at: Timestamp) -> Option<Self> {
        let Self::Kept(kept) = self else { return None };
        kept.is_to_fetch().then_some(Self::Kept(Kept { fetched_at: Some(at), ..*kept }))
    }

    fn expected(&self, expected_at: Timestamp) -> Option<Self> {
        let Self::Kept(kept) = self else { return None };
        let under_way = !matches!(kept.progress, Progress::OnScene { .. });
        (under_way && kept.expected_at != expected_at).then_some(Self::Kept(Kept { expected_at, ..*kept }))
    }
}
