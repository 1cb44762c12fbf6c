//! Alarms of one commit as one row. Thirty rows of `bridge_messages` with their indexes cost a commit that nobody may wait for some
//! twenty pages; the worker has these messages in its hands and needs none of them. So where one process alone writes (SQLite), they
//! are stored together, and written out by whoever takes a turn next, which is mostly the record of how they were sent.
//!
//! Whoever reads or writes messages comes after that: writers take a turn ([`super::attempts::take_turn`]), readers call
//! [`written_out`] first. After a crash they are in flight under their lease like any other.

use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Batch, Database, Timestamp, Tx, on};

use super::{Row, insert};
use crate::BridgeError;

/// After so long the worker writes them out by itself: nothing has come of them yet, or their process has died.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// Adds a row with these, if there are any.
pub(super) fn post(batch: &mut Batch, now: Timestamp, rows: &[Row]) {
    let Some(first) = rows.first() else { return };
    let messages = serde_json::to_string(rows).expect("texts, numbers and flags");
    let row = [first[0].clone(), now.into(), messages.into(), false.into()];
    batch.insert("bridge_posted (id, stored_at, messages, damaged)", "", std::iter::once(row));
}

/// Writes out what was posted.
pub(crate) async fn write_out(tx: &mut Tx) -> Result<(), sqlx::Error> {
    const SQL: &str = "SELECT id, messages FROM bridge_posted WHERE NOT damaged ORDER BY id";
    const ASIDE: &str = "UPDATE bridge_posted SET damaged = TRUE WHERE id = $1";
    if broken(Rule::WrittenOut) {
        return Ok(());
    }
    let posted: Vec<(String, String)> = on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?;
    let mut batch = Batch::default();
    for (id, messages) in posted {
        match serde_json::from_str::<Vec<Row>>(&messages) {
            Ok(rows) => {
                insert(&mut batch, rows);
                batch.write("DELETE FROM bridge_posted WHERE id = ?", [id.into()], 1);
            }
            Err(error) => {
                // It must not keep others from being sent.
                tracing::error!(
                    posted.id = %id, %error,
                    "Alarms that were sent cannot be written out: somebody must look at table bridge_posted."
                );
                on!(tx, c => sqlx::query(ASIDE).bind(&id).execute(c).await.map(drop))?;
            }
        }
    }
    batch.execute(tx).await?;
    Ok(())
}

/// Writes out what was posted, for those who read messages outside a transaction. Where nothing can be written, they read on
/// without.
///
/// # Errors
/// [`BridgeError::Database`] when it cannot be read either.
pub(crate) async fn written_out(db: &Database) -> Result<(), BridgeError> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM bridge_posted WHERE NOT damaged)";
    let posted: bool = on!(db, c => sqlx::query_scalar(SQL).fetch_one(c).await)?;
    if posted && let Err(error) = alone(db).await {
        tracing::warn!(%error, "Alarms that were just sent could not be written out: whoever reads messages now does not see them.");
    }
    Ok(())
}

async fn alone(db: &Database) -> Result<(), sqlx::Error> {
    let mut tx = db.begin().await?;
    write_out(&mut tx).await?;
    tx.commit().await
}
