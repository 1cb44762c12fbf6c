//! Who stands where in the vetting, for the officials who are to act.

use crate::seal::Seal;
use crate::store::{damaged, sealing, volunteer, within};
use crate::vetting::Stage;
use crate::volunteer::{Day, PersonName, parse_day};
use crate::{Database, RegistryError, Remit, Timestamp, VolunteerId, on};

/// Everybody with the stage of the day `$1`: what [`Dossier::stage`](crate::vetting::Dossier::stage) says.
macro_rules! standings {
    () => {
        "(SELECT volunteer_id, check_due, approved_until, since, CASE \
             WHEN stage = 'active' AND approved_until < $1 THEN 'expired' \
             WHEN stage IN ('checked', 'agreed') AND check_due < $1 THEN 'interviewed' \
             ELSE stage END AS stage_today FROM vetting_standing) AS standing"
    };
}

const LENGTHS: &str = concat!(
    "SELECT stage_today, COUNT(*) FROM ",
    standings!(),
    " JOIN volunteer ON id = volunteer_id WHERE ",
    within!(2, 3),
    " GROUP BY stage_today"
);
const PAGE: &str = concat!(
    "SELECT volunteer_id, name, seal, since, check_due, approved_until FROM ",
    standings!(),
    " JOIN volunteer ON id = volunteer_id WHERE stage_today = $2 \
     AND (since > $3 OR (since = $4 AND volunteer_id > $5)) AND ",
    within!(7, 8),
    " ORDER BY since, volunteer_id LIMIT $6"
);

/// A person in one of the queues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub volunteer: VolunteerId,
    /// Their name.
    pub name: PersonName,
    /// When something was put down of them last.
    pub since: Timestamp,
    /// The last day on which the background check counts.
    pub check_due: Option<Day>,
    /// The last day of the approval.
    pub approved_until: Option<Day>,
}

/// How many people within the remit stand at each stage on `today`, in the order of the workflow; nobody at those left out.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn queue_lengths(
    db: &Database,
    remit: Remit,
    today: Day,
) -> Result<Vec<(Stage, u64)>, RegistryError> {
    let (county, list) = remit.binds();
    let rows: Vec<(String, i64)> = on!(db, c => sqlx::query_as(LENGTHS)
        .bind(today.to_string()).bind(county).bind(list).fetch_all(c).await?);
    let parse = |(word, count): (String, i64)| {
        let stage = word.parse().map_err(|e| damaged("stage of vetting", &word, &e))?;
        Ok((stage, count.unsigned_abs()))
    };
    let mut lengths = rows.into_iter().map(parse).collect::<Result<Vec<_>, RegistryError>>()?;
    lengths.sort_unstable();
    Ok(lengths)
}

/// At most `limit` people within the remit who stand at `stage` on `today`, whoever has waited longest first; after the one named by
/// [`Waiting::since`] and [`Waiting::volunteer`].
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn queue(
    db: &Database,
    remit: Remit,
    today: Day,
    stage: Stage,
    after: Option<(Timestamp, VolunteerId)>,
    limit: u32,
) -> Result<Vec<Waiting>, RegistryError> {
    let since = after.map_or(Timestamp::from_millis(i64::MIN), |(since, _)| since);
    let id = after.map_or_else(String::new, |(_, id)| id.to_string());
    let (county, list) = remit.binds();
    let rows: Vec<Row> = on!(db, c => sqlx::query_as(PAGE)
        .bind(today.to_string()).bind(stage.as_str()).bind(since).bind(since).bind(id).bind(i64::from(limit))
        .bind(county).bind(list)
        .fetch_all(c).await?);
    let seal = sealing::known(db, rows.iter().map(|row| row.seal)).await?;
    rows.into_iter().map(|row| row.open(&seal)).collect()
}

#[derive(sqlx::FromRow)]
struct Row {
    volunteer_id: String,
    name: String,
    seal: i64,
    since: Timestamp,
    check_due: Option<String>,
    approved_until: Option<String>,
}

impl Row {
    fn open(self, seal: &Seal) -> Result<Waiting, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("standing of volunteer", &self.volunteer_id, why);
        let day = |text: Option<String>| text.as_deref().map(parse_day).transpose();
        Ok(Waiting {
            volunteer: self.volunteer_id.parse().map_err(|e| broken(&e))?,
            name: volunteer::name_of(seal, self.seal, &self.volunteer_id, &self.name)?,
            since: self.since,
            check_due: day(self.check_due).map_err(|e| broken(&e))?,
            approved_until: day(self.approved_until).map_err(|e| broken(&e))?,
        })
    }
}
