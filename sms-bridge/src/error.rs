//! What can go wrong between a caller and the bridge.

use certus_registry::RegistryError;

/// An error of the outbox, the inbox or what was given to them.
#[derive(Debug, thiserror::Error)]
pub enum BridgeError {
    /// The database refused or could not be reached.
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    /// The tables could not be brought up to date.
    #[error("a migration failed: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A stored row does not parse: somebody wrote past this program.
    #[error("stored {what} {id} is damaged: {why}")]
    Damaged {
        /// The kind of row.
        what: &'static str,
        /// Its key.
        id: String,
        /// What was wrong.
        why: String,
    },
    /// A number or words cannot be sealed or opened.
    #[error(transparent)]
    Sealed(RegistryError),
    /// Something given to the bridge is outside its bounds.
    #[error("{field}: {why}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What was expected.
        why: &'static str,
    },
}

impl From<RegistryError> for BridgeError {
    fn from(error: RegistryError) -> Self {
        if let RegistryError::Database(error) = error { Self::Database(error) } else { Self::Sealed(error) }
    }
}
