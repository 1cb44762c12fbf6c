//! What a node does to those who drive over it: it stops them, or holds them up.

use super::{Direction, Tags};

/// What is no hindrance to a car (OSRM's car profile); whatever else is a barrier lets nobody through who drives.
const OPEN_BARRIERS: [&str; 8] = [
    "cattle_grid",
    "border_control",
    "toll_booth",
    "sally_port",
    "no",
    "entrance",
    "height_restrictor",
    "arch",
];
/// Opened for an emergency, unless they are locked or closed to everybody.
const GATES: [&str; 6] = ["gate", "lift_gate", "swing_gate", "chain", "sliding_gate", "bump_gate"];
/// Until somebody has opened a gate, seconds; one that tells who may pass is opened from the car (OSRM's car profile).
const GATE_S: f64 = 60.0;
/// Waiting, on the average, seconds (OSRM's car profile).
const SIGNALS_S: f64 = 2.0;
const STOP_S: f64 = 2.0;
const GIVE_WAY_S: f64 = 1.0;
/// A car is as high as this, metres (OSRM's car profile).
const CAR_HEIGHT_M: f64 = 2.0;

/// What a node does to those who drive over it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(in super::super) struct Obstacle {
    /// No vehicle gets past.
    pub(in super::super) barrier: bool,
    /// Who is held up, and for how long.
    pub(in super::super) halt: Option<Halt>,
}

/// A place where one is held up.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in super::super) struct Halt {
    pub(in super::super) seconds: f64,
    /// Along the way, or against it; nothing when it does not say.
    pub(in super::super) direction: Option<Direction>,
    pub(in super::super) kind: HaltKind,
}

/// Whom it holds up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum HaltKind {
    /// Everybody.
    Always,
    /// Whoever comes to a junction, not whoever leaves it.
    BeforeJunction,
    /// Whoever comes by a road that others there are faster than.
    FromMinorRoad,
}

/// What a node does to those who drive over it.
pub(in super::super) fn obstacle(tags: Tags<'_>) -> Obstacle {
    let barrier = is_barrier(tags);
    let gate = tags.is("barrier", &GATES) && !barrier && tags.allows_cars().is_none();
    let halt = if gate { Some(halt(GATE_S, None, HaltKind::Always)) } else { sign(tags) };
    Obstacle { barrier, halt }
}

/// Whether no vehicle gets past a node.
fn is_barrier(tags: Tags<'_>) -> bool {
    let Some(barrier) = tags.get("barrier") else { return false };
    let for_emergencies = tags.is("emergency", &["yes", "designated"]);
    let said = tags.allows_cars();
    let shut = said == Some(false) || tags.is("locked", &["yes"]);
    if GATES.contains(&barrier) {
        return shut && !for_emergencies;
    }
    let lowered =
        barrier == "kerb" && (tags.is("kerb", &["lowered", "flush"]) || tags.is("highway", &["crossing"]));
    let rising = tags.is("bollard", &["rising"]);
    let too_low = barrier == "height_restrictor"
        && tags.get("maxheight").and_then(super::measure).is_some_and(|metres| metres < CAR_HEIGHT_M);
    let open = (OPEN_BARRIERS.contains(&barrier) || lowered || rising) && !too_low && said != Some(false);
    !open && said != Some(true) && !for_emergencies
}

fn sign(tags: Tags<'_>) -> Option<Halt> {
    let direction = |key| match tags.get(key)? {
        "forward" => Some(Direction::Along),
        "backward" => Some(Direction::Against),
        _ => None,
    };
    match tags.get("highway")? {
        "traffic_signals" => {
            let direction = direction("traffic_signals:direction").or_else(|| direction("direction"));
            Some(halt(SIGNALS_S, direction, HaltKind::Always))
        }
        "stop" if tags.is("stop", &["minor"]) => {
            Some(halt(STOP_S, direction("direction"), HaltKind::FromMinorRoad))
        }
        "stop" => Some(halt(STOP_S, direction("direction"), HaltKind::BeforeJunction)),
        "give_way" => Some(halt(GIVE_WAY_S, direction("direction"), HaltKind::BeforeJunction)),
        _ => None,
    }
}

const fn halt(seconds: f64, direction: Option<Direction>, kind: HaltKind) -> Halt {
    Halt { seconds, direction, kind }
}
