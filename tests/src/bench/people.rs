//! Volunteers with homes and positions around one place, most of whom may be asked.

use std::time::Duration;

use anyhow::Context as _;
use certus_dispatcher::positions::Point;
use certus_registry::volunteer::{Competence, Vetting, parse_day};
use certus_registry::{
    Availability, CompetenceKind, Duty, Language, Mode, Position, Random, Timestamp, Volunteer, VolunteerId,
};
use rand::RngExt as _;

/// The middle of where everything happens: Östersund.
const CENTRE: (f64, f64) = (63.177, 14.636);
/// Half the width and the height of where people live, degrees: about 30 km each way.
const SPREAD: (f64, f64) = (0.27, 0.6);

/// `count` people: one in ten not approved, one in ten switched off, the others ready at any hour.
pub(super) fn volunteers(
    count: u32,
    now: Timestamp,
    random: &Random,
) -> anyhow::Result<Vec<(Volunteer, Point)>> {
    let until = parse_day("2099-12-31")?;
    (0..count)
        .map(|number| {
            let home = place(random);
            let volunteer = Volunteer {
                id: VolunteerId::new(now, random),
                name: format!("Volontär {number}").parse()?,
                birth_year: None,
                phone: format!("+4670{:07}", 1_740_600 + number).parse()?,
                languages: vec![Language::Swedish],
                competences: vec![Competence { kind: CompetenceKind::Cpr, expires: Some(until) }],
                modes: vec![Mode::Car, Mode::Foot],
                home: Some(Position::new(home.0, home.1)?),
                duty: if number % 10 == 1 { Duty::OFF } else { Duty::ON },
                availability: Availability::ALWAYS,
                vetting: if number % 10 == 0 { Vetting::Applied } else { Vetting::Approved { until } },
                organisation: None,
                county: certus_registry::County::DEFAULT,
            };
            let (lat, lon) = place(random);
            let fixed_at = now - Duration::from_mins(u64::from(number % 60));
            Ok((volunteer, Point { lat, lon, accuracy: Some(25.0), fixed_at }))
        })
        .collect::<anyhow::Result<Vec<_>>>()
        .context("made-up people are valid")
}

/// A place among them, degrees north and east.
pub(super) fn place(random: &Random) -> (f64, f64) {
    let (lat, lon) = random.with(|rng| (rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0)));
    (SPREAD.0.mul_add(lat, CENTRE.0), SPREAD.1.mul_add(lon, CENTRE.1))
}
