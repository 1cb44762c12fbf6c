//! Who is in the registry, by name, in memory: the database can neither sort nor search what is sealed. Pure but for the lock; what it is
//! filled from, `store/volunteer/search.rs` knows.

use std::collections::{BTreeMap, HashMap};
use std::sync::{PoisonError, RwLock};

use memchr::memmem::Finder;

use crate::fold::fold;
use crate::{CompetenceKind, County, OrganisationId, Phone, Remit, VolunteerId};

/// The revision before the first: nothing has been read yet.
const NOTHING: i64 = -1;

/// The people of one database, shared by everything in the process that holds it.
#[derive(Debug, Default)]
pub(crate) struct People {
    /// Held by whoever brings it up to date, so that nobody does so twice.
    pub(crate) turn: tokio::sync::Mutex<()>,
    directory: RwLock<Directory>,
}

impl People {
    /// Asks something of the directory.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&Directory) -> T) -> T {
        question(&self.directory.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Brings the directory up to date with `revision`: whoever is gone, then whoever was written.
    pub(crate) fn update(&self, revision: i64, gone: &[VolunteerId], mut written: Vec<Listed>) {
        // Names that follow one another in the list do so in memory, too: a search reads all of them.
        written.sort_by(|one, other| one.name.cmp(&other.name));
        let mut directory = self.directory.write().unwrap_or_else(PoisonError::into_inner);
        for id in gone {
            directory.remove(*id);
        }
        for person in written {
            directory.put(person);
        }
        directory.revision = revision;
    }
}

/// The digits of a number, E.164: at most 15. In place, because every search looks at everybody's.
pub(crate) type Digits = [u8; 16];

/// A person as the list finds them.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    pub(crate) id: VolunteerId,
    /// Folded.
    pub(crate) name: String,
    pub(crate) facts: Facts,
}

/// What a person is found by besides the name.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// With its country, without the plus, and zeros behind it.
    pub(crate) digits: Digits,
    /// The word of the state of vetting.
    pub(crate) vetting: &'static str,
    pub(crate) competences: Vec<CompetenceKind>,
    pub(crate) organisation: Option<OrganisationId>,
    pub(crate) county: County,
}

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Wanted<'a> {
    /// Each with what finds it, made once for all people.
    pub(crate) parts: Vec<(Part, Finder<'static>)>,
    pub(crate) remit: Remit,
    pub(crate) vetting: Option<&'a str>,
    pub(crate) competence: Option<CompetenceKind>,
    pub(crate) organisation: Option<OrganisationId>,
}

/// A part of what was typed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Name(String),
    Number(String),
}

/// Everybody by folded name, those of one name by identifier.
#[derive(Debug)]
pub(crate) struct Directory {
    people: BTreeMap<(String, VolunteerId), Facts>,
    names: HashMap<VolunteerId, String>,
    revision: i64,
}

impl Default for Directory {
    fn default() -> Self {
        Self { people: BTreeMap::new(), names: HashMap::new(), revision: NOTHING }
    }
}

impl Directory {
    /// The registry's revision that it shows.
    pub(crate) const fn revision(&self) -> i64 {
        self.revision
    }

    fn remove(&mut self, id: VolunteerId) {
        if let Some(name) = self.names.remove(&id) {
            self.people.remove(&(name, id));
        }
    }

    fn put(&mut self, Listed { id, name, facts }: Listed) {
        self.remove(id);
        self.people.insert((name.clone(), id), facts);
        self.names.insert(id, name);
    }

    /// At most `limit` of those wanted, after the one named; nobody when that one is not there.
    pub(crate) fn page(
        &self,
        wanted: &Wanted<'_>,
        after: Option<VolunteerId>,
        limit: usize,
    ) -> Vec<VolunteerId> {
        use std::ops::Bound::{Excluded, Unbounded};
        let from = match after {
            None => Unbounded,
            Some(id) => match self.names.get(&id) {
                Some(name) => Excluded((name.clone(), id)),
                None => return Vec::new(),
            },
        };
        let rest = self.people.range((from, Unbounded));
        let found = rest.filter(|((name, _), facts)| wanted.matches(name, facts));
        found.take(limit).map(|((_, id), _)| *id).collect()
    }

    /// How many are wanted.
    pub(crate) fn count(&self, wanted: &Wanted<'_>) -> usize {
        self.people.iter().filter(|((name, _), facts)| wanted.matches(name, facts)).count()
    }
}

impl Listed {
    /// Folds the name and takes the number's digits.
    pub(crate) fn found_by(name: &str, phone: &Phone) -> (String, Digits) {
        let mut digits = Digits::default();
        for (place, digit) in digits.iter_mut().zip(phone.as_str().trim_start_matches('+').bytes()) {
            *place = digit;
        }
        (fold(name), digits)
    }
}

