//! What the apps that people already have say about where a phone is: OwnTracks and Traccar Client. Pure.
//!
//! An app sends its queue in order and holds everything back while one message is refused. So nothing here is an error:
//! what is no point is read as a reason to drop it, and what was never meant to be one as nothing.

pub mod owntracks;
pub mod traccar;

use certus_registry::Timestamp;
use serde_json::Value;

use super::{Dropped, Point, moment};

/// A place and a time as an app writes them, each perhaps missing.
#[derive(Debug, Default)]
struct Written {
    lat: Option<f64>,
    lon: Option<f64>,
    accuracy: Option<f64>,
    time: Option<Timestamp>,
}

impl Written {
    fn point(self) -> Result<Point, Dropped> {
        let Self { lat: Some(lat), lon: Some(lon), accuracy, time: Some(fixed_at) } = self else {
            return Err(Dropped::Unreadable);
        };
        Ok(Point { lat, lon, accuracy, fixed_at })
    }
}

/// A number, however it is written: apps send `12`, `12.0` and `"12"`.
fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())
}
