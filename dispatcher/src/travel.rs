//! How long somebody needs from one point to another. In this version a labelled straight-line model; road
//! networks come behind the same trait.

use certus_registry::{Mode, Position};

/// Roads are longer than the crow's flight: 1.4 in Jämtland (our arithmetic, `docs/architecture.md`).
const DETOUR: f64 = 1.4;

/// Travel time between two points.
pub trait TravelTime: Send + Sync {
    /// What the decision record and the console call this model.
    fn label(&self) -> &'static str;
    /// Seconds on the way by `mode`, setting out about `at`; `None` when the mode cannot be used.
    fn seconds(&self, from: Position, to: Position, mode: Mode, at: &jiff::ZonedDateTime) -> Option<u32>;
    /// The highest speed of any mode along a straight line, metres per second; bounds the search.
    fn speed_max(&self) -> f64;
}

/// Great-circle distance × 1.4 at a fixed speed per mode.
#[derive(Debug, Clone, Copy, Default)]
pub struct StraightLine;

impl StraightLine {
    /// Metres per second along the road. Car 60 km/h and bicycle 15 km/h (our arithmetic); on foot 2.3 m/s (2 176
    /// GPS tracks of alerted volunteers); snowmobile 40 km/h (our arithmetic).
    fn speed(mode: Mode, at: &jiff::ZonedDateTime) -> Option<f64> {
        match mode {
            Mode::Foot => Some(2.3),
            Mode::Bicycle => Some(15.0 / 3.6),
            Mode::Car => Some(60.0 / 3.6),
            // Driving on bare ground is forbidden (terrängkörningslagen): the snow season only.
            Mode::Snowmobile => matches!(at.month(), 12 | 1..=4).then_some(40.0 / 3.6),
            // A straight line does not know where the water is.
            Mode::Boat => None,
        }
    }
}

impl TravelTime for StraightLine {
    fn label(&self) -> &'static str {
        "straight-line-1.4"
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive span of at most days"
    )]
    fn seconds(&self, from: Position, to: Position, mode: Mode, at: &jiff::ZonedDateTime) -> Option<u32> {
        Self::speed(mode, at).map(|speed| (from.distance_to(to).0 * DETOUR / speed).ceil() as u32)
    }

    fn speed_max(&self) -> f64 {
        60.0 / 3.6 / DETOUR
    }
}

/// Whether `at` counts as day for turnout: 07 to 22 local time.
#[must_use]
pub fn is_day(at: &jiff::ZonedDateTime) -> bool {
    (7..22).contains(&at.hour())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_car_takes_thirteen_minutes_for_ten_kilometres_and_a_snowmobile_rests_in_summer() {
        let from = Position::new(63.2, 14.6).unwrap();
        let to = Position::new(63.2899, 14.6).unwrap();
        let winter = "2026-01-15T03:10[Europe/Stockholm]".parse().unwrap();
        let summer = "2026-07-15T12:00[Europe/Stockholm]".parse().unwrap();
        assert_eq!(StraightLine.seconds(from, to, Mode::Car, &winter), Some(840));
        assert!(StraightLine.seconds(from, to, Mode::Snowmobile, &winter).is_some());
        assert_eq!(StraightLine.seconds(from, to, Mode::Snowmobile, &summer), None);
        assert!(is_day(&summer) && !is_day(&winter));
    }
}
