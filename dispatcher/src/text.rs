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
    use super::*;

    #[test]
    fn a_text_is_filled_in_without_isolation_marks() {
        let ambulance = |language| text(language, "sms-ambulance", &[("minutes", "24".into())]);
        assert_eq!(ambulance(Language::Swedish), ", ambulans 24 min");
        assert_eq!(ambulance(Language::English), ", ambulance 24 min");
    }
}
