//! The map beside a list: where those are whom the list's filters show. Asked for by a link, because it shows where many are at
//! once; without scripts the list is the whole page.

use certus_registry::{Language, Position};
use serde::Serialize;

use super::words;
use crate::text::text;

/// At most so many are drawn: what a list cannot be narrowed below is no map any more, and each reading of a home is in the log.
pub(super) const DRAWN_MAX: u32 = 500;

/// A map as the page has it.
pub(super) struct ListMap {
    /// The words of the script, JSON.
    pub(super) words: String,
    /// What is drawn, JSON.
    pub(super) points: String,
    /// How many are drawn of how many the filters show, and what became of the others.
    pub(super) said: String,
}

/// Something on the map.
#[derive(Serialize)]
pub(super) struct Point {
    lat: f64,
    lon: f64,
    name: String,
    href: String,
}

impl Point {
    pub(super) fn new(at: Position, name: String, href: String) -> Self {
        Self { lat: at.lat(), lon: at.lon(), name, href }
    }
}

impl ListMap {
    /// Of `found` that the filters show, `looked` were looked at, and these have a place.
    pub(super) fn of(language: Language, points: &[Point], looked: usize, found: u64) -> Self {
        let count = |count: usize| count.to_string().into();
        let drawn = [
            ("drawn", count(points.len())),
            ("found", found.to_string().into()),
            ("without", count(looked.saturating_sub(points.len()))),
        ];
        let mut said = text(language, "list-map-said", &drawn);
        if (looked as u64) < found {
            said.push(' ');
            said += &text(language, "list-map-cap", &[("max", DRAWN_MAX.to_string().into())]);
        }
        let points = serde_json::to_string(points).expect("numbers and text");
        Self { words: words::json(language), points, said }
    }
}
