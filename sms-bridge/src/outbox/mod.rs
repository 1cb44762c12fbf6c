//! The durable outbox: messages wait here, inside the caller's transaction, until the worker sends them;
//! afterwards this is the record of what became of them.

pub(crate) mod attempts;
mod fate;
pub(crate) mod ladder;
pub(crate) mod posted;
mod report;
pub(crate) mod settling;
mod withdrawal;

use std::collections::{BTreeSet, HashMap};

use certus_registry::mutation::{Rule, broken};
use certus_registry::seal::Sealer;
use certus_registry::{Batch, Medium, Phone, Random, Timestamp, Tx, Value, on};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::message::{Channel, MessageId, Milestone, NewMessage, parse_stored};
use crate::sealing::{self, MESSAGE, Stored};

pub use fate::{Fate, Tally, charge, history, mark_reported, reference, standing, tally, unreported};
pub use report::{GatewayReport, by_gateway};
use withdrawal::{Which, withdraw};

/// Messages in one INSERT: 23 values each stay far below the 32 766 that a statement may bind.
const INSERT_ROWS_MAX: usize = 500;
/// What a [`Row`] is made of.
const INTO: &str = "bridge_messages (id, reference, recipient, body, lane, stored_at, valid_until, state, \
                    state_at, history, wake_at, attempt, lease_no, reconciled, cancel_asked, unreported, gateway, channel, \
                    ladder, rung, unless_delivered, recipient_sealed, seal)";

/// A message that its own transaction claims for a worker; see [`crate::WorkerHandle::enqueue`]. Its lease number is 0,
/// which no later claim has.
#[derive(Debug, Clone)]
pub(crate) struct Birth {
    pub(crate) gateway: String,
    pub(crate) lease_until: Timestamp,
}

/// Stores messages with the caller's other writes; wake the worker after the commit. `sealer` is the transaction's.
///
/// # Errors
/// [`BridgeError::Invalid`] when a reference or a body is out of bounds (the batch is as before then).
pub fn enqueue(
    batch: &mut Batch,
    sealer: &Sealer,
    now: Timestamp,
    random: &Random,
    messages: &[NewMessage],
) -> Result<Vec<MessageId>, BridgeError> {
    let medium = Medium { sealer: sealer.clone(), one_writer: false };
    enqueue_born(batch, &medium, now, random, messages, |_| None)
}

/// As [`enqueue`]; `birth` says which messages are claimed at once. Where there is one writer, these are [`posted`].
pub(crate) fn enqueue_born(
    batch: &mut Batch,
    medium: &Medium,
    now: Timestamp,
    random: &Random,
    messages: &[NewMessage],
    mut birth: impl FnMut(&NewMessage) -> Option<Birth>,
) -> Result<Vec<MessageId>, BridgeError> {
    for message in messages {
        message.check()?;
    }
    let mut fresh = in_order(now, random, messages);
    let mut ids = Vec::with_capacity(messages.len());
    let (mut rows, mut posted) = (Vec::new(), Vec::new());
    for message in messages {
        let id = fresh.next().expect("there is one for each");
        let from = Source { sealer: &medium.sealer, now, message };
        let birth = birth(message);
        let rows = if birth.is_some() && medium.one_writer { &mut posted } else { &mut rows };
        rows.push(first_row(&from, id, birth));
        rows.extend(further_rows(&from, &mut fresh, id));
        ids.push(id);
    }
    posted::post(batch, now, &posted);
    insert(batch, rows);
    Ok(ids)
}

fn insert(batch: &mut Batch, rows: Vec<Row>) {
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        batch.insert(INTO, "", rows.by_ref().take(INSERT_ROWS_MAX));
    }
}

/// An identifier for every way of every message: in the order of the messages, so that who is first goes first, and the index of
/// identifiers grows at its end.
fn in_order(now: Timestamp, random: &Random, messages: &[NewMessage]) -> impl Iterator<Item = MessageId> {
    let ways = messages.iter().map(|message| 1 + message.otherwise.len()).sum();
    let mut ids: Vec<MessageId> = (0..ways).map(|_| MessageId::new(now, random)).collect();
    ids.sort_unstable();
    ids.into_iter()
}

type Row = [Value; 23];

