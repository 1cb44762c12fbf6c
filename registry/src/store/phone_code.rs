//! Codes that were sent to phones, and what was typed. None of it advances the registry's revision: nobody's eligibility
//! depends on it. Whoever writes a row holds the revision row first all the same: rows are moved to another key.

use super::{damaged, hold, sealing, wrote};
use crate::phone_code::{Asked, KEPT, PROOF_VALID, Purpose, TRIES_MAX, VALID, WINDOW};
use crate::seal::{Place, Seal};
use crate::{Database, Phone, RegistryError, SecretHash, Timestamp, Tx, on};

const PHONE: &str = "phone_code.phone";

/// A code that is about to be sent.
#[derive(Debug, Clone, Copy)]
pub struct NewCode<'a> {
    /// What the browser shows that asked for it.
    pub browser: &'a SecretHash,
    /// To which phone.
    pub phone: &'a Phone,
    /// What for.
    pub purpose: Purpose,
    /// The digits, as the browser will show them.
    pub code: &'a SecretHash,
    /// From which network address it was asked for, if that is known.
    pub address: Option<&'a SecretHash>,
}

/// What became of a code that somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// It is right: the phone is theirs.
    Right(Phone),
    /// It is wrong.
    Wrong {
        /// The phone that it was sent to.
        phone: Phone,
        /// How many more are looked at.
        left: u32,
    },
    /// None is looked at: it was not asked for here, was used, is too old, or too many were wrong.
    Over,
}

/// Keeps a code unless too many have been asked for, and forgets old ones of anybody; `false`: too many. Askers follow one
/// another, so that none is counted too few.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn ask(tx: &mut Tx, now: Timestamp, new: NewCode<'_>) -> Result<bool, RegistryError> {
    const INSERT: &str = "INSERT INTO phone_code (secret, phone, purpose, code, address, asked_at, tries, phone_sealed, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8)";
    hold(tx).await?;
    forget_before(tx, now - KEPT).await?;
    let address = new.address.map_or("", SecretHash::as_str);
    if !asked(tx, now, new.phone, address).await?.allows_another() {
        return Ok(false);
    }
    let sealer = tx.sealer();
    let (found_by, stored) = sealer.phone(Place { column: PHONE, row: new.browser.as_str() }, new.phone);
    let affected = on!(tx, c => sqlx::query(INSERT)
        .bind(new.browser.as_str()).bind(found_by).bind(new.purpose.as_str()).bind(new.code.as_str())
        .bind(address).bind(now).bind(stored).bind(sealer.number()).execute(c).await?.rows_affected());
    wrote(affected, 1)?;
    Ok(true)
}

async fn asked(tx: &mut Tx, now: Timestamp, phone: &Phone, address: &str) -> Result<Asked, RegistryError> {
    const SQL: &str = "SELECT COUNT(CASE WHEN phone IN ($1, $4) THEN 1 END), \
         COUNT(CASE WHEN address = $2 AND address <> '' THEN 1 END), COUNT(*) FROM phone_code WHERE asked_at > $3";
    let [newest, before] = tx.sealer().finders(PHONE, phone);
    let (phone, address, total): (i64, i64, i64) = on!(tx, c => sqlx::query_as(SQL)
        .bind(newest).bind(address).bind(now - WINDOW).bind(before).fetch_one(c).await?);
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    Ok(Asked { phone: count(phone), address: count(address), total: count(total) })
}

/// Forgets the codes asked for at or before `before`; gives how many.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn forget_before(tx: &mut Tx, before: Timestamp) -> Result<u64, RegistryError> {
    const SQL: &str = "DELETE FROM phone_code WHERE asked_at <= $1";
    Ok(on!(tx, c => sqlx::query(SQL).bind(before).execute(c).await?.rows_affected()))
}

/// Looks at a code that was typed in the browser which asked for one. Commit whatever it says: the try is counted.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn redeem(
    tx: &mut Tx,
    now: Timestamp,
    browser: &SecretHash,
    purpose: Purpose,
    typed: &SecretHash,
) -> Result<Typed, RegistryError> {
    const TRY: &str = "UPDATE phone_code SET tries = tries + 1 WHERE secret = $1 AND purpose = $2 \
         AND asked_at > $3 AND tries < $4 AND proven_at IS NULL RETURNING COALESCE(phone_sealed, phone), seal, code, tries";
    const PROVEN: &str = "UPDATE phone_code SET proven_at = $1 WHERE secret = $2";
    hold(tx).await?;
    let row: Option<(String, i64, String, i64)> = on!(tx, c => sqlx::query_as(TRY)
        .bind(browser.as_str()).bind(purpose.as_str()).bind(now - VALID).bind(i64::from(TRIES_MAX))
        .fetch_optional(c).await?);
    let Some((phone, number, code, tries)) = row else { return Ok(Typed::Over) };
    let seal = sealing::known_within(tx, std::iter::once(number)).await?;
    let phone = read(&seal, browser, &(phone, number))?;
    if code != typed.as_str() {
        let left = TRIES_MAX.saturating_sub(u32::try_from(tries).unwrap_or(u32::MAX));
        return Ok(Typed::Wrong { phone, left });
    }
    let affected =
        on!(tx, c => sqlx::query(PROVEN).bind(now).bind(browser.as_str()).execute(c).await?.rows_affected());
    wrote(affected, 1)?;
    Ok(Typed::Right(phone))
}

