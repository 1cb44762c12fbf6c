//! The registry's people and resources as the search wants them: in memory, people by id, by phone and by home.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use certus_registry::{
    Catalogue, CompetenceKind, County, Database, Mode, OrganisationId, Phone, Position, RegistryError, Remit,
    Resource, Season, Volunteer, VolunteerId, store,
};

use super::things::Things;
use crate::positions::PositionIndex;

/// Those who hold a competence are few when they are fewer than one in so many.
const RARE: usize = 8;
/// And when the square of their number is at most so many times the number of people. Our arithmetic: to take them costs a
/// look at each; a walk to a full shortlist costs some five times as much for each person met, and of those it meets about 800
/// for every one in so many who holds it.
const WALKED: usize = 4_096;

/// A snapshot of the registry. Cheap to ask, replaced whole when the registry changes.
#[derive(Debug, Default)]
pub struct Roster {
    revision: i64,
    volunteers: HashMap<VolunteerId, Volunteer>,
    by_phone: HashMap<Phone, VolunteerId>,
    homes: PositionIndex,
    /// By kind, as far as anybody holds it; nothing where many do.
    holders: BTreeMap<CompetenceKind, Option<Vec<Holder>>>,
    /// By organisation.
    members: BTreeMap<OrganisationId, Vec<Holder>>,
    modes: BTreeSet<Mode>,
    things: Things,
}

/// Somebody who holds a competence, valid or not, or is in an organisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Holder {
    /// Who.
    pub id: VolunteerId,
    /// Their home, so that whoever looks for holders need not look each of them up.
    pub home: Option<Position>,
}

impl Roster {
    /// Reads the whole registry.
    ///
    /// # Errors
    /// [`RegistryError`] when the database fails or a row is damaged.
    pub async fn load(db: &Database) -> Result<Self, RegistryError> {
        // The revision first: a change between the two reads makes the next look reload, never miss.
        let revision = store::revision(db).await?;
        let people = store::volunteer::all(db, Remit::All).await?;
        let seasons = store::season::current(db).await?;
        let things = store::resource::all(db, Remit::All).await?;
        // Kinds are never taken away: read last, the catalogue has those of all things.
        let kinds = store::catalogue::load(db).await?;
        Ok(Self::of(revision, people).with(things, seasons, kinds))
    }

    /// A snapshot of these people.
    #[must_use]
    pub fn of(revision: i64, people: Vec<Volunteer>) -> Self {
        let mut homes = PositionIndex::default();
        for volunteer in &people {
            if let Some(home) = volunteer.home {
                homes.put(volunteer.id, home);
            }
        }
        let are_few = |count: usize| {
            count < people.len().div_ceil(RARE) && count.saturating_mul(count) <= WALKED * people.len()
        };
        let few = |(kind, held_by): (_, Vec<Holder>)| (kind, are_few(held_by.len()).then_some(held_by));
        let holders = holders(&people).into_iter().map(few).collect();
        let members = members(&people);
        let modes = people.iter().flat_map(|volunteer| volunteer.modes.iter().copied()).collect();
        let by_phone = people.iter().map(|volunteer| (volunteer.phone.clone(), volunteer.id)).collect();
        let volunteers = people.into_iter().map(|volunteer| (volunteer.id, volunteer)).collect();
        Self { revision, volunteers, by_phone, homes, holders, members, modes, things: Things::default() }
    }

    /// The same with these resources, of these kinds, while these seasons are on.
    #[must_use]
    pub fn with(
        self,
        resources: Vec<Resource>,
        seasons: BTreeSet<(County, Season)>,
        kinds: Catalogue,
    ) -> Self {
        Self { things: Things::of_all(resources, seasons, kinds), ..self }
    }

    /// The registry's revision when this snapshot was taken.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// One person.
    #[must_use]
    pub fn get(&self, id: VolunteerId) -> Option<&Volunteer> {
        self.volunteers.get(&id)
    }

    /// Everybody, in no order.
    pub fn people(&self) -> impl Iterator<Item = &Volunteer> {
        self.volunteers.values()
    }

    /// The person with this number.
    #[must_use]
    pub fn by_phone(&self, phone: &Phone) -> Option<&Volunteer> {
        self.by_phone.get(phone).and_then(|id| self.get(*id))
    }

    /// What there is to help with.
    #[must_use]
    pub fn things(&self) -> &Things {
        &self.things
    }

    /// The homes, by distance.
    #[must_use]
    pub fn homes(&self) -> &PositionIndex {
        &self.homes
    }

    /// Who holds a competence, valid or not, if they are so few that it is quicker to look at each of them than to walk
    /// outwards until enough are met.
    #[must_use]
    pub fn few_holders(&self, kind: CompetenceKind) -> Option<&[Holder]> {
        self.holders.get(&kind).map_or(Some(&[]), Option::as_deref)
    }

    /// Whom an organisation keeps on its list, in no order.
    #[must_use]
    pub fn members(&self, organisation: OrganisationId) -> &[Holder] {
        self.members.get(&organisation).map_or(&[], Vec::as_slice)
    }

    /// By what anybody comes.
    pub fn modes(&self) -> impl Iterator<Item = Mode> {
        self.modes.iter().copied()
    }

    /// How many people.
    #[must_use]
    pub fn len(&self) -> usize {
        self.volunteers.len()
    }

    /// Whether nobody is registered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.volunteers.is_empty()
    }
}

fn members(people: &[Volunteer]) -> BTreeMap<OrganisationId, Vec<Holder>> {
    let mut members: BTreeMap<OrganisationId, Vec<Holder>> = BTreeMap::new();
    for volunteer in people {
        if let Some(organisation) = volunteer.organisation {
            members.entry(organisation).or_default().push(Holder { id: volunteer.id, home: volunteer.home });
        }
    }
    members
}

fn holders(people: &[Volunteer]) -> BTreeMap<CompetenceKind, Vec<Holder>> {
    let mut holders: BTreeMap<CompetenceKind, Vec<Holder>> = BTreeMap::new();
    for volunteer in people {
        let kinds: BTreeSet<CompetenceKind> = volunteer.competences.iter().map(|held| held.kind).collect();
        for kind in kinds {
            holders.entry(kind).or_default().push(Holder { id: volunteer.id, home: volunteer.home });
        }
    }
    holders
}
