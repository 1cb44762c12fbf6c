//! Migrations use only the column types that mean the same on SQLite and PostgreSQL.

use super::finding::{Finding, assert_none};
use super::source::{self, Source};

const TYPES: [&str; 4] = ["TEXT", "BIGINT", "BOOLEAN", "DOUBLE PRECISION"];
/// Words with which a table's entry begins that is not a column.
const NOT_COLUMNS: [&str; 5] = ["PRIMARY", "UNIQUE", "CHECK", "FOREIGN", "CONSTRAINT"];

/// The text with comments and quoted strings blanked, in capitals; lines and length stay.
fn bare(sql: &str) -> String {
    let (mut quoted, mut comment) = (false, false);
    let mut bare = String::with_capacity(sql.len());
    let mut letters = sql.chars().peekable();
    while let Some(letter) = letters.next() {
        let begins = !quoted && letter == '-' && letters.peek() == Some(&'-');
        comment = letter != '\n' && (comment || begins);
        quoted ^= !comment && letter == '\'';
        let blank = (comment || quoted || letter == '\'') && letter != '\n';
        bare.push(if blank { ' ' } else { letter.to_ascii_uppercase() });
    }
    bare
}

/// Line and text of every column's definition.
fn columns(sql: &str) -> Vec<(usize, String)> {
    let mut columns = Vec::new();
    let mut line = 1;
    for statement in bare(sql).split_inclusive(';') {
        let words: Vec<_> = statement.split_whitespace().collect();
        if words.starts_with(&["CREATE", "TABLE"]) {
            columns.extend(entries(statement).into_iter().map(|(below, entry)| (line + below, entry)));
        } else if words.starts_with(&["ALTER", "TABLE"])
            && let Some((before, added)) = statement.split_once(" ADD ")
        {
            let added = added.trim().trim_end_matches(';').trim_start_matches("COLUMN ");
            columns.push((line + before.matches('\n').count(), added.to_owned()));
        }
        line += statement.matches('\n').count();
    }
    columns
}

/// What stands between the commas of a table's brackets, and how many lines below its statement's start.
fn entries(statement: &str) -> Vec<(usize, String)> {
    let mut entries = vec![];
    let (mut depth, mut line, mut entry) = (0_usize, 0, String::new());
    for letter in statement.chars() {
        let ends = matches!((depth, letter), (1, ',' | ')'));
        if ends && !entry.trim().is_empty() {
            let leading = entry.chars().take_while(|letter| letter.is_whitespace());
            let own = entry.matches('\n').count() - leading.filter(|letter| *letter == '\n').count();
            entries.push((line - own, entry.trim().to_owned()));
        }
        if depth >= 1 {
            entry.push(letter);
        }
        if ends || depth == 0 {
            entry.clear();
        }
        depth = match letter {
            '(' => depth + 1,
            ')' => depth.saturating_sub(1),
            _ => depth,
        };
        line += usize::from(letter == '\n');
    }
    entries
}

fn other_types(source: &Source) -> Vec<Finding> {
    let wrong = |(line, entry): (usize, String)| {
        let (first, rest) = entry.split_once(char::is_whitespace).unwrap_or((&entry, ""));
        let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ");
        let known =
            |name: &str| rest.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
        let good = NOT_COLUMNS.contains(&first.split('(').next().unwrap_or_default())
            || TYPES.iter().any(|name| known(name));
        (!good).then(|| Finding::new(&source.path, line, format!("`{first} {rest}`"), TYPES.join(", ")))
    };
    columns(&source.text).into_iter().filter_map(wrong).collect()
}

fn migrations() -> Vec<Source> {
    source::ending_with(".sql").into_iter().filter(|source| source.path.contains("/migrations/")).collect()
}

#[test]
fn columns_are_of_the_four_types() {
    assert_none(migrations().iter().flat_map(other_types));
}

#[test]
fn another_type_is_found_by_its_line() {
    let sql = "-- a note; with, signs (\nCREATE TABLE a (\n    id TEXT NOT NULL DEFAULT ', x INTEGER',\n    at TIMESTAMPTZ,\n\
        \x20   n bigint, -- said, so\n    small INTEGER CHECK (small IN (1, 2)),\n    lat DOUBLE PRECISION,\n    texts TEXTS,\n\
        \x20   bare,\n    PRIMARY KEY (id, n),\n    CHECK(n > 0)\n);\nCREATE INDEX i ON a (id);\nALTER TABLE a ADD COLUMN raw BYTEA;\n";
    let found: Vec<_> =
        other_types(&Source::new("a.sql", sql)).into_iter().map(|found| (found.line, found.found)).collect();
    let expected = [
        (4, "`AT TIMESTAMPTZ`"),
        (6, "`SMALL INTEGER CHECK (SMALL IN (1, 2))`"),
        (8, "`TEXTS TEXTS`"),
        (9, "`BARE `"),
        (14, "`RAW BYTEA`"),
    ];
    assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned())));
}

#[test]
fn every_column_of_the_migrations_is_looked_at() {
    for source in migrations() {
        let entries = columns(&source.text).len();
        let tables = bare(&source.text).matches("CREATE TABLE").count();
        assert!(entries >= tables, "{}: {entries} columns in {tables} tables", source.path);
    }
}
