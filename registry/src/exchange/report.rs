//! What an import or export has to say.

use std::fmt;

use serde::Serialize;

use super::{COLUMNS_MAX, ERRORS_SHOWN_MAX, FILE_BYTES_MAX, Foreign, ROWS_MAX, UNPACKED_BYTES_MAX};
use crate::vocabulary::vocabulary;
use crate::{County, OrganisationId, RegistryError, Remit};

/// What to do with a file that has bad rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// Import nothing of it.
    AllOrNothing,
    /// Import the good rows and name the bad ones.
    Partial,
}

/// What a list may say of vetting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Approvals {
    /// Everything: whoever runs this program on the server takes over a registry that was kept elsewhere. It is put down in
    /// each history as taken over.
    AsListed,
    /// Nobody becomes approved, nor for longer: that takes two officials.
    Untouched,
}

/// How a file is imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// What becomes of the good rows of a file that has bad ones.
    pub rows: Rows,
    /// What it may say of vetting.
    pub approvals: Approvals,
    /// Whose rows may be written; a row of somebody else's is refused.
    pub remit: Remit,
    /// The county of new rows that name none, where the remit leaves it open.
    pub county: County,
    /// The revision of the plan that somebody agreed to: [`ImportError::Outdated`] at any other. None: whatever it is.
    pub revision: Option<i64>,
}

/// As lists are imported on a server whose installation names no county.
impl From<Rows> for Terms {
    fn from(rows: Rows) -> Self {
        let (remit, county) = (Remit::All, County::DEFAULT);
        Self { rows, approvals: Approvals::AsListed, remit, county, revision: None }
    }
}

impl Terms {
    /// The county of a row: what the file says, or what is stored, or that of new rows. Refused by line where it is outside.
    pub(super) fn county_of(
        &self,
        line: u64,
        listed: Option<County>,
        held: Option<County>,
    ) -> Result<County, RowError> {
        let county = listed.or(held).unwrap_or_else(|| self.remit.county().unwrap_or(self.county));
        let is_own = self.remit.county().is_none_or(|own| own == county);
        if is_own { Ok(county) } else { Err(RowError::new(line, "county", Why::OtherCounty, OTHER_COUNTY)) }
    }

    /// The organisation of a row, which an organisation's own list need not name; refused by line where it is another's.
    pub(super) fn organisation_of(
        &self,
        line: u64,
        settled: Option<OrganisationId>,
    ) -> Result<Option<OrganisationId>, RowError> {
        match (self.remit.organisation(), settled) {
            (None, settled) => Ok(settled),
            (Some(own), None) => Ok(Some(own)),
            (Some(own), Some(listed)) if own == listed => Ok(settled),
            (Some(_), Some(_)) => Err(RowError::new(line, "organisation", Why::OtherList, OTHER_LIST)),
        }
    }

    /// Whether what is stored under a row's key may be written over.
    pub(super) fn covers(
        &self,
        line: u64,
        column: &str,
        (county, organisation): (County, Option<OrganisationId>),
    ) -> Result<(), RowError> {
        let is_own = self.remit.covers(county, organisation);
        if is_own { Ok(()) } else { Err(RowError::new(line, column, Why::KeptElsewhere, KEPT_ELSEWHERE)) }
    }
}

const OTHER_COUNTY: &str = "expected your own county, or nothing";
const OTHER_LIST: &str = "expected your own organisation, or nothing";
const KEPT_ELSEWHERE: &str = "is on a list that is kept by somebody else; leave the row out";

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ImportReport {
    /// Rows that were new.
    pub created: usize,
    /// Rows that changed something.
    pub updated: usize,
    /// Rows that said what was stored already.
    pub unchanged: usize,
    /// Rows left out, by line; always empty with [`Rows::AllOrNothing`].
    pub refused: Vec<RowError>,
}

/// What is wrong with a row; shown as `line 7, column phone: expected …`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
pub struct RowError {
    /// The line in the file on which the row begins, from 1.
    pub line: u64,
    /// The column's name; empty when the row as a whole is wrong.
    pub column: String,
    /// What was found or expected.
    pub problem: String,
    /// The same for whoever tells it in other words.
    pub why: Why,
    /// What stands in the column, where that is what is wrong.
    pub found: Option<String>,
}

impl RowError {
    pub(super) fn new(line: u64, column: &str, why: Why, problem: impl fmt::Display) -> Self {
        Self { line, column: column.to_owned(), problem: problem.to_string(), why, found: None }
    }

    pub(super) fn found(self, found: Option<&str>) -> Self {
        Self { found: found.map(str::to_owned), ..self }
    }
}

