//! What OpenStreetMap's tags say about who may use a way, in which direction, and how fast.
//!
//! The policy is that of an emergency: `private`, `destination` and the like are passed, `no` is not, unless
//! `emergency=yes` opens it. Speeds by class, surface and track grade are those of OSRM's car profile; a speed limit is
//! driven at 0.8 of it, as there.

use certus_registry::Mode;

use super::super::kind::{Modes, RoadClass};

/// Of a speed limit so much is driven (OSRM's car profile).
const OF_LIMIT: f64 = 0.8;
/// A ferry without a duration, km/h (OSRM's car profile).
const FERRY_KMH: f64 = 5.0;
/// Nobody is let through who is not on foot or bicycle.
const CLOSED_BARRIERS: [&str; 12] = [
    "bollard",
    "block",
    "jersey_barrier",
    "cycle_barrier",
    "motorcycle_barrier",
    "kissing_gate",
    "stile",
    "turnstile",
    "log",
    "debris",
    "planter",
    "full-height_turnstile",
];
/// Opened for an emergency, unless they are locked or closed to everybody.
const GATES: [&str; 5] = ["gate", "lift_gate", "swing_gate", "chain", "sliding_gate"];

const ALL_THREE: &[Mode] = &[Mode::Car, Mode::Bicycle, Mode::Foot];
const NO_CAR: &[Mode] = &[Mode::Bicycle, Mode::Foot];

/// Each `highway`: its class, km/h by car without a limit, and who uses it when nothing else is said.
const HIGHWAYS: [(&str, RoadClass, f64, &[Mode]); 24] = [
    ("motorway", RoadClass::Motorway, 90.0, &[Mode::Car]),
    ("motorway_link", RoadClass::Motorway, 45.0, &[Mode::Car]),
    ("trunk", RoadClass::Trunk, 85.0, ALL_THREE),
    ("trunk_link", RoadClass::Trunk, 40.0, ALL_THREE),
    ("primary", RoadClass::Primary, 65.0, ALL_THREE),
    ("primary_link", RoadClass::Primary, 30.0, ALL_THREE),
    ("secondary", RoadClass::Secondary, 55.0, ALL_THREE),
    ("secondary_link", RoadClass::Secondary, 25.0, ALL_THREE),
    ("tertiary", RoadClass::Tertiary, 40.0, ALL_THREE),
    ("tertiary_link", RoadClass::Tertiary, 20.0, ALL_THREE),
    ("unclassified", RoadClass::Unclassified, 25.0, ALL_THREE),
    ("road", RoadClass::Unclassified, 25.0, ALL_THREE),
    ("residential", RoadClass::Residential, 25.0, ALL_THREE),
    ("living_street", RoadClass::Residential, 10.0, ALL_THREE),
    ("service", RoadClass::Service, 15.0, ALL_THREE),
    // OSRM drives no tracks; forest roads are the only ones to many places here: 20 km/h (our arithmetic).
    ("track", RoadClass::Track, 20.0, &[Mode::Car, Mode::Bicycle, Mode::Foot, Mode::Snowmobile]),
    ("path", RoadClass::Path, 0.0, NO_CAR),
    ("footway", RoadClass::Path, 0.0, &[Mode::Foot]),
    ("pedestrian", RoadClass::Path, 0.0, NO_CAR),
    ("cycleway", RoadClass::Path, 0.0, NO_CAR),
    ("bridleway", RoadClass::Path, 0.0, NO_CAR),
    ("steps", RoadClass::Path, 0.0, &[Mode::Foot]),
    ("corridor", RoadClass::Path, 0.0, &[Mode::Foot]),
    ("platform", RoadClass::Path, 0.0, &[Mode::Foot]),
];

/// The most that a surface, a smoothness or a grade of track allows, km/h (OSRM's car profile).
const SURFACES: [(&str, &str, f64); 33] = [
    ("surface", "compacted", 80.0),
    ("surface", "fine_gravel", 80.0),
    ("surface", "concrete:lanes", 40.0),
    ("surface", "paving_stones", 60.0),
    ("surface", "grass", 40.0),
    ("surface", "wood", 40.0),
    ("surface", "sett", 40.0),
    ("surface", "grass_paver", 40.0),
    ("surface", "gravel", 40.0),
    ("surface", "unpaved", 40.0),
    ("surface", "ground", 40.0),
    ("surface", "dirt", 40.0),
    ("surface", "pebblestone", 40.0),
    ("surface", "cobblestone", 30.0),
    ("surface", "clay", 30.0),
    ("surface", "earth", 20.0),
    ("surface", "stone", 20.0),
    ("surface", "rocky", 20.0),
    ("surface", "sand", 20.0),
    ("surface", "mud", 10.0),
    ("tracktype", "grade1", 60.0),
    ("tracktype", "grade2", 40.0),
    ("tracktype", "grade3", 30.0),
    ("tracktype", "grade4", 25.0),
    ("tracktype", "grade5", 20.0),
    ("smoothness", "intermediate", 80.0),
    ("smoothness", "bad", 40.0),
    ("smoothness", "very_bad", 20.0),
    ("smoothness", "horrible", 10.0),
    ("smoothness", "very_horrible", 5.0),
    ("smoothness", "impassable", 1.0),
    ("surface", "metal", 60.0),
    ("surface", "bricks", 60.0),
];

