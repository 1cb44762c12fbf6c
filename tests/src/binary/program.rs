//! Finds the built binary and runs it with an environment of its own.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, SystemTime};

use tokio::process::Command;
use tokio::time::timeout;

/// For a command that ends by itself; the longest is the headless demo in a debug build.
const COMMAND_LIMIT: Duration = Duration::from_mins(2);

/// The binary without arguments: killed when dropped, no standard input, JSON log at info, and of this
/// process's environment only the path and the folder for temporary files. With `through`, that program starts it.
///
/// # Panics
/// When the binary is not built, or older than its sources.
#[must_use]
pub fn command(through: &[String]) -> Command {
    let mut words = through.iter().map(PathBuf::from).chain([path()]);
    let mut command = Command::new(words.next().expect("at least the binary"));
    command.args(words);
    command.env_clear().kill_on_drop(true).stdin(Stdio::null());
    for name in ["PATH", "TMPDIR", "HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("CERTUS_LOG", "info").env("CERTUS_LOG_FORMAT", "json").env("RUST_BACKTRACE", "1");
    command
}

/// Runs the binary until it ends.
///
/// # Panics
/// When it takes longer than two minutes.
pub async fn run(through: &[String], args: &[&str]) -> Output {
    let output = timeout(COMMAND_LIMIT, command(through).args(args).output()).await;
    output.unwrap_or_else(|_| late(args)).expect("the binary can be run")
}

fn late(args: &[&str]) -> std::io::Result<Output> {
    let command = args.join(" ");
    Err(std::io::Error::other(format!("`certus {command}` did not end within {COMMAND_LIMIT:?}")))
}

/// `CERTUS_BIN`, or the binary that cargo put beside the tests.
fn path() -> PathBuf {
    if let Some(named) = std::env::var_os("CERTUS_BIN") {
        return named.into();
    }
    let test = std::env::current_exe().expect("a running program has a path");
    let profile = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let built = profile.join("certus");
    assert!(built.is_file(), "{} is missing: run `cargo build -p certus-dispatcher` first", built.display());
    let newer = newer_source(&built);
    assert!(
        newer.is_none(),
        "{} is older than {newer:?}: run `cargo build -p certus-dispatcher`",
        built.display()
    );
    built
}

/// A source that cargo read for the binary and that was changed since.
fn newer_source(built: &Path) -> Option<PathBuf> {
    let read = std::fs::read_to_string(built.with_extension("d")).ok()?;
    let built_at = changed_at(built)?;
    let sources = read.split_whitespace().map(PathBuf::from);
    let mut sources = sources.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    sources.find(|source| changed_at(source).is_some_and(|at| at > built_at))
}

fn changed_at(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_older_than_its_source_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let [built, source, list] = ["certus", "main.rs", "certus.d"].map(|name| folder.path().join(name));
        std::fs::write(&list, format!("{}: {} /gone.rs", built.display(), source.display())).unwrap();
        for path in [&source, &built] {
            std::fs::write(path, "").unwrap();
        }
        let age = |path: &Path, seconds| {
            let at = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
            std::fs::File::options().write(true).open(path).unwrap().set_modified(at).unwrap();
        };
        age(&built, 20);
        age(&source, 10);
        assert_eq!(newer_source(&built), None);
        age(&source, 30);
        assert_eq!(newer_source(&built), Some(source));
    }
}
