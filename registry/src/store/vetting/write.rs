//! Putting entries down, each together with what it changes.

use sqlx::QueryBuilder;

use super::{Row, dossiers};
use crate::store::{CHUNK, damaged, revision, taken, within, wrote};
use crate::vetting::{Dossier, Entry, Refusal, Step};
use crate::volunteer::{Day, Vetting, parse_day};
use crate::{AccountId, RegistryError, Remit, Timestamp, Tx, VolunteerId, on};

const INSERT: &str = "INSERT INTO vetting_entry (volunteer_id, number, at, account, step, day, until, official_1, \
     official_2, form, version, vetting) ";
const PUT_STANDING: &str =
    "INSERT INTO vetting_standing (volunteer_id, entries, stage, check_due, approved_until, since) ";
/// Holds only on top of the history that the entry was decided on.
const OR_ADVANCE: &str = " ON CONFLICT (volunteer_id) DO UPDATE SET entries = excluded.entries, stage = excluded.stage, \
     check_due = excluded.check_due, approved_until = excluded.approved_until, since = excluded.since \
     WHERE vetting_standing.entries = excluded.entries - 1";

/// Why a step was not put down.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// There is no such person within the remit.
    #[error("no such volunteer")]
    Unknown,
    /// The rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed, or what is in it is damaged.
    #[error(transparent)]
    Registry(#[from] RegistryError),
}

/// Puts down that the official `by` takes `step` with a person at `now`, which is the local day `today`, and what
/// follows from it for who may be asked. Of two officials who act at once, the second is judged by what the first did.
///
/// # Errors
/// [`TakeError`]; nothing was written when it is [`TakeError::Unknown`] or [`TakeError::Refused`], and the transaction
/// is to be dropped when it is [`TakeError::Registry`].
pub async fn take(
    tx: &mut Tx,
    remit: Remit,
    (now, today): (Timestamp, Day),
    id: VolunteerId,
    by: AccountId,
    step: Step,
) -> Result<Entry, TakeError> {
    revision::hold(tx).await?;
    let held = held(tx, remit, id).await?.ok_or(TakeError::Unknown)?;
    let mut dossier = dossiers(tx, std::iter::once(id)).await?.remove(&id.to_string()).unwrap_or_default();
    let entry = dossier.take(now, today, by, step)?;
    add(&mut dossier, id, &entry)?;
    append(tx, &[(id, &entry, &dossier)]).await?;
    if dossier.vetting() != held {
        set_vetting(tx, now, id, dossier.vetting()).await?;
    }
    Ok(entry)
}

/// Puts down what a list says of people whose vetting it changes; they are written already. An identifier may be there
/// once only.
pub(in crate::store) async fn take_over(
    tx: &mut Tx,
    now: Timestamp,
    people: &[(VolunteerId, Vetting)],
) -> Result<(), RegistryError> {
    for chunk in people.chunks(CHUNK) {
        let mut dossiers = dossiers(tx, chunk.iter().map(|(id, _)| *id)).await?;
        let mut added = Vec::with_capacity(chunk.len());
        for (id, vetting) in chunk {
            let mut dossier = dossiers.remove(&id.to_string()).unwrap_or_default();
            let entry = dossier.take_over(now, *vetting);
            add(&mut dossier, *id, &entry)?;
            added.push((*id, entry, dossier));
        }
        let added: Vec<_> = added.iter().map(|(id, entry, dossier)| (*id, entry, dossier)).collect();
        append(tx, &added).await?;
    }
    Ok(())
}

fn add(dossier: &mut Dossier, id: VolunteerId, entry: &Entry) -> Result<(), RegistryError> {
    dossier.add(entry).map_err(|e| damaged("vetting of volunteer", &id.to_string(), &e))
}

/// The state of vetting that the rest of the program goes by.
async fn held(tx: &mut Tx, remit: Remit, id: VolunteerId) -> Result<Option<Vetting>, RegistryError> {
    const SQL: &str =
        concat!("SELECT vetting, vetted_until FROM volunteer WHERE id = $1 AND ", within!(2, 3));
    let (county, list) = remit.binds();
    let row: Option<(String, Option<String>)> = on!(tx, c => sqlx::query_as(SQL)
        .bind(id.to_string()).bind(county).bind(list).fetch_optional(c).await?);
    let broken = |why: &dyn std::fmt::Display| damaged("volunteer", &id.to_string(), why);
    row.map(|(word, until)| {
        let until = until.as_deref().map(parse_day).transpose().map_err(|e| broken(&e))?;
        Vetting::from_columns(&word, until).map_err(|e| broken(&e))
    })
    .transpose()
}

/// Writes one new entry per person, and what their history adds up to with it.
async fn append(tx: &mut Tx, added: &[(VolunteerId, &Entry, &Dossier)]) -> Result<(), RegistryError> {
    let affected = on!(tx, c => {
        let mut query = QueryBuilder::new(INSERT);
        query.push_values(added, |mut values, (id, entry, _)| {
            let row = Row::of(*id, entry);
            values.push_bind(row.volunteer_id)
                .push_bind(row.number)
                .push_bind(row.at)
                .push_bind(row.account)
                .push_bind(row.step)
                .push_bind(row.day)
                .push_bind(row.until)
                .push_bind(row.official_1)
                .push_bind(row.official_2)
                .push_bind(row.form)
                .push_bind(row.version)
                .push_bind(row.vetting);
        });
        query.build().persistent(false).execute(c).await.map_err(|e| taken(e, "vetting entry"))?.rows_affected()
    });
    wrote(affected, added.len())?;
    put_standings(tx, added).await
}

async fn put_standings(tx: &mut Tx, added: &[(VolunteerId, &Entry, &Dossier)]) -> Result<(), RegistryError> {
    let affected = on!(tx, c => {
        let mut query = QueryBuilder::new(PUT_STANDING);
        query.push_values(added, |mut row, (id, entry, dossier)| {
            let stage = dossier.stage_reached().expect("an entry was added");
            row.push_bind(id.to_string())
                .push_bind(i64::from(dossier.entries()))
                .push_bind(stage.as_str())
                .push_bind(dossier.check().map(|check| check.next_due.to_string()))
                .push_bind(dossier.ends().map(|day| day.to_string()))
                .push_bind(entry.at);
        });
        query.push(OR_ADVANCE).build().persistent(false).execute(c).await?.rows_affected()
    });
    wrote(affected, added.len())
}

async fn set_vetting(
    tx: &mut Tx,
    now: Timestamp,
    id: VolunteerId,
    vetting: Vetting,
) -> Result<(), RegistryError> {
    const SQL: &str = concat!(
        "UPDATE volunteer SET vetting = $1, vetted_until = $2, changed_at = $3, written = ",
        revision::written!(),
        " WHERE id = $4"
    );
    let (word, until) = vetting.columns();
    let affected = on!(tx, c => sqlx::query(SQL)
        .bind(word).bind(until.map(|day| day.to_string())).bind(now).bind(id.to_string())
        .execute(c).await?.rows_affected());
    wrote(affected, 1)?;
    revision::bump(tx).await
}
