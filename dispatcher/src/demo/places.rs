//! Jämtland's places with their people, so that the invented county looks like the real one.

use crate::places::gazetteer::{Village, villages};

/// A place and how many live there.
pub(super) type Place = Village;

/// Median response of an ambulance on priority 1 in 2022–23, minutes, as published for the county's
/// municipalities.
const AMBULANCE_MINUTES: [(&str, f64); 8] = [
    ("Ragunda", 28.8),
    ("Berg", 26.9),
    ("Åre", 26.5),
    ("Härjedalen", 25.9),
    ("Strömsund", 25.4),
    ("Bräcke", 25.3),
    ("Krokom", 23.4),
    ("Östersund", 14.0),
];

impl Village {
    /// The median time until an ambulance is here, minutes.
    pub(super) fn ambulance_minutes(&self) -> f64 {
        let found = AMBULANCE_MINUTES.iter().find(|(name, _)| *name == self.municipality);
        found.map_or(25.0, |(_, minutes)| *minutes)
    }
}

/// Every place that comes with the program.
pub(super) fn all() -> Vec<Place> {
    villages().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_has_an_ambulance_time_of_its_own() {
        for place in all() {
            assert!(AMBULANCE_MINUTES.iter().any(|(name, _)| *name == place.municipality), "{}", place.name);
        }
    }
}
