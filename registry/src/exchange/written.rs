//! A list as a file that [`Table::read`](super::Table::read) reads.

use std::io::Write;

use rust_xlsxwriter::{ColNum, RowNum, Workbook, XlsxError};

use super::cell::{kept, neutral};
use super::sheet::Layout;
use super::{ExportError, Format};

/// Writes the header line and the rows.
pub(super) fn write(
    mut to: impl Write,
    format: Format,
    layout: &Layout,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), ExportError> {
    match format {
        Format::Csv => csv(to, layout, rows),
        Format::Xlsx => Ok(to.write_all(&workbook(layout, rows)?)?),
    }
}

/// It begins with a byte order mark: without one, Excel takes UTF-8 for Windows-1252 and ruins every å, ä and ö.
fn csv(
    mut to: impl Write,
    layout: &Layout,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), ExportError> {
    to.write_all("\u{feff}".as_bytes())?;
    let mut writer = csv::Writer::from_writer(to);
    writer.write_record(layout.columns)?;
    for row in rows {
        let fields = row.iter().take(layout.columns.len());
        writer.write_record(fields.map(|field| neutral(field).into_owned()))?;
    }
    Ok(writer.flush()?)
}

/// One sheet, every cell of it text: a number that begins with a plus keeps it, and nothing is a formula.
fn workbook(layout: &Layout, rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for (column, name) in (0..).zip(layout.columns) {
        sheet.write_string(0, column, *name)?;
    }
    for (row, fields) in (1 as RowNum..).zip(rows) {
        let fields = fields.iter().take(layout.columns.len());
        let filled = (0..).zip(fields).filter(|(_, field): &(ColNum, &String)| !field.is_empty());
        for (column, field) in filled {
            sheet.write_string(row, column, kept(field))?;
        }
    }
    workbook.save_to_buffer()
}
