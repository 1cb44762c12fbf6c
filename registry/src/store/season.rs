//! Which seasons are on, as the board of each county says.

use std::collections::BTreeSet;

use super::{damaged, revision};
use crate::{County, Database, RegistryError, Season, Timestamp, Tx, on};

/// The seasons that are on, by county.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn current(db: &Database) -> Result<BTreeSet<(County, Season)>, RegistryError> {
    const SQL: &str = "SELECT county, season FROM county_season";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
    let parse = |(county, season): (String, String)| {
        let broken = |why: &dyn std::fmt::Display| damaged("season", &format!("{county} {season}"), why);
        Ok((county.parse().map_err(|e| broken(&e))?, season.parse().map_err(|e| broken(&e))?))
    };
    rows.into_iter().map(parse).collect()
}

/// Says that a season is on in a county, or over. False: it was said before.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn switch(
    tx: &mut Tx,
    now: Timestamp,
    county: County,
    season: Season,
    is_on: bool,
) -> Result<bool, RegistryError> {
    const ON: &str = "INSERT INTO county_season (county, season, since) VALUES ($1, $2, $3) \
         ON CONFLICT (county, season) DO NOTHING";
    const OFF: &str = "DELETE FROM county_season WHERE county = $1 AND season = $2";
    revision::hold(tx).await?;
    let (county, word) = (county.as_str(), season.as_str());
    let affected = if is_on {
        on!(tx, c => sqlx::query(ON).bind(county).bind(word).bind(now).execute(c).await?.rows_affected())
    } else {
        on!(tx, c => sqlx::query(OFF).bind(county).bind(word).execute(c).await?.rows_affected())
    };
    if affected == 1 {
        revision::bump(tx).await?;
    }
    Ok(affected == 1)
}
