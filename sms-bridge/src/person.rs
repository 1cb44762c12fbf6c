//! What the bridge holds about the owner of one phone: told to them, and taken away when they leave.

use certus_registry::{Database, Phone, Timestamp, Tx, on};
use serde::Serialize;

use crate::BridgeError;
use crate::message::{Channel, parse_stored};
use crate::outbox;
use crate::push::devices::DeviceKind;

/// A phone or browser that takes pushes, without its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Held {
    /// Which push service knows it.
    pub kind: DeviceKind,
    /// When it was let in, milliseconds UTC.
    pub added_at: Timestamp,
}

/// Words between us and them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Text {
    /// When they were stored here, milliseconds UTC.
    pub at: Timestamp,
    /// By which way they went; `None`: they wrote to us.
    pub channel: Option<Channel>,
    /// The words.
    pub words: String,
}

/// Their devices, the newest first.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn devices(db: &Database, phone: &Phone) -> Result<Vec<Held>, BridgeError> {
    const SQL: &str =
        "SELECT kind, added_at FROM bridge_devices WHERE phone = $1 ORDER BY added_at DESC, kind, address";
    let rows: Vec<(String, Timestamp)> =
        on!(db, c => sqlx::query_as(SQL).bind(phone.as_str()).fetch_all(c).await)?;
    let held = |(kind, added_at): (String, Timestamp)| {
        Ok(Held { kind: parse_stored("device", "of a person", &kind)?, added_at })
    };
    rows.into_iter().map(held).collect()
}

/// What was written to them and by them, as far as it is still held; of each the newest `limit`, the newest first. There is
/// no index by phone: this is for the one who asks for all that is held.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn texts(db: &Database, phone: &Phone, limit: u32) -> Result<Vec<Text>, BridgeError> {
    const OUT: &str = "SELECT stored_at, channel, body FROM bridge_messages WHERE recipient = $1 \
         ORDER BY stored_at DESC, id DESC LIMIT $2";
    const IN: &str = "SELECT received_at, body FROM bridge_inbox WHERE sender = $1 ORDER BY id DESC LIMIT $2";
    let limit = i64::from(limit);
    let sent: Vec<(Timestamp, String, String)> =
        on!(db, c => sqlx::query_as(OUT).bind(phone.as_str()).bind(limit).fetch_all(c).await)?;
    let received: Vec<(Timestamp, String)> =
        on!(db, c => sqlx::query_as(IN).bind(phone.as_str()).bind(limit).fetch_all(c).await)?;
    let sent = sent.into_iter().map(|(at, channel, words)| {
        Ok(Text { at, channel: Some(parse_stored("message", "of a person", &channel)?), words })
    });
    let received = received.into_iter().map(|(at, words)| Ok(Text { at, channel: None, words }));
    let mut texts: Vec<Text> = sent.chain(received).collect::<Result<_, BridgeError>>()?;
    texts.sort_by_key(|text| std::cmp::Reverse(text.at));
    Ok(texts)
}

/// Takes away what is held about them: devices, and number and words of everything that is finished. What still waits is
/// withdrawn, but for what has a reference that ends in `spared`; that, and what a gateway has just been given, keeps its number
/// until it is finished.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn erase(tx: &mut Tx, now: Timestamp, phone: &Phone, spared: &str) -> Result<(), BridgeError> {
    const ERASE: [&str; 4] = [
        "UPDATE bridge_messages SET recipient = '', body = '' WHERE recipient = $1 AND wake_at IS NULL",
        "UPDATE bridge_inbox SET sender = '', body = '' WHERE sender = $1 AND handled_at IS NOT NULL",
        "DELETE FROM bridge_parts WHERE sender = $1",
        "DELETE FROM bridge_devices WHERE phone = $1",
    ];
    outbox::cancel_to(tx, now, phone, spared).await?;
    for sql in ERASE {
        on!(tx, c => sqlx::query(sql).bind(phone.as_str()).execute(c).await.map(drop))?;
    }
    Ok(())
}
