//! What people write besides the one word that counts: kept, put before the operator, and answered, but not each time:
//! a phone that answers by itself must not keep us talking.

use std::time::Duration;

use certus_registry::{Timestamp, VolunteerId};

use super::{Answer, Channel, Effect, Handled, Incident, NoticeCode, Outcome, Phase, State, Telling};

/// Between two answers to words of one person while the incident is open.
const COURTESY_OPEN: Duration = Duration::from_mins(10);
/// The same when it is closed.
const COURTESY_CLOSED: Duration = Duration::from_hours(1);

impl Incident {
    /// Puts a cry for help before the operator, whatever the person's state. Nobody watches a closed incident: then the
    /// person is told so.
    pub(super) fn call_for_help(
        &mut self,
        now: Timestamp,
        responder: VolunteerId,
        answer: &Answer,
    ) -> Handled {
        let words = self.note(now, responder, answer.note.as_deref());
        let mut effects = vec![self.notify_of(now, NoticeCode::HelpNeeded, responder, words)];
        if self.is_closed() {
            effects.extend(self.courtesy(now, responder, Telling::Over));
        } else {
            effects.push(Effect::Tell { responder, what: Telling::HelpIsTold });
        }
        Handled::applied(effects)
    }

    /// Words without a clear answer: whoever is still to answer is asked back, whoever has answered is talking to the
    /// operator.
    pub(super) fn remark(&mut self, now: Timestamp, responder: VolunteerId, answer: &Answer) -> Handled {
        let words = self.note(now, responder, answer.note.as_deref());
        let over = self.is_closed() || matches!(self.phase, Phase::StoodDown { .. });
        let Ok(callout) = self.callout_mut(responder) else { return Handled::of(Outcome::Nothing) };
        if let (State::Kept(kept), Some(minutes)) = (&mut callout.state, answer.minutes) {
            kept.expect_in(now, minutes);
        }
        let undecided = matches!(
            callout.state,
            State::Asked | State::Seen { .. } | State::TimedOut { .. } | State::Unreachable { .. }
        );
        let (code, telling) = match (over, undecided) {
            (false, true) => (NoticeCode::UnclearAnswer, Telling::NotUnderstood),
            _ if self.is_closed() => (NoticeCode::Wrote, Telling::Over),
            _ => (NoticeCode::Wrote, Telling::PassedOn),
        };
        let mut effects = vec![self.notify_of(now, code, responder, words)];
        effects.extend(self.courtesy(now, responder, telling));
        Handled::applied(effects)
    }

    /// Adds to a clear answer the words that came with it, and shows them to the operator.
    pub(super) fn with_words(
        &mut self,
        now: Timestamp,
        responder: VolunteerId,
        note: Option<&str>,
        handled: Handled,
    ) -> Handled {
        let Some(words) = self.note(now, responder, note) else { return handled };
        let mut handled = handled.logged();
        handled.effects.push(self.notify_of(now, NoticeCode::Wrote, responder, Some(words)));
        handled
    }

    /// Adds to a clear answer the words that came with it, without troubling the operator.
    pub(super) fn keep_words(
        &mut self,
        now: Timestamp,
        responder: VolunteerId,
        note: Option<&str>,
        handled: Handled,
    ) -> Handled {
        if self.note(now, responder, note).is_some() { handled.logged() } else { handled }
    }

    /// Thanks for a no that came late, by the way it came; the page and the call have their own thanks.
    pub(super) fn thank(
        &mut self,
        now: Timestamp,
        responder: VolunteerId,
        channel: Channel,
    ) -> Option<Effect> {
        match channel {
            Channel::Sms => self.courtesy(now, responder, Telling::Thanks),
            Channel::Page | Channel::Voice => None,
        }
    }

    /// A reply that may be left out when the person has had one a short while ago.
    fn courtesy(&mut self, now: Timestamp, responder: VolunteerId, what: Telling) -> Option<Effect> {
        let pause = if self.is_closed() { COURTESY_CLOSED } else { COURTESY_OPEN };
        let callout = self.callout_mut(responder).ok()?;
        if callout.courtesy_at.is_some_and(|last| now < last + pause) {
            return None;
        }
        callout.courtesy_at = Some(now);
        Some(Effect::Tell { responder, what })
    }

    fn note(&mut self, now: Timestamp, responder: VolunteerId, note: Option<&str>) -> Option<String> {
        let text = note?;
        self.callout_mut(responder).ok()?.note(now, text);
        Some(text.to_owned())
    }

    fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }
}

impl Handled {
    /// The same, but in the log at any rate.
    pub(super) fn logged(self) -> Self {
        let outcome = if self.outcome.is_logged() { self.outcome } else { Outcome::Applied };
        Self { outcome, ..self }
    }
}
