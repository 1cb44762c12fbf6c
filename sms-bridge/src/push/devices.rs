//! Phones and browsers that people have let us push to. The key is the person's telephone number, as everywhere in the
//! bridge; an address that its push service calls gone is forgotten. Where numbers are sealed, so are addresses, which are found by
//! keyed hashes as well.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use certus_registry::seal::{Place, Seal, Sealer};
use certus_registry::store::damaged;
use certus_registry::{Database, Phone, RegistryError, Timestamp, Tx, on};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::outbox::attempts::bind_all;
use crate::sealing::{self, Behind, behind, opened};

const PHONE: &str = "bridge_devices.phone";
const ADDRESS: &str = "bridge_devices.address";

/// Devices kept per person: the oldest goes when there are more.
const DEVICES_MAX: i64 = 5;

/// The columns of [`Row`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT phone, kind, address, COALESCE(phone_sealed, phone) AS number, ",
            "COALESCE(address_sealed, address) AS token, added_at, seal FROM bridge_devices ",
            $rest
        )
    };
}

/// Which push service knows the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// A browser; the address is its subscription as JSON.
    WebPush,
    /// An Android app; the address is its registration token.
    Fcm,
    /// An iPhone app; the address is its device token.
    Apns,
}

impl DeviceKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::WebPush, Self::Fcm, Self::Apns];

    /// The one spelling, in the database and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WebPush => "web_push",
            Self::Fcm => "fcm",
            Self::Apns => "apns",
        }
    }
}

impl FromStr for DeviceKind {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == text);
        found.ok_or_else(|| format!("no push service is called {text:?}"))
    }
}

/// A device. Its address is as good as a key to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    /// Which push service.
    pub kind: DeviceKind,
    /// Its address there.
    pub address: String,
}

impl fmt::Debug for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Device").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// Adds a device to a person's; adding it again makes it the newest.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn add(tx: &mut Tx, now: Timestamp, phone: &Phone, device: &Device) -> Result<(), BridgeError> {
    const PUT: &str = "INSERT INTO bridge_devices (phone, kind, address, added_at, phone_sealed, address_sealed, seal) \
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (phone, kind, address) DO UPDATE SET added_at = excluded.added_at";
    const TIDY: &str = "DELETE FROM bridge_devices WHERE phone IN ($1, $2, $3) AND (phone, kind, address) NOT IN \
        (SELECT phone, kind, address FROM bridge_devices WHERE phone IN ($1, $2, $3) \
        ORDER BY added_at DESC, kind, address LIMIT $4)";
    remove(tx, phone, device).await?;
    let sealer = tx.sealer();
    let stored = Stored::of(&sealer, phone, device);
    on!(tx, c => sqlx::query(PUT).bind(stored.phone).bind(device.kind.as_str()).bind(stored.address).bind(now)
        .bind(stored.number).bind(stored.token).bind(stored.seal).execute(c).await.map(drop))?;
    let [newest, before, plain] = sealer.every_finder(PHONE, phone.as_str());
    on!(tx, c => sqlx::query(TIDY).bind(newest).bind(before).bind(plain).bind(DEVICES_MAX).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets a device; false when it was not known.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn remove(tx: &mut Tx, phone: &Phone, device: &Device) -> Result<bool, BridgeError> {
    const SQL: &str =
        "DELETE FROM bridge_devices WHERE phone IN ($1, $2, $3) AND kind = $4 AND address IN ($5, $6, $7)";
    let sealer = sealing::newest_within(tx).await?;
    let [newest, before, plain] = sealer.every_finder(PHONE, phone.as_str());
    let [address, address_before, address_plain] = sealer.every_finder(ADDRESS, &device.address);
    let removed = on!(tx, c => sqlx::query(SQL).bind(newest).bind(before).bind(plain).bind(device.kind.as_str())
        .bind(address).bind(address_before).bind(address_plain).execute(c).await?.rows_affected());
    Ok(removed > 0)
}

/// Forgets all devices of a person.
pub(crate) async fn forget(tx: &mut Tx, phone: &Phone) -> Result<(), BridgeError> {
    const SQL: &str = "DELETE FROM bridge_devices WHERE phone IN ($1, $2, $3)";
    let [newest, before, plain] = sealing::newest_within(tx).await?.every_finder(PHONE, phone.as_str());
    on!(tx, c => sqlx::query(SQL).bind(newest).bind(before).bind(plain).execute(c).await.map(drop))?;
    Ok(())
}

/// Puts a device in the place of another wherever that one is known; false when nobody has it. Who tells the old address
/// knows it from the browser itself.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn replace(tx: &mut Tx, now: Timestamp, old: &Device, new: &Device) -> Result<bool, BridgeError> {
    let sql = select!("WHERE kind = $1 AND address IN ($2, $3, $4)");
    let [newest, before, plain] = sealing::newest_within(tx).await?.every_finder(ADDRESS, &old.address);
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql).bind(old.kind.as_str())
        .bind(newest).bind(before).bind(plain).fetch_all(c).await)?;
    let seal = sealing::known_within(tx, rows.iter().map(|row| row.seal)).await?;
    for row in &rows {
        let (phone, _) = row.open(&seal)?;
        remove(tx, &phone, old).await?;
        add(tx, now, &phone, new).await?;
    }
    Ok(!rows.is_empty())
}

