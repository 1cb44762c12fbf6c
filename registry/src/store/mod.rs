//! The registry's tables, a file each. One SQL text for both databases.
//!
//! Reading takes `&Database`, writing takes `&mut Tx`; the caller commits. Every write takes the lock of
//! the revision row first, so that writes of the registry follow one another on PostgreSQL as they do on
//! SQLite: what a write compares against cannot change under it. No rule about people lives here.
//!
//! What shows or changes people, things, organisations, accounts or the log takes a [`Remit`]: what is outside is not found,
//! and not written.

pub mod account;
pub mod api_key;
pub mod application;
pub mod audit;
pub mod calendar;
pub mod catalogue;
pub mod claim;
pub mod contact;
pub mod county;
pub mod identity;
pub mod likeness;
pub mod organisation;
pub mod passkey;
pub mod phone_code;
pub mod reach;
pub mod resource;
pub mod retention;
mod revision;
pub mod sealing;
pub mod season;
pub mod vetting;
pub mod volunteer;

pub use revision::{UNCHANGED, decisions_change, revision};
pub(crate) use revision::{hold, revision_within};

use sqlx::QueryBuilder;

use crate::{Database, RegistryError, Remit};

/// Rows in one multi-row statement: 20 columns × 500 stays below SQLite's 32 766 parameters. Such statements
/// are not kept prepared: PostgreSQL would go on with the plan it made while the table was empty, and 100 000
/// people took 45 s instead of 8 (measured, unoptimised build).
const CHUNK: usize = 500;

/// The condition that a row is within a remit; the two parameters named are its [`binds`](crate::Remit::binds).
macro_rules! within {
    ($county:literal, $organisation:literal) => {
        $crate::store::within!($county, $organisation, "county", "organisation_id")
    };
    ($county:literal, $organisation:literal, $in_county:literal, $listed_by:literal) => {
        concat!(
            "($",
            $county,
            " = '' OR ",
            $in_county,
            " = $",
            $county,
            ") AND ($",
            $organisation,
            " = '' OR ",
            $listed_by,
            " = $",
            $organisation,
            ")"
        )
    };
}
use within;

/// What a `put` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// There was no such row.
    Created,
    /// The row was there and said something else.
    Updated,
    /// The row was there and said the same; nothing was written.
    Unchanged,
}

/// Brings the registry's tables up to date; its book is the table `registry_migrations`.
///
/// # Errors
/// [`RegistryError::Migration`] when a migration fails or an applied one was changed afterwards.
pub async fn migrate(db: &Database) -> Result<(), RegistryError> {
    Ok(db.migrate("registry_migrations", sqlx::migrate!()).await?)
}

/// Checks that a write changed the rows it was to change.
fn wrote(affected: u64, expected: usize) -> Result<(), RegistryError> {
    if usize::try_from(affected) == Ok(expected) { Ok(()) } else { Err(sqlx::Error::RowNotFound.into()) }
}

/// Adds `items` to the statement as bound values, separated by commas.
fn bind_list<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, items: impl Iterator<Item = String>)
where
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut list = query.separated(", ");
    for item in items {
        list.push_bind(item);
    }
}

/// Adds the condition that a row is within the remit.
fn narrow_to<DB: sqlx::Database>(query: &mut QueryBuilder<DB>, remit: Remit)
where
    String: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    if let Some(county) = remit.county() {
        query.push(" AND county = ").push_bind(county.to_string());
    }
    if let Some(list) = remit.organisation() {
        query.push(" AND organisation_id = ").push_bind(list.to_string());
    }
}

/// A key of somebody else's, where the database found it out first.
fn taken(error: sqlx::Error, what: &'static str) -> RegistryError {
    let unique = error.as_database_error().is_some_and(sqlx::error::DatabaseError::is_unique_violation);
    if unique { RegistryError::Taken { what } } else { error.into() }
}

/// The error for a row that does not parse.
pub fn damaged(what: &'static str, id: &str, why: &dyn std::fmt::Display) -> RegistryError {
    RegistryError::Damaged { what, id: id.to_owned(), why: why.to_string() }
}
