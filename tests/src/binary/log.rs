//! Judges a server's log: JSON, one object a line.

use std::io::Write;

/// How much of the log a failed test shows.
const SHOWN_LINES: usize = 60;

/// What sqlx says about how long something took: that is the machine's business, and machines are shared.
const SLOW: [&str; 2] = ["sqlx::pool::acquire", "sqlx::query"];

/// The lines that tell of a warning, an error or a panic and contain none of `expected`.
pub(super) fn unexpected<'log>(log: &'log str, expected: &[&str]) -> Vec<&'log str> {
    let bad = |line: &&str| is_bad(line) && !expected.iter().any(|part| line.contains(part));
    log.lines().filter(bad).collect()
}

fn is_bad(line: &str) -> bool {
    let Ok(entry) = serde_json::from_str::<serde_json::Value>(line) else { return !line.is_empty() };
    let slow = entry["level"] == "WARN" && SLOW.iter().any(|target| entry["target"] == *target);
    !slow && matches!(entry["level"].as_str(), None | Some("WARN" | "ERROR"))
}

/// Shows the end of the log of a test that fails for another reason.
pub(super) fn show_end(log: &str) {
    let lines: Vec<_> = log.lines().collect();
    let end = lines.len().saturating_sub(SHOWN_LINES);
    let text = lines.get(end..).unwrap_or_default().join("\n");
    // Nobody is left to tell when stderr is closed.
    let _ = writeln!(std::io::stderr(), "the end of the server's log:\n{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_errors_and_panics_are_unexpected_unless_announced() {
        let log = "{\"level\":\"INFO\",\"fields\":{\"message\":\"no ERROR\"}}\n{\"level\":\"WARN\",\"fields\":{\"message\":\"slow\"}}\n\
            {\"level\":\"ERROR\",\"fields\":{\"message\":\"gone\"}}\n\nthread 'main' panicked at a.rs:1\n{}";
        let found = unexpected(log, &[]);
        assert_eq!(found.len(), 4, "{found:?}");
        let slow = "{\"level\":\"WARN\",\"target\":\"sqlx::pool::acquire\"}";
        assert_eq!(unexpected(slow, &[]), Vec::<&str>::new());
        assert_eq!(unexpected(&slow.replace("WARN", "ERROR"), &[]).len(), 1);
        assert_eq!(unexpected(log, &["slow", "gone", "panicked", "{}"]), Vec::<&str>::new());
    }
}
