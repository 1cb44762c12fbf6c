//! What the outbox holds, as it is or sealed, for tests that look at who was written to and with which words.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is the failure")]

use certus_registry::seal::{PLAIN, Place};
use certus_registry::store::sealing::known;
use certus_registry::{Database, Phone, on};
use certus_sms_bridge::outbox;

/// A message that still has its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its identifier.
    pub id: String,
    /// The caller's reference.
    pub reference: String,
    /// To whom.
    pub to: Phone,
    /// The words.
    pub body: String,
    /// By which way.
    pub channel: String,
    /// The latest milestone.
    pub state: String,
}

type Row = (String, String, String, String, i64, String, String);

/// All of them, in the order in which they were stored.
pub async fn messages(db: &Database) -> Vec<Message> {
    const SQL: &str = "SELECT id, COALESCE(recipient_sealed, recipient), body, reference, seal, channel, state \
        FROM bridge_messages WHERE recipient <> '' ORDER BY stored_at, id";
    outbox::tally(db).await.expect("the outbox"); // writes out what was posted
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await).expect("the outbox");
    let mut messages = Vec::with_capacity(rows.len());
    for (id, to, body, reference, seal, channel, state) in rows {
        let (to, body) = opened(db, OUTBOX, &id, (to, body, seal)).await;
        messages.push(Message { id, reference, to, body, channel, state });
    }
    messages
}

/// The outbox's columns of number and words.
pub const OUTBOX: [&str; 2] = ["bridge_messages.recipient", "bridge_messages.body"];
/// The inbox's.
pub const INBOX: [&str; 2] = ["bridge_inbox.sender", "bridge_inbox.body"];

/// Number and words of a row, by what is stored of them and the number of its data key.
pub async fn opened(
    db: &Database,
    [number, words]: [&'static str; 2],
    row: &str,
    stored: (String, String, i64),
) -> (Phone, String) {
    let (stored_number, stored_words, under) = stored;
    if under == PLAIN {
        return (stored_number.parse().expect("a number"), stored_words);
    }
    let seal = known(db, [under].into_iter()).await.expect("its key");
    let open = |column, stored: &str| {
        seal.open(under, Place { column, row }, stored).expect("what was written there")
    };
    (open(number, &stored_number).parse().expect("a number"), open(words, &stored_words))
}
