//! The policies as a form has them: for each event type and key the words that stand there. Pure.
//!
//! What a browser sends is read by the same rules as a policy file; two sheets show what a change changes.

use std::collections::{BTreeMap, BTreeSet};

use certus_registry::{Catalogue, CompetenceKind, EventType, ResourceKind};
use serde_json::{Map, Value, json};

use super::Policies;
use crate::incident::Policy;

/// What is written in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number of people.
    Count,
    /// 0 to 100.
    Percent,
    /// Whole seconds.
    Seconds,
    /// Yes or no.
    Flag,
    /// Words of [`CompetenceKind`].
    Competences,
    /// Codes of [`ResourceKind`].
    Things,
}

/// A key of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// As the policy file spells it.
    pub key: &'static str,
    /// What stands there.
    pub kind: Kind,
}

const fn field(key: &'static str, kind: Kind) -> Field {
    Field { key, kind }
}

/// Every key of a policy, in the order of the form: whom, how many, how fast, for how long.
pub const FIELDS: [Field; 25] = [
    field("competences", Kind::Competences),
    field("wanted", Kind::Count),
    field("bring", Kind::Things),
    field("confirmed_only", Kind::Flag),
    field("fetch_s", Kind::Seconds),
    field("guides", Kind::Count),
    field("gain_min_s", Kind::Seconds),
    field("reach_max_s", Kind::Seconds),
    field("turnout_day_s", Kind::Seconds),
    field("turnout_night_s", Kind::Seconds),
    field("sure_of", Kind::Count),
    field("sure_percent", Kind::Percent),
    field("wave_size", Kind::Count),
    field("wave_timeout_s", Kind::Seconds),
    field("asked_max", Kind::Count),
    field("search_again_s", Kind::Seconds),
    field("rest_s", Kind::Seconds),
    field("sms_after_s", Kind::Seconds),
    field("voice_after_s", Kind::Seconds),
    field("receipt_stops", Kind::Flag),
    field("alert_valid_s", Kind::Seconds),
    field("overdue_s", Kind::Seconds),
    field("after_care_s", Kind::Seconds),
    field("closing_s", Kind::Seconds),
    field("life_max_s", Kind::Seconds),
];

/// The word of a flag that is set.
const SET: &str = "yes";

/// The words in every field. A number is one word; a flag is one word or none; lists are in the order of their vocabulary, codes in that of the alphabet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet(BTreeMap<(EventType, &'static str), Vec<String>>);

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// In whose section.
    pub event: EventType,
    /// Which key.
    pub key: &'static str,
    /// What was expected.
    pub why: Why,
}

/// What was expected in a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A whole number.
    NoNumber,
    /// A number, or so many words, within these bounds.
    Bounds {
        /// The lowest.
        low: u32,
        /// The highest.
        high: u32,
    },
    /// Things that can be brought, by the catalogue.
    NotBrought {
        /// What cannot.
        kind: ResourceKind,
    },
}

impl Sheet {
    /// What stands in the policies.
    ///
    /// # Panics
    /// Never: policies are plain numbers and words.
    #[must_use]
    pub fn of(policies: &Policies) -> Self {
        let written = |event: &EventType| {
            let Value::Object(section) =
                serde_json::to_value(policies.of(*event)).expect("numbers and words")
            else {
                unreachable!("a policy is a table")
            };
            FIELDS.map(|field| ((*event, field.key), words(field.kind, section.get(field.key))))
        };
        Self(EventType::ALL.iter().flat_map(written).collect())
    }

