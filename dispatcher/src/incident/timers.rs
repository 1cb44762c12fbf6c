//! What happens because time passes, in every open phase alike.

use certus_registry::{Timestamp, VolunteerId};

use super::{Effect, Handled, Incident, NoticeCode, Outcome, State};

impl Incident {
    /// Ends the incident at the end of its life; else tells who is late and does what the phase has due.
    pub(super) fn tick_or(
        &mut self,
        now: Timestamp,
        phase_timer: impl FnOnce(&mut Self) -> Vec<Effect>,
    ) -> Handled {
        if self.life_ends_at() <= now {
            let notice = self.notify(now, NoticeCode::LifeEnded, None);
            let mut handled = self.close(now);
            handled.effects.insert(0, notice);
            return handled;
        }
        let mut effects = self.tell_overdue(now);
        effects.extend(phase_timer(self));
        let outcome = if effects.is_empty() { Outcome::Nothing } else { Outcome::Applied };
        Handled { outcome, effects }
    }

    /// When the incident closes whatever happens.
    pub(super) fn life_ends_at(&self) -> Timestamp {
        self.raised_at + self.policy.life_max.span()
    }

    fn tell_overdue(&mut self, now: Timestamp) -> Vec<Effect> {
        let policy = &self.policy;
        let mut late: Vec<VolunteerId> = Vec::new();
        for callout in &mut self.callouts {
            let is_late = callout.overdue_at(policy).is_some_and(|at| at <= now);
            if let (true, State::Kept(kept)) = (is_late, &mut callout.state) {
                kept.overdue_told = true;
                late.push(callout.candidate.responder);
            }
        }
        late.into_iter().map(|who| self.notify(now, NoticeCode::Overdue, Some(who))).collect()
    }
}
