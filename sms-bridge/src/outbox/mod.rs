//! The durable outbox: messages wait here, inside the caller's transaction, until the worker sends them;
//! afterwards this is the record of what became of them.

pub(crate) mod attempts;
mod fate;
mod report;

use std::collections::HashSet;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Batch, Phone, Random, Timestamp, Tx, Value, on};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::message::{MessageId, Milestone, NewMessage};

pub use fate::{Fate, Tally, history, mark_reported, tally, unreported};
pub use report::{GatewayReport, by_gateway};

/// Messages in one INSERT: 18 values each stay far below the 32 766 that a statement may bind.
const INSERT_ROWS_MAX: usize = 500;

/// A message that its own transaction claims for a worker; see [`crate::WorkerHandle::enqueue`]. Its lease number is 0,
/// which no later claim has.
#[derive(Debug, Clone)]
pub(crate) struct Birth {
    pub(crate) gateway: String,
    pub(crate) lease_until: Timestamp,
}

/// Stores messages with the caller's other writes; wake the worker after the commit.
///
/// # Errors
/// [`BridgeError::Invalid`] when a reference or a body is out of bounds (the batch is as before then).
pub fn enqueue(
    batch: &mut Batch,
    now: Timestamp,
    random: &Random,
    messages: &[NewMessage],
) -> Result<Vec<MessageId>, BridgeError> {
    enqueue_born(batch, now, random, messages, |_| None)
}

/// As [`enqueue`]; `birth` says which messages are claimed at once.
pub(crate) fn enqueue_born(
    batch: &mut Batch,
    now: Timestamp,
    random: &Random,
    messages: &[NewMessage],
    mut birth: impl FnMut(&NewMessage) -> Option<Birth>,
) -> Result<Vec<MessageId>, BridgeError> {
    for message in messages {
        message.check()?;
    }
    let ids: Vec<MessageId> = messages.iter().map(|_| MessageId::new(now, random)).collect();
    let mut rows = ids.iter().zip(messages).map(|(id, message)| row(now, *id, message, birth(message)));
    for _ in messages.chunks(INSERT_ROWS_MAX) {
        let into = "bridge_messages (id, reference, recipient, body, lane, stored_at, valid_until, state, \
                    state_at, history, wake_at, attempt, lease_no, reconciled, cancel_asked, unreported, gateway, channel)";
        batch.insert(into, "", rows.by_ref().take(INSERT_ROWS_MAX));
    }
    Ok(ids)
}

fn row(now: Timestamp, id: MessageId, message: &NewMessage, birth: Option<Birth>) -> [Value; 18] {
    let unclaimed = (Milestone::Stored, String::new(), message.due_at.min(message.valid_until), 0_i64);
    let (state, history, wake_at, attempt) = birth.as_ref().map_or(unclaimed, |birth| {
        (Milestone::Transmitted, Milestone::Transmitted.passed(now), birth.lease_until, 1)
    });
    [
        id.to_string().into(),
        message.reference.as_str().into(),
        message.to.as_str().into(),
        message.body.as_str().into(),
        (message.urgency as i64).into(),
        now.into(),
        message.valid_until.into(),
        state.as_str().into(),
        now.into(),
        history.into(),
        wake_at.into(),
        attempt.into(),
        0_i64.into(),
        0_i64.into(),
        false.into(),
        false.into(),
        Value::Text(birth.map(|birth| birth.gateway)),
        message.channel.as_str().into(),
    ]
}

/// Stores one message unless one under the same reference was stored at or after `since`; true when it was stored.
///
/// # Errors
/// As [`enqueue`]; [`BridgeError::Database`].
pub async fn enqueue_once(
    tx: &mut Tx,
    now: Timestamp,
    random: &Random,
    message: &NewMessage,
    since: Timestamp,
) -> Result<bool, BridgeError> {
    const SQL: &str = "SELECT COUNT(*) FROM bridge_messages WHERE reference = $1 AND stored_at >= $2";
    if since < now && !broken(Rule::HelpPause) {
        attempts::take_turn(tx, "inbound").await?; // two nodes must not both find none
        let there: i64 =
            on!(tx, c => sqlx::query_scalar(SQL).bind(&message.reference).bind(since).fetch_one(c).await)?;
        if there > 0 {
            return Ok(false);
        }
    }
    let mut batch = Batch::default();
    enqueue(&mut batch, now, random, std::slice::from_ref(message))?;
    Ok(batch.execute(tx).await?)
}

/// Withdraws whatever is still unsent to `phone` but what has a reference that ends in `spared`.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn cancel_to(tx: &mut Tx, now: Timestamp, phone: &Phone, spared: &str) -> Result<(), BridgeError> {
    // Lanes and wake_at: only what waits for the worker is looked at, for there is no index by phone.
    const IN_FLIGHT: &str = "UPDATE bridge_messages SET cancel_asked = TRUE WHERE lane IN (0, 1) \
        AND wake_at IS NOT NULL AND state = 'transmitted' AND recipient = $1 AND reference NOT LIKE $2";
    const STORED: &str = "UPDATE bridge_messages SET state = 'cancelled', wake_at = NULL, state_at = $3, \
        history = history || $4 WHERE lane IN (0, 1) AND wake_at IS NOT NULL AND state = 'stored' \
        AND recipient = $1 AND reference NOT LIKE $2";
    let (phone, spared) = (phone.as_str(), format!("%{spared}"));
    attempts::take_turn(tx, "lease").await?; // never interleaved with a claim
    on!(tx, c => sqlx::query(IN_FLIGHT).bind(phone).bind(&spared).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(STORED).bind(phone).bind(&spared).bind(now)
        .bind(Milestone::Cancelled.passed(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Withdraws what is still unsent under `references` and returns those under which something was.
///
/// A message in flight cannot be withdrawn, but it is not tried again should this attempt fail.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn cancel(
    tx: &mut Tx,
    now: Timestamp,
    references: &[String],
) -> Result<HashSet<String>, BridgeError> {
    if references.is_empty() {
        return Ok(HashSet::new());
    }
    if broken(Rule::Withdrawal) {
        return Ok(references.iter().cloned().collect());
    }
    attempts::take_turn(tx, "lease").await?; // never interleaved with a claim
    on!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE bridge_messages SET cancel_asked = TRUE WHERE state = 'transmitted'");
        attempts::bind_all(&mut query.push(" AND reference IN (").separated(", "), references);
        query.push(")").build().execute(c).await.map(drop)
    })?;
    let withdrawn: Vec<(String,)> = on!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE bridge_messages SET state = 'cancelled', wake_at = NULL, state_at = ");
        query.push_bind(now.as_millis()).push(", history = history || ");
        query.push_bind(Milestone::Cancelled.passed(now)).push(" WHERE state = 'stored' AND reference IN (");
        attempts::bind_all(&mut query.separated(", "), references);
        query.push(") RETURNING reference").build_query_as().fetch_all(c).await?
    });
    Ok(withdrawn.into_iter().map(|(reference,)| reference).collect())
}
