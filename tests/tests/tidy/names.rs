//! Modules and types are named after things of the domain, not after being useful.

use syn::visit::{self, Visit};

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

/// Words that say nothing; each also counts with an `s` at its end.
const EMPTY_WORDS: [&str; 4] = ["manager", "helper", "util", "common"];
const LIMIT: &str = "a domain noun, without Manager, Helper, util or common";

fn is_empty_name(name: &str) -> bool {
    let is_empty_word = |word: &str| {
        let word = word.to_lowercase();
        EMPTY_WORDS
            .iter()
            .any(|empty| word.strip_prefix(empty).is_some_and(|rest| rest.is_empty() || rest == "s"))
    };
    words(name).iter().any(|word| is_empty_word(word))
}

/// `QueueManager` and `queue_manager` both give `queue`, `manager`, in whatever case.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for letter in name.chars() {
        if !letter.is_alphanumeric() || letter.is_uppercase() {
            words.push(String::new());
        }
        if let (true, Some(word)) = (letter.is_alphanumeric(), words.last_mut()) {
            word.push(letter);
        }
    }
    words
}

struct Names<'a>(&'a str, Vec<Finding>);

impl Names<'_> {
    fn look_at(&mut self, ident: &syn::Ident) {
        let name = ident.to_string();
        if is_empty_name(&name) {
            self.1.push(Finding::new(self.0, ident.span().start().line, format!("`{name}`"), LIMIT));
        }
    }
}

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.look_at(&item.ident);
        visit::visit_item_mod(self, item);
    }
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.look_at(&item.ident);
    }
    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.look_at(&item.ident);
    }
    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.look_at(&item.ident);
        visit::visit_item_trait(self, item);
    }
    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.look_at(&item.ident);
    }
}

fn empty_names(source: &Source) -> Vec<Finding> {
    let mut names = Names(&source.path, Vec::new());
    names.visit_file(&source.syntax());
    let path = source.path.trim_end_matches(".rs");
    if path.split('/').any(is_empty_name) {
        names.1.push(Finding::new(&source.path, 1, "such a word in the path", LIMIT));
    }
    names.1
}

#[test]
fn names_are_domain_nouns() {
    assert_none(source::rust().iter().flat_map(empty_names));
}

#[test]
fn an_empty_name_is_found() {
    let table = [
        "struct QueueManager;",
        "enum Utils {}",
        "trait CommonThing {}",
        "type RowHelper = u8;",
        "mod util {}",
    ];
    for text in table {
        assert_eq!(empty_names(&Source::new("a.rs", text)).len(), 1, "{text}");
        assert_eq!(empty_names(&Source::new("a.rs", &format!("fn f() {{ {text} }}"))).len(), 1, "{text}");
    }
    assert_eq!(empty_names(&Source::new("registry/src/common/mod.rs", "")).len(), 1);
    assert_eq!(empty_names(&Source::new("registry/src/utils.rs", "")).len(), 1);
    assert_eq!(empty_names(&Source::new("a.rs", "struct Utility; struct Commonwealth;")), []);
}
