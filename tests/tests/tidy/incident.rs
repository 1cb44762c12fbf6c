//! The incident machine is pure: no async, no SQL, no clock, no randomness, nothing of the rest.
//!
//! Holds `dispatcher/src/incident/` to a list of what it may import, rather than of what it may not.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

const FOLDER: &str = "dispatcher/src/incident/";

/// Paths that may be imported or named, with everything below them.
const ALLOWED: [&str; 25] = [
    "self",
    "super",
    "crate::incident",
    "serde",
    "thiserror",
    "std::collections",
    "std::cmp",
    "std::fmt",
    "std::iter",
    "std::mem",
    "std::num",
    "std::ops",
    "std::str",
    "std::time::Duration",
    "certus_registry::CompetenceKind",
    "certus_registry::EventType",
    "certus_registry::Mode",
    "certus_registry::Position",
    // Constant but in the simulator's mutation check.
    "certus_registry::mutation",
    "certus_registry::ResourceId",
    "certus_registry::ResourceKind",
    // Assignment problems; nothing in it waits, looks at a clock or draws at random.
    "pathfinding",
    "certus_registry::Timestamp",
    "certus_registry::OrganisationId",
    "certus_registry::VolunteerId",
];
/// The macro that declares identifiers.
const ALLOWED_MACRO: &str = "certus_registry::define_id";
/// Paths that its tests may use besides.
const ALLOWED_IN_TESTS: [&str; 2] = ["certus_registry::Random", "proptest"];
/// Types that begin a path in lower case, as crates and modules do.
const PRIMITIVES: [&str; 11] =
    ["bool", "char", "f64", "i32", "i64", "str", "u16", "u32", "u64", "u8", "usize"];
/// Words that may stand nowhere, however they came into scope.
const FORBIDDEN_WORDS: [&str; 14] = [
    "async",
    "await",
    "Clock",
    "SystemClock",
    "Instant",
    "SystemTime",
    "Database",
    "Tx",
    "tokio",
    "sqlx",
    "axum",
    "reqwest",
    "rand",
    "tracing",
];
const LIMIT: &str = "a pure machine: only what tests/tests/tidy/incident.rs allows";

fn impurities(source: &Source) -> Vec<Finding> {
    let file = source.syntax();
    let mut paths = Paths::default();
    paths.visit_file(&file);
    let paths = paths.foreign().filter(|(_, path)| !is_allowed(path, source.is_unit_tests()));
    let mut words = Vec::new();
    forbidden_words(source.text.parse().expect("it was parsed before"), &mut words);
    let exposed = file.items.iter().filter_map(exposed_tests);
    let found = paths.chain(words).chain(exposed);
    found.map(|(line, what)| Finding::new(&source.path, line, format!("`{what}`"), LIMIT)).collect()
}

fn is_allowed(path: &str, in_tests: bool) -> bool {
    let below = |allowed: &str| {
        path.strip_prefix(allowed).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    path == ALLOWED_MACRO
        || ALLOWED.iter().any(|allowed| below(allowed))
        || (in_tests && ALLOWED_IN_TESTS.iter().any(|allowed| below(allowed)))
}

/// A path, and the line it stands on.
type Named = (usize, String);

/// What a file imports, what it names by a path, and which modules it declares.
#[derive(Default)]
struct Paths {
    imported: Vec<Named>,
    named: Vec<Named>,
    modules: Vec<String>,
}

impl Paths {
    /// Every import and path that does not begin with something of the file's own.
    fn foreign(self) -> impl Iterator<Item = Named> {
        let Self { imported, named, modules } = self;
        let leaves = imported.iter().filter_map(|(_, path)| Some(path.rsplit_once("::")?.1.to_owned()));
        let own: Vec<String> = leaves.chain(modules.iter().cloned()).collect();
        let first = |path: &str| path.split("::").next().unwrap_or_default().to_owned();
        let imported = imported.into_iter().filter(move |(_, path)| !modules.contains(&first(path)));
        imported.chain(named.into_iter().filter(move |(_, path)| !own.contains(&first(path))))
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.modules.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        flatten("", &item.tree, &mut self.imported);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let (Some(segment), [root, _, ..]) = (path.segments.first(), words.as_slice())
            && root.starts_with(|letter: char| letter.is_ascii_lowercase())
            && !PRIMITIVES.contains(&root.as_str())
        {
            self.named.push((segment.ident.span().start().line, words.join("::")));
        }
        visit::visit_path(self, path);
    }
}

/// `a::{b, c::d}` becomes `a::b` and `a::c::d`.
fn flatten(before: &str, tree: &syn::UseTree, found: &mut Vec<Named>) {
    let mut add = |ident: &syn::Ident| found.push((ident.span().start().line, format!("{before}{ident}")));
    match tree {
        syn::UseTree::Path(path) => flatten(&format!("{before}{}::", path.ident), &path.tree, found),
        syn::UseTree::Name(name) => add(&name.ident),
        syn::UseTree::Rename(rename) => add(&rename.ident),
        syn::UseTree::Glob(star) => {
            found.push((star.star_token.spans[0].start().line, before.trim_end_matches("::").to_owned()));
        }
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(before, tree, found)),
    }
}

