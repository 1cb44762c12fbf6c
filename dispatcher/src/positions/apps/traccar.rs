//! Traccar Client and `OsmAnd`, in the four shapes that their versions send (traccar's own decoder takes the same).
//!
//! The old apps and `OsmAnd` send a query or a form, version 9 of the client a JSON object with `location`, version 10 a form
//! again or a JSON list of up to [`BATCH_MAX`] objects with the same keys.

use std::borrow::Cow;

use certus_registry::Timestamp;
use serde_json::Value;

use super::{Dropped, Point, Written, moment};

/// Points in one list: as many as the app puts into one.
pub const BATCH_MAX: usize = 100;

/// What one request says.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The app's own identifier for the phone; in a list, the first point's.
    pub id: Option<String>,
    /// Points, or why there is none; nothing in a sign of life.
    pub read: Vec<Result<Point, Dropped>>,
}

/// More than [`BATCH_MAX`] points came at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// Reads a request by its query and its body; the body's first character tells JSON from a form.
///
/// # Errors
/// [`TooMany`].
pub fn read(query: &str, body: &[u8]) -> Result<Report, TooMany> {
    let json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    if !json {
        let pairs = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body));
        return Ok(one(&Said::Pairs(pairs.collect())));
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Array(list)) if list.len() > BATCH_MAX => Err(TooMany),
        Ok(Value::Array(list)) => Ok(many(&list)),
        Ok(object) => Ok(one(&Said::Json(&object))),
        Err(_) => Ok(Report { id: None, read: vec![Err(Dropped::Unreadable)] }),
    }
}

fn one(said: &Said<'_>) -> Report {
    Report { id: said.id(), read: said.point().into_iter().collect() }
}

/// A list is one phone's: a point under another identifier than the first is nobody's.
fn many(list: &[Value]) -> Report {
    let said = || list.iter().map(Said::Json);
    let id = said().next().and_then(|first| first.id());
    let strange = |said: &Said<'_>| said.id() != id;
    let read =
        said().filter_map(|said| if strange(&said) { Some(Err(Dropped::Unreadable)) } else { said.point() });
    Report { read: read.collect(), id: id.clone() }
}

/// One point in any shape, asked for its fields by the names of the form.
enum Said<'a> {
    Pairs(Vec<(Cow<'a, str>, Cow<'a, str>)>),
    Json(&'a Value),
}

impl Said<'_> {
    /// The field's text; numbers and truths of JSON as text, too.
    fn field(&self, name: &str) -> Option<String> {
        match self {
            Self::Pairs(pairs) => {
                pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim().to_owned())
            }
            Self::Json(object) => match inside(object, name) {
                Value::String(text) => Some(text.trim().to_owned()),
                Value::Null | Value::Array(_) | Value::Object(_) => None,
                plain @ (Value::Bool(_) | Value::Number(_)) => Some(plain.to_string()),
            },
        }
        .filter(|text| !text.is_empty())
    }

    fn id(&self) -> Option<String> {
        self.field("id").or_else(|| self.field("deviceid"))
    }

    /// Nothing when it is only a sign of life: a time without a place.
    fn point(&self) -> Option<Result<Point, Dropped>> {
        let both = self.field("location");
        let (lat, lon) = match both.as_deref().map(|both| both.split_once(',')) {
            Some(Some((lat, lon))) => (Some(lat.to_owned()), Some(lon.to_owned())),
            Some(None) => return Some(Err(Dropped::Unreadable)),
            None => (self.field("lat"), self.field("lon")),
        };
        let time = self.field("timestamp");
        if lat.is_none() && lon.is_none() && time.is_some() {
            return None;
        }
        let invalid = self.field("valid").is_some_and(|valid| valid == "false" || valid == "0");
        let number = |text: Option<String>| text?.trim().parse::<f64>().ok();
        let time = time.filter(|_| !invalid).and_then(|text| parsed(&text));
        let accuracy = number(self.field("accuracy"));
        Some(Written { lat: number(lat), lon: number(lon), accuracy, time }.point())
    }
}

/// Where the object of version 9 keeps what the others call `name`.
fn inside<'v>(object: &'v Value, name: &str) -> &'v Value {
    let location = &object["location"];
    match name {
        _ if !location.is_object() => &object[name],
        "lat" => &location["coords"]["latitude"],
        "lon" => &location["coords"]["longitude"],
        "accuracy" => &location["coords"]["accuracy"],
        "id" => &object["device_id"],
        _ => &location[name],
    }
}

/// Seconds, milliseconds, ISO 8601, or `yyyy-MM-dd HH:mm:ss` in UTC.
fn parsed(text: &str) -> Option<Timestamp> {
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then(|| moment(number));
    }
    Timestamp::parse_rfc3339(text).or_else(|_| Timestamp::parse_rfc3339(&format!("{text}Z"))).ok()
}

#[cfg(test)]
#[path = "traccar_tests.rs"]
mod tests;