/// What a message's rows have in common.
struct Source<'a> {
    sealer: &'a Sealer,
    now: Timestamp,
    message: &'a NewMessage,
}

fn first_row(from: &Source<'_>, id: MessageId, birth: Option<Birth>) -> Row {
    let way = Way {
        channel: from.message.channel,
        body: &from.message.body,
        due_at: from.message.due_at,
        ladder: (!from.message.otherwise.is_empty()).then_some(id),
        rung: 0,
        unless_delivered: false,
    };
    row(from, id, &way, birth)
}

/// One for every other way whose time comes before the end of its validity, with the next of the identifiers.
fn further_rows(
    from: &Source<'_>,
    fresh: &mut impl Iterator<Item = MessageId>,
    first: MessageId,
) -> impl Iterator<Item = Row> {
    let message = from.message;
    (1..).zip(&message.otherwise).zip(fresh).filter_map(move |((place, rung), id)| {
        let due_at = message.due_at + rung.after;
        let way = Way {
            channel: rung.channel,
            body: &rung.body,
            due_at,
            ladder: Some(first),
            rung: place,
            unless_delivered: rung.unless_delivered,
        };
        (due_at < message.valid_until).then(|| row(from, id, &way, None))
    })
}

/// One way of a message.
struct Way<'a> {
    channel: Channel,
    body: &'a str,
    due_at: Timestamp,
    ladder: Option<MessageId>,
    rung: i64,
    unless_delivered: bool,
}

fn row(from: &Source<'_>, id: MessageId, way: &Way<'_>, birth: Option<Birth>) -> Row {
    let Source { sealer, now, message } = *from;
    let unclaimed = (Milestone::Stored, String::new(), way.due_at.min(message.valid_until), 0_i64);
    let (state, history, wake_at, attempt) = birth.as_ref().map_or(unclaimed, |birth| {
        (Milestone::Transmitted, Milestone::Transmitted.passed(now), birth.lease_until, 1)
    });
    let id = id.to_string();
    let Stored { found_by, hidden, words, seal } = MESSAGE.stored(sealer, &id, &message.to, way.body);
    [
        id.into(),
        message.reference.as_str().into(),
        found_by.into(),
        words.into(),
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
        way.channel.as_str().into(),
        Value::Text(way.ladder.map(|ladder| ladder.to_string())),
        way.rung.into(),
        way.unless_delivered.into(),
        Value::Text(hidden),
        seal.into(),
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
    enqueue(&mut batch, &tx.sealer(), now, random, std::slice::from_ref(message))?;
    Ok(batch.execute(tx).await?)
}

/// Withdraws whatever is still unsent to `phone` but what has a reference that ends in `spared`.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn cancel_to(tx: &mut Tx, now: Timestamp, phone: &Phone, spared: &str) -> Result<(), BridgeError> {
    attempts::take_turn(tx, "lease").await?;
    let finders = sealing::newest_within(tx).await?.every_finder(MESSAGE.number, phone.as_str());
    withdraw(tx, now, &Which::To { finders: &finders, spared }).await
}

/// Withdraws what is still unsent under `references` and tells by which ways anything has left, or may have, under each;
/// a reference under which nothing has is not there.
///
/// A message in flight cannot be withdrawn, but it is not tried again should this attempt fail.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn cancel(
    tx: &mut Tx,
    now: Timestamp,
    references: &[String],
) -> Result<HashMap<String, BTreeSet<Channel>>, BridgeError> {
    if references.is_empty() || broken(Rule::Withdrawal) {
        return Ok(HashMap::new());
    }
    attempts::take_turn(tx, "lease").await?;
    withdraw(tx, now, &Which::Under(references)).await?;
    let left: Vec<(String, String)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT reference, channel FROM bridge_messages WHERE state <> 'cancelled'");
        attempts::bind_all(&mut query.push(" AND reference IN (").separated(", "), references);
        query.push(")").build_query_as().fetch_all(c).await
    })?;
    let mut by_reference: HashMap<String, BTreeSet<Channel>> = HashMap::new();
    for (reference, channel) in left {
        let channel = parse_stored("channel", &reference, &channel)?;
        by_reference.entry(reference).or_default().insert(channel);
    }
    Ok(by_reference)
}
