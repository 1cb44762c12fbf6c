//! Invented people and resources, spread over the county by population. Same seed, same people.

use certus_registry::catalogue::FIRST_KINDS;
use certus_registry::resource::{Location, Months, ResourceCode};
use certus_registry::volunteer::{Competence, PersonName, Vetting};
use certus_registry::{
    Availability, CompetenceKind, County, Duty, Language, Mode, Position, Random, Resource, ResourceId,
    ResourceKind, Timestamp, Volunteer, VolunteerId, WeeklyHours,
};
use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;

use super::places::Place;

/// How many volunteers and resources the demo has.
pub(super) const VOLUNTEERS: usize = 600;
pub(super) const RESOURCES: usize = 120;

const GIVEN: [&str; 32] = [
    "Anna", "Erik", "Karin", "Lars", "Ingrid", "Nils", "Märta", "Olof", "Sara", "Per", "Elsa", "Johan",
    "Kristin", "Anders", "Maja", "Sven", "Lovisa", "Göran", "Ida", "Mats", "Brita", "Jonas", "Ylva", "Åke",
    "Signe", "Emil", "Tove", "Bengt", "Aina", "Hans", "Ella", "Mikael",
];
const FAMILY: [&str; 28] = [
    "Berg",
    "Nilsson",
    "Jonsson",
    "Fjällström",
    "Lindqvist",
    "Norberg",
    "Ek",
    "Dahl",
    "Persson",
    "Sundin",
    "Hed",
    "Åslund",
    "Öberg",
    "Storm",
    "Mård",
    "Renström",
    "Granlund",
    "Myhr",
    "Kjellberg",
    "Frost",
    "Lund",
    "Hägg",
    "Wiklund",
    "Moen",
    "Backman",
    "Sjödin",
    "Westin",
    "Tjärn",
];

/// Everybody in the invented county.
pub(super) fn volunteers(now: Timestamp, random: &Random, places: &[Place]) -> Vec<Volunteer> {
    (0..VOLUNTEERS)
        .map(|number| random.fork().with(|rng| volunteer(now, random, rng, number, places)))
        .collect()
}

/// AEDs, snowmobiles, boats and the rest.
pub(super) fn resources(now: Timestamp, random: &Random, places: &[Place]) -> Vec<Resource> {
    (0..RESOURCES)
        .map(|number| random.fork().with(|rng| resource(now, random, rng, number, places)))
        .collect()
}

fn volunteer(
    now: Timestamp,
    random: &Random,
    rng: &mut ChaCha12Rng,
    number: usize,
    places: &[Place],
) -> Volunteer {
    let name = format!("{} {}", pick(rng, &GIVEN), pick(rng, &FAMILY));
    let today = now.in_zone(&jiff::tz::TimeZone::UTC).date();
    let day = |days: i64| today.saturating_add(jiff::Span::new().days(days));
    let place = by_population(rng, places);
    let home = scatter(rng, place.position, 0.06);
    Volunteer {
        id: VolunteerId::new(now, random),
        name: PersonName::try_from(name).expect("the lists hold names"),
        birth_year: None,
        // +999 is a country code that nobody has (ITU-T E.164): these numbers ring nowhere.
        phone: format!("+999100{number:05}").parse().expect("twelve digits"),
        languages: if rng.random_bool(0.9) { vec![Language::Swedish] } else { vec![Language::English] },
        competences: competences(rng, &day),
        modes: modes(rng),
        home: Some(home),
        duty: if rng.random_bool(0.92) { Duty::ON } else { Duty::OFF },
        availability: if rng.random_bool(0.8) {
            Availability::ALWAYS
        } else {
            Availability::within(daytime())
        },
        vetting: match rng.random_range(0..20) {
            0 => Vetting::Applied,
            1 => Vetting::Approved { until: day(-30) },
            _ => Vetting::Approved { until: day(500) },
        },
        organisation: None,
        county: County::DEFAULT,
    }
}

