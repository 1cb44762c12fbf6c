//! What ends soon, for reminders and for whoever is to renew it.

use jiff::ToSpan as _;
use sqlx::QueryBuilder;

use crate::seal::Seal;
use crate::store::{damaged, narrow_to, sealing, volunteer, within};
use crate::vetting::{Due, DueKind};
use crate::vocabulary::words;
use crate::volunteer::{Competence, Day, PersonName, parse_day};
use crate::{CompetenceKind, Database, RegistryError, Remit, VolunteerId, on};

/// The longest look ahead, in days: a year, and one day for a leap year.
pub const DUE_DAYS_MAX: u16 = 366;
/// Months that a query names one by one; beyond it reads whoever has a certificate that ends: a year has 13 at most.
const MONTHS_MAX: usize = 13;

// Each with what ends in its last column; whoever is suspended or has left is reminded of nothing.
const APPROVALS: &str = concat!(
    "SELECT id, name, seal, vetted_until FROM volunteer ",
    "WHERE vetting = 'approved' AND vetted_until BETWEEN $1 AND $2 AND ",
    within!(3, 4)
);
const CHECKS: &str = concat!(
    "SELECT id, name, seal, check_due FROM volunteer JOIN vetting_standing ON volunteer_id = id ",
    "WHERE vetting IN ('applied', 'approved') AND check_due BETWEEN $1 AND $2 AND ",
    within!(3, 4)
);
const CERTIFICATES: &str =
    "SELECT id, name, seal, competences FROM volunteer WHERE vetting IN ('applied', 'approved') AND (";

/// Something that ends for a person. Ordered by day, then by kind, then by person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueOf {
    /// What ends, and when.
    pub due: Due,
    /// For whom.
    pub volunteer: VolunteerId,
    /// Their name.
    pub name: PersonName,
}

/// What ends for people within the remit from `today` to `within_days` (at most [`DUE_DAYS_MAX`]) days later: approvals, background checks and
/// certificates, at most `limit` of them, the soonest first; after the one named by [`DueOf::due`] and
/// [`DueOf::volunteer`]. Whoever wants to see what ended lately too gives an earlier day for `today`.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn due(
    db: &Database,
    remit: Remit,
    (today, within_days): (Day, u16),
    after: Option<(Due, VolunteerId)>,
    limit: u32,
) -> Result<Vec<DueOf>, RegistryError> {
    let last = today.saturating_add(i32::from(within_days.min(DUE_DAYS_MAX)).days());
    let first = after.map_or(today, |(due, _)| due.day.max(today));
    if last < first {
        return Ok(Vec::new());
    }
    let mut found = ends(db, APPROVALS, remit, (first, last), DueKind::Approval).await?;
    found.extend(ends(db, CHECKS, remit, (first, last), DueKind::BackgroundCheck).await?);
    found.extend(certificates(db, remit, (first, last)).await?);
    found.retain(|found| after.is_none_or(|after| after < (found.due, found.volunteer)));
    found.sort_unstable();
    found.dedup();
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// The certificates of people within the remit whose last day is from `first` to `last`, of one competence or of all, the soonest
/// first; without those of people who are suspended or have left.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn certificates_ending(
    db: &Database,
    remit: Remit,
    (first, last): (Day, Day),
    kind: Option<CompetenceKind>,
) -> Result<Vec<DueOf>, RegistryError> {
    let mut found = certificates(db, remit, (first, last)).await?;
    let is_wanted = |due: &DueOf| kind.is_none_or(|kind| due.due.kind == DueKind::Certificate(kind));
    found.retain(is_wanted);
    found.sort_unstable();
    Ok(found)
}

async fn ends(
    db: &Database,
    sql: &'static str,
    remit: Remit,
    (first, last): (Day, Day),
    kind: DueKind,
) -> Result<Vec<DueOf>, RegistryError> {
    let (county, own_list) = remit.binds();
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(sql)
        .bind(first.to_string()).bind(last.to_string()).bind(county).bind(own_list).fetch_all(c).await?);
    let seal = sealing::known(db, rows.iter().map(|row| row.2)).await?;
    let parse = |row: Row| {
        let day = parse_day(&row.3).map_err(|e| damaged("standing of volunteer", &row.0, &e))?;
        row.due(&seal, Due { day, kind })
    };
    rows.into_iter().map(parse).collect()
}

/// The database picks out who has a certificate that ends in one of the months, or at all where there are many: the days themselves
/// are in the text.
async fn certificates(
    db: &Database,
    remit: Remit,
    (first, last): (Day, Day),
) -> Result<Vec<DueOf>, RegistryError> {
    let rows: Vec<Row> = on!(db, c => {
        let mut query = QueryBuilder::new(CERTIFICATES);
        let mut either = query.separated(" OR ");
        for pattern in patterns(first, last) {
            either.push("competences LIKE ");
            either.push_bind_unseparated(pattern);
        }
        query.push(")");
        narrow_to(&mut query, remit);
        query.build_query_as().persistent(false).fetch_all(c).await?
    });
    let seal = sealing::known(db, rows.iter().map(|row| row.2)).await?;
    let mut found = Vec::new();
    for row in rows {
        let held: Vec<Competence> = words(&row.3).map_err(|e| damaged("volunteer", &row.0, &e))?;
        for Competence { kind, expires } in held {
            if let Some(day) = expires.filter(|day| (first..=last).contains(day)) {
                found.push(row.due(&seal, Due { day, kind: DueKind::Certificate(kind) })?);
            }
        }
    }
    Ok(found)
}

/// What the text of somebody matches who has a certificate that ends from `first` to `last`; and of a few more.
fn patterns(first: Day, last: Day) -> Vec<String> {
    let months: Vec<Day> = months(first, last).take(MONTHS_MAX + 1).collect();
    if months.len() > MONTHS_MAX {
        return vec!["%:%".to_owned()];
    }
    months.iter().map(|month| format!("%:{}-%", month.strftime("%Y-%m"))).collect()
}

/// The first day of each month that has a day from `first` to `last`.
fn months(first: Day, last: Day) -> impl Iterator<Item = Day> {
    let begin = first.first_of_month();
    std::iter::successors(Some(begin), |month| month.checked_add(1.month()).ok())
        .take_while(move |month| *month <= last)
}

/// Identifier, name, the key of the row, and what ends.
#[derive(sqlx::FromRow)]
struct Row(String, String, i64, String);

impl Row {
    fn due(&self, seal: &Seal, due: Due) -> Result<DueOf, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("volunteer", &self.0, why);
        let name = volunteer::name_of(seal, self.2, &self.0, &self.1)?;
        Ok(DueOf { due, volunteer: self.0.parse().map_err(|e| broken(&e))?, name })
    }
}
