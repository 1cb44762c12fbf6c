//! What can go wrong in the registry.

use crate::ResourceKind;
use crate::seal::KeyFileError;

/// Why personal data cannot be opened or sealed, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key file.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// There is no key file, and data that needs one.
    #[error(
        "personal data in this database is encrypted: name its key file by the key key_file of the configuration or by CERTUS_KEY_FILE"
    )]
    NoFile,
    /// There is no key file, and a command that needs one.
    #[error(
        "no key file is named: make one with `certus key new FILE`, and name it by the key key_file of the configuration or by CERTUS_KEY_FILE"
    )]
    FileWanted,
    /// The key file is another one, or lacks a line.
    #[error(
        "the key file {file} does not open data key {number} of this database: expected a line with the master key that is called {master}"
    )]
    Locked {
        /// The file's name.
        file: String,
        /// Which data key.
        number: i64,
        /// What the key that wrapped it is called.
        master: String,
    },
    /// There is a key file, and data that is not encrypted.
    #[error(
        "a key file is named, and personal data in this database is not encrypted: run `certus key seal`, or leave key_file and CERTUS_KEY_FILE out"
    )]
    NotSealed,
    /// Some is encrypted and some is not.
    #[error(
        "encrypting the personal data in this database was begun and is not finished: run `certus key seal`"
    )]
    HalfSealed,
    /// There is no key to change.
    #[error("personal data in this database is not encrypted; `certus key seal` does that")]
    NothingSealed,
    /// There is nothing to encrypt.
    #[error("personal data in this database is encrypted already; `certus key rotate` gives it a new key")]
    SealedAlready,
}

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
    /// Personal data cannot be opened or sealed.
    #[error(transparent)]
    Key(#[from] KeyError),
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
