//! What holds on the roads, in and out: `/v1/road-conditions`.

use std::collections::BTreeMap;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use certus_registry::{Metres, Position, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::incidents::{invalid, line, time};
use super::{Answer, App, Caller, Code, Json, Problem, Query, SharedApp, Submitted};
use crate::road_conditions::{ClosedPlace, REASON_MAX, RoadConditions, store};
use crate::travel::roads::{CLOSURES_MAX, Closure, ConditionsError, RoadClass};

/// The largest set, in bytes: every closed place with its longest reason.
const BODY_MAX: usize = CLOSURES_MAX * 512;
/// Changes in one answer when the request names no number, and at most: each may hold a thousand closed places.
const CHANGES_DEFAULT: u32 = 10;
const CHANGES_MAX: u32 = 50;

/// The routes below `/v1`.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(read, set))
        .routes(routes!(changes))
        .layer(DefaultBodyLimit::max(BODY_MAX))
}

/// What is to hold on the roads from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRoadConditions {
    /// The version that these were made from: 409 `outdated` when somebody has set others meanwhile. 0 before the first.
    version: u64,
    /// Every closed place, at most 1 000.
    closures: Vec<NewClosure>,
    /// How many times longer a class of road takes than on a good day, 1 to 10: `motorway`, `trunk`, `primary`, `secondary`,
    /// `tertiary`, `unclassified`, `residential`, `service`, `track`, `path`, `snow_trail`, `waterway`, `ferry`, `lake`, `sea`.
    #[schema(value_type = BTreeMap<String, f64>, example = json!({"tertiary": 1.3}))]
    factors: BTreeMap<RoadClass, f64>,
}

/// A closed place as the operator gives it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewClosure {
    /// Degrees north of its middle, WGS 84.
    #[schema(example = 63.347)]
    lat: f64,
    /// Degrees east of its middle, WGS 84.
    #[schema(example = 13.457)]
    lon: f64,
    /// How far it reaches, metres: more than 0 and at most 5 000.
    radius_m: f64,
    /// Why, for colleagues: at most 80 characters.
    #[schema(example = "Väg 321 stängd, lavinfara")]
    reason: String,
    /// When it opens again by itself, RFC 3339; not given: when somebody takes it away.
    until: Option<String>,
}

/// What holds on the roads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoadConditions)]
struct View {
    /// Whether this server has a road file: without, all this is kept and counts for nothing.
    knows_roads: bool,
    #[serde(flatten)]
    conditions: ConditionsView,
}

/// Conditions with who set them.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = SetRoadConditions)]
struct ConditionsView {
    /// Their version: one more at each change; 0 before the first.
    version: u64,
    /// When they were set, RFC 3339; none before the first.
    set_at: Option<String>,
    /// The name of the API key by which they were set; none before the first.
    set_by: Option<String>,
    /// Closed places.
    closures: Vec<ClosureView>,
    /// How many times longer a class of road takes than on a good day; a class that is not named takes as long.
    #[schema(value_type = BTreeMap<String, f64>)]
    factors: BTreeMap<RoadClass, f64>,
}

/// A place that nobody gets through.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoadClosure)]
struct ClosureView {
    /// Degrees north of its middle, WGS 84.
    lat: f64,
    /// Degrees east of its middle, WGS 84.
    lon: f64,
    /// How far it reaches, metres.
    radius_m: f64,
    /// Why.
    reason: String,
    /// When it opens again by itself, RFC 3339.
    until: Option<String>,
}

/// Changes of what holds on the roads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = RoadConditionsChanges)]
struct ChangesView {
    /// The newest first, each as it was set: also what has expired since.
    changes: Vec<ConditionsView>,
}

/// How many changes.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ChangesQuery {
    /// 1 to 50; 10 when not given.
    limit: Option<u32>,
}

/// What holds on the roads now
///
/// Closed places that have expired are left out, so that what is read can be changed and put.
#[utoipa::path(get, path = "/road-conditions", tag = "incidents",
    responses((status = 200, body = View), Problem))]
async fn read(State(app): State<SharedApp>, caller: Caller) -> Result<Json<View>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    let latest = store::latest(&app.db).await?;
    let (now, knows_roads) = (app.clock.now(), app.roads.knows_roads());
    let conditions = latest.map_or_else(ConditionsView::default, |latest| ConditionsView::at(now, &latest));
    Ok(Json(View { knows_roads, conditions }))
}

