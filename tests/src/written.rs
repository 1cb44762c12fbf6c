//! What the outbox holds, as it is or sealed, for tests that look at who was written to and with which words.

#![expect(clippy::missing_panics_doc, reason = "helpers of tests: a panic is the failure")]

use certus_registry::seal::{PLAIN, Place};
use certus_registry::store::sealing::known;
use certus_registry::{Database, Phone, on};

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
    const SQL: &str = "SELECT id, reference, COALESCE(recipient_sealed, recipient), body, seal, channel, state \
        FROM bridge_messages WHERE recipient <> '' ORDER BY stored_at, id";
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await).expect("the outbox");
    let numbers = rows.iter().map(|row| row.4).filter(|number| *number != PLAIN);
    let seal = known(db, numbers).await.expect("its keys");
    let message = |(id, reference, to, body, under, channel, state): Row| {
        let open = |column, stored: String| match under {
            PLAIN => stored,
            _ => seal.open(under, Place { column, row: &id }, &stored).expect("what was written there"),
        };
        let to = open("bridge_messages.recipient", to).parse().expect("a number");
        let body = open("bridge_messages.body", body);
        Message { id, reference, to, body, channel, state }
    };
    rows.into_iter().map(message).collect()
}
