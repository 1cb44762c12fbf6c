//! Delivery receipts. They come twice, late, early, out of order and for messages we never sent; each case
//! has one outcome, and a delivered message never becomes undelivered.

use std::collections::BTreeSet;

use certus_registry::time::millis;
use certus_registry::{Database, Timestamp, Tx, on};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::inbox::check_provider_id;
use crate::message::{MessageId, Milestone, parse_stored, without_numbers};
use crate::outbox::attempts::{LANE_RECEIPT, RECEIPT_GRACE, bind_all, take_turn};
use crate::outbox::{ladder, posted};

/// Reasons longer than this, in characters, are cut off.
const REASON_MAX: usize = 200;
/// Names in one look for early receipts.
const NAMES_MAX: usize = 256;

/// Which message a receipt is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptFor {
    /// The provider gave our own id back.
    Ours(MessageId),
    /// The provider gave its id only.
    Provider {
        /// The gateway's name.
        gateway: String,
        /// The provider's name for the message.
        id: String,
    },
}

/// What a receipt says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// The provider has passed it on.
    Sent,
    /// The phone has it.
    Delivered,
    /// It will not reach the phone.
    Failed {
        /// The provider's words.
        reason: String,
    },
}

/// A receipt as a gateway gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// About which message.
    pub message: ReceiptFor,
    /// What it says.
    pub status: ReceiptStatus,
    /// When that happened, by the provider's clock; never taken as later than our own.
    pub at: Timestamp,
}

/// What a receipt did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceiptOutcome {
    /// The message came to this milestone.
    Recorded(Milestone),
    /// It told nothing new, or contradicts something better.
    Ignored,
    /// It names a provider's id we do not know yet: kept until we do.
    Kept,
    /// It names a message of ours that does not exist.
    NoSuchMessage,
}

/// Records a receipt; safe to repeat.
///
/// # Errors
/// [`BridgeError::Invalid`] for a provider id out of bounds; [`BridgeError`] when the database fails, and then
/// the provider must be told to try again.
pub async fn record(db: &Database, now: Timestamp, receipt: &Receipt) -> Result<ReceiptOutcome, BridgeError> {
    let at = receipt.at.min(now);
    let mut tx = db.begin().await?;
    let outcome = match &receipt.message {
        ReceiptFor::Ours(id) => match apply(&mut tx, now, *id, &receipt.status, at).await? {
            ReceiptOutcome::NoSuchMessage => {
                posted::write_out(&mut tx).await?; // it may be quicker than the record of how its message was sent
                apply(&mut tx, now, *id, &receipt.status, at).await?
            }
            known @ (ReceiptOutcome::Recorded(_) | ReceiptOutcome::Ignored | ReceiptOutcome::Kept) => known,
        },
        ReceiptFor::Provider { gateway, id } => {
            check_provider_id(id)?;
            take_turn(&mut tx, "receipt").await?; // the worker takes it too when it writes ids down
            match find(&mut tx, gateway, id).await? {
                Some(message) => apply(&mut tx, now, message, &receipt.status, at).await?,
                None => keep(&mut tx, gateway, id, &receipt.status, at).await?,
            }
        }
    };
    match outcome {
        ReceiptOutcome::Recorded(_) | ReceiptOutcome::Kept => tx.commit().await?,
        ReceiptOutcome::Ignored | ReceiptOutcome::NoSuchMessage => drop(tx),
    }
    Ok(outcome)
}

/// Where a message goes when a receipt arrives; `None`: nowhere.
#[must_use]
pub fn next(state: Milestone, status: &ReceiptStatus) -> Option<Milestone> {
    match (state, status) {
        (Milestone::Delivered, _) => None,
        (_, ReceiptStatus::Delivered) => Some(Milestone::Delivered),
        (Milestone::Transmitted, ReceiptStatus::Sent) => Some(Milestone::Accepted),
        (Milestone::Transmitted | Milestone::Accepted | Milestone::Unknown, ReceiptStatus::Failed { .. }) => {
            Some(Milestone::Errored)
        }
        // Stored: the receipt is about an earlier attempt, and the next one is already planned.
        // Accepted, Unknown: `sent` says no more than we knew or gave up on. The other ends stand.
        (
            Milestone::Stored
            | Milestone::Accepted
            | Milestone::Unknown
            | Milestone::Expired
            | Milestone::Errored
            | Milestone::Cancelled,
            ReceiptStatus::Sent | ReceiptStatus::Failed { .. },
        ) => None,
    }
}

/// Of these names that a gateway has given, those about which receipts were quicker than our own record. The caller holds
/// the turn.
pub(crate) async fn early(
    tx: &mut Tx,
    gateway: &str,
    provider_ids: &[String],
) -> Result<BTreeSet<String>, BridgeError> {
    let mut early = BTreeSet::new();
    for some in provider_ids.chunks(NAMES_MAX) {
        let rows: Vec<(String,)> = on!(tx, c => {
            let mut query = QueryBuilder::new("SELECT provider_id FROM bridge_early_receipts WHERE gateway = ");
            query.push_bind(gateway);
            bind_all(&mut query.push(" AND provider_id IN (").separated(", "), some);
            query.push(")").build_query_as().persistent(false).fetch_all(c).await
        })?;
        early.extend(rows.into_iter().map(|(id,)| id));
    }
    Ok(early)
}

