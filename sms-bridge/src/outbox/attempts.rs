//! The worker's side of the outbox: what to look at next, claiming it by lease, writing down what came of it.
//!
//! A lease number is given out once, ever. Every later write of an attempt names it, so that a worker whose
//! lease ran out and was taken over cannot write any more.

use std::collections::BTreeSet;
use std::mem::take;
use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::time::millis;
use certus_registry::{Batch, Database, Phone, RegistryError, Timestamp, Tx, on};
use sqlx::QueryBuilder;

use super::posted;
use crate::message::{MessageId, Milestone, parse_stored};
use crate::sealing::{self, Kept, MESSAGE};
use crate::{BridgeError, Channel, Neighbours, Outgoing, Urgency};

/// The lane of messages that only wait for a receipt; alarms and notices are lanes 0 and 1. Queries name all
/// three: both databases then seek in each lane instead of reading past the thousands that wait for receipts.
pub(crate) const LANE_RECEIPT: i64 = 2;
/// Messages stored earlier than this before the attempt are not looked at when it is reconciled: there is no
/// index by phone, for it would cost every alarm a page per phone.
const LOOK_BACK: Duration = Duration::from_hours(24);
/// How long after its validity a message that was accepted may still be without a receipt; then it is unknown.
pub(crate) const RECEIPT_GRACE: Duration = Duration::from_mins(15);
/// Provider ids of other messages to the same phone that a gateway is told when it reconciles.
const TAKEN_MAX: i64 = 100;

/// What is due in these lanes.
macro_rules! select_due {
    ($lanes:literal) => {
        concat!(
            "SELECT id, reference, channel, lane, COALESCE(recipient_sealed, recipient) AS recipient, body, seal, state, stored_at, \
             state_at, valid_until, attempt, gateway, ladder, reconciled FROM bridge_messages WHERE ",
            $lanes,
            " AND wake_at <= $1 ORDER BY lane, wake_at, id LIMIT $2"
        )
    };
}

/// Which messages to look at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lanes {
    Alarms,
    /// Notices, and what only waits for a receipt.
    Others,
}

/// One of the three turns, until the transaction ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    /// Given out once.
    pub(crate) number: i64,
    /// Something was [`posted`]: it has been written out.
    pub(crate) wrote_out: bool,
}

/// Takes one of the three turns, and writes out what was [`posted`].
pub(crate) async fn take_turn(tx: &mut Tx, name: &'static str) -> Result<Turn, sqlx::Error> {
    const SQL: &str = "UPDATE bridge_turns SET number = number + 1 WHERE name = $1 \
                       RETURNING number, EXISTS (SELECT 1 FROM bridge_posted WHERE NOT damaged)";
    let (number, posted): (i64, bool) = on!(tx, c => sqlx::query_as(SQL).bind(name).fetch_one(c).await)?;
    if posted {
        posted::write_out(tx).await?;
    }
    Ok(Turn { number, wrote_out: posted })
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
    seal: i64,
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

impl DueRow {
    fn with(self, to: Phone, body: String) -> Result<Due, BridgeError> {
        let state: Milestone = parse_stored("message", &self.id, &self.state)?;
        Ok(Due {
            outgoing: Outgoing {
                id: parse_stored("message", &self.id, &self.id)?,
                to,
                reference: self.reference,
                body,
                urgency: if self.lane == 0 { Urgency::Alarm } else { Urgency::Notice },
                stored_at: self.stored_at,
                sent_at: self.state_at,
                valid_until: self.valid_until,
                attempt: u32::try_from(self.attempt).unwrap_or(u32::MAX),
                neighbours: Neighbours::default(),
            },
            channel: parse_stored("message", &self.id, &self.channel)?,
            state,
            gateway: self.gateway,
            ladder: self.ladder,
            reconciled: u32::try_from(self.reconciled).unwrap_or(u32::MAX),
        })
    }
}

/// What needs the worker at `now` in these lanes, by lane and then by time; gives how many there were. Naming the lanes lets
/// SQLite step over those of a lane that are not due yet, which are many while receipts are awaited.
pub(crate) async fn due(
    tx: &mut Tx,
    now: Timestamp,
    lanes: Lanes,
    limit: u32,
    due: &mut Vec<Due>,
) -> Result<u32, BridgeError> {
    if limit == 0 {
        return Ok(0);
    }
    let sql = match lanes {
        Lanes::Alarms => select_due!("lane = 0"),
        Lanes::Others => select_due!("lane IN (1, 2)"),
    };
    let rows: Vec<DueRow> =
        on!(tx, c => sqlx::query_as(sql).bind(now).bind(i64::from(limit)).fetch_all(c).await)?;
    let found = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let seal = sealing::known_within(tx, rows.iter().map(|row| row.seal)).await?;
    for mut row in rows {
        let (number, words) = (take(&mut row.recipient), take(&mut row.body));
        match MESSAGE.open(&seal, &row.id, Kept { number, words, seal: row.seal }) {
            Ok((to, body)) => due.push(row.with(to, body)?),
            Err(error) => set_aside(tx, now, &row.id, &error).await?,
        }
    }
    Ok(found)
}

/// A message that cannot be read ends, so that it keeps no other from being sent.
async fn set_aside(tx: &mut Tx, now: Timestamp, id: &str, error: &RegistryError) -> Result<(), BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET wake_at = NULL, state = $2, state_at = $3, history = history || $4, \
                       reason = $5, unreported = TRUE WHERE id = $1";
    tracing::error!(message.id = %id, %error, "A message cannot be read and is not sent: somebody must look at the database.");
    let to = Milestone::Errored;
    on!(tx, c => sqlx::query(SQL).bind(id).bind(to.as_str()).bind(now).bind(to.passed(now)).bind("it cannot be read")
        .execute(c).await.map(drop))?;
    Ok(())
}

