//! Who was reminded of what.

use certus_registry::vetting::{Due, DueKind};
use certus_registry::volunteer::{Day, parse_day};
use certus_registry::{Database, Timestamp, Tx, VolunteerId, on};

use crate::engine::EngineError;

/// That somebody was reminded of something that ends for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reminded {
    /// Who.
    pub volunteer: VolunteerId,
    /// Of what.
    pub due: Due,
    /// How many days before, of those in the configuration.
    pub days: u16,
}

/// How a column spells what ends.
fn what(kind: DueKind) -> String {
    match kind {
        DueKind::Approval => "approval".to_owned(),
        DueKind::BackgroundCheck => "background_check".to_owned(),
        DueKind::Certificate(kind) => format!("certificate:{kind}"),
    }
}

fn kind_of(what: &str) -> Option<DueKind> {
    match (what, what.strip_prefix("certificate:")) {
        ("approval", _) => Some(DueKind::Approval),
        ("background_check", _) => Some(DueKind::BackgroundCheck),
        (_, kind) => kind?.parse().ok().map(DueKind::Certificate),
    }
}

/// Writes down that somebody is reminded at `now`; `false` when they were before, here or by another node.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn take(tx: &mut Tx, now: Timestamp, reminded: &Reminded) -> Result<bool, EngineError> {
    const SQL: &str = "INSERT INTO reminder (volunteer_id, what, last_day, days, sent_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (volunteer_id, what, last_day, days) DO NOTHING";
    let Reminded { volunteer, due, days } = reminded;
    let taken = on!(tx, c => sqlx::query(SQL)
        .bind(volunteer.to_string()).bind(what(due.kind)).bind(due.day.to_string()).bind(i64::from(*days)).bind(now)
        .execute(c).await?.rows_affected());
    Ok(taken == 1)
}

/// Who was reminded of what ends on `first` or later, and when.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
pub async fn since(db: &Database, first: Day) -> Result<Vec<(Reminded, Timestamp)>, EngineError> {
    const SQL: &str = "SELECT volunteer_id, what, last_day, days, sent_at FROM reminder WHERE last_day >= $1 \
         ORDER BY last_day, volunteer_id, what, days DESC";
    type Row = (String, String, String, i64, Timestamp);
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).bind(first.to_string()).fetch_all(c).await?);
    let parse = |(volunteer, what, last_day, days, sent_at): Row| {
        let damaged = || EngineError::damaged("reminder of volunteer", &volunteer);
        let day = parse_day(&last_day).map_err(|_| damaged())?;
        let kind = kind_of(&what).ok_or_else(damaged)?;
        let days = u16::try_from(days).map_err(|_| damaged())?;
        let id = volunteer.parse().map_err(|_| damaged())?;
        Ok((Reminded { volunteer: id, due: Due { day, kind }, days }, sent_at))
    };
    rows.into_iter().map(parse).collect()
}

/// Takes away what is written of somebody.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn remove(tx: &mut Tx, who: VolunteerId) -> Result<(), EngineError> {
    const SQL: &str = "DELETE FROM reminder WHERE volunteer_id = $1";
    on!(tx, c => sqlx::query(SQL).bind(who.to_string()).execute(c).await.map(drop)?);
    Ok(())
}

/// Takes away at most `limit` lines about what ended on `day` or earlier; how many.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn forget(tx: &mut Tx, day: Day, limit: u32) -> Result<u64, EngineError> {
    const SQL: &str = "DELETE FROM reminder WHERE (volunteer_id, what, last_day, days) IN \
         (SELECT volunteer_id, what, last_day, days FROM reminder WHERE last_day <= $1 LIMIT $2)";
    Ok(
        on!(tx, c => sqlx::query(SQL).bind(day.to_string()).bind(i64::from(limit)).execute(c).await?.rows_affected()),
    )
}
