//! The county of rows that were there before there were counties.

use super::revision;
use crate::{County, RegistryError, Tx, on};

/// Writes the installation's county into every row that has none, accounts and keys included: their rights go over it alone.
/// Gives how many rows there were; every start but the first after an update finds none.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn settle(tx: &mut Tx, county: County) -> Result<u64, RegistryError> {
    const TABLES: [&str; 6] = [
        "UPDATE organisation SET county = $1 WHERE county = ''",
        concat!("UPDATE volunteer SET county = $1, written = ", revision::written!(), " WHERE county = ''"),
        "UPDATE resource SET county = $1 WHERE county = ''",
        "UPDATE account SET county = $1 WHERE county = ''",
        "UPDATE api_key SET county = $1 WHERE county = ''",
        "UPDATE county_season SET county = $1 WHERE county = ''",
    ];
    revision::hold(tx).await?;
    let mut settled = 0;
    for sql in TABLES {
        settled += on!(tx, c => sqlx::query(sql).bind(county.as_str()).execute(c).await?.rows_affected());
    }
    if settled > 0 {
        revision::bump(tx).await?;
    }
    Ok(settled)
}
