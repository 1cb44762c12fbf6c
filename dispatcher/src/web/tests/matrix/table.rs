//! The table of who may do what to whose, `table.txt`, as it is read.

use std::path::Path;

/// A line of the table.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Method and path.
    pub(super) route: String,
    /// What is sent, JSON or a form; with GET, the query. `{id}` and its like are filled in (`scene`).
    pub(super) sent: String,
    /// One cell for each of [`everybody`](super::everybody), or one for all of them.
    pub(super) cells: String,
}

impl Line {
    /// Whether the request is about something of one county.
    pub(super) fn has_subject(&self) -> bool {
        ["{id}", "{one}", "{county}"].iter().any(|part| self.route.contains(part) || self.sent.contains(part))
    }
}

pub(super) fn read() -> Vec<Line> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/tests/matrix/table.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(line).collect()
}

fn line(line: &str) -> Line {
    let parts: Vec<&str> = line.split('|').map(str::trim).collect();
    let [route, sent, cells] = parts[..] else { panic!("expected three parts: {line}") };
    Line { route: route.to_owned(), sent: sent.to_owned(), cells: cells.to_owned() }
}
