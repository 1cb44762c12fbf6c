//! `/owntracks` and `/traccar`: positions from apps that people already have.
//!
//! The volunteer's position token lets a phone in (401, 404), a body may be too large (413); everything else is answered
//! 200 and counted by its reason, for these apps send their queue in order and hold it back behind whatever is refused.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use certus_registry::VolunteerId;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::collected;
use super::positions::count;
use super::{App, Code, Json, Path, Problem, SharedApp};
use crate::positions::apps::{owntracks, traccar};

/// The routes, which lie beside `/v1`: what these apps speak is not ours to change. Old versions of Traccar Client add a
/// slash to whatever address they are given.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(from_owntracks))
        .routes(routes!(from_traccar))
        .routes(routes!(from_traccar_by_id))
        .route("/traccar/{token}/", get(from_traccar).post(from_traccar))
        .route("/traccar/", get(from_traccar_by_id).post(from_traccar_by_id))
}

/// What `OwnTracks` is told to do.
#[derive(Debug, Serialize, ToSchema)]
struct OwnTracksCommand {
    /// `cmd`.
    #[serde(rename = "_type")]
    kind: &'static str,
    /// `reportLocation`: say where you are now.
    action: &'static str,
}

const REPORT: OwnTracksCommand = OwnTracksCommand { kind: "cmd", action: "reportLocation" };

/// Positions from `OwnTracks`
///
/// HTTP mode; the position token is the password, under any user name. While the person is on a call-out and their last
/// fix is old, the answer asks for another one.
#[utoipa::path(post, path = "/owntracks", tag = "positions", security(("basic" = [])),
    request_body(content = serde_json::Value, description = "Any message of OwnTracks; only `location` is used"),
    responses((status = 200, body = Vec<OwnTracksCommand>), Problem))]
async fn from_owntracks(
    State(app): State<SharedApp>,
    OwnTracks(person): OwnTracks,
    request: Request,
) -> Result<Json<Vec<OwnTracksCommand>>, Problem> {
    let message = owntracks::read(&collected(request, &app).await?);
    count(&app.metrics, &app.positions.report_read(person, message.read.into_iter().collect()));
    let wanted = app.positions.wants_fix(person, app.config.positions.ask_after());
    Ok(Json((wanted && !message.on_request).then_some(REPORT).into_iter().collect()))
}

/// Positions from Traccar Client
///
/// By query, form or JSON, whatever the app's version sends; the position token stands in the address.
#[utoipa::path(method(get, post), path = "/traccar/{token}", tag = "positions", security(()),
    params(("token" = String, Path, description = "The position token")),
    responses((status = 200), Problem))]
async fn from_traccar(
    State(app): State<SharedApp>,
    Path(token): Path<String>,
    request: Request,
) -> Result<StatusCode, Problem> {
    let person = app.positions.owner(&token).await?.ok_or_else(|| Problem::not_found("phone"))?;
    Ok(take(&app, person, said(&app, request).await?))
}

/// Positions from Traccar Client by its identifier
///
/// The same, with the position token as the device identifier in the app's settings.
#[utoipa::path(method(get, post), path = "/traccar", tag = "positions", security(()),
    responses((status = 200), Problem))]
async fn from_traccar_by_id(State(app): State<SharedApp>, request: Request) -> Result<StatusCode, Problem> {
    let report = said(&app, request).await?;
    let id = report.id.as_deref().unwrap_or_default();
    let person = app.positions.owner(id).await?.ok_or_else(|| challenge("the id is no position token"))?;
    Ok(take(&app, person, report))
}

async fn said(app: &SharedApp, request: Request) -> Result<traccar::Report, Problem> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = collected(request, app).await?;
    traccar::read(&query, &body).map_err(|traccar::TooMany| {
        let most = traccar::BATCH_MAX;
        Problem::new(Code::BodyTooLarge, format!("expected at most {most} points in one request"))
    })
}

fn take(app: &App, person: VolunteerId, report: traccar::Report) -> StatusCode {
    count(&app.metrics, &app.positions.report_read(person, report.read));
    StatusCode::OK
}

/// The volunteer whose position token came as the password.
struct OwnTracks(VolunteerId);

impl FromRequestParts<SharedApp> for OwnTracks {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let token =
            password(&parts.headers).ok_or_else(|| challenge("no user name and password were sent"))?;
        let owner = app.positions.owner(&token).await?;
        owner.map(Self).ok_or_else(|| challenge("the password is no position token"))
    }
}

/// The password of `Authorization: Basic …`.
fn password(headers: &HeaderMap) -> Option<String> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let (_, password) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some(password.to_owned())
}

fn challenge(detail: &str) -> Problem {
    let challenge = HeaderValue::from_static("Basic realm=\"certus\"");
    Problem::new(Code::Unauthenticated, detail).with_header(header::WWW_AUTHENTICATE, challenge)
}

#[cfg(test)]
#[path = "phone_apps_tests.rs"]
mod tests;
