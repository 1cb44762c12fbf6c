//! Who may be in the registry twice: by name and year of birth, or by a number that differs in its country alone. Pure; whether two
//! are one, an official decides.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::fold::fold;
use crate::vocabulary::vocabulary;
use crate::volunteer::{Competence, PersonName};
use crate::{BirthYear, Duty, Phone, Volunteer, VolunteerId};

/// Of people with one name, so many are compared with each other: more are no slip but a common name.
const NAMESAKES_MAX: usize = 20;
/// Digits by which a number is told apart within a country, at its end: a Swedish mobile number without its 0.
const NATIONAL_DIGITS: usize = 9;

vocabulary!(
    /// Why two look like one; the strongest reason first.
    Likeness, "likeness" {
        /// The name, however it is written, and the year of birth.
        NameAndYear = "name_and_year",
        /// The number, but for its country.
        Number = "number",
        /// The name; of one or both no year of birth is known.
        Name = "name",
    }
);

/// What people are told apart by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Face {
    /// Who.
    pub id: VolunteerId,
    /// Their name.
    pub name: PersonName,
    /// When they were born.
    pub birth_year: Option<BirthYear>,
    /// Their number.
    pub phone: Phone,
}

impl From<&Volunteer> for Face {
    fn from(person: &Volunteer) -> Self {
        let Volunteer { id, name, birth_year, phone, .. } = person;
        Self { id: *id, name: name.clone(), birth_year: *birth_year, phone: phone.clone() }
    }
}

/// Two who may be one, in the order of their identifiers.
pub type Pair = (VolunteerId, VolunteerId);

/// Two in the order of their identifiers.
#[must_use]
pub fn pair(one: VolunteerId, other: VolunteerId) -> Pair {
    (one.min(other), one.max(other))
}

/// People by what they are told apart by.
#[derive(Debug, Default)]
pub struct Faces {
    all: Vec<Face>,
    by_name: HashMap<String, Vec<usize>>,
    by_number: HashMap<String, Vec<usize>>,
}

impl Faces {
    /// These people.
    #[must_use]
    pub fn of(all: Vec<Face>) -> Self {
        let (mut by_name, mut by_number) = (HashMap::new(), HashMap::new());
        for (at, face) in all.iter().enumerate() {
            by_name.entry(name_key(face.name.as_str())).or_insert_with(Vec::new).push(at);
            by_number.entry(national(&face.phone).to_owned()).or_insert_with(Vec::new).push(at);
        }
        Self { all, by_name, by_number }
    }

    /// Whom somebody looks like most, but themselves.
    #[must_use]
    pub fn like(&self, face: &Face) -> Option<(Likeness, &Face)> {
        let name = self.by_name.get(&name_key(face.name.as_str()));
        let number = self.by_number.get(national(&face.phone));
        let near = name.into_iter().flatten().chain(number.into_iter().flatten()).map(|at| &self.all[*at]);
        let others = near.filter(|other| other.id != face.id);
        let alike = others.filter_map(|other| Some((alike(face, other)?, other)));
        alike.min_by_key(|(likeness, other)| (*likeness, other.id))
    }

    /// The pairs who may be one, but those in `not_same`; the strongest reason first.
    #[must_use]
    pub fn pairs(&self, not_same: &HashSet<Pair>) -> Vec<(Likeness, Pair)> {
        let groups = self.by_name.values().chain(self.by_number.values());
        let mut found: BTreeMap<Pair, Likeness> = BTreeMap::new();
        for group in groups {
            let group = &group[..group.len().min(NAMESAKES_MAX)];
            for (at, one) in group.iter().enumerate() {
                for other in &group[at + 1..] {
                    let (one, other) = (&self.all[*one], &self.all[*other]);
                    let both = pair(one.id, other.id);
                    if let Some(likeness) = alike(one, other).filter(|_| !not_same.contains(&both)) {
                        found.insert(both, likeness);
                    }
                }
            }
        }
        let sorted: BTreeSet<_> = found.into_iter().map(|(both, likeness)| (likeness, both)).collect();
        sorted.into_iter().collect()
    }
}

/// Whether two look like one. People of one name who were born in different years are two.
#[must_use]
pub fn alike(one: &Face, other: &Face) -> Option<Likeness> {
    let is_number = national(&one.phone) == national(&other.phone);
    let by_number = is_number.then_some(Likeness::Number);
    if name_key(one.name.as_str()) != name_key(other.name.as_str()) {
        return by_number;
    }
    match (one.birth_year, other.birth_year) {
        (Some(year), Some(same)) if year == same => Some(Likeness::NameAndYear),
        (Some(_), Some(_)) => by_number,
        (None, _) | (_, None) => Some(by_number.unwrap_or(Likeness::Name)),
    }
}

/// A name however it is written: in small letters, å, ä and ö kept apart from a and o, other marks, hyphens and doubled spaces
/// left out, given and family name in any order.
#[must_use]
pub fn name_key(name: &str) -> String {
    let mut letters = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match (letter, letters.chars().last()) {
            ('å' | 'ä' | 'ö', _) => letters.push(letter),
            // Marks that are written behind their letter, as some systems do (Unicode, NFD).
            ('\u{30a}', Some('a')) => replace_last(&mut letters, 'å'),
            ('\u{308}', Some('a')) => replace_last(&mut letters, 'ä'),
            ('\u{308}', Some('o')) => replace_last(&mut letters, 'ö'),
            ('\u{300}'..='\u{36f}' | '\'' | '’', _) => {}
            _ => match fold(letter.encode_utf8(&mut [0; 4])).as_str() {
                "" => letters.push(' '),
                folded => letters.push_str(folded),
            },
        }
    }
    let mut words: Vec<&str> = letters.split_whitespace().collect();
    words.sort_unstable();
    words.join(" ")
}

