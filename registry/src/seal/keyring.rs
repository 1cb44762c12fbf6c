//! The keys that a process has read, and where it reads them from. Shared by everything that holds the database.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::{KeyFileError, Masters, Place, Seal, file};
use crate::Random;

/// The data keys of this process's database.
#[derive(Debug)]
pub(crate) struct Keyring {
    /// The key file; none: nothing is sealed.
    file: Option<PathBuf>,
    /// For nonces and new keys.
    random: Random,
    seal: RwLock<Arc<Seal>>,
}

impl Keyring {
    /// Without a key file nothing is ever drawn from `random`.
    pub(crate) fn new(file: Option<PathBuf>, random: Random) -> Self {
        Self { file, random, seal: RwLock::new(Arc::new(Seal::plain())) }
    }

    /// The keys as they were read last.
    pub(crate) fn seal(&self) -> Arc<Seal> {
        Arc::clone(&self.seal.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The master keys, read now; none without a key file.
    pub(crate) fn masters(&self) -> Result<Option<Masters>, KeyFileError> {
        self.file.as_deref().map(file::read).transpose()
    }

    /// The key file's name, for whoever is to mend it.
    pub(crate) fn file(&self) -> String {
        self.file.as_ref().map_or_else(|| "key_file".to_owned(), |file| file.display().to_string())
    }

    pub(crate) const fn random(&self) -> &Random {
        &self.random
    }

    /// Goes on with keys that were read just now; gives them with those it had.
    pub(crate) fn replace(&self, read: Seal) -> Arc<Seal> {
        let mut seal = self.seal.write().unwrap_or_else(PoisonError::into_inner);
        *seal = Arc::new(read.after(&seal));
        Arc::clone(&seal)
    }

    /// [`Seal::seal`] under the keys as they were read last.
    pub(crate) fn seal_text(&self, place: Place<'_>, text: &str) -> String {
        self.seal().seal(&self.random, place, text)
    }
}