    /// What a browser sent: pairs of `event.key` and a word. What no field is called is left out.
    #[must_use]
    pub fn typed(pairs: &[(String, String)]) -> Self {
        let mut sent: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, word) in pairs {
            sent.entry(name).or_default().push(word.trim());
        }
        let read = |event: &EventType| {
            FIELDS.map(|field| {
                let words = sent.get(format!("{event}.{}", field.key).as_str());
                ((*event, field.key), in_order(field.kind, words.map_or(&[], Vec::as_slice)))
            })
        };
        Self(EventType::ALL.iter().flat_map(read).collect())
    }

    /// The words in one field.
    #[must_use]
    pub fn at(&self, event: EventType, key: &'static str) -> &[String] {
        self.0.get(&(event, key)).map_or(&[], Vec::as_slice)
    }

    /// Whether a word stands in a field.
    #[must_use]
    pub fn has(&self, event: EventType, key: &'static str, word: &str) -> bool {
        self.at(event, key).iter().any(|one| one == word)
    }

    /// The fields in which the other says something else, in the order of the form.
    #[must_use]
    pub fn differs(&self, other: &Self) -> Vec<(EventType, Field)> {
        let all = EventType::ALL.iter().flat_map(|event| FIELDS.map(|field| (*event, field)));
        all.filter(|(event, field)| self.at(*event, field.key) != other.at(*event, field.key)).collect()
    }

    /// What was typed on top of what has come into force since: a field that was left as it stood in `was` says what it says `now`.
    #[must_use]
    pub fn onto(self, was: &Self, now: &Self) -> Self {
        let merged = self.0.into_iter().map(|((event, key), words)| {
            let untouched = words == was.at(event, key);
            ((event, key), if untouched { now.at(event, key).to_vec() } else { words })
        });
        Self(merged.collect())
    }

    /// The policies that it says, under this version and by this catalogue.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn read(&self, version: &str, kinds: &Catalogue) -> Result<Policies, Vec<Wrong>> {
        let (mut by_event, mut wrong) = (BTreeMap::new(), Vec::new());
        for event in EventType::ALL {
            match self.section(*event, version, kinds) {
                Ok(policy) => drop(by_event.insert(*event, policy)),
                Err(faults) => wrong.extend(faults),
            }
        }
        if wrong.is_empty() { Ok(Policies { version: version.to_owned(), by_event }) } else { Err(wrong) }
    }

    fn section(&self, event: EventType, version: &str, kinds: &Catalogue) -> Result<Policy, Vec<Wrong>> {
        let (mut section, mut wrong) = (Map::new(), Vec::new());
        section.insert("version".to_owned(), version.into());
        for Field { key, kind } in FIELDS {
            match value(kind, self.at(event, key)) {
                Some(value) => drop(section.insert(key.to_owned(), value)),
                None => wrong.push(Wrong { event, key, why: Why::NoNumber }),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let policy: Policy =
            serde_json::from_value(section.into()).expect("every key has a value of its kind");
        let missing = policy.bring.iter().find(|kind| !kinds.may_be_brought(**kind));
        let missing = missing.map(|kind| Wrong { event, key: "bring", why: Why::NotBrought { kind: *kind } });
        let faults: Vec<Wrong> = policy
            .wrong()
            // What depends on another field that is wrong itself cannot be right; that one is said.
            .filter(|error| error.low <= error.high)
            .filter_map(|error| {
                // A list is named with "(how many)" behind it.
                let named = error.key.split(' ').next().unwrap_or_default();
                let key = FIELDS.iter().find(|field| field.key == named)?.key;
                Some(Wrong { event, key, why: Why::Bounds { low: error.low, high: error.high } })
            })
            .chain(missing)
            .collect();
        if faults.is_empty() { Ok(policy) } else { Err(faults) }
    }
}

/// The words of a value as serde writes it; a key that it leaves out is nothing.
fn words(kind: Kind, value: Option<&Value>) -> Vec<String> {
    let number = |value: Option<&Value>| vec![value.and_then(Value::as_u64).unwrap_or(0).to_string()];
    let list: Vec<&str> =
        value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    match kind {
        Kind::Count | Kind::Percent | Kind::Seconds => number(value),
        Kind::Flag => in_order(kind, if value == Some(&Value::Bool(true)) { &[SET] } else { &[] }),
        Kind::Competences | Kind::Things => in_order(kind, &list),
    }
}

/// The words that a field of this kind may have, once each and in the order of their vocabulary.
fn in_order(kind: Kind, words: &[&str]) -> Vec<String> {
    let said: BTreeSet<&str> = words.iter().copied().collect();
    let of = |all: Vec<&'static str>| {
        all.into_iter().filter(|word| said.contains(word)).map(str::to_owned).collect()
    };
    match kind {
        Kind::Count | Kind::Percent | Kind::Seconds => {
            vec![words.first().copied().unwrap_or_default().to_owned()]
        }
        Kind::Flag => of(vec![SET]),
        Kind::Competences => of(CompetenceKind::ALL.iter().map(|kind| kind.as_str()).collect()),
        // Whether there is such a kind, the catalogue knows when it is read.
        Kind::Things => {
            let codes: BTreeSet<ResourceKind> = said.iter().filter_map(|word| word.parse().ok()).collect();
            codes.iter().map(ResourceKind::to_string).collect()
        }
    }
}

