//! The worker's side of the outbox: what to look at next, claiming it by lease, writing down what came of it.
//!
//! A lease number is given out once, ever. Every later write of an attempt names it, so that a worker whose
//! lease ran out and was taken over cannot write any more.

use std::time::Duration;

use certus_registry::{Database, Phone, Timestamp, Tx, on};
use sqlx::QueryBuilder;

use crate::message::{MessageId, Milestone, parse_stored};
use crate::{BridgeError, Channel, Outgoing, Urgency};

/// The lane of messages that only wait for a receipt; alarms and notices are lanes 0 and 1. Queries name all
/// three: both databases then seek in each lane instead of reading past the thousands that wait for receipts.
pub(crate) const LANE_RECEIPT: i64 = 2;
/// Messages stored earlier than this before the attempt are not looked at when it is reconciled: there is no
/// index by phone, for it would cost every alarm a page per phone.
const LOOK_BACK: Duration = Duration::from_hours(24);
/// How long after its validity a message that was accepted may still be without a receipt; then it is unknown.
const RECEIPT_GRACE: Duration = Duration::from_mins(15);
/// Provider ids of other messages to the same phone that a gateway is told when it reconciles.
const TAKEN_MAX: i64 = 100;

/// Takes the next number of one of the three turns and, until the transaction ends, the turn itself.
pub(crate) async fn take_turn(tx: &mut Tx, name: &'static str) -> Result<i64, BridgeError> {
    const SQL: &str = "UPDATE bridge_turns SET number = number + 1 WHERE name = $1 RETURNING number";
    let (number,): (i64,) = on!(tx, c => sqlx::query_as(SQL).bind(name).fetch_one(c).await)?;
    Ok(number)
}

/// [`RECEIPT_GRACE`] as the database counts time.
pub(crate) fn grace_millis() -> i64 {
    i64::try_from(RECEIPT_GRACE.as_millis()).unwrap_or(i64::MAX)
}

/// A message that needs the worker, as stored.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct DueRow {
    id: String,
    reference: String,
    channel: String,
    lane: i64,
    recipient: String,
    body: String,
    state: String,
    stored_at: Timestamp,
    state_at: Timestamp,
    valid_until: Timestamp,
    attempt: i64,
    gateway: Option<String>,
    ladder: Option<String>,
    reconciled: i64,
}

/// A message that needs the worker.
#[derive(Debug)]
pub(crate) struct Due {
    pub(crate) outgoing: Outgoing,
    pub(crate) channel: Channel,
    pub(crate) state: Milestone,
    /// Of the last attempt.
    pub(crate) gateway: Option<String>,
    /// That it is a rung of.
    pub(crate) ladder: Option<String>,
    pub(crate) reconciled: u32,
}

impl TryFrom<DueRow> for Due {
    type Error = BridgeError;

    fn try_from(row: DueRow) -> Result<Self, BridgeError> {
        let state: Milestone = parse_stored("message", &row.id, &row.state)?;
        Ok(Self {
            outgoing: Outgoing {
                id: parse_stored("message", &row.id, &row.id)?,
                to: parse_stored::<Phone>("message", &row.id, &row.recipient)?,
                reference: row.reference,
                body: row.body,
                urgency: if row.lane == 0 { Urgency::Alarm } else { Urgency::Notice },
                stored_at: row.stored_at,
                sent_at: row.state_at,
                valid_until: row.valid_until,
                attempt: u32::try_from(row.attempt).unwrap_or(u32::MAX),
                taken: Vec::new(),
            },
            channel: parse_stored("message", &row.id, &row.channel)?,
            state,
            gateway: row.gateway,
            ladder: row.ladder,
            reconciled: u32::try_from(row.reconciled).unwrap_or(u32::MAX),
        })
    }
}

