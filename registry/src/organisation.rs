//! An organisation that keeps a list of volunteers and resources.

use serde::{Deserialize, Serialize};

use crate::OrganisationId;
use crate::vocabulary::OrganisationKind;
use crate::volunteer::PersonName;

/// An organisation of one of the kinds the inquiry names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organisation {
    /// The registry's own identifier.
    pub id: OrganisationId,
    /// Its name, unique in the registry.
    pub name: PersonName,
    /// What it is.
    pub kind: OrganisationKind,
}