/// The value that words say; none where a number was expected.
fn value(kind: Kind, words: &[String]) -> Option<Value> {
    let first = words.first().map_or("", String::as_str);
    Some(match kind {
        // What does not fit into the key's type is out of its bounds, too.
        Kind::Count | Kind::Percent => json!(number(first)?.min(u16::MAX.into())),
        Kind::Seconds => json!(number(first)?),
        Kind::Flag => json!(first == SET),
        Kind::Competences | Kind::Things => json!(words),
    })
}

/// Digits as a number; more of them than fit are the largest.
fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(sheet: &Sheet) -> Vec<(String, String)> {
        let all = EventType::ALL.iter().flat_map(|event| FIELDS.map(|field| (*event, field.key)));
        all.flat_map(|(event, key)| {
            sheet.at(event, key).iter().map(move |word| (format!("{event}.{key}"), word.clone()))
        })
        .collect()
    }

    #[test]
    fn every_key_of_a_policy_is_a_field() {
        let policies = Policies::embedded();
        let mut policy = policies.of(EventType::CardiacArrest).clone();
        (policy.confirmed_only, policy.rest) = (true, crate::incident::Seconds(1)); // left out when they say nothing
        let Value::Object(section) = serde_json::to_value(policy).unwrap() else { panic!("a table") };
        let mut keys: Vec<&str> =
            section.keys().map(String::as_str).filter(|key| *key != "version").collect();
        let mut fields = FIELDS.map(|field| field.key);
        keys.sort_unstable();
        fields.sort_unstable();
        assert_eq!(keys, fields);
    }

    #[test]
    fn what_a_form_shows_and_sends_back_is_the_same_policies() {
        let policies = Policies::embedded();
        let sheet = Sheet::of(&policies);
        let sent = Sheet::typed(&pairs(&sheet));
        assert_eq!(sent, sheet);
        let read = sent.read(policies.version(), &Catalogue::default()).unwrap();
        assert_eq!(Sheet::of(&read), sheet);
        assert_eq!(read.of(EventType::Fire), policies.of(EventType::Fire));
    }

    #[test]
    fn what_is_changed_is_found_field_by_field_and_what_is_wrong_is_named() {
        let (sheet, kinds) = (Sheet::of(&Policies::embedded()), Catalogue::default());
        let hydrocopter = "hydrocopter".parse().unwrap();
        let with = |name: &str, words: &[&str]| {
            let mut pairs = pairs(&sheet);
            pairs.retain(|(key, _)| key != name);
            pairs.extend(words.iter().map(|word| (name.to_owned(), (*word).to_owned())));
            Sheet::typed(&pairs)
        };
        let table = [
            ("fire.wanted", vec!["5"], Ok("wanted")),
            ("fire.competences", vec!["first_aid", "nobody", "cpr"], Ok("competences")),
            ("fire.receipt_stops", vec![], Ok("receipt_stops")),
            ("fire.wanted", vec!["four"], Err(Why::NoNumber)),
            ("fire.wanted", vec!["0"], Err(Why::Bounds { low: 1, high: 50 })),
            ("fire.wanted", vec![], Err(Why::NoNumber)),
            ("fire.wanted", vec!["-1"], Err(Why::NoNumber)),
            ("fire.wanted", vec!["99999999999"], Err(Why::Bounds { low: 1, high: 50 })),
            ("fire.rest_s", vec!["172801"], Err(Why::Bounds { low: 0, high: 172_800 })),
            ("fire.bring", vec!["aed", "boat", "atv", "drone"], Err(Why::Bounds { low: 0, high: 3 })),
            ("fire.bring", vec!["hydrocopter"], Err(Why::NotBrought { kind: hydrocopter })),
            ("fire.bring", vec!["shelter"], Err(Why::NotBrought { kind: "shelter".parse().unwrap() })),
        ];
        for (name, words, expected) in table {
            let changed = with(name, &words);
            let key = name.split('.').nth(1).unwrap();
            match expected {
                Ok(key) => {
                    let differs: Vec<_> = changed
                        .differs(&sheet)
                        .into_iter()
                        .map(|(event, field)| (event, field.key))
                        .collect();
                    assert_eq!(differs, [(EventType::Fire, key)], "{name}");
                    assert_eq!(changed.read("2", &kinds).unwrap().version(), "2", "{name}");
                }
                Err(why) => {
                    let wrong = changed.read("2", &kinds).unwrap_err();
                    assert_eq!(wrong.len(), 1, "{name}: {wrong:?}");
                    let found =
                        wrong.iter().find(|wrong| wrong.key == key).map(|wrong| (wrong.event, wrong.why));
                    assert_eq!(found, Some((EventType::Fire, why)), "{name}: {wrong:?}");
                }
            }
        }
    }
}
