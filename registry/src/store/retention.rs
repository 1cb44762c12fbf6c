//! What is kept no longer than it must be. Who is old enough, the caller says; at most a batch at a time.

use crate::store::damaged;
use crate::{Database, RegistryError, Timestamp, Tx, VolunteerId, on};

/// People who have applied and were never approved, and with whom nothing has happened since `before`; at most `limit`, the
/// oldest first.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn stale_applications(
    db: &Database,
    before: Timestamp,
    limit: u32,
) -> Result<Vec<VolunteerId>, RegistryError> {
    const SQL: &str = "SELECT v.id FROM volunteer v JOIN vetting_standing s ON s.volunteer_id = v.id \
         WHERE v.vetting = 'applied' AND s.since <= $1 AND NOT EXISTS (SELECT 1 FROM vetting_entry e \
         WHERE e.volunteer_id = v.id AND (e.step = 'approved' OR e.vetting = 'approved')) \
         ORDER BY s.since, v.id LIMIT $2";
    let ids: Vec<String> =
        on!(db, c => sqlx::query_scalar(SQL).bind(before).bind(i64::from(limit)).fetch_all(c).await?);
    ids.iter().map(|id| id.parse().map_err(|error| damaged("volunteer", id, &error))).collect()
}

/// Forgets histories of vetting that were archived at or before `before`, at most `limit` entries; gives how many.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn forget_archive(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, RegistryError> {
    const SQL: &str = "DELETE FROM vetting_archive WHERE (volunteer_id, number) IN (SELECT volunteer_id, number \
         FROM vetting_archive WHERE archived_at <= $1 ORDER BY archived_at, volunteer_id, number LIMIT $2)";
    Ok(on!(tx, c => sqlx::query(SQL).bind(before).bind(i64::from(limit)).execute(c).await?.rows_affected()))
}
