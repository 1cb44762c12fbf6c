//! What does not belong into the repository at all, and how long its front page may be.

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

const README_LINES_MAX: usize = 100;

/// Hosts of package registries, in two pieces so that this file does not name them.
const REGISTRY_HOSTS: [(&str, &str); 12] = [
    ("crates", ".io"),
    ("pypi", ".org"),
    ("pythonhosted", ".org"),
    ("npmjs", ".org"),
    ("npmjs", ".com"),
    ("yarnpkg", ".com"),
    ("deb.debian", ".org"),
    ("archive.ubuntu", ".com"),
    ("proxy.golang", ".org"),
    ("repo.maven.apache", ".org"),
    ("rubygems", ".org"),
    ("unpkg", ".com"),
];

fn registry_hosts(source: &Source) -> Vec<Finding> {
    let written_by_cargo =
        |line: &str| source.path == "Cargo.lock" && line.starts_with("source = \"registry+https://");
    let written_by_npm =
        |line: &str| source.path.ends_with("package-lock.json") && line.contains("\"resolved\": \"http");
    let lines = (1..).zip(source.text.lines());
    let named = lines.filter(|(_, line)| !written_by_cargo(line)).filter(|(_, line)| {
        written_by_npm(line)
            || REGISTRY_HOSTS.iter().any(|(name, end)| line.contains(&format!("{name}{end}")))
    });
    named
        .map(|(line, text)| Finding::new(&source.path, line, text.trim(), "no package registry's host"))
        .collect()
}

fn installed_package(source: &Source) -> Option<Finding> {
    let found = source.components().any(|part| part == "node_modules");
    found.then(|| Finding::new(&source.path, 1, "a file of an installed package", "no node_modules in git"))
}

fn long_readme(source: &Source) -> Option<Finding> {
    let lines = source.text.lines().count();
    let long = source.path == "README.md" && lines > README_LINES_MAX;
    long.then(|| {
        Finding::new(&source.path, lines, format!("{lines} lines"), format!("{README_LINES_MAX} lines"))
    })
}

#[test]
fn no_file_names_a_package_registrys_host() {
    assert_none(source::all().iter().flat_map(registry_hosts));
}

#[test]
fn no_installed_package_is_in_git() {
    assert_none(source::all().iter().filter_map(installed_package));
}

#[test]
fn the_readme_has_at_most_100_lines() {
    assert_none(source::all().iter().filter_map(long_readme));
}

#[test]
fn a_registrys_host_is_found_outside_of_cargos_own_lines() {
    for (name, end) in REGISTRY_HOSTS {
        let found = registry_hosts(&Source::new("docs/a.md", &format!("\nsee https://{name}{end}/x")));
        assert_eq!(found.iter().map(|found| found.line).collect::<Vec<_>>(), [2], "{name}");
    }
    let line =
        format!("source = \"registry+https://host/{}{}-index\"", REGISTRY_HOSTS[0].0, REGISTRY_HOSTS[0].1);
    assert_eq!(registry_hosts(&Source::new("Cargo.lock", &line)), []);
    assert_eq!(registry_hosts(&Source::new("docs/Cargo.lock", &line)).len(), 1);
    let resolved = "\"resolved\": \"https://mirror/x.tgz\"";
    assert_eq!(registry_hosts(&Source::new("dispatcher/web/package-lock.json", resolved)).len(), 1);
}

#[test]
fn an_installed_package_is_found() {
    assert!(installed_package(&Source::new("dispatcher/web/node_modules/a/index.js", "")).is_some());
    assert_eq!(installed_package(&Source::new("docs/node_modules.md", "")), None);
}

#[test]
fn a_long_readme_is_found() {
    assert!(long_readme(&Source::new("README.md", &"\n".repeat(101))).is_some());
    assert_eq!(long_readme(&Source::new("README.md", &"\n".repeat(100))), None);
}
