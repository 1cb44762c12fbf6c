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
