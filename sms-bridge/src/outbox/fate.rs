//! What became of messages: for the caller (each end exactly once), for the reader of a report, for metrics.

use std::collections::{BTreeMap, HashMap};

use certus_registry::{Database, Timestamp, Tx, on};
use sqlx::QueryBuilder;

use super::attempts::bind_all;
use super::posted;
use crate::BridgeError;
use crate::message::{Channel, MessageId, Milestone, parse_history, parse_stored};

/// An end, or a better end than before, that the caller has not been told yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fate {
    /// Which message.
    pub message: MessageId,
    /// The caller's own reference.
    pub reference: String,
    /// `Delivered`, `Expired`, `Errored` or `Unknown`.
    pub milestone: Milestone,
    /// When it was reached.
    pub at: Timestamp,
}

/// Ends not yet reported, oldest first, at most `limit`.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn unreported(db: &Database, limit: u32) -> Result<Vec<Fate>, BridgeError> {
    const SQL: &str = "SELECT id, reference, state, state_at FROM bridge_messages \
                       WHERE unreported ORDER BY state_at, id LIMIT $1";
    let rows: Vec<(String, String, String, Timestamp)> =
        on!(db, c => sqlx::query_as(SQL).bind(i64::from(limit)).fetch_all(c).await)?;
    rows.into_iter()
        .map(|(id, reference, state, at)| {
            let milestone = parse_stored("message", &id, &state)?;
            Ok(Fate { message: parse_stored("message", &id, &id)?, reference, milestone, at })
        })
        .collect()
}

/// Takes the report of `milestone` as made. False when somebody else made it, or the message has since come
/// further (it is then unreported again).
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn mark_reported(
    tx: &mut Tx,
    message: MessageId,
    milestone: Milestone,
) -> Result<bool, BridgeError> {
    const SQL: &str =
        "UPDATE bridge_messages SET unreported = FALSE WHERE id = $1 AND state = $2 AND unreported";
    let marked = on!(tx, c => {
        sqlx::query(SQL).bind(message.to_string()).bind(milestone.as_str()).execute(c).await?.rows_affected()
    });
    Ok(marked == 1)
}

/// Every milestone of every message under `reference`, message by message in order of enqueueing.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn history(
    db: &Database,
    reference: &str,
) -> Result<Vec<(MessageId, Milestone, Timestamp)>, BridgeError> {
    const SQL: &str = "SELECT id, stored_at, history FROM bridge_messages WHERE reference = $1 ORDER BY id";
    posted::written_out(db).await?;
    let rows: Vec<(String, Timestamp, String)> =
        on!(db, c => sqlx::query_as(SQL).bind(reference).fetch_all(c).await)?;
    let mut all = Vec::new();
    for (id, stored_at, history) in rows {
        let message = parse_stored("message", &id, &id)?;
        all.push((message, Milestone::Stored, stored_at));
        all.extend(parse_history(&id, &history)?.into_iter().map(|(milestone, at)| (message, milestone, at)));
    }
    Ok(all)
}

/// Where the messages stand that were stored under these references at or after `since`, by reference.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn standing(
    tx: &mut Tx,
    references: &[String],
    since: Timestamp,
) -> Result<HashMap<String, Vec<(Channel, Milestone)>>, BridgeError> {
    let mut standing: HashMap<String, Vec<(Channel, Milestone)>> = HashMap::new();
    if references.is_empty() {
        return Ok(standing);
    }
    posted::write_out(tx).await?;
    let rows: Vec<(String, String, String)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT reference, channel, state FROM bridge_messages WHERE stored_at >= ");
        query.push_bind(since.as_millis());
        bind_all(&mut query.push(" AND reference IN (").separated(", "), references);
        query.push(")").build_query_as().persistent(false).fetch_all(c).await
    })?;
    for (reference, channel, state) in rows {
        let message =
            (parse_stored("channel", &reference, &channel)?, parse_stored("message", &reference, &state)?);
        standing.entry(reference).or_default().push(message);
    }
    Ok(standing)
}

/// How many messages stand at each milestone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<Milestone, u64>);

impl Tally {
    /// Messages whose latest milestone is `milestone`.
    #[must_use]
    pub fn at(&self, milestone: Milestone) -> u64 {
        self.0.get(&milestone).copied().unwrap_or(0)
    }

    /// Every milestone with its count, zeros included; for metrics.
    pub fn counts(&self) -> impl Iterator<Item = (Milestone, u64)> + '_ {
        Milestone::ALL.into_iter().map(|milestone| (milestone, self.at(milestone)))
    }

    /// All messages ever enqueued and not yet purged.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Messages that have not come to an end.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.0.iter().filter(|(milestone, _)| !milestone.is_final()).map(|(_, count)| count).sum()
    }
}

/// The caller's reference of a message.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn reference(db: &Database, message: MessageId) -> Result<Option<String>, BridgeError> {
    const SQL: &str = "SELECT reference FROM bridge_messages WHERE id = $1";
    posted::written_out(db).await?;
    Ok(on!(db, c => sqlx::query_scalar(SQL).bind(message.to_string()).fetch_optional(c).await)?)
}

/// Writes down what a message has cost, where that is known only afterwards: in 1/10 000 of the account's currency.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn charge(db: &Database, message: MessageId, cost: u32) -> Result<(), BridgeError> {
    const SQL: &str = "UPDATE bridge_messages SET cost = $2 WHERE id = $1";
    posted::written_out(db).await?;
    let (id, cost) = (message.to_string(), i64::from(cost));
    on!(db, c => sqlx::query(SQL).bind(id).bind(cost).execute(c).await.map(drop))?;
    Ok(())
}

/// Counts the messages by their latest milestone.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn tally(db: &Database) -> Result<Tally, BridgeError> {
    const SQL: &str = "SELECT state, COUNT(*) FROM bridge_messages GROUP BY state";
    posted::written_out(db).await?;
    let rows: Vec<(String, i64)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await)?;
    let mut counts = BTreeMap::new();
    for (state, count) in rows {
        counts.insert(parse_stored("message", &state, &state)?, u64::try_from(count).unwrap_or(0));
    }
    Ok(Tally(counts))
}