/// Sets what holds on the roads, as a whole
///
/// Travel times follow at once at this node, at the others within two seconds.
#[utoipa::path(put, path = "/road-conditions", tag = "incidents", request_body = NewRoadConditions,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 200, body = View), Problem))]
async fn set(
    State(app): State<SharedApp>,
    caller: Caller,
    Submitted { body, once }: Submitted<NewRoadConditions>,
) -> Result<Response, Problem> {
    caller.require(Scope::IncidentsWrite)?;
    if let Some(answer) = once.replay(&app.db, &caller).await? {
        return Ok(answer);
    }
    let now = app.clock.now();
    let conditions = body.parse(now, &caller)?;
    let answer = Answer::json(StatusCode::OK, &View::of(&app, now, &conditions));
    let mut tx = app.db.begin().await?;
    once.keep(&mut tx, &caller, now, &answer).await?;
    if !store::add(&mut tx, &conditions).await? {
        let detail = "somebody has set other conditions meanwhile; read them and set yours again";
        return Err(Problem::new(Code::Outdated, detail));
    }
    tx.commit().await?;
    app.roads.learn(conditions, now).await;
    Ok(answer.into_response())
}

/// Who has set what on the roads, and when
#[utoipa::path(get, path = "/road-conditions/changes", tag = "incidents", params(ChangesQuery),
    responses((status = 200, body = ChangesView), Problem))]
async fn changes(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(query): Query<ChangesQuery>,
) -> Result<Json<ChangesView>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    let limit = query.limit.unwrap_or(CHANGES_DEFAULT).clamp(1, CHANGES_MAX);
    let changes = store::changes(&app.db, limit).await?;
    Ok(Json(ChangesView { changes: changes.iter().map(ConditionsView::as_set).collect() }))
}

impl NewRoadConditions {
    fn parse(self, now: Timestamp, caller: &Caller) -> Result<RoadConditions, Problem> {
        let places = self.closures.iter().enumerate();
        let conditions = RoadConditions {
            version: self.version.saturating_add(1),
            set_at: now,
            set_by: caller.name().as_str().to_owned(),
            closures: places.map(|(number, place)| place.parse(number, now)).collect::<Result<_, _>>()?,
            factors: self.factors,
        };
        conditions.at(now).checked().map_err(refused)?;
        Ok(conditions)
    }
}

impl NewClosure {
    fn parse(&self, number: usize, now: Timestamp) -> Result<ClosedPlace, Problem> {
        let field = |name: &str| format!("closures[{number}].{name}");
        let at = Position::new(self.lat, self.lon);
        let until = time(&field("until"), self.until.as_deref())?;
        if until.is_some_and(|until| until <= now) {
            return Err(invalid(&field("until"), "expected a time that has not passed"));
        }
        Ok(ClosedPlace {
            closure: Closure {
                at: at.map_err(|error| invalid(&format!("closures[{number}]"), &error.to_string()))?,
                radius: Metres(self.radius_m),
            },
            reason: line(&field("reason"), &self.reason, REASON_MAX)?,
            until,
        })
    }
}

fn refused(error: ConditionsError) -> Problem {
    let field = match error {
        ConditionsError::Factor { class, .. } => format!("factors.{class}"),
        ConditionsError::Radius { place, .. } => format!("closures[{place}].radius_m"),
        ConditionsError::Closures(_) => "closures".to_owned(),
    };
    invalid(&field, &error.to_string())
}

impl View {
    fn of(app: &App, now: Timestamp, conditions: &RoadConditions) -> Self {
        Self { knows_roads: app.roads.knows_roads(), conditions: ConditionsView::at(now, conditions) }
    }
}

impl ConditionsView {
    fn as_set(conditions: &RoadConditions) -> Self {
        Self::with(conditions, conditions.closures.iter())
    }

    /// Without what has expired.
    fn at(now: Timestamp, conditions: &RoadConditions) -> Self {
        Self::with(conditions, conditions.closed_at(now))
    }

    fn with<'a>(conditions: &RoadConditions, closures: impl Iterator<Item = &'a ClosedPlace>) -> Self {
        Self {
            version: conditions.version,
            set_at: Some(conditions.set_at.rfc3339()),
            set_by: Some(conditions.set_by.clone()),
            closures: closures.map(ClosureView::of).collect(),
            factors: conditions.factors.clone(),
        }
    }
}

