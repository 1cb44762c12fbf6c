//! gammu-smsd's tables in PostgreSQL (its schema 17, gammu 1.42; `gammu-smsd-tables(7)`).
//!
//! Its times are the server's local ones and ours are not, so no time is compared here.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::postgres::{PgPool, PgPoolOptions};

use super::received::Piece;
use super::spool::{Spool, SpoolError, Tried};
use super::tag::{PREFIX, Tag, relative_validity};
use crate::gsm::Encoding;
use crate::gsm::octets::{from_gsm7, from_utf16, parts};
use crate::{MessageId, Outgoing, Urgency};

/// For a connection; the worker waits longer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);
/// One to put, one to look.
const CONNECTIONS_MAX: u32 = 2;
/// Received texts looked at in one go.
const RECEIVED_MAX: i64 = 200;

/// The tables of one daemon.
pub(super) struct SqlSpool(PgPool);

impl SqlSpool {
    pub(super) fn new(url: &str) -> Result<Self, sqlx::Error> {
        let options = PgPoolOptions::new().max_connections(CONNECTIONS_MAX).acquire_timeout(CONNECT_TIMEOUT);
        Ok(Self(options.connect_lazy(url)?))
    }

    async fn insert(&self, tag: Tag, message: &Outgoing) -> Result<(), SpoolError> {
        // SendingDateTime in the past: at once, by whatever time the daemon goes.
        const FIRST: &str = r#"INSERT INTO outbox ("DestinationNumber", "Text", "Coding", "UDH", "MultiPart", "CreatorID", "DeliveryReport",
            "RelativeValidity", "Priority", "SendingDateTime", "SendingTimeOut") VALUES ($1, $2, $3, $4, $5, $6, 'yes', $7, $8, 'epoch', 'epoch')
            RETURNING "ID""#;
        const NEXT: &str = r#"INSERT INTO outbox_multipart ("ID", "SequencePosition", "Text", "Coding", "UDH") VALUES ($1, $2, $3, $4, $5)"#;
        let cut = parts(&message.body);
        let coding = match cut.encoding {
            Encoding::Gsm7 => "Default_No_Compression",
            Encoding::Ucs2 => "Unicode_No_Compression",
        };
        let total = cut.parts.len();
        let texts: Vec<String> = cut.parts.iter().map(|octets| hex_text(cut.encoding, octets)).collect();
        let header = |number: usize| if total > 1 { udh(message.id, total, number) } else { String::new() };
        let mut tx = self.0.begin().await?;
        let (id,): (i32,) = sqlx::query_as(FIRST)
            .bind(message.to.as_str())
            .bind(&texts[0])
            .bind(coding)
            .bind(header(1))
            .bind(total > 1)
            .bind(tag.to_string())
            .bind(relative_validity(message.valid_until.since(message.sent_at)))
            .bind(i32::from(message.urgency == Urgency::Alarm))
            .fetch_one(&mut *tx)
            .await?;
        for (number, text) in (2..).zip(&texts[1..]) {
            let place = i32::try_from(number).unwrap_or(i32::MAX);
            let next = sqlx::query(NEXT).bind(id).bind(place).bind(text).bind(coding).bind(header(number));
            next.execute(&mut *tx).await?;
        }
        tx.commit().await.map_err(|error| SpoolError::Unanswered(error.to_string()))
    }

    async fn find(&self, message: MessageId) -> Result<bool, SpoolError> {
        const SQL: &str = r#"SELECT EXISTS (SELECT 1 FROM outbox WHERE starts_with("CreatorID", $1))
            OR EXISTS (SELECT 1 FROM sentitems WHERE starts_with("CreatorID", $1))"#;
        Ok(sqlx::query_scalar(SQL).bind(Tag::of(message)).fetch_one(&self.0).await?)
    }
}

impl Spool for SqlSpool {
    fn put<'a>(&'a self, tag: Tag, message: &'a Outgoing) -> BoxFuture<'a, Result<(), SpoolError>> {
        async move { if self.find(message.id).await? { Ok(()) } else { self.insert(tag, message).await } }
            .boxed()
    }

