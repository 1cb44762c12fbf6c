//! Numbers and words that are kept no longer than they must be. What became of a message stays, to whom and what it said goes.

use certus_registry::{Database, Timestamp, Tx, on};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::outbox::attempts::bind_all;

/// Messages taken at once.
const CHUNK: usize = 500;

/// A finished message that still has its words: its identifier and its reference.
pub type Worded = (String, String);

/// Messages stored at or before `before` that nothing is left to do about and that still have their words, in the order of
/// their identifiers, those after `after`, at most `limit`.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn worded(
    db: &Database,
    before: Timestamp,
    after: &str,
    limit: u32,
) -> Result<Vec<Worded>, BridgeError> {
    const SQL: &str = "SELECT id, reference FROM bridge_messages WHERE id > $1 AND stored_at <= $2 AND body <> '' \
         AND wake_at IS NULL AND NOT unreported ORDER BY id LIMIT $3";
    Ok(on!(db, c => sqlx::query_as(SQL).bind(after).bind(before).bind(i64::from(limit)).fetch_all(c).await)?)
}

/// Takes number and words from these messages; gives how many had any.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn unword(tx: &mut Tx, ids: &[String]) -> Result<u64, BridgeError> {
    let mut unworded = 0;
    for chunk in ids.chunks(CHUNK) {
        unworded += on!(tx, c => {
            let mut query = QueryBuilder::new(
                "UPDATE bridge_messages SET recipient = '', body = '', recipient_sealed = NULL, seal = 0 \
                 WHERE body <> '' AND wake_at IS NULL AND id IN (",
            );
            bind_all(&mut query.separated(", "), chunk);
            query.push(")").build().persistent(false).execute(c).await?.rows_affected()
        });
    }
    Ok(unworded)
}

/// Takes number and words from replies that came at or before `before` and were handled, at most `limit`; gives how many.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn unword_replies(tx: &mut Tx, before: Timestamp, limit: u32) -> Result<u64, BridgeError> {
    const SQL: &str = "UPDATE bridge_inbox SET sender = '', body = '', sender_sealed = NULL, seal = 0 \
         WHERE id IN (SELECT id FROM bridge_inbox \
         WHERE received_at <= $1 AND handled_at IS NOT NULL AND sender <> '' ORDER BY id LIMIT $2)";
    Ok(on!(tx, c => sqlx::query(SQL).bind(before).bind(i64::from(limit)).execute(c).await?.rows_affected()))
}
