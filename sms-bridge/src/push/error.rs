//! Why a push was not taken, in the terms in which one acts on it; the same for every push service.

use std::time::Duration;

use certus_registry::Timestamp;

use crate::{SendError, transport};

/// How long to leave a service alone that says "too many" and not for how long: what FCM asks for.
const WAIT_DEFAULT: Duration = Duration::from_mins(1);

/// Why a push was not taken, as far as one can know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The subscription or token is dead: delete it. Certainly not taken.
    #[error("gone: {reason}")]
    Gone {
        /// Dead since then, where the service says so: one registered again later is alive.
        since: Option<Timestamp>,
        /// For the log.
        reason: String,
    },
    /// Certainly not taken; a shorter one may be.
    #[error("too large: {reason}")]
    TooLarge {
        /// For the log.
        reason: String,
    },
    /// Certainly not taken; the service wants to be left alone.
    #[error("told to wait {} s: {reason}", wait.as_secs())]
    RetryAfter {
        /// For so long.
        wait: Duration,
        /// For the log.
        reason: String,
    },
    /// Certainly not taken, and no other will be: our key, account or project is refused. Somebody must be told.
    #[error("our key is refused: {reason}")]
    KeyFault {
        /// For the log.
        reason: String,
    },
    /// Certainly not taken; may work later.
    #[error("not taken for now: {reason}")]
    Temporary {
        /// For the log.
        reason: String,
    },
    /// Certainly not taken, and this one never will be.
    #[error("refused: {reason}")]
    Refused {
        /// For the log.
        reason: String,
    },
    /// It may have been taken: the answer was lost, late or unreadable. Under the same topic a second one replaces the
    /// first.
    #[error("no answer: {reason}")]
    Unknown {
        /// For the log.
        reason: String,
    },
}

impl PushError {
    /// What a status means wherever a service does not say more. Never [`PushError::Gone`], which deletes: each service
    /// has its own words for that.
    ///
    /// 408, 502 and 504 come from a machine in between that may have passed the push on; a success that is not the
    /// service's own says nothing.
    pub(crate) fn from_status(status: u16, wait: Option<Duration>, reason: String) -> Self {
        match (status, wait) {
            (200..=299 | 408 | 502 | 504, _) => Self::Unknown { reason },
            (429, wait) => Self::RetryAfter { wait: wait.unwrap_or(WAIT_DEFAULT), reason },
            (500..=599, Some(wait)) => Self::RetryAfter { wait, reason },
            (500..=599, None) => Self::Temporary { reason },
            (401 | 403, _) => Self::KeyFault { reason },
            (413, _) => Self::TooLarge { reason },
            _ => Self::Refused { reason },
        }
    }

    /// From a request that got no answer at all. Never with the error's own text: it holds the address.
    pub(crate) fn from_transport(error: &reqwest::Error) -> Self {
        match transport::failure(error) {
            SendError::Temporary { reason } => Self::Temporary { reason },
            SendError::Refused { reason } => Self::Refused { reason },
            SendError::Unknown { reason } => Self::Unknown { reason },
        }
    }

    /// An answer that says "taken" in a way that this service does not.
    pub(crate) fn unreadable() -> Self {
        Self::Unknown { reason: "an answer that could not be read".to_owned() }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// One word for each kind, for tables.
    pub(crate) fn word(error: &PushError) -> &'static str {
        match error {
            PushError::Gone { .. } => "gone",
            PushError::TooLarge { .. } => "too large",
            PushError::RetryAfter { .. } => "wait",
            PushError::KeyFault { .. } => "key",
            PushError::Temporary { .. } => "temporary",
            PushError::Refused { .. } => "refused",
            PushError::Unknown { .. } => "unknown",
        }
    }

    #[test]
    fn every_status_says_what_to_do_about_it() {
        let kind = |status, wait| word(&PushError::from_status(status, wait, String::new()));
        let table = [
            (204, "unknown"),
            (307, "refused"),
            (400, "refused"),
            (401, "key"),
            (403, "key"),
            (404, "refused"),
            (408, "unknown"),
            (413, "too large"),
            (429, "wait"),
            (500, "temporary"),
            (502, "unknown"),
            (503, "temporary"),
            (504, "unknown"),
        ];
        for (status, expected) in table {
            assert_eq!(kind(status, None), expected, "{status}");
        }
        let wait = Some(Duration::from_secs(7));
        assert_eq!(
            [503, 429, 502, 400].map(|status| kind(status, wait)),
            ["wait", "wait", "unknown", "refused"]
        );
    }
}
