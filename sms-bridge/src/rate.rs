//! A token bucket: as many messages at once as may leave in a second, then evenly.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use certus_registry::Timestamp;

/// How much may be sent at once after a pause: what a second allows.
const BURST: Duration = Duration::from_secs(1);
/// Who would wait longer is told to come back: the worker's time for one attempt is limited.
const WAIT_MAX: Duration = Duration::from_secs(4);

/// The bucket, kept as the time at which it is full again (the "generic cell rate algorithm", ITU-T I.371), to the
/// nanosecond: a thousand messages a second are one a millisecond, which is all that a [`Timestamp`] can tell apart.
#[derive(Debug)]
pub(crate) struct Rate {
    /// Between two messages when the burst is used up.
    spacing: Duration,
    /// Since 1970.
    full_at: Mutex<Duration>,
}

impl Rate {
    /// Full, for so many messages a second, at least one.
    pub(crate) fn per_second(messages: u32) -> Self {
        Self { spacing: BURST / messages.max(1), full_at: Mutex::default() }
    }

    /// When the next message may go; `None` when that is too far away.
    pub(crate) fn reserve(&self, now: Timestamp) -> Option<Timestamp> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let present = now.since(Timestamp::from_millis(0));
        let next = (*full_at).max(present) + self.spacing;
        let wait = next.saturating_sub(present + BURST);
        if wait > WAIT_MAX {
            return None;
        }
        *full_at = next;
        Some(now + wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_go_at_once_the_next_wait_their_turn_and_the_far_ones_are_told_to_come_back() {
        let (rate, now) = (Rate::per_second(10), Timestamp::from_millis(1_000_000));
        let waits: Vec<_> =
            (0..60).map(|_| rate.reserve(now).map(|start| start.since(now).as_millis())).collect();
        assert!(waits[..10].iter().all(|wait| *wait == Some(0)), "{waits:?}");
        assert_eq!((waits[10], waits[19], waits[49], waits[50]), (Some(100), Some(1_000), Some(4_000), None));
        let later = now + Duration::from_secs(6);
        assert_eq!(rate.reserve(later), Some(later));
    }

    #[test]
    fn five_thousand_a_second_are_five_in_a_millisecond() {
        let (rate, now) = (Rate::per_second(5_000), Timestamp::from_millis(1_000_000));
        let starts: Vec<_> = (0..10_000).filter_map(|_| rate.reserve(now)).collect();
        assert_eq!(starts.len(), 10_000);
        assert_eq!((starts[4_999], starts[9_999]), (now, now + Duration::from_secs(1)));
    }
}
