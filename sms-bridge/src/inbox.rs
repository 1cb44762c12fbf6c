//! The durable inbox: a reply is on disk before its gateway is told that we have it, and handled once.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Database, Phone, Timestamp, Tx, on};
use sha2::{Digest as _, Sha256};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::message::{MessageId, parse_stored};
use crate::outbox::attempts::{bind_all, take_turn};

/// Longest reply kept, in characters; the rest is cut off, for losing a reply is worse than losing its tail.
pub const INBOUND_BODY_MAX: usize = 2_000;
/// Longest name of a gateway or of a message at its provider, in characters.
pub const PROVIDER_ID_MAX: usize = 200;

/// One reply; counts up in the order of arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InboundId(i64);

impl fmt::Display for InboundId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A reply as a gateway gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewInbound {
    /// Which gateway.
    pub gateway: String,
    /// The provider's name for it; a second one with the same name is the same reply.
    pub provider_id: String,
    /// Who wrote.
    pub from: Phone,
    /// What they wrote.
    pub body: String,
    /// Which of our messages it answers, where that is known.
    pub answers: Option<MessageId>,
    /// When it reached us.
    pub received_at: Timestamp,
}

/// A part of a reply, as a gateway gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPart {
    /// Which gateway.
    pub gateway: String,
    /// Who wrote.
    pub from: Phone,
    /// The same for all parts of a reply.
    pub reference: u16,
    /// Its place, from 1.
    pub number: u8,
    /// How many there are.
    pub total: u8,
    /// Its words.
    pub body: String,
    /// When it reached us.
    pub received_at: Timestamp,
}

/// Parts that have waited for the others for so long belong to another reply, or to none.
const PARTS_WAIT: Duration = Duration::from_hours(12);

/// A name for a reply that its provider gives none: the same again for the same words of the same person on the same
/// `occasion`.
pub(crate) fn derived_id(from: &Phone, body: &str, occasion: &str) -> String {
    let mut hash = Sha256::new();
    for part in [from.as_str(), body, occasion] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("derived-{}", hex::encode(hash.finalize()))
}

/// Whether a reply was news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It is durable now: wake whoever reads [`unhandled`].
    New,
    /// We had it already.
    Duplicate,
}

/// A reply that waits to be handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// Its place in the order of arrival.
    pub id: InboundId,
    /// Which gateway brought it.
    pub gateway: String,
    /// Who wrote.
    pub from: Phone,
    /// What they wrote.
    pub body: String,
    /// Which of our messages it answers, where that is known.
    pub answers: Option<MessageId>,
    /// When it reached us.
    pub received_at: Timestamp,
}

/// Makes a reply durable; idempotent on (gateway, provider id).
///
/// # Errors
/// [`BridgeError::Invalid`] for a provider id out of bounds; [`BridgeError::Database`], and then the gateway
/// must not be told that we have it.
pub async fn receive(db: &Database, reply: &NewInbound) -> Result<Received, BridgeError> {
    check_provider_id(&reply.provider_id)?;
    let mut tx = db.begin().await?;
    let turn = take_turn(&mut tx, "inbound").await?;
    let received = store(&mut tx, turn, reply).await?;
    if received == Received::New {
        tx.commit().await?;
    }
    Ok(received) // a duplicate's transaction is dropped: nothing was changed
}

/// Under the number of a turn that the caller has taken.
async fn store(tx: &mut Tx, id: i64, reply: &NewInbound) -> Result<Received, BridgeError> {
    const SQL: &str = "INSERT INTO bridge_inbox (id, gateway, provider_id, sender, body, received_at, answers) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (gateway, provider_id) DO NOTHING";
    let body: String = reply.body.chars().filter(|c| *c != '\0').take(INBOUND_BODY_MAX).collect();
    let again = if broken(Rule::DuplicateReply) { format!(" again {id}") } else { String::new() };
    let stored = on!(tx, c => {
        sqlx::query(SQL)
            .bind(id)
            .bind(&reply.gateway)
            .bind(format!("{}{again}", reply.provider_id))
            .bind(reply.from.as_str())
            .bind(&body)
            .bind(reply.received_at)
            .bind(reply.answers.map(|message| message.to_string()))
            .execute(c)
            .await?
            .rows_affected()
    });
    Ok(if stored == 0 { Received::Duplicate } else { Received::New })
}

