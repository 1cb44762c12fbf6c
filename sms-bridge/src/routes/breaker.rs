//! When a gateway is left alone for a while: a circuit breaker. Pure; time is a parameter.

use std::collections::VecDeque;
use std::time::Duration;

use certus_registry::Timestamp;

/// Attempts that count, by age and by number.
const WINDOW: Duration = Duration::from_mins(2);
const WINDOW_MAX: usize = 50;
/// So many failures one after the other, or …
const IN_A_ROW_MAX: usize = 5;
/// … half of at least so many attempts are too many.
const SHARE_OF_MIN: usize = 10;
/// An attempt that is unanswered for so long says that nothing gets through. Longer than any wait for our own rate limits.
const STALLED_AFTER: Duration = Duration::from_secs(10);
/// First pause; doubles with each failed probe.
const PAUSE_FIRST: Duration = Duration::from_secs(15);
const PAUSE_MAX: Duration = Duration::from_mins(2);

/// How one gateway has fared lately, and whether it is left alone.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    /// The latest attempts that were answered, or not: when, and whether they failed.
    recent: VecDeque<(Timestamp, bool)>,
    /// When the attempts that are not answered yet began.
    in_flight: Vec<Timestamp>,
    open: Option<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    /// The next message is a probe, from then on.
    until: Timestamp,
    trips: u32,
}

impl Breaker {
    /// Whether the gateway may be given a message now.
    pub(super) fn admits(&self, now: Timestamp) -> bool {
        !self.is_stalled(now) && self.open.is_none_or(|open| open.until <= now)
    }

    /// Until when it is left alone, if it is.
    pub(super) fn open_until(&self) -> Option<Timestamp> {
        self.open.map(|open| open.until)
    }

    /// Whether the oldest unanswered attempt has waited too long.
    pub(super) fn is_stalled(&self, now: Timestamp) -> bool {
        self.oldest().is_some_and(|began| now.since(began) >= STALLED_AFTER)
    }

    /// When the oldest unanswered attempt began.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.in_flight.iter().min().copied()
    }

    /// Attempts of the window and how many of them failed.
    pub(super) fn counts(&self, now: Timestamp) -> (usize, usize) {
        let recent = self.recent.iter().filter(|(at, _)| now.since(*at) <= WINDOW);
        recent.fold((0, 0), |(all, failed), (_, this)| (all + 1, failed + usize::from(*this)))
    }

    /// A message is chosen for it: while it is left alone, that is the one probe of this pause.
    pub(super) fn chosen(&mut self, now: Timestamp) {
        if let Some(open) = &mut self.open {
            open.until = open.until.max(now + PAUSE_FIRST);
        }
    }

    /// An attempt begins.
    pub(super) fn begins(&mut self, now: Timestamp) {
        self.in_flight.push(now);
    }

    /// The attempt that began then is over.
    pub(super) fn ends(&mut self, began: Timestamp, now: Timestamp, failed: bool) {
        if let Some(place) = self.in_flight.iter().position(|at| *at == began) {
            self.in_flight.swap_remove(place);
        }
        self.recent.push_back((now, failed));
        while self.recent.len() > WINDOW_MAX {
            self.recent.pop_front();
        }
        match self.open {
            Some(_) if !failed => {
                self.open = None;
                self.recent.clear();
            }
            Some(open) => self.open = Some(Open::for_the(open.trips + 1, now)),
            None if self.is_failing(now) => self.open = Some(Open::for_the(1, now)),
            None => {}
        }
    }

    fn is_failing(&self, now: Timestamp) -> bool {
        let in_a_row = self.recent.iter().rev().take_while(|(_, failed)| *failed).count();
        let (all, failed) = self.counts(now);
        in_a_row >= IN_A_ROW_MAX || (all >= SHARE_OF_MIN && failed * 2 >= all)
    }
}

impl Open {
    fn for_the(trips: u32, now: Timestamp) -> Self {
        let pause = PAUSE_FIRST.saturating_mul(1 << (trips - 1).min(8)).min(PAUSE_MAX);
        Self { until: now + pause, trips }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    fn second(n: u64) -> Timestamp {
        T0 + Duration::from_secs(n)
    }

    /// One attempt a second from `from` on, with these ends.
    fn attempts(breaker: &mut Breaker, from: u64, failed: &[bool]) {
        for (n, failed) in (from..).zip(failed) {
            breaker.begins(second(n));
            breaker.ends(second(n), second(n), *failed);
        }
    }

    #[test]
    fn five_failures_in_a_row_open_it_and_one_success_closes_it() {
        let mut breaker = Breaker::default();
        attempts(&mut breaker, 0, &[true, true, true, true]);
        assert!(breaker.admits(second(4)));
        attempts(&mut breaker, 4, &[true]);
        assert!(!breaker.admits(second(5)) && !breaker.admits(second(18)) && breaker.admits(second(19)));
        breaker.chosen(second(19));
        assert!(!breaker.admits(second(20)), "one probe at a time");
        attempts(&mut breaker, 20, &[false]);
        assert!(breaker.admits(second(20)) && breaker.open_until().is_none());
    }

    #[test]
    fn half_of_ten_is_too_many_and_what_is_old_does_not_count() {
        let mut breaker = Breaker::default();
        attempts(&mut breaker, 0, &[true, false, true, false, true, false, true, false, false, true]);
        assert!(!breaker.admits(second(10)));
        let mut breaker = Breaker::default();
        attempts(&mut breaker, 0, &[true, false, true, false, true, false, true, false, false]);
        attempts(&mut breaker, 200, &[true]);
        assert!(breaker.admits(second(200)));
    }

    #[test]
    fn each_failed_probe_doubles_the_pause_up_to_two_minutes() {
        let mut breaker = Breaker::default();
        attempts(&mut breaker, 0, &[true; 5]);
        let mut at = 4;
        for expected in [30, 60, 120, 120] {
            at += 200;
            attempts(&mut breaker, at, &[true]);
            assert_eq!(breaker.open_until(), Some(second(at + expected)));
        }
    }

    #[test]
    fn silence_is_noticed_before_it_ends() {
        let mut breaker = Breaker::default();
        breaker.begins(second(0));
        breaker.begins(second(8));
        assert!(breaker.admits(second(9)) && !breaker.admits(second(10)));
        breaker.ends(second(0), second(12), false);
        assert!(breaker.admits(second(12)));
        assert_eq!(breaker.oldest(), Some(second(8)));
    }
}
