//! Volunteers and resources as files, in and out: how a county board brings its lists and takes them home.
//!
//! **Files.** CSV: UTF-8 with or without a byte order mark, or Windows-1252; comma, semicolon or tab between the fields (told
//! from the header line); LF or CRLF; RFC 4180 quoting. Or an Excel workbook (.xlsx), of which the first sheet is read; a line
//! is a row there. The first line names the columns, in any order. A column
//! that is not there leaves what is stored as it is; an empty cell means the column's default (below).
//!
//! | volunteers | written | default |
//! |---|---|---|
//! | `name` | | required |
//! | `birth_year` | `1971` | none |
//! | `phone`, the key | `+46701234567` | required |
//! | `languages`, preferred first | `sv en` | `sv` |
//! | `competences` with their last day | `cpr:2027-05-01 first_aid` | none |
//! | `modes` of transport | `car foot` | `foot` |
//! | `home_lat`, `home_lon` in degrees | `63.1792` or `63,1792` | none |
//! | `on_duty` | `yes` or `no`, also with an end: `no:2026-12-24T17:00:00Z`; `stopped` | `yes`; `stopped` stays |
//! | `hours` of the week | `mon-fri 07-23; sat,sun 09-17` | `always` |
//! | `holidays`: what public holidays are to these hours | `as_usual`, `as_sunday` or `closed` | `as_usual` |
//! | `nights`: whether those of the hours between 22 and 07 count | `yes` or `no` | `yes` |
//! | `exceptions` in local time, a reason behind each if there is one | `no 2026-12-24T00:00/2026-12-27T00:00 resa; yes …` | none |
//! | `monthly_max`: call-outs within 30 days that are enough | `4` | no limit |
//! | `vetting` | `applied`, `approved`, `suspended` or `left` | `applied` |
//! | `vetted_until`, the last day, with `approved` | `2027-05-01` | none |
//! | `organisation` by name | | none |
//! | `organisation_kind`, makes an unknown organisation known | `mountain_rescue` | none |
//! | `county`, a code or a Swedish county's name | `Jämtland` | that of whoever imports |
//!
//! | resources | written | default |
//! |---|---|---|
//! | `code`, the key | `AED-0123` | required |
//! | `kind`, a code of the catalogue | `aed` | required |
//! | `lat`, `lon` in degrees, or `keeper`, a volunteer's phone | | one of both |
//! | `place`, where exactly, in words | `Coop Järpen, entrén` | none |
//! | `months` of use | `all`, `11-4` | `all` |
//! | `hours` of the week in which it can be reached | `mon-sat 07-21` | `always` |
//! | `organisation`, `organisation_kind` | as above | none |
//! | `season` that it needs | `snow`, `ice` or `open_water` | none |
//! | `licence` of whoever takes it, a competence | `snowmobile_licence` | none |
//! | `confirmed`: the day on which somebody said that it is there and in order | `2026-11-02` | never |
//! | `retired`: the day from which it is there no more | `2026-11-02` | none |
//! | `county` | as above | as above |
//!
//! | organisations | written | default |
//! |---|---|---|
//! | `name`, the key | `Åre FR` | required |
//! | `kind` | `mountain_rescue` | required |
//! | `county` | as above | as above |
//!
//! The file of the Swedish defibrillator register is read as resources, see `defibrillators`.
//!
//! **Formulas.** A spreadsheet runs a field that starts with `=`, `+`, `-` or `@`. Such a field is exported
//! with an apostrophe before it, which import takes away (see `cell`). Phones too: `'+46701234567` stays
//! readable and stays text, where a bare one becomes the number 46701234567 and loses its plus. Negative
//! numbers such as longitudes stay bare: they are no formulas and maps can read them. In a workbook every cell says that it is
//! text, so nothing needs an apostrophe there but what has one already; import takes it away in both.
//!
//! A file is imported in one transaction. Nothing here decides who may import; whose rows they may write, their remit says. The
//! column `county` is exported where several counties may be in the list.

mod cell;
mod defibrillators;
mod ending;
mod organisation_list;
mod organisations;
mod plan;
mod report;
mod resources;
mod sheet;
mod table;
mod volunteers;
mod written;

use std::io::Write;

use crate::vocabulary::vocabulary;
use crate::{County, Database, Random, Remit, Timestamp, Tx, VolunteerId, store};

pub use cell::neutral;
pub use ending::export_ending;
pub use plan::{Alike, Counts, Difference, Fate, Plan, Planned};
pub use report::{Approvals, ExportError, ImportError, ImportReport, RowError, Rows, Terms, Why};
pub use resources::{export_resources, import_resources};
pub use table::{Foreign, Table};
pub use volunteers::{export_volunteers, import_volunteers};

