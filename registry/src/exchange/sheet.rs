//! A table as rows with named cells. Knows nothing of volunteers or resources.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;
use std::str::FromStr;

use csv::StringRecord;

use super::cell::{Cell, restored};
use super::{ImportError, RowError, Table, Why};
use crate::vocabulary::words;
use crate::{Position, Remit};

/// The columns a kind of file may have.
#[derive(Debug)]
pub(super) struct Layout {
    /// All, in the order in which export writes them.
    pub(super) columns: &'static [&'static str],
    /// Those that must be there.
    pub(super) required: &'static [&'static str],
    /// Those (first) that mean nothing without another (second).
    pub(super) dependent: &'static [(&'static str, &'static str)],
}

impl Layout {
    /// The same as it is exported under a remit: without the column `county`, the last one, where all rows are of one.
    pub(super) fn within(&self, remit: Remit) -> Self {
        let all = self.columns;
        let columns = if remit.is_all() { all } else { &all[..all.len() - 1] };
        Self { columns, required: self.required, dependent: self.dependent }
    }
}

/// The rows of a table whose columns are those of a layout: parsed, not yet compared with what is stored.
#[derive(Debug)]
pub(super) struct Read<D> {
    pub(super) drafts: Vec<D>,
    refused: Vec<RowError>,
}

/// One well-formed row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    header: &'a [String],
    record: &'a StringRecord,
}

impl<D> Read<D> {
    /// Parses every row to a draft with a `key`, each key once, and keeps what is wrong with the others.
    pub(super) fn of<K: Clone + Eq + Hash>(
        table: Table,
        layout: &Layout,
        parse: impl Fn(&Row<'_>) -> Result<D, RowError>,
        (column, key): (&str, impl Fn(&D) -> &K),
    ) -> Result<Self, ImportError> {
        check(&table.header, layout)?;
        let mut first_lines: HashMap<K, u64> = HashMap::new();
        let mut drafts = Vec::new();
        let mut refused = Vec::new();
        for (line, record) in &table.records {
            let row = Row { line: *line, header: &table.header, record };
            match parse(&row) {
                Err(error) => refused.push(error),
                Ok(draft) => match first_lines.entry(key(&draft).clone()) {
                    Entry::Occupied(first) => {
                        refused.push(row.error(
                            column,
                            Why::Again,
                            format!("is on line {} already", first.get()),
                        ));
                    }
                    Entry::Vacant(place) => {
                        place.insert(row.line);
                        drafts.push(draft);
                    }
                },
            }
        }
        refused.extend(table.malformed);
        Ok(Self { drafts, refused })
    }

    /// What `settle` makes of the drafts, in order, and every row that is refused.
    pub(super) fn settled<S>(self, settle: impl FnMut(D) -> Result<S, RowError>) -> (Vec<S>, Vec<RowError>) {
        let (mut settled, mut refused) = (Vec::with_capacity(self.drafts.len()), self.refused);
        for one in self.drafts.into_iter().map(settle) {
            match one {
                Ok(one) => settled.push(one),
                Err(error) => refused.push(error),
            }
        }
        (settled, refused)
    }
}

impl<'a> Row<'a> {
    /// The text in a column, without surrounding space.
    pub(super) fn text(&self, column: &str) -> Cell<&'a str> {
        let index = self.header.iter().position(|name| name == column);
        match index.and_then(|index| self.record.get(index)).map(|field| restored(field.trim())) {
            None => Cell::Absent,
            Some("") => Cell::Empty,
            Some(text) => Cell::Value(text),
        }
    }

    /// The value in a column.
    pub(super) fn parse<T: FromStr<Err: Display>>(&self, column: &str) -> Result<Cell<T>, RowError> {
        self.parse_with(column, str::parse)
    }

    /// The value in a column that has its own way of being read.
    pub(super) fn parse_with<T, E: Display>(
        &self,
        column: &str,
        parse: impl FnOnce(&'a str) -> Result<T, E>,
    ) -> Result<Cell<T>, RowError> {
        self.text(column).try_map(parse).map_err(|problem| self.error(column, Why::Cell, problem))
    }

    /// The value in a column that cannot be empty.
    pub(super) fn required<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, RowError> {
        // What the type says of an empty text is what the reader needs to know.
        let text = self.text(column).value().unwrap_or("");
        text.parse().map_err(|problem| self.error(column, Why::Cell, problem))
    }

    /// A list of words in a column, each once; one of nothing but separators counts as an empty cell.
    pub(super) fn list<T: FromStr<Err: Display> + PartialEq>(
        &self,
        column: &str,
    ) -> Result<Cell<Vec<T>>, RowError> {
        let listed: Cell<Vec<T>> = self.parse_with(column, words)?;
        Ok(match listed {
            Cell::Value(listed) if listed.is_empty() => Cell::Empty,
            Cell::Value(listed) => Cell::Value(each_once(listed)),
            Cell::Absent => Cell::Absent,
            Cell::Empty => Cell::Empty,
        })
    }

    /// A position from its two columns, of which both or none are filled in.
    pub(super) fn position(&self, lat: &str, lon: &str) -> Result<Cell<Position>, RowError> {
        match (self.parse_with(lat, degrees)?, self.parse_with(lon, degrees)?) {
            (Cell::Value(north), Cell::Value(east)) => Position::new(north, east)
                .map(Cell::Value)
                .map_err(|problem| self.error(lat, Why::Cell, problem)),
            (Cell::Value(_), Cell::Absent | Cell::Empty) => {
                Err(self.error(lon, Why::Half, format!("is empty beside {lat}")))
            }
            (Cell::Absent | Cell::Empty, Cell::Value(_)) => {
                Err(self.error(lat, Why::Half, format!("is empty beside {lon}")))
            }
            (Cell::Absent, Cell::Absent) => Ok(Cell::Absent),
            (Cell::Absent | Cell::Empty, Cell::Absent | Cell::Empty) => Ok(Cell::Empty),
        }
    }

    pub(super) fn error(&self, column: &str, why: Why, problem: impl Display) -> RowError {
        RowError::new(self.line, column, why, problem).found(self.text(column).value())
    }
}

fn each_once<T: PartialEq>(listed: Vec<T>) -> Vec<T> {
    listed.into_iter().fold(Vec::new(), |mut once, item| {
        if !once.contains(&item) {
            once.push(item);
        }
        once
    })
}

/// Degrees with a decimal point, or with a comma as Swedish spreadsheets write it.
fn degrees(text: &str) -> Result<f64, String> {
    text.replace(',', ".")
        .parse()
        .map_err(|_| format!("'{text}' is no number; expected degrees such as 63.1792"))
}

fn check(names: &[String], layout: &Layout) -> Result<(), ImportError> {
    let mut seen = HashSet::new();
    for name in names {
        if !layout.columns.contains(&name.as_str()) {
            let problem = format!("has an unknown column '{name}'; expected {}", layout.columns.join(", "));
            return Err(ImportError::Header(problem));
        }
        if !seen.insert(name.as_str()) {
            return Err(ImportError::Header(format!("names the column {name} twice")));
        }
    }
    if let Some(missing) = layout.required.iter().find(|name| !seen.contains(*name)) {
        return Err(ImportError::Header(format!("lacks the column {missing}")));
    }
    let lonely = |(name, needed): &&(&str, &str)| seen.contains(name) && !seen.contains(needed);
    match layout.dependent.iter().find(lonely) {
        Some((name, needed)) => Err(ImportError::Header(format!("has {name} but lacks {needed}"))),
        None => Ok(()),
    }
}
