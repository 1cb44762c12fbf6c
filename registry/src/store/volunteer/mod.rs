//! Volunteers and the hashes of their position tokens.

mod erase;
mod moving;
mod row;
mod search;
mod session;
mod write;

pub use erase::{Erased, erase};
pub(in crate::store) use moving::move_to_newest;
pub(in crate::store) use row::{name_of, phone_of};
pub use search::{Filter, STATES, count_of, search, state};
pub use session::{IDLE_MAX, SESSION_MAX, begin_session, by_session, end_session, forget_sessions};
pub use write::{change_availability, locked, put, put_many, set_availability, set_duty, set_position_token};

use std::collections::HashSet;

use sqlx::QueryBuilder;

use crate::store::{CHUNK, bind_list, damaged, sealing, within};
use crate::{Database, Duty, Phone, RegistryError, Remit, SecretHash, Tx, Volunteer, VolunteerId, on};
use row::{PHONE, Row};

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT id, name, birth_year, COALESCE(phone_sealed, phone) AS phone, languages, competences, modes, home_lat, ",
            "home_lon, home_sealed, seal, duty, hours, holidays, nights, exceptions, monthly_max, vetting, vetted_until, ",
            "organisation_id, county FROM volunteer ",
            $($rest),+
        )
    };
}
use select;

/// Every volunteer within the remit, by identifier.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn all(db: &Database, remit: Remit) -> Result<Vec<Volunteer>, RegistryError> {
    let (sql, (county, list)) = (select!("WHERE ", within!(1, 2), " ORDER BY id"), remit.binds());
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(county).bind(list).fetch_all(c).await?);
    opened(db, rows).await
}

/// At most `limit` volunteers within the remit after the one named, by identifier.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn page(
    db: &Database,
    remit: Remit,
    after: Option<VolunteerId>,
    limit: u32,
) -> Result<Vec<Volunteer>, RegistryError> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    let sql = select!("WHERE id > $1 AND ", within!(2, 3), " ORDER BY id LIMIT $4");
    let (county, list) = remit.binds();
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(after).bind(county).bind(list).bind(i64::from(limit)).fetch_all(c).await?);
    opened(db, rows).await
}

/// How many volunteers there are, whatever their state.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn count(db: &Database) -> Result<u64, RegistryError> {
    let count: i64 = on!(db, c => sqlx::query_scalar("SELECT COUNT(*) FROM volunteer").fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// One volunteer within the remit.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn get(db: &Database, remit: Remit, id: VolunteerId) -> Result<Option<Volunteer>, RegistryError> {
    let (sql, (county, list)) = (select!("WHERE id = $1 AND ", within!(2, 3)), remit.binds());
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(id.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    Ok(opened(db, row.into_iter().collect()).await?.pop())
}

/// The volunteer within the remit with this number.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_phone(
    db: &Database,
    remit: Remit,
    phone: &Phone,
) -> Result<Option<Volunteer>, RegistryError> {
    let found = with_phone(db, remit, phone).await?;
    if found.is_none() && sealing::renewed(db).await? {
        with_phone(db, remit, phone).await
    } else {
        Ok(found)
    }
}

async fn with_phone(db: &Database, remit: Remit, phone: &Phone) -> Result<Option<Volunteer>, RegistryError> {
    let (sql, (county, list)) = (select!("WHERE phone IN ($1, $4) AND ", within!(2, 3)), remit.binds());
    let [newest, before] = db.keyring().sealer().finders(PHONE, phone);
    let row: Option<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(newest).bind(county).bind(list).bind(before).fetch_optional(c).await?);
    Ok(opened(db, row.into_iter().collect()).await?.pop())
}

/// The people of these rows.
async fn opened(db: &Database, rows: Vec<Row>) -> Result<Vec<Volunteer>, RegistryError> {
    let seal = sealing::known(db, rows.iter().map(|row| row.seal)).await?;
    rows.into_iter().map(|row| row.open(&seal)).collect()
}

/// The same, inside a transaction.
async fn opened_within(tx: &mut Tx, rows: Vec<Row>) -> Result<Vec<Volunteer>, RegistryError> {
    let seal = sealing::known_within(tx, rows.iter().map(|row| row.seal)).await?;
    rows.into_iter().map(|row| row.open(&seal)).collect()
}

/// The volunteer with this number, whoever asks, inside a transaction: for people at their own page.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn by_phone_within(tx: &mut Tx, phone: &Phone) -> Result<Option<Volunteer>, RegistryError> {
    Ok(by_phones_within(tx, &[phone]).await?.pop())
}

/// The volunteers among `phones`, inside a transaction.
pub(crate) async fn by_phones_within(
    tx: &mut Tx,
    phones: &[&Phone],
) -> Result<Vec<Volunteer>, RegistryError> {
    sealing::renewed_within(tx).await?;
    let (mut found, sealer) = (Vec::new(), tx.sealer());
    for chunk in phones.chunks(CHUNK) {
        let rows: Vec<Row> = on!(tx, c => {
            let mut query = QueryBuilder::new(select!("WHERE phone IN ("));
            bind_list(&mut query, chunk.iter().flat_map(|phone| sealer.finders(PHONE, phone)));
            query.push(")").build_query_as().persistent(false).fetch_all(c).await?
        });
        found.extend(opened_within(tx, rows).await?);
    }
    Ok(found)
}

/// Whoever has written STOPP.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn stopped(db: &Database) -> Result<HashSet<VolunteerId>, RegistryError> {
    const SQL: &str = "SELECT id FROM volunteer WHERE duty = $1";
    let stopped = Duty::Stopped.to_string();
    let rows: Vec<String> = on!(db, c => sqlx::query_scalar(SQL).bind(stopped).fetch_all(c).await?);
    rows.iter().map(|id| id.parse().map_err(|e| damaged("volunteer", id, &e))).collect()
}

/// The hash of every position token with its owner; for the live index of tokens.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn position_tokens(db: &Database) -> Result<Vec<(SecretHash, VolunteerId)>, RegistryError> {
    const SQL: &str = "SELECT position_token, id FROM volunteer WHERE position_token IS NOT NULL ORDER BY id";
    let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
    let parse = |(hash, id): (String, String)| {
        let broken = |why: &dyn std::fmt::Display| damaged("position token of volunteer", &id, why);
        Ok((SecretHash::try_from(hash).map_err(|e| broken(&e))?, id.parse().map_err(|e| broken(&e))?))
    };
    rows.into_iter().map(parse).collect()
}
