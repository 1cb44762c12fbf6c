//! Volunteers and resources as CSV files, in and out: how a county board brings its lists and takes them home.
//!
//! **Files.** UTF-8 with or without a byte order mark; comma, semicolon or tab between the fields (told from
//! the header line); LF or CRLF; RFC 4180 quoting. The first line names the columns, in any order. A column
//! that is not there leaves what is stored as it is; an empty cell means the column's default (below).
//!
//! | volunteers | written | default |
//! |---|---|---|
//! | `name` | | required |
//! | `phone`, the key | `+46701234567` | required |
//! | `languages`, preferred first | `sv en` | `sv` |
//! | `competences` with their last day | `cpr:2027-05-01 first_aid` | none |
//! | `modes` of transport | `car foot` | `foot` |
//! | `home_lat`, `home_lon` in degrees | `63.1792` or `63,1792` | none |
//! | `on_duty` | `yes` or `no`, also with an end: `no:2026-12-24T17:00:00Z`; `stopped` | `yes`; `stopped` stays |
//! | `hours` of the week | `mon-fri 07-23; sat,sun 09-17` | `always` |
//! | `vetting` | `applied`, `approved`, `suspended` or `left` | `applied` |
//! | `vetted_until`, the last day, with `approved` | `2027-05-01` | none |
//! | `organisation` by name | | none |
//! | `organisation_kind`, makes an unknown organisation known | `mountain_rescue` | none |
//!
//! | resources | written | default |
//! |---|---|---|
//! | `code`, the key | `AED-0123` | required |
//! | `kind` | `aed` | required |
//! | `lat`, `lon` in degrees, or `keeper`, a volunteer's phone | | one of both |
//! | `place`, where exactly, in words | `Coop Järpen, entrén` | none |
//! | `months` of use | `all`, `11-4` | `all` |
//! | `hours` of the week in which it can be reached | `mon-sat 07-21` | `always` |
//! | `organisation`, `organisation_kind` | as above | none |
//!
//! **Formulas.** A spreadsheet runs a field that starts with `=`, `+`, `-` or `@`. Such a field is exported
//! with an apostrophe before it, which import takes away (see `cell`). Phones too: `'+46701234567` stays
//! readable and stays text, where a bare one becomes the number 46701234567 and loses its plus. Negative
//! numbers such as longitudes stay bare: they are no formulas and maps can read them.
//!
//! A file is imported in one transaction. Nothing here decides who may import.

mod cell;
mod organisations;
mod report;
mod resources;
mod sheet;
mod volunteers;

pub use cell::neutral;
pub use report::{ExportError, ImportError, ImportReport, RowError, Rows};
pub use resources::{export_resources, import_resources};
pub use volunteers::{export_volunteers, import_volunteers};

/// Rows in one file: twice the 100 000 people that a county's network may one day have.
pub const ROWS_MAX: usize = 200_000;
/// Characters in one field; no field needs half of it, and a quote that is never closed is caught by it.
pub const FIELD_LENGTH_MAX: usize = 1_000;
/// Bytes in one file: 200 000 rows of 600 bytes, three times what real rows need.
pub const FILE_BYTES_MAX: u64 = 120_000_000;
/// Refused rows that an error's text lists before it only counts.
pub const ERRORS_SHOWN_MAX: usize = 50;
