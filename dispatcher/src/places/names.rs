//! Names of places, found by what somebody typed of them: by trigrams of the letters without their marks.

use std::collections::HashMap;

use certus_registry::Position;
use certus_registry::fold::fold;
use serde::{Deserialize, Serialize};

/// A place that has a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    /// Its name: a village, a lake, an address.
    pub name: String,
    /// Where that is: the municipality, a postal town; may be empty.
    pub within: String,
    /// What it is, as its source says: `village`, `address`; may be empty.
    pub kind: String,
    /// The point.
    pub position: Position,
    /// Radius within which the place lies, metres.
    pub accuracy_m: u32,
}

/// Below this share of common trigrams a name has nothing to do with what was typed: half of them, so that one wrong
/// letter in a name of six (three trigrams of eight) still finds it.
const LIKENESS_MIN: f64 = 0.5;

type Trigram = [char; 3];

/// Names, ready to be searched.
#[derive(Debug, Default)]
pub struct Names {
    places: Vec<Named>,
    /// Of each place: its folded name, and how many trigrams name and surroundings have.
    folded: Vec<String>,
    /// Which places have a trigram, ascending.
    having: HashMap<Trigram, Vec<u32>>,
}

impl Names {
    /// An index of these.
    #[must_use]
    pub fn of(places: Vec<Named>) -> Self {
        let mut names =
            Self { folded: places.iter().map(|place| fold(&place.name)).collect(), ..Self::default() };
        for (number, place) in (0..).zip(&places) {
            for trigram in trigrams(&fold(&format!("{} {}", place.name, place.within)), true) {
                let having = names.having.entry(trigram).or_default();
                if having.last() != Some(&number) {
                    having.push(number);
                }
            }
        }
        names.places = places;
        names
    }

    /// The places whose names are most like `text`, the best first, at most `limit`. Among equals the shorter name is the
    /// likelier one: `Åre` before `Åre Björnen`.
    #[must_use]
    pub fn search(&self, text: &str, limit: usize) -> Vec<&Named> {
        let wanted = fold(text);
        let sought = trigrams(&wanted, false);
        if sought.is_empty() {
            return Vec::new();
        }
        let mut common: HashMap<u32, u32> = HashMap::new();
        for number in sought.iter().filter_map(|trigram| self.having.get(trigram)).flatten() {
            *common.entry(*number).or_default() += 1;
        }
        let of = f64::from(u32::try_from(sought.len()).unwrap_or(u32::MAX));
        let mut found: Vec<(f64, u8, usize, u32)> = common
            .into_iter()
            .filter_map(|(number, count)| {
                let likeness = f64::from(count) / of;
                let name = self.folded.get(number as usize)?;
                let fit = if *name == wanted { 0 } else { u8::from(!name.starts_with(&wanted)) + 1 };
                (likeness >= LIKENESS_MIN).then_some((likeness, fit, name.len(), number))
            })
            .collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)).then(a.2.cmp(&b.2)).then(a.3.cmp(&b.3)));
        found.truncate(limit);
        found.into_iter().filter_map(|(.., number)| self.places.get(number as usize)).collect()
    }
}

/// Of each word with two blanks before it; with `whole` also one blank behind, else the last word may go on.
fn trigrams(folded: &str, whole: bool) -> Vec<Trigram> {
    let mut all = Vec::new();
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    for (place, word) in words.iter().enumerate() {
        let ends = whole || place + 1 < words.len();
        let letters: Vec<char> =
            [' ', ' '].into_iter().chain(word.chars()).chain(ends.then_some(' ')).collect();
        all.extend(letters.windows(3).filter_map(|three| <Trigram>::try_from(three).ok()));
    }
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        let place = |(name, within): (&str, &str)| Named {
            name: name.to_owned(),
            within: within.to_owned(),
            kind: String::new(),
            position: Position::new(63.0, 14.0).unwrap(),
            accuracy_m: 100,
        };
        let all = [
            ("Östersund", "Östersund"),
            ("Åre", "Åre"),
            ("Åre Björnen", "Åre"),
            ("Årestaden", "Åre"),
            ("Bräcke", "Bräcke"),
            ("Backe", "Strömsund"),
            ("Storgatan 12", "831 30 Östersund"),
            ("Storgatan 12", "840 60 Bräcke"),
            ("Ljungdalen", "Berg"),
        ];
        Names::of(all.into_iter().map(place).collect())
    }

    fn first(text: &str) -> String {
        let names = names();
        names
            .search(text, 5)
            .first()
            .map_or(String::new(), |place| format!("{}, {}", place.name, place.within))
    }

    #[test]
    fn a_name_is_found_without_its_marks_and_before_it_is_whole() {
        for text in ["Östersund", "ostersund", "ÖSTERS", "östersunf"] {
            assert_eq!(first(text), "Östersund, Östersund", "{text}");
        }
        assert_eq!(first("åre"), "Åre, Åre", "the shorter of equals");
        assert_eq!(first("bracke"), "Bräcke, Bräcke");
        assert_eq!(first("ljungdaln"), "Ljungdalen, Berg");
    }

    #[test]
    fn an_address_is_found_with_its_town() {
        assert_eq!(first("storgatan 12 bräcke"), "Storgatan 12, 840 60 Bräcke");
        assert_eq!(first("storg 12 österund"), "Storgatan 12, 831 30 Östersund");
    }

    #[test]
    fn what_is_like_nothing_finds_nothing() {
        for text in ["", "  ", "xyzzy", "Göteborg"] {
            assert_eq!(first(text), "", "{text}");
        }
    }
}
