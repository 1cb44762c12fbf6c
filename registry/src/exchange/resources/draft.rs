//! A row of a file on its way to a resource: parsed, not yet compared with what is stored.

use std::collections::HashMap;

use super::super::cell::Cell;
use super::super::organisations::{Mention, Organisations};
use super::super::sheet::Row;
use crate::exchange::RowError;
use crate::resource::{Location, Months, ResourceCode};
use crate::volunteer::PersonName;
use crate::{
    Phone, Position, Random, Resource, ResourceId, ResourceKind, Timestamp, VolunteerId, WeeklyHours,
};

/// The volunteers whom the file names as keepers.
pub(super) type Keepers = HashMap<Phone, VolunteerId>;

/// What a row says.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) line: u64,
    pub(super) code: ResourceCode,
    kind: ResourceKind,
    location: Cell<Whereabouts>,
    place: Cell<PersonName>,
    months: Cell<Months>,
    hours: Cell<WeeklyHours>,
    organisation: Cell<Mention>,
}

/// A location as a file writes it.
#[derive(Debug)]
enum Whereabouts {
    Fixed(Position),
    Keeper(Phone),
}

impl Draft {
    pub(super) fn parse(row: &Row<'_>) -> Result<Self, RowError> {
        Ok(Self {
            line: row.line,
            code: row.required("code")?,
            kind: row.required("kind")?,
            location: location(row)?,
            place: row.parse("place")?,
            months: row.parse("months")?,
            hours: row.parse("hours")?,
            organisation: Mention::parse(row)?,
        })
    }

    pub(super) fn keeper(&self) -> Option<&Phone> {
        match &self.location {
            Cell::Value(Whereabouts::Keeper(phone)) => Some(phone),
            Cell::Value(Whereabouts::Fixed(_)) | Cell::Empty | Cell::Absent => None,
        }
    }

    /// The resource that results when `held` is stored under this code.
    pub(super) fn settle(
        self,
        held: Option<Resource>,
        keepers: &Keepers,
        organisations: &mut Organisations,
        now: Timestamp,
        random: &Random,
    ) -> Result<Resource, RowError> {
        let location = self.location(held.as_ref(), keepers)?;
        let organisation = organisations.resolve(self.organisation, now, random)?;
        let fresh = || ResourceId::new(now, random);
        let (id, place, months, hours, held_organisation) = match held {
            Some(held) => (held.id, held.place, held.months, held.hours, held.organisation),
            None => (fresh(), None, Months::ALL, WeeklyHours::ALWAYS, None),
        };
        Ok(Resource {
            id,
            code: self.code,
            kind: self.kind,
            location,
            place: self.place.settle_optional(place),
            months: self.months.settle(months, Months::ALL),
            hours: self.hours.settle(hours, WeeklyHours::ALWAYS),
            organisation: organisation.settle_optional(held_organisation),
        })
    }

    fn location(&self, held: Option<&Resource>, keepers: &Keepers) -> Result<Location, RowError> {
        match (&self.location, held) {
            (Cell::Value(Whereabouts::Fixed(position)), _) => Ok(Location::Fixed(*position)),
            (Cell::Value(Whereabouts::Keeper(phone)), _) => {
                let keeper = keepers.get(phone).copied().map(Location::Keeper);
                keeper.ok_or_else(|| {
                    RowError::new(self.line, "keeper", "no volunteer in the registry has this phone")
                })
            }
            (Cell::Absent, Some(held)) => Ok(held.location),
            (Cell::Absent, None) | (Cell::Empty, _) => {
                Err(RowError::new(self.line, "lat", "expected lat and lon, or a keeper's phone"))
            }
        }
    }
}

fn location(row: &Row<'_>) -> Result<Cell<Whereabouts>, RowError> {
    match (row.position("lat", "lon")?, row.parse("keeper")?) {
        (Cell::Value(_), Cell::Value(_)) => {
            Err(row.error("keeper", "expected either lat and lon or a keeper, not both"))
        }
        (Cell::Value(position), Cell::Absent | Cell::Empty) => Ok(Cell::Value(Whereabouts::Fixed(position))),
        (Cell::Absent | Cell::Empty, Cell::Value(phone)) => Ok(Cell::Value(Whereabouts::Keeper(phone))),
        (Cell::Absent, Cell::Absent) => Ok(Cell::Absent),
        (Cell::Absent | Cell::Empty, Cell::Absent | Cell::Empty) => Ok(Cell::Empty),
    }
}
