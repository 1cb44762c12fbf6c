//! Parts of replies whose other parts have not come yet.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use certus_registry::seal::{Seal, Sealer};
use certus_registry::{Phone, RegistryError, Timestamp, Tx, on};

use crate::BridgeError;
use crate::inbox::NewPart;
use crate::outbox::attempts::take_turn;
use crate::sealing::{self, Behind, Kept, PART, Stored, behind};

/// Parts that have waited for the others for so long belong to another reply, or to none.
const PARTS_WAIT: Duration = Duration::from_hours(12);

/// Keeps a part; with the last one that was missing, gives the words of all of them, which are kept no longer then. The caller holds
/// the turn "inbound": parts that come over two sessions at once must find each other.
pub(crate) async fn put(tx: &mut Tx, part: &NewPart) -> Result<Option<String>, BridgeError> {
    const TIDY: &str = "DELETE FROM bridge_parts WHERE received_at < $1";
    const THERE: &str = "SELECT gateway, sender, reference, total, number, COALESCE(sender_sealed, sender) AS phone, body, \
        received_at, seal FROM bridge_parts WHERE gateway = $1 AND reference = $2 AND total = $3 AND sender IN ($4, $5, $6)";
    const DONE: &str = "DELETE FROM bridge_parts \
        WHERE gateway = $1 AND reference = $2 AND total = $3 AND sender IN ($4, $5, $6)";
    let part_id = Id::of(part);
    on!(tx, c => sqlx::query(TIDY).bind(part.received_at - PARTS_WAIT).execute(c).await.map(drop))?;
    let sealer = sealing::newest_within(tx).await?;
    let [newest, before, plain] = sealer.every_finder(PART.number, part.from.as_str());
    let there: Vec<Row> = on!(tx, c => sqlx::query_as(THERE).bind(part_id.gateway).bind(part_id.reference).bind(part_id.total)
        .bind(&newest).bind(&before).bind(&plain).fetch_all(c).await)?;
    let seal = sealing::known_within(tx, there.iter().map(|row| row.seal)).await?;
    let opened = there.into_iter().map(|row| Ok((row.number, row.open(&seal)?.1)));
    let mut words: BTreeMap<i64, String> = opened.collect::<Result<_, RegistryError>>()?;
    if let Entry::Vacant(missing) = words.entry(part_id.number) {
        write(tx, &sealer, &part_id, (&part.from, missing.insert(part.body.clone())), part.received_at)
            .await?;
    }
    if words.len() < usize::from(part.total) {
        return Ok(None);
    }
    on!(tx, c => sqlx::query(DONE).bind(part_id.gateway).bind(part_id.reference).bind(part_id.total)
        .bind(newest).bind(before).bind(plain).execute(c).await.map(drop))?;
    Ok(Some(words.into_values().collect()))
}

/// Takes away what somebody wrote the rest of which has not come; nobody moves it meanwhile.
pub(crate) async fn forget(tx: &mut Tx, phone: &Phone) -> Result<(), BridgeError> {
    const SQL: &str = "DELETE FROM bridge_parts WHERE sender IN ($1, $2, $3)";
    take_turn(tx, "inbound").await?;
    let [newest, before, plain] = sealing::newest_within(tx).await?.every_finder(PART.number, phone.as_str());
    on!(tx, c => sqlx::query(SQL).bind(newest).bind(before).bind(plain).execute(c).await.map(drop))?;
    Ok(())
}

/// Which part, but for who wrote it.
#[derive(Debug)]
struct Id<'a> {
    gateway: &'a str,
    reference: i64,
    total: i64,
    number: i64,
}

impl<'a> Id<'a> {
    fn of(part: &'a NewPart) -> Self {
        let (reference, total, number) = (part.reference.into(), part.total.into(), part.number.into());
        Self { gateway: &part.gateway, reference, total, number }
    }

    /// The key of the row that is found by `sender`.
    fn row(&self, sender: &str) -> String {
        let Self { gateway, reference, total, number } = self;
        format!("{gateway}/{sender}/{reference}/{total}/{number}")
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    gateway: String,
    sender: String,
    reference: i64,
    total: i64,
    number: i64,
    phone: String,
    body: String,
    received_at: Timestamp,
    seal: i64,
}

impl Row {
    fn id(&self) -> Id<'_> {
        let Self { gateway, reference, total, number, .. } = self;
        Id { gateway, reference: *reference, total: *total, number: *number }
    }

    fn open(&self, seal: &Seal) -> Result<(Phone, String), RegistryError> {
        let kept = Kept { number: self.phone.clone(), words: self.body.clone(), seal: self.seal };
        PART.open(seal, &self.id().row(&self.sender), kept)
    }
}

async fn write(
    tx: &mut Tx,
    sealer: &Sealer,
    id: &Id<'_>,
    (from, words): (&Phone, &str),
    received_at: Timestamp,
) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO bridge_parts (gateway, sender, reference, total, number, body, received_at, sender_sealed, seal) \
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (gateway, sender, reference, total, number) DO NOTHING";
    let row = id.row(&sealer.finder(PART.number, from.as_str()));
    let Stored { found_by, hidden, words, seal } = PART.stored(sealer, &row, from, words);
    on!(tx, c => sqlx::query(SQL).bind(id.gateway).bind(found_by).bind(id.reference).bind(id.total).bind(id.number)
        .bind(words).bind(received_at).bind(hidden).bind(seal).execute(c).await.map(drop)?);
    Ok(())
}

/// Writes at most `limit` parts anew that are behind.
pub(crate) async fn move_on(tx: &mut Tx, behind: Behind, limit: u32) -> Result<u64, RegistryError> {
    const GONE: &str = "DELETE FROM bridge_parts \
        WHERE gateway = $1 AND sender = $2 AND reference = $3 AND total = $4 AND number = $5";
    let sql = behind!(
        behind,
        "SELECT gateway, sender, reference, total, number, COALESCE(sender_sealed, sender) AS phone, body, received_at, seal \
         FROM bridge_parts",
        "sender"
    );
    let sealer = tx.sealer();
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql)
        .bind(sealer.number()).bind(i64::from(limit)).fetch_all(c).await?);
    if rows.is_empty() {
        return Ok(0);
    }
    take_turn(tx, "inbound").await?;
    let seal = sealing::known_within(tx, rows.iter().map(|row| row.seal)).await?;
    for row in &rows {
        let (from, words) = row.open(&seal)?;
        let gone = on!(tx, c => sqlx::query(GONE).bind(&row.gateway).bind(&row.sender).bind(row.reference)
            .bind(row.total).bind(row.number).execute(c).await?.rows_affected());
        if gone == 1 {
            write(tx, &sealer, &row.id(), (&from, &words), row.received_at).await?;
        }
    }
    Ok(rows.len() as u64)
}
