//! The audit log. Entries are appended and read; nothing here changes or removes one.

use sqlx::QueryBuilder;

use super::{CHUNK, damaged, wrote};
use crate::audit::{BEGINNING, Entry, Line};
use crate::vocabulary::words;
use crate::{Database, RegistryError, Remit, Timestamp, Tx, VolunteerId, on};

/// Entries read at a time.
const PAGE: i64 = 1_000;

/// The columns of [`Row`].
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT e.number, e.at, e.actor, e.action, e.about, e.detail, e.hash FROM audit_entry e ",
            $($rest),+
        )
    };
}

/// Appends a line in the transaction of what it tells of. It keeps other appends out until the commit: call it last.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn append(tx: &mut Tx, line: Line) -> Result<(), RegistryError> {
    const NEXT: &str = "UPDATE audit_head SET number = number + 1 WHERE one = 1 RETURNING number, hash";
    const INSERT: &str = "INSERT INTO audit_entry (number, at, actor, action, about, detail, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    const END: &str = "UPDATE audit_head SET hash = $1 WHERE one = 1";
    let (number, before): (i64, String) = on!(tx, c => sqlx::query_as(NEXT).fetch_one(c).await?);
    let entry = line.chained(number, &before);
    let about = entry.line.about.iter().map(VolunteerId::to_string).collect::<Vec<_>>().join(" ");
    let written = on!(tx, c => sqlx::query(INSERT)
        .bind(number).bind(entry.line.at).bind(entry.line.actor.to_string()).bind(entry.line.action.as_str())
        .bind(about).bind(&entry.line.detail).bind(&entry.hash).execute(c).await?.rows_affected());
    wrote(written, 1)?;
    index(tx, &entry).await?;
    let ended = on!(tx, c => sqlx::query(END).bind(&entry.hash).execute(c).await?.rows_affected());
    wrote(ended, 1)
}

async fn index(tx: &mut Tx, entry: &Entry) -> Result<(), RegistryError> {
    let mut about = entry.line.about.clone();
    about.sort_unstable();
    about.dedup();
    for chunk in about.chunks(CHUNK) {
        on!(tx, c => {
            let mut query = QueryBuilder::new("INSERT INTO audit_about (volunteer_id, number) ");
            query.push_values(chunk, |mut row, who| {
                row.push_bind(who.to_string()).push_bind(entry.number);
            });
            query.build().persistent(false).execute(c).await.map(drop)?;
        });
    }
    Ok(())
}

/// What no remit of one county `$1` sees of the log: entries about people of other counties only, and about nobody who is
/// registered by an account or a key of another county.
macro_rules! of_others {
    () => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM audit_about a JOIN volunteer v ON v.id = a.volunteer_id ",
            "WHERE a.number = e.number AND v.county = $1) AND (",
            "EXISTS (SELECT 1 FROM audit_about a JOIN volunteer v ON v.id = a.volunteer_id WHERE a.number = e.number) ",
            "OR e.actor IN (SELECT 'account:' || id FROM account WHERE county <> $1 AND county <> '*') ",
            "OR e.actor IN (SELECT 'key:' || id FROM api_key WHERE county <> $1 AND county <> '*'))"
        )
    };
}

/// The newest entries before the one named, newest first, at most `limit`. A remit of one county sees what is about that
/// county's people; of what is about nobody who is registered, all that was not done for another county: the server's own
/// commands, refused sign-ins, what people of every county are concerned by.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn page(
    db: &Database,
    remit: Remit,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>, RegistryError> {
    let sql = select!(
        "WHERE e.number < $2 AND ($1 = '' OR NOT (",
        of_others!(),
        ")) ORDER BY e.number DESC LIMIT $3"
    );
    let (before, limit) = (before.unwrap_or(i64::MAX), i64::from(limit));
    let (county, _) = remit.binds();
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(sql).bind(county).bind(before).bind(limit).fetch_all(c).await?);
    rows.into_iter().map(Entry::try_from).collect()
}

