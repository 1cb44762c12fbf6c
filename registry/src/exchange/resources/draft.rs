//! A row of a file on its way to a resource: parsed, not yet compared with what is stored.

use std::collections::HashMap;

use super::super::cell::Cell;
use super::super::organisations::{Mention, Organisations};
use super::super::sheet::Row;
use crate::exchange::{RowError, Terms, Why};
use crate::resource::{Confirmation, Location, Months, ResourceCode};
use crate::volunteer::{Day, PersonName, parse_day};
use crate::{
    Catalogue, CompetenceKind, County, Phone, Position, Random, Resource, ResourceId, ResourceKind, Season,
    Timestamp, VolunteerId, WeeklyHours,
};

/// The volunteers whom the file names as keepers.
pub(super) type Keepers = HashMap<Phone, VolunteerId>;

/// What rows refer to.
pub(super) struct Known {
    pub(super) keepers: Keepers,
    pub(super) organisations: Organisations,
    pub(super) kinds: Catalogue,
}

/// What a row says.
#[derive(Debug)]
pub(super) struct Draft {
    pub(super) line: u64,
    pub(super) code: ResourceCode,
    /// As it is written: which there are, the catalogue knows.
    kind: String,
    location: Cell<Whereabouts>,
    place: Cell<PersonName>,
    months: Cell<Months>,
    hours: Cell<WeeklyHours>,
    organisation: Cell<Mention>,
    season: Cell<Season>,
    licence: Cell<CompetenceKind>,
    confirmed: Cell<Day>,
    retired: Cell<Day>,
    county: Option<County>,
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
            season: row.parse("season")?,
            licence: row.parse("licence")?,
            confirmed: row.parse_with("confirmed", parse_day)?,
            retired: row.parse_with("retired", parse_day)?,
            county: row.parse("county")?.value(),
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
        known: &mut Known,
        terms: Terms,
        now: Timestamp,
        random: &Random,
    ) -> Result<Resource, RowError> {
        if let Some(held) = &held {
            terms.covers(self.line, "code", (held.county, held.organisation))?;
        }
        let kind = self.kind(held.as_ref(), &known.kinds)?;
        let location = self.location(held.as_ref(), &known.keepers)?;
        let county = terms.county_of(self.line, self.county, held.as_ref().map(|held| held.county))?;
        let organisation = known.organisations.resolve(self.organisation, terms, now, random)?;
        let held = held.unwrap_or_else(|| {
            Resource::new(ResourceId::new(now, random), self.code.clone(), kind, location, county)
        });
        let organisation = organisation.settle_optional(held.organisation);
        let confirmed_on = self.confirmed.settle_optional(held.confirmed.map(|confirmed| confirmed.on));
        let is_known = |confirmed: &Confirmation| Some(confirmed.on) == confirmed_on;
        let confirmed = held.confirmed.filter(is_known);
        Ok(Resource {
            id: held.id,
            code: self.code,
            kind,
            location,
            place: self.place.settle_optional(held.place),
            months: self.months.settle(held.months, Months::ALL),
            hours: self.hours.settle(held.hours, WeeklyHours::ALWAYS),
            organisation: terms.organisation_of(self.line, organisation)?,
            county,
            season: self.season.settle_optional(held.season),
            licence: self.licence.settle_optional(held.licence),
            confirmed: confirmed.or(confirmed_on.map(|on| Confirmation { on, by: None })),
            retired: self.retired.settle_optional(held.retired),
        })
    }

    fn kind(&self, held: Option<&Resource>, kinds: &Catalogue) -> Result<ResourceKind, RowError> {
        let entry = kinds.named(&self.kind).map_err(|unknown| {
            RowError::new(self.line, "kind", Why::Cell, unknown).found(Some(&self.kind))
        })?;
        if entry.retired && held.is_none_or(|held| held.kind != entry.code) {
            let (code, expected) = (entry.code, kinds.new_ones().join(", "));
            let problem = format!("'{code}' is retired: no new ones; expected one of {expected}");
            return Err(RowError::new(self.line, "kind", Why::RetiredKind, problem));
        }
        Ok(entry.code)
    }

    fn location(&self, held: Option<&Resource>, keepers: &Keepers) -> Result<Location, RowError> {
        match (&self.location, held) {
            (Cell::Value(Whereabouts::Fixed(position)), _) => Ok(Location::Fixed(*position)),
            (Cell::Value(Whereabouts::Keeper(phone)), _) => {
                let keeper = keepers.get(phone).copied().map(Location::Keeper);
                keeper.ok_or_else(|| {
                    RowError::new(
                        self.line,
                        "keeper",
                        Why::NoKeeper,
                        "no volunteer in the registry has this phone",
                    )
                })
            }
            (Cell::Absent, Some(held)) => Ok(held.location),
            (Cell::Absent, None) | (Cell::Empty, _) => Err(RowError::new(
                self.line,
                "lat",
                Why::Nowhere,
                "expected lat and lon, or a keeper's phone",
            )),
        }
    }
}

fn location(row: &Row<'_>) -> Result<Cell<Whereabouts>, RowError> {
    match (row.position("lat", "lon")?, row.parse("keeper")?) {
        (Cell::Value(_), Cell::Value(_)) => {
            Err(row.error("keeper", Why::TwoPlaces, "expected either lat and lon or a keeper, not both"))
        }
        (Cell::Value(position), Cell::Absent | Cell::Empty) => Ok(Cell::Value(Whereabouts::Fixed(position))),
        (Cell::Absent | Cell::Empty, Cell::Value(phone)) => Ok(Cell::Value(Whereabouts::Keeper(phone))),
        (Cell::Absent, Cell::Absent) => Ok(Cell::Absent),
        (Cell::Absent | Cell::Empty, Cell::Absent | Cell::Empty) => Ok(Cell::Empty),
    }
}
