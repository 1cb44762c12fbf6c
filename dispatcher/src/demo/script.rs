//! What happens in the invented county, and what its operator and its ambulances do.

use std::collections::BTreeMap;
use std::collections::btree_map::OccupiedEntry;
use std::time::Duration;

use certus_registry::{EventType, Random, Timestamp};
use rand::RngExt as _;
use rand::rngs::ChaCha12Rng;

use super::people::{by_population, pick, scatter};
use super::places::Place;
use crate::engine::Raise;
use crate::incident::{self, Event};

/// From one emergency to the next: far more than a county has, so that the demo is worth watching.
const BETWEEN: std::ops::Range<u64> = 240..900;
/// How long after the ambulance the operator closes.
const CLOSING: std::ops::Range<u64> = 25..50;
/// Cardiac arrests are what the network is for; the rest in turn.
const EVENTS: [EventType; 10] = [
    EventType::CardiacArrest,
    EventType::Accident,
    EventType::CardiacArrest,
    EventType::Fire,
    EventType::CardiacArrest,
    EventType::MissingPerson,
    EventType::Accident,
    EventType::AnimalSearch,
    EventType::Evacuation,
    EventType::Other,
];
const ADDRESSES: [&str; 5] =
    ["Storgatan 12", "Skolvägen 3", "Byvägen 47", "stugan vid sjön", "Gamla landsvägen 8"];

/// Something the operator does.
pub(super) enum Turn {
    /// Raises the emergency with this number.
    Raise(usize, Box<Raise>),
    /// Says something about it.
    Report(usize, Event),
}

/// One emergency.
struct Emergency {
    raise: Option<Raise>,
    /// When the ambulance really arrives.
    ambulance_at: Timestamp,
}

/// The whole script, drawn once.
pub(super) struct Script {
    emergencies: Vec<Emergency>,
    agenda: BTreeMap<(Timestamp, usize, u8), Event>,
    raises: BTreeMap<Timestamp, usize>,
}

impl Script {
    pub(super) fn new(start: Timestamp, random: &Random, places: &[Place], incidents: u32) -> Self {
        let mut script = Self { emergencies: Vec::new(), agenda: BTreeMap::new(), raises: BTreeMap::new() };
        let mut at = start;
        for number in 0..incidents as usize {
            at = random.fork().with(|rng| script.add(at, rng, number, places));
        }
        script
    }

    fn add(&mut self, at: Timestamp, rng: &mut ChaCha12Rng, number: usize, places: &[Place]) -> Timestamp {
        let place = by_population(rng, places);
        let expected = place.ambulance_minutes() * rng.random_range(0.6..1.5);
        let eta = at + Duration::from_secs_f64(expected * 60.0);
        let ambulance_at = at + Duration::from_secs_f64(expected * rng.random_range(0.85..1.25) * 60.0);
        let raise = Raise {
            event_type: EVENTS[number % EVENTS.len()],
            place: incident::Place {
                position: scatter(rng, place.position, 0.02),
                accuracy_m: 100,
                name: place.name.to_owned(),
                detail: Some(format!("{}, {}", pick(rng, &ADDRESSES), place.name)),
            },
            ambulance_eta: Some(eta),
            caller: None,
            external_id: Some(format!("demo-{number}")),
            group: None,
        };
        self.emergencies.push(Emergency { raise: Some(raise), ambulance_at });
        self.raises.insert(at, number);
        if rng.random_bool(0.2) {
            let news = at + Duration::from_mins(3);
            self.agenda.insert((news, number, 0), Event::AmbulanceEtaChanged { eta: Some(ambulance_at) });
        }
        if rng.random_bool(0.1) {
            let called_off = at + Duration::from_mins(rng.random_range(3..9));
            self.agenda.insert((called_off, number, 1), Event::StoodDown);
        }
        let closing = ambulance_at + Duration::from_mins(rng.random_range(CLOSING));
        self.agenda.insert((closing, number, 2), Event::Closed);
        at + Duration::from_secs(rng.random_range(BETWEEN))
    }

    /// When the operator has done everything.
    pub(super) fn ends_at(&self) -> Timestamp {
        self.agenda.last_key_value().map_or(Timestamp::from_millis(0), |((at, ..), _)| *at)
    }

    /// When the operator does something next; `None` when everything is over.
    pub(super) fn next_at(&self) -> Option<Timestamp> {
        let raise = self.raises.first_key_value().map(|(at, _)| *at);
        let report = self.agenda.first_key_value().map(|((at, ..), _)| *at);
        raise.into_iter().chain(report).min()
    }

    /// What the operator does up to `now`, in order.
    pub(super) fn turns(&mut self, now: Timestamp) -> Vec<Turn> {
        let mut turns = Vec::new();
        while let Some((_, number)) =
            self.raises.first_entry().filter(|e| *e.key() <= now).map(OccupiedEntry::remove_entry)
        {
            if let Some(raise) = self.emergencies[number].raise.take() {
                turns.push(Turn::Raise(number, Box::new(raise)));
            }
        }
        while let Some(((_, number, _), event)) =
            self.agenda.first_entry().filter(|e| e.key().0 <= now).map(OccupiedEntry::remove_entry)
        {
            turns.push(Turn::Report(number, event));
        }
        turns
    }

    /// When the ambulance really arrives at the emergency with this number.
    pub(super) fn ambulance_at(&self, number: usize) -> Timestamp {
        self.emergencies[number].ambulance_at
    }
}
