//! A plane that touches the earth at one point: metres east and north of it, good for the tens of kilometres in which
//! somebody is led to a road.

use certus_registry::Position;

/// The mean radius of the earth, metres (IUGG), as `Position::distance_to` has it.
const RADIUS_M: f64 = 6_371_008.8;
/// Points are stored in ten-millionths of a degree.
const UNITS: f64 = 1e7;

/// The plane at one point.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plane {
    /// The point, degrees.
    pub(super) lat: f64,
    pub(super) lon: f64,
    /// Metres in a degree to the north and to the east.
    pub(super) north_m: f64,
    pub(super) east_m: f64,
    /// The point as points are stored, to fractions of a unit, and metres in a unit.
    origin: [f64; 2],
    unit_north_m: f64,
    unit_east_m: f64,
}

/// How near a segment comes to the plane's point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Nearest {
    /// Metres.
    pub(super) distance: f64,
    /// Where on the segment, from 0 at its beginning to 1.
    pub(super) at: f64,
}

impl Plane {
    pub(super) fn at(position: Position) -> Self {
        let north_m = RADIUS_M.to_radians();
        let east_m = north_m * position.lat().to_radians().cos();
        let (lat, lon) = (position.lat(), position.lon());
        let origin = [lat * UNITS, lon * UNITS];
        Self { lat, lon, north_m, east_m, origin, unit_north_m: north_m / UNITS, unit_east_m: east_m / UNITS }
    }

    /// Metres east and north; without a division, for hundreds of segments per person.
    pub(super) fn xy(&self, [lat, lon]: [i32; 2]) -> [f64; 2] {
        let [south, west] = self.origin;
        [(f64::from(lon) - west) * self.unit_east_m, (f64::from(lat) - south) * self.unit_north_m]
    }

    /// The great circle from the plane's own point is no longer than this, but for what a chord is shorter than its arc:
    /// the haversine formula, with the other point's parallel as long as it can be. No sines, for thousands of points.
    pub(super) fn at_most_m(&self, point: [i32; 2]) -> f64 {
        let [x, y] = self.xy(point);
        let turned = (f64::from(point[1]) / UNITS - self.lon).to_radians();
        (x * x + y * y + (x * y * turned).abs()).sqrt()
    }

    /// How near the segment comes to the plane's own point.
    pub(super) fn nearest(&self, from: [i32; 2], to: [i32; 2]) -> Nearest {
        let ([x, y], [to_x, to_y]) = (self.xy(from), self.xy(to));
        let (dx, dy) = (to_x - x, to_y - y);
        let square = dx * dx + dy * dy;
        let at = if square > 0.0 { (-(x * dx + y * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
        Nearest { distance: norm(x + at * dx, y + at * dy), at }
    }

    /// The part of the segment within `radius` metres of the plane's point, from 0 to 1 along it.
    pub(super) fn within(&self, from: [i32; 2], to: [i32; 2], radius: f64) -> Option<(f64, f64)> {
        let nearest = self.nearest(from, to);
        let reach = (radius * radius - nearest.distance * nearest.distance).max(0.0).sqrt();
        let length = self.length(from, to);
        let half = if length > 0.0 { reach / length } else { 1.0 };
        (nearest.distance <= radius).then(|| ((nearest.at - half).max(0.0), (nearest.at + half).min(1.0)))
    }

    /// The length of a segment, metres.
    pub(super) fn length(&self, from: [i32; 2], to: [i32; 2]) -> f64 {
        let ([x, y], [to_x, to_y]) = (self.xy(from), self.xy(to));
        norm(to_x - x, to_y - y)
    }
}

/// The length of a vector. Some kilometres neither overflow nor vanish, against which `hypot` guards at several times the cost.
pub(super) fn norm(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

/// Degrees as they are stored.
pub(super) fn stored(position: Position) -> [i32; 2] {
    stored_degrees(position.lat(), position.lon())
}

/// The same of degrees north and east.
#[expect(clippy::cast_possible_truncation, reason = "at most 180 degrees")]
pub(super) fn stored_degrees(lat: f64, lon: f64) -> [i32; 2] {
    [lat, lon].map(|degrees| (degrees * UNITS).round() as i32)
}

/// Stored degrees as degrees.
pub(super) fn degrees(point: [i32; 2]) -> [f64; 2] {
    point.map(|stored| f64::from(stored) / UNITS)
}

/// The great-circle length of a segment, metres.
pub(super) fn great_circle_m(from: [i32; 2], to: [i32; 2]) -> f64 {
    let [[lat, lon], [to_lat, to_lon]] = [from, to].map(|point| degrees(point).map(f64::to_radians));
    let half = |difference: f64| (difference / 2.0).sin().powi(2);
    let square = half(to_lat - lat) + lat.cos() * to_lat.cos() * half(to_lon - lon);
    2.0 * RADIUS_M * square.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENE: (f64, f64) = (63.2, 14.6);

    /// Metres east and north of the scene.
    fn point(east: f64, north: f64) -> [i32; 2] {
        let plane = Plane::at(Position::new(SCENE.0, SCENE.1).unwrap());
        stored(Position::new(SCENE.0 + north / plane.north_m, SCENE.1 + east / plane.east_m).unwrap())
    }

    #[test]
    fn the_nearest_point_of_a_segment_is_on_it() {
        let plane = Plane::at(Position::new(SCENE.0, SCENE.1).unwrap());
        let table = [
            (point(-100.0, 30.0), point(300.0, 30.0), 30.0, 0.25),
            (point(40.0, 30.0), point(300.0, 30.0), 50.0, 0.0),
            (point(-300.0, 30.0), point(-40.0, 30.0), 50.0, 1.0),
            (point(40.0, 30.0), point(40.0, 30.0), 50.0, 0.0),
        ];
        for (from, to, distance, at) in table {
            let nearest = plane.nearest(from, to);
            assert!(
                (nearest.distance - distance).abs() < 0.02 && (nearest.at - at).abs() < 1e-3,
                "{nearest:?}"
            );
        }
    }

    #[test]
    fn the_part_of_a_segment_within_a_circle_ends_on_the_circle() {
        let plane = Plane::at(Position::new(SCENE.0, SCENE.1).unwrap());
        let (from, to) = plane.within(point(-100.0, 30.0), point(300.0, 30.0), 50.0).unwrap();
        assert!((from - 0.15).abs() < 1e-3 && (to - 0.35).abs() < 1e-3, "{from} {to}");
        assert_eq!(plane.within(point(-100.0, 60.0), point(300.0, 60.0), 50.0), None);
    }

    #[test]
    fn a_great_circle_is_as_long_as_the_registry_says() {
        let (here, there) = (Position::new(63.2, 14.6).unwrap(), Position::new(63.31, 14.3).unwrap());
        let difference = great_circle_m(stored(here), stored(there)) - here.distance_to(there).0;
        assert!(difference.abs() < 0.05, "{difference}");
    }
}