impl ClosureView {
    fn of(place: &ClosedPlace) -> Self {
        let ClosedPlace { closure, reason, until } = place;
        Self {
            lat: closure.at.lat(),
            lon: closure.at.lon(),
            radius_m: closure.radius.0,
            reason: reason.clone(),
            until: until.map(Timestamp::rfc3339),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use certus_registry::Secret;
    use serde_json::{Value, json};

    use super::*;
    use crate::api::fixture::{self, body, send};

    const PATH: &str = "/v1/road-conditions";

    async fn ask(app: &SharedApp, secret: &Secret, method: &str, path: &str, sent: &Value) -> (u16, Value) {
        let answer = send(app, fixture::json(method, path, secret, sent)).await;
        (answer.status().as_u16(), body(answer).await)
    }

    fn closure() -> Value {
        json!({"lat": 63.4, "lon": 13.1, "radius_m": 200.0, "reason": "Väg 321 stängd, lavinfara", "until": null})
    }

    #[tokio::test]
    async fn what_was_set_holds_until_its_hour_and_whoever_was_slower_is_told() {
        let (app, clock) = fixture::app().await;
        let (_, secret) = fixture::key(&app, &[Scope::IncidentsRead, Scope::IncidentsWrite]).await;
        let (_, none) = ask(&app, &secret, "GET", PATH, &Value::Null).await;
        let expected = json!({"knows_roads": false, "version": 0, "set_at": null, "set_by": null, "closures": [],
            "factors": {}});
        assert_eq!(none, expected);
        let mut short = closure();
        short["until"] = json!("2026-11-23T05:10:00+01:00");
        let sent = json!({"version": 0, "closures": [closure(), short], "factors": {"tertiary": 1.3}});
        let (status, told) = ask(&app, &secret, "PUT", PATH, &sent).await;
        assert_eq!((status, &told["version"], &told["set_by"]), (200, &json!(1), &json!("Test")), "{told}");
        assert_eq!(told["closures"][1]["until"], "2026-11-23T04:10:00.000Z");
        assert_eq!(ask(&app, &secret, "GET", PATH, &Value::Null).await.1, told);
        let (status, told) = ask(&app, &secret, "PUT", PATH, &sent).await;
        assert_eq!((status, &told["code"]), (409, &json!("outdated")), "{told}");
        clock.advance(Duration::from_hours(1));
        let (_, later) = ask(&app, &secret, "GET", PATH, &Value::Null).await;
        assert_eq!((&later["closures"], &later["version"]), (&json!([closure()]), &json!(1)));
        let (_, told) = ask(&app, &secret, "GET", "/v1/road-conditions/changes", &Value::Null).await;
        assert_eq!(told["changes"][0]["closures"].as_array().map(Vec::len), Some(2), "{told}");
    }

    #[tokio::test]
    async fn what_is_wrong_is_named_and_nothing_is_kept() {
        let (app, _) = fixture::app().await;
        let (_, secret) = fixture::key(&app, &[Scope::IncidentsRead, Scope::IncidentsWrite]).await;
        let table = [
            ("lat", json!(98.0), "closures[1]"),
            ("radius_m", json!(0.0), "closures[1].radius_m"),
            ("radius_m", json!(5_001.0), "closures[1].radius_m"),
            ("radius_m", json!("wide"), "closures[1].radius_m"),
            ("reason", json!(" "), "closures[1].reason"),
            ("reason", json!("x".repeat(81)), "closures[1].reason"),
            ("until", json!("tomorrow"), "closures[1].until"),
            ("until", json!("2026-11-23T03:10:00Z"), "closures[1].until"),
            ("colour", json!("red"), "closures[1].colour"),
        ];
        for (name, value, field) in table {
            let mut wrong = closure();
            wrong[name] = value;
            let sent = json!({"version": 0, "closures": [closure(), wrong], "factors": {}});
            let (status, told) = ask(&app, &secret, "PUT", PATH, &sent).await;
            assert_eq!((status, told["errors"][0]["field"].as_str()), (422, Some(field)), "{told}");
        }
        for (factors, field) in [
            (json!({"primary": 0.9}), "factors.primary"),
            (json!({"snow_trail": 11}), "factors.snow_trail"),
            (json!({"ice": 2}), "factors"),
        ] {
            let sent = json!({"version": 0, "closures": [], "factors": factors});
            let (status, told) = ask(&app, &secret, "PUT", PATH, &sent).await;
            let named = told["errors"][0]["field"].as_str().unwrap();
            assert!(status == 422 && named.starts_with(field), "{field}: {told}");
        }
        assert_eq!(store::version(&app.db).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_thousand_closed_places_fit_and_one_more_is_refused() {
        let (app, _) = fixture::app().await;
        let (_, secret) = fixture::key(&app, &[Scope::IncidentsWrite]).await;
        let mut place = closure();
        place["reason"] = json!("å".repeat(REASON_MAX));
        for (count, status) in [(CLOSURES_MAX + 1, 422), (CLOSURES_MAX, 200)] {
            let sent = json!({"version": 0, "closures": vec![place.clone(); count], "factors": {}});
            assert_eq!(ask(&app, &secret, "PUT", PATH, &sent).await.0, status, "{count}");
        }
    }

    #[tokio::test]
    async fn setting_needs_the_scope_of_those_who_raise_alarms() {
        let (app, _) = fixture::app().await;
        let (_, reads) = fixture::key(&app, &[Scope::IncidentsRead]).await;
        let sent = json!({"version": 0, "closures": [], "factors": {}});
        assert_eq!(ask(&app, &reads, "PUT", PATH, &sent).await.0, 403);
        assert_eq!(ask(&app, &reads, "GET", PATH, &Value::Null).await.0, 200);
        let (_, other) = fixture::key(&app, &[Scope::VolunteersRead]).await;
        assert_eq!(ask(&app, &other, "GET", PATH, &Value::Null).await.0, 403);
    }
}
