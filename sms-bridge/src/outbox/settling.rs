//! Writing down how attempts ended: many with one statement, each refused where its lease was lost or where a receipt was
//! quicker than we were.

use std::collections::HashMap;

use certus_registry::time::millis;
use certus_registry::{Batch, Timestamp, Tx, Value, on};
use sqlx::QueryBuilder;

use super::attempts::{LANE_RECEIPT, RECEIPT_GRACE, bind_all};
use crate::BridgeError;
use crate::message::{MessageId, Milestone};

/// Rows of one statement: a power of two, as its text is padded to one.
const ROWS_MAX: usize = 512;

/// The end of one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settled {
    pub(crate) attempt: Attempt,
    pub(crate) milestone: Milestone,
    /// The next attempt's time, for `Stored`.
    pub(crate) wake_at: Option<Timestamp>,
    pub(crate) provider_id: Option<String>,
    pub(crate) cost: Option<u32>,
    pub(crate) reason: Option<String>,
}

/// A message under the lease that an attempt was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attempt {
    pub(crate) id: MessageId,
    pub(crate) lease_no: i64,
}

/// Writes down how attempts ended, but not where the message has moved on meanwhile: by a receipt that was quicker than we
/// were (the provider's id and price are kept then), or by another worker's lease. Tells the latter.
pub(crate) async fn settle(
    tx: &mut Tx,
    now: Timestamp,
    ended: &[Settled],
) -> Result<Vec<Attempt>, BridgeError> {
    let mut lost = Vec::new();
    for ended in ended.chunks(ROWS_MAX) {
        if write_ends(tx, now, ended).await? > 0 {
            add_provider_ids(tx, ended).await?;
            let attempts: Vec<Attempt> = ended.iter().map(|end| end.attempt).collect();
            lost.extend(taken_over(tx, &attempts).await?);
        }
    }
    Ok(lost)
}

/// How many could not be written.
async fn write_ends(tx: &mut Tx, now: Timestamp, ended: &[Settled]) -> Result<u64, BridgeError> {
    let (accepted, others): (Vec<_>, Vec<_>) =
        ended.iter().partition(|end| end.milestone == Milestone::Accepted);
    let mut batch = Batch::default();
    write_accepted(&mut batch, now, &accepted);
    write_others(&mut batch, now, &others);
    Ok(batch.missing(tx).await?)
}

/// What nearly all come to, and in a large alarm hundreds at once: hence a statement of its own, with little in it.
fn write_accepted(batch: &mut Batch, now: Timestamp, accepted: &[&Settled]) {
    const SQL: &str = "UPDATE bridge_messages SET state = ?, wake_at = valid_until + ?, lane = ?, \
        provider_id = e.provider_id, cost = COALESCE(e.cost, bridge_messages.cost), reason = NULL, \
        unreported = ?, history = history || ?, state_at = ? FROM accepted e \
        WHERE bridge_messages.id = e.id AND lease_no = e.lease AND bridge_messages.state = 'transmitted'";
    let milestone = Milestone::Accepted;
    let bound = [
        milestone.as_str().into(),
        millis(RECEIPT_GRACE).into(),
        LANE_RECEIPT.into(),
        milestone.is_reported().into(),
        milestone.passed(now).into(),
        now.into(),
    ];
    batch.write_each(
        "accepted (id, lease, provider_id, cost)",
        accepted.iter().map(|end| named_row(end)),
        SQL,
        bound,
    );
}

/// A withdrawn message that would be tried again is cancelled instead.
fn write_others(batch: &mut Batch, now: Timestamp, others: &[&Settled]) {
    const SQL: &str = "UPDATE bridge_messages SET \
        state = CASE WHEN cancel_asked AND e.state = 'stored' THEN 'cancelled' ELSE e.state END, \
        wake_at = CASE WHEN cancel_asked AND e.state = 'stored' THEN NULL ELSE e.wake_at END, \
        reason = e.reason, unreported = e.unreported, \
        history = history || CASE WHEN cancel_asked AND e.state = 'stored' THEN ? ELSE e.passed END, \
        state_at = ? FROM ended e \
        WHERE bridge_messages.id = e.id AND lease_no = e.lease AND bridge_messages.state = 'transmitted'";
    let columns = "ended (id, lease, state, wake_at, reason, unreported, passed)";
    let bound = [Milestone::Cancelled.passed(now).into(), now.into()];
    let row = |end: &&Settled| -> [Value; 7] {
        let [id, lease] = end.attempt.named();
        [
            id,
            lease,
            end.milestone.as_str().into(),
            end.wake_at.into(),
            Value::Text(end.reason.clone()),
            end.milestone.is_reported().into(),
            end.milestone.passed(now).into(),
        ]
    };
    batch.write_each(columns, others.iter().map(row), SQL, bound);
}

/// With the provider's id and price.
fn named_row(end: &Settled) -> [Value; 4] {
    let [id, lease] = end.attempt.named();
    [id, lease, Value::Text(end.provider_id.clone()), Value::Integer(end.cost.map(i64::from))]
}

/// Writes the provider's id and price on messages that a receipt moved on before we knew the id.
async fn add_provider_ids(tx: &mut Tx, ended: &[Settled]) -> Result<(), BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET provider_id = e.provider_id, cost = e.cost FROM ended e \
                       WHERE bridge_messages.id = e.id AND lease_no = e.lease AND bridge_messages.provider_id IS NULL";
    let named: Vec<&Settled> = ended.iter().filter(|end| end.provider_id.is_some()).collect();
    let mut batch = Batch::default();
    batch.write_each("ended (id, lease, provider_id, cost)", named.iter().map(|end| named_row(end)), SQL, []);
    batch.missing(tx).await?; // most have theirs
    Ok(())
}

/// Keeps messages in flight and looks again at `at`: the gateway may or may not have them. Tells which another worker has.
pub(crate) async fn look_again(
    tx: &mut Tx,
    at: Timestamp,
    unanswered: &[Attempt],
) -> Result<Vec<Attempt>, BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET wake_at = ? FROM unanswered e \
                       WHERE bridge_messages.id = e.id AND lease_no = e.lease AND state = 'transmitted'";
    let mut lost = Vec::new();
    for unanswered in unanswered.chunks(ROWS_MAX) {
        let mut batch = Batch::default();
        batch.write_each("unanswered (id, lease)", unanswered.iter().map(Attempt::named), SQL, [at.into()]);
        if batch.missing(tx).await? > 0 {
            lost.extend(taken_over(tx, unanswered).await?);
        }
    }
    Ok(lost)
}

/// Those of these attempts whose message is under another lease now.
async fn taken_over(tx: &mut Tx, attempts: &[Attempt]) -> Result<Vec<Attempt>, BridgeError> {
    let ids: Vec<String> = attempts.iter().map(|attempt| attempt.id.to_string()).collect();
    let leases: Vec<(String, i64)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT id, lease_no FROM bridge_messages WHERE id IN (");
        bind_all(&mut query.separated(", "), &ids);
        query.push(")").build_query_as().persistent(false).fetch_all(c).await?
    });
    let leases: HashMap<String, i64> = leases.into_iter().collect();
    let is_ours = |(attempt, id): &(&Attempt, String)| leases.get(id) == Some(&attempt.lease_no);
    let foreign = attempts.iter().zip(ids).filter(|attempt| !is_ours(attempt));
    Ok(foreign.map(|(attempt, _)| *attempt).collect())
}

impl Attempt {
    fn named(&self) -> [Value; 2] {
        [self.id.to_string().into(), self.lease_no.into()]
    }
}