/// When the worker is needed next.
pub(crate) async fn next_wake(db: &Database) -> Result<Option<Timestamp>, BridgeError> {
    const SQL: &str = "SELECT MIN(wake_at) FROM ( \
        SELECT MIN(wake_at) AS wake_at FROM bridge_messages WHERE lane = 0 AND wake_at IS NOT NULL UNION ALL \
        SELECT MIN(wake_at) FROM bridge_messages WHERE lane = 1 AND wake_at IS NOT NULL UNION ALL \
        SELECT MIN(wake_at) FROM bridge_messages WHERE lane = 2 AND wake_at IS NOT NULL UNION ALL \
        SELECT MIN(stored_at) + $1 FROM bridge_posted WHERE NOT damaged) lanes";
    let (next,): (Option<i64>,) =
        on!(db, c => sqlx::query_as(SQL).bind(millis(posted::PATIENCE)).fetch_one(c).await)?;
    Ok(next.map(Timestamp::from_millis))
}

/// A lease on some messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lease {
    pub(crate) number: i64,
    pub(crate) until: Timestamp,
}

/// Which of the messages that were to be claimed are.
#[derive(Debug)]
pub(crate) enum Claims {
    All,
    Only(BTreeSet<String>),
}

impl Claims {
    pub(crate) fn holds(&self, id: MessageId) -> bool {
        match self {
            Self::All => true,
            Self::Only(ids) => ids.contains(&id.to_string()),
        }
    }
}

/// Marks those messages as transmitted through `gateway` that are still stored.
pub(crate) async fn claim(
    tx: &mut Tx,
    now: Timestamp,
    lease: Lease,
    gateway: &str,
    ids: Vec<String>,
) -> Result<Claims, BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET state = 'transmitted', attempt = attempt + 1, reconciled = 0, \
                       history = history || ?, state_at = ?, lease_no = ?, wake_at = ?, gateway = ? \
                       WHERE state = 'stored' AND id";
    let bound = [
        Milestone::Transmitted.passed(now).into(),
        now.into(),
        lease.number.into(),
        lease.until.into(),
        gateway.into(),
    ];
    let mut batch = Batch::default();
    batch.write_among(SQL, bound, ids.iter().map(|id| id.as_str().into()));
    // Counting is quicker than having every id returned, and nearly always enough.
    let all = batch.missing(tx).await? == 0;
    if all { Ok(Claims::All) } else { Ok(Claims::Only(under_lease(tx, lease, &ids).await?)) }
}

/// Those of `ids` that were claimed under this very lease.
async fn under_lease(tx: &mut Tx, lease: Lease, ids: &[String]) -> Result<BTreeSet<String>, BridgeError> {
    let rows: Vec<(String,)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT id FROM bridge_messages WHERE lease_no = ");
        query.push_bind(lease.number).push(" AND id IN (");
        bind_all(&mut query.separated(", "), ids);
        query.push(")").build_query_as().persistent(false).fetch_all(c).await?
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

/// Looks for other messages to the same phone from `since` on.
pub(crate) async fn neighbours(
    tx: &mut Tx,
    message: &Outgoing,
    gateway: &str,
    since: Timestamp,
) -> Result<Neighbours, BridgeError> {
    const SQL: &str = "SELECT provider_id, state FROM bridge_messages \
                       WHERE id >= $6 AND recipient IN ($1, $7, $8) AND state_at >= $2 AND id <> $3 AND gateway = $4 \
                       ORDER BY state_at, id LIMIT $5";
    let [newest, before, plain] =
        sealing::newest_within(tx).await?.every_finder(MESSAGE.number, message.to.as_str());
    let rows: Vec<(Option<String>, String)> = on!(tx, c => {
        sqlx::query_as(SQL).bind(newest).bind(since).bind(message.id.to_string())
            .bind(gateway).bind(TAKEN_MAX).bind(first_id_of(since - LOOK_BACK)).bind(before).bind(plain).fetch_all(c).await?
    });
    let ambiguous =
        !broken(Rule::Ambiguous) && rows.iter().any(|(id, state)| id.is_none() && may_have_been_sent(state));
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

pub(crate) fn bind_all<'a, DB>(
    list: &mut sqlx::query_builder::Separated<'_, DB, &'static str>,
    ids: impl IntoIterator<Item = &'a String>,
) where
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
