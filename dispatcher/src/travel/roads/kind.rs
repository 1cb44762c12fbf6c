//! What an edge of the graph is, and who moves on it how fast.

use certus_registry::Mode;
use serde::{Deserialize, Serialize};

/// How fast each mode is on what it may use, millimetres per second. A car's speed is the road's own.
/// On foot 2.3 m/s (2 176 GPS tracks of alerted volunteers); bicycle 15, snowmobile 40 and boat 20 km/h (our arithmetic).
const fn pace_mm_s(mode: Mode) -> u64 {
    match mode {
        Mode::Foot => 2_300,
        Mode::Bicycle => 4_167,
        Mode::Car | Mode::Snowmobile => 11_111,
        Mode::Boat => 5_556,
    }
}

/// The class of a road or line; conditions are set per class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum RoadClass {
    /// `highway=motorway`, with its links.
    Motorway,
    /// `highway=trunk`, with its links.
    Trunk,
    /// `highway=primary`, with its links.
    Primary,
    /// `highway=secondary`, with its links.
    Secondary,
    /// `highway=tertiary`, with its links.
    Tertiary,
    /// `highway=unclassified` and `road`.
    Unclassified,
    /// `highway=residential` and `living_street`.
    Residential,
    /// `highway=service`.
    Service,
    /// `highway=track`: forest and farm roads.
    Track,
    /// Where no car goes: `path`, `footway`, `cycleway`, `steps` and the like.
    Path,
    /// Marked for snowmobiles or skiers only.
    SnowTrail,
    /// A line that boats follow: `waterway` with leave for boats.
    Waterway,
    /// `route=ferry`.
    Ferry,
    /// Open water inland, which freezes: between two points on a lake.
    Lake,
    /// Open water along a coast.
    Sea,
}

impl RoadClass {
    /// Every class, in the order of declaration, which is how files number them.
    pub const ALL: [Self; 15] = [
        Self::Motorway,
        Self::Trunk,
        Self::Primary,
        Self::Secondary,
        Self::Tertiary,
        Self::Unclassified,
        Self::Residential,
        Self::Service,
        Self::Track,
        Self::Path,
        Self::SnowTrail,
        Self::Waterway,
        Self::Ferry,
        Self::Lake,
        Self::Sea,
    ];

    /// Its place in [`ALL`](Self::ALL).
    pub(super) const fn index(self) -> usize {
        self as usize
    }
}

/// A set of modes, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Modes(u8);

impl Modes {
    pub(super) const NONE: Self = Self(0);

    pub(super) fn of(modes: &[Mode]) -> Self {
        modes.iter().fold(Self::NONE, |set, mode| set.with(*mode))
    }

    pub(super) const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    pub(super) const fn has(self, mode: Mode) -> bool {
        self.0 & Self::bit(mode) != 0
    }

    pub(super) const fn with(self, mode: Mode) -> Self {
        Self(self.0 | Self::bit(mode))
    }

    pub(super) const fn without(self, mode: Mode) -> Self {
        Self(self.0 & !Self::bit(mode))
    }

    pub(super) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    const fn bit(mode: Mode) -> u8 {
        1 << mode as u8
    }
}

/// One edge: a stretch of road between two vertices, and how it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge {
    /// Where it begins.
    pub(super) a: u32,
    /// Where it ends.
    pub(super) b: u32,
    /// Its line is `points[first_point..end_point]`.
    pub(super) first_point: u32,
    pub(super) end_point: u32,
    pub(super) length_mm: u32,
    /// By car from `a` to `b`; by whatever goes on board, for a ferry.
    pub(super) car_ms: u32,
    /// By car from `b` to `a`.
    pub(super) back_ms: u32,
    pub(super) class: RoadClass,
    /// Who may go from `a` to `b`.
    pub(super) forward: Modes,
    /// Who may go from `b` to `a`.
    pub(super) backward: Modes,
    /// For whom it lies in a part of the network that is worth being led to.
    pub(super) main: Modes,
}

impl Edge {
    /// As a row of the file.
    pub(super) fn row(&self) -> [u32; 8] {
        let bits = [self.forward.bits(), self.backward.bits(), self.main.bits(), self.class as u8];
        let flags = u32::from_le_bytes(bits);
        [self.a, self.b, self.first_point, self.end_point, self.length_mm, self.car_ms, flags, self.back_ms]
    }

    /// From a row of a file whose checksum was right.
    pub(super) fn of(row: &[u32; 8]) -> Self {
        let [a, b, first_point, end_point, length_mm, car_ms, flags, back_ms] = *row;
        let [forward, backward, main, class] = flags.to_le_bytes().map(Modes::from_bits);
        let class = RoadClass::ALL[usize::from(class.bits())];
        Self { a, b, first_point, end_point, length_mm, car_ms, back_ms, class, forward, backward, main }
    }

    /// Who uses it at all.
    pub(super) const fn modes(&self) -> Modes {
        self.forward.union(self.backward)
    }

    /// Milliseconds from `a` to `b` and from `b` to `a` by `mode`, on a good day.
    pub(super) fn ms(&self, mode: Mode) -> [u32; 2] {
        match (mode, self.class) {
            (Mode::Car, _) | (_, RoadClass::Ferry) => [self.car_ms, self.back_ms],
            (Mode::Foot | Mode::Bicycle | Mode::Snowmobile | Mode::Boat, _) => {
                let ms = u64::from(self.length_mm) * 1_000 / pace_mm_s(mode);
                [u32::try_from(ms).unwrap_or(u32::MAX); 2]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_what_its_row_says() {
        for class in RoadClass::ALL {
            let (forward, backward) = (Modes::of(Mode::ALL), Modes::of(&[Mode::Foot]));
            let edge = Edge {
                a: 1,
                b: 2,
                first_point: 3,
                end_point: 4,
                length_mm: 23_000,
                car_ms: 6,
                back_ms: 7,
                class,
                forward,
                backward,
                main: backward,
            };
            assert_eq!(Edge::of(&edge.row()), edge);
            assert_eq!(edge.ms(Mode::Foot), if class == RoadClass::Ferry { [6, 7] } else { [10_000; 2] });
            assert_eq!(RoadClass::ALL[class.index()], class);
        }
    }

    #[test]
    fn a_set_of_modes_holds_what_was_put_in() {
        let set = Modes::of(&[Mode::Car, Mode::Boat]).without(Mode::Car);
        let held: Vec<Mode> = Mode::ALL.iter().copied().filter(|mode| set.has(*mode)).collect();
        assert_eq!(held, [Mode::Boat]);
        assert!(set.without(Mode::Boat).is_empty());
    }
}
