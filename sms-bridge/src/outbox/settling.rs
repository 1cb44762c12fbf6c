//! Writing down how attempts ended: many with one statement, each refused where its lease was lost or where a receipt was
//! quicker than we were.

use certus_registry::{Batch, Timestamp, Tx, Value};

use super::attempts::{LANE_RECEIPT, grace_millis};
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

/// Writes down how attempts ended; says how many could not be, because the message has moved on meanwhile: by another
/// worker's lease, or by a receipt that was quicker than we were. Of the latter, the provider's id and price are kept.
pub(crate) async fn settle(tx: &mut Tx, now: Timestamp, ended: &[Settled]) -> Result<u64, BridgeError> {
    let mut lost = 0;
    for ended in ended.chunks(ROWS_MAX) {
        let missing = write_ends(tx, now, ended).await?;
        if missing > 0 {
            lost += missing.saturating_sub(add_provider_ids(tx, ended).await?);
        }
    }
    Ok(lost)
}

async fn write_ends(tx: &mut Tx, now: Timestamp, ended: &[Settled]) -> Result<u64, BridgeError> {
    // A withdrawn message that would be tried again is cancelled instead.
    const SQL: &str = "UPDATE bridge_messages SET \
        state = CASE WHEN cancel_asked AND e.state = 'stored' THEN 'cancelled' ELSE e.state END, \
        wake_at = CASE WHEN cancel_asked AND e.state = 'stored' THEN NULL \
                       WHEN e.state = 'accepted' THEN valid_until + ? ELSE e.wake_at END, \
        lane = CASE WHEN e.state = 'accepted' THEN ? ELSE lane END, \
        provider_id = COALESCE(e.provider_id, bridge_messages.provider_id), \
        cost = COALESCE(e.cost, bridge_messages.cost), reason = e.reason, unreported = e.unreported, \
        history = history || CASE WHEN cancel_asked AND e.state = 'stored' THEN ? ELSE e.passed END, \
        state_at = ? FROM ended e \
        WHERE bridge_messages.id = e.id AND lease_no = e.lease AND bridge_messages.state = 'transmitted'";
    let columns = "ended (id, lease, state, wake_at, provider_id, cost, reason, unreported, passed)";
    let bound =
        [grace_millis().into(), LANE_RECEIPT.into(), Milestone::Cancelled.passed(now).into(), now.into()];
    let mut batch = Batch::default();
    batch.write_each(columns, ended.iter().map(|end| row(now, end)), SQL, bound);
    Ok(batch.missing(tx).await?)
}

fn row(now: Timestamp, end: &Settled) -> [Value; 9] {
    let [id, lease] = end.attempt.named();
    [
        id,
        lease,
        end.milestone.as_str().into(),
        end.wake_at.into(),
        Value::Text(end.provider_id.clone()),
        Value::Integer(end.cost.map(i64::from)),
        Value::Text(end.reason.clone()),
        end.milestone.is_reported().into(),
        end.milestone.passed(now).into(),
    ]
}

/// Writes the provider's id and price on messages that a receipt moved on before we knew the id; says on how many.
async fn add_provider_ids(tx: &mut Tx, ended: &[Settled]) -> Result<u64, BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET provider_id = e.provider_id, cost = e.cost FROM ended e \
                       WHERE bridge_messages.id = e.id AND lease_no = e.lease AND bridge_messages.provider_id IS NULL";
    let named: Vec<&Settled> = ended.iter().filter(|end| end.provider_id.is_some()).collect();
    let row = |end: &&Settled| -> [Value; 4] {
        let [id, lease] = end.attempt.named();
        [id, lease, Value::Text(end.provider_id.clone()), Value::Integer(end.cost.map(i64::from))]
    };
    let mut batch = Batch::default();
    batch.write_each("ended (id, lease, provider_id, cost)", named.iter().map(row), SQL, []);
    Ok((named.len() as u64).saturating_sub(batch.missing(tx).await?))
}

/// Keeps messages in flight and looks again at `at`: the gateway may or may not have them. Says how many could not be kept.
pub(crate) async fn look_again(
    tx: &mut Tx,
    at: Timestamp,
    unanswered: &[Attempt],
) -> Result<u64, BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET wake_at = ? FROM unanswered e \
                       WHERE bridge_messages.id = e.id AND lease_no = e.lease AND state = 'transmitted'";
    let mut lost = 0;
    for unanswered in unanswered.chunks(ROWS_MAX) {
        let mut batch = Batch::default();
        batch.write_each("unanswered (id, lease)", unanswered.iter().map(Attempt::named), SQL, [at.into()]);
        lost += batch.missing(tx).await?;
    }
    Ok(lost)
}

impl Attempt {
    fn named(&self) -> [Value; 2] {
        [self.id.to_string().into(), self.lease_no.into()]
    }
}
