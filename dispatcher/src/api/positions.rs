//! `POST /v1/positions`: a volunteer's phone says where it has been.
//!
//! Phones send their queue in order and hold everything back while one request is refused. So: the token is
//! checked first (401); what is not JSON of this shape is refused by field (400, 413, 415, 422); but a
//! well-formed point that is old, known, from the future or nowhere is counted, and the answer is 200. Fields
//! that this version does not know are ignored, for phones are updated before servers.

use std::fmt;

use axum::extract::{DefaultBodyLimit, FromRequestParts, State};
use axum::http::request::Parts;
use certus_registry::{Timestamp, VolunteerId};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::auth::{bearer, unauthenticated};
use super::{Code, Json, Problem, SharedApp};
use crate::metrics::{Metrics, Reason};
use crate::positions::{Point, Tally, moment};

/// Points in one request: half a minute of the chattiest phone, hours of an ordinary one.
pub(super) const POINTS_MAX: usize = 1_000;
/// Bytes of one request: a point of 110 bytes, generously indented, [`POINTS_MAX`] times.
const BODY_MAX: usize = 256 * 1024;

/// The routes below `/v1`.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(report)).layer(DefaultBodyLimit::max(BODY_MAX))
}

/// Say where a phone has been
///
/// Points that are old, known, from the future or nowhere on earth are counted and dropped.
#[utoipa::path(post, path = "/positions", tag = "positions", request_body = ReportSchema,
    security(("bearer" = [])),
    responses((status = 200, body = TallySchema), Problem))]
async fn report(
    State(app): State<SharedApp>,
    Phone(volunteer): Phone,
    Json(report): Json<Report>,
) -> Result<Json<Tally>, Problem> {
    let Report::Points(points) = report else {
        let detail = format!("expected at most {POINTS_MAX} points in one request");
        return Err(Problem::new(Code::BodyTooLarge, detail));
    };
    let tally = app.positions.report(volunteer, points);
    count(&app.metrics, &tally);
    Ok(Json(tally))
}

/// Counts what became of a phone's points.
pub(crate) fn count(metrics: &Metrics, tally: &Tally) {
    metrics.positions_accepted.inc_by(tally.accepted);
    for (reason, n) in tally.dropped() {
        metrics.positions_dropped.get_or_create(&Reason { reason: reason.as_str() }).inc_by(n);
    }
}

/// The volunteer whose position token came with the request.
pub(super) struct Phone(pub(super) VolunteerId);

impl FromRequestParts<SharedApp> for Phone {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let token = bearer(&parts.headers).ok_or_else(|| unauthenticated("no position token was sent"))?;
        let owner = app.positions.owner(token).await?;
        owner.map(Self).ok_or_else(|| unauthenticated("the position token is unknown or was replaced"))
    }
}

/// One point or a list of them, read in one pass so that an error names its place: `[3].lat`.
enum Report {
    Points(Vec<Point>),
    TooMany,
}

impl<'de> Deserialize<'de> for Report {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany)
    }
}

struct OneOrMany;

impl<'de> Visitor<'de> for OneOrMany {
    type Value = Report;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a point with lat, lon and time, or a list of them")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Report, A::Error> {
        let point = Sent::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Report::Points(vec![point.into()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Report, A::Error> {
        let mut points = Vec::new();
        while points.len() < POINTS_MAX {
            let Some(point) = list.next_element::<Sent>()? else { return Ok(Report::Points(points)) };
            points.push(point.into());
        }
        let mut report = Report::Points(points);
        while list.next_element::<IgnoredAny>()?.is_some() {
            report = Report::TooMany;
        }
        Ok(report)
    }
}

/// A point as a phone writes it.
#[derive(serde::Deserialize)]
pub(crate) struct Sent {
    lat: f64,
    lon: f64,
    accuracy: Option<f64>,
    #[serde(deserialize_with = "time")]
    time: Timestamp,
}

impl From<Sent> for Point {
    fn from(sent: Sent) -> Self {
        Self { lat: sent.lat, lon: sent.lon, accuracy: sent.accuracy, fixed_at: sent.time }
    }
}

fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    deserializer.deserialize_any(Time)
}

struct Time;

impl Visitor<'_> for Time {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a time: RFC 3339 with offset, or seconds or milliseconds since 1970")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Timestamp, E> {
        Timestamp::parse_rfc3339(text).map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))
    }

    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 ms, the year 287 396")]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Timestamp, E> {
        self.visit_f64(number as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "exact above -2^53 ms")]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Timestamp, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Timestamp, E> {
        Ok(moment(number))
    }
}

/// One point, or up to 1 000 in any order.
#[derive(serde::Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = PositionReport)]
#[expect(dead_code, reason = "describes what `Report` reads by hand")]
enum ReportSchema {
    One(PointSchema),
    Many(Vec<PointSchema>),
}

/// Where a phone was and when; other fields are ignored.
#[derive(serde::Deserialize, ToSchema)]
#[schema(as = PositionPoint)]
#[expect(dead_code, reason = "describes what `Report` reads by hand")]
struct PointSchema {
    /// Degrees north, WGS 84.
    #[schema(example = 63.1792)]
    lat: f64,
    /// Degrees east, WGS 84.
    #[schema(example = 14.63566)]
    lon: f64,
    /// Radius of uncertainty in metres; 0 and less mean unknown.
    #[schema(example = 12.0)]
    accuracy: Option<f64>,
    /// When the phone was there: RFC 3339 with offset, or seconds or milliseconds since 1970.
    time: TimeSchema,
}

/// RFC 3339 with offset, or seconds or milliseconds since 1970.
#[derive(serde::Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = PositionTime)]
#[expect(dead_code, reason = "describes what `Report` reads by hand")]
enum TimeSchema {
    Text(String),
    Number(f64),
}

/// What became of the points; describes [`Tally`], which writes itself.
#[derive(serde::Serialize, ToSchema)]
#[schema(as = PositionTally)]
struct TallySchema {
    /// Points that were newer than all before them.
    accepted: u64,
    /// The others by reason: `future`, `off_the_earth`, `null_island`, `duplicate`, `stale`.
    #[schema(example = json!({"stale": 2}))]
    dropped: std::collections::BTreeMap<String, u64>,
}

#[cfg(test)]
#[path = "positions_tests.rs"]
mod tests;
