//! Numbers and words as the bridge's tables keep them: sealed like the registry's columns, under the same data keys. The one place
//! here that knows how.
//!
//! Whoever writes to the bridge does not wait for the registry's writers, as an alarm must not: a row may come under the key of before,
//! also when all rows have been moved from it. So that key stays for a day, whoever looks for a number does so by the keyed hashes of
//! both and as it is, and what was written late is moved on within the hour ([`gather`]). A row that is not sealed can always be read.

mod moving;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use certus_registry::seal::{PLAIN, Place, Seal, Sealer};
use certus_registry::store::{damaged, sealing};
use certus_registry::{Database, Phone, RegistryError, Tx};

pub(crate) use moving::{Behind, behind};
pub use moving::{MOVE, gather};

/// How many rows there are with anything that is to be sealed.
pub const THERE: [&str; 4] = [
    "SELECT COUNT(*) FROM bridge_messages WHERE recipient <> ''",
    "SELECT COUNT(*) FROM bridge_inbox WHERE sender <> ''",
    "SELECT COUNT(*) FROM bridge_parts",
    "SELECT COUNT(*) FROM bridge_devices",
];

/// Two columns: somebody's number, and words of theirs or to them.
#[derive(Debug)]
pub(crate) struct Columns {
    /// What a row is called that is damaged.
    what: &'static str,
    pub(crate) number: &'static str,
    words: &'static str,
}

pub(crate) const MESSAGE: Columns =
    Columns { what: "message", number: "bridge_messages.recipient", words: "bridge_messages.body" };
pub(crate) const REPLY: Columns =
    Columns { what: "reply", number: "bridge_inbox.sender", words: "bridge_inbox.body" };
pub(crate) const PART: Columns =
    Columns { what: "part of a reply", number: "bridge_parts.sender", words: "bridge_parts.body" };

/// What the columns keep of number and words.
pub(crate) struct Stored {
    pub(crate) found_by: String,
    /// The number, where it is not found by itself.
    pub(crate) hidden: Option<String>,
    pub(crate) words: String,
    pub(crate) seal: i64,
}

/// The same as it is read: `number` is what was sealed, or is not.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Kept {
    pub(crate) number: String,
    pub(crate) words: String,
    pub(crate) seal: i64,
}

impl Columns {
    /// What is written in the row with this key.
    pub(crate) fn stored(&self, sealer: &Sealer, row: &str, number: &Phone, words: &str) -> Stored {
        let (found_by, hidden) = sealer.phone(Place { column: self.number, row }, number);
        let words = sealer.text(Place { column: self.words, row }, words);
        Stored { found_by, hidden, words, seal: sealer.number() }
    }

    /// What stands in the row with this key.
    pub(crate) fn open(&self, seal: &Seal, row: &str, kept: Kept) -> Result<(Phone, String), RegistryError> {
        let open = |column, stored| opened(seal, self.what, kept.seal, Place { column, row }, stored);
        Ok((
            open(self.number, kept.number)?.parse().map_err(|e| damaged(self.what, row, &e))?,
            open(self.words, kept.words)?,
        ))
    }
}

/// The text of which `stored` is what a row of the key `number` keeps.
pub(crate) fn opened(
    seal: &Seal,
    what: &'static str,
    number: i64,
    place: Place<'_>,
    stored: String,
) -> Result<String, RegistryError> {
    if number == PLAIN {
        return Ok(stored);
    }
    seal.open(number, place, &stored).map_err(|e| damaged(what, place.row, &e))
}

/// Keys by which rows of these numbers open.
pub(crate) async fn known(
    db: &Database,
    numbers: impl Iterator<Item = i64>,
) -> Result<Arc<Seal>, RegistryError> {
    sealing::known(db, numbers.filter(|number| *number != PLAIN)).await
}

/// The same, inside a transaction.
pub(crate) async fn known_within(
    tx: &mut Tx,
    numbers: impl Iterator<Item = i64>,
) -> Result<Arc<Seal>, RegistryError> {
    sealing::known_within(tx, numbers.filter(|number| *number != PLAIN)).await
}

/// What seals under the newest key there is: to be asked before anything is looked for by its number.
pub(crate) async fn newest(db: &Database) -> Result<Sealer, RegistryError> {
    if !db.sealer().is_plain() {
        sealing::renewed(db).await?;
    }
    Ok(db.sealer())
}

/// The same, inside a transaction.
pub(crate) async fn newest_within(tx: &mut Tx) -> Result<Sealer, RegistryError> {
    if !tx.sealer().is_plain() {
        sealing::renewed_within(tx).await?;
    }
    Ok(tx.sealer())
}

/// By what rows of `column` are found that have one of these numbers, and whose each is.
pub(crate) async fn whose<'a>(
    tx: &mut Tx,
    column: &'static str,
    phones: &'a [Phone],
) -> Result<BTreeMap<String, &'a Phone>, RegistryError> {
    let sealer = newest_within(tx).await?;
    let found_by =
        |phone: &'a Phone| sealer.every_finder(column, phone.as_str()).map(|finder| (finder, phone));
    Ok(phones.iter().flat_map(found_by).collect())
}

/// Who of them was found.
pub(crate) fn found_of(whose: &BTreeMap<String, &Phone>, found: &[String]) -> HashSet<Phone> {
    found.iter().filter_map(|found_by| whose.get(found_by)).map(|phone| (*phone).clone()).collect()
}
