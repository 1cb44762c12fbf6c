//! Taking somebody out of the registry who leaves by their own word.

use super::{Row, opened_within, select};
use crate::resource::ResourceCode;
use crate::store::{damaged, phone_code, revision, vetting, wrote};
use crate::volunteer::Vetting;
use crate::{RegistryError, Timestamp, Tx, Volunteer, VolunteerId, on};

/// Somebody who is no longer in the registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Erased {
    /// As they were.
    pub person: Volunteer,
    /// What they kept: it went with them, for nobody else can fetch it.
    pub resources: Vec<ResourceCode>,
}

/// Erases a person, with what they kept, their sessions, consent and certificates; `None` when there is no such person. Only
/// the history of their vetting stays, in the archive, with the leaving as its last entry: under an identifier that leads to
/// nobody any more.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn erase(tx: &mut Tx, now: Timestamp, id: VolunteerId) -> Result<Option<Erased>, RegistryError> {
    const ARCHIVE: &str = "INSERT INTO vetting_archive (volunteer_id, number, at, account, step, day, until, \
         official_1, official_2, form, version, vetting, archived_at) \
         SELECT volunteer_id, number, at, account, step, day, until, official_1, official_2, form, version, vetting, $1 \
         FROM vetting_entry WHERE volunteer_id = $2";
    const RESOURCES: &str = "DELETE FROM resource WHERE keeper_id = $1 RETURNING code";
    const REACH: &str = "DELETE FROM volunteer_reach WHERE volunteer_id = $1";
    const PERSON: &str = "DELETE FROM volunteer WHERE id = $1";
    const GONE: &str = concat!(
        "INSERT INTO volunteer_gone (volunteer_id, revision) VALUES ($1, ",
        revision::written!(),
        ") ON CONFLICT (volunteer_id) DO UPDATE SET revision = excluded.revision"
    );
    revision::hold(tx).await?;
    let Some(person) = held(tx, id).await? else { return Ok(None) };
    if person.vetting != Vetting::Left {
        vetting::take_over(tx, now, &[(id, Vetting::Left)]).await?;
    }
    let who = id.to_string();
    on!(tx, c => sqlx::query(ARCHIVE).bind(now).bind(&who).execute(c).await.map(drop)?);
    let codes: Vec<String> = on!(tx, c => sqlx::query_scalar(RESOURCES).bind(&who).fetch_all(c).await?);
    phone_code::forget_of(tx, &person.phone).await?;
    on!(tx, c => sqlx::query(REACH).bind(&who).execute(c).await.map(drop)?);
    let affected = on!(tx, c => sqlx::query(PERSON).bind(&who).execute(c).await?.rows_affected());
    wrote(affected, 1)?;
    let affected = on!(tx, c => sqlx::query(GONE).bind(&who).execute(c).await?.rows_affected());
    wrote(affected, 1)?;
    revision::bump(tx).await?;
    let code = |code: String| {
        let parsed = code.parse();
        parsed.map_err(|error| damaged("resource code", &code, &error))
    };
    Ok(Some(Erased { person, resources: codes.into_iter().map(code).collect::<Result<_, _>>()? }))
}

async fn held(tx: &mut Tx, id: VolunteerId) -> Result<Option<Volunteer>, RegistryError> {
    let (sql, id) = (select!("WHERE id = $1"), id.to_string());
    let row: Option<Row> = on!(tx, c => sqlx::query_as(sql).bind(id).fetch_optional(c).await?);
    Ok(opened_within(tx, row.into_iter().collect()).await?.pop())
}
