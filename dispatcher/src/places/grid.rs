//! Plane coordinates: SWEREF 99 TM, its local zones, and RT 90, to and from WGS 84.
//!
//! SWEREF 99 and WGS 84 are taken for the same; they are apart by the drift of the continent, decimetres. RT 90 is
//! EPSG:3847, which emulates 2.5 gon V on SWEREF 99 within a metre or so. Projected by `proj4rs`, millimetres on the check
//! points below.

use certus_registry::Position;
use proj4rs::Proj;

/// A plane coordinate system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// SWEREF 99 TM, EPSG:3006: all of Sweden.
    Sweref99Tm,
    /// RT 90 2.5 gon V, the national grid until 2007; on older maps.
    Rt90,
    /// A local zone of SWEREF 99, by its EPSG code from 3007 to 3018.
    Local(u16),
}

/// A point in it, in metres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plane {
    /// Northwards from the equator.
    pub northing: f64,
    /// Eastwards, with the grid's own offset.
    pub easting: f64,
}

/// Central meridians of the local zones, from EPSG:3007 on, degrees.
const LOCAL_MERIDIANS: [f64; 12] =
    [12.0, 13.5, 15.0, 16.5, 18.0, 14.25, 15.75, 17.25, 18.75, 20.25, 21.75, 23.25];

impl Grid {
    /// The grid of an EPSG code.
    #[must_use]
    pub fn of_epsg(code: i32) -> Option<Self> {
        match code {
            3006 => Some(Self::Sweref99Tm),
            3021 | 3847 => Some(Self::Rt90),
            3007..=3018 => u16::try_from(code).ok().map(Self::Local),
            _ => None,
        }
    }

    /// The place of a point; `None` when the plane does not reach there.
    #[must_use]
    pub fn position(self, plane: Plane) -> Option<Position> {
        let mut point = (plane.easting, plane.northing, 0.0);
        proj4rs::transform::transform(&self.projection()?, &degrees()?, &mut point).ok()?;
        Position::new(point.1.to_degrees(), point.0.to_degrees()).ok()
    }

    /// A place in this grid; `None` where the projection fails, far outside Sweden.
    #[must_use]
    pub fn plane(self, position: Position) -> Option<Plane> {
        let mut point = (position.lon().to_radians(), position.lat().to_radians(), 0.0);
        proj4rs::transform::transform(&degrees()?, &self.projection()?, &mut point).ok()?;
        Some(Plane { northing: point.1, easting: point.0 })
    }

    fn projection(self) -> Option<Proj> {
        let (meridian, scale, easting, northing) = match self {
            Self::Sweref99Tm => (15.0, 0.9996, 500_000.0, 0.0),
            Self::Rt90 => (15.806_284_529_444_4, 1.000_005_610_24, 1_500_064.274, -667.711),
            Self::Local(code) => {
                let zone = usize::from(code.checked_sub(3_007)?);
                (*LOCAL_MERIDIANS.get(zone)?, 1.0, 150_000.0, 0.0)
            }
        };
        let text = format!(
            "+proj=etmerc +lat_0=0 +lon_0={meridian} +k={scale} +x_0={easting} +y_0={northing} +ellps=GRS80 +units=m"
        );
        Proj::from_proj_string(&text).ok()
    }
}

fn degrees() -> Option<Proj> {
    Proj::from_proj_string("+proj=longlat +ellps=GRS80").ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(grid: Grid, lat: f64, lon: f64, northing: f64, easting: f64, within: f64) {
        let plane = grid.plane(Position::new(lat, lon).unwrap()).unwrap();
        let off = (plane.northing - northing).abs().max((plane.easting - easting).abs());
        assert!(off <= within, "{grid:?}: {plane:?}");
        let back = grid.position(Plane { northing, easting }).unwrap();
        assert!((back.lat() - lat).abs() < 1e-5 && (back.lon() - lon).abs() < 2e-5, "{grid:?}: {back:?}");
    }

    #[test]
    fn known_points_come_out_as_known() {
        near(Grid::Sweref99Tm, 63.1792, 14.63566, 7_005_607.452, 481_658.537, 0.002);
        near(Grid::Sweref99Tm, 59.3293, 18.0686, 6_580_743.008, 674_571.866, 0.002);
        // 59°58'55.23" N, 17°50'06.12" E, a point that other programs for RT 90 test with.
        near(Grid::Rt90, 59.982_008_333, 17.835_033_333, 6_653_174.343, 1_613_318.742, 0.01);
    }

    #[test]
    fn a_zone_has_its_meridian_at_its_offset() {
        let plane = Grid::of_epsg(3012).unwrap().plane(Position::new(63.2, 14.25).unwrap()).unwrap();
        assert!((plane.easting - 150_000.0).abs() < 1e-6);
        assert_eq!((Grid::of_epsg(4326), Grid::of_epsg(3006)), (None, Some(Grid::Sweref99Tm)));
    }
}
