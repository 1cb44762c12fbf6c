//! What a check found, told so that the place can be opened and mended.

use std::fmt;

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// Path from the root of the repository.
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// What is there.
    pub(crate) found: String,
    /// What may be there.
    pub(crate) limit: String,
}

impl Finding {
    pub(crate) fn new(file: &str, line: usize, found: impl Into<String>, limit: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, found: found.into(), limit: limit.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, found, limit } = self;
        write!(f, "{file}:{line}: found {found}; limit: {limit}")
    }
}

/// Fails with every finding on a line of its own.
pub(crate) fn assert_none(findings: impl IntoIterator<Item = Finding>) {
    let lines: Vec<_> = findings.into_iter().map(|finding| finding.to_string()).collect();
    assert!(lines.is_empty(), "{} findings\n{}", lines.len(), lines.join("\n"));
}

#[test]
fn a_finding_names_file_line_found_and_limit() {
    let finding = Finding::new("registry/src/phone.rs", 12, "71 lines", "70 lines");
    assert_eq!(finding.to_string(), "registry/src/phone.rs:12: found 71 lines; limit: 70 lines");
}

#[test]
#[should_panic(expected = "1 findings\na:1: found b; limit: c")]
fn findings_fail_a_test() {
    assert_none([Finding::new("a", 1, "b", "c")]);
}