/// What needs the worker at `now`: alarms first, then by time. Naming the lanes lets SQLite step over those of a
/// lane that are not due yet, which are many while receipts are awaited.
pub(crate) async fn due(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<Vec<Due>, BridgeError> {
    const SQL: &str = "SELECT id, reference, channel, lane, recipient, body, state, stored_at, state_at, valid_until, attempt, gateway, ladder, \
                       reconciled FROM bridge_messages WHERE lane IN (0, 1, 2) AND wake_at <= $1 \
                       ORDER BY lane, wake_at, id LIMIT $2";
    let rows: Vec<DueRow> =
        on!(tx, c => sqlx::query_as(SQL).bind(now).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter().map(Due::try_from).collect()
}

/// When the worker is needed next.
pub(crate) async fn next_wake(db: &Database) -> Result<Option<Timestamp>, BridgeError> {
    const SQL: &str = "SELECT MIN(wake_at) FROM ( \
        SELECT MIN(wake_at) AS wake_at FROM bridge_messages WHERE lane = 0 AND wake_at IS NOT NULL UNION ALL \
        SELECT MIN(wake_at) FROM bridge_messages WHERE lane = 1 AND wake_at IS NOT NULL UNION ALL \
        SELECT MIN(wake_at) FROM bridge_messages WHERE lane = 2 AND wake_at IS NOT NULL) lanes";
    let (next,): (Option<i64>,) = on!(db, c => sqlx::query_as(SQL).fetch_one(c).await)?;
    Ok(next.map(Timestamp::from_millis))
}

/// A lease on some messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) number: i64,
    pub(crate) until: Timestamp,
}

/// Marks stored messages as transmitted through `gateway` and returns the ids of those that were still stored.
pub(crate) async fn claim(
    tx: &mut Tx,
    now: Timestamp,
    lease: Lease,
    gateway: &str,
    ids: &[String],
) -> Result<Vec<String>, BridgeError> {
    let count = on!(tx, c => {
        let mut query = QueryBuilder::new(
            "UPDATE bridge_messages SET state = 'transmitted', attempt = attempt + 1, reconciled = 0, \
             history = history || ",
        );
        query.push_bind(Milestone::Transmitted.passed(now)).push(", state_at = ");
        query.push_bind(now.as_millis()).push(", lease_no = ").push_bind(lease.number);
        query.push(", wake_at = ").push_bind(lease.until.as_millis());
        query.push(", gateway = ").push_bind(gateway).push(" WHERE state = 'stored' AND id IN (");
        bind_all(&mut query.separated(", "), ids);
        query.push(")").build().execute(c).await?.rows_affected()
    });
    // Counting is quicker than having every id returned, and nearly always enough.
    if count == ids.len() as u64 { Ok(ids.to_vec()) } else { under_lease(tx, lease, ids).await }
}

/// Those of `ids` that were claimed under this very lease.
async fn under_lease(tx: &mut Tx, lease: Lease, ids: &[String]) -> Result<Vec<String>, BridgeError> {
    let rows: Vec<(String,)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT id FROM bridge_messages WHERE lease_no = ");
        query.push_bind(lease.number).push(" AND id IN (");
        bind_all(&mut query.separated(", "), ids);
        query.push(")").build_query_as().fetch_all(c).await?
    });
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Takes over messages that another worker left in flight; false for one that has moved on meanwhile.
pub(crate) async fn take_over(tx: &mut Tx, lease: Lease, id: MessageId) -> Result<bool, BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET lease_no = $2, wake_at = $3, reconciled = reconciled + 1 \
                       WHERE id = $1 AND state = 'transmitted'";
    let taken = on!(tx, c => {
        sqlx::query(SQL).bind(id.to_string()).bind(lease.number).bind(lease.until).execute(c).await?.rows_affected()
    });
    Ok(taken == 1)
}

/// What `gateway` must know to tell this message from others that went to the same phone around the same time.
#[derive(Debug)]
pub(crate) struct Neighbours {
    /// Provider ids that belong to other messages.
    pub(crate) taken: Vec<String>,
    /// Another message without a provider id is about: they cannot be told apart.
    pub(crate) ambiguous: bool,
}

/// Looks for other messages to the same phone from `since` on.
pub(crate) async fn neighbours(
    tx: &mut Tx,
    message: &Outgoing,
    gateway: &str,
    since: Timestamp,
) -> Result<Neighbours, BridgeError> {
    const SQL: &str = "SELECT provider_id, state FROM bridge_messages \
                       WHERE id >= $6 AND recipient = $1 AND state_at >= $2 AND id <> $3 AND gateway = $4 \
                       ORDER BY state_at, id LIMIT $5";
    let rows: Vec<(Option<String>, String)> = on!(tx, c => {
        sqlx::query_as(SQL).bind(message.to.as_str()).bind(since).bind(message.id.to_string())
            .bind(gateway).bind(TAKEN_MAX).bind(first_id_of(since - LOOK_BACK)).fetch_all(c).await?
    });
    let ambiguous = rows.iter().any(|(id, state)| id.is_none() && may_have_been_sent(state));
    Ok(Neighbours { taken: rows.into_iter().filter_map(|(id, _)| id).collect(), ambiguous })
}

/// Ids are UUIDv7: in text, too, they sort by the millisecond they were made in.
pub(crate) fn first_id_of(at: Timestamp) -> String {
    let hex = format!("{:012x}", at.as_millis().max(0));
    format!("{}-{}", &hex[..8], &hex[8..])
}

fn may_have_been_sent(state: &str) -> bool {
    state == Milestone::Transmitted.as_str() || state == Milestone::Unknown.as_str()
}

/// The end of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) milestone: Milestone,
    /// The next attempt's time, for `Stored`.
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) provider_id: Option<String>,
    pub(crate) cost: Option<u32>,
    pub(crate) reason: Option<String>,
}

