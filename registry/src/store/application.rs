//! What comes with an application: consent, and certificates as files.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{damaged, hold, sealing, within, wrote};
use crate::certificate::{CertificateFile, CertificateId, FileKind};
use crate::seal::{Place, Seal, Sealer};
use crate::{Database, RegistryError, Remit, Timestamp, Tx, VolunteerId, on};

/// Certificates that are moved to another key in one transaction: 40 MB at most, some 200 ms.
const FILES_AT_ONCE: u32 = 8;
const CONTENT: &str = "certificate.content";

/// What somebody has agreed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Which text.
    pub version: String,
    /// When.
    pub given_at: Timestamp,
    /// The text as it was shown.
    pub words: String,
}

/// A certificate, without what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// Its identifier.
    pub id: CertificateId,
    /// What kind of file it is.
    pub kind: FileKind,
    /// How large, bytes.
    pub bytes: u64,
    /// When it came.
    pub received_at: Timestamp,
}

/// Writes down that somebody agrees.
///
/// # Errors
/// [`RegistryError::Database`], also when they have agreed to this version before.
pub async fn consent(tx: &mut Tx, who: VolunteerId, consent: &Consent) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO consent (volunteer_id, version, given_at, words) VALUES ($1, $2, $3, $4)";
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(who.to_string()).bind(&consent.version).bind(consent.given_at).bind(&consent.words)
        .execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// What somebody has agreed to, the first first.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn consents(db: &Database, who: VolunteerId) -> Result<Vec<Consent>, RegistryError> {
    const SQL: &str =
        "SELECT version, given_at, words FROM consent WHERE volunteer_id = $1 ORDER BY given_at, version";
    let rows: Vec<(String, Timestamp, String)> =
        on!(db, c => sqlx::query_as(SQL).bind(who.to_string()).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(version, given_at, words)| Consent { version, given_at, words }).collect())
}

/// Keeps a certificate of somebody.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn add_certificate(
    tx: &mut Tx,
    now: Timestamp,
    id: CertificateId,
    who: VolunteerId,
    file: &CertificateFile,
) -> Result<(), RegistryError> {
    const SQL: &str = "INSERT INTO certificate (id, volunteer_id, kind, content, bytes, received_at, seal) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    hold(tx).await?;
    let sealer = tx.sealer();
    let content = content(&sealer, &id.to_string(), file.bytes());
    let bytes = i64::try_from(file.bytes().len()).unwrap_or(i64::MAX);
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(id.to_string()).bind(who.to_string()).bind(file.kind().as_str()).bind(content)
        .bind(bytes).bind(now).bind(sealer.number()).execute(c).await?.rows_affected());
    wrote(affected, 1)
}

/// Somebody's certificates, the first first.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn certificates(db: &Database, who: VolunteerId) -> Result<Vec<Certificate>, RegistryError> {
    const SQL: &str = "SELECT id, kind, bytes, received_at FROM certificate WHERE volunteer_id = $1 \
         ORDER BY received_at, id";
    let rows: Vec<(String, String, i64, Timestamp)> =
        on!(db, c => sqlx::query_as(SQL).bind(who.to_string()).fetch_all(c).await?);
    let read = |(id, kind, bytes, received_at): (String, String, i64, Timestamp)| {
        let broken = |why: &dyn std::fmt::Display| damaged("certificate", &id, why);
        Ok(Certificate {
            kind: kind.parse().map_err(|e| broken(&e))?,
            bytes: bytes.unsigned_abs(),
            received_at,
            id: id.parse().map_err(|e| broken(&e))?,
        })
    };
    rows.into_iter().map(read).collect()
}

/// What is in a certificate of somebody; `None` when they have no such within the remit. Certificates are for the board alone: an
/// organisation's remit has none.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn certificate(
    db: &Database,
    remit: Remit,
    who: VolunteerId,
    id: CertificateId,
) -> Result<Option<CertificateFile>, RegistryError> {
    const SQL: &str = concat!(
        "SELECT c.content, c.seal FROM certificate c JOIN volunteer v ON v.id = c.volunteer_id ",
        "WHERE c.id = $1 AND c.volunteer_id = $2 AND ",
        within!(3, 4)
    );
    if remit.organisation().is_some() {
        return Ok(None);
    }
    let (county, list) = remit.binds();
    let content: Option<(String, i64)> = on!(db, c => sqlx::query_as(SQL)
        .bind(id.to_string()).bind(who.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    let seal = sealing::known(db, content.iter().map(|(_, number)| *number)).await?;
    let id = id.to_string();
    let read = |(content, number): (String, i64)| {
        let bytes = bytes(&seal, &id, (&content, number))?;
        CertificateFile::read(bytes).map_err(|e| damaged("certificate", &id, &e))
    };
    content.map(read).transpose()
}

/// What the column keeps of a file.
fn content(sealer: &Sealer, id: &str, bytes: &[u8]) -> String {
    let stored = sealer.bytes(Place { column: CONTENT, row: id }, bytes);
    stored.unwrap_or_else(|| STANDARD.encode(bytes))
}

/// The file that the column keeps.
fn bytes(seal: &Seal, id: &str, (content, number): (&str, i64)) -> Result<Vec<u8>, RegistryError> {
    let broken = |why: &dyn std::fmt::Display| damaged("certificate", id, why);
    match seal.opened(number, Place { column: CONTENT, row: id }, content).map_err(|e| broken(&e))? {
        Some(bytes) => Ok(bytes),
        None => STANDARD.decode(content).map_err(|e| broken(&e)),
    }
}

/// Writes at most `limit` certificates anew that are under another key than the newest; files are large, so it takes a few.
pub(super) async fn move_to_newest(tx: &mut Tx, limit: u32) -> Result<u64, RegistryError> {
    const SELECT: &str = "SELECT id, content, seal FROM certificate WHERE seal <> $1 ORDER BY id LIMIT $2";
    const UPDATE: &str = "UPDATE certificate SET content = $1, seal = $2 WHERE id = $3";
    let sealer = tx.sealer();
    let rows: Vec<(String, String, i64)> = on!(tx, c => sqlx::query_as(SELECT)
        .bind(sealer.number()).bind(i64::from(limit.min(FILES_AT_ONCE))).fetch_all(c).await?);
    let seal = sealing::known_within(tx, rows.iter().map(|(.., number)| *number)).await?;
    let mut moved = 0;
    for (id, stored, number) in rows {
        let content = content(&sealer, &id, &bytes(&seal, &id, (&stored, number))?);
        let affected = on!(tx, c => sqlx::query(UPDATE)
            .bind(content).bind(sealer.number()).bind(&id).execute(c).await?.rows_affected());
        wrote(affected, 1)?;
        moved += 1;
    }
    Ok(moved)
}
