//! A token bucket: ten messages at once, then ten a second. 46elks publishes no limit; above its own it
//! answers 429, which costs more time than waiting here.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use certus_registry::Timestamp;

/// Between two messages when the burst is used up.
const SPACING: Duration = Duration::from_millis(100);
/// How much may be sent at once after a pause: ten messages.
const BURST: Duration = Duration::from_secs(1);
/// Who would wait longer is told to come back: the worker's time for one attempt is limited.
const WAIT_MAX: Duration = Duration::from_secs(4);

/// The bucket, kept as the time at which it is full again (the "generic cell rate algorithm", ITU-T I.371).
#[derive(Debug)]
pub(super) struct Rate(Mutex<Timestamp>);

impl Rate {
    pub(super) fn full() -> Self {
        Self(Mutex::new(Timestamp::from_millis(0)))
    }

    /// When the next message may go; `None` when that is too far away.
    pub(super) fn reserve(&self, now: Timestamp) -> Option<Timestamp> {
        let mut full_at = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*full_at).max(now) + SPACING;
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
        let (rate, now) = (Rate::full(), Timestamp::from_millis(1_000_000));
        let waits: Vec<_> =
            (0..60).map(|_| rate.reserve(now).map(|start| start.since(now).as_millis())).collect();
        assert!(waits[..10].iter().all(|wait| *wait == Some(0)), "{waits:?}");
        assert_eq!((waits[10], waits[19], waits[49], waits[50]), (Some(100), Some(1_000), Some(4_000), None));
        let later = now + Duration::from_secs(6);
        assert_eq!(rate.reserve(later), Some(later));
    }
}
