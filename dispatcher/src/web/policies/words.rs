//! What stands in a field of the policies, in words.

use certus_registry::{Catalogue, Language, ResourceKind};

use crate::policies::{Field, Kind};
use crate::text::text;
use crate::web::page::word;

/// What stands in a field.
pub(super) fn said(language: Language, kinds: &Catalogue, field: Field, words: &[String]) -> String {
    let first = words.first().map_or("", String::as_str);
    let list = |named: &dyn Fn(&String) -> String, none: &str| {
        if words.is_empty() {
            return text(language, none, &[]);
        }
        words.iter().map(named).collect::<Vec<_>>().join(", ")
    };
    match field.kind {
        Kind::Count => first.to_owned(),
        Kind::Percent => format!("{first} %"),
        Kind::Seconds => span(first.parse().unwrap_or(0)),
        Kind::Flag => text(language, if words.is_empty() { "policies-no" } else { "policies-yes" }, &[]),
        Kind::Competences => list(&|one| word(language, "competence", one), "policies-anybody"),
        Kind::Things => {
            let named = |one: &String| kinds.named(one).map(|kind| kind.name.within(language).to_owned());
            list(&|one| named(one).unwrap_or_else(|_| one.clone()), "policies-nothing")
        }
    }
}

/// That a kind cannot be brought, and where to look.
pub(super) fn not_brought(language: Language, kinds: &Catalogue, kind: ResourceKind) -> String {
    let name = kinds.get(kind).map_or(kind.as_str(), |entry| entry.name.within(language));
    text(language, "policies-wrong-not-brought", &[("kind", name.into())])
}

/// Seconds as people say them.
fn span(seconds: u32) -> String {
    let parts = [(seconds / 3_600, "h"), (seconds / 60 % 60, "min"), (seconds % 60, "s")];
    let said: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, unit)| format!("{count} {unit}")).collect();
    if said.is_empty() { "0 s".to_owned() } else { said.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::span;

    #[test]
    fn a_span_is_said_in_hours_minutes_and_seconds() {
        let table =
            [(0, "0 s"), (90, "1 min 30 s"), (1_800, "30 min"), (5_400, "1 h 30 min"), (259_200, "72 h")];
        for (seconds, expected) in table {
            assert_eq!(span(seconds), expected);
        }
    }
}
