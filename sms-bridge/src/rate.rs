//! A token bucket: as many messages at once as may leave in a second, then evenly.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use certus_registry::Timestamp;

/// How much may be sent at once after a pause: what a second allows.
const BURST: Duration = Duration::from_secs(1);
/// Who would wait longer is told to come back: the worker's time for one attempt is limited.
const WAIT_MAX: Duration = Duration::from_secs(4);

/// The bucket, kept as the time at which it is full again (the "generic cell rate algorithm", ITU-T I.371).
#[derive(Debug)]
pub(crate) struct Rate {
    /// Between two messages when the burst is used up.
    spacing: Duration,
    full_at: Mutex<Timestamp>,
}

impl Rate {
    /// Full, for so many messages a second, at least one.
    pub(crate) fn per_second(messages: u32) -> Self {
        Self { spacing: BURST / messages.max(1), full_at: Mutex::new(Timestamp::from_millis(0)) }
    }

    /// When the next message may go; `None` when that is too far away.
    pub(crate) fn reserve(&self, now: Timestamp) -> Option<Timestamp> {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*full_at).max(now) + self.spacing;
        let start = (next - BURST).max(now);
        if start.since(now) > WAIT_MAX {
            return None;
        }
        *full_at = next;
        Some(start)
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
}
