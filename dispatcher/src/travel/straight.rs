//! The straight line times a factor: the model of a county without a road file, and the fallback of every other.

use certus_registry::{Metres, Mode, Position};
use jiff::ZonedDateTime;

use super::{TravelTime, Ways, is_snow_season, quickest_of_each, whole_seconds};

/// Roads are longer than the crow's flight: 1.4 in Jämtland (our arithmetic, `docs/architecture.md`).
const DETOUR: f64 = 1.4;

/// Great-circle distance × a factor at a fixed speed per mode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StraightLine {
    detour: f64,
}

/// Metres per second along the road: car 60 km/h and bicycle 15 km/h (our arithmetic); on foot 2.3 m/s (2 176 GPS tracks
/// of alerted volunteers); snowmobile 40 km/h (our arithmetic). `None`: a straight line does not know where the water is.
fn speed(mode: Mode) -> Option<f64> {
    match mode {
        Mode::Foot => Some(2.3),
        Mode::Bicycle => Some(15.0 / 3.6),
        Mode::Car => Some(60.0 / 3.6),
        Mode::Snowmobile => Some(40.0 / 3.6),
        Mode::Boat => None,
    }
}

impl Default for StraightLine {
    fn default() -> Self {
        Self { detour: DETOUR }
    }
}

impl StraightLine {
    /// With a county's own factor, which is at least 1; see [`FACTOR`](Self::FACTOR).
    #[must_use]
    pub fn calibrated(detour: f64) -> Self {
        Self { detour: detour.clamp(*Self::FACTOR.start(), *Self::FACTOR.end()) }
    }

    /// Where a factor can lie: nobody is faster than the straight line, and no county's roads are five times as long.
    pub const FACTOR: std::ops::RangeInclusive<f64> = 1.0..=5.0;

    /// What the decision record and the console call this model.
    #[must_use]
    pub fn label(&self) -> String {
        format!("straight-line-{}", self.detour)
    }

    /// Seconds over this distance by `mode`, whatever the season; `None` by boat.
    pub(super) fn over(self, distance: Metres, mode: Mode) -> Option<f64> {
        speed(mode).map(|speed| distance.0 * self.detour / speed)
    }
}

impl TravelTime for StraightLine {
    fn towards<'a>(&'a self, scene: Position, at: &ZonedDateTime, _limit_s: u32) -> Box<dyn Ways + 'a> {
        Box::new(Line { model: *self, scene, snow: is_snow_season(at) })
    }

    fn speed_max(&self) -> f64 {
        let speeds = Mode::ALL.iter().filter_map(|mode| speed(*mode));
        speeds.fold(0.0, f64::max) / self.detour
    }
}

/// The straight line to one scene.
struct Line {
    model: StraightLine,
    scene: Position,
    snow: bool,
}

impl Ways for Line {
    fn label(&self) -> String {
        self.model.label()
    }

    fn seconds(&self, from: Position, mode: Mode) -> Option<u32> {
        self.to_stop(from, self.scene, mode)
    }

    fn to_stop(&self, from: Position, stop: Position, mode: Mode) -> Option<u32> {
        let usable = self.snow || mode != Mode::Snowmobile;
        usable.then(|| self.model.over(from.distance_to(stop), mode))?.map(whole_seconds)
    }

    fn quickest_by_way_of(
        &self,
        from: Position,
        stops: &[Position],
        mode: Mode,
        within_s: u32,
    ) -> Option<(usize, u32)> {
        quickest_of_each(self, (from, self.scene, self.model.speed_max()), stops, mode, within_s)
    }
}

#[cfg(test)]
mod tests {
    use super::super::is_day;
    use super::*;

    #[test]
    fn a_car_takes_thirteen_minutes_for_ten_kilometres_and_a_snowmobile_rests_in_summer() {
        let from = Position::new(63.2, 14.6).unwrap();
        let to = Position::new(63.2899, 14.6).unwrap();
        let winter = "2026-01-15T03:10[Europe/Stockholm]".parse().unwrap();
        let summer = "2026-07-15T12:00[Europe/Stockholm]".parse().unwrap();
        let model = StraightLine::default();
        let seconds = |at, mode| model.towards(to, at, 60).seconds(from, mode);
        assert_eq!(seconds(&winter, Mode::Car), Some(840));
        assert!(seconds(&winter, Mode::Snowmobile).is_some());
        assert_eq!(seconds(&summer, Mode::Snowmobile), None);
        assert_eq!(seconds(&winter, Mode::Boat), None);
        assert!(is_day(&summer) && !is_day(&winter));
    }

    #[test]
    fn a_countys_own_factor_is_in_the_label_the_time_and_the_bound() {
        let (from, to) = (Position::new(63.2, 14.6).unwrap(), Position::new(63.2899, 14.6).unwrap());
        let at = "2026-01-15T03:10[Europe/Stockholm]".parse().unwrap();
        let model = StraightLine::calibrated(2.8);
        assert_eq!(model.label(), "straight-line-2.8");
        assert_eq!(model.towards(to, &at, 60).seconds(from, Mode::Car), Some(1_680));
        assert!((model.speed_max() * 2.0 - StraightLine::default().speed_max()).abs() < 1e-9);
        assert_eq!(StraightLine::calibrated(0.1).label(), "straight-line-1");
    }
}