fn replace_last(letters: &mut String, with: char) {
    letters.pop();
    letters.push(with);
}

/// The end of a number that is the same whatever country is written before it.
fn national(phone: &Phone) -> &str {
    let digits = phone.as_str().trim_start_matches('+');
    &digits[digits.len().saturating_sub(NATIONAL_DIGITS)..]
}

/// Whoever is kept when two are one: as they are, with what only the other's record says. Of vetting, plan and number, those of the
/// kept hold; but whoever has written STOPP from either number has written it.
#[must_use]
pub fn merged(kept: Volunteer, gone: &Volunteer) -> Volunteer {
    let mut languages = kept.languages;
    languages
        .extend(gone.languages.iter().filter(|one| !languages.contains(one)).copied().collect::<Vec<_>>());
    let mut modes = kept.modes;
    modes.extend(gone.modes.iter().filter(|one| !modes.contains(one)).copied().collect::<Vec<_>>());
    let mut competences = kept.competences;
    for more in &gone.competences {
        match competences.iter_mut().find(|held| held.kind == more.kind) {
            Some(held) => *held = longer(*held, *more),
            None => competences.push(*more),
        }
    }
    Volunteer {
        languages,
        modes,
        competences,
        birth_year: kept.birth_year.or(gone.birth_year),
        home: kept.home.or(gone.home),
        organisation: kept.organisation.or(gone.organisation),
        duty: if gone.duty == Duty::Stopped { Duty::Stopped } else { kept.duty },
        ..kept
    }
}

fn longer(one: Competence, other: Competence) -> Competence {
    let lasts = match (one.expires, other.expires) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(one), Some(other)) => other <= one,
    };
    if lasts { one } else { other }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Random, Timestamp};

    fn face(n: u64, name: &str, year: Option<i64>, phone: &str) -> Face {
        Face {
            id: VolunteerId::new(Timestamp::from_millis(0), &Random::from_seed(n)),
            name: name.parse().unwrap(),
            birth_year: year.map(|year| year.try_into().unwrap()),
            phone: phone.parse().unwrap(),
        }
    }

    #[test]
    fn a_name_is_the_same_however_it_is_written_and_å_is_no_a() {
        let same = ["Anna-Lena Åsén", "ANNA LENA  ÅSÉN", "Åsen, Anna Lena", "A\u{30a}sén Anna-Lena"];
        for name in same {
            assert_eq!(name_key(name), "anna lena åsen", "{name}");
        }
        assert_eq!(name_key("O’Brien Sara"), name_key("Sara O'Brien"));
        for (one, other) in [("Åsa Berg", "Asa Berg"), ("Bo Ek", "Bo Ök"), ("Bo Ek", "Bo Eks")] {
            assert_ne!(name_key(one), name_key(other));
        }
    }

    #[test]
    fn two_look_like_one_by_name_and_year_or_by_number() {
        let anna = face(1, "Anna Berg", Some(1971), "+46701740605");
        let table = [
            (face(2, "Berg Anna", Some(1971), "+46701740606"), Some(Likeness::NameAndYear)),
            (face(2, "Anna Berg", None, "+46701740606"), Some(Likeness::Name)),
            (face(2, "Anna Berg", Some(1972), "+46701740606"), None),
            (face(2, "A. Berg", Some(1972), "+47701740605"), Some(Likeness::Number)),
            (face(2, "Anna Berg", Some(1972), "+4646701740605"), Some(Likeness::Number)),
            (face(2, "Bo Berg", Some(1971), "+46701740606"), None),
        ];
        for (other, expected) in table {
            assert_eq!(alike(&anna, &other), expected, "{other:?}");
            assert_eq!(alike(&other, &anna), expected);
        }
    }

    #[test]
    fn pairs_come_once_the_strongest_first_and_not_those_who_are_known_to_be_two() {
        let all = vec![
            face(1, "Bo Ek", None, "+46701740601"),
            face(2, "Ek Bo", None, "+46701740602"),
            face(3, "Anna Berg", Some(1971), "+46701740605"),
            face(4, "Anna Berg", Some(1971), "+47701740605"),
        ];
        let [bo, ek, anna, berg] = [0, 1, 2, 3].map(|at: usize| all[at].id);
        let faces = Faces::of(all);
        let found = faces.pairs(&HashSet::new());
        assert_eq!(found, [(Likeness::NameAndYear, pair(anna, berg)), (Likeness::Name, pair(bo, ek))]);
        let left = faces.pairs(&HashSet::from([pair(berg, anna)]));
        assert_eq!(left, [(Likeness::Name, pair(bo, ek))]);
        let newcomer = face(9, "Berg, Anna", None, "+46701740609");
        assert_eq!(faces.like(&newcomer).map(|(why, _)| why), Some(Likeness::Name));
        assert_eq!(faces.like(&face(9, "Dag Alm", None, "+46701740609")), None);
    }
}