/// Makes a part durable; with the last one that was missing, the reply is received whole under the name that `name` gives
/// its words.
///
/// # Errors
/// As [`receive`].
pub async fn receive_part(
    db: &Database,
    part: &NewPart,
    name: impl FnOnce(&str) -> String,
) -> Result<(), BridgeError> {
    const TIDY: &str = "DELETE FROM bridge_parts WHERE received_at < $1";
    const PUT: &str = "INSERT INTO bridge_parts (gateway, sender, reference, total, number, body, received_at) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (gateway, sender, reference, total, number) DO NOTHING";
    const ALL: &str = "SELECT body FROM bridge_parts \
        WHERE gateway = $1 AND sender = $2 AND reference = $3 AND total = $4 ORDER BY number";
    const DONE: &str =
        "DELETE FROM bridge_parts WHERE gateway = $1 AND sender = $2 AND reference = $3 AND total = $4";
    let (gateway, sender) = (part.gateway.as_str(), part.from.as_str());
    let (reference, total) = (i64::from(part.reference), i64::from(part.total));
    let mut tx = db.begin().await?;
    // Parts that come over two sessions at once must find each other.
    let turn = take_turn(&mut tx, "inbound").await?;
    on!(tx, c => sqlx::query(TIDY).bind(part.received_at - PARTS_WAIT).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(PUT).bind(gateway).bind(sender).bind(reference).bind(total)
        .bind(i64::from(part.number)).bind(&part.body).bind(part.received_at).execute(c).await.map(drop))?;
    let bodies: Vec<String> = on!(tx, c => sqlx::query_scalar(ALL).bind(gateway).bind(sender)
        .bind(reference).bind(total).fetch_all(c).await)?;
    if bodies.len() == usize::from(part.total) {
        let body = bodies.concat();
        let reply = NewInbound {
            gateway: part.gateway.clone(),
            provider_id: name(&body),
            from: part.from.clone(),
            body,
            answers: None,
            received_at: part.received_at,
        };
        check_provider_id(&reply.provider_id)?;
        store(&mut tx, turn, &reply).await?;
        on!(tx, c => sqlx::query(DONE).bind(gateway).bind(sender).bind(reference).bind(total).execute(c).await.map(drop))?;
    }
    Ok(tx.commit().await?)
}

/// Replies nobody has handled, in order of arrival, at most `limit`.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn unhandled(db: &Database, limit: u32) -> Result<Vec<Inbound>, BridgeError> {
    const SQL: &str = "SELECT id, gateway, sender, body, answers, received_at FROM bridge_inbox \
                       WHERE handled_at IS NULL ORDER BY id LIMIT $1";
    let rows: Vec<(i64, String, String, String, Option<String>, Timestamp)> =
        on!(db, c => sqlx::query_as(SQL).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, gateway, sender, body, answers, received_at)| {
            let parsed = |text: &String| parse_stored("reply", &id.to_string(), text);
            let from = parse_stored("reply", &id.to_string(), &sender)?;
            let answers = answers.as_ref().map(parsed).transpose()?;
            Ok(Inbound { id: InboundId(id), gateway, from, body, answers, received_at })
        })
        .collect()
}

/// Which of these people have written, or pressed a key, at or after `since`.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn heard(tx: &mut Tx, phones: &[String], since: Timestamp) -> Result<HashSet<Phone>, BridgeError> {
    if phones.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<(String,)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT DISTINCT sender FROM bridge_inbox WHERE received_at >= ");
        query.push_bind(since.as_millis());
        bind_all(&mut query.push(" AND sender IN (").separated(", "), phones);
        query.push(")").build_query_as().persistent(false).fetch_all(c).await
    })?;
    rows.into_iter().map(|(phone,)| parse_stored("reply", &phone, &phone)).collect()
}

/// How many replies have come in, handled or not.
///
/// # Errors
/// [`BridgeError`] when the database fails.
pub async fn count(db: &Database) -> Result<u64, BridgeError> {
    let count: i64 =
        on!(db, c => sqlx::query_scalar("SELECT COUNT(*) FROM bridge_inbox").fetch_one(c).await)?;
    Ok(count.unsigned_abs())
}

/// Takes a reply as handled, with a short word on how. False when somebody else handled it.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn mark_handled(
    tx: &mut Tx,
    now: Timestamp,
    id: InboundId,
    outcome: &str,
) -> Result<bool, BridgeError> {
    const SQL: &str =
        "UPDATE bridge_inbox SET handled_at = $2, outcome = $3 WHERE id = $1 AND handled_at IS NULL";
    let marked =
        on!(tx, c => sqlx::query(SQL).bind(id.0).bind(now).bind(outcome).execute(c).await?.rows_affected());
    Ok(marked == 1)
}

pub(crate) fn check_provider_id(id: &str) -> Result<(), BridgeError> {
    if id.is_empty() || id.chars().count() > PROVIDER_ID_MAX || id.contains('\0') {
        return Err(BridgeError::Invalid { field: "id", why: "expected 1 to 200 characters" });
    }
    Ok(())
}
