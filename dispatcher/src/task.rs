//! A role as people are told it: what there is to bring, and where it is to be had.

use certus_registry::Position;
use certus_registry::catalogue::Words;
use certus_registry::resource::Location;
use certus_registry::volunteer::PersonName;

use crate::incident::Role;
use crate::matching::Things;

/// What somebody does who comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Goes straight to the scene.
    Straight,
    /// Fetches something on the way.
    Fetch {
        /// What, in the middle of a sentence.
        what: Words,
        /// Where, in words: the registry's, else the owner's code.
        place: String,
        /// Where.
        position: Position,
    },
    /// Brings something that they have.
    Bring {
        /// What, in the middle of a sentence.
        what: Words,
    },
    /// Shows the ambulance in.
    Guide,
}

impl Task {
    /// What this role means by the registry as it is now. What has left it meanwhile has no place any more.
    #[must_use]
    pub fn of(role: Role, things: &Things) -> Self {
        let (resource, kind) = match role {
            Role::Straight => return Self::Straight,
            Role::Guide => return Self::Guide,
            Role::Bring { resource, kind } => (resource, kind),
        };
        let what = things.kinds().the(kind);
        match things.get(resource).map(|thing| (thing, thing.location)) {
            Some((thing, Location::Fixed(position))) => {
                let place = thing.place.as_ref().map_or(thing.code.as_str(), PersonName::as_str).to_owned();
                Self::Fetch { what, place, position }
            }
            Some((_, Location::Keeper(_))) | None => Self::Bring { what },
        }
    }
}

impl Task {
    /// What is brought, and where it is to be fetched, in words; those are empty where the person has it.
    #[must_use]
    pub fn brings(&self) -> Option<(&Words, &str)> {
        match self {
            Self::Fetch { what, place, .. } => Some((what, place)),
            Self::Bring { what } => Some((what, "")),
            Self::Straight | Self::Guide => None,
        }
    }
}
