//! Certificates that end, as a file to work through. It is not read back.

use std::io::Write;

use super::sheet::Layout;
use super::written::write;
use super::{ExportError, Format};
use crate::store::vetting::DueOf;
use crate::vetting::DueKind;

const LAYOUT: Layout =
    Layout { columns: &["name", "competence", "expires", "id"], required: &[], dependent: &[] };

/// Writes the certificates among what ends, in the order given.
///
/// # Errors
/// [`ExportError`] when the file cannot be written.
pub fn export_ending(lines: &[DueOf], format: Format, to: impl Write) -> Result<(), ExportError> {
    let rows = lines.iter().filter_map(|line| match line.due.kind {
        DueKind::Certificate(kind) => Some(vec![
            line.name.as_str().to_owned(),
            kind.to_string(),
            line.due.day.to_string(),
            line.volunteer.to_string(),
        ]),
        DueKind::Approval | DueKind::BackgroundCheck => None,
    });
    write(to, format, &LAYOUT, rows)
}
