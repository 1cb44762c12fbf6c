//! The registry's resources as the search wants them: what hangs or stands somewhere by its place, what somebody keeps by
//! its keeper.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use certus_registry::resource::Location;
use certus_registry::{
    Catalogue, CompetenceKind, County, Metres, Position, Resource, ResourceId, ResourceKind, Season,
    VolunteerId,
};

use crate::positions::PositionIndex;

/// A snapshot of the resources.
#[derive(Debug, Default)]
pub struct Things {
    by_id: HashMap<ResourceId, Resource>,
    kept: HashMap<VolunteerId, Vec<ResourceId>>,
    fixed: BTreeMap<ResourceKind, PositionIndex<ResourceId>>,
    /// Those that are on.
    seasons: BTreeSet<(County, Season)>,
    kinds: Catalogue,
}

impl Things {
    /// A snapshot of these, in the order of their identifiers, by this catalogue and while these seasons are on. What is there no more is known, for
    /// whoever was told to bring it, and nobody finds it.
    pub(super) fn of_all(
        resources: Vec<Resource>,
        seasons: BTreeSet<(County, Season)>,
        kinds: Catalogue,
    ) -> Self {
        let mut things = Self { seasons, kinds, ..Self::default() };
        for resource in resources {
            match resource.location {
                _ if resource.retired.is_some() => {}
                Location::Fixed(place) => {
                    things.fixed.entry(resource.kind).or_default().put(resource.id, place);
                }
                Location::Keeper(keeper) => things.kept.entry(keeper).or_default().push(resource.id),
            }
            things.by_id.insert(resource.id, resource);
        }
        things
    }

    /// One resource.
    #[must_use]
    pub fn get(&self, id: ResourceId) -> Option<&Resource> {
        self.by_id.get(&id)
    }

    /// Whether it is the season for a thing.
    #[must_use]
    pub fn is_in_season(&self, thing: &Resource) -> bool {
        thing.season_needed(&self.kinds).is_none_or(|season| self.seasons.contains(&(thing.county, season)))
    }

    /// What whoever takes a thing must hold.
    #[must_use]
    pub fn licence(&self, thing: &Resource) -> Option<CompetenceKind> {
        thing.licence_needed(&self.kinds)
    }

    /// The kinds that there are.
    #[must_use]
    pub fn kinds(&self) -> &Catalogue {
        &self.kinds
    }

    /// What a person keeps.
    pub fn of(&self, keeper: VolunteerId) -> impl Iterator<Item = &Resource> {
        self.kept.get(&keeper).into_iter().flatten().filter_map(|id| self.get(*id))
    }

    /// What of one kind hangs or stands somewhere, with its place and how far that is from `from`, nearest first.
    pub fn nearest(
        &self,
        kind: ResourceKind,
        from: Position,
    ) -> impl Iterator<Item = (&Resource, Position, Metres)> {
        let near = self.fixed.get(&kind).into_iter().flat_map(move |index| index.nearest(from, |_| true));
        near.filter_map(|(id, distance)| match self.get(id)? {
            thing @ Resource { location: Location::Fixed(place), .. } => Some((thing, *place, distance)),
            Resource { location: Location::Keeper(_), .. } => None,
        })
    }
}
