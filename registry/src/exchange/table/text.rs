//! CSV: which characters, what stands between the fields, and true line numbers.

use std::borrow::Cow;

use csv::StringRecord;

use super::{Growing, ImportError, Table};

pub(super) fn read(bytes: &[u8]) -> Result<Table, ImportError> {
    let text = decoded(bytes)?;
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter(&text))
        .from_reader(text.as_bytes());
    let mut lines = Lines { text: text.as_bytes(), offset: 0, line: 1 };
    let (mut growing, mut record) = (Growing::default(), StringRecord::new());
    while records.read_record(&mut record).map_err(|error| ImportError::Read(error.into()))? {
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        growing.add(line, &record)?;
    }
    growing.finish()
}

/// The text without its byte order mark. What is not UTF-8 is Windows-1252, the superset of Latin-1 that Swedish spreadsheets
/// write; but a file that has letters in both was put together wrongly, and guessing would ruin one half of the names.
fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, ImportError> {
    let bare = bytes.strip_prefix(b"\xef\xbb\xbf");
    let (is_marked, bytes) = (bare.is_some(), bare.unwrap_or(bytes));
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error,
    };
    let is_mixed = is_marked || bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    if is_mixed {
        let line = Lines { text: bytes, offset: 0, line: 1 }.before(error.valid_up_to());
        return Err(ImportError::Encoding { line });
    }
    Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0)
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
