//! The registry's people and resources as the search wants them: in memory, people by id, by phone and by home.

use std::collections::HashMap;

use certus_registry::{Database, Phone, RegistryError, Resource, Volunteer, VolunteerId, store};

use super::things::Things;
use crate::positions::PositionIndex;

/// A snapshot of the registry. Cheap to ask, replaced whole when the registry changes.
#[derive(Debug, Default)]
pub struct Roster {
    revision: i64,
    volunteers: HashMap<VolunteerId, Volunteer>,
    by_phone: HashMap<Phone, VolunteerId>,
    homes: PositionIndex,
    things: Things,
}

impl Roster {
    /// Reads the whole registry.
    ///
    /// # Errors
    /// [`RegistryError`] when the database fails or a row is damaged.
    pub async fn load(db: &Database) -> Result<Self, RegistryError> {
        // The revision first: a change between the two reads makes the next look reload, never miss.
        let revision = store::revision(db).await?;
        let people = store::volunteer::all(db).await?;
        Ok(Self::of(revision, people).with(store::resource::all(db).await?))
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
        let by_phone = people.iter().map(|volunteer| (volunteer.phone.clone(), volunteer.id)).collect();
        let volunteers = people.into_iter().map(|volunteer| (volunteer.id, volunteer)).collect();
        Self { revision, volunteers, by_phone, homes, things: Things::default() }
    }

    /// The same with these resources.
    #[must_use]
    pub fn with(self, resources: Vec<Resource>) -> Self {
        Self { things: Things::of_all(resources), ..self }
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
