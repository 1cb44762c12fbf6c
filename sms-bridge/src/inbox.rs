//! The durable inbox: a reply is on disk before its gateway is told that we have it, and handled once.

use std::collections::HashSet;
use std::fmt;

use certus_registry::mutation::{Rule, broken};
use certus_registry::seal::Seal;
use certus_registry::{Database, Phone, RegistryError, Timestamp, Tx, on};
use sha2::{Digest as _, Sha256};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::message::{MessageId, parse_stored};
use crate::outbox::attempts::{bind_all, take_turn};
use crate::parts;
use crate::sealing::{self, Behind, Kept, REPLY, Stored};

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

/// Where replies are named.
const NAME: &str = "bridge_inbox.provider_id";

/// A name for a reply that its provider gives none: the same again for the same words of the same person on the same
/// `occasion`. It is stored as its keyed hash where numbers are sealed: whoever has the database alone could try all numbers.
pub(crate) fn derived_id(from: &Phone, body: &str, occasion: &str) -> String {
    let mut hash = Sha256::new();
    for part in [from.as_str(), body, occasion] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    format!("{DERIVED}{}", hex::encode(hash.finalize()))
}

/// How a derived name begins.
const DERIVED: &str = "derived-";

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
    let turn = take_turn(&mut tx, "inbound").await?.number;
    let received = store(&mut tx, turn, reply).await?;
    if received == Received::New {
        tx.commit().await?;
    }
    Ok(received) // a duplicate's transaction is dropped: nothing was changed
}

/// Under the number of a turn that the caller has taken.
async fn store(tx: &mut Tx, id: i64, reply: &NewInbound) -> Result<Received, BridgeError> {
    const SQL: &str = "INSERT INTO bridge_inbox (id, gateway, provider_id, sender, body, received_at, answers, sender_sealed, seal) \
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9 WHERE NOT EXISTS \
        (SELECT 1 FROM bridge_inbox WHERE gateway = $2 AND provider_id IN ($10, $11)) \
        ON CONFLICT (gateway, provider_id) DO NOTHING";
    let body: String = reply.body.chars().filter(|c| *c != '\0').take(INBOUND_BODY_MAX).collect();
    let again = if broken(Rule::DuplicateReply) { format!(" again {id}") } else { String::new() };
    let name = format!("{}{again}", reply.provider_id);
    let [name, before, plain] = if name.starts_with(DERIVED) {
        sealing::newest_within(tx).await?.every_finder(NAME, &name)
    } else {
        [name.clone(), name.clone(), name]
    };
    let sealer = tx.sealer();
    let Stored { found_by, hidden, words, seal } = REPLY.stored(&sealer, &id.to_string(), &reply.from, &body);
    let stored = on!(tx, c => {
        sqlx::query(SQL)
            .bind(id)
            .bind(&reply.gateway)
            .bind(name)
            .bind(found_by)
            .bind(words)
            .bind(reply.received_at)
            .bind(reply.answers.map(|message| message.to_string()))
            .bind(hidden)
            .bind(seal)
            .bind(before)
            .bind(plain)
            .execute(c)
            .await?
            .rows_affected()
    });
    Ok(if stored == 0 { Received::Duplicate } else { Received::New })
}

/// Hashes the derived names of at most `limit` replies, if those are to be moved that are not sealed. Under another key than the newest
/// they stay as they are: what they were made of is not kept, and a repeat comes within hours.
pub(crate) async fn name_anew(tx: &mut Tx, behind: Behind, limit: u32) -> Result<u64, RegistryError> {
    const SELECT: &str = "SELECT id, provider_id FROM bridge_inbox WHERE provider_id LIKE $1 LIMIT $2";
    const UPDATE: &str = "UPDATE bridge_inbox SET provider_id = $1 WHERE id = $2";
    if matches!(behind, Behind::Older) {
        return Ok(0);
    }
    let sealer = tx.sealer();
    let rows: Vec<(i64, String)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(format!("{DERIVED}%")).bind(i64::from(limit)).fetch_all(c).await?);
    for (id, name) in &rows {
        let name = sealer.finder(NAME, name);
        on!(tx, c => sqlx::query(UPDATE).bind(name).bind(id).execute(c).await.map(drop)?);
    }
    Ok(rows.len() as u64)
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
    let mut tx = db.begin().await?;
    let turn = take_turn(&mut tx, "inbound").await?.number;
    if let Some(body) = parts::put(&mut tx, part).await? {
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
    }
    Ok(tx.commit().await?)
}

/// Replies nobody has handled, in order of arrival, at most `limit`; without those that cannot be read, which keep no other waiting.
///
/// # Errors
/// [`BridgeError`] when the database fails.
pub async fn unhandled(db: &Database, limit: u32) -> Result<Vec<Inbound>, BridgeError> {
    const SQL: &str = "SELECT id, gateway, COALESCE(sender_sealed, sender) AS number, body AS words, seal, answers, received_at \
                       FROM bridge_inbox WHERE handled_at IS NULL ORDER BY id LIMIT $1";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).bind(i64::from(limit)).fetch_all(c).await)?;
    let seal = sealing::known(db, rows.iter().map(|row| row.kept.seal)).await?;
    let read = |row: Row| {
        let id = row.id;
        let unread = |error| tracing::error!(reply.id = id, %error, "A reply cannot be read and is not acted on: somebody must look at the database.");
        row.open(&seal).map_err(unread).ok()
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

#[derive(sqlx::FromRow)]
struct Row {
    id: i64,
    gateway: String,
    #[sqlx(flatten)]
    kept: Kept,
    answers: Option<String>,
    received_at: Timestamp,
}

impl Row {
    fn open(self, seal: &Seal) -> Result<Inbound, BridgeError> {
        let Self { id, gateway, kept, answers, received_at } = self;
        let (from, body) = REPLY.open(seal, &id.to_string(), kept)?;
        let answers = answers.map(|text| parse_stored("reply", &id.to_string(), &text)).transpose()?;
        Ok(Inbound { id: InboundId(id), gateway, from, body, answers, received_at })
    }
}

/// Which of these people have written, or pressed a key, at or after `since`.
///
/// # Errors
/// [`BridgeError`] when the database fails.
pub async fn heard(tx: &mut Tx, phones: &[Phone], since: Timestamp) -> Result<HashSet<Phone>, BridgeError> {
    if phones.is_empty() {
        return Ok(HashSet::new());
    }
    let whose = sealing::whose(tx, REPLY.number, phones).await?;
    let found: Vec<String> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT DISTINCT sender FROM bridge_inbox WHERE received_at >= ");
        query.push_bind(since.as_millis());
        bind_all(&mut query.push(" AND sender IN (").separated(", "), whose.keys());
        query.push(")").build_query_scalar().persistent(false).fetch_all(c).await
    })?;
    Ok(sealing::found_of(&whose, &found))
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
