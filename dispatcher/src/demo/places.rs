//! Jämtland's places with their people, so that the invented county looks like the real one.

use certus_registry::Position;

const TABLE: &str = include_str!("../../data/places.csv");

/// A place and how many live there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) municipality: &'static str,
    pub(super) position: Position,
    pub(super) population: u32,
}

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

impl Place {
    /// The median time until an ambulance is here, minutes.
    pub(super) fn ambulance_minutes(&self) -> f64 {
        let found = AMBULANCE_MINUTES.iter().find(|(name, _)| *name == self.municipality);
        found.map_or(25.0, |(_, minutes)| *minutes)
    }
}

/// Every place of the table.
pub(super) fn all() -> Vec<Place> {
    TABLE.lines().filter(|line| !line.starts_with('#')).filter_map(parse).collect()
}

fn parse(line: &'static str) -> Option<Place> {
    let mut fields = line.split(',');
    let (name, municipality) = (fields.next()?, fields.next()?);
    let position = Position::new(fields.next()?.parse().ok()?, fields.next()?.parse().ok()?).ok()?;
    Some(Place { name, municipality, position, population: fields.next()?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_a_place_with_an_ambulance_time_of_its_own() {
        let places = all();
        assert_eq!(places.len(), TABLE.lines().filter(|line| !line.starts_with('#')).count());
        for place in &places {
            assert!(AMBULANCE_MINUTES.iter().any(|(name, _)| *name == place.municipality), "{}", place.name);
        }
    }
}
