//! What can go wrong in the registry.

use crate::ResourceKind;

/// An error of the registry's store or of what was read from it.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
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
    /// Something outside the remit under which it was to be written.
    #[error("there is no such {what} within what may be kept")]
    Beyond {
        /// The kind of row.
        what: &'static str,
    },
    /// A key that must be unique is already taken.
    #[error("{what} is already taken")]
    Taken {
        /// Which key.
        what: &'static str,
    },
    /// A resource of a kind that the catalogue does not have.
    #[error("there is no resource kind '{0}' in the catalogue")]
    UnknownKind(ResourceKind),
    /// A new resource of a kind of which there are to be no new ones.
    #[error("the resource kind '{0}' is retired: there are to be no new resources of it")]
    RetiredKind(ResourceKind),
}