/// The phone that was proven in this browser for `purpose`, while that counts.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn proven(
    db: &Database,
    now: Timestamp,
    browser: &SecretHash,
    purpose: Purpose,
) -> Result<Option<Phone>, RegistryError> {
    const SQL: &str = "SELECT COALESCE(phone_sealed, phone), seal FROM phone_code \
         WHERE secret = $1 AND purpose = $2 AND proven_at > $3";
    let phone: Option<(String, i64)> = on!(db, c => sqlx::query_as(SQL)
        .bind(browser.as_str()).bind(purpose.as_str()).bind(now - PROOF_VALID).fetch_optional(c).await?);
    let seal = sealing::known(db, phone.iter().map(|(_, number)| *number)).await?;
    phone.map(|phone| read(&seal, browser, &phone)).transpose()
}

/// Uses a proof up, so that it serves once; the phone, if it still counted. The text stays counted.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn spend(
    tx: &mut Tx,
    now: Timestamp,
    browser: &SecretHash,
    purpose: Purpose,
) -> Result<Option<Phone>, RegistryError> {
    const SQL: &str = "UPDATE phone_code SET proven_at = NULL, tries = $1 WHERE secret = $2 AND purpose = $3 \
         AND proven_at > $4 RETURNING COALESCE(phone_sealed, phone), seal";
    hold(tx).await?;
    let phone: Option<(String, i64)> = on!(tx, c => sqlx::query_as(SQL)
        .bind(i64::from(TRIES_MAX)).bind(browser.as_str()).bind(purpose.as_str()).bind(now - PROOF_VALID)
        .fetch_optional(c).await?);
    let seal = sealing::known_within(tx, phone.iter().map(|(_, number)| *number)).await?;
    phone.map(|phone| read(&seal, browser, &phone)).transpose()
}

/// Forgets the codes that were sent to a phone; others are kept out already.
pub(super) async fn forget_of(tx: &mut Tx, phone: &Phone) -> Result<(), RegistryError> {
    const SQL: &str = "DELETE FROM phone_code WHERE phone IN ($1, $2)";
    let [newest, before] = tx.sealer().finders(PHONE, phone);
    on!(tx, c => sqlx::query(SQL).bind(newest).bind(before).execute(c).await.map(drop)?);
    Ok(())
}

/// Writes the phones of at most `limit` codes anew that are under another key than the newest.
pub(super) async fn move_to_newest(tx: &mut Tx, limit: u32) -> Result<u64, RegistryError> {
    const SELECT: &str = "SELECT secret, COALESCE(phone_sealed, phone), seal FROM phone_code WHERE seal <> $1 ORDER BY secret LIMIT $2";
    const UPDATE: &str = "UPDATE phone_code SET phone = $1, phone_sealed = $2, seal = $3 WHERE secret = $4";
    let sealer = tx.sealer();
    let rows: Vec<(String, String, i64)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(sealer.number()).bind(i64::from(limit)).fetch_all(c).await?);
    let seal = sealing::known_within(tx, rows.iter().map(|(.., number)| *number)).await?;
    let mut moved = 0;
    for (secret, phone, number) in rows {
        let place = Place { column: PHONE, row: &secret };
        let phone = opened(&seal, place, &(phone, number))?;
        let (found_by, stored) = sealer.phone(place, &phone);
        let affected = on!(tx, c => sqlx::query(UPDATE)
            .bind(found_by).bind(stored).bind(sealer.number()).bind(&secret).execute(c).await?.rows_affected());
        wrote(affected, 1)?;
        moved += 1;
    }
    Ok(moved)
}

fn read(seal: &Seal, browser: &SecretHash, stored: &(String, i64)) -> Result<Phone, RegistryError> {
    opened(seal, Place { column: PHONE, row: browser.as_str() }, stored)
}

fn opened(seal: &Seal, place: Place<'_>, (phone, number): &(String, i64)) -> Result<Phone, RegistryError> {
    let broken = |why: &dyn std::fmt::Display| damaged("phone of a code", "…", why);
    seal.open(*number, place, phone).map_err(|e| broken(&e))?.parse().map_err(|e| broken(&e))
}
