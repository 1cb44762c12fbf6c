//! The files of the repository: what git tracks, and what is new and not ignored.

use std::path::Path;
use std::process::Command;

/// One file as text; bytes that are not UTF-8 are replaced.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// Path from the root of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    /// The syntax tree.
    ///
    /// # Panics
    /// When the file is not Rust.
    pub(crate) fn syntax(&self) -> syn::File {
        let place = |error: &syn::Error| format!("{}:{}: not Rust", self.path, error.span().start().line);
        let parsed = syn::parse_file(&self.text);
        let wrong = parsed.as_ref().err().map(place).unwrap_or_default();
        parsed.expect(&wrong)
    }

    /// Whether the file holds unit tests, by its name.
    pub(crate) fn is_unit_tests(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.ends_with("_tests.rs") || self.path.contains("/tests/")
    }

    /// The parts of the path.
    pub(crate) fn components(&self) -> impl Iterator<Item = &str> {
        self.path.split('/')
    }
}

/// Every file of the repository.
pub(crate) fn all() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the repository holds this crate");
    let read = |path: &str| {
        let bytes = std::fs::read(root.join(path)).ok()?; // tracked but deleted, or a link to a folder
        Some(Source { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned() })
    };
    paths(root).split('\0').filter_map(read).collect()
}

fn paths(root: &Path) -> String {
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.output().expect("git is installed");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Every Rust file of the four crates.
pub(crate) fn rust() -> Vec<Source> {
    ending_with(".rs")
}

/// Every file whose path ends so.
pub(crate) fn ending_with(end: &str) -> Vec<Source> {
    all().into_iter().filter(|source| source.path.ends_with(end)).collect()
}

#[test]
fn the_files_of_all_four_crates_are_found() {
    let files = rust();
    for crate_root in
        ["registry/src/", "sms-bridge/src/", "dispatcher/src/", "tests/src/", "tests/tests/tidy/"]
    {
        assert!(files.iter().any(|file| file.path.starts_with(crate_root)), "{crate_root}");
    }
}
