//! Whose position token is this? All of them in memory, so that a ping costs no database round trip.
//!
//! The registry's revision is asked at most once a second: by the first request of that second, or by one
//! with an unknown token. A token just issued or revoked is therefore noticed within a second of its next use.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use certus_registry::store::{revision, volunteer};
use certus_registry::{Database, RegistryError, SecretHash, Timestamp, VolunteerId};
use tokio::sync::Mutex;

/// How often the registry is asked at most, however many wrong tokens somebody tries.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// The position tokens of all volunteers.
#[derive(Debug)]
pub struct PositionTokens {
    db: Database,
    known: RwLock<HashMap<SecretHash, VolunteerId>>,
    asked: Mutex<Asked>,
}

/// When the registry was last asked, and what it said.
#[derive(Debug, Clone, Copy, Default)]
struct Asked {
    at: Option<Timestamp>,
    revision: Option<i64>,
}

impl PositionTokens {
    /// Knows none yet; the first question reads them all.
    #[must_use]
    pub fn new(db: Database) -> Self {
        Self { db, known: RwLock::default(), asked: Mutex::default() }
    }

    /// The owner of the token that somebody presented; `None` when it is nobody's (any more).
    ///
    /// # Errors
    /// [`RegistryError`] when the token is unknown and the registry cannot be asked. A known token goes on
    /// working while the database is away.
    pub async fn owner(&self, now: Timestamp, presented: &str) -> Result<Option<VolunteerId>, RegistryError> {
        let hash = SecretHash::of(presented);
        let Some(owner) = self.known(&hash) else {
            let mut asked = self.asked.lock().await;
            self.ask(&mut asked, now).await?;
            return Ok(self.known(&hash));
        };
        // Whoever finds the question being asked already does not wait for it.
        let Ok(mut asked) = self.asked.try_lock() else { return Ok(Some(owner)) };
        match self.ask(&mut asked, now).await {
            Ok(()) => Ok(self.known(&hash)),
            Err(error) => {
                tracing::warn!(%error, "position tokens cannot be refreshed; those known go on working");
                Ok(Some(owner))
            }
        }
    }

    async fn ask(&self, asked: &mut Asked, now: Timestamp) -> Result<(), RegistryError> {
        // A clock that was set back must not silence the question for as long as it was set back.
        if asked.at.is_some_and(|at| now >= at && now.since(at) < ASK_EVERY) {
            return Ok(());
        }
        asked.at = Some(now);
        // The revision first: a change in between is then noticed at the next question.
        let revision = Some(revision(&self.db).await?);
        if revision != asked.revision {
            let known = volunteer::position_tokens(&self.db).await?.into_iter().collect();
            *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
            asked.revision = revision;
        }
        Ok(())
    }

    fn known(&self, hash: &SecretHash) -> Option<VolunteerId> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(hash).copied()
    }
}
