//! Phones and browsers that people have let us push to. The key is the person's telephone number, as everywhere in the
//! bridge; an address that its push service calls gone is forgotten.

use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;

use certus_registry::{Database, Phone, Timestamp, Tx, on};
use serde::{Deserialize, Serialize};
use sqlx::QueryBuilder;

use crate::BridgeError;
use crate::message::parse_stored;
use crate::outbox::attempts::bind_all;

/// Devices kept per person: the oldest goes when there are more.
const DEVICES_MAX: i64 = 5;

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
    const SQL: &str = "INSERT INTO bridge_devices (phone, kind, address, added_at) VALUES ($1, $2, $3, $4) \
        ON CONFLICT (phone, kind, address) DO UPDATE SET added_at = excluded.added_at";
    const TIDY: &str = "DELETE FROM bridge_devices WHERE phone = $1 AND (kind, address) NOT IN \
        (SELECT kind, address FROM bridge_devices WHERE phone = $1 ORDER BY added_at DESC, kind, address LIMIT $2)";
    on!(tx, c => sqlx::query(SQL).bind(phone.as_str()).bind(device.kind.as_str()).bind(&device.address).bind(now)
        .execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(TIDY).bind(phone.as_str()).bind(DEVICES_MAX).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets a device; false when it was not known.
///
/// # Errors
/// [`BridgeError::Database`].
pub async fn remove(tx: &mut Tx, phone: &Phone, device: &Device) -> Result<bool, BridgeError> {
    const SQL: &str = "DELETE FROM bridge_devices WHERE phone = $1 AND kind = $2 AND address = $3";
    let removed = on!(tx, c => sqlx::query(SQL).bind(phone.as_str()).bind(device.kind.as_str()).bind(&device.address)
        .execute(c).await?.rows_affected());
    Ok(removed == 1)
}

/// Puts a device in the place of another wherever that one is known; false when nobody has it. Who tells the old address
/// knows it from the browser itself.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn replace(tx: &mut Tx, now: Timestamp, old: &Device, new: &Device) -> Result<bool, BridgeError> {
    const SQL: &str = "SELECT phone FROM bridge_devices WHERE kind = $1 AND address = $2";
    let owners: Vec<(String,)> = on!(tx, c => sqlx::query_as(SQL).bind(old.kind.as_str()).bind(&old.address)
        .fetch_all(c).await)?;
    for (phone,) in &owners {
        let phone: Phone = parse_stored("device", phone, phone)?;
        remove(tx, &phone, old).await?;
        add(tx, now, &phone, new).await?;
    }
    Ok(!owners.is_empty())
}

/// A person's devices, the newest first.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn of(db: &Database, phone: &Phone) -> Result<Vec<Device>, BridgeError> {
    const SQL: &str =
        "SELECT kind, address FROM bridge_devices WHERE phone = $1 ORDER BY added_at DESC, kind, address";
    let rows: Vec<(String, String)> =
        on!(db, c => sqlx::query_as(SQL).bind(phone.as_str()).fetch_all(c).await)?;
    let device = |(kind, address): (String, String)| {
        Ok(Device { kind: parse_stored("device", phone.as_str(), &kind)?, address })
    };
    rows.into_iter().map(device).collect()
}

/// Which of these people have any device.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn having(tx: &mut Tx, phones: &[String]) -> Result<HashSet<Phone>, BridgeError> {
    if phones.is_empty() {
        return Ok(HashSet::new());
    }
    let rows: Vec<(String,)> = on!(tx, c => {
        let mut query = QueryBuilder::new("SELECT DISTINCT phone FROM bridge_devices WHERE phone IN (");
        bind_all(&mut query.separated(", "), phones);
        query.push(")").build_query_as().fetch_all(c).await
    })?;
    rows.into_iter().map(|(phone,)| parse_stored("device", &phone, &phone)).collect()
}
