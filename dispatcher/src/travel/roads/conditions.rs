//! What holds on the roads now and is not in the file: closed places, and how much slower a class is.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

use certus_registry::{Metres, Position};
use serde::{Deserialize, Serialize};

use super::graph::View;
use super::grid::Snap;
use super::kind::RoadClass;
use super::plane::Plane;

/// How many times longer a class may take. Never less than once: the bound on everybody's speed comes from the file.
pub const FACTOR: RangeInclusive<f64> = 1.0..=10.0;
/// At most so many places are closed at once; a county's road administration lists some dozens.
pub const CLOSURES_MAX: usize = 1_000;
/// The widest closed place, metres.
pub const RADIUS_MAX: Metres = Metres(5_000.0);

/// What holds on the roads now.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Conditions {
    /// Told in the label of each decision: another number for whatever was set. 0: nothing in particular holds.
    pub version: u64,
    /// How many closed places of that version have expired and are not among `closures`: told in the label too.
    pub expired: usize,
    /// Where nobody gets through.
    pub closures: Vec<Closure>,
    /// How many times longer a class takes than on a good day.
    pub factors: BTreeMap<RoadClass, f64>,
}

/// A place that nobody gets through, by whatever means. Who is inside can leave it, and who is called into it can go there.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Closure {
    /// Its middle.
    pub at: Position,
    /// How far it reaches, metres.
    pub radius: Metres,
}

/// Why conditions cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ConditionsError {
    /// A factor would make roads faster than they are, or close them.
    #[error("{factor} is no factor: expected {least} to {most}", least = FACTOR.start(), most = FACTOR.end())]
    Factor {
        /// Of which class.
        class: RoadClass,
        /// As it was given.
        factor: f64,
    },
    /// A closed place has no extent, or too much of it.
    #[error("a radius of {radius}: expected more than 0 m and at most {most}", most = RADIUS_MAX)]
    Radius {
        /// Which of them, from 0.
        place: usize,
        /// As it was given.
        radius: Metres,
    },
    /// Too many.
    #[error("{0} closed places: expected at most {most}", most = CLOSURES_MAX)]
    Closures(usize),
}

/// A part of an edge that a closed place covers, from 0 at the edge's `a` to 1 at its `b`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) edge: u32,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Which closed place.
    closure: usize,
}

/// Conditions as they lie on one graph.
#[derive(Debug, Clone, Default)]
pub(super) struct Laid {
    pub(super) conditions: Conditions,
    /// By edge.
    stretches: Vec<Stretch>,
}

/// What one search sees of it.
#[derive(Debug, PartialEq)]
pub(super) struct Costs {
    /// By edge.
    closed: Vec<Stretch>,
    /// Per class, thousandths of a good day's time; 0: nobody gets along there at this time of the year.
    permille: [u32; RoadClass::ALL.len()],
}

impl Conditions {
    /// Looks whether they can be taken.
    ///
    /// # Errors
    /// [`ConditionsError`] says what was wrong.
    pub fn checked(self) -> Result<Self, ConditionsError> {
        if self.closures.len() > CLOSURES_MAX {
            return Err(ConditionsError::Closures(self.closures.len()));
        }
        let wrong = |closure: &Closure| !(closure.radius.0 > 0.0 && closure.radius <= RADIUS_MAX);
        if let Some(place) = self.closures.iter().position(wrong) {
            return Err(ConditionsError::Radius { place, radius: self.closures[place].radius });
        }
        match self.factors.iter().find(|(_, factor)| !FACTOR.contains(factor)) {
            Some((class, factor)) => Err(ConditionsError::Factor { class: *class, factor: *factor }),
            None => Ok(self),
        }
    }

    /// Their part of a decision's label: the version, and behind a point how many of its closed places have expired.
    pub(super) fn label(&self) -> String {
        match self.expired {
            0 => self.version.to_string(),
            expired => format!("{}.{expired}", self.version),
        }
    }
}