/// Looks into macros as well; comments and docs are no words.
fn forbidden_words(tokens: TokenStream, found: &mut Vec<Named>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) => forbidden_words(group.stream(), found),
            TokenTree::Ident(ident) if FORBIDDEN_WORDS.contains(&ident.to_string().as_str()) => {
                found.push((ident.span().start().line, ident.to_string()));
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

/// A `mod tests` that is compiled into the product would bring what only tests may use.
fn exposed_tests(item: &syn::Item) -> Option<Named> {
    let syn::Item::Mod(module) = item else { return None };
    let only_in_tests = |attribute: &syn::Attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    };
    let name = module.ident.to_string();
    let exposed = (name == "tests" || name.ends_with("_tests")) && !module.attrs.iter().any(only_in_tests);
    exposed.then(|| (module.ident.span().start().line, format!("mod {name} without #[cfg(test)]")))
}

#[test]
fn the_incident_machine_is_pure() {
    let files: Vec<_> = source::rust().into_iter().filter(|file| file.path.starts_with(FOLDER)).collect();
    assert!(!files.is_empty(), "{FOLDER} has moved");
    assert_none(files.iter().flat_map(impurities));
}

#[test]
fn each_impurity_is_found() {
    let table = [
        "use tokio::sync::mpsc;",
        "use sqlx::Row;",
        "use std::time::{Duration, Instant};",
        "use std::time::SystemTime;",
        "use std::{fmt, fs};",
        "use std::net::IpAddr;",
        "use certus_registry::{Clock, Timestamp};",
        "use certus_registry::Random;",
        "use certus_registry::*;",
        "use certus_registry::Volunteer as Position;",
        "use certus_sms_bridge::outbox;",
        "use crate::matching::Reason;",
        "use rstar::RTree;",
        "async fn a() {}",
        "fn a() { std::fs::remove_file(path); }",
        "fn a() { crate::engine::run(); }",
        "fn a(x: geo::Point) { serde_json::to_string(x) }",
        "fn a(db: &Database) {}",
        "fn a() { say!(tracing::info!(\"x\")); }",
        "mod tests;",
    ];
    for text in table {
        let found = impurities(&Source::new("dispatcher/src/incident/open.rs", &format!("//! Doc.\n{text}")));
        assert!(found.iter().any(|found| found.line == 2), "{text} was let through");
    }
}

#[test]
fn what_a_pure_machine_needs_is_let_through() {
    let text = "//! No async, no Clock.\nuse super::{Answer, event::Event};\nuse crate::incident::Policy;\n\
        use std::collections::BTreeMap;\nuse std::time::Duration;\nuse serde::{Deserialize, Serialize};\n\
        use certus_registry::{Timestamp, define_id};\n#[cfg(test)]\nmod tests;\nfn a() -> std::fmt::Result { Event::Tick; other::b(u8::MAX) }\nmod other;";
    assert_eq!(impurities(&Source::new("dispatcher/src/incident/mod.rs", text)), []);
    let tests = "use super::*;\nuse certus_registry::Random;\nuse proptest::prelude::*;";
    assert_eq!(impurities(&Source::new("dispatcher/src/incident/tests.rs", tests)), []);
}
