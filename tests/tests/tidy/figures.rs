//! Prints how long files and functions of the product are; the aims are printed beside, not held.

use std::io::Write;

use super::size;
use super::source::{self, Source};

const FILE_MEDIAN_AIM: usize = 120;
const FUNCTION_MEDIAN_AIM: usize = 10;

/// Product code: no tests, neither in files nor in modules of their own.
fn is_product(source: &Source) -> bool {
    source.components().nth(1) == Some("src") && !source.path.starts_with("tests/") && !source.is_unit_tests()
}

fn function_lengths(source: &Source) -> Vec<usize> {
    let mut file = source.syntax();
    file.items.retain(|item| !is_inline_tests(item));
    size::functions(&file).into_iter().map(|function| function.lines).collect()
}

fn is_inline_tests(item: &syn::Item) -> bool {
    if let syn::Item::Mod(module) = item { module.ident == "tests" } else { false }
}

fn figures(what: &str, aim: usize, mut lengths: Vec<usize>) -> String {
    lengths.sort_unstable();
    let at = |percent: usize| {
        let last = lengths.len().saturating_sub(1);
        lengths.get(last * percent / 100).copied().unwrap_or_default()
    };
    let (median, p90, max) = (at(50), at(90), at(100));
    format!("figures: {} {what}: median {median} lines (aim {aim}), p90 {p90}, max {max}", lengths.len())
}

#[test]
fn the_medians_are_printed() {
    let product: Vec<_> = source::rust().into_iter().filter(is_product).collect();
    let files = product.iter().map(|source| source.text.lines().count()).collect();
    let functions = product.iter().flat_map(function_lengths).collect();
    let mut out = std::io::stdout().lock(); // past the capture of `println!`, so that `tests/run` can show it
    writeln!(out, "{}", figures("files", FILE_MEDIAN_AIM, files)).expect("stdout");
    writeln!(out, "{}", figures("functions", FUNCTION_MEDIAN_AIM, functions)).expect("stdout");
}

#[test]
fn figures_are_those_of_the_product() {
    let text = "fn a() {\n}\n#[cfg(test)]\nmod tests { fn b() {\n\n\n} }";
    assert_eq!(function_lengths(&Source::new("registry/src/a.rs", text)), [2]);
    assert!(!is_product(&Source::new("registry/src/a/tests.rs", "")));
    assert!(!is_product(&Source::new("tests/src/databases.rs", "")));
    assert_eq!(
        figures("files", 120, vec![5, 1, 9]),
        "figures: 3 files: median 5 lines (aim 120), p90 5, max 9"
    );
}
