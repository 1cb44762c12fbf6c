//! What OpenStreetMap's tags say about who may use a way, in which direction, and how fast.
//!
//! The policy is that of an emergency: `private`, `destination`, `agricultural` and the like are passed; `no`, and what is for
//! buses, taxis or people on foot, is not, unless `emergency=yes` opens it. OSRM's car profile passes `private` only where a
//! way begins or ends, and drives no tracks; both are differences on purpose. What is a fact about cars and roads, their
//! speeds, sizes and delays, is that profile's (`profiles/car.lua` in osrm-backend).

mod nodes;
mod speeds;

use certus_registry::Mode;

use super::super::kind::{Modes, RoadClass};
pub(super) use nodes::{Halt, HaltKind, Obstacle, obstacle};
use speeds::car_kmh;

/// A ferry without a duration, km/h (OSRM's car profile).
const FERRY_KMH: f64 = 5.0;
/// Where nothing but its tags lets a car in, km/h (OSRM's car profile).
const LET_IN_KMH: f64 = 10.0;
/// What a car is, metres and tonnes (OSRM's car profile).
const HEIGHT_M: f64 = 2.0;
const WIDTH_M: f64 = 1.9;
const LENGTH_M: f64 = 4.8;
const WEIGHT_T: f64 = 2.0;

/// What tells whether a car may pass, the most telling first.
const VEHICLES: [&str; 4] = ["motorcar", "motor_vehicle", "vehicle", "access"];
/// What a tag says that keeps people out in an emergency too: what is for others lies behind barriers or is not for cars.
const CLOSED: [&str; 10] =
    ["no", "use_sidepath", "foot", "bicycle", "psv", "bus", "minibus", "taxi", "share_taxi", "military"];

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
    ("path", RoadClass::Path, LET_IN_KMH, NO_CAR),
    ("footway", RoadClass::Path, LET_IN_KMH, &[Mode::Foot]),
    ("pedestrian", RoadClass::Path, LET_IN_KMH, NO_CAR),
    ("cycleway", RoadClass::Path, LET_IN_KMH, NO_CAR),
    ("bridleway", RoadClass::Path, LET_IN_KMH, NO_CAR),
    ("steps", RoadClass::Path, LET_IN_KMH, &[Mode::Foot]),
    ("corridor", RoadClass::Path, LET_IN_KMH, &[Mode::Foot]),
    ("platform", RoadClass::Path, LET_IN_KMH, &[Mode::Foot]),
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
    /// A roundabout: one drives round and meets nobody.
    pub(super) round: bool,
}

/// A direction along a way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Along,
    Against,
}

impl Direction {
    const BOTH: [Self; 2] = [Self::Along, Self::Against];
}

/// How fast a car is, or a ferry.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pace {
    /// Kilometres in an hour, along the way and against it.
    Kmh([f64; 2]),
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

    /// What a key says of one direction: under its own name, else of both.
    fn towards(&self, key: &str, direction: Direction) -> Option<&'a str> {
        let end = match direction {
            Direction::Along => ":forward",
            Direction::Against => ":backward",
        };
        let own = self.0.iter().find(|(name, _)| name.strip_prefix(key) == Some(end));
        own.map(|(_, value)| *value).or_else(|| self.get(key))
    }

    /// What the most telling of some keys says: may it be passed? Nothing when none is there.
    fn allows(&self, keys: &[&str]) -> Option<bool> {
        keys.iter().find_map(|key| self.get(key)).map(|value| value != "no" && value != "use_sidepath")
    }

    /// The same about cars.
    fn allows_cars(&self) -> Option<bool> {
        VEHICLES.iter().find_map(|key| self.get(key)).map(lets_cars_in)
    }

    /// Whether a mode may use the way: by its own tags, else by what is usual there.
    fn admits(&self, mode: Mode, usual: bool) -> bool {
        let (general, own): (&[&str], &[&str]) = match mode {
            Mode::Car if usual => return self.allows_cars() != Some(false),
            Mode::Car => {
                return VEHICLES[..2].iter().any(|key| self.is(key, &["yes", "permissive", "designated"]));
            }
            Mode::Bicycle => (&["bicycle", "vehicle", "access"], &["bicycle"]),
            Mode::Foot => (&["foot", "access"], &["foot"]),
            Mode::Snowmobile => (&["snowmobile"], &["snowmobile"]),
            Mode::Boat => (&["motorboat", "boat"], &["motorboat", "boat"]),
        };
        if usual { self.allows(general) != Some(false) } else { self.allows(own) == Some(true) }
    }
}

/// Whether a value of an access tag lets a car through; of several one is enough.
fn lets_cars_in(value: &str) -> bool {
    value.split(';').any(|one| !CLOSED.contains(&one.trim()))
}

/// A measure, metres or tonnes: `2`, `1,9`, `2.5 m`. Feet and inches are as good as nothing.
fn measure(text: &str) -> Option<f64> {
    let text = text.replace(',', ".");
    let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let number = text[..text.len() - unit.len()].parse().ok();
    number.filter(|_| ["", "m", "t"].contains(&unit.trim()))
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
    if is_shut(tags) || !fits(tags) || name == "steps" {
        modes = modes.without(Mode::Car);
    }
    if is_snow_trail(tags) {
        modes = modes.with(Mode::Snowmobile);
    }
    let [forward, backward] = directed(tags, modes);
    let pace = Pace::Kmh(car_kmh(tags, kmh));
    Some(Use { class, forward, backward, pace, round: is_round(tags) })
}

