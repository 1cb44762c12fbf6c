//! What an attempt's end means, and when the next one is. Pure.

use std::time::Duration;

use certus_registry::Random;
use certus_registry::mutation::{Rule, broken};
use rand::RngExt as _;

use super::WorkerSettings;
use crate::{Accepted, Reconciled, SendError};

/// What is known after an attempt or after asking about one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The gateway has it.
    Accepted { provider_id: String, cost: Option<u32> },
    /// It will never take it.
    Refused { reason: String },
    /// It certainly does not have it.
    NotTaken { reason: String },
    /// It may have it: ask, after a while.
    Ask { tries: u32, reason: String },
    /// It may have it, and nobody can tell.
    CannotTell,
}

impl From<Result<Accepted, SendError>> for Verdict {
    fn from(answer: Result<Accepted, SendError>) -> Self {
        match answer {
            Ok(Accepted { provider_id, cost }) => Self::Accepted { provider_id, cost },
            Err(SendError::Temporary { reason }) => Self::NotTaken { reason },
            Err(SendError::Refused { reason }) => Self::Refused { reason },
            Err(SendError::Unknown { reason }) if broken(Rule::UnknownOutcome) => Self::NotTaken { reason },
            Err(SendError::Unknown { reason }) => Self::Ask { tries: 0, reason },
        }
    }
}

impl Verdict {
    /// After asking for the `tries`th time.
    pub(super) fn reconciled(answer: Reconciled, tries: u32) -> Self {
        match answer {
            Reconciled::Accepted { provider_id } => Self::Accepted { provider_id, cost: None },
            Reconciled::NotSent => Self::NotTaken { reason: "the gateway never got it".to_owned() },
            Reconciled::Unavailable { reason } => Self::Ask { tries, reason },
            Reconciled::Unsupported => Self::CannotTell,
        }
    }
}

/// How long to wait after `attempt` (1 for the first) failed; `None`: give up. With a gateway in the list that
/// was not tried yet there is no wait: it is tried at once.
pub(super) fn wait_before_next(
    attempt: u32,
    gateways: usize,
    settings: &WorkerSettings,
    random: &Random,
) -> Option<Duration> {
    if attempt >= settings.attempts_max {
        return None;
    }
    let rounds = attempt / u32::try_from(gateways).unwrap_or(u32::MAX).max(1);
    if rounds == 0 {
        return Some(Duration::ZERO);
    }
    let doubled = settings.back_off_first.saturating_mul(1 << (rounds - 1).min(16));
    let longest = doubled.min(settings.back_off_max);
    // Between half of it and all of it, so that many messages do not come back as one wave.
    Some(random.with(|rng| longest.mul_f64(rng.random_range(0.5..=1.0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_gateway_is_tried_at_once_and_then_the_waits_grow_and_end() {
        let (settings, random) = (WorkerSettings::default(), Random::from_seed(1));
        let waits: Vec<_> = (1..=8).map(|attempt| wait_before_next(attempt, 2, &settings, &random)).collect();
        assert_eq!(waits[0], Some(Duration::ZERO));
        for (attempt, longest) in [(2_usize, 2), (3, 2), (4, 4), (5, 4), (6, 8), (7, 8)] {
            let wait = waits[attempt - 1].unwrap();
            let longest = Duration::from_secs(longest);
            assert!(wait >= longest / 2 && wait <= longest, "{attempt}: {wait:?}");
        }
        assert_eq!(waits[7], None);
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        let settings = WorkerSettings { attempts_max: u32::MAX, ..WorkerSettings::default() };
        let wait = wait_before_next(1000, 1, &settings, &Random::from_seed(2)).unwrap();
        assert!(wait <= settings.back_off_max, "{wait:?}");
    }
}
