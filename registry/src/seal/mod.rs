//! Personal data encrypted where the database keeps it: what is written of a person's name, phone and home is sealed under a
//! data key, and a phone is found again by a keyed hash. Pure; where the keys are kept, `store::sealing` knows.
//!
//! An envelope: a data key is random, and stands in the database wrapped by a master key ([`master`]) that only the key file
//! has ([`file`](mod@file)). Every row says under which data key it was written; number 0 stands for rows that are not sealed, so that sealing
//! a database and rotating its key are one way of doing it.

pub mod file;
mod key;
mod keyring;
pub mod master;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use file::KeyFileError;
pub(crate) use key::DataKey;
pub(crate) use keyring::Keyring;
pub use keyring::Sealer;
pub use master::{Master, Masters};

use crate::Random;

/// The number of rows that are not sealed.
pub const PLAIN: i64 = 0;

/// Where a value stands: it does not open anywhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Table and column, e.g. `volunteer.name`.
    pub column: &'static str,
    /// The key of the row.
    pub row: &'a str,
}

/// The data keys that rows are written and read under.
#[derive(Debug, Clone)]
pub struct Seal {
    /// By number; [`PLAIN`] is there while rows may be as they are.
    keys: BTreeMap<i64, Key>,
    /// Under which rows are written.
    newest: i64,
}

#[derive(Debug, Clone)]
enum Key {
    Plain,
    Data(Arc<DataKey>),
}

/// Why a stored value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The row names a key that is not there.
    #[error("it is sealed under data key {0}, which is not in the table seal_key")]
    NoKey(i64),
    /// The row says that it is not sealed, and everything is.
    #[error("it is not sealed, as everything in this database is")]
    NotSealed,
    /// What stands there was not written there by this program under this key.
    #[error("it does not open: it was changed, or moved here from elsewhere")]
    Broken,
}

impl Seal {
    /// Nothing is sealed.
    pub(crate) const fn plain() -> Self {
        Self { keys: BTreeMap::new(), newest: PLAIN }
    }

    /// These data keys, by number; `plain_too`: rows from before are still as they were.
    pub(crate) fn of(keys: impl IntoIterator<Item = (i64, DataKey)>, plain_too: bool) -> Self {
        let mut keys: BTreeMap<i64, Key> =
            keys.into_iter().map(|(number, key)| (number, Key::Data(Arc::new(key)))).collect();
        if plain_too {
            keys.insert(PLAIN, Key::Plain);
        }
        let newest = keys.keys().next_back().copied().unwrap_or(PLAIN);
        Self { keys, newest }
    }

    /// The same, and what `before` knew besides: rows that were read before their key was taken out still open.
    pub(crate) fn after(mut self, before: &Self) -> Self {
        for (number, key) in &before.keys {
            if let Key::Data(key) = key {
                self.keys.entry(*number).or_insert_with(|| Key::Data(Arc::clone(key)));
            }
        }
        self
    }

    /// The number under which rows are written.
    pub(crate) const fn newest(&self) -> i64 {
        self.newest
    }

    /// Whether rows are written as they are.
    pub(crate) const fn is_plain(&self) -> bool {
        self.newest == PLAIN
    }

    /// Whether rows of this number can be read.
    pub(crate) fn knows(&self, number: i64) -> bool {
        self.keys.contains_key(&number) || (number == PLAIN && self.is_plain())
    }

    fn writing(&self) -> Option<&DataKey> {
        match self.keys.get(&self.newest) {
            Some(Key::Data(key)) => Some(key),
            Some(Key::Plain) | None => None,
        }
    }

    /// What is stored of a text; the text itself while nothing is sealed.
    pub(crate) fn seal(&self, random: &Random, place: Place<'_>, text: &str) -> String {
        self.sealed(random, place, text.as_bytes()).unwrap_or_else(|| text.to_owned())
    }

    /// What is stored of bytes; none while nothing is sealed.
    pub(crate) fn sealed(&self, random: &Random, place: Place<'_>, bytes: &[u8]) -> Option<String> {
        self.writing().map(|key| key.seal(random, self.newest, place, bytes))
    }

    /// The text of which `stored` is what a row of this number keeps.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(&self, number: i64, place: Place<'_>, stored: &str) -> Result<String, OpenError> {
        match self.opened(number, place, stored)? {
            None => Ok(stored.to_owned()),
            Some(bytes) => String::from_utf8(bytes).map_err(|_| OpenError::Broken),
        }
    }

    /// The bytes of which `stored` is what a row of this number keeps; none when the row is not sealed.
    pub(crate) fn opened(
        &self,
        number: i64,
        place: Place<'_>,
        stored: &str,
    ) -> Result<Option<Vec<u8>>, OpenError> {
        match self.keys.get(&number) {
            Some(Key::Data(key)) => key.open(number, place, stored).map(Some),
            Some(Key::Plain) => Ok(None),
            None if number == PLAIN && self.is_plain() => Ok(None),
            None if number == PLAIN => Err(OpenError::NotSealed),
            None => Err(OpenError::NoKey(number)),
        }
    }

    /// By what a row of `column` is found that is written now: the phone itself, or its keyed hash.
    pub(crate) fn finder(&self, column: &'static str, phone: &str) -> String {
        self.finder_under(self.newest, column, phone)
    }

    /// By what any row of `column` is found that has this phone: also one that was written under the key before the newest,
    /// while a rotation is under way.
    pub(crate) fn finders(&self, column: &'static str, phone: &str) -> [String; 2] {
        let before = self.keys.keys().rev().nth(1).copied().unwrap_or(self.newest);
        [self.newest, before].map(|number| self.finder_under(number, column, phone))
    }

    fn finder_under(&self, number: i64, column: &'static str, phone: &str) -> String {
        match self.keys.get(&number) {
            Some(Key::Data(key)) => key.finder(number, column, phone),
            Some(Key::Plain) | None => phone.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
