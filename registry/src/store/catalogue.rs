//! What the board has said of the kinds of resource.

use crate::catalogue::{Catalogue, ConfirmedFor, Entry, Words};
use crate::store::{Change, damaged, revision, wrote};
use crate::{CompetenceKind, Database, RegistryError, Season, Timestamp, Tx, on};

const SELECT: &str = "SELECT code, name_sv, name_en, the_sv, the_en, season, licence, confirmed_months, brought, retired \
     FROM resource_kind";

/// Every kind.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn load(db: &Database) -> Result<Catalogue, RegistryError> {
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SELECT).fetch_all(c).await?);
    catalogue(rows)
}

/// Every kind, for whoever is about to change one or to rest something on it: nobody else changes any until the transaction ends.
///
/// # Errors
/// As [`load`].
pub async fn locked(tx: &mut Tx) -> Result<Catalogue, RegistryError> {
    revision::hold(tx).await?;
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SELECT).fetch_all(c).await?);
    catalogue(rows)
}

/// Writes down what the board says of a kind, there before or not. Whether policies in force want it brought, the registry cannot
/// know: whoever calls this does.
///
/// # Errors
/// As [`load`].
pub async fn put(tx: &mut Tx, now: Timestamp, entry: &Entry) -> Result<Change, RegistryError> {
    const SQL: &str = "INSERT INTO resource_kind (code, name_sv, name_en, the_sv, the_en, season, licence, confirmed_months, \
         brought, retired, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (code) DO UPDATE SET name_sv = excluded.name_sv, name_en = excluded.name_en, the_sv = excluded.the_sv, \
         the_en = excluded.the_en, season = excluded.season, licence = excluded.licence, \
         confirmed_months = excluded.confirmed_months, brought = excluded.brought, retired = excluded.retired, \
         changed_at = excluded.changed_at";
    let change = match locked(tx).await?.get(entry.code) {
        Some(held) if held == entry => return Ok(Change::Unchanged),
        Some(_) => Change::Updated,
        None => Change::Created,
    };
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(entry.code.as_str())
        .bind(String::from(entry.name.sv.clone()))
        .bind(String::from(entry.name.en.clone()))
        .bind(String::from(entry.the.sv.clone()))
        .bind(String::from(entry.the.en.clone()))
        .bind(entry.season.map(Season::as_str))
        .bind(entry.licence.map(CompetenceKind::as_str))
        .bind(entry.confirmed_for.map(ConfirmedFor::months))
        .bind(entry.brought)
        .bind(entry.retired)
        .bind(now)
        .execute(c).await?.rows_affected());
    wrote(affected, 1)?;
    revision::bump(tx).await?;
    Ok(change)
}

#[derive(sqlx::FromRow)]
struct Row {
    code: String,
    name_sv: String,
    name_en: String,
    the_sv: String,
    the_en: String,
    season: Option<String>,
    licence: Option<String>,
    confirmed_months: Option<i64>,
    brought: bool,
    retired: bool,
}

fn catalogue(rows: Vec<Row>) -> Result<Catalogue, RegistryError> {
    let entries = rows.into_iter().map(Entry::try_from).collect::<Result<_, _>>()?;
    Ok(Catalogue::of(entries))
}

impl TryFrom<Row> for Entry {
    type Error = RegistryError;

    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("resource kind", &row.code, why);
        let words = |sv: String, en: String| {
            Ok::<_, RegistryError>(Words {
                sv: sv.try_into().map_err(|e| broken(&e))?,
                en: en.try_into().map_err(|e| broken(&e))?,
            })
        };
        let months = |months: i64| u8::try_from(months).ok().and_then(|months| months.try_into().ok());
        Ok(Self {
            code: row.code.parse().map_err(|e| broken(&e))?,
            name: words(row.name_sv, row.name_en)?,
            the: words(row.the_sv, row.the_en)?,
            season: row.season.map(|season| season.parse()).transpose().map_err(|e| broken(&e))?,
            licence: row.licence.map(|kind| kind.parse()).transpose().map_err(|e| broken(&e))?,
            confirmed_for: row
                .confirmed_months
                .map(|count| months(count).ok_or_else(|| broken(&"the months are out of bounds")))
                .transpose()?,
            brought: row.brought,
            retired: row.retired,
        })
    }
}
