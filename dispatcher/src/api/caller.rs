//! Where the caller's phone is: two ways into an alarm, and one out.

mod aml;

use certus_registry::{Position, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::incidents::{TIME_EXPECTED, invalid};
use super::{App, Problem};
use crate::incident::{CallerLocation, LocationMethod, Place};

/// The widest accuracy that is believed, metres: a cell in the fells reaches 35 km (GSM's timing advance), twice that is none.
const ACCURACY_MAX_M: u32 = 70_000;

/// Where the caller's phone is.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewCallerLocation {
    /// Degrees north, WGS 84.
    #[schema(example = 63.3473)]
    lat: f64,
    /// Degrees east, WGS 84.
    #[schema(example = 13.4581)]
    lon: f64,
    /// Radius round the point, metres, 0 to 70 000.
    accuracy_m: Option<u32>,
    /// How sure the phone is to be within it, percent.
    confidence: Option<u8>,
    /// `gnss`, `wifi`, `cell` or `unknown`.
    #[schema(value_type = String, example = "gnss")]
    method: LocationMethod,
    /// When the phone was there, RFC 3339.
    time: String,
}

impl NewCallerLocation {
    fn parse(self) -> Result<CallerLocation, Problem> {
        let wrong = |field: &str, why: &str| invalid(&format!("caller_location.{field}"), why);
        let position = Position::new(self.lat, self.lon)
            .map_err(|error| invalid("caller_location", &error.to_string()))?;
        if self.accuracy_m.is_some_and(|metres| metres > ACCURACY_MAX_M) {
            return Err(wrong("accuracy_m", "expected 0 to 70000"));
        }
        if self.confidence.is_some_and(|percent| percent > 100) {
            return Err(wrong("confidence", "expected 0 to 100"));
        }
        let at = Timestamp::parse_rfc3339(&self.time).map_err(|_| wrong("time", TIME_EXPECTED))?;
        let Self { accuracy_m, confidence, method, .. } = self;
        Ok(CallerLocation { position, accuracy_m, confidence, method, at })
    }
}

/// The location that came with an alarm: the fields, else the phone's own text. A text that cannot be read is counted and
/// left out: the operator's system passes on what a phone wrote, and no alarm is refused over that.
pub(super) fn parsed(
    app: &App,
    fields: Option<NewCallerLocation>,
    text: Option<&str>,
) -> Result<Option<CallerLocation>, Problem> {
    if let Some(fields) = fields {
        return fields.parse().map(Some);
    }
    let read = text.map_or(Ok(None), aml::read);
    Ok(read.unwrap_or_else(|aml::Unreadable(field)| {
        tracing::warn!(
            aml.field = field,
            "the caller's location cannot be read; the alarm goes on without it"
        );
        app.metrics.caller_location_dropped(field);
        None
    }))
}

/// Where the caller's phone is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CallerLocation)]
pub(super) struct CallerView {
    /// Degrees north, WGS 84.
    lat: f64,
    /// Degrees east, WGS 84.
    lon: f64,
    /// Radius round the point, metres.
    accuracy_m: Option<u32>,
    /// How sure the phone is to be within it, percent.
    confidence: Option<u8>,
    /// By which means it was found.
    #[schema(example = "gnss")]
    method: &'static str,
    /// When the phone was there, RFC 3339.
    time: String,
    /// Great-circle distance to the incident's place, metres.
    distance_m: u32,
}

impl CallerView {
    /// The location beside the place.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "half the earth's girth fits many times over"
    )]
    pub(super) fn of(caller: &CallerLocation, place: &Place) -> Self {
        Self {
            lat: caller.position.lat(),
            lon: caller.position.lon(),
            accuracy_m: caller.accuracy_m,
            confidence: caller.confidence,
            method: caller.method.as_str(),
            time: caller.at.rfc3339(),
            distance_m: caller.position.distance_to(place.position).0.round() as u32,
        }
    }
}

#[cfg(test)]
mod tests;