/// The newest entries about one person, newest first, at most `limit`.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn about(db: &Database, who: VolunteerId, limit: u32) -> Result<Vec<Entry>, RegistryError> {
    let sql = select!(
        "JOIN audit_about a ON a.number = e.number WHERE a.volunteer_id = $1 ORDER BY a.number DESC LIMIT $2"
    );
    let (who, limit) = (who.to_string(), i64::from(limit));
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(who).bind(limit).fetch_all(c).await?);
    rows.into_iter().map(Entry::try_from).collect()
}

/// The newest entries of files that everybody of every county was written to, newest first, at most `limit`: they are about
/// everybody who was in the registry then, and name nobody.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn exports(db: &Database, limit: u32) -> Result<Vec<Entry>, RegistryError> {
    let sql = select!("WHERE e.action = 'people.exported' AND e.about = '' ORDER BY e.number DESC LIMIT $1");
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(i64::from(limit)).fetch_all(c).await?);
    rows.into_iter().map(Entry::try_from).collect()
}

/// Whether an entry has this hash.
///
/// # Errors
/// [`RegistryError::Database`].
pub async fn contains(db: &Database, hash: &str) -> Result<bool, RegistryError> {
    const SQL: &str = "SELECT COUNT(*) FROM audit_entry WHERE hash = $1";
    let found: i64 = on!(db, c => sqlx::query_scalar(SQL).bind(hash).fetch_one(c).await?);
    Ok(found > 0)
}

/// The end of the chain: how many entries, and the last one's hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Entries.
    pub number: i64,
    /// The last one's hash.
    pub hash: String,
}

/// Why the log is not what was written.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// An entry is missing, altered or too much.
    #[error("the audit log is broken: {0}")]
    Chain(String),
    /// It could not be read.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Follows the chain from its beginning; `progress` is told after every thousand entries how many there were. What is
/// appended meanwhile is not looked at.
///
/// # Errors
/// [`Broken`] names the first entry that is wrong.
pub async fn verify(db: &Database, mut progress: impl FnMut(i64)) -> Result<Head, Broken> {
    const HEAD: &str = "SELECT number, hash FROM audit_head WHERE one = 1";
    let head: Option<(i64, String)> =
        on!(db, c => sqlx::query_as(HEAD).fetch_optional(c).await.map_err(RegistryError::from)?);
    let (end, hash) = head.ok_or_else(|| Broken::Chain("its end is missing".to_owned()))?;
    let mut last = Head { number: 0, hash: BEGINNING.to_owned() };
    while last.number < end {
        let sql = select!("WHERE e.number > $1 ORDER BY e.number LIMIT $2");
        let after = last.number;
        let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql).bind(after).bind(PAGE.min(end - after))
            .fetch_all(c).await.map_err(RegistryError::from)?);
        if rows.is_empty() {
            return Err(Broken::Chain(format!("entries {} to {end} are missing", after + 1)));
        }
        for row in rows {
            let number = row.number;
            let entry = Entry::try_from(row).map_err(|_| altered(number))?;
            entry.follows((last.number, &last.hash)).map_err(Broken::Chain)?;
            last = Head { number: entry.number, hash: entry.hash };
        }
        progress(last.number);
    }
    if last.hash == hash { Ok(last) } else { Err(altered(end)) }
}

fn altered(number: i64) -> Broken {
    Broken::Chain(format!("entry {number} was altered"))
}

#[derive(sqlx::FromRow)]
struct Row {
    number: i64,
    at: Timestamp,
    actor: String,
    action: String,
    about: String,
    detail: String,
    hash: String,
}

impl TryFrom<Row> for Entry {
    type Error = RegistryError;
    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let id = row.number.to_string();
        let broken = |why: &dyn std::fmt::Display| damaged("audit entry", &id, why);
        let line = Line {
            at: row.at,
            actor: row.actor.parse().map_err(|e: String| broken(&e))?,
            action: row.action.parse().map_err(|e| broken(&e))?,
            about: words(&row.about).map_err(|e| broken(&e))?,
            detail: row.detail,
        };
        Ok(Self { number: row.number, line, hash: row.hash })
    }
}
