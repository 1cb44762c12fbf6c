//! The crates depend on one another in one direction: registry ← sms-bridge ← dispatcher ← tests.

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

/// Each crate's folder with the name that others depend on, from the bottom up.
const ORDER: [(&str, &str); 4] = [
    ("registry", "certus-registry"),
    ("sms-bridge", "certus-sms-bridge"),
    ("dispatcher", "certus-dispatcher"),
    ("tests", "certus-tests"),
];

fn upward_dependencies(manifest: &Source) -> Vec<Finding> {
    let Some(level) = ORDER.iter().position(|(folder, _)| manifest.path == format!("{folder}/Cargo.toml"))
    else {
        return vec![Finding::new(&manifest.path, 1, "a crate outside the chain", "the four crates")];
    };
    let mut findings = Vec::new();
    let mut section = String::new();
    for (number, line) in (1..).zip(manifest.text.lines().map(uncommented)) {
        if line.starts_with('[') {
            line.clone_into(&mut section);
        }
        for (_, name) in ORDER.iter().skip(level) {
            if section.contains("dependencies") && line.contains(name) {
                let limit = "registry ← sms-bridge ← dispatcher ← tests";
                findings.push(Finding::new(&manifest.path, number, format!("a dependency on {name}"), limit));
            }
        }
    }
    findings
}

fn uncommented(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

#[test]
fn dependencies_point_one_way() {
    let manifests = source::ending_with("/Cargo.toml");
    assert_eq!(manifests.len(), ORDER.len());
    assert_none(manifests.iter().flat_map(upward_dependencies));
}

#[test]
fn a_dependency_upward_is_found_however_it_is_written() {
    let table = [
        ("registry", "[dependencies]\ncertus-sms-bridge.workspace = true", 2),
        ("sms-bridge", "[package]\n[dev-dependencies]\ncertus-dispatcher = { path = \"../dispatcher\" }", 3),
        ("dispatcher", "[build-dependencies]\n\nother = { package = \"certus-tests\" }", 3),
        ("registry", "[dependencies.certus-dispatcher]", 1),
        ("sms-bridge", "[target.'cfg(unix)'.dependencies]\ncertus-sms-bridge = \"1\"", 2),
    ];
    for (folder, text, line) in table {
        let found = upward_dependencies(&Source::new(&format!("{folder}/Cargo.toml"), text));
        assert_eq!(found.iter().map(|found| found.line).collect::<Vec<_>>(), [line], "{text:?}");
    }
    let downward = "[package]\nname = \"certus-sms-bridge\"\n[dependencies]\ncertus-registry.workspace = true # certus-tests";
    assert_eq!(upward_dependencies(&Source::new("sms-bridge/Cargo.toml", downward)), []);
    assert_eq!(upward_dependencies(&Source::new("docs/Cargo.toml", "")).len(), 1);
}
