//! The durable outbox: messages wait here, inside the caller's transaction, until the worker sends them;
//! afterwards this is the record of what became of them.

pub(crate) mod attempts;
mod fate;

use certus_registry::{Random, Timestamp, Tx, on};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::message::{MessageId, Milestone, NewMessage};

pub use fate::{Fate, Tally, history, mark_reported, tally, unreported};

/// Messages in one INSERT: 13 values each stay far below the 32 766 that SQLite binds.
const INSERT_ROWS_MAX: usize = 500;

/// Stores messages in the caller's transaction; wake the worker after the commit.
///
/// # Errors
/// [`BridgeError::Invalid`] when a reference or a body is out of bounds (nothing is stored then).
pub async fn enqueue(
    tx: &mut Tx,
    now: Timestamp,
    random: &Random,
    messages: &[NewMessage],
) -> Result<Vec<MessageId>, BridgeError> {
    for message in messages {
        message.check()?;
    }
    let ids: Vec<MessageId> = messages.iter().map(|_| MessageId::new(now, random)).collect();
    let rows: Vec<(MessageId, &NewMessage)> = ids.iter().copied().zip(messages).collect();
    for chunk in rows.chunks(INSERT_ROWS_MAX) {
        let stored = on!(tx, c => insert(now, chunk).build().execute(c).await?.rows_affected());
        expect_rows(stored, chunk.len())?;
    }
    Ok(ids)
}

fn insert<DB>(now: Timestamp, rows: &[(MessageId, &NewMessage)]) -> QueryBuilder<DB>
where
    DB: sqlx::Database,
    for<'q> String: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> &'q str: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> i64: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    for<'q> bool: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut query = QueryBuilder::new(
        "INSERT INTO bridge_messages (id, reference, recipient, body, lane, stored_at, valid_until, state, \
         state_at, history, wake_at, attempt, lease_no, reconciled, cancel_asked, unreported) ",
    );
    query.push_values(rows, |mut row, (id, message)| {
        row.push_bind(id.to_string())
            .push_bind(message.reference.clone())
            .push_bind(message.to.as_str().to_owned())
            .push_bind(message.body.clone())
            .push_bind(message.urgency as i64)
            .push_bind(now.as_millis())
            .push_bind(message.valid_until.as_millis())
            .push_bind(Milestone::Stored.as_str())
            .push_bind(now.as_millis())
            .push_bind("")
            .push_bind(message.due_at.min(message.valid_until).as_millis())
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(0_i64)
            .push_bind(false)
            .push_bind(false);
    });
    query
}

/// Withdraws what is still unsent under `reference` and returns how many that were.
///
/// A message in flight cannot be withdrawn, but it is not tried again should this attempt fail.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn cancel(tx: &mut Tx, now: Timestamp, reference: &str) -> Result<u64, BridgeError> {
    const IN_FLIGHT: &str = "UPDATE bridge_messages SET cancel_asked = TRUE \
                             WHERE reference = $1 AND state = 'transmitted'";
    const UNSENT: &str = "UPDATE bridge_messages SET state = 'cancelled', state_at = $2, wake_at = NULL, \
                          history = history || $3 WHERE reference = $1 AND state = 'stored'";
    attempts::take_turn(tx, "lease").await?; // never interleaved with a claim
    on!(tx, c => sqlx::query(IN_FLIGHT).bind(reference).execute(c).await.map(drop))?;
    let passed = Milestone::Cancelled.passed(now);
    let cancelled = on!(tx, c => {
        sqlx::query(UNSENT).bind(reference).bind(now).bind(passed).execute(c).await?.rows_affected()
    });
    Ok(cancelled)
}

/// A write that touched another number of rows than it must have is a damaged database.
pub(crate) fn expect_rows(affected: u64, expected: usize) -> Result<(), BridgeError> {
    if affected == expected as u64 {
        return Ok(());
    }
    let why = format!("{affected} rows were written instead of {expected}");
    Err(BridgeError::Damaged { what: "outbox", id: String::new(), why })
}
