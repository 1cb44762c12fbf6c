//! What a file is, by its bytes.

use super::ImportError;
use crate::vocabulary::vocabulary;

vocabulary!(
    /// What a file is that is no list.
    Foreign, "kind of file" {
        /// PDF.
        Pdf = "pdf",
        /// JPEG, PNG, GIF or WebP.
        Picture = "picture",
        /// An Excel workbook as Excel wrote it until 2003 (.xls), or another document of that time.
        OldExcel = "old_excel",
        /// An Excel workbook behind a password.
        Protected = "protected",
        /// An `OpenDocument` file.
        OpenDocument = "open_document",
        /// A zip archive of anything else, a Word document for one.
        Archive = "archive",
        /// HTML or XML, which some programs give the name .xls.
        WebPage = "web_page",
        /// UTF-16, which Excel calls Unicode text.
        Utf16 = "utf16",
        /// Anything else that is no text.
        Binary = "binary",
    }
);

impl Foreign {
    /// The same for people: `a PDF document`.
    #[must_use]
    pub const fn described(self) -> &'static str {
        match self {
            Self::Pdf => "a PDF document",
            Self::Picture => "a picture",
            Self::OldExcel => "an Excel workbook of the old kind (.xls); save it as .xlsx",
            Self::Protected => "an Excel workbook behind a password; save it without one",
            Self::OpenDocument => "an OpenDocument file; save it as .xlsx or CSV",
            Self::Archive => "a zip archive or a document that is no Excel workbook",
            Self::WebPage => "a web page or XML, whatever its name says",
            Self::Utf16 => "UTF-16 text; save it as 'CSV UTF-8'",
            Self::Binary => "no text",
        }
    }
}

/// What can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    /// CSV.
    Text,
    /// A zip archive that may be an Excel workbook.
    Workbook,
}

/// The first bytes of files (their formats' specifications; `file(1)` goes by the same).
const BEGINNINGS: [(&[u8], Foreign); 9] = [
    (b"%PDF-", Foreign::Pdf),
    (b"\xff\xd8\xff", Foreign::Picture),
    (b"\x89PNG\r\n\x1a\n", Foreign::Picture),
    (b"GIF8", Foreign::Picture),
    (b"RIFF", Foreign::Picture),
    (b"\xff\xfe", Foreign::Utf16),
    (b"\xfe\xff", Foreign::Utf16),
    (b"\x1f\x8b", Foreign::Archive),
    (b"Rar!", Foreign::Archive),
];
const ZIP: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// The container of Office documents until 2003, and of encrypted ones since (MS-CFB, 2.2).
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";
/// The stream that an encrypted document is in (MS-OFFCRYPTO, 2.3.4), as a directory entry spells it.
const ENCRYPTED: &str = "EncryptedPackage";

/// Says what the file is; an empty one is text.
pub(super) fn content(bytes: &[u8]) -> Result<Content, ImportError> {
    if let Some((_, foreign)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return Err(ImportError::Foreign(*foreign));
    }
    if ZIP.iter().any(|beginning| bytes.starts_with(beginning)) {
        return Ok(Content::Workbook);
    }
    if bytes.starts_with(COMPOUND) {
        let name: Vec<u8> = ENCRYPTED.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let is_encrypted = bytes.windows(name.len()).any(|window| window == name);
        return Err(ImportError::Foreign(if is_encrypted { Foreign::Protected } else { Foreign::OldExcel }));
    }
    if is_markup(bytes) {
        return Err(ImportError::Foreign(Foreign::WebPage));
    }
    if bytes.contains(&0) {
        return Err(ImportError::Foreign(Foreign::Binary));
    }
    Ok(Content::Text)
}

/// No header line begins with a tag.
fn is_markup(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    bytes.starts_with(b"<")
}
