//! The first sheet of an Excel workbook (ECMA-376), cell by cell: a sheet says where each cell is, and a reader that made room
//! for all between the first and the last would make room for 17 thousand million.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx, XlsxError};
use csv::StringRecord;

use super::unpacking;
use super::{Growing, ImportError, Table};
use crate::exchange::COLUMNS_MAX;

pub(super) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    unpacking::check(bytes)?;
    // The reader counts rows and columns as the file says them, without looking whether the sums fit.
    let read = catch_unwind(AssertUnwindSafe(|| first_sheet(bytes)));
    read.unwrap_or_else(|_| Err(ImportError::Damaged("it contradicts itself".to_owned())))
}

fn first_sheet(bytes: &[u8]) -> Result<Table, ImportError> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    let name = workbook.sheet_names().into_iter().next().ok_or(ImportError::Empty)?;
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(|error| damaged(&error))?;
    let mut rows = Rows::default();
    while let Some(cell) = cells.next_cell().map_err(|error| damaged(&error))? {
        let (row, column) = cell.get_position();
        rows.add(row, column, cell.get_value())?;
    }
    rows.finish()
}

fn damaged(error: &XlsxError) -> ImportError {
    ImportError::Damaged(error.to_string())
}

/// Rows in the making, of cells that come one after the other.
#[derive(Default)]
struct Rows {
    growing: Growing,
    /// The row that is being read, from 0.
    row: u32,
    cells: Vec<String>,
    /// What is wrong with the row, if anything is.
    wrong: Option<(usize, String)>,
}

impl Rows {
    fn add(&mut self, row: u32, column: u32, value: &DataRef<'_>) -> Result<(), ImportError> {
        if row < self.row {
            return Err(ImportError::Damaged(format!("row {} comes twice", u64::from(row) + 1)));
        }
        if row > self.row {
            self.end_row()?;
            self.row = row;
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let text = match written(value) {
            Ok(text) if text.is_empty() => return Ok(()), // perhaps formatted, but nothing is there
            Ok(text) => text,
            Err(wrong) => {
                self.wrong.get_or_insert((column, wrong));
                String::new()
            }
        };
        if column >= COLUMNS_MAX {
            return Err(ImportError::TooManyColumns);
        }
        self.cells.resize(self.cells.len().max(column + 1), String::new());
        self.cells[column] = text;
        Ok(())
    }

    fn end_row(&mut self) -> Result<(), ImportError> {
        let line = u64::from(self.row) + 1;
        let mut cells = std::mem::take(&mut self.cells);
        if let Some((column, problem)) = self.wrong.take() {
            return self.growing.refuse(line, column, problem);
        }
        cells.resize(cells.len().max(self.growing.width()), String::new()); // empty cells at the end are not there
        self.growing.add(line, &StringRecord::from(cells))
    }

    fn finish(mut self) -> Result<Table, ImportError> {
        self.end_row()?;
        self.growing.finish()
    }
}

/// A cell as it would stand in a CSV file; of a formula its last result.
fn written(value: &DataRef<'_>) -> Result<String, String> {
    match value {
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::Float(number) => Ok(number.to_string()),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Bool(yes) => Ok(if *yes { "yes" } else { "no" }.to_owned()),
        DataRef::DateTime(time) => Ok(day(time)),
        DataRef::Error(error) => Err(format!("the cell holds the spreadsheet's error {error}")),
        DataRef::Empty => Ok(String::new()),
    }
}

/// A day as files write it; of a time of day or a length of time the number that Excel keeps.
fn day(time: &ExcelDateTime) -> String {
    let (year, month, day, hour, minute, second, _) = time.to_ymd_hms_milli();
    if !time.is_datetime() || time.as_f64() < 1.0 {
        time.as_f64().to_string()
    } else if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
    }
}
