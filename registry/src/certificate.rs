//! Files by which somebody shows what they can do: a photo or a PDF, told by what is in it and by nothing else.

use std::fmt;

use crate::define_id;
use crate::vocabulary::vocabulary;

/// The largest file, bytes: a photo of a phone, a scan of some pages.
pub const BYTES_MAX: usize = 5 * 1024 * 1024;
/// How far from a PDF's end its last line is looked for, bytes: as far as Acrobat looks (PDF Reference 1.7, appendix H, note 18).
const PDF_END: usize = 1_024;

define_id!(
    /// One certificate of somebody.
    CertificateId
);

vocabulary!(
    /// What is in a file.
    FileKind, "kind of file" {
        /// A photo.
        Jpeg = "jpeg",
        /// A picture.
        Png = "png",
        /// A document.
        Pdf = "pdf",
    }
);

impl FileKind {
    /// Its media type.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Pdf => "application/pdf",
        }
    }

    /// By the signature at its beginning: ISO/IEC 10918-1 B.1, PNG 5.2, ISO 32000-1 7.5.2.
    fn of(bytes: &[u8]) -> Option<Self> {
        let signatures: [(&[u8], Self); 3] =
            [(b"\xff\xd8\xff", Self::Jpeg), (b"\x89PNG\r\n\x1a\n", Self::Png), (b"%PDF-", Self::Pdf)];
        signatures.into_iter().find(|(signature, _)| bytes.starts_with(signature)).map(|(_, kind)| kind)
    }
}

/// A file that is what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateFile {
    kind: FileKind,
    bytes: Vec<u8>,
}

/// Why bytes are no certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Too much.
    #[error("expected at most 5 MB")]
    TooLarge,
    /// Whatever its name says, it is neither photo nor PDF.
    #[error("expected a photo (JPEG or PNG) or a PDF")]
    Kind,
    /// A PDF whose end is missing.
    #[error("the PDF is cut off: its end is missing")]
    CutOff,
}

impl CertificateFile {
    /// Looks at what is in a file.
    ///
    /// # Errors
    /// [`CertificateError`] says what was expected.
    pub fn read(bytes: Vec<u8>) -> Result<Self, CertificateError> {
        if bytes.len() > BYTES_MAX {
            return Err(CertificateError::TooLarge);
        }
        let kind = FileKind::of(&bytes).ok_or(CertificateError::Kind)?;
        let end = &bytes[bytes.len().saturating_sub(PDF_END)..];
        if kind == FileKind::Pdf && !end.windows(5).any(|window| window == b"%%EOF") {
            return Err(CertificateError::CutOff);
        }
        Ok(Self { kind, bytes })
    }

    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> FileKind {
        self.kind
    }

    /// All of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// All of it, to send.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl fmt::Debug for CertificateFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CertificateFile({}, {} bytes)", self.kind, self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_first_bytes_say_and_a_pdf_has_an_end() {
        let table: [(&[u8], Result<FileKind, CertificateError>); 7] = [
            (b"\xff\xd8\xff\xe0JFIF", Ok(FileKind::Jpeg)),
            (b"\x89PNG\r\n\x1a\n....", Ok(FileKind::Png)),
            (b"%PDF-1.7\n...\n%%EOF\n", Ok(FileKind::Pdf)),
            (b"%PDF-1.7\n...", Err(CertificateError::CutOff)),
            (b"<html>%PDF-1.7 %%EOF", Err(CertificateError::Kind)),
            (b"MZ\x90", Err(CertificateError::Kind)),
            (b"", Err(CertificateError::Kind)),
        ];
        for (bytes, expected) in table {
            let read = CertificateFile::read(bytes.to_vec()).map(|file| file.kind());
            assert_eq!(read, expected, "{}", String::from_utf8_lossy(bytes));
        }
        let mut large = b"\xff\xd8\xff".to_vec();
        large.resize(BYTES_MAX, 0);
        assert!(CertificateFile::read(large.clone()).is_ok());
        large.push(0);
        assert_eq!(CertificateFile::read(large), Err(CertificateError::TooLarge));
    }
}
