//! A CSV file as rows with named cells and true line numbers. Knows nothing of volunteers or resources.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::fmt::Display;
use std::hash::Hash;
use std::io::{Read, Write};
use std::str::FromStr;

use csv::StringRecord;

use super::cell::{Cell, neutral, restored};
use super::{
    EXCEPTIONS_LENGTH_MAX, ExportError, FIELD_LENGTH_MAX, FILE_BYTES_MAX, ImportError, ROWS_MAX, RowError,
};
use crate::Position;
use crate::vocabulary::words;

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

/// The rows of a file, the malformed ones as errors.
#[derive(Debug)]
pub(super) struct Sheet {
    header: Vec<String>,
    records: Vec<(u64, StringRecord)>,
    malformed: Vec<RowError>,
}

/// One well-formed row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) line: u64,
    header: &'a [String],
    record: &'a StringRecord,
}

impl Sheet {
    pub(super) fn read(reader: impl Read, layout: &Layout) -> Result<Self, ImportError> {
        let bytes = bounded(reader)?;
        let text = decoded(&bytes)?;
        let mut records = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter(text))
            .from_reader(text.as_bytes());
        let mut lines = Lines { text: text.as_bytes(), offset: 0, line: 1 };
        let mut record = StringRecord::new();
        if !next(&mut records, &mut record)? {
            return Err(ImportError::Empty);
        }
        let mut sheet = Self { header: header(&record, layout)?, records: Vec::new(), malformed: Vec::new() };
        while next(&mut records, &mut record)? {
            let line = lines.at(record.position().map_or(0, csv::Position::byte));
            sheet.add(line, &record)?;
        }
        Ok(sheet)
    }

    fn add(&mut self, line: u64, record: &StringRecord) -> Result<(), ImportError> {
        if record.iter().all(|field| field.trim().is_empty()) {
            return Ok(()); // what spreadsheets leave below the last row
        }
        if self.records.len() + self.malformed.len() == ROWS_MAX {
            return Err(ImportError::TooManyRows);
        }
        match malformation(line, record, &self.header) {
            Some(error) => self.malformed.push(error),
            None => self.records.push((line, record.clone())),
        }
        Ok(())
    }

    /// Parses every row to a draft with a `key`, each key once, and says what is wrong with the others.
    pub(super) fn drafts<D, K: Clone + Eq + Hash>(
        self,
        parse: impl Fn(&Row<'_>) -> Result<D, RowError>,
        (column, key): (&str, impl Fn(&D) -> &K),
    ) -> (Vec<D>, Vec<RowError>) {
        let mut first_lines: HashMap<K, u64> = HashMap::new();
        let mut drafts = Vec::new();
        let mut refused = Vec::new();
        for row in self.rows() {
            match parse(&row) {
                Err(error) => refused.push(error),
                Ok(draft) => match first_lines.entry(key(&draft).clone()) {
                    Entry::Occupied(first) => {
                        refused.push(row.error(column, format!("is on line {} already", first.get())));
                    }
                    Entry::Vacant(place) => {
                        place.insert(row.line);
                        drafts.push(draft);
                    }
                },
            }
        }
        refused.extend(self.malformed);
        (drafts, refused)
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|(line, record)| Row { line: *line, header: &self.header, record })
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
        self.text(column).try_map(parse).map_err(|problem| self.error(column, problem))
    }

    /// The value in a column that cannot be empty.
    pub(super) fn required<T: FromStr<Err: Display>>(&self, column: &str) -> Result<T, RowError> {
        // What the type says of an empty text is what the reader needs to know.
        let text = self.text(column).value().unwrap_or("");
        text.parse().map_err(|problem| self.error(column, problem))
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
            (Cell::Value(north), Cell::Value(east)) => {
                Position::new(north, east).map(Cell::Value).map_err(|problem| self.error(lat, problem))
            }
            (Cell::Value(_), Cell::Absent | Cell::Empty) => {
                Err(self.error(lon, format!("is empty beside {lat}")))
            }
            (Cell::Absent | Cell::Empty, Cell::Value(_)) => {
                Err(self.error(lat, format!("is empty beside {lon}")))
            }
            (Cell::Absent, Cell::Absent) => Ok(Cell::Absent),
            (Cell::Absent | Cell::Empty, Cell::Absent | Cell::Empty) => Ok(Cell::Empty),
        }
    }

    pub(super) fn error(&self, column: &str, problem: impl Display) -> RowError {
        RowError::new(self.line, column, problem)
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

fn bounded(reader: impl Read) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    reader.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let within = u64::try_from(bytes.len()).is_ok_and(|length| length <= FILE_BYTES_MAX);
    if within { Ok(bytes) } else { Err(ImportError::TooLarge) }
}

