//! A stored volunteer and the way from it to the type that cannot be wrong.

use std::fmt::Display;

use crate::availability::{MonthlyMax, MonthlyMaxError};
use crate::store::damaged;
use crate::vocabulary::words;
use crate::volunteer::{Vetting, parse_day};
use crate::{Availability, BirthYear, Position, RegistryError, Volunteer};

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

impl TryFrom<Row> for Volunteer {
    type Error = RegistryError;

    fn try_from(row: Row) -> Result<Self, RegistryError> {
        let broken = |why: &dyn Display| damaged("volunteer", &row.id, why);
        let vetted_until = row.vetted_until.as_deref().map(parse_day).transpose();
        let vetted_until = vetted_until.map_err(|e| broken(&e))?;
        Ok(Self {
            id: row.id.parse().map_err(|e| broken(&e))?,
            name: row.name.parse().map_err(|e| broken(&e))?,
            birth_year: row.birth_year.map(BirthYear::try_from).transpose().map_err(|e| broken(&e))?,
            phone: row.phone.parse().map_err(|e| broken(&e))?,
            languages: words(&row.languages).map_err(|e| broken(&e))?,
            competences: words(&row.competences).map_err(|e| broken(&e))?,
            modes: words(&row.modes).map_err(|e| broken(&e))?,
            home: position(row.home_lat, row.home_lon).map_err(|e| broken(&e))?,
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
