//! How far somebody's rights go over the registry: whose people, things and organisations they see and keep.
//!
//! What is outside is as if it were not there. The functions of [`store`](crate::store) that read or write such rows take a
//! remit, so that none can forget it; what the program does by itself, such as finding whom to ask, has [`Remit::All`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{County, OrganisationId};

/// How far somebody's rights go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remit {
    /// Over every county.
    All,
    /// Over one county.
    County(County),
    /// Over what one organisation lists in its county.
    Organisation(County, OrganisationId),
}

/// As a column has a remit over every county.
const EVERYWHERE: &str = "*";

impl Remit {
    /// The county that it is bound to.
    #[must_use]
    pub const fn county(self) -> Option<County> {
        match self {
            Self::All => None,
            Self::County(county) | Self::Organisation(county, _) => Some(county),
        }
    }

    /// The organisation that it is bound to.
    #[must_use]
    pub const fn organisation(self) -> Option<OrganisationId> {
        match self {
            Self::All | Self::County(_) => None,
            Self::Organisation(_, organisation) => Some(organisation),
        }
    }

    /// Whether it goes over every county.
    #[must_use]
    pub const fn is_all(self) -> bool {
        self.county().is_none()
    }

    /// Whether somebody or something of this county, on the list of this organisation, is within it.
    #[must_use]
    pub fn covers(self, county: County, organisation: Option<OrganisationId>) -> bool {
        match self {
            Self::All => true,
            Self::County(own) => own == county,
            Self::Organisation(own, list) => own == county && organisation == Some(list),
        }
    }

    /// Whether whoever has this one may give the other.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        other.county().map_or(self.is_all(), |county| self.covers(county, other.organisation()))
    }

    /// The county and the organisation that a row must have, as statements compare them; empty: any.
    pub(crate) fn binds(self) -> (String, String) {
        let county = self.county().map(|county| county.to_string());
        let organisation = self.organisation().map(|id| id.to_string());
        (county.unwrap_or_default(), organisation.unwrap_or_default())
    }

    /// As the columns of an account have it.
    pub(crate) fn columns(self) -> (String, Option<String>) {
        let county = self.county().map_or_else(|| EVERYWHERE.to_owned(), |county| county.to_string());
        (county, self.organisation().map(|id| id.to_string()))
    }

    /// Reads what [`Remit::columns`] gives.
    ///
    /// # Errors
    /// What was wrong.
    pub(crate) fn from_columns(county: &str, organisation: Option<&str>) -> Result<Self, String> {
        let organisation = organisation.map(str::parse).transpose();
        let organisation = organisation.map_err(|error: uuid::Error| error.to_string())?;
        if county == EVERYWHERE {
            return organisation
                .map_or(Ok(Self::All), |id| Err(format!("organisation {id} without a county")));
        }
        let county: County = county.parse().map_err(|error: crate::county::CountyError| error.to_string())?;
        Ok(organisation.map_or(Self::County(county), |id| Self::Organisation(county, id)))
    }
}

/// For logs and lists: `all`, `23`, `23/019…`.
impl fmt::Display for Remit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::County(county) => write!(f, "{county}"),
            Self::Organisation(county, organisation) => write!(f, "{county}/{organisation}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Random, Timestamp};

    #[test]
    fn a_remit_covers_its_own_and_gives_no_wider_one() {
        let [own, other]: [County; 2] = ["23", "22"].map(|code| code.parse().unwrap());
        let [mine, theirs] =
            [1, 2].map(|seed| OrganisationId::new(Timestamp::from_millis(0), &Random::from_seed(seed)));
        let (county, list) = (Remit::County(own), Remit::Organisation(own, mine));
        for (remit, row, covered) in [
            (Remit::All, (other, None), true),
            (county, (own, Some(theirs)), true),
            (county, (other, Some(mine)), false),
            (list, (own, Some(mine)), true),
            (list, (own, Some(theirs)), false),
            (list, (own, None), false),
            (list, (other, Some(mine)), false),
        ] {
            assert_eq!(remit.covers(row.0, row.1), covered, "{remit} {row:?}");
        }
        for (giver, given, may) in [
            (Remit::All, Remit::All, true),
            (Remit::All, list, true),
            (county, Remit::All, false),
            (county, county, true),
            (county, list, true),
            (county, Remit::County(other), false),
            (list, county, false),
        ] {
            assert_eq!(giver.includes(given), may, "{giver} {given}");
        }
        for remit in [Remit::All, county, list] {
            let (county, organisation) = remit.columns();
            assert_eq!(Remit::from_columns(&county, organisation.as_deref()), Ok(remit));
        }
        assert!(Remit::from_columns("", None).is_err() && Remit::from_columns("*", Some("x")).is_err());
    }
}