impl<'a> Wanted<'a> {
    /// Whoever has what was typed in their name or number, within the remit.
    pub(crate) fn of(typed: &str, remit: Remit) -> Wanted<'a> {
        let found_by = |part: Part| {
            let (Part::Name(text) | Part::Number(text)) = &part;
            let finder = Finder::new(text).into_owned();
            (part, finder)
        };
        let parts = parts(typed).into_iter().map(found_by).collect();
        Wanted { parts, remit, vetting: None, competence: None, organisation: None }
    }

    fn matches(&self, name: &str, facts: &Facts) -> bool {
        self.remit.covers(facts.county, facts.organisation)
            && self.vetting.is_none_or(|vetting| facts.vetting == vetting)
            && self.competence.is_none_or(|kind| facts.competences.contains(&kind))
            && self.organisation.is_none_or(|organisation| facts.organisation == Some(organisation))
            && self.parts.iter().all(|(part, finder)| match part {
                Part::Name(_) => finder.find(name.as_bytes()).is_some(),
                Part::Number(_) => finder.find(&facts.digits).is_some(),
            })
    }
}

/// Digits together are a number, whose leading zeros are the country's; anything else is parts of a name.
fn parts(typed: &str) -> Vec<Part> {
    let folded = fold(typed);
    let digits: String = folded.split(' ').collect();
    if digits.len() >= 3 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return vec![Part::Number(digits.trim_start_matches('0').to_owned())];
    }
    let words = folded.split(' ').filter(|word| !word.is_empty());
    words.map(|word| Part::Name(word.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Random, Timestamp};

    fn listed(n: u64, name: &str) -> Listed {
        let phone = format!("+4670100000{n}").parse().unwrap();
        let (name, digits) = Listed::found_by(name, &phone);
        let facts = Facts {
            digits,
            vetting: "applied",
            competences: vec![CompetenceKind::Cpr],
            organisation: None,
            county: County::DEFAULT,
        };
        Listed { id: VolunteerId::new(Timestamp::from_millis(0), &Random::from_seed(n)), name, facts }
    }

    fn found(people: &People, typed: &str) -> Vec<VolunteerId> {
        people.ask(|directory| directory.page(&Wanted::of(typed, Remit::All), None, 9))
    }

    #[test]
    fn digits_are_a_number_however_they_are_grouped_and_anything_else_is_parts_of_a_name() {
        let name = |text: &str| Part::Name(text.to_owned());
        assert_eq!(parts("070-174 06 05"), [Part::Number("701740605".to_owned())]);
        assert_eq!(parts("+46 70 174"), [Part::Number("4670174".to_owned())]);
        assert_eq!(parts(" Åsén  Märta "), [name("asen"), name("marta")]);
        assert_eq!(parts("%_ '"), []);
        assert_eq!(parts("12"), [name("12")]);
    }

    #[test]
    fn a_directory_shows_whoever_was_written_last_and_nobody_who_is_gone() {
        let people = People::default();
        let (anna, bo) = (listed(1, "Anna Berg"), listed(2, "Bo Åsén"));
        people.update(3, &[], vec![bo.clone(), anna.clone()]);
        assert_eq!(people.ask(Directory::revision), 3);
        assert_eq!(found(&people, ""), [anna.id, bo.id]);
        assert_eq!((found(&people, "ÅSÉN"), found(&people, "070-1000001")), (vec![bo.id], vec![anna.id]));
        people.update(4, &[], vec![Listed { name: "cilla".to_owned(), ..anna.clone() }]);
        assert_eq!((found(&people, ""), found(&people, "anna")), (vec![bo.id, anna.id], vec![]));
        people.update(5, &[bo.id], Vec::new());
        assert_eq!(found(&people, ""), [anna.id]);
        people.update(6, &[bo.id], vec![bo.clone()]);
        assert_eq!(found(&people, "bo"), [bo.id], "gone, and there again");
    }

    #[test]
    fn a_page_begins_after_the_one_named_and_filters_hold_together() {
        let people = People::default();
        let all: Vec<Listed> = (1..5).map(|n| listed(n, "Anna Berg")).collect();
        people.update(1, &[], all);
        let wanted = Wanted::of("berg", Remit::All);
        let page = |after, limit| people.ask(|directory| directory.page(&wanted, after, limit));
        let first = page(None, 2);
        assert_eq!([first.clone(), page(first.last().copied(), 9)].concat(), page(None, 9));
        assert_eq!(page(Some(listed(9, "x").id), 9), [], "nobody is after one who is not there");
        let count = |wanted: &Wanted<'_>| people.ask(|directory| directory.count(wanted));
        assert_eq!(
            count(&Wanted {
                competence: Some(CompetenceKind::Cpr),
                vetting: Some("applied"),
                ..Wanted::of("anna", Remit::All)
            }),
            4
        );
        assert_eq!(count(&Wanted { vetting: Some("approved"), ..Wanted::of("anna", Remit::All) }), 0);
        assert_eq!(count(&Wanted::of("", Remit::County("01".parse().unwrap()))), 0);
    }
}
