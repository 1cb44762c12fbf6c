//! What the bridge holds about the owner of one phone: told to them, and taken away when they leave.

use certus_registry::{Database, Phone, Timestamp, Tx, on};
use serde::Serialize;

use crate::BridgeError;
use crate::message::{Channel, parse_stored};
use crate::push::devices::{self, Device, DeviceKind};
use crate::sealing::{self, Kept, MESSAGE, REPLY};
use crate::{outbox, parts};

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
    let held = |(device, added_at): (Device, Timestamp)| Held { kind: device.kind, added_at };
    Ok(devices::since(db, phone).await?.into_iter().map(held).collect())
}

/// What was written to them and by them, as far as it is still held; of each the newest `limit`, the newest first. There is
/// no index by phone: this is for the one who asks for all that is held.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn texts(db: &Database, phone: &Phone, limit: u32) -> Result<Vec<Text>, BridgeError> {
    const OUT: &str = "SELECT id, stored_at, channel, COALESCE(recipient_sealed, recipient) AS number, body AS words, seal \
         FROM bridge_messages WHERE recipient IN ($1, $2, $3) ORDER BY stored_at DESC, id DESC LIMIT $4";
    const IN: &str = "SELECT CAST(id AS TEXT) AS id, received_at AS stored_at, NULL AS channel, \
         COALESCE(sender_sealed, sender) AS number, body AS words, seal \
         FROM bridge_inbox WHERE sender IN ($1, $2, $3) ORDER BY bridge_inbox.id DESC LIMIT $4";
    outbox::posted::written_out(db).await?;
    let sealer = sealing::newest(db).await?;
    let mut texts = Vec::new();
    for (columns, sql) in [(MESSAGE, OUT), (REPLY, IN)] {
        let [newest, before, plain] = sealer.every_finder(columns.number, phone.as_str());
        let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(newest).bind(before).bind(plain)
            .bind(i64::from(limit)).fetch_all(c).await)?;
        let seal = sealing::known(db, rows.iter().map(|row| row.kept.seal)).await?;
        for Row { id, stored_at, channel, kept } in rows {
            let channel = channel.map(|channel| parse_stored("message", &id, &channel)).transpose()?;
            let (_, words) = columns.open(&seal, &id, kept)?;
            texts.push(Text { at: stored_at, channel, words });
        }
    }
    texts.sort_by_key(|text| std::cmp::Reverse(text.at));
    Ok(texts)
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    stored_at: Timestamp,
    channel: Option<String>,
    #[sqlx(flatten)]
    kept: Kept,
}

/// Takes away what is held about them: devices, and number and words of everything that is finished. What still waits is
/// withdrawn, but for what has a reference that ends in `spared`; that, and what a gateway has just been given, keeps its number
/// until it is finished.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn erase(tx: &mut Tx, now: Timestamp, phone: &Phone, spared: &str) -> Result<(), BridgeError> {
    const OUT: &str = "UPDATE bridge_messages SET recipient = '', body = '', recipient_sealed = NULL, seal = 0 \
         WHERE recipient IN ($1, $2, $3) AND wake_at IS NULL";
    const IN: &str = "UPDATE bridge_inbox SET sender = '', body = '', sender_sealed = NULL, seal = 0 \
         WHERE sender IN ($1, $2, $3) AND handled_at IS NOT NULL";
    outbox::cancel_to(tx, now, phone, spared).await?;
    let sealer = tx.sealer();
    for (columns, sql) in [(MESSAGE, OUT), (REPLY, IN)] {
        let [newest, before, plain] = sealer.every_finder(columns.number, phone.as_str());
        on!(tx, c => sqlx::query(sql).bind(newest).bind(before).bind(plain).execute(c).await.map(drop))?;
    }
    parts::forget(tx, phone).await?;
    devices::forget(tx, phone).await
}