/// Writes down how the attempt under `lease_no` ended. False when the message has moved on meanwhile: by
/// another worker's lease, or by a receipt that was quicker than we were.
pub(crate) async fn settle(
    tx: &mut Tx,
    now: Timestamp,
    id: MessageId,
    lease_no: i64,
    end: &Settled,
) -> Result<bool, BridgeError> {
    // A withdrawn message that would be tried again is cancelled instead.
    const SQL: &str = "UPDATE bridge_messages SET \
        state = CASE WHEN cancel_asked AND $3 = 'stored' THEN 'cancelled' ELSE $3 END, \
        wake_at = CASE WHEN cancel_asked AND $3 = 'stored' THEN NULL \
                       WHEN $3 = 'accepted' THEN valid_until + $10 ELSE $5 END, \
        lane = CASE WHEN $3 = 'accepted' THEN $6 ELSE lane END, \
        provider_id = COALESCE($7, provider_id), cost = COALESCE($13, cost), reason = $8, unreported = $9, \
        history = history || CASE WHEN cancel_asked AND $3 = 'stored' THEN $12 ELSE $11 END, \
        state_at = $4 \
        WHERE id = $1 AND lease_no = $2 AND state = 'transmitted'";
    let settled = on!(tx, c => {
        sqlx::query(SQL)
            .bind(id.to_string())
            .bind(lease_no)
            .bind(end.milestone.as_str())
            .bind(now)
            .bind(end.wake_at)
            .bind(LANE_RECEIPT)
            .bind(end.provider_id.as_deref())
            .bind(end.reason.as_deref())
            .bind(end.milestone.is_reported())
            .bind(grace_millis())
            .bind(end.milestone.passed(now))
            .bind(Milestone::Cancelled.passed(now))
            .bind(end.cost.map(i64::from))
            .execute(c)
            .await?
            .rows_affected()
    });
    Ok(settled == 1)
}

/// Keeps the message in flight and looks again at `at`: the gateway may or may not have it.
pub(crate) async fn look_again(
    tx: &mut Tx,
    id: MessageId,
    lease_no: i64,
    at: Timestamp,
) -> Result<bool, BridgeError> {
    const SQL: &str =
        "UPDATE bridge_messages SET wake_at = $3 WHERE id = $1 AND lease_no = $2 AND state = 'transmitted'";
    let kept = on!(tx, c => {
        sqlx::query(SQL).bind(id.to_string()).bind(lease_no).bind(at).execute(c).await?.rows_affected()
    });
    Ok(kept == 1)
}

/// Writes the provider's id and price on a message that a receipt moved on before we knew the id.
pub(crate) async fn add_provider_id(
    tx: &mut Tx,
    id: MessageId,
    lease_no: i64,
    provider_id: &str,
    cost: Option<u32>,
) -> Result<bool, BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET provider_id = $3, cost = $4 \
                       WHERE id = $1 AND lease_no = $2 AND provider_id IS NULL";
    let added = on!(tx, c => {
        sqlx::query(SQL).bind(id.to_string()).bind(lease_no).bind(provider_id).bind(cost.map(i64::from)).execute(c).await?.rows_affected()
    });
    Ok(added == 1)
}

/// Ends messages whose time is over: `expired` for unsent ones, `unknown` for those no receipt came for.
pub(crate) async fn end(
    tx: &mut Tx,
    now: Timestamp,
    from: Milestone,
    to: Milestone,
    reason: &'static str,
    ending: &[Due],
) -> Result<(), BridgeError> {
    if ending.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = ending.iter().map(|due| due.outgoing.id.to_string()).collect();
    on!(tx, c => {
        let mut query = QueryBuilder::new("UPDATE bridge_messages SET wake_at = NULL, state = ");
        query.push_bind(to.as_str()).push(", state_at = ").push_bind(now.as_millis());
        query.push(", history = history || ").push_bind(to.passed(now));
        query.push(", reason = ").push_bind(reason).push(", unreported = ").push_bind(to.is_reported());
        query.push(" WHERE state = ").push_bind(from.as_str()).push(" AND id IN (");
        bind_all(&mut query.separated(", "), &ids);
        query.push(")").build().execute(c).await.map(drop)
    })?;
    Ok(())
}

pub(crate) fn bind_all<DB>(list: &mut sqlx::query_builder::Separated<'_, DB, &'static str>, ids: &[String])
where
    DB: sqlx::Database,
    for<'q> String: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    for id in ids {
        list.push_bind(id.clone());
    }
}

#[cfg(test)]
mod tests {
    use certus_registry::Random;

    use super::*;

    #[test]
    fn ids_made_at_or_after_a_time_sort_at_or_after_its_first_id() {
        let (random, at) = (Random::from_seed(1), Timestamp::from_millis(1_795_400_000_000));
        let before = MessageId::new(at - Duration::from_millis(1), &random).to_string();
        let after = MessageId::new(at, &random).to_string();
        assert!(before < first_id_of(at) && first_id_of(at) <= after, "{before} {} {after}", first_id_of(at));
    }
}