/// The tags of a way or a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tags<'a>(pub(super) &'a [(&'a str, &'a str)]);

/// How a way may be used.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Use {
    pub(super) class: RoadClass,
    pub(super) forward: Modes,
    pub(super) backward: Modes,
    pub(super) pace: Pace,
}

/// How fast a car is, or a ferry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pace {
    /// Kilometres in an hour.
    Kmh(f64),
    /// Seconds for the whole way.
    Whole(f64),
}

impl<'a> Tags<'a> {
    fn get(&self, key: &str) -> Option<&'a str> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
    }

    fn is(&self, key: &str, values: &[&str]) -> bool {
        self.get(key).is_some_and(|value| values.contains(&value))
    }

    /// What the most telling of some keys says: may it be passed? Nothing when none is there.
    fn allows(&self, keys: &[&str]) -> Option<bool> {
        keys.iter().find_map(|key| self.get(key)).map(|value| value != "no" && value != "use_sidepath")
    }

    /// Whether a mode may use the way: by its own tags, else by what is usual there.
    fn admits(&self, mode: Mode, usual: bool) -> bool {
        let (general, own): (&[&str], &[&str]) = match mode {
            Mode::Car => {
                (&["motorcar", "motor_vehicle", "vehicle", "access"], &["motorcar", "motor_vehicle"])
            }
            Mode::Bicycle => (&["bicycle", "vehicle", "access"], &["bicycle"]),
            Mode::Foot => (&["foot", "access"], &["foot"]),
            Mode::Snowmobile => (&["snowmobile"], &["snowmobile"]),
            Mode::Boat => (&["motorboat", "boat"], &["motorboat", "boat"]),
        };
        if usual { self.allows(general) != Some(false) } else { self.allows(own) == Some(true) }
    }
}

/// Whether no vehicle gets past a node.
pub(super) fn is_barrier(tags: Tags<'_>) -> bool {
    let closed = tags.is("barrier", &CLOSED_BARRIERS);
    let gate = tags.is("barrier", &GATES);
    let opened = tags.is("emergency", &["yes", "designated"])
        || tags.allows(&["motorcar", "motor_vehicle", "vehicle", "access"]) == Some(true);
    let shut = tags.is("locked", &["yes"])
        || tags.allows(&["motorcar", "motor_vehicle", "vehicle", "access"]) == Some(false);
    (closed && !opened) || (gate && shut && !tags.is("emergency", &["yes", "designated"]))
}

/// How a way may be used; nothing when it is of no use to anybody.
pub(super) fn usage(tags: Tags<'_>) -> Option<Use> {
    let usage = if tags.get("route") == Some("ferry") {
        Some(ferry(tags))
    } else if tags.get("highway").is_some() {
        highway(tags).or_else(|| trail(tags))
    } else {
        trail(tags).or_else(|| waterway(tags))
    };
    usage.filter(|usage| !usage.forward.union(usage.backward).is_empty())
}

fn highway(tags: Tags<'_>) -> Option<Use> {
    let name = tags.get("highway")?;
    let (_, class, kmh, usual) = *HIGHWAYS.iter().find(|(highway, ..)| *highway == name)?;
    if tags.is("area", &["yes"]) {
        return None;
    }
    let possible = [Mode::Car, Mode::Bicycle, Mode::Foot, Mode::Snowmobile];
    let admitted = possible.iter().filter(|mode| tags.admits(**mode, usual.contains(mode)));
    let mut modes = admitted.fold(Modes::NONE, |set, mode| set.with(*mode));
    if usual.contains(&Mode::Car) && tags.is("emergency", &["yes", "designated"]) {
        modes = modes.with(Mode::Car);
    }
    if kmh == 0.0 {
        modes = modes.without(Mode::Car);
    }
    if is_snow_trail(tags) {
        modes = modes.with(Mode::Snowmobile);
    }
    let [forward, backward] = directed(tags, modes);
    Some(Use { class, forward, backward, pace: Pace::Kmh(car_kmh(tags, kmh)) })
}

