//! No file over 500 lines, no function over 70.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

/// One function with a body: free, method, provided by a trait, or nested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Where its signature begins, from 1.
    pub(crate) line: usize,
    /// From the signature's first line to the closing brace.
    pub(crate) lines: usize,
}

/// Every function of a file; bodies of `macro_rules!` are not looked into.
pub(crate) fn functions(file: &syn::File) -> Vec<Function> {
    let mut functions = Functions::default();
    functions.visit_file(file);
    functions.0
}

#[derive(Default)]
struct Functions(Vec<Function>);

impl Functions {
    fn add(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let line = signature.span().start().line;
        let end: Span = block.brace_token.span.close();
        let name = signature.ident.to_string();
        self.0.push(Function { name, line, lines: end.end().line - line + 1 });
    }
}

impl<'ast> Visit<'ast> for Functions {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.add(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.add(&item.sig, block);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

fn long_file(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let limit = format!("{FILE_LINES_MAX} lines in a file");
    (lines > FILE_LINES_MAX).then(|| Finding::new(&source.path, lines, format!("{lines} lines"), limit))
}

fn long_functions(source: &Source) -> Vec<Finding> {
    let too_long = functions(&source.syntax()).into_iter().filter(|found| found.lines > FUNCTION_LINES_MAX);
    let limit = format!("{FUNCTION_LINES_MAX} lines in a function");
    too_long
        .map(|Function { name, line, lines }| {
            Finding::new(&source.path, line, format!("{lines} lines in `{name}`"), limit.as_str())
        })
        .collect()
}

#[test]
fn no_file_is_longer_than_500_lines() {
    assert_none(source::rust().iter().filter_map(long_file));
}

#[test]
fn no_function_is_longer_than_70_lines() {
    assert_none(source::rust().iter().flat_map(long_functions));
}

#[test]
fn a_file_of_501_lines_is_found() {
    assert_eq!(long_file(&Source::new("a.rs", &"\n".repeat(500))), None);
    let found = long_file(&Source::new("a.rs", &"\n".repeat(501))).unwrap();
    assert_eq!(found.to_string(), "a.rs:501: found 501 lines; limit: 500 lines in a file");
}

#[test]
fn a_function_of_71_lines_is_found_wherever_it_stands() {
    let body = "\n".repeat(70);
    for (before, after) in
        [("", ""), ("impl A {", "}"), ("trait A {", "}"), ("mod a {", "}"), ("fn a() {", "}")]
    {
        let text = format!("\n{before} fn long() {{{body}}} {after}");
        let found = long_functions(&Source::new("a.rs", &text));
        assert!(
            found.iter().any(|found| found.line == 2 && found.found == "71 lines in `long`"),
            "{text:?} gave {found:?}"
        );
    }
    let fits = format!("/// Docs\n/// do not count.\nfn fits() {{{}}}", "\n".repeat(69));
    assert_eq!(long_functions(&Source::new("a.rs", &fits)), []);
}
