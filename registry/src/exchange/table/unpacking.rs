//! What a workbook unpacks to, counted while it is unpacked: a size that the archive declares is only what somebody wrote there.

use std::io::{Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

use super::{Foreign, ImportError};
use crate::exchange::{PART_BYTES_MAX, UNPACKED_BYTES_MAX};

/// Files in one workbook: Excel writes a dozen, and a few for each sheet.
const PARTS_MAX: usize = 1_000;
/// Digits of the number of texts that a workbook says it shares. The reader makes room for so many before it reads the first.
const SHARED_DIGITS_MAX: usize = 7;
/// Where they are; the reader looks for the name in any case.
const SHARED: &str = "sharedstrings.xml";

/// Refuses an archive that is no workbook, or that would grow beyond the bounds. Every part is unpacked once, so that what
/// the reader unpacks after this has been seen whole.
pub(super) fn check(bytes: &[u8]) -> Result<(), ImportError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(ImportError::UnpacksTooLarge);
    }
    let names = archive.file_names().map(|name| name.map(|name| name.to_lowercase()));
    kind(&names.collect::<Result<Vec<_>, _>>().map_err(|error| damaged(&error))?)?;
    let (mut left, mut part) = (UNPACKED_BYTES_MAX, Vec::new());
    for index in 0..archive.len() {
        part.clear();
        let file = archive.by_index(index).map_err(|error| damaged(&error))?;
        let name = file.name().map_err(|error| damaged(&error))?.to_lowercase();
        let room = left.min(PART_BYTES_MAX);
        file.take(room + 1)
            .read_to_end(&mut part)
            .map_err(|error| ImportError::Damaged(error.to_string()))?;
        left = u64::try_from(part.len())
            .ok()
            .filter(|length| *length <= room)
            .and_then(|length| left.checked_sub(length))
            .ok_or(ImportError::UnpacksTooLarge)?;
        if name.ends_with(SHARED) && !is_plain(&part) {
            return Err(ImportError::Damaged("its list of shared texts is none".to_owned()));
        }
    }
    Ok(())
}

fn damaged(error: &ZipError) -> ImportError {
    if let ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) = error {
        return ImportError::Foreign(Foreign::Protected);
    }
    ImportError::Damaged(error.to_string())
}

fn kind(names: &[String]) -> Result<(), ImportError> {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if has("[content_types].xml") && has("xl/workbook.xml") {
        return Ok(());
    }
    let foreign =
        if has("mimetype") && has("content.xml") { Foreign::OpenDocument } else { Foreign::Archive };
    Err(ImportError::Foreign(foreign))
}

/// Whether the list of shared texts declares no absurd number of them, in an encoding in which that can be seen.
fn is_plain(xml: &[u8]) -> bool {
    const NAME: &[u8] = b"uniqueCount";
    let is_hidden = |byte: &u8| *byte < 0x20 && !matches!(byte, b'\t' | b'\r' | b'\n');
    let declared = |at: usize| {
        let mut quoted = xml[at + NAME.len()..].split(|byte| matches!(byte, b'"' | b'\''));
        quoted.nth(1).map_or(0, |value| value.iter().filter(|byte| byte.is_ascii_digit()).count())
    };
    let mut found = xml.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    !xml.iter().any(is_hidden) && found.all(|(at, _)| declared(at) <= SHARED_DIGITS_MAX)
}
