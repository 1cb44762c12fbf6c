//! People by name, as a list shows them: from a directory in memory, which is brought up to date before each question with what was
//! written since.

use std::collections::HashMap;

use sqlx::QueryBuilder;

use super::{Row, name_of, opened, phone_of, select};
use crate::people::{Directory, Facts, Listed, Wanted};
use crate::seal::Seal;
use crate::store::{CHUNK, bind_list, damaged, narrow_to, revision, sealing};
use crate::vocabulary::words;
use crate::volunteer::Competence;
use crate::{CompetenceKind, Database, OrganisationId, RegistryError, Remit, Volunteer, VolunteerId, on};

/// What a list is narrowed to. Empty: everybody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    /// Parts of the name, or digits of the number, in any order.
    pub text: &'a str,
    /// The state of vetting, as [`STATES`] has it.
    pub vetting: Option<&'static str>,
    /// Something they can do, expired or not.
    pub competence: Option<CompetenceKind>,
    /// The organisation that keeps them on its list.
    pub organisation: Option<OrganisationId>,
}

impl<'a> Filter<'a> {
    fn within(self, remit: Remit) -> Wanted<'a> {
        let Self { text, vetting, competence, organisation } = self;
        Wanted { vetting, competence, organisation, ..Wanted::of(text, remit) }
    }
}

/// At most `limit` people within the remit by name, those after the one named, as far as the filter lets them through.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn search(
    db: &Database,
    remit: Remit,
    filter: Filter<'_>,
    after: Option<VolunteerId>,
    limit: u32,
) -> Result<Vec<Volunteer>, RegistryError> {
    refresh(db).await?;
    let (wanted, limit) = (filter.within(remit), usize::try_from(limit).unwrap_or(usize::MAX));
    let ids = db.people().ask(|directory| directory.page(&wanted, after, limit));
    let mut people = HashMap::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows: Vec<Row> = on!(db, c => {
            let mut query = QueryBuilder::new(select!("WHERE id IN ("));
            bind_list(&mut query, chunk.iter().map(ToString::to_string));
            query.push(")");
            narrow_to(&mut query, remit);
            query.build_query_as().persistent(false).fetch_all(c).await?
        });
        people.extend(opened(db, rows).await?.into_iter().map(|person| (person.id, person)));
    }
    Ok(ids.iter().filter_map(|id| people.remove(id)).collect())
}

/// How many people within the remit the filter lets through.
///
/// # Errors
/// [`RegistryError::Database`], [`RegistryError::Damaged`].
pub async fn count_of(db: &Database, remit: Remit, filter: Filter<'_>) -> Result<u64, RegistryError> {
    refresh(db).await?;
    let wanted = filter.within(remit);
    Ok(u64::try_from(db.people().ask(|directory| directory.count(&wanted))).unwrap_or(u64::MAX))
}

/// Brings the directory to the registry's revision as it is now. The revision is read first: what is written meanwhile is read
/// again the next time.
async fn refresh(db: &Database) -> Result<(), RegistryError> {
    const GONE: &str = "SELECT volunteer_id FROM volunteer_gone WHERE revision > $1";
    const WRITTEN: &str = "SELECT id, name, COALESCE(phone_sealed, phone) AS phone, seal, vetting, competences, \
         organisation_id, county FROM volunteer WHERE written > $1";
    let _turn = db.people().turn.lock().await;
    let (now, shown) = (revision::revision(db).await?, db.people().ask(Directory::revision));
    if now == shown {
        return Ok(());
    }
    // Whoever is gone comes first: they may be there again.
    let gone: Vec<String> = on!(db, c => sqlx::query_scalar(GONE).bind(shown).fetch_all(c).await?);
    let gone = gone.iter().map(|id| id.parse().map_err(|e| damaged("volunteer", id, &e)));
    let gone = gone.collect::<Result<Vec<VolunteerId>, _>>()?;
    let rows: Vec<ListedRow> = on!(db, c => sqlx::query_as(WRITTEN).bind(shown).fetch_all(c).await?);
    let seal = sealing::known(db, rows.iter().map(|row| row.seal)).await?;
    let written = rows.into_iter().map(|row| row.open(&seal)).collect::<Result<Vec<_>, _>>()?;
    db.people().update(now, &gone, written);
    Ok(())
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    id: String,
    name: String,
    phone: String,
    seal: i64,
    vetting: String,
    competences: String,
    organisation_id: Option<String>,
    county: String,
}

impl ListedRow {
    fn open(self, seal: &Seal) -> Result<Listed, RegistryError> {
        let broken = |why: &dyn std::fmt::Display| damaged("volunteer", &self.id, why);
        let held: Vec<Competence> = words(&self.competences).map_err(|e| broken(&e))?;
        let name = name_of(seal, self.seal, &self.id, &self.name)?;
        let phone = phone_of(seal, self.seal, &self.id, &self.phone)?;
        let (name, digits) = Listed::found_by(name.as_str(), &phone);
        let organisation = self.organisation_id.as_deref().map(str::parse).transpose();
        let facts = Facts {
            digits,
            vetting: state(&self.vetting).ok_or_else(|| broken(&"an unknown state of vetting"))?,
            competences: held.into_iter().map(|competence| competence.kind).collect(),
            organisation: organisation.map_err(|e| broken(&e))?,
            county: self.county.parse().map_err(|e| broken(&e))?,
        };
        Ok(Listed { id: self.id.parse().map_err(|e| broken(&e))?, name, facts })
    }
}

/// Every state of vetting, as [`columns`](crate::volunteer::Vetting::columns) spells it.
pub const STATES: [&str; 4] = ["applied", "approved", "suspended", "left"];

/// The spelling of a state that somebody asked for.
#[must_use]
pub fn state(text: &str) -> Option<&'static str> {
    STATES.into_iter().find(|state| *state == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::volunteer::Vetting;

    #[test]
    fn every_state_of_vetting_can_be_asked_for() {
        let until = crate::volunteer::Day::constant(2026, 1, 1);
        for vetting in [Vetting::Applied, Vetting::Approved { until }, Vetting::Suspended, Vetting::Left] {
            assert_eq!(state(vetting.columns().0), Some(vetting.columns().0));
        }
        assert_eq!(state("gone"), None);
    }
}
