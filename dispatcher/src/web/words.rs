//! The words that the console's scripts write, from the Fluent files, as JSON for the template.
//!
//! A placeholder stays one: `{ $n }` is filled in as `{n}`, and the script puts the number there.

use certus_registry::{EventType, Language};
use serde_json::{Map, Value};

use super::page::event_key;
use crate::text::text;

/// Keys with their placeholders.
#[rustfmt::skip]
const WORDS: &[(&str, &[&str])] = &[
    ("console-live", &[]),
    ("console-not-live", &[]),
    ("console-lost", &["time"]),
    ("console-no-answer", &[]),
    ("console-ways-push-out", &["names", "others"]),
    ("console-ways-push-lost", &["names"]),
    ("console-ways-sms-out", &["names", "others"]),
    ("console-ways-sms-lost", &["names"]),
    ("console-ways-voice-out", &["names", "others"]),
    ("console-ways-voice-lost", &["names"]),
    ("console-ways-waiting", &["time"]),
    ("console-none-open", &[]),
    ("console-no-point", &[]),
    ("console-outside-area", &[]),
    ("console-near", &["km", "place"]),
    ("console-choose-type", &[]),
    ("console-choose-place", &[]),
    ("console-choose-point", &[]),
    ("console-minutes-wrong", &[]),
    ("console-group-wrong", &["max"]),
    ("console-map-sources", &[]),
    ("list-map-group", &["n"]),
    ("console-count-asked", &["n"]),
    ("console-count-coming", &["n"]),
    ("console-count-on-scene", &["n"]),
    ("console-ambulance", &[]),
    ("console-ambulance-unknown", &[]),
    ("console-unknown", &[]),
    ("console-now", &[]),
    ("console-in-minutes", &["n"]),
    ("console-about-minutes", &["n"]),
    ("console-said-minutes", &["n"]),
    ("console-late", &["n"]),
    ("console-of", &["n", "of"]),
    ("console-fact-raised", &[]),
    ("console-fact-group", &[]),
    ("console-fact-coming", &[]),
    ("console-fact-on-scene", &[]),
    ("console-fact-certainty", &[]),
    ("console-fact-ambulance", &[]),
    ("console-fact-detail", &[]),
    ("console-fact-position", &[]),
    ("console-fact-caller", &[]),
    ("console-from-place", &["distance"]),
    ("console-within", &["n"]),
    ("console-confidence", &["n"]),
    ("console-method-gnss", &[]),
    ("console-method-wifi", &[]),
    ("console-method-cell", &[]),
    ("console-method-unknown", &[]),
    ("console-phase-searching", &[]),
    ("console-phase-asking", &[]),
    ("console-phase-staffed", &[]),
    ("console-phase-stood-down", &[]),
    ("console-phase-closed", &[]),
    ("console-call-outs", &[]),
    ("console-nobody-yet", &[]),
    ("console-col-name", &[]),
    ("console-col-state", &[]),
    ("console-col-expected", &[]),
    ("console-col-ambulance-diff", &[]),
    ("console-col-distance", &[]),
    ("console-col-answered", &[]),
    ("console-arrived", &["time"]),
    ("console-earlier", &["n"]),
    ("console-later", &["n"]),
    ("console-same-time", &[]),
    ("console-state-asked", &[]),
    ("console-state-seen", &[]),
    ("console-state-accepted", &[]),
    ("console-state-departed", &[]),
    ("console-state-on-scene", &[]),
    ("console-state-done", &[]),
    ("console-state-declined", &[]),
    ("console-state-timed-out", &[]),
    ("console-state-undeliverable", &[]),
    ("console-state-unavailable", &[]),
    ("console-state-released", &[]),
    ("console-mode-foot", &[]),
    ("console-mode-bicycle", &[]),
    ("console-mode-car", &[]),
    ("console-mode-snowmobile", &[]),
    ("console-mode-boat", &[]),
    ("console-no-search", &[]),
    ("console-search", &["n", "time"]),
    ("console-search-model", &["model"]),
    ("console-search-policy", &["version"]),
    ("console-search-limit", &["n"]),
    ("console-search-unlisted", &["n"]),
    ("console-was-chosen", &[]),
    ("console-was-passed", &[]),
    ("roads-none", &[]),
    ("roads-never-set", &[]),
    ("roads-set-by", &["name", "time"]),
    ("roads-changed", &["name", "time"]),
    ("roads-changed-edits", &["name", "time"]),
    ("roads-unsaved", &["n"]),
    ("roads-saved", &["time"]),
    ("roads-until-time", &["time"]),
    ("roads-open-ended", &[]),
    ("roads-remove", &[]),
    ("roads-undo", &[]),
    ("roads-is-added", &[]),
    ("roads-is-removed", &[]),
    ("roads-factor-was", &["n"]),
    ("roads-factor-wrong", &[]),
    ("roads-choose-point", &[]),
    ("roads-radius-wrong", &[]),
    ("roads-reason-missing", &[]),
    ("roads-until-past", &[]),
];

/// The placeholders as the scripts know them.
fn placeholder(name: &str) -> &'static str {
    match name {
        "n" => "{n}",
        "of" => "{of}",
        "km" => "{km}",
        "place" => "{place}",
        "time" => "{time}",
        "name" => "{name}",
        "names" => "{names}",
        "max" => "{max}",
        "others" => "{others}",
        "model" => "{model}",
        "version" => "{version}",
        "distance" => "{distance}",
        _ => "?",
    }
}

/// A JSON object of every key with its text.
pub(super) fn json(language: Language) -> String {
    let words = WORDS.iter().map(|(key, names)| {
        let arguments: Vec<_> = names.iter().map(|name| (*name, placeholder(name).into())).collect();
        ((*key).to_owned(), Value::String(text(language, key, &arguments)))
    });
    let events = EventType::ALL.iter().map(|event| {
        let key = event_key(*event);
        let words = text(language, &key, &[]);
        (key, Value::String(words))
    });
    Value::Object(words.chain(events).collect::<Map<_, _>>()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_scripts_exists_and_keeps_its_placeholders() {
        for language in [Language::Swedish, Language::English] {
            let words: Map<String, Value> = serde_json::from_str(&json(language)).unwrap();
            for (key, names) in WORDS {
                let words = words[*key].as_str().unwrap();
                assert!(!words.contains(key) && !words.contains("{?}"), "{language} {key}: {words}");
                for name in *names {
                    assert!(words.contains(&format!("{{{name}}}")), "{language} {key}: {words}");
                }
            }
        }
    }

    #[test]
    fn the_scripts_use_no_word_that_is_not_sent() {
        let scripts = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/web/src")).unwrap();
        for script in scripts {
            let source = std::fs::read_to_string(script.unwrap().path()).unwrap();
            let is_key = |part: &&str| part.starts_with("console-") || part.starts_with("roads-");
            for used in source.split('"').filter(is_key) {
                assert!(WORDS.iter().any(|(key, _)| *key == used), "{used}");
            }
        }
    }
}
