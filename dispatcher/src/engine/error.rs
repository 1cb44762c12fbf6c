//! What can go wrong between an event and its commit.

use certus_registry::RegistryError;
use certus_sms_bridge::BridgeError;

use crate::incident::{IllegalEvent, IncidentId};

/// Why an event was not applied.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The database refused or could not be reached; nothing was kept.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The registry could not be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The bridge's tables could not be read or written.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
    /// There is no such incident.
    #[error("there is no incident {0}")]
    Unknown(IncidentId),
    /// The incident does not take this event now.
    #[error(transparent)]
    Illegal(#[from] IllegalEvent),
    /// Other writers were faster every time.
    #[error("the incident changed {0} times while the event was applied")]
    Contended(u32),
    /// The idempotency key was used by a request that committed meanwhile.
    #[error("another request with this idempotency key was faster")]
    KeyTaken,
    /// Somebody else has acted on the same reply or fate.
    #[error("somebody else was faster to act on it")]
    Settled,
    /// A stored row does not parse.
    #[error("stored {what} {id} is damaged: {why}")]
    Damaged {
        /// The kind of row.
        what: &'static str,
        /// Its key.
        id: String,
        /// What was wrong.
        why: String,
    },
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
}

impl EngineError {
    /// Whether trying again later may help, because the fault is not in what was asked.
    pub(super) fn may_pass(&self) -> bool {
        match self {
            Self::Database(_)
            | Self::Registry(RegistryError::Database(_))
            | Self::Bridge(BridgeError::Database(_))
            | Self::Contended(_)
            | Self::Stopped => true,
            Self::Registry(_)
            | Self::Bridge(_)
            | Self::Unknown(_)
            | Self::Illegal(_)
            | Self::KeyTaken
            | Self::Settled
            | Self::Damaged { .. } => false,
        }
    }

    pub(crate) fn damaged(what: &'static str, id: impl std::fmt::Display) -> Self {
        Self::Damaged { what, id: id.to_string(), why: "unexpected".to_owned() }
    }
}