vocabulary!(
    /// What kind of thing is wrong with a row.
    Why, "kind of mistake" {
        /// The cell says nothing that belongs into its column.
        Cell = "cell",
        /// An earlier row has it already.
        Again = "again",
        /// It is empty and the other half of it is not.
        Half = "half",
        /// Another county than that of whoever imports.
        OtherCounty = "other_county",
        /// An organisation that they do not keep the list of.
        OtherList = "other_list",
        /// What is stored is kept by somebody else.
        KeptElsewhere = "kept_elsewhere",
        /// A kind of which there are to be no new ones.
        RetiredKind = "retired_kind",
        /// Nobody in the registry has the keeper's phone.
        NoKeeper = "no_keeper",
        /// Neither a place nor a keeper.
        Nowhere = "nowhere",
        /// A place and a keeper.
        TwoPlaces = "two_places",
        /// The kind of an organisation without its name.
        Nameless = "nameless",
        /// An organisation that is known as another kind.
        OtherKind = "other_kind",
        /// An organisation that is not known, without its kind.
        UnknownOrganisation = "unknown_organisation",
        /// A list approves nobody.
        ByOfficials = "by_officials",
        /// An organisation's list says nothing of vetting.
        ByBoard = "by_board",
        /// Longer than anything is.
        TooLong = "too_long",
        /// More or fewer fields than the header line has.
        Fields = "fields",
    }
);

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, problem, .. } = self;
        if column.is_empty() {
            write!(f, "line {line}: {problem}")
        } else {
            write!(f, "line {line}, column {column}: {problem}")
        }
    }
}

/// Why nothing of a file was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file could not be read.
    #[error("the file could not be read: {0}")]
    Read(#[from] std::io::Error),
    /// No header line.
    #[error("the file is empty; expected a header line that names the columns")]
    Empty,
    /// More than [`FILE_BYTES_MAX`].
    #[error("the file is larger than {FILE_BYTES_MAX} bytes; split it")]
    TooLarge,
    /// More than [`ROWS_MAX`].
    #[error("the file has more than {ROWS_MAX} rows; split it")]
    TooManyRows,
    /// More than [`COLUMNS_MAX`].
    #[error("the file has more than {COLUMNS_MAX} columns; expected those of one list")]
    TooManyColumns,
    /// A workbook grows beyond [`UNPACKED_BYTES_MAX`] or has absurdly many parts.
    #[error("the workbook unpacks to more than {UNPACKED_BYTES_MAX} bytes; split it, or save it as CSV")]
    UnpacksTooLarge,
    /// A file of another kind.
    #[error("the file is {}; expected CSV or an Excel workbook (.xlsx)", .0.described())]
    Foreign(Foreign),
    /// A workbook that cannot be read to its end.
    #[error("the Excel workbook is damaged: {0}; open it and save it anew, or save it as CSV")]
    Damaged(String),
    /// Letters in UTF-8 and in another encoding.
    #[error("line {line} is not UTF-8 as the rest of the file is; save the file as 'CSV UTF-8'")]
    Encoding {
        /// The first such line, from 1.
        line: u64,
    },
    /// The header line names columns wrongly.
    #[error("the header line {0}")]
    Header(String),
    /// Bad rows, all of them, by line; the text shows the first [`ERRORS_SHOWN_MAX`].
    #[error("{} of the rows cannot be imported, so nothing was:{}", .0.len(), Shown(.0))]
    Refused(Vec<RowError>),
    /// The registry is at another revision than the plan that was agreed to.
    #[error("the registry has changed since the preview; look at a new one")]
    Outdated,
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl ImportError {
    /// A word that stays the same whatever the text says.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Read(_) => "unreadable",
            Self::Empty => "empty",
            Self::TooLarge => "too_large",
            Self::TooManyRows => "too_many_rows",
            Self::TooManyColumns => "too_many_columns",
            Self::UnpacksTooLarge => "unpacks_too_large",
            Self::Foreign(_) => "foreign",
            Self::Damaged(_) => "damaged",
            Self::Encoding { .. } => "encoding",
            Self::Header(_) => "header",
            Self::Refused(_) => "refused",
            Self::Outdated => "outdated",
            Self::Registry(_) => "registry",
        }
    }
}

impl From<sqlx::Error> for ImportError {
    fn from(error: sqlx::Error) -> Self {
        Self::Registry(error.into())
    }
}

struct Shown<'a>(&'a [RowError]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().take(ERRORS_SHOWN_MAX).try_for_each(|error| write!(f, "\n  {error}"))?;
        match self.0.len().saturating_sub(ERRORS_SHOWN_MAX) {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file could not be written.
    #[error("the file could not be written: {0}")]
    Write(#[from] std::io::Error),
    /// The registry failed.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        Self::Write(error.into())
    }
}

impl From<rust_xlsxwriter::XlsxError> for ExportError {
    fn from(error: rust_xlsxwriter::XlsxError) -> Self {
        Self::Write(std::io::Error::other(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_refused_rows_are_listed_up_to_a_bound_and_then_counted() {
        let errors =
            (2..=72).map(|line| RowError::new(line, "phone", Why::Cell, "expected a number")).collect();
        let text = ImportError::Refused(errors).to_string();
        assert!(
            text.starts_with("71 of the rows cannot be imported, so nothing was:\n  line 2, column phone: ")
        );
        assert!(text.ends_with("\n  and 21 more"), "{text}");
        assert_eq!(text.lines().count(), 1 + ERRORS_SHOWN_MAX + 1);
    }
}
