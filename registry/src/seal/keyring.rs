//! The keys that a process has read, and where it reads them from. Shared by everything that holds the database.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use super::{KeyFileError, Masters, PLAIN, Place, Seal, file};
use crate::{Phone, Random};

/// The data keys of this process's database.
#[derive(Debug)]
pub(crate) struct Keyring {
    /// The key file; none: nothing is sealed.
    file: Option<PathBuf>,
    /// For nonces and new keys.
    random: Random,
    seal: RwLock<Arc<Seal>>,
}

/// What seals values under one key.
#[derive(Debug, Clone)]
pub struct Sealer {
    seal: Arc<Seal>,
    random: Random,
}

impl Keyring {
    /// Nothing is sealed. Nothing is ever drawn from this randomness: there is no key to seal with.
    pub(crate) fn none() -> Self {
        Self { file: None, random: Random::from_seed(0), seal: RwLock::new(Arc::new(Seal::plain())) }
    }

    pub(crate) fn new(file: PathBuf, random: Random) -> Self {
        Self { file: Some(file), random, ..Self::none() }
    }

    /// The keys as they were read last.
    pub(crate) fn seal(&self) -> Arc<Seal> {
        Arc::clone(&self.seal.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What seals under the newest of them.
    pub(crate) fn sealer(&self) -> Sealer {
        Sealer { seal: self.seal(), random: self.random.clone() }
    }

    /// The master keys, read now; none without a key file.
    pub(crate) fn masters(&self) -> Result<Option<Masters>, KeyFileError> {
        self.file.as_deref().map(file::read).transpose()
    }

    /// The key file's name, for whoever is to mend it.
    pub(crate) fn file(&self) -> Option<String> {
        self.file.as_ref().map(|file| file.display().to_string())
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
}

impl Sealer {
    /// The number that rows written with it bear.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.seal.newest()
    }

    /// What is stored of a text.
    #[must_use]
    pub fn text(&self, place: Place<'_>, text: &str) -> String {
        self.seal.seal(&self.random, place, text)
    }

    /// What is stored of bytes; none while nothing is sealed.
    #[must_use]
    pub fn bytes(&self, place: Place<'_>, bytes: &[u8]) -> Option<String> {
        self.seal.sealed(&self.random, place, bytes)
    }

    /// By what a phone is found, and what is stored of it besides, if the first is not the phone itself.
    #[must_use]
    pub fn phone(&self, place: Place<'_>, phone: &Phone) -> (String, Option<String>) {
        let found_by = self.seal.finder(place.column, phone.as_str());
        (found_by, self.bytes(place, phone.as_str().as_bytes()))
    }

    /// Whether nothing is sealed.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.seal.is_plain()
    }

    /// Whether rows that are not sealed are being moved to the first key.
    #[must_use]
    pub fn is_first(&self) -> bool {
        !self.is_plain() && self.seal.knows(PLAIN)
    }

    /// By what a row of `column` is found that is written with it: the text itself, or its keyed hash.
    #[must_use]
    pub fn finder(&self, column: &'static str, text: &str) -> String {
        self.seal.finder(column, text)
    }

    /// By what rows are found that others than the registry write, who do not wait for its writers: those under the newest key,
    /// under the one before, and as they are.
    #[must_use]
    pub fn every_finder(&self, column: &'static str, text: &str) -> [String; 3] {
        let [newest, before] = self.seal.finders(column, text);
        [newest, before, text.to_owned()]
    }

    /// By what any row is found that has this phone.
    pub(crate) fn finders(&self, column: &'static str, phone: &Phone) -> [String; 2] {
        self.seal.finders(column, phone.as_str())
    }
}
