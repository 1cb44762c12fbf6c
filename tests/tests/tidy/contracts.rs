//! Every function of the registry's stores is called by a contract test, which runs on SQLite and PostgreSQL.

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

const STORES: &str = "registry/src/store/";
const CONTRACTS: &str = "tests/tests/contract/";

/// The module under which a store's function is called, and what it is called, for each public one of the file.
fn functions(source: &Source) -> Vec<(String, String, usize)> {
    let module = source.path.trim_start_matches(STORES).split(['/', '.']).next().unwrap_or_default();
    let lines = (1..).zip(source.text.lines());
    let names = lines.filter_map(|(number, line)| {
        let rest = line.strip_prefix("pub async fn ")?;
        let name = rest.split(['(', '<']).next()?;
        Some((module.to_owned(), name.to_owned(), number))
    });
    names.collect()
}

/// The functions that no contract test calls by their module's name, or by `store`'s.
fn untested(source: &Source, contracts: &str) -> Vec<Finding> {
    let mut missing = functions(source);
    missing.retain(|(module, name, _)| {
        let calls = [format!("{module}::{name}("), format!("store::{name}(")];
        !calls.iter().any(|call| contracts.contains(call))
    });
    let found = |(module, name, line): (String, String, usize)| {
        Finding::new(&source.path, line, format!("{module}::{name}"), "a contract test that calls it")
    };
    missing.into_iter().map(found).collect()
}

#[test]
fn every_store_function_has_a_contract_test() {
    let files = source::rust();
    let contracts: String =
        files.iter().filter(|file| file.path.starts_with(CONTRACTS)).map(|file| file.text.as_str()).collect();
    let stores = files.iter().filter(|file| file.path.starts_with(STORES));
    assert_none(stores.flat_map(|file| untested(file, &contracts)));
}

#[test]
fn a_store_function_without_a_contract_test_is_found() {
    let store = Source::new(
        "registry/src/store/volunteer/search.rs",
        "//! People.\npub async fn find(db: &Database) {}\npub async fn map<T>(db: T) {}\nasync fn own() {}\n",
    );
    let lines = |contracts: &str| untested(&store, contracts).len();
    assert_eq!(lines(""), 2);
    assert_eq!(lines("volunteer::find(&db); store::map(1);"), 0);
    assert_eq!(lines("volunteer::finder(&db); resource::map(1);"), 2);
}
