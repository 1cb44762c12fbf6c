//! Every word that people read, in their language: the Fluent files under `locales/`, compiled in.

use std::borrow::Cow;
use std::collections::HashMap;

use certus_registry::Language;
use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{LanguageIdentifier, Loader, langid, static_loader};

static_loader! {
    static LOCALES = {
        locales: "./locales",
        fallback_language: "sv",
        // Isolation marks would cost characters in text messages and show up as boxes on old phones.
        customise: |bundle| bundle.set_use_isolating(false),
    };
}

const SWEDISH: LanguageIdentifier = langid!("sv");
const ENGLISH: LanguageIdentifier = langid!("en");

/// The text under `key` with its arguments filled in; Swedish where a translation is missing (a test keeps the
/// languages equal).
#[must_use]
pub fn text(language: Language, key: &str, arguments: &[(&'static str, FluentValue<'_>)]) -> String {
    let language = match language {
        Language::Swedish => &SWEDISH,
        Language::English => &ENGLISH,
    };
    let arguments: HashMap<Cow<'static, str>, FluentValue<'_>> =
        arguments.iter().map(|(name, value)| (Cow::Borrowed(*name), value.clone())).collect();
    LOCALES.lookup_with_args(language, key, &arguments)
}

/// A text for many people at once: looked up once, and filled in for each.
#[derive(Debug)]
pub struct Wording<const N: usize>(String);

/// Stands where the first argument goes, the next character where the second does: of those that mean nothing (Unicode, private use).
const FIRST_PLACE: char = '\u{e000}';

impl<const N: usize> Wording<N> {
    /// The text under `key` with a place for each of these arguments.
    #[must_use]
    pub fn new(language: Language, key: &str, names: [&'static str; N]) -> Self {
        let arguments: Vec<_> = names.into_iter().zip(FIRST_PLACE..).map(in_place).collect();
        Self(text(language, key, &arguments))
    }

    /// With these values in the places, in the order of the names.
    #[must_use]
    pub fn fill(&self, values: [&str; N]) -> String {
        let mut filled = String::with_capacity(2 * self.0.len());
        for part in self.0.split_inclusive(|c| Self::place(c).is_some()) {
            let last = part.char_indices().next_back();
            if let Some((at, place)) = last.and_then(|(at, c)| Some((at, Self::place(c)?))) {
                filled.push_str(&part[..at]);
                filled.push_str(values[place]);
            } else {
                filled.push_str(part);
            }
        }
        filled
    }

    fn place(c: char) -> Option<usize> {
        let place = u32::from(c).checked_sub(u32::from(FIRST_PLACE))? as usize;
        (place < N).then_some(place)
    }
}

fn in_place((name, place): (&'static str, char)) -> (&'static str, FluentValue<'static>) {
    (name, place.to_string().into())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// What a text wants filled in, by its file and key.
    type Wanted = BTreeMap<(String, String), BTreeSet<String>>;

    #[test]
    fn a_text_is_filled_in_without_isolation_marks() {
        let ambulance = |language| text(language, "sms-ambulance", &[("minutes", "24".into())]);
        assert_eq!(ambulance(Language::Swedish), ", ambulans 24 min");
        assert_eq!(ambulance(Language::English), ", ambulance 24 min");
    }

    #[test]
    fn a_wording_says_what_the_text_would_have_said() {
        let values = [("event", "Brand"), ("place", "Å \u{e001}"), ("minutes", "7"), ("ambulance", "")];
        let values = values.into_iter().chain([("code", " 2"), ("link", "https://x/c/y")]);
        let (names, said): (Vec<_>, Vec<_>) = values.unzip();
        for &language in Language::ALL {
            let arguments: Vec<_> =
                names.iter().copied().zip(said.iter().map(|value| (*value).into())).collect();
            let wording = Wording::<6>::new(language, "sms-call-out", names.clone().try_into().unwrap());
            let filled = wording.fill(said.clone().try_into().unwrap());
            assert_eq!(filled, text(language, "sms-call-out", &arguments));
        }
    }

    #[test]
    fn every_language_has_the_same_files_keys_and_arguments() {
        let swedish = wanted("sv");
        assert!(!swedish.is_empty(), "no Swedish text was found");
        for language in Language::ALL {
            let found = wanted(language.as_str());
            for (key, arguments) in &swedish {
                assert_eq!(found.get(key), Some(arguments), "{language}: {key:?}");
            }
            for key in found.keys() {
                assert!(swedish.contains_key(key), "{language} has {key:?}, Swedish has not");
            }
        }
    }

    #[test]
    fn arguments_are_found_on_every_line_of_a_text_and_not_in_comments() {
        let source = "# $no\na = x { $b }\n    .t = { $c ->\n   *[other] { $d-e }\n }\nf = g\n";
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let expected = [("a".to_owned(), set(&["b", "c", "d-e"])), ("f".to_owned(), set(&[]))];
        assert_eq!(texts(source), BTreeMap::from(expected));
    }

    fn wanted(language: &str) -> Wanted {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(language);
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.flat_map(|path| of_file(&path)).collect()
    }

    fn of_file(path: &PathBuf) -> Wanted {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        let texts = texts(&fs::read_to_string(path).unwrap());
        texts.into_iter().map(|(key, arguments)| ((file.clone(), key), arguments)).collect()
    }

    /// Keys begin a line; whatever follows indented belongs to them.
    fn texts(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let mut found = BTreeMap::new();
        let mut current = String::new();
        for line in source.lines().filter(|line| !line.starts_with('#')) {
            if let Some((key, _)) = line.split_once('=').filter(|_| line.starts_with(char::is_alphabetic)) {
                key.trim().clone_into(&mut current);
                assert!(found.insert(current.clone(), BTreeSet::new()).is_none(), "{current} stands twice");
            }
            found.entry(current.clone()).or_default().extend(arguments(line));
        }
        found.remove(""); // blank lines at the top
        found
    }

    fn arguments(line: &str) -> impl Iterator<Item = String> {
        let is_name = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        line.split('$').skip(1).map(move |rest| rest.chars().take_while(is_name).collect())
    }
}