/// A person's devices, the newest first.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn of(db: &Database, phone: &Phone) -> Result<Vec<Device>, BridgeError> {
    Ok(since(db, phone).await?.into_iter().map(|(device, _)| device).collect())
}

/// The same, and when each was added.
///
/// # Errors
/// As [`of`].
pub(crate) async fn since(db: &Database, phone: &Phone) -> Result<Vec<(Device, Timestamp)>, BridgeError> {
    let sql = select!("WHERE phone IN ($1, $2, $3) ORDER BY added_at DESC, kind, address");
    let [newest, before, plain] = sealing::newest(db).await?.every_finder(PHONE, phone.as_str());
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(newest).bind(before).bind(plain).fetch_all(c).await)?;
    let seal = sealing::known(db, rows.iter().map(|row| row.seal)).await?;
    rows.iter().map(|row| Ok((row.open(&seal)?.1, row.added_at))).collect()
}

/// Which of these people have any device.
///
/// # Errors
/// [`BridgeError`] when the database fails.
pub async fn having(tx: &mut Tx, phones: &[Phone]) -> Result<HashSet<Phone>, BridgeError> {
    if phones.is_empty() {
        return Ok(HashSet::new());
    }
    let whose = sealing::whose(tx, PHONE, phones).await?;
    let found: Vec<String> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT DISTINCT phone FROM bridge_devices WHERE phone IN (");
        bind_all(&mut query.separated(", "), whose.keys());
        query.push(")").build_query_scalar().fetch_all(c).await
    })?;
    Ok(sealing::found_of(&whose, &found))
}

/// `phone` and `address` are what the row is found by, and its key.
#[derive(sqlx::FromRow)]
struct Row {
    phone: String,
    kind: String,
    address: String,
    number: String,
    token: String,
    added_at: Timestamp,
    seal: i64,
}

impl Row {
    fn open(&self, seal: &Seal) -> Result<(Phone, Device), RegistryError> {
        let row = key(&self.phone, &self.kind, &self.address);
        let open = |column, stored: &str| {
            opened(seal, "device", self.seal, Place { column, row: &row }, stored.to_owned())
        };
        let broken = |why: &dyn fmt::Display| damaged("device", "…", why);
        let kind = self.kind.parse().map_err(|e| broken(&e))?;
        let phone = open(PHONE, &self.number)?.parse().map_err(|e| broken(&e))?;
        Ok((phone, Device { kind, address: open(ADDRESS, &self.token)? }))
    }
}

fn key(phone: &str, kind: &str, address: &str) -> String {
    format!("{phone}/{kind}/{address}")
}

/// What the columns keep of whose device it is, and of its address.
struct Stored {
    phone: String,
    address: String,
    number: Option<String>,
    token: Option<String>,
    seal: i64,
}

impl Stored {
    fn of(sealer: &Sealer, phone: &Phone, device: &Device) -> Self {
        let found_by = sealer.finder(PHONE, phone.as_str());
        let address = sealer.finder(ADDRESS, &device.address);
        let row = key(&found_by, device.kind.as_str(), &address);
        let hidden = |column, text: &str| sealer.bytes(Place { column, row: &row }, text.as_bytes());
        Self {
            number: hidden(PHONE, phone.as_str()),
            token: hidden(ADDRESS, &device.address),
            phone: found_by,
            address,
            seal: sealer.number(),
        }
    }
}

/// Writes at most `limit` devices anew that are behind; whoever takes one away meanwhile waits for it.
pub(crate) async fn move_on(tx: &mut Tx, behind: Behind, limit: u32) -> Result<u64, RegistryError> {
    const MOVE: &str = "UPDATE bridge_devices SET phone = $1, address = $2, phone_sealed = $3, address_sealed = $4, seal = $5 \
        WHERE phone = $6 AND kind = $7 AND address = $8 AND NOT EXISTS \
        (SELECT 1 FROM bridge_devices there WHERE there.phone = $1 AND there.kind = $7 AND there.address = $2)";
    const TWICE: &str = "DELETE FROM bridge_devices WHERE phone = $1 AND kind = $2 AND address = $3";
    let (sql, sealer) = (behind!(behind, select!(""), "phone"), tx.sealer());
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql)
        .bind(sealer.number()).bind(i64::from(limit)).fetch_all(c).await?);
    let seal = sealing::known_within(tx, rows.iter().map(|row| row.seal)).await?;
    for row in &rows {
        let (phone, device) = row.open(&seal)?;
        let Stored { phone, address, number, token, seal } = Stored::of(&sealer, &phone, &device);
        let moved = on!(tx, c => sqlx::query(MOVE).bind(phone).bind(address).bind(number).bind(token).bind(seal)
            .bind(&row.phone).bind(&row.kind).bind(&row.address).execute(c).await?.rows_affected());
        if moved == 0 {
            on!(tx, c => sqlx::query(TWICE).bind(&row.phone).bind(&row.kind).bind(&row.address)
                .execute(c).await.map(drop)?);
        }
    }
    Ok(rows.len() as u64)
}
