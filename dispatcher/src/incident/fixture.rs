//! An incident for the unit tests of everything that looks at one.

use certus_registry::{CompetenceKind, EventType, Position, Random, Timestamp};

use super::{IncidentId, Place, Policy, Raised, Seconds};

/// A cardiac arrest in Järpen under a policy with round numbers.
pub(crate) fn raised(wanted: u16, wave_size: u16) -> Raised {
    let policy = Policy {
        version: "test".to_owned(),
        competences: vec![CompetenceKind::Cpr],
        wanted,
        wave_size,
        wave_timeout: Seconds(90),
        asked_max: 4 * wanted,
        gain_min: Seconds(0),
        reach_max: Seconds(1_800),
        turnout_day: Seconds(102),
        turnout_night: Seconds(142),
        search_again: Seconds(60),
        overdue: Seconds(300),
        alert_valid: Seconds(600),
        after_care: Seconds(5_400),
        closing: Seconds(1_800),
        life_max: Seconds(43_200),
    };
    let place = Place {
        position: Position::new(63.3, 13.5).unwrap(),
        accuracy_m: 50,
        name: "Järpen".to_owned(),
        detail: None,
    };
    let id = IncidentId::new(Timestamp::from_millis(0), &Random::from_seed(0));
    Raised { id, event_type: EventType::CardiacArrest, place, ambulance_eta: None, external_id: None, policy }
}