/// Applies the receipts that were quicker than our own record of the provider's id. The caller holds the turn.
pub(crate) async fn apply_early(
    tx: &mut Tx,
    now: Timestamp,
    message: MessageId,
    gateway: &str,
    provider_id: &str,
) -> Result<(), BridgeError> {
    const SQL: &str = "DELETE FROM bridge_early_receipts WHERE gateway = $1 AND provider_id = $2 \
                       RETURNING status, reason, at";
    let mut early: Vec<(String, Option<String>, Timestamp)> =
        on!(tx, c => sqlx::query_as(SQL).bind(gateway).bind(provider_id).fetch_all(c).await)?;
    early.sort();
    for (status, reason, at) in early {
        let status = match status.as_str() {
            "sent" => ReceiptStatus::Sent,
            "delivered" => ReceiptStatus::Delivered,
            _ => ReceiptStatus::Failed { reason: reason.unwrap_or_default() },
        };
        apply(tx, now, message, &status, at).await?;
    }
    Ok(())
}

async fn find(tx: &mut Tx, gateway: &str, provider_id: &str) -> Result<Option<MessageId>, BridgeError> {
    const SQL: &str =
        "SELECT id FROM bridge_messages WHERE gateway = $1 AND provider_id = $2 ORDER BY id LIMIT 1";
    let row: Option<(String,)> =
        on!(tx, c => sqlx::query_as(SQL).bind(gateway).bind(provider_id).fetch_optional(c).await)?;
    row.map(|(id,)| parse_stored("message", &id, &id)).transpose()
}

async fn keep(
    tx: &mut Tx,
    gateway: &str,
    provider_id: &str,
    status: &ReceiptStatus,
    at: Timestamp,
) -> Result<ReceiptOutcome, BridgeError> {
    const SQL: &str = "INSERT INTO bridge_early_receipts (gateway, provider_id, status, reason, at) \
                       VALUES ($1, $2, $3, $4, $5) ON CONFLICT (gateway, provider_id, status) DO NOTHING";
    let (status, reason) = match status {
        ReceiptStatus::Sent => ("sent", None),
        ReceiptStatus::Delivered => ("delivered", None),
        ReceiptStatus::Failed { reason } => ("failed", Some(shortened(reason))),
    };
    let kept = on!(tx, c => {
        sqlx::query(SQL).bind(gateway).bind(provider_id).bind(status).bind(reason).bind(at).execute(c).await?
            .rows_affected()
    });
    Ok(if kept == 1 { ReceiptOutcome::Kept } else { ReceiptOutcome::Ignored })
}

async fn apply(
    tx: &mut Tx,
    now: Timestamp,
    message: MessageId,
    status: &ReceiptStatus,
    at: Timestamp,
) -> Result<ReceiptOutcome, BridgeError> {
    const READ: &str = "SELECT state, state_at, ladder FROM bridge_messages WHERE id = $1";
    let id = message.to_string();
    loop {
        let row: Option<(String, Timestamp, Option<String>)> =
            on!(tx, c => sqlx::query_as(READ).bind(&id).fetch_optional(c).await)?;
        let Some((state, state_at, ladder)) = row else { return Ok(ReceiptOutcome::NoSuchMessage) };
        let state = parse_stored("message", &id, &state)?;
        let Some(milestone) = next(state, status) else { return Ok(ReceiptOutcome::Ignored) };
        // A provider's clock may be slow: a milestone is not dated before the one it follows.
        let ladder = ladder.as_slice();
        ladder::hold(tx, ladder).await?;
        if move_on(tx, &id, state, milestone, status, at.max(state_at)).await? {
            match (milestone, ladder) {
                (Milestone::Delivered, [ladder]) => ladder::arrived(tx, now, ladder).await?,
                (_, ladders) => ladder::failed(tx, now, ladders).await?,
            }
            return Ok(ReceiptOutcome::Recorded(milestone));
        }
        // Somebody moved it on between the two statements; milestones only move forward, so this ends.
    }
}

async fn move_on(
    tx: &mut Tx,
    id: &str,
    from: Milestone,
    to: Milestone,
    status: &ReceiptStatus,
    at: Timestamp,
) -> Result<bool, BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET state = $3, state_at = $4, history = history || $9, \
                       wake_at = CASE WHEN $3 = 'accepted' THEN valid_until + $7 ELSE NULL END, \
                       lane = CASE WHEN $3 = 'accepted' THEN $8 ELSE lane END, \
                       reason = $5, unreported = $6 WHERE id = $1 AND state = $2";
    let reason = match status {
        ReceiptStatus::Sent | ReceiptStatus::Delivered => None,
        ReceiptStatus::Failed { reason } => Some(shortened(reason)),
    };
    let moved = on!(tx, c => {
        sqlx::query(SQL)
            .bind(id)
            .bind(from.as_str())
            .bind(to.as_str())
            .bind(at)
            .bind(reason)
            .bind(to.is_reported())
            .bind(millis(RECEIPT_GRACE))
            .bind(LANE_RECEIPT)
            .bind(to.passed(at))
            .execute(c)
            .await?
            .rows_affected()
    });
    Ok(moved == 1)
}

fn shortened(reason: &str) -> String {
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect();
    without_numbers(&reason)
}
