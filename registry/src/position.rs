//! Where something is: WGS 84 degrees that are on the earth and not the (0, 0) of a confused phone.

use std::fmt;

use geo::{Distance, Haversine, Point};
use serde::{Deserialize, Serialize};

/// A length in metres.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metres(pub f64);

impl fmt::Display for Metres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 1_000.0 { write!(f, "{:.0} m", self.0) } else { write!(f, "{:.1} km", self.0 / 1_000.0) }
    }
}

/// Why a pair of numbers is no position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PositionError {
    /// Not a number, or beyond ±90° / ±180°.
    #[error("latitude must lie in -90..90 and longitude in -180..180")]
    OffTheEarth,
    /// Within 1 km of (0, 0): what phones and gateways send when they do not know.
    #[error("0, 0 is what a phone says when it does not know where it is")]
    NullIsland,
}

/// A point on the earth: WGS 84 latitude and longitude in degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw")]
pub struct Position {
    lat: f64,
    lon: f64,
}

#[derive(Deserialize)]
struct Raw {
    lat: f64,
    lon: f64,
}

impl TryFrom<Raw> for Position {
    type Error = PositionError;
    fn try_from(raw: Raw) -> Result<Self, PositionError> {
        Self::new(raw.lat, raw.lon)
    }
}

impl Position {
    /// Parses degrees.
    ///
    /// # Errors
    /// [`PositionError`] when the point is off the earth or at (0, 0).
    ///
    /// ```
    /// use certus_registry::Position;
    /// let ostersund = Position::new(63.1792, 14.63566)?;
    /// let are = Position::new(63.39914, 13.08102)?;
    /// assert_eq!(ostersund.distance_to(are).to_string(), "81.5 km");
    /// # Ok::<(), certus_registry::position::PositionError>(())
    /// ```
    pub fn new(lat: f64, lon: f64) -> Result<Self, PositionError> {
        if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
            return Err(PositionError::OffTheEarth);
        }
        if lat.abs() < 0.01 && lon.abs() < 0.01 {
            return Err(PositionError::NullIsland);
        }
        Ok(Self { lat, lon })
    }

    /// Degrees north.
    #[must_use]
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Degrees east.
    #[must_use]
    pub fn lon(self) -> f64 {
        self.lon
    }

    /// Great-circle distance on the mean sphere (within 0.6 % of the ellipsoid).
    #[must_use]
    pub fn distance_to(self, other: Self) -> Metres {
        Metres(Haversine.distance(Point::new(self.lon, self.lat), Point::new(other.lon, other.lat)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_are_nowhere_are_refused() {
        for (lat, lon) in [(91.0, 0.0), (0.0, 181.0), (f64::NAN, 15.0), (63.0, f64::INFINITY)] {
            assert_eq!(Position::new(lat, lon), Err(PositionError::OffTheEarth));
        }
        assert_eq!(Position::new(0.0, 0.0), Err(PositionError::NullIsland));
    }

    #[test]
    fn a_stored_position_is_parsed_again_when_read() {
        assert!(serde_json::from_str::<Position>(r#"{"lat":63.2,"lon":14.6}"#).is_ok());
        assert!(serde_json::from_str::<Position>(r#"{"lat":99.0,"lon":14.6}"#).is_err());
    }
}