fn daytime() -> WeeklyHours {
    "mon-sun 07-23".parse().expect("a constant")
}

fn competences(rng: &mut ChaCha12Rng, day: &dyn Fn(i64) -> jiff::civil::Date) -> Vec<Competence> {
    let shares = [
        (CompetenceKind::Cpr, 0.7),
        (CompetenceKind::FirstAid, 0.4),
        (CompetenceKind::Healthcare, 0.12),
        (CompetenceKind::Firefighter, 0.12),
        (CompetenceKind::Search, 0.25),
        (CompetenceKind::AnimalTracking, 0.1),
        (CompetenceKind::MountainRescue, 0.08),
        (CompetenceKind::Driver, 0.3),
        (CompetenceKind::CivilDefence, 0.15),
    ];
    let held = shares.into_iter().filter(|(_, share)| rng.random_bool(*share)).collect::<Vec<_>>();
    let expires = |rng: &mut ChaCha12Rng| Some(day(rng.random_range(-40..700)));
    held.into_iter().map(|(kind, _)| Competence { kind, expires: expires(rng) }).collect()
}

fn modes(rng: &mut ChaCha12Rng) -> Vec<Mode> {
    let mut modes = vec![Mode::Foot];
    let shares = [(Mode::Car, 0.85), (Mode::Bicycle, 0.2), (Mode::Snowmobile, 0.25)];
    modes.extend(shares.into_iter().filter(|(_, share)| rng.random_bool(*share)).map(|(mode, _)| mode));
    modes
}

fn resource(
    now: Timestamp,
    random: &Random,
    rng: &mut ChaCha12Rng,
    number: usize,
    places: &[Place],
) -> Resource {
    let kind = if number.is_multiple_of(2) { ResourceKind::AED } else { *pick(rng, &FIRST_KINDS) };
    let winter_only = [ResourceKind::SNOWMOBILE, ResourceKind::RESCUE_SLED].contains(&kind);
    let place = by_population(rng, places);
    let months = if winter_only { "12,1-4" } else { "all" };
    let code = ResourceCode::try_from(format!("DEMO-{number:03}")).expect("letters and digits");
    let location = Location::Fixed(scatter(rng, place.position, 0.01));
    Resource {
        place: Some(PersonName::try_from(place.name.to_owned()).expect("a place's name")),
        months: Months::try_from(months.to_owned()).expect("a constant"),
        // A third hangs in a shop that closes.
        hours: if rng.random_ratio(1, 3) {
            "mon-sun 07-22".parse().expect("a constant")
        } else {
            WeeklyHours::ALWAYS
        },
        ..Resource::new(ResourceId::new(now, random), code, kind, location, County::DEFAULT)
    }
}

/// A place drawn with the odds of its population.
pub(super) fn by_population<'a>(rng: &mut ChaCha12Rng, places: &'a [Place]) -> &'a Place {
    // The square root keeps Östersund from taking everything: half the county lives there.
    let weight = |place: &Place| f64::from(place.population).sqrt();
    let total: f64 = places.iter().map(weight).sum();
    let mut left = rng.random_range(0.0..total);
    for place in places {
        left -= weight(place);
        if left <= 0.0 {
            return place;
        }
    }
    &places[places.len() - 1]
}

/// A point up to `degrees` of latitude away, and as far in metres to the east or west.
pub(super) fn scatter(rng: &mut ChaCha12Rng, around: Position, degrees: f64) -> Position {
    let (north, east) = (rng.random_range(-degrees..degrees), rng.random_range(-degrees..degrees));
    let east = east / around.lat().to_radians().cos();
    Position::new(around.lat() + north, around.lon() + east).unwrap_or(around)
}

/// One of a list.
pub(super) fn pick<'a, T>(rng: &mut ChaCha12Rng, list: &'a [T]) -> &'a T {
    &list[rng.random_range(0..list.len())]
}
