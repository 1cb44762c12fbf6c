//! The catalogue of the kinds of resource: what each is called, and what the board says of everything of that kind.
//!
//! It is the whole installation's. The kinds of the start are in the program, and what the board has changed or added is in the
//! database (`store::catalogue`). None is ever taken away: events, decisions and policies of before name kinds, and are read on.

mod first;
mod kind;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::vocabulary::{CompetenceKind, Language, Season, UnknownWord};
use crate::volunteer::one_line;

pub use first::FIRST_KINDS;
pub use kind::{ResourceKind, ResourceKindError};

/// Every kind of resource, by its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalogue(BTreeMap<ResourceKind, Entry>);

/// What holds for everything of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its code.
    pub code: ResourceKind,
    /// Its name in lists, e.g. `hjärtstartare`.
    pub name: Words,
    /// The same in the middle of a sentence, e.g. `hjärtstartaren`: what people are told to fetch, and are asked about.
    pub the: Words,
    /// The season that each needs that names none of its own; none: it needs none.
    pub season: Option<Season>,
    /// What whoever takes one must hold, where it names no licence of its own.
    pub licence: Option<CompetenceKind>,
    /// For how long somebody's word that one is there and in order holds; none: nobody is asked for it, and each counts as there.
    pub confirmed_for: Option<ConfirmedFor>,
    /// Whether people who are called out may be told to bring one: whether policies may want it.
    pub brought: bool,
    /// Whether there are to be no new ones; those that there are stay.
    pub retired: bool,
}

/// What something is called in the languages of the users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// In Swedish.
    pub sv: Phrase,
    /// In English.
    pub en: Phrase,
}

/// A few words of one line: 1 to [`Phrase::LENGTH_MAX`] visible characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phrase(String);

/// Why a text is no [`Phrase`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 40 visible characters")]
pub struct PhraseError;

/// Whole months, 1 to [`ConfirmedFor::MONTHS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct ConfirmedFor(u8);

/// Why a number is no [`ConfirmedFor`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected 1 to 60 months")]
pub struct ConfirmedForError;

impl Catalogue {
    /// The kinds of the start, with what the board has said in place of what the program says.
    #[must_use]
    pub fn of(said: Vec<Entry>) -> Self {
        let first = first::entries().map(|entry| (entry.code, entry));
        Self(first.chain(said.into_iter().map(|entry| (entry.code, entry))).collect())
    }

    /// One kind.
    #[must_use]
    pub fn get(&self, kind: ResourceKind) -> Option<&Entry> {
        self.0.get(&kind)
    }

    /// Every kind, in the order of the codes.
    pub fn all(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }

    /// Those of which there may be new ones, and `held`, by their names in a language.
    #[must_use]
    pub fn offered(&self, language: Language, held: Option<ResourceKind>) -> Vec<&Entry> {
        let mut offered = self.by_name(language);
        offered.retain(|entry| !entry.retired || held == Some(entry.code));
        offered
    }

    /// Every kind, by its name in a language.
    #[must_use]
    pub fn by_name(&self, language: Language) -> Vec<&Entry> {
        let mut all: Vec<&Entry> = self.all().collect();
        all.sort_by_cached_key(|entry| crate::fold::fold(entry.name.within(language)));
        all
    }

    /// The kind that a text names.
    ///
    /// # Errors
    /// [`UnknownWord`] with the codes of all kinds of which there may be new ones.
    pub fn named(&self, text: &str) -> Result<&Entry, UnknownWord> {
        let found = text.parse().ok().and_then(|kind| self.get(kind));
        found.ok_or_else(|| UnknownWord {
            what: "resource kind",
            found: text.trim().to_owned(),
            expected: self.new_ones().join(", "),
        })
    }

    /// The codes of the kinds of which there may be new ones.
    #[must_use]
    pub fn new_ones(&self) -> Vec<&str> {
        self.all().filter(|entry| !entry.retired).map(|entry| entry.code.as_str()).collect()
    }

    /// Whether policies may want one of this kind brought.
    #[must_use]
    pub fn may_be_brought(&self, kind: ResourceKind) -> bool {
        self.get(kind).is_some_and(|entry| entry.brought)
    }

    /// What a kind is called in lists.
    #[must_use]
    pub fn name(&self, language: Language, kind: ResourceKind) -> &str {
        self.get(kind).map_or("–", |entry| entry.name.within(language))
    }