/// The text without its byte order mark.
fn decoded(bytes: &[u8]) -> Result<&str, ImportError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = Lines { text: bytes, offset: 0, line: 1 }.before(error.valid_up_to());
        ImportError::Encoding { line }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Swedish spreadsheets write semicolons; the header line tells.
fn delimiter(text: &str) -> u8 {
    let header = text.trim_start().split(['\r', '\n']).next().unwrap_or_default();
    let count = |delimiter: u8| header.bytes().filter(|byte| *byte == delimiter).count();
    if count(b';') > count(b',') {
        b';'
    } else if count(b'\t') > count(b',') {
        b'\t'
    } else {
        b','
    }
}

fn next(records: &mut csv::Reader<&[u8]>, record: &mut StringRecord) -> Result<bool, ImportError> {
    records.read_record(record).map_err(|error| ImportError::Read(error.into()))
}

fn header(record: &StringRecord, layout: &Layout) -> Result<Vec<String>, ImportError> {
    let names: Vec<String> = record.iter().map(|name| name.trim().to_lowercase()).collect();
    let mut seen = HashSet::new();
    for name in &names {
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
        None => Ok(names),
    }
}

fn malformation(line: u64, record: &StringRecord, header: &[String]) -> Option<RowError> {
    let column = |index: usize| header.get(index).map_or("", String::as_str);
    let longest =
        |index| if column(index) == "exceptions" { EXCEPTIONS_LENGTH_MAX } else { FIELD_LENGTH_MAX };
    let long = |(index, field): &(usize, &str)| field.chars().nth(longest(*index)).is_some();
    if let Some((index, _)) = record.iter().enumerate().find(long) {
        let problem =
            format!("longer than {} characters; is there a quote that is never closed?", longest(index));
        return Some(RowError::new(line, column(index), problem));
    }
    if record.len() == header.len() {
        return None;
    }
    let problem = format!("expected {} fields as in the header line, found {}", header.len(), record.len());
    Some(RowError::new(line, "", problem))
}

/// Line numbers as an editor shows them. The parser's own are one off after CRLF and blank lines.
struct Lines<'a> {
    text: &'a [u8],
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the record that the parser began to look for at `byte`: blank lines are not part of it.
    fn at(&mut self, byte: u64) -> u64 {
        self.before(usize::try_from(byte).unwrap_or(usize::MAX));
        while self.text.get(self.offset).is_some_and(|byte| matches!(byte, b'\r' | b'\n')) {
            self.step();
        }
        self.line
    }

    fn before(&mut self, byte: usize) -> u64 {
        while self.offset < byte.min(self.text.len()) {
            self.step();
        }
        self.line
    }

    fn step(&mut self) {
        let next = self.text.get(self.offset + 1);
        self.line += match self.text.get(self.offset) {
            Some(b'\n') => 1,
            Some(b'\r') if next != Some(&b'\n') => 1,
            Some(_) | None => 0,
        };
        self.offset += 1;
    }
}

/// Writes a file that [`Sheet::read`] reads. It begins with a byte order mark: without one, Excel takes
/// UTF-8 for Windows-1252 and ruins every å, ä and ö.
pub(super) fn write(
    mut to: impl Write,
    layout: &Layout,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), ExportError> {
    to.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(layout.columns)?;
    for row in rows {
        writer.write_record(row.iter().map(|field| neutral(field).into_owned()))?;
    }
    Ok(writer.flush()?)
}

#[cfg(test)]
mod tests;