/// What holds for vehicles in one direction only; a bicycle may be let through against it.
fn directed(tags: Tags<'_>, modes: Modes) -> [Modes; 2] {
    let cycles_both = tags.get("oneway:bicycle") == Some("no")
        || tags.get("cycleway").is_some_and(|value| value.starts_with("opposite"));
    let against = modes.without(Mode::Car);
    let against = if cycles_both { against } else { against.without(Mode::Bicycle) };
    let round = tags.is("junction", &["roundabout", "circular"]) || tags.is("highway", &["motorway"]);
    match tags.get("oneway") {
        Some("yes" | "true" | "1") => [modes, against],
        Some("-1" | "reverse") => [against, modes],
        Some("reversible" | "alternating") => [modes.without(Mode::Car); 2],
        None if round => [modes, against],
        Some(_) | None => [modes, modes],
    }
}

/// By the limit, else by the class; never more than the ground allows.
fn car_kmh(tags: Tags<'_>, of_class: f64) -> f64 {
    let by_law = tags.get("maxspeed").and_then(limit_kmh).map(|limit| limit * OF_LIMIT);
    let ground =
        SURFACES.iter().filter(|(key, value, _)| tags.get(key) == Some(value)).map(|(_, _, kmh)| *kmh);
    ground.fold(by_law.unwrap_or(of_class), f64::min)
}

/// A speed limit, km/h.
fn limit_kmh(text: &str) -> Option<f64> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|kmh| (5.0..=200.0).contains(kmh));
    match text {
        "SE:urban" => Some(50.0),
        "SE:rural" => Some(70.0),
        "SE:trunk" => Some(90.0),
        "SE:motorway" => Some(110.0),
        "walk" => Some(5.0),
        _ => text.strip_suffix("mph").map_or_else(|| number(text), |miles| Some(number(miles)? * 1.609_344)),
    }
}

/// Marked for snowmobiles or for skiers, and not closed to snowmobiles.
fn is_snow_trail(tags: Tags<'_>) -> bool {
    let marked = tags.is("snowmobile", &["yes", "designated", "permissive", "official"]);
    let piste =
        tags.is("piste:type", &["nordic", "skitour", "sled", "sleigh", "hike", "connection", "snowmobile"]);
    (marked || piste) && tags.allows(&["snowmobile"]) != Some(false) && !tags.is("area", &["yes"])
}

/// A trail that is no road; in the season only, which the search knows.
fn trail(tags: Tags<'_>) -> Option<Use> {
    let modes = Modes::of(&[Mode::Snowmobile]);
    let usage = Use { class: RoadClass::SnowTrail, forward: modes, backward: modes, pace: Pace::Kmh(0.0) };
    is_snow_trail(tags).then_some(usage)
}

/// Rivers, canals and fairways that are marked for boats.
fn waterway(tags: Tags<'_>) -> Option<Use> {
    let navigable = tags.is("waterway", &["fairway", "canal"]) && tags.admits(Mode::Boat, true);
    let marked = tags.get("waterway").is_some() && tags.admits(Mode::Boat, false);
    let modes = Modes::of(&[Mode::Boat]);
    let usage = Use { class: RoadClass::Waterway, forward: modes, backward: modes, pace: Pace::Kmh(0.0) };
    (navigable || marked).then_some(usage)
}

/// A ferry takes those whom its tags name; when they name nobody, everybody. Boats follow its line.
fn ferry(tags: Tags<'_>) -> Use {
    let named =
        ["motorcar", "motor_vehicle", "vehicle", "bicycle", "foot"].iter().any(|key| tags.get(key).is_some());
    let cars = !named || tags.allows(&["motorcar", "motor_vehicle", "vehicle"]) == Some(true);
    let mut modes = Modes::of(&[Mode::Boat]);
    for (mode, usual) in [(Mode::Car, cars), (Mode::Bicycle, true), (Mode::Foot, true)] {
        if tags.admits(mode, usual) {
            modes = modes.with(mode);
        }
    }
    let pace = tags.get("duration").and_then(duration_s).map_or(Pace::Kmh(FERRY_KMH), Pace::Whole);
    let [forward, backward] = directed(tags, modes);
    Use { class: RoadClass::Ferry, forward, backward, pace }
}

/// `7` (minutes), `00:07`, `00:07:30` or `PT7M`, in seconds.
fn duration_s(text: &str) -> Option<f64> {
    let parts: Option<Vec<f64>> = text.split(':').map(|part| part.trim().parse().ok()).collect();
    let seconds = match parts.as_deref() {
        Some([minutes]) => minutes * 60.0,
        Some([hours, minutes]) => (hours * 60.0 + minutes) * 60.0,
        Some([hours, minutes, seconds]) => (hours * 60.0 + minutes) * 60.0 + seconds,
        Some(_) | None => text.parse::<jiff::SignedDuration>().ok()?.as_secs_f64(),
    };
    (seconds > 0.0).then_some(seconds)
}

#[cfg(test)]
mod tests;
