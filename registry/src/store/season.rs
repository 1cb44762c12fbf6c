//! Which seasons are on, as the board says.

use std::collections::BTreeSet;

use super::{damaged, revision};
use crate::{Database, RegistryError, Season, Timestamp, Tx, on};

/// The seasons that are on.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn current(db: &Database) -> Result<BTreeSet<Season>, RegistryError> {
    const SQL: &str = "SELECT season FROM season";
    let rows: Vec<String> = on!(db, c => sqlx::query_scalar(SQL).fetch_all(c).await?);
    rows.into_iter().map(|row| row.parse().map_err(|error| damaged("season", &row, &error))).collect()
}

/// Says that a season is on, or over. False: it was said before.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn switch(tx: &mut Tx, now: Timestamp, season: Season, is_on: bool) -> Result<bool, RegistryError> {
    const ON: &str = "INSERT INTO season (season, since) VALUES ($1, $2) ON CONFLICT (season) DO NOTHING";
    const OFF: &str = "DELETE FROM season WHERE season = $1";
    revision::hold(tx).await?;
    let word = season.as_str();
    let affected = if is_on {
        on!(tx, c => sqlx::query(ON).bind(word).bind(now).execute(c).await?.rows_affected())
    } else {
        on!(tx, c => sqlx::query(OFF).bind(word).execute(c).await?.rows_affected())
    };
    if affected == 1 {
        revision::bump(tx).await?;
    }
    Ok(affected == 1)
}
