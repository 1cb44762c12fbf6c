//! A stored volunteer and the way from it to the type that cannot be wrong, and back: what may be sealed is opened and sealed here.

use std::fmt::Display;

use crate::availability::{MonthlyMax, MonthlyMaxError};
use crate::seal::{Place, Seal, Sealer};
use crate::store::damaged;
use crate::vocabulary::words;
use crate::volunteer::{PersonName, Vetting, parse_day};
use crate::{Availability, BirthYear, Phone, Position, RegistryError, Volunteer};

const NAME: &str = "volunteer.name";
pub(super) const PHONE: &str = "volunteer.phone";
const HOME: &str = "volunteer.home";

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: String,
    name: String,
    birth_year: Option<i64>,
    phone: String,
    languages: String,
    competences: String,
    modes: String,
    home_lat: Option<f64>,
    home_lon: Option<f64>,
    home_sealed: Option<String>,
    pub(super) seal: i64,
    duty: String,
    hours: String,
    holidays: String,
    nights: bool,
    exceptions: String,
    monthly_max: Option<i64>,
    vetting: String,
    vetted_until: Option<String>,
    organisation_id: Option<String>,
    county: String,
}

impl Row {
    pub(super) fn open(self, seal: &Seal) -> Result<Volunteer, RegistryError> {
        let row = self;
        let broken = |why: &dyn Display| damaged("volunteer", &row.id, why);
        let vetted_until = row.vetted_until.as_deref().map(parse_day).transpose();
        let vetted_until = vetted_until.map_err(|e| broken(&e))?;
        let place = Place { column: HOME, row: &row.id };
        let home = row.home_sealed.as_deref().map(|home| seal.open(row.seal, place, home)).transpose();
        let home = match home.map_err(|e| broken(&e))? {
            Some(home) => Some(point(&home).ok_or_else(|| broken(&"its home is no point"))?),
            None => position(row.home_lat, row.home_lon).map_err(|e| broken(&e))?,
        };
        Ok(Volunteer {
            id: row.id.parse().map_err(|e| broken(&e))?,
            name: name_of(seal, row.seal, &row.id, &row.name)?,
            birth_year: row.birth_year.map(BirthYear::try_from).transpose().map_err(|e| broken(&e))?,
            phone: phone_of(seal, row.seal, &row.id, &row.phone)?,
            languages: words(&row.languages).map_err(|e| broken(&e))?,
            competences: words(&row.competences).map_err(|e| broken(&e))?,
            modes: words(&row.modes).map_err(|e| broken(&e))?,
            home,
            duty: row.duty.parse().map_err(|e| broken(&e))?,
            availability: Availability {
                hours: row.hours.parse().map_err(|e| broken(&e))?,
                holidays: row.holidays.parse().map_err(|e| broken(&e))?,
                nights: row.nights,
                exceptions: row.exceptions.parse().map_err(|e| broken(&e))?,
                monthly_max: row.monthly_max.map(monthly_max).transpose().map_err(|e| broken(&e))?,
            },
            vetting: Vetting::from_columns(&row.vetting, vetted_until).map_err(|e| broken(&e))?,
            organisation: row.organisation_id.map(|id| id.parse()).transpose().map_err(|e| broken(&e))?,
            county: row.county.parse().map_err(|e| broken(&e))?,
        })
    }
}

fn monthly_max(number: i64) -> Result<MonthlyMax, MonthlyMaxError> {
    u8::try_from(number).map_err(|_| MonthlyMaxError)?.try_into()
}

fn position(lat: Option<f64>, lon: Option<f64>) -> Result<Option<Position>, crate::position::PositionError> {
    lat.zip(lon).map(|(lat, lon)| Position::new(lat, lon)).transpose()
}

/// As [`Stored`] writes it.
fn point(text: &str) -> Option<Position> {
    let (lat, lon) = text.split_once(' ')?;
    Position::new(lat.parse().ok()?, lon.parse().ok()?).ok()
}

/// The name that a row keeps.
pub(in crate::store) fn name_of(
    seal: &Seal,
    number: i64,
    id: &str,
    stored: &str,
) -> Result<PersonName, RegistryError> {
    let broken = |why: &dyn Display| damaged("volunteer", id, why);
    let name = seal.open(number, Place { column: NAME, row: id }, stored).map_err(|e| broken(&e))?;
    name.parse().map_err(|e| broken(&e))
}

/// The phone that a row keeps.
pub(in crate::store) fn phone_of(
    seal: &Seal,
    number: i64,
    id: &str,
    stored: &str,
) -> Result<Phone, RegistryError> {
    let broken = |why: &dyn Display| damaged("volunteer", id, why);
    let phone = seal.open(number, Place { column: PHONE, row: id }, stored).map_err(|e| broken(&e))?;
    phone.parse().map_err(|e| broken(&e))
}

/// What the columns keep of a person that may be sealed.
pub(super) struct Stored {
    pub(super) name: String,
    /// By what they are found.
    pub(super) phone: String,
    pub(super) phone_sealed: Option<String>,
    /// While nothing is sealed.
    pub(super) home: Option<Position>,
    pub(super) home_sealed: Option<String>,
    pub(super) seal: i64,
}

impl Stored {
    pub(super) fn of(sealer: &Sealer, person: &Volunteer) -> Self {
        let id = person.id.to_string();
        let place = |column| Place { column, row: &id };
        let (phone, phone_sealed) = sealer.phone(place(PHONE), &person.phone);
        // A number that is written and read again is the same number.
        let written = person.home.map(|home| format!("{} {}", home.lat(), home.lon()));
        let home_sealed = written.and_then(|home| sealer.bytes(place(HOME), home.as_bytes()));
        Self {
            name: sealer.text(place(NAME), person.name.as_str()),
            phone,
            phone_sealed,
            home: if home_sealed.is_some() { None } else { person.home },
            home_sealed,
            seal: sealer.number(),
        }
    }
}
