//! How fast a car is: by the limit, else by the class, and never faster than the ground allows.
//!
//! The figures are those of OSRM's car profile (`profiles/car.lua` in osrm-backend), the limits by zone those that
//! `wiki.openstreetmap.org/wiki/Speed_limits` and the national laws give.

use super::{Direction, Tags};

/// Of a speed limit so much is driven (OSRM's car profile).
const OF_LIMIT: f64 = 0.8;
/// Over a bridge that opens, when nothing says how fast, km/h (OSRM's car profile): now and then it is open.
const MOVABLE_BRIDGE_KMH: f64 = 5.0;
/// A mile, kilometres.
const MILE: f64 = 1.609_344;
/// What tells of a limit, the most telling first.
const LIMIT_KEYS: [&str; 4] = ["maxspeed:advisory", "maxspeed", "source:maxspeed", "maxspeed:type"];

/// Limits by zone, km/h: of these countries, by what follows the colon. 0: there is none, and the class decides.
const ZONES: [(&str, &[(&str, f64)]); 26] = [
    ("SE", &[("rural", 70.0), ("trunk", 90.0), ("motorway", 110.0)]),
    ("AT", &[("rural", 100.0), ("trunk", 100.0)]),
    ("AR", &[("urban", 40.0), ("rural", 110.0)]),
    ("BE", &[("motorway", 120.0)]),
    ("BE-BRU", &[("rural", 70.0), ("urban", 30.0)]),
    ("BE-VLG", &[("rural", 70.0)]),
    ("BG", &[("motorway", 140.0)]),
    ("BY", &[("urban", 60.0), ("motorway", 110.0)]),
    ("CA-ON", &[("rural", 80.0)]),
    ("CH", &[("rural", 80.0), ("trunk", 100.0), ("motorway", 120.0)]),
    ("DE", &[("rural", 100.0), ("living_street", 7.0), ("motorway", 0.0)]),
    ("DK", &[("rural", 80.0)]),
    ("ES", &[("trunk", 90.0)]),
    ("FI", &[("rural", 80.0), ("trunk", 100.0), ("motorway", 120.0)]),
    ("FR", &[("rural", 80.0)]),
    ("GB", &[("nsl_single", 96.54), ("nsl_dual", 112.63), ("motorway", 112.63), ("urban", 48.28)]),
    ("UK", &[("nsl_single", 96.54), ("nsl_dual", 112.63), ("motorway", 112.63), ("urban", 48.28)]),
    ("LV", &[("living_street", 20.0)]),
    ("NL", &[("rural", 80.0), ("trunk", 100.0)]),
    ("NO", &[("rural", 80.0), ("motorway", 110.0)]),
    ("PH", &[("urban", 40.0), ("rural", 80.0), ("motorway", 100.0)]),
    ("PL", &[("rural", 100.0), ("expressway", 120.0), ("motorway", 140.0)]),
    ("RO", &[("trunk", 100.0)]),
    ("RU", &[("living_street", 20.0), ("urban", 60.0), ("motorway", 110.0)]),
    ("ZA", &[("urban", 60.0), ("rural", 100.0)]),
    // Of every other country.
    ("", &[("urban", 50.0), ("rural", 90.0), ("trunk", 110.0), ("motorway", 130.0), ("bicycle_road", 30.0)]),
];

/// The most that a surface, a grade of track or a smoothness allows, km/h.
const GROUND: [(&str, &[(&str, f64)]); 3] = [
    (
        "surface",
        &[
            ("cement", 80.0),
            ("compacted", 80.0),
            ("fine_gravel", 80.0),
            ("paving_stones", 60.0),
            ("metal", 60.0),
            ("bricks", 60.0),
            ("concrete:lanes", 40.0),
            ("grass", 40.0),
            ("wood", 40.0),
            ("sett", 40.0),
            ("grass_paver", 40.0),
            ("gravel", 40.0),
            ("unpaved", 40.0),
            ("ground", 40.0),
            ("dirt", 40.0),
            ("pebblestone", 40.0),
            ("tartan", 40.0),
            ("cobblestone", 30.0),
            ("clay", 30.0),
            ("snow", 30.0),
            ("earth", 20.0),
            ("stone", 20.0),
            ("rocky", 20.0),
            ("sand", 20.0),
            ("ice", 20.0),
            ("laterite", 15.0),
            ("mud", 10.0),
        ],
    ),
    (
        "tracktype",
        &[("grade1", 60.0), ("grade2", 40.0), ("grade3", 30.0), ("grade4", 25.0), ("grade5", 20.0)],
    ),
    (
        "smoothness",
        &[
            ("intermediate", 80.0),
            ("bad", 40.0),
            ("very_bad", 20.0),
            ("horrible", 10.0),
            ("very_horrible", 5.0),
            ("impassable", 1.0),
        ],
    ),
];

/// Kilometres in an hour along a way and against it, where its class alone would say `of_class`.
pub(super) fn car_kmh(tags: Tags<'_>, of_class: f64) -> [f64; 2] {
    let of_class = if tags.get("bridge") == Some("movable") { MOVABLE_BRIDGE_KMH } else { of_class };
    let ground = GROUND.iter().filter_map(|(key, allowed)| of(allowed, tags.get(key)?));
    let ground = ground.fold(f64::INFINITY, f64::min);
    Direction::BOTH.map(|direction| {
        let limit = LIMIT_KEYS.iter().find_map(|key| tags.towards(key, direction)).and_then(limit_kmh);
        limit.map_or(of_class, |limit| limit * OF_LIMIT).min(ground)
    })
}

/// A speed limit, km/h: a number, one of miles, or a zone.
fn limit_kmh(text: &str) -> Option<f64> {
    let digits = text.trim().split(|letter: char| !letter.is_ascii_digit() && letter != '.').next()?;
    let number =
        digits.parse::<f64>().ok().map(|number| if is_in_miles(text) { number * MILE } else { number });
    let unlimited = (text == "none").then_some(140.0);
    number.or(unlimited).or_else(|| zone_kmh(text)).filter(|kmh| (5.0..=200.0).contains(kmh))
}

fn is_in_miles(text: &str) -> bool {
    text.contains("mph") || text.contains("mp/h")
}

/// `SE:urban`, `DE:zone30`, `FR:zone:30` or `BE:30`.
fn zone_kmh(text: &str) -> Option<f64> {
    let (country, zone) = text.split_once(':')?;
    let written = zone.trim_start_matches(|letter: char| !letter.is_ascii_digit());
    let of_country = ZONES.iter().filter(|(code, _)| code.is_empty() || code.eq_ignore_ascii_case(country));
    written.parse().ok().or_else(|| of_country.into_iter().find_map(|(_, zones)| of(zones, zone)))
}

fn of(table: &[(&str, f64)], value: &str) -> Option<f64> {
    table.iter().find(|(name, _)| *name == value).map(|(_, kmh)| *kmh)
}
