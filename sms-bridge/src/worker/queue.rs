//! What is claimed and waits for a place among those in flight, and how much of that there may be.

use std::collections::VecDeque;
use std::time::Duration;

use certus_registry::Timestamp;

use super::Job;
use crate::Urgency;

/// The most alarms that wait here. Those of a process that dies are looked up at their gateway when their lease ends, and
/// count as unknown where it cannot say: this many, beside the window, at worst.
const AHEAD_MAX: usize = 512;
/// Who waits longer was claimed too early. Far below the ten seconds that a lease leaves before the send.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Jobs in the order in which they begin: alarms first.
#[derive(Default)]
pub(super) struct Queue {
    alarms: VecDeque<Job>,
    others: VecDeque<Job>,
}

impl Queue {
    pub(super) fn alarms(&self) -> usize {
        self.alarms.len()
    }

    pub(super) fn len(&self) -> usize {
        self.alarms.len() + self.others.len()
    }

    pub(super) fn extend(&mut self, jobs: Vec<Job>) {
        for job in jobs {
            match job.outgoing.urgency {
                Urgency::Alarm => self.alarms.push_back(job),
                Urgency::Notice => self.others.push_back(job),
            }
        }
    }

    pub(super) fn next(&mut self) -> Option<Job> {
        self.alarms.pop_front().or_else(|| self.others.pop_front())
    }
}

/// How many alarms are claimed ahead of the window: about as many as have left in a second, learned from how long each has
/// waited. A gateway that takes ten a second gets few, one that takes thousands need not wait for the database.
#[derive(Debug, Default)]
pub(super) struct Pace {
    ahead: usize,
}

impl Pace {
    pub(super) fn ahead(&self) -> usize {
        self.ahead
    }

    /// One that was claimed then begins now.
    pub(super) fn begins(&mut self, claimed_at: Timestamp, now: Timestamp) {
        if now.since(claimed_at) > WAIT_MAX {
            self.ahead /= 2;
        }
    }

    /// A gateway has taken one.
    pub(super) fn accepted(&mut self) {
        self.ahead = (self.ahead + 1).min(AHEAD_MAX);
    }

    /// Nothing was to do for a while: what was learned may not hold next time.
    pub(super) fn rests(&mut self) {
        self.ahead = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T0: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    #[test]
    fn the_quicker_they_leave_the_more_are_claimed_ahead_up_to_a_bound() {
        let mut pace = Pace::default();
        let mut takes = |count: usize, waited| {
            for _ in 0..count {
                pace.begins(T0, T0 + waited);
                pace.accepted();
            }
            pace.ahead()
        };
        assert_eq!(takes(100, Duration::from_millis(900)), 100);
        assert_eq!(takes(1_000, Duration::ZERO), AHEAD_MAX);
        assert_eq!(takes(10, Duration::from_secs(2)), 2);
    }
}
