//! Who may be in the registry twice, and who is known to be two; one taken over into the other.

use std::collections::HashSet;

use super::{damaged, revision, sealing, volunteer, within};
use crate::likeness::{Face, Pair, merged, pair};
use crate::{AccountId, BirthYear, Database, RegistryError, Remit, Timestamp, Tx, VolunteerId, on};

/// What everybody within the remit is told apart by.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn faces(db: &Database, remit: Remit) -> Result<Vec<Face>, RegistryError> {
    const SQL: &str = concat!(
        "SELECT id, name, birth_year, COALESCE(phone_sealed, phone), seal FROM volunteer WHERE ",
        within!(1, 2),
        " ORDER BY id"
    );
    let (county, list) = remit.binds();
    let rows: Vec<(String, String, Option<i64>, String, i64)> =
        on!(db, c => sqlx::query_as(SQL).bind(county).bind(list).fetch_all(c).await?);
    let seal = sealing::known(db, rows.iter().map(|row| row.4)).await?;
    let parse = |(id, name, birth_year, phone, number): (String, String, Option<i64>, String, i64)| {
        let broken = |why: &dyn std::fmt::Display| damaged("volunteer", &id, why);
        Ok(Face {
            id: id.parse().map_err(|e| broken(&e))?,
            name: volunteer::name_of(&seal, number, &id, &name)?,
            birth_year: birth_year.map(BirthYear::try_from).transpose().map_err(|e| broken(&e))?,
            phone: volunteer::phone_of(&seal, number, &id, &phone)?,
        })
    };
    rows.into_iter().map(parse).collect()
}

/// The pairs of whom an official has said that they are two.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn not_same(db: &Database) -> Result<HashSet<Pair>, RegistryError> {
    const SQL: &str = "SELECT one, other FROM not_same";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
    let parse = |(one, other): (String, String)| {
        let read = |id: &str| id.parse().map_err(|e| damaged("pair of volunteer", id, &e));
        Ok((read(&one)?, read(&other)?))
    };
    rows.into_iter().map(parse).collect()
}

/// Writes down that two are two, as the official `by` says; once is enough. `false` when one of them is not there within the remit,
/// or they are one record.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn tell_apart(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    by: AccountId,
    both: Pair,
) -> Result<bool, RegistryError> {
    const THERE: &str =
        concat!("SELECT COUNT(*) FROM volunteer WHERE (id = $1 OR id = $2) AND ", within!(3, 4));
    const SQL: &str = "INSERT INTO not_same (one, other, at, account) VALUES ($1, $2, $3, $4) ON CONFLICT (one, other) DO NOTHING";
    revision::hold(tx).await?;
    let (one, other) = pair(both.0, both.1);
    let (one, other) = (one.to_string(), other.to_string());
    let (county, list) = remit.binds();
    let there: i64 = on!(tx, c => sqlx::query_scalar(THERE)
        .bind(&one).bind(&other).bind(county).bind(list).fetch_one(c).await?);
    if there != 2 {
        return Ok(false);
    }
    // Nothing is written where somebody has said so before.
    on!(tx, c => sqlx::query(SQL).bind(&one).bind(&other).bind(now).bind(by.to_string())
        .execute(c).await.map(drop)?);
    Ok(true)
}

/// Gives the kept what only the other's record says ([`merged`]), what the other keeps, and the other's certificates and consents.
/// The other's record stays for the caller to take out. `false` when one of them is not there within the remit, or they are one
/// record.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn hand_over(
    tx: &mut Tx,
    remit: Remit,
    now: Timestamp,
    gone: VolunteerId,
    kept: VolunteerId,
) -> Result<bool, RegistryError> {
    const RESOURCES: &str = "UPDATE resource SET keeper_id = $1, changed_at = $2 WHERE keeper_id = $3";
    const FILES: &str = "UPDATE certificate SET volunteer_id = $1 WHERE volunteer_id = $2";
    const CONSENTS: &str = "UPDATE consent SET volunteer_id = $1 WHERE volunteer_id = $2 \
         AND version NOT IN (SELECT version FROM consent WHERE volunteer_id = $1)";
    let from = volunteer::locked(tx, remit, gone).await?;
    let (Some(from), Some(to)) = (from, volunteer::locked(tx, remit, kept).await?) else {
        return Ok(false);
    };
    if gone == kept {
        return Ok(false);
    }
    volunteer::put(tx, remit, now, &merged(to, &from)).await?;
    let (gone, kept) = (gone.to_string(), kept.to_string());
    on!(tx, c => sqlx::query(RESOURCES).bind(&kept).bind(now).bind(&gone).execute(c).await.map(drop)?);
    for sql in [FILES, CONSENTS] {
        on!(tx, c => sqlx::query(sql).bind(&kept).bind(&gone).execute(c).await.map(drop)?);
    }
    revision::bump(tx).await?;
    Ok(true)
}
