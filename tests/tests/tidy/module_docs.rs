//! Every module says on top why it exists. Unit tests beside the code are exempt: their names speak.

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

fn undocumented(source: &Source) -> Option<Finding> {
    let first = source.text.lines().next().unwrap_or_default();
    let documented = first.strip_prefix("//!").is_some_and(|doc| !doc.trim().is_empty());
    let exempt = !source.path.starts_with("tests/") && source.is_unit_tests();
    (!documented && !exempt)
        .then(|| Finding::new(&source.path, 1, format!("{first:?}"), "a `//!` doc on the first line"))
}

#[test]
fn every_module_begins_with_its_doc() {
    assert_none(source::rust().iter().filter_map(undocumented));
}

#[test]
fn a_module_without_a_doc_is_found() {
    let table = [
        ("//! Why.\n", true),
        ("use std::fmt;\n", false),
        ("", false),
        ("//!\n", false),
        ("/// No.\n", false),
    ];
    for (text, good) in table {
        let found = undocumented(&Source::new("registry/src/a.rs", text));
        assert_eq!(found.is_none(), good, "{text:?} gave {found:?}");
    }
    assert_eq!(undocumented(&Source::new("registry/src/a/tests.rs", "use super::*;")), None);
    assert!(undocumented(&Source::new("tests/tests/contract/a.rs", "use super::*;")).is_some());
}
