//! A file as rows of text, whatever kind of file it is. Knows neither columns nor people.
//!
//! What a file is, its bytes say, never its name. Everything is bounded before or while it is read: bytes of the file, bytes
//! that a workbook unpacks to, rows, columns, characters of a cell.

mod foreign;
mod text;
mod unpacking;
mod workbook;

use std::io::Read;

use csv::StringRecord;

pub use foreign::Foreign;

use super::{
    COLUMNS_MAX, EXCEPTIONS_LENGTH_MAX, FIELD_LENGTH_MAX, FILE_BYTES_MAX, ImportError, List, ROWS_MAX,
    RowError, Why, defibrillators,
};
use foreign::Content;

/// The rows of a file; each has as many cells as the header, those that have not are errors.
#[derive(Debug)]
pub struct Table {
    /// The columns' names as they stand in the file, in lower case.
    pub(super) header: Vec<String>,
    /// Each with the line on which it begins, from 1; in a workbook the row's number.
    pub(super) records: Vec<(u64, StringRecord)>,
    pub(super) malformed: Vec<RowError>,
}

impl Table {
    /// Reads a CSV file or the first sheet of an Excel workbook.
    ///
    /// # Errors
    /// [`ImportError`] when the file as a whole is no list, or is larger than the bounds of this module.
    pub fn read(reader: impl Read) -> Result<Self, ImportError> {
        Self::of(&bounded(reader)?)
    }

    /// The same of a file that was read.
    ///
    /// # Errors
    /// As [`Table::read`].
    pub fn of(bytes: &[u8]) -> Result<Self, ImportError> {
        if u64::try_from(bytes.len()).is_ok_and(|length| length > FILE_BYTES_MAX) {
            return Err(ImportError::TooLarge);
        }
        let table = match foreign::content(bytes)? {
            Content::Text => text::read(bytes),
            Content::Workbook => workbook::read(bytes),
        };
        table.map(defibrillators::translated)
    }

    /// What is listed in it, told from its columns.
    ///
    /// # Errors
    /// [`ImportError::Header`].
    pub fn list(&self) -> Result<List, ImportError> {
        let has = |name: &str| self.header.iter().any(|column| column == name);
        match (has("phone"), has("code"), has("name") && has("kind")) {
            (true, false, false) => Ok(List::Volunteers),
            (false, true, _) => Ok(List::Resources),
            (false, false, true) => Ok(List::Organisations),
            (true, true, _) | (true, false, true) | (false, false, false) => {
                Err(ImportError::Header(NO_LIST.to_owned()))
            }
        }
    }
}

const NO_LIST: &str = "names no list: expected a column 'phone' (volunteers) or 'code' (resources), or 'name' and 'kind' \
     (organisations)";

fn bounded(reader: impl Read) -> Result<Vec<u8>, ImportError> {
    let mut bytes = Vec::new();
    reader.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A table that grows row by row; the first row that is not blank is its header.
#[derive(Debug, Default)]
struct Growing {
    table: Option<Table>,
}

impl Growing {
    fn add(&mut self, line: u64, record: &StringRecord) -> Result<(), ImportError> {
        if record.iter().all(|field| field.trim().is_empty()) {
            return Ok(()); // what spreadsheets leave below the last row
        }
        let Some(table) = &mut self.table else {
            self.table = Some(begun(record)?);
            return Ok(());
        };
        let table = with_room(table)?;
        match malformation(line, record, &table.header) {
            Some(error) => table.malformed.push(error),
            None => table.records.push((line, record.clone())),
        }
        Ok(())
    }

    /// Adds a row that cannot be read; nothing of what stands above the header matters.
    fn refuse(&mut self, line: u64, column: usize, problem: String) -> Result<(), ImportError> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let table = with_room(table)?;
        let name = table.header.get(column).map_or("", String::as_str);
        table.malformed.push(RowError::new(line, name, Why::Cell, problem));
        Ok(())
    }

    /// Columns that a row must have; none before the header.
    fn width(&self) -> usize {
        self.table.as_ref().map_or(0, |table| table.header.len())
    }

    fn finish(self) -> Result<Table, ImportError> {
        self.table.ok_or(ImportError::Empty)
    }
}

fn with_room(table: &mut Table) -> Result<&mut Table, ImportError> {
    let rows = table.records.len() + table.malformed.len();
    if rows < ROWS_MAX { Ok(table) } else { Err(ImportError::TooManyRows) }
}

fn begun(header: &StringRecord) -> Result<Table, ImportError> {
    if header.len() > COLUMNS_MAX {
        return Err(ImportError::TooManyColumns);
    }
    if let Some(long) = header.iter().find(|name| is_long(name)) {
        let begins: String = long.chars().take(20).collect();
        return Err(ImportError::Header(format!(
            "has a column that is longer than {FIELD_LENGTH_MAX} characters: {begins}…"
        )));
    }
    let header = header.iter().map(|name| name.trim().to_lowercase()).collect();
    Ok(Table { header, records: Vec::new(), malformed: Vec::new() })
}

fn is_long(field: &str) -> bool {
    field.chars().nth(FIELD_LENGTH_MAX).is_some()
}

/// The longest cell of a column, in characters.
fn longest(column: &str) -> usize {
    if column == "exceptions" { EXCEPTIONS_LENGTH_MAX } else { FIELD_LENGTH_MAX }
}

fn malformation(line: u64, record: &StringRecord, header: &[String]) -> Option<RowError> {
    let column = |index: usize| header.get(index).map_or("", String::as_str);
    let is_long = |(index, field): &(usize, &str)| field.chars().nth(longest(column(*index))).is_some();
    if let Some((index, _)) = record.iter().enumerate().find(is_long) {
        let most = longest(column(index));
        let problem = format!("longer than {most} characters; is there a quote that is never closed?");
        return Some(RowError::new(line, column(index), Why::TooLong, problem));
    }
    if record.len() == header.len() {
        return None;
    }
    let problem = format!("expected {} fields as in the header line, found {}", header.len(), record.len());
    Some(RowError::new(line, "", Why::Fields, problem))
}

#[cfg(test)]
mod tests;
