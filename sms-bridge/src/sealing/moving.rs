//! Moving rows to the newest key, some at a time.

use certus_registry::seal::PLAIN;
use certus_registry::store::sealing::{MOVED_AT_ONCE, Move, renewed};
use certus_registry::{Database, RegistryError, Tx, on};
use futures::future::BoxFuture;

use super::{Columns, Kept, MESSAGE, REPLY, Stored, known_within};
use crate::outbox::attempts::take_turn;
use crate::outbox::posted;
use crate::push::devices;
use crate::{BridgeError, inbox, parts};

/// Lots that [`gather`] moves at most; what there is more waits for the next hour.
const LOTS_MAX: usize = 50;

/// Moves rows of the bridge's tables, for `certus key seal` and `rotate`.
pub const MOVE: Move = |tx, limit| {
    Box::pin(async move {
        let behind = if tx.sealer().is_first() { Behind::Plain } else { Behind::Older };
        lot(tx, behind, limit).await
    })
};

/// Which rows are to be moved.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Behind {
    /// Those that are not sealed: all of a table has to be read to find them.
    Plain,
    /// Those under a key before the newest.
    Older,
}

/// Chooses the statement that gives `$2` rows which are behind `$1`; with its index, if the table has one.
macro_rules! behind {
    ($behind:expr, $select:expr, $found_by:literal) => {
        match $behind {
            $crate::sealing::Behind::Plain => {
                concat!($select, " WHERE seal = 0 AND seal < $1 AND ", $found_by, " <> '' LIMIT $2")
            }
            $crate::sealing::Behind::Older => concat!($select, " WHERE seal > 0 AND seal < $1 LIMIT $2"),
        }
    };
}
pub(crate) use behind;

/// Moves what was written late, and what an earlier version left as it is; gives how many rows. Each process does so every hour, by
/// which it also knows the newest key an hour after it was given.
///
/// # Errors
/// [`BridgeError`] when the database fails or a row does not open; what was moved stays so.
pub async fn gather(db: &Database) -> Result<u64, BridgeError> {
    renewed(db).await?;
    posted::written_out(db).await?;
    let mut moved = 0;
    for _ in 0..LOTS_MAX {
        // Nobody waits for somebody who reads.
        if db.sealer().number() == PLAIN || !is_any_behind(db).await? {
            break;
        }
        let mut tx = db.begin().await?;
        for behind in [Behind::Older, Behind::Plain] {
            moved += lot(&mut tx, behind, MOVED_AT_ONCE).await?;
        }
        tx.commit().await?;
    }
    Ok(moved)
}

async fn is_any_behind(db: &Database) -> Result<bool, BridgeError> {
    const BEHIND: [&str; 5] = [
        "SELECT id FROM bridge_messages WHERE seal < $1 AND recipient <> '' LIMIT 1",
        "SELECT provider_id FROM bridge_inbox WHERE seal < $1 AND sender <> '' LIMIT 1",
        "SELECT provider_id FROM bridge_inbox WHERE provider_id LIKE 'derived-%' AND 0 < $1 LIMIT 1",
        "SELECT gateway FROM bridge_parts WHERE seal < $1 LIMIT 1",
        "SELECT kind FROM bridge_devices WHERE seal < $1 LIMIT 1",
    ];
    let newest = db.sealer().number();
    for sql in BEHIND {
        let one: Option<String> = on!(db, c => sqlx::query_scalar(sql).bind(newest).fetch_optional(c).await?);
        if one.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves rows of a table that are behind.
type Table = for<'a> fn(&'a mut Tx, Behind, u32) -> BoxFuture<'a, Result<u64, RegistryError>>;

/// The one with the most rows last: to find those that are not sealed it is read from its beginning.
const TABLES: [Table; 5] = [
    |tx, behind, limit| Box::pin(parts::move_on(tx, behind, limit)),
    |tx, behind, limit| Box::pin(devices::move_on(tx, behind, limit)),
    |tx, behind, limit| Box::pin(inbox::name_anew(tx, behind, limit)),
    |tx, behind, limit| Box::pin(worded(tx, &INBOX, behind, limit)),
    |tx, behind, limit| Box::pin(worded(tx, &OUTBOX, behind, limit)),
];

/// Rows of the first table that has any.
async fn lot(tx: &mut Tx, behind: Behind, limit: u32) -> Result<u64, RegistryError> {
    for table in TABLES {
        let moved = table(tx, behind, limit).await?;
        if moved > 0 {
            return Ok(moved);
        }
    }
    Ok(0)
}

/// A table of numbers and words that lose both together.
struct Worded {
    columns: &'static Columns,
    /// Its rows' key, number, words and seal.
    select: fn(Behind) -> &'static str,
    update: &'static str,
    /// Those which write to many of its rows at once hold one of these.
    turns: &'static [&'static str],
}

const OUTBOX: Worded = Worded {
    columns: &MESSAGE,
    select: |behind| {
        behind!(
            behind,
            "SELECT id, COALESCE(recipient_sealed, recipient), body, seal FROM bridge_messages",
            "recipient"
        )
    },
    update: "UPDATE bridge_messages SET recipient = $1, recipient_sealed = $2, body = $3, seal = $4 \
             WHERE id = $5 AND seal = $6 AND recipient <> ''",
    turns: &["receipt", "lease"],
};
const INBOX: Worded = Worded {
    columns: &REPLY,
    select: |behind| {
        behind!(
            behind,
            "SELECT CAST(id AS TEXT), COALESCE(sender_sealed, sender), body, seal FROM bridge_inbox",
            "sender"
        )
    },
    update: "UPDATE bridge_inbox SET sender = $1, sender_sealed = $2, body = $3, seal = $4 \
             WHERE id = CAST($5 AS BIGINT) AND seal = $6 AND sender <> ''",
    turns: &[],
};

/// What is erased or moved meanwhile stays as it is.
async fn worded(tx: &mut Tx, table: &Worded, behind: Behind, limit: u32) -> Result<u64, RegistryError> {
    let (sql, sealer) = ((table.select)(behind), tx.sealer());
    let rows: Vec<(String, String, String, i64)> = on!(tx, c => sqlx::query_as(sql)
        .bind(sealer.number()).bind(i64::from(limit)).fetch_all(c).await?);
    if rows.is_empty() {
        return Ok(0);
    }
    for turn in table.turns {
        take_turn(tx, turn).await?;
    }
    let seal = known_within(tx, rows.iter().map(|row| row.3)).await?;
    let moved = rows.len() as u64;
    for (id, number, words, under) in rows {
        let (number, words) = table.columns.open(&seal, &id, Kept { number, words, seal: under })?;
        let Stored { found_by, hidden, words, seal } = table.columns.stored(&sealer, &id, &number, &words);
        on!(tx, c => sqlx::query(table.update).bind(found_by).bind(hidden).bind(words).bind(seal)
            .bind(&id).bind(under).execute(c).await.map(drop)?);
    }
    Ok(moved)
}
