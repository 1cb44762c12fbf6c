//! Places, in and out: `/v1/places`, and the place of an incident.

use axum::extract::State;
use certus_registry::{Position, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::incident_view::Sentence;
use super::incidents::{invalid, line};
use super::{App, Caller, Json, Problem, Query, SharedApp};
use crate::incident::Place;
use crate::places::{Grid, Named, Understood, coordinates};

/// Names in one answer.
const FOUND_MAX: usize = 10;
/// The longest place name and detail, in characters; both go into text messages.
const NAME_MAX: usize = 80;
const DETAIL_MAX: usize = 300;
/// The accuracy assumed when neither the caller nor the coordinates' digits name one, metres.
const ACCURACY_DEFAULT_M: u32 = 100;

/// A place as the operator gives it: `lat` and `lon`, or `coordinates`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPlace {
    /// Degrees north, WGS 84.
    #[schema(example = 63.347)]
    lat: Option<f64>,
    /// Degrees east, WGS 84.
    #[schema(example = 13.457)]
    lon: Option<f64>,
    /// Instead of both: WGS 84 in degrees, with minutes or with seconds, SWEREF 99 TM, RT 90 or MGRS, as they were read out.
    coordinates: Option<String>,
    /// Radius within which the true point lies, metres; 100 when not given, or what the coordinates' digits leave open.
    accuracy_m: Option<u32>,
    /// A village, a lake, a road: what volunteers see when they are asked. At most 80 characters.
    #[schema(example = "Järpen")]
    name: String,
    /// The exact address or directions: what they see after their yes. At most 300 characters.
    detail: Option<String>,
}

impl NewPlace {
    pub(super) fn parse(&self) -> Result<Place, Problem> {
        let (position, known_m) = self.point()?;
        let accuracy_m = match (self.accuracy_m, known_m) {
            (Some(said), Some(known)) => said.max(known),
            (said, known) => said.or(known).unwrap_or(ACCURACY_DEFAULT_M),
        };
        let detail = self.detail.as_deref().filter(|text| !text.trim().is_empty());
        Ok(Place {
            position,
            accuracy_m,
            name: line("place.name", &self.name, NAME_MAX)?,
            detail: detail.map(|text| line("place.detail", text, DETAIL_MAX)).transpose()?,
        })
    }

    fn point(&self) -> Result<(Position, Option<u32>), Problem> {
        match (self.lat, self.lon, self.coordinates.as_deref()) {
            (Some(lat), Some(lon), None) => {
                let position = Position::new(lat, lon);
                Ok((position.map_err(|error| invalid("place", &error.to_string()))?, None))
            }
            (None, None, Some(text)) => {
                let refused = |why: &str| invalid("place.coordinates", why);
                let read = coordinates::read(text).ok_or_else(|| refused("expected coordinates"))?;
                let understood = read.map_err(|why| refused(&why.to_string()))?;
                Ok((understood.position, Some(understood.accuracy_m)))
            }
            _ => Err(invalid("place", "expected lat and lon, or coordinates")),
        }
    }
}

/// A place.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Place)]
pub(super) struct PlaceView {
    #[serde(flatten)]
    point: PointView,
    /// Radius within which the true point lies, metres.
    accuracy_m: u32,
    /// What volunteers see when they are asked.
    name: String,
    /// What they see after their yes.
    detail: Option<String>,
}

impl PlaceView {
    /// The place with its point in both systems.
    pub(super) fn of(app: &App, place: &Place) -> Self {
        let Place { position, accuracy_m, name, detail } = place.clone();
        Self { point: PointView::of(app, position), accuracy_m, name, detail }
    }
}

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
struct PointView {
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
    fn of(app: &App, position: Position) -> Self {
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
    responses((status = 200, body = PlacesView), Problem))]
async fn find(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(query): Query<PlacesQuery>,
) -> Result<Json<PlacesView>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    if let Some(read) = coordinates::read(&query.q) {
        let understood = read.map_err(|why| invalid("q", &why.to_string()))?;
        return Ok(Json(PlacesView { places: vec![FoundView::of_coordinates(&app, &understood)] }));
    }
    let names = app.places.names(&app.db).await?;
    let found = names.search(&query.q, FOUND_MAX);
    Ok(Json(PlacesView { places: found.into_iter().map(|place| FoundView::of_name(&app, place)).collect() }))
}

impl FoundView {
    fn of_coordinates(app: &App, understood: &Understood) -> Self {
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

    fn of_name(app: &App, place: &Named) -> Self {
        let Named { name, within, kind, position, accuracy_m } = place.clone();
        let key = if within.is_empty() { "place-named" } else { "place-named-within" };
        let arguments = [("name", name.clone().into()), ("within", within.clone().into())];
        let (point, sentence) = (PointView::of(app, position), Sentence::of(key, &arguments));
        Self { name, within, kind, point, accuracy_m, notation: None, sentence }
    }
}