/// Nothing can be driven here at present, whatever the road will be or was.
fn is_shut(tags: Tags<'_>) -> bool {
    let built = tags.get("construction").is_some_and(|value| !["no", "widening", "minor"].contains(&value));
    built || tags.is("impassable", &["yes"]) || tags.is("status", &["impassable"])
}

/// Whether a car is not too high, wide, long or heavy.
fn fits(tags: Tags<'_>) -> bool {
    let says = |keys: &[&str]| keys.iter().find_map(|key| tags.get(key)).and_then(measure);
    says(&["maxheight:physical", "maxheight"]).is_none_or(|metres| metres >= HEIGHT_M)
        && says(&["maxwidth:physical", "maxwidth", "width", "est_width"])
            .is_none_or(|metres| metres > WIDTH_M)
        && says(&["maxlength"]).is_none_or(|metres| metres >= LENGTH_M)
        && says(&["maxweightrating", "maxweight"]).is_none_or(|tonnes| tonnes >= WEIGHT_T)
}

fn is_round(tags: Tags<'_>) -> bool {
    tags.is("junction", &["roundabout", "circular"])
}

/// What holds for vehicles in one direction only; a bicycle may be let through against it.
fn directed(tags: Tags<'_>, modes: Modes) -> [Modes; 2] {
    let cycles_both = tags.get("oneway:bicycle") == Some("no")
        || tags.get("cycleway").is_some_and(|value| value.starts_with("opposite"));
    let no_car = modes.without(Mode::Car);
    let against = if cycles_both { no_car } else { no_car.without(Mode::Bicycle) };
    let for_cars = ["oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle"];
    let [along, against] = match for_cars.iter().find_map(|key| tags.get(key)).or_else(|| tags.get("oneway"))
    {
        Some("yes" | "true" | "1") => [modes, against],
        Some("-1" | "reverse") => [against, modes],
        Some("reversible") => [no_car; 2],
        None if is_round(tags) || tags.is("highway", &["motorway"]) => [modes, against],
        Some(_) | None => [modes, modes],
    };
    let closed = |direction| {
        let said = VEHICLES.iter().find_map(|key| tags.towards(key, direction));
        said.is_some_and(|value| !lets_cars_in(value)) && !tags.is("emergency", &["yes", "designated"])
    };
    let open = |modes: Modes, direction| if closed(direction) { modes.without(Mode::Car) } else { modes };
    [open(along, Direction::Along), open(against, Direction::Against)]
}

/// Of a relation that restricts a car's turns: whether to these only, or to all but these.
pub(super) fn restricts_to(tags: Tags<'_>) -> Option<bool> {
    let keys = ["restriction:motorcar", "restriction:motor_vehicle", "restriction:vehicle", "restriction"];
    let excepted = tags.get("except").is_some_and(|whom| {
        whom.split(';').any(|whom| ["motorcar", "motor_vehicle", "vehicle"].contains(&whom.trim()))
    });
    let said = keys
        .iter()
        .find_map(|key| tags.get(key))
        .filter(|_| !excepted && tags.is("type", &["restriction"]))?;
    let (only, no) = (said.starts_with("only_"), said.starts_with("no_"));
    (only || no).then_some(only)
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
    let usage = Use {
        class: RoadClass::SnowTrail,
        forward: modes,
        backward: modes,
        pace: Pace::Kmh([0.0; 2]),
        round: false,
    };
    is_snow_trail(tags).then_some(usage)
}

/// Rivers, canals and fairways that are marked for boats.
fn waterway(tags: Tags<'_>) -> Option<Use> {
    let navigable = tags.is("waterway", &["fairway", "canal"]) && tags.admits(Mode::Boat, true);
    let marked = tags.get("waterway").is_some() && tags.admits(Mode::Boat, false);
    let modes = Modes::of(&[Mode::Boat]);
    let usage = Use {
        class: RoadClass::Waterway,
        forward: modes,
        backward: modes,
        pace: Pace::Kmh([0.0; 2]),
        round: false,
    };
    (navigable || marked).then_some(usage)
}

/// What is no water for boats, though it is mapped as water.
const NO_LAKES: [&str; 7] =
    ["wastewater", "basin", "fountain", "pool", "reflecting_pool", "fish_pass", "lock"];

/// The outline of water on which boats go.
pub(super) fn is_water(tags: Tags<'_>) -> bool {
    let mapped = tags.is("natural", &["water"]) || tags.is("waterway", &["riverbank"]);
    mapped
        && tags.admits(Mode::Boat, true)
        && !tags.is("water", &NO_LAKES)
        && !tags.is("intermittent", &["yes"])
}

/// A line with the sea to its right.
pub(super) fn is_coast(tags: Tags<'_>) -> bool {
    tags.is("natural", &["coastline"])
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
    let pace = tags.get("duration").and_then(duration_s).map_or(Pace::Kmh([FERRY_KMH; 2]), Pace::Whole);
    let [forward, backward] = directed(tags, modes);
    Use { class: RoadClass::Ferry, forward, backward, pace, round: false }
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
