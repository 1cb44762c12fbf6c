//! Competences that people say they have, until the board has looked at their certificates.

use super::{damaged, sealing, volunteer, within, wrote};
use crate::certificate::CertificateId;
use crate::seal::Seal;
use crate::volunteer::{Competence, PersonName, parse_day};
use crate::{Database, RegistryError, Remit, Timestamp, Tx, VolunteerId, on};

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT c.certificate_id, c.volunteer_id, v.name, v.seal, c.competence, c.expires, c.claimed_at ",
            "FROM competence_claim c JOIN volunteer v ON v.id = c.volunteer_id ",
            $($rest),+
        )
    };
}

/// A claim that waits for the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The file that shows it.
    pub certificate: CertificateId,
    /// Whose it is.
    pub volunteer: VolunteerId,
    /// Their name.
    pub name: PersonName,
    /// What they say they can do, and until when.
    pub competence: Competence,
    /// When they said so.
    pub claimed_at: Timestamp,
}

/// Puts down a claim; its certificate is kept already.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn add(
    tx: &mut Tx,
    now: Timestamp,
    who: VolunteerId,
    certificate: CertificateId,
    competence: Competence,
) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO competence_claim (certificate_id, volunteer_id, competence, expires, claimed_at) \
         VALUES ($1, $2, $3, $4, $5)";
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(certificate.to_string()).bind(who.to_string()).bind(competence.kind.as_str())
        .bind(competence.expires.map(|day| day.to_string())).bind(now).execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// At most `limit` claims of people within the remit, whoever has waited longest first.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn open(db: &Database, remit: Remit, limit: u32) -> Result<Vec<Claim>, RegistryError> {
    let sql = select!("WHERE ", within!(2, 3), " ORDER BY c.claimed_at, c.certificate_id LIMIT $1");
    let (county, list) = remit.binds();
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(i64::from(limit)).bind(county).bind(list).fetch_all(c).await?);
    opened(db, rows).await
}

/// Somebody's claims, the first first.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn of(db: &Database, who: VolunteerId) -> Result<Vec<Claim>, RegistryError> {
    let sql = select!("WHERE c.volunteer_id = $1 ORDER BY c.claimed_at, c.certificate_id");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(who.to_string()).fetch_all(c).await?);
    opened(db, rows).await
}

async fn opened(db: &Database, rows: Vec<Row>) -> Result<Vec<Claim>, RegistryError> {
    let seal = sealing::known(db, rows.iter().map(|row| row.seal)).await?;
    rows.into_iter().map(|row| row.open(&seal)).collect()
}

/// How many claims of somebody wait, inside a transaction.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn waiting(tx: &mut Tx, who: VolunteerId) -> Result<u64, RegistryError> {
    const SQL: &str = "SELECT COUNT(*) FROM competence_claim WHERE volunteer_id = $1";
    let count: i64 = on!(tx, c => sqlx::query_scalar(SQL).bind(who.to_string()).fetch_one(c).await?);
    Ok(count.unsigned_abs())
}

/// Takes somebody's claim out, decided one way or the other; `None` when it is not there, or not any more.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn settle(
    tx: &mut Tx,
    who: VolunteerId,
    certificate: CertificateId,
) -> Result<Option<Competence>, RegistryError> {
    const SQL: &str = "DELETE FROM competence_claim WHERE certificate_id = $1 AND volunteer_id = $2 \
         RETURNING competence, expires";
    let row: Option<(String, Option<String>)> = on!(tx, c => sqlx::query_as(SQL)
        .bind(certificate.to_string()).bind(who.to_string()).fetch_optional(c).await?);
    row.map(|(kind, expires)| read(certificate, &kind, expires.as_deref())).transpose()
}

fn read(certificate: CertificateId, kind: &str, expires: Option<&str>) -> Result<Competence, RegistryError> {
    let broken = |why: &dyn std::fmt::Display| damaged("claim", &certificate.to_string(), why);
    let expires = expires.map(parse_day).transpose().map_err(|e| broken(&e))?;
    Ok(Competence { kind: kind.parse().map_err(|e| broken(&e))?, expires })
}

#[derive(sqlx::FromRow)]
struct Row {
    certificate_id: String,
    volunteer_id: String,
    name: String,
    seal: i64,
    competence: String,
    expires: Option<String>,
    claimed_at: Timestamp,
}

impl Row {
    fn open(self, seal: &Seal) -> Result<Claim, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("claim", &self.certificate_id, why);
        let certificate = self.certificate_id.parse().map_err(|e| broken(&e))?;
        Ok(Claim {
            certificate,
            volunteer: self.volunteer_id.parse().map_err(|e| broken(&e))?,
            name: volunteer::name_of(seal, self.seal, &self.volunteer_id, &self.name)?,
            competence: read(certificate, &self.competence, self.expires.as_deref())?,
            claimed_at: self.claimed_at,
        })
    }
}