    fn has(&self, message: MessageId) -> BoxFuture<'_, Result<bool, SpoolError>> {
        self.find(message).boxed()
    }

    fn waiting(&self) -> BoxFuture<'_, Result<Vec<Tag>, SpoolError>> {
        const SQL: &str = r#"SELECT "CreatorID" FROM outbox WHERE starts_with("CreatorID", $1) ORDER BY "Priority" DESC, "ID""#;
        async move {
            let rows: Vec<String> = sqlx::query_scalar(SQL).bind(PREFIX).fetch_all(&self.0).await?;
            Ok(rows.iter().filter_map(|tag| tag.parse().ok()).collect())
        }
        .boxed()
    }

    fn tried(&self) -> BoxFuture<'_, Result<Vec<Tried>, SpoolError>> {
        const SQL: &str = r#"SELECT "CreatorID", array_agg("Status"::text ORDER BY "SequencePosition") FROM sentitems
            WHERE starts_with("CreatorID", $1) GROUP BY "CreatorID""#;
        async move {
            let rows: Vec<(String, Vec<String>)> =
                sqlx::query_as(SQL).bind(PREFIX).fetch_all(&self.0).await?;
            let tried = |(tag, told): (String, Vec<String>)| Some(Tried { tag: tag.parse().ok()?, told });
            Ok(rows.into_iter().filter_map(tried).collect())
        }
        .boxed()
    }

    fn remove(&self, tag: Tag) -> BoxFuture<'_, Result<(), SpoolError>> {
        const PARTS: &str =
            r#"DELETE FROM outbox_multipart WHERE "ID" IN (SELECT "ID" FROM outbox WHERE "CreatorID" = $1)"#;
        const OUTBOX: &str = r#"DELETE FROM outbox WHERE "CreatorID" = $1"#;
        const SENT: &str = r#"DELETE FROM sentitems WHERE "CreatorID" = $1"#;
        async move {
            let mut tx = self.0.begin().await?;
            for sql in [PARTS, OUTBOX, SENT] {
                sqlx::query(sql).bind(tag.to_string()).execute(&mut *tx).await?;
            }
            Ok(tx.commit().await?)
        }
        .boxed()
    }

    fn received(&self) -> BoxFuture<'_, Result<Vec<Piece>, SpoolError>> {
        const SQL: &str = r#"SELECT "ID", "SenderNumber", "UDH", "Text", "ReceivingDateTime"::text FROM inbox
            WHERE NOT "Processed" ORDER BY "ID" LIMIT $1"#;
        async move {
            let rows: Vec<(i32, String, String, String, String)> =
                sqlx::query_as(SQL).bind(RECEIVED_MAX).fetch_all(&self.0).await?;
            let piece = |(id, sender, header, text, sent_at): (i32, String, String, String, String)| Piece {
                key: format!("{id:010}"),
                sender,
                header,
                text,
                sent_at,
            };
            Ok(rows.into_iter().map(piece).collect())
        }
        .boxed()
    }

    fn take<'a>(&'a self, keys: &'a [String]) -> BoxFuture<'a, Result<(), SpoolError>> {
        const SQL: &str = r#"DELETE FROM inbox WHERE "ID" = ANY($1)"#;
        async move {
            let ids: Vec<i32> = keys.iter().filter_map(|key| key.parse().ok()).collect();
            sqlx::query(SQL).bind(ids).execute(&self.0).await?;
            Ok(())
        }
        .boxed()
    }
}

impl From<sqlx::Error> for SpoolError {
    /// Reasons are logged, and what a database says of a statement may repeat its values: only the code is told.
    fn from(error: sqlx::Error) -> Self {
        Self::Unreachable(match error.as_database_error() {
            Some(told) => format!("gammu's database: {}", told.code().unwrap_or_default()),
            None => format!("gammu's database: {error}"),
        })
    }
}

/// A part as gammu wants it in `Text` whatever its coding: UTF-16, hexadecimal.
fn hex_text(encoding: Encoding, octets: &[u8]) -> String {
    let text = match encoding {
        Encoding::Gsm7 => from_gsm7(octets),
        Encoding::Ucs2 => from_utf16(octets),
    };
    hex::encode_upper(text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>())
}

/// The header of a part, its length first; the reference is taken from the message's name.
fn udh(message: MessageId, total: usize, number: usize) -> String {
    let reference =
        message.to_string().bytes().fold(0_u8, |sum, octet| sum.wrapping_mul(31).wrapping_add(octet));
    format!("050003{reference:02X}{total:02X}{number:02X}")
}
