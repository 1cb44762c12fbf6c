//! Where conditions are kept. A row is written only over the version it was made from and is never changed.

use certus_registry::{Database, Timestamp, Tx, on};

use super::RoadConditions;
use crate::engine::EngineError;

type Row = (i64, Timestamp, String, String, String);

/// The conditions that were set last; none before anybody has set any.
///
/// # Errors
/// [`EngineError`] when the database fails or the row is damaged.
pub async fn latest(db: &Database) -> Result<Option<RoadConditions>, EngineError> {
    Ok(changes(db, 1).await?.pop())
}

/// The latest conditions, the newest first.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn changes(db: &Database, limit: u32) -> Result<Vec<RoadConditions>, EngineError> {
    let sql = "SELECT version, set_at, set_by, closures, factors FROM road_conditions \
               ORDER BY version DESC LIMIT $1";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(parse).collect()
}

/// The version of the conditions that were set last; 0 before anybody has set any.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn version(db: &Database) -> Result<u64, EngineError> {
    let sql = "SELECT COALESCE(MAX(version), 0) FROM road_conditions";
    let version: i64 = on!(db, c => sqlx::query_scalar(sql).fetch_one(c).await?);
    Ok(version.unsigned_abs())
}

/// Adds conditions; false when those they were made from are not the latest any more.
///
/// # Errors
/// [`EngineError`] when the database fails.
///
/// # Panics
/// Never: conditions are plain numbers and text.
pub async fn add(tx: &mut Tx, conditions: &RoadConditions) -> Result<bool, EngineError> {
    const SQL: &str = "INSERT INTO road_conditions (version, set_at, set_by, closures, factors) \
        SELECT $1, $2, $3, $4, $5 WHERE $1 = (SELECT COALESCE(MAX(version), 0) + 1 FROM road_conditions) \
        ON CONFLICT (version) DO NOTHING";
    let RoadConditions { version, set_at, set_by, closures, factors } = conditions;
    let Ok(version) = i64::try_from(*version) else { return Ok(false) };
    let closures = serde_json::to_string(closures).expect("numbers and text");
    let factors = serde_json::to_string(factors).expect("numbers and text");
    let added = on!(tx, c => sqlx::query(SQL)
        .bind(version).bind(*set_at).bind(set_by.as_str()).bind(closures).bind(factors)
        .execute(c).await?.rows_affected());
    Ok(added == 1)
}

fn parse((version, set_at, set_by, closures, factors): Row) -> Result<RoadConditions, EngineError> {
    let damaged = |_| EngineError::damaged("road conditions", version);
    Ok(RoadConditions {
        version: version.unsigned_abs(),
        set_at,
        set_by,
        closures: serde_json::from_str(&closures).map_err(damaged)?,
        factors: serde_json::from_str(&factors).map_err(damaged)?,
    })
}
