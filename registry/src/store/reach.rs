//! Whether messages reach people. Kept beside the people themselves: what changes here changes nobody's eligibility, so
//! it does not advance the registry's revision.

use sqlx::QueryBuilder;

use super::{CHUNK, damaged, within};
use crate::reach::Reach;
use crate::{Database, RegistryError, Remit, Timestamp, Tx, VolunteerId, on};

/// Writes what a test has shown of these people.
///
/// # Errors
/// [`RegistryError::Database`], also for somebody who is not in the registry.
pub async fn put_many(
    tx: &mut Tx,
    now: Timestamp,
    people: &[(VolunteerId, Reach)],
) -> Result<(), RegistryError> {
    for chunk in people.chunks(CHUNK) {
        on!(tx, c => {
            let mut query = QueryBuilder::new("INSERT INTO volunteer_reach (volunteer_id, reach, at) ");
            query.push_values(chunk, |mut row, (who, reach)| {
                row.push_bind(who.to_string()).push_bind(reach.as_str()).push_bind(now.as_millis());
            });
            query.push(" ON CONFLICT (volunteer_id) DO UPDATE SET reach = excluded.reach, at = excluded.at");
            query.build().persistent(false).execute(c).await.map(drop)?;
        });
    }
    Ok(())
}

/// What is known of one person; `None` when no test has been settled since they came.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn of(db: &Database, who: VolunteerId) -> Result<Option<(Reach, Timestamp)>, RegistryError> {
    const SQL: &str = "SELECT reach, at FROM volunteer_reach WHERE volunteer_id = $1";
    let row: Option<(String, Timestamp)> =
        on!(db, c => sqlx::query_as(SQL).bind(who.to_string()).fetch_optional(c).await?);
    row.map(|(reach, at)| Ok((parse(who, &reach)?, at))).transpose()
}

/// Everybody within the remit whom nothing seems to reach, by identifier, with when that was found.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn unreachable(
    db: &Database,
    remit: Remit,
) -> Result<Vec<(VolunteerId, Timestamp)>, RegistryError> {
    const SQL: &str = concat!(
        "SELECT volunteer_id, at FROM volunteer_reach JOIN volunteer ON id = volunteer_id WHERE reach = 'unreachable' AND ",
        within!(1, 2),
        " ORDER BY volunteer_id"
    );
    let (county, list) = remit.binds();
    let rows: Vec<(String, Timestamp)> =
        on!(db, c => sqlx::query_as(SQL).bind(county).bind(list).fetch_all(c).await?);
    let parsed = |(id, at): (String, Timestamp)| Ok((id.parse().map_err(|e| damaged("reach", &id, &e))?, at));
    rows.into_iter().map(parsed).collect()
}

fn parse(who: VolunteerId, reach: &str) -> Result<Reach, RegistryError> {
    reach.parse().map_err(|why: String| damaged("reach", &who.to_string(), &why))
}