/// The one spelling, in the API and wherever conditions are kept.
impl fmt::Display for RoadClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl Laid {
    pub(super) fn on(view: &View<'_>, conditions: Conditions) -> Self {
        let closures = conditions.closures.iter().enumerate();
        let mut stretches: Vec<Stretch> =
            closures.flat_map(|(closure, place)| stretches(view, closure, place)).collect();
        stretches.sort_unstable_by_key(|stretch| (stretch.edge, stretch.closure));
        Self { conditions, stretches }
    }

    /// What somebody sees who is called to `scene`: a closed place that holds it is not closed to them. While there is snow, lakes
    /// are frozen to boats; snowmobiles need no ways across them.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a factor is 1 to 10")]
    pub(super) fn towards(&self, scene: Position, snow: bool) -> Costs {
        let holds = |closure: &Closure| closure.at.distance_to(scene) <= closure.radius;
        let closures = &self.conditions.closures;
        let closed =
            self.stretches.iter().filter(|stretch| !holds(&closures[stretch.closure])).copied().collect();
        let mut permille = [1_000; RoadClass::ALL.len()];
        for (class, factor) in &self.conditions.factors {
            permille[class.index()] = (factor * 1_000.0).round() as u32;
        }
        if snow {
            permille[RoadClass::Lake.index()] = 0;
        }
        Costs { closed, permille }
    }
}

/// What a closed place covers of each edge: from the first point within to the last.
fn stretches(view: &View<'_>, closure: usize, place: &Closure) -> Vec<Stretch> {
    let around = Plane::at(place.at);
    let mut edges: Vec<u32> = view.grid.around(&around, place.radius.0).map(|[_, edge]| edge).collect();
    edges.sort_unstable();
    edges.dedup();
    let covered = |edge| {
        let (from, to) = covered(view, edge, &around, place.radius)?;
        Some(Stretch { edge, from, to, closure })
    };
    edges.into_iter().filter_map(covered).collect()
}

fn covered(view: &View<'_>, edge: u32, plane: &Plane, radius: Metres) -> Option<(f64, f64)> {
    let line = view.line(&view.edge(edge));
    let (mut along, mut covered) = (0.0, None::<(f64, f64)>);
    for pair in line.windows(2) {
        let length = plane.length(pair[0], pair[1]);
        if let Some((from, to)) = plane.within(pair[0], pair[1], radius.0) {
            let (from, to) = (along + from * length, along + to * length);
            covered = Some(covered.map_or((from, to), |(first, last)| (first.min(from), last.max(to))));
        }
        along += length;
    }
    covered.map(|(from, to)| (from / along.max(f64::EPSILON), to / along.max(f64::EPSILON)))
}

impl Costs {
    /// Milliseconds of a good day as they are now.
    pub(super) fn now_ms(&self, ms: u32, class: usize) -> u32 {
        let ms = u64::from(ms) * u64::from(self.permille[class]) / 1_000;
        u32::try_from(ms).unwrap_or(u32::MAX)
    }

    /// Whether a class can be used at this time of the year.
    pub(super) fn is_passable(&self, class: usize) -> bool {
        self.permille[class] != 0
    }

    /// Whether somebody can go along the whole edge.
    pub(super) fn is_open(&self, edge: u32) -> bool {
        self.closed.is_empty() || self.on(edge).is_empty()
    }

    /// Whether somebody can go between two points of an edge, 0 to 1 along it: nothing closed lies between them.
    pub(super) fn is_open_between(&self, edge: u32, one: f64, other: f64) -> bool {
        let (low, high) = (one.min(other), one.max(other));
        self.closed.is_empty() || !self.on(edge).iter().any(|stretch| low < stretch.from && stretch.to < high)
    }

    /// Whether somebody can go from a point of an edge to its `a`, and to its `b`.
    pub(super) fn ways_out(&self, snap: &Snap) -> [bool; 2] {
        let on = if self.closed.is_empty() { &[] } else { self.on(snap.edge) };
        [on.iter().all(|stretch| snap.at <= stretch.to), on.iter().all(|stretch| snap.at >= stretch.from)]
    }

    fn on(&self, edge: u32) -> &[Stretch] {
        let from = self.closed.partition_point(|stretch| stretch.edge < edge);
        let count = self.closed[from..].iter().take_while(|stretch| stretch.edge == edge).count();
        &self.closed[from..from + count]
    }
}