vocabulary!(
    /// What a file lists; volunteers first, because resources name them as keepers.
    List, "list" {
        /// People.
        Volunteers = "volunteers",
        /// Things.
        Resources = "resources",
        /// Organisations.
        Organisations = "organisations",
    }
);

vocabulary!(
    /// How a list is written.
    Format, "format" {
        /// Comma-separated, UTF-8 with a byte order mark.
        Csv = "csv",
        /// An Excel workbook.
        Xlsx = "xlsx",
    }
);

/// Rows in one file: twice the 100 000 people that a county's network may one day have.
pub const ROWS_MAX: usize = 200_000;
/// Characters in one field; no field needs half of it, and a quote that is never closed is caught by it.
pub const FIELD_LENGTH_MAX: usize = 1_000;
/// Characters in a field of `exceptions`: 100 of them, with their reasons, are 8 000.
pub const EXCEPTIONS_LENGTH_MAX: usize = 9_000;
/// Bytes in one file: 200 000 rows of 600 bytes, three times what real rows need.
pub const FILE_BYTES_MAX: u64 = 120_000_000;
/// Columns in one file: five times what any list has.
pub const COLUMNS_MAX: usize = 64;
/// Bytes that one part of a workbook unpacks to: the sheet of 100 000 people takes some 60 MB.
pub const PART_BYTES_MAX: u64 = 120_000_000;
/// Bytes that all parts of a workbook unpack to.
pub const UNPACKED_BYTES_MAX: u64 = 160_000_000;
/// Refused rows that an error's text lists before it only counts.
pub const ERRORS_SHOWN_MAX: usize = 50;

/// Imports a table in one transaction, as what its columns say it lists.
///
/// # Errors
/// As [`import_volunteers`] and [`import_resources`]; [`ImportError::Outdated`] at another revision than that of the terms.
/// Nothing was imported then.
pub async fn import(
    db: &Database,
    now: Timestamp,
    random: &Random,
    table: Table,
    terms: Terms,
) -> Result<ImportReport, ImportError> {
    let mut tx = db.begin().await?;
    let plan = import_within(&mut tx, now, random, table, terms).await?;
    tx.commit().await?;
    Ok(plan.report())
}

/// The same inside a transaction of the caller's, who commits it; says what was done to each row.
///
/// # Errors
/// As [`import`]; the transaction is to be dropped then.
pub async fn import_within(
    tx: &mut Tx,
    now: Timestamp,
    random: &Random,
    table: Table,
    terms: Terms,
) -> Result<Plan, ImportError> {
    match table.list()? {
        List::Volunteers => volunteers::import(tx, now, random, table, terms).await,
        List::Resources => resources::import(tx, now, random, table, terms).await,
        List::Organisations => organisation_list::import(tx, now, random, table, terms).await,
    }
}

/// What [`import`] would do: the same steps up to the first that writes. Nobody is kept from writing meanwhile; whatever was
/// written meanwhile has another revision than the plan.
///
/// # Errors
/// [`ImportError`] when the file as a whole cannot be imported; bad rows are in the plan.
pub async fn preview(
    db: &Database,
    now: Timestamp,
    random: &Random,
    table: Table,
    terms: Terms,
) -> Result<Plan, ImportError> {
    match table.list()? {
        List::Volunteers => volunteers::preview(db, now, random, table, terms).await,
        List::Resources => resources::preview(db, now, random, table, terms).await,
        List::Organisations => organisation_list::preview(db, now, random, table, terms).await,
    }
}

/// Writes a list, as far as the remit goes, so that [`import`] reads it back the same; gives the people who are in it.
///
/// # Errors
/// [`ExportError`] when the database cannot be read or the file not written.
pub async fn export(
    db: &Database,
    remit: Remit,
    list: List,
    format: Format,
    to: impl Write,
) -> Result<Vec<VolunteerId>, ExportError> {
    match list {
        List::Volunteers => return volunteers::export(db, remit, format, to).await,
        List::Resources => resources::export(db, remit, format, to).await?,
        List::Organisations => organisation_list::export(db, remit, format, to).await?,
    }
    Ok(Vec::new())
}

/// A county as a file has it: by its name, where it has one, for spreadsheets take the zero from `01`.
fn county(county: County) -> String {
    county.name().to_owned()
}

/// Keeps other writers out and says at which revision, unless another was agreed to.
async fn held_at(tx: &mut Tx, agreed: Option<i64>) -> Result<i64, ImportError> {
    store::hold(tx).await?;
    let revision = store::revision_within(tx).await?;
    let is_agreed = agreed.is_none_or(|agreed| agreed == revision);
    if is_agreed { Ok(revision) } else { Err(ImportError::Outdated) }
}
