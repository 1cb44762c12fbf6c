//! How wrong passwords are slowed down, without giving anybody a way to keep the owner out.
//!
//! Tries are counted for each login and, apart from those, for each browser in which that login has been signed in before
//! (OWASP, *Slow down online guessing attacks with device cookies*): a stranger who guesses locks out strangers, and the owner at their
//! own desk goes on.

use std::time::Duration;

use crate::Timestamp;

/// Wrong passwords in a row that cost nothing: people mistype.
const FREE: u32 = 5;
/// The first wait; it doubles with every further failure.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait: 96 guesses a day and login.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Failures older than this are forgotten.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// What is known of the tries for one login from one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Wrong passwords in a row.
    pub failures: u32,
    /// When the last of them was.
    pub last_at: Option<Timestamp>,
}

impl Tries {
    /// Until when no password is looked at; `None`: it is now.
    #[must_use]
    pub fn blocked_until(self, now: Timestamp) -> Option<Timestamp> {
        let last_at = self.last_at.filter(|at| now.since(*at) < FORGOTTEN_AFTER)?;
        let beyond = self.failures.checked_sub(FREE)?;
        let wait = FIRST_WAIT.saturating_mul(1 << beyond.min(16)).min(LONGEST_WAIT);
        Some(last_at + wait).filter(|until| *until > now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn the_wait_begins_with_the_fifth_failure_doubles_and_has_an_end() {
        let wait = |failures| {
            let until = Tries { failures, last_at: Some(NOW) }.blocked_until(NOW);
            until.map_or(0, |until| until.since(NOW).as_secs())
        };
        let waits: Vec<u64> = (1..=12).map(wait).collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(wait(u32::MAX), 900);
        let tries = Tries { failures: 12, last_at: Some(NOW) };
        assert_eq!(tries.blocked_until(NOW + LONGEST_WAIT), None);
        assert_eq!(Tries::default().blocked_until(NOW), None);
    }
}
