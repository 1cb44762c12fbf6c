//! A role as people are told it: what there is to bring, and where it is to be had.

use certus_registry::resource::Location;
use certus_registry::volunteer::PersonName;
use certus_registry::{Language, Position, ResourceKind};

use crate::incident::Role;
use crate::matching::Things;
use crate::text::text;

/// What somebody does who comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Task {
    /// Goes straight to the scene.
    Straight,
    /// Fetches something on the way.
    Fetch {
        /// What.
        kind: ResourceKind,
        /// Where, in words: the registry's, else the owner's code.
        place: String,
        /// Where.
        position: Position,
    },
    /// Brings something that they have.
    Bring {
        /// What.
        kind: ResourceKind,
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
        match things.get(resource).map(|thing| (thing, thing.location)) {
            Some((thing, Location::Fixed(position))) => {
                let place = thing.place.as_ref().map_or(thing.code.as_str(), PersonName::as_str).to_owned();
                Self::Fetch { kind, place, position }
            }
            Some((_, Location::Keeper(_))) | None => Self::Bring { kind },
        }
    }
}

impl Task {
    /// What is brought, and where it is to be fetched, in words; those are empty where the person has it.
    #[must_use]
    pub fn brings(&self) -> Option<(ResourceKind, &str)> {
        match self {
            Self::Fetch { kind, place, .. } => Some((*kind, place)),
            Self::Bring { kind } => Some((*kind, "")),
            Self::Straight | Self::Guide => None,
        }
    }
}

/// A kind of thing in the middle of a sentence, e.g. `hjärtstartaren`.
#[must_use]
pub fn thing(language: Language, kind: ResourceKind) -> String {
    text(language, &format!("thing-{}", kind.as_str().replace('_', "-")), &[])
}
