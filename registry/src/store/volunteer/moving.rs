//! Writing people anew under the newest key. Nothing about them changes: neither the revision nor the time of their last change does.

use super::row::Stored;
use super::{Row, opened_within, select};
use crate::store::wrote;
use crate::{Position, RegistryError, Tx, on};

/// Writes at most `limit` people anew that are under another key than the newest.
pub(in crate::store) async fn move_to_newest(tx: &mut Tx, limit: u32) -> Result<u64, RegistryError> {
    const UPDATE: &str = "UPDATE volunteer SET name = $1, phone = $2, phone_sealed = $3, home_lat = $4, home_lon = $5, \
         home_sealed = $6, seal = $7 WHERE id = $8";
    let sealer = tx.sealer();
    // Two ranges, so that the index leads to those few that are left.
    let sql = select!("WHERE seal < $1 OR seal > $1 LIMIT $2");
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql)
        .bind(sealer.number()).bind(i64::from(limit)).fetch_all(c).await?);
    let mut moved = 0;
    for person in opened_within(tx, rows).await? {
        let stored = Stored::of(&sealer, &person);
        let affected = on!(tx, c => sqlx::query(UPDATE)
            .bind(stored.name).bind(stored.phone).bind(stored.phone_sealed)
            .bind(stored.home.map(Position::lat)).bind(stored.home.map(Position::lon)).bind(stored.home_sealed)
            .bind(stored.seal).bind(person.id.to_string()).execute(c).await?.rows_affected());
        wrote(affected, 1)?;
        moved += 1;
    }
    Ok(moved)
}