    /// What a kind is called in the middle of a sentence.
    #[must_use]
    pub fn the(&self, kind: ResourceKind) -> Words {
        let code = || Phrase(kind.as_str().replace('_', " "));
        self.get(kind).map_or_else(|| Words { sv: code(), en: code() }, |entry| entry.the.clone())
    }
}

impl Default for Catalogue {
    /// The kinds of the start.
    fn default() -> Self {
        Self::of(Vec::new())
    }
}

impl Entry {
    /// Whether it is one of the kinds that are there from the start.
    #[must_use]
    pub fn is_first(&self) -> bool {
        FIRST_KINDS.contains(&self.code)
    }
}

impl Words {
    /// Those of one language.
    #[must_use]
    pub fn within(&self, language: Language) -> &str {
        match language {
            Language::Swedish => &self.sv.0,
            Language::English => &self.en.0,
        }
    }
}

impl Phrase {
    /// The longest, characters: a text message names up to five things (`sms-confirm-several`).
    pub const LENGTH_MAX: usize = 40;
}

impl TryFrom<String> for Phrase {
    type Error = PhraseError;
    fn try_from(text: String) -> Result<Self, PhraseError> {
        one_line(&text, Self::LENGTH_MAX).map(Self).ok_or(PhraseError)
    }
}

impl FromStr for Phrase {
    type Err = PhraseError;
    fn from_str(text: &str) -> Result<Self, PhraseError> {
        text.to_owned().try_into()
    }
}

impl fmt::Display for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Phrase> for String {
    fn from(phrase: Phrase) -> Self {
        phrase.0
    }
}

impl ConfirmedFor {
    /// The longest, months.
    pub const MONTHS_MAX: u8 = 60;

    /// How many months.
    #[must_use]
    pub fn months(self) -> i64 {
        self.0.into()
    }
}

impl TryFrom<u8> for ConfirmedFor {
    type Error = ConfirmedForError;
    fn try_from(months: u8) -> Result<Self, ConfirmedForError> {
        if (1..=Self::MONTHS_MAX).contains(&months) { Ok(Self(months)) } else { Err(ConfirmedForError) }
    }
}

impl FromStr for ConfirmedFor {
    type Err = ConfirmedForError;
    fn from_str(text: &str) -> Result<Self, ConfirmedForError> {
        text.trim().parse::<u8>().map_err(|_| ConfirmedForError)?.try_into()
    }
}

impl From<ConfirmedFor> for u8 {
    fn from(months: ConfirmedFor) -> Self {
        months.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_board_says_of_a_kind_takes_the_place_of_what_the_program_says() {
        let first = Catalogue::default();
        assert_eq!((first.all().count(), first.new_ones().len()), (12, 12));
        let phrase = |text: &str| text.parse::<Phrase>().unwrap();
        let aed = first.get(ResourceKind::AED).unwrap();
        let renamed = Words { sv: phrase("defibrillator"), en: phrase("AED") };
        let aed = Entry { name: renamed, retired: true, ..aed.clone() };
        let craft = Entry { code: "hydrocopter".parse().unwrap(), retired: false, ..aed.clone() };
        let kinds = Catalogue::of(vec![aed, craft.clone()]);
        assert_eq!(kinds.all().count(), 13);
        assert_eq!(kinds.name(Language::English, ResourceKind::AED), "AED");
        assert!(!kinds.new_ones().contains(&"aed"));
        assert_eq!(kinds.named(" Hydrocopter"), Ok(&craft));
        let offered = |held| kinds.offered(Language::Swedish, held).len();
        assert_eq!((offered(None), offered(Some(ResourceKind::AED))), (12, 13));
    }

    #[test]
    fn a_kind_that_is_not_there_is_answered_with_those_that_are() {
        let error = Catalogue::default().named("Sofa bed").unwrap_err().to_string();
        let expected = "'Sofa bed' is no resource kind; expected one of aed, atv, boat, drone,";
        assert!(error.starts_with(expected), "{error}");
    }

    #[test]
    fn words_and_months_are_within_their_bounds() {
        assert_eq!("  ett   elverk ".parse::<Phrase>().unwrap().to_string(), "ett elverk");
        for text in [String::new(), "x".repeat(41), "a\u{202e}b".to_owned()] {
            assert_eq!(text.parse::<Phrase>(), Err(PhraseError), "{text}");
        }
        for text in ["0", "61", "-1", "six", "300"] {
            assert_eq!(text.parse::<ConfirmedFor>(), Err(ConfirmedForError), "{text}");
        }
        assert_eq!("60".parse::<ConfirmedFor>().map(ConfirmedFor::months), Ok(60));
    }
}
