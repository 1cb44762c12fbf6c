//! `/v1/places`: what an operator typed, understood as coordinates or as the name of a place.

use axum::extract::State;
use certus_registry::{Position, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::incident_view::Sentence;
use super::problem::Document;
use super::{Caller, FieldError, Json, Problem, Query, SharedApp};
use crate::places::{Grid, Named, Understood, coordinates};

/// Names in one answer.
const FOUND_MAX: usize = 10;

/// The routes below `/v1`.
pub(crate) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(find))
}

/// What was typed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PlacesQuery {
    /// Coordinates (WGS 84 in degrees, with minutes, with seconds; SWEREF 99 TM; RT 90; MGRS) or a name.
    #[param(example = "storgatan 12 östersund")]
    q: String,
}

/// Places.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Places)]
struct PlacesView {
    /// The best first, at most ten; one when coordinates were typed.
    places: Vec<FoundView>,
}

/// A place that may be meant.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundPlace)]
struct FoundView {
    /// Its name; empty for coordinates.
    name: String,
    /// The municipality or postal town; may be empty.
    within: String,
    /// `village`, `address`, what its source says, or `coordinates`.
    kind: String,
    #[serde(flatten)]
    point: PointView,
    /// Radius within which the true point lies, metres.
    accuracy_m: u32,
    /// How coordinates were understood: `decimal`, `minutes`, `seconds`, `sweref99tm`, `rt90`, `mgrs`.
    notation: Option<&'static str>,
    /// What was understood, in words.
    sentence: Sentence,
}

/// A point in both systems.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Point)]
pub(crate) struct PointView {
    /// Degrees north, WGS 84.
    lat: f64,
    /// Degrees east, WGS 84.
    lon: f64,
    /// SWEREF 99 TM; none where it does not reach.
    sweref99tm: Option<PlaneView>,
    /// Whether no known place is anywhere near: right perhaps, or numbers the wrong way round.
    outside_area: bool,
}

/// Metres of SWEREF 99 TM.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Plane)]
struct PlaneView {
    /// N.
    northing: f64,
    /// E.
    easting: f64,
}

impl PointView {
    /// A point, and whether any place is known near it.
    pub(crate) fn of(app: &SharedApp, position: Position) -> Self {
        let round = |metres: f64| metres.round();
        let plane = Grid::Sweref99Tm.plane(position);
        Self {
            lat: position.lat(),
            lon: position.lon(),
            sweref99tm: plane
                .map(|plane| PlaneView { northing: round(plane.northing), easting: round(plane.easting) }),
            outside_area: !app.places.covers(position),
        }
    }
}

/// What coordinates or a name may mean.
#[utoipa::path(get, path = "/places", tag = "incidents", params(PlacesQuery),
    responses((status = 200, body = PlacesView), (status = "default", body = Document)))]
async fn find(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(query): Query<PlacesQuery>,
) -> Result<Json<PlacesView>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    if let Some(read) = coordinates::read(&query.q) {
        let understood =
            read.map_err(|why| Problem::invalid_fields(vec![FieldError::invalid("q", why.to_string())]))?;
        return Ok(Json(PlacesView { places: vec![FoundView::of_coordinates(&app, &understood)] }));
    }
    let names = app.places.names(&app.db).await?;
    let hits = names.search(&query.q, FOUND_MAX);
    Ok(Json(PlacesView { places: hits.iter().map(|hit| FoundView::of_name(&app, hit.place)).collect() }))
}

impl FoundView {
    fn of_coordinates(app: &SharedApp, understood: &Understood) -> Self {
        let Understood { position, notation, accuracy_m } = *understood;
        let arguments = [
            ("lat", format!("{:.5}", position.lat()).into()),
            ("lon", format!("{:.5}", position.lon()).into()),
            ("metres", accuracy_m.to_string().into()),
        ];
        Self {
            name: String::new(),
            within: String::new(),
            kind: "coordinates".to_owned(),
            point: PointView::of(app, position),
            accuracy_m,
            notation: Some(notation.as_str()),
            sentence: Sentence::of(&format!("notation-{}", notation.as_str()), &arguments),
        }
    }

    fn of_name(app: &SharedApp, place: &Named) -> Self {
        let Named { name, within, kind, position, accuracy_m } = place.clone();
        let key = if within.is_empty() { "place-named" } else { "place-named-within" };
        let arguments = [("name", name.clone().into()), ("within", within.clone().into())];
        let (point, sentence) = (PointView::of(app, position), Sentence::of(key, &arguments));
        Self { name, within, kind, point, accuracy_m, notation: None, sentence }
    }
}
