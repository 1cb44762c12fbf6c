//! What a fresh position says about a person on the way. Pure.

use certus_registry::{Metres, Timestamp};

use crate::incident::{CallOut, Incident, Progress, Report};
use crate::positions::LastPosition;
use crate::task::Task;
use crate::travel::TravelTime;

/// On the scene, or at what is to be fetched: within 25 m of it (definition of the Swedish and Danish trials).
const ARRIVED_WITHIN: Metres = Metres(25.0);
/// Under way: left a circle of 20 m round the place of the yes (same source).
const DEPARTED_BEYOND: Metres = Metres(20.0);
/// A fix vaguer than this says nothing about 20 m.
const ACCURACY_MAX: Metres = Metres(100.0);
/// A change of the expected arrival worth an event, seconds.
const ETA_CHANGE_S: u64 = 60;
/// So far ahead an arrival is looked for on the roads, seconds: 2 h, longer than any policy reaches.
const ETA_MAX_S: u32 = 7_200;

/// What the machine is told about the new position, if it changes anything.
pub(super) fn report(
    now: Timestamp,
    local: &jiff::ZonedDateTime,
    incident: &Incident,
    (callout, task): (&CallOut, &Task),
    last: &LastPosition,
    travel: &dyn TravelTime,
) -> Option<Report> {
    let kept = callout.kept()?;
    if matches!(kept.progress, Progress::OnScene { .. }) || last.fixed_at < kept.accepted_at {
        return None;
    }
    let accuracy = last.accuracy.unwrap_or(Metres(0.0));
    let scene = incident.place.position;
    let is_at = |place| accuracy <= ACCURACY_MAX && last.position.distance_to(place) <= ARRIVED_WITHIN;
    if is_at(scene) {
        return Some(Report::Arrived { note: None });
    }
    let left = |from| last.position.distance_to(from) > Metres(DEPARTED_BEYOND.0 + accuracy.0);
    if kept.progress == Progress::Accepted && kept.from.is_some_and(left) {
        return Some(Report::Departed);
    }
    let stop = match task {
        Task::Fetch { position, .. } if kept.fetched_at.is_none() => Some(*position),
        Task::Fetch { .. } | Task::Straight | Task::Bring { .. } | Task::Guide => None,
    };
    if stop.is_some_and(is_at) {
        return Some(Report::Fetched { note: None });
    }
    let ways = travel.towards(scene, local, ETA_MAX_S);
    let (from, mode) = (last.position, callout.candidate.mode);
    let seconds = match stop {
        None => ways.seconds(from, mode)?,
        Some(stop) => ways.by_way_of(from, stop, mode)?.saturating_add(incident.policy.fetch.0),
    };
    let expected_at = now + std::time::Duration::from_secs(u64::from(seconds));
    let change = expected_at.since(kept.expected_at).max(kept.expected_at.since(expected_at));
    (change.as_secs() >= ETA_CHANGE_S).then_some(Report::ExpectedAt { expected_at })
}
