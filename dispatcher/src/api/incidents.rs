//! `/v1/incidents`: raise, watch, steer and end incidents.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use certus_registry::store::organisation;
use certus_registry::{EventType, OrganisationId, Remit, Scope, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::{self, NewCallerLocation};
use super::decision_view::DecisionsView;
use super::incident_view::IncidentView;
use super::places::NewPlace;
use super::trail_view::TrailsView;
use super::{App, Caller, FieldError, Json, Once, Path, Problem, Query, SharedApp, Submitted};
use crate::engine::{EngineError, Keyed, Raise, store};
use crate::incident::{Event, Group, Incident, IncidentId, Policy};
use crate::trail as trails;

/// Incidents in one list; a county has a handful open at once.
const LIST_MAX: u32 = 200;
/// The longest message to volunteers, in characters: three text messages.
const MESSAGE_MAX: usize = 400;
/// What is said of a time that does not parse.
pub(super) const TIME_EXPECTED: &str = "expected a time such as 2026-11-23T03:10:00Z";
/// More people than this are not asked for at once.
const MORE_MAX: u16 = 50;

/// The routes below `/v1`.
pub(crate) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list, raise))
        .routes(routes!(read))
        .routes(routes!(stand_down))
        .routes(routes!(close))
        .routes(routes!(escalate))
        .routes(routes!(message))
        .routes(routes!(ambulance))
        .routes(routes!(decision))
        .routes(routes!(trail))
}

/// A new incident.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewIncident {
    /// What has happened: `cardiac_arrest`, `accident`, `fire`, `missing_person`, `evacuation`, `animal_search`, `other`.
    #[schema(value_type = String, example = "cardiac_arrest")]
    event_type: EventType,
    /// Where.
    place: NewPlace,
    /// When the ambulance is expected, RFC 3339; without it only the policy's reach decides.
    ambulance_eta: Option<String>,
    /// The caller's own reference, at most 100 characters.
    external_id: Option<String>,
    /// An organisation to be called as one, instead of everybody.
    group: Option<NewGroup>,
    /// Where the phone is that the emergency call came from; only the operator sees it.
    caller_location: Option<NewCallerLocation>,
    /// The same as that phone wrote it in an AML text (`A"ML=1;…`), read when `caller_location` is not there.
    aml: Option<String>,
}

/// An organisation that is called as one: everybody in it who may be asked is, at once, whatever they can do; the first who say
/// yes go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewGroup {
    /// Its identifier in the registry.
    #[schema(value_type = String)]
    organisation: OrganisationId,
    /// How many of them are wanted, 1 to 50.
    wanted: u16,
}

/// A list of incidents.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Incidents)]
struct ListView {
    /// The newest first, at most 200.
    incidents: Vec<IncidentView>,
}

/// Which incidents.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// `open` (the default) or `all`.
    #[serde(default)]
    #[param(inline)]
    state: Which,
}

/// Open incidents only, or all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    #[default]
    Open,
    All,
}

/// How many more people are wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct More {
    /// 1 to 50.
    more: u16,
}

/// Words to everybody who is kept.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Words {
    /// 1 to 400 characters.
    text: String,
}

/// When the ambulance is expected.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Ambulance {
    /// RFC 3339, or `null` when nobody knows.
    #[serde(deserialize_with = "Option::deserialize")]
    eta: Option<String>,
}

/// Raises an incident and calls out the first volunteers.
///
/// Answers once the incident and its messages are durable; sending goes on by itself.
#[utoipa::path(post, path = "/incidents", tag = "incidents", request_body = NewIncident,
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request harmless")),
    responses((status = 201, body = IncidentView), Problem))]
async fn raise(
    State(app): State<SharedApp>,
    caller: Caller,
    Submitted { body, once }: Submitted<NewIncident>,
) -> Result<Response, Problem> {
    caller.require(Scope::IncidentsWrite)?;
    let raise = body.parse(&app, caller.remit()).await?;
    if let Some(answer) = once.replay(&app.db, &caller).await? {
        return Ok(answer);
    }
    let began = app.clock.now();
    let county = caller.remit().county().unwrap_or(app.config.county);
    let incident = app.engine.raise(raise, county, keyed(&app, &caller, &once, StatusCode::CREATED)).await?;
    app.metrics.alert_seconds.observe(app.clock.now().since(began).as_secs_f64());
    Ok((StatusCode::CREATED, Json(view(&app, &incident))).into_response())
}

/// The incidents of the caller's county, the newest first; of every county, for those whose rights go over all.
#[utoipa::path(get, path = "/incidents", tag = "incidents", params(ListQuery),
    responses((status = 200, body = ListView), Problem))]
async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<ListView>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    let incidents = store::list(&app.db, caller.remit(), query.state == Which::Open, LIST_MAX).await?;
    Ok(Json(ListView { incidents: incidents.iter().map(|incident| view(&app, incident)).collect() }))
}

/// One incident.
#[utoipa::path(get, path = "/incidents/{id}", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = IncidentView), Problem))]
async fn read(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
) -> Result<Json<IncidentView>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    Ok(Json(view(&app, &load(&app, &caller, id).await?)))
}

/// Calls everybody off.
#[utoipa::path(post, path = "/incidents/{id}/stand-down", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = IncidentView), Problem))]
async fn stand_down(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
    once: Once,
) -> Result<Response, Problem> {
    apply(&app, &caller, &once, id, Event::StoodDown).await
}

/// Closes an incident; whoever is still asked or kept is released.
#[utoipa::path(post, path = "/incidents/{id}/close", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = IncidentView), Problem))]
async fn close(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
    once: Once,
) -> Result<Response, Problem> {
    apply(&app, &caller, &once, id, Event::Closed).await
}

/// Wants more people than the policy does.
#[utoipa::path(post, path = "/incidents/{id}/escalate", tag = "incidents", params(("id" = String, Path)),
    request_body = More,
    responses((status = 200, body = IncidentView), Problem))]
async fn escalate(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
    Submitted { body, once }: Submitted<More>,
) -> Result<Response, Problem> {
    if !(1..=MORE_MAX).contains(&body.more) {
        return Err(invalid("more", "expected 1 to 50"));
    }
    apply(&app, &caller, &once, id, Event::Escalated { more: body.more }).await
}

/// Writes to everybody who is kept.
#[utoipa::path(post, path = "/incidents/{id}/message", tag = "incidents", params(("id" = String, Path)),
    request_body = Words,
    responses((status = 200, body = IncidentView), Problem))]
async fn message(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
    Submitted { body, once }: Submitted<Words>,
) -> Result<Response, Problem> {
    let text = line("text", &body.text, MESSAGE_MAX)?;
    apply(&app, &caller, &once, id, Event::OperatorMessaged { text }).await
}

/// Says when the ambulance is expected now; the search follows.
#[utoipa::path(put, path = "/incidents/{id}/ambulance", tag = "incidents", params(("id" = String, Path)),
    request_body = Ambulance,
    responses((status = 200, body = IncidentView), Problem))]
async fn ambulance(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
    Submitted { body, once }: Submitted<Ambulance>,
) -> Result<Response, Problem> {
    let eta = time("eta", body.eta.as_deref())?;
    apply(&app, &caller, &once, id, Event::AmbulanceEtaChanged { eta }).await
}

/// Why these people were asked and those were not.
#[utoipa::path(get, path = "/incidents/{id}/decision", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = DecisionsView), Problem))]
async fn decision(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
) -> Result<Json<DecisionsView>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    let incident = load(&app, &caller, id).await?;
    let decisions = store::decisions(&app.db, id).await?;
    Ok(Json(DecisionsView::of(&incident, &decisions, &app.engine.roster())))
}

/// Where the people kept on an incident have been while they were
///
/// The newest 6 000 fixes. Kept for some days after the incident was closed.
#[utoipa::path(get, path = "/incidents/{id}/trail", tag = "incidents", params(("id" = String, Path)),
    responses((status = 200, body = TrailsView), Problem))]
async fn trail(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<IncidentId>,
) -> Result<Json<TrailsView>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    let incident = load(&app, &caller, id).await?;
    Ok(Json(TrailsView::of(&trails::of(&app.db, incident.id).await?, &app.engine.roster())))
}

async fn apply(
    app: &SharedApp,
    caller: &Caller,
    once: &Once,
    id: IncidentId,
    event: Event,
) -> Result<Response, Problem> {
    caller.require(Scope::IncidentsWrite)?;
    is_covered(app, caller, id).await?;
    if let Some(answer) = once.replay(&app.db, caller).await? {
        return Ok(answer);
    }
    let applied = app.engine.apply(id, event, keyed(app, caller, once, StatusCode::OK)).await?;
    Ok(Json(view(app, &applied.incident)).into_response())
}

/// What was raised in another county is as if it were not there.
async fn is_covered(app: &SharedApp, caller: &Caller, id: IncidentId) -> Result<(), Problem> {
    let covered = store::covers(&app.db, caller.remit(), id).await?;
    if covered { Ok(()) } else { Err(EngineError::Unknown(id).into()) }
}

async fn load(app: &SharedApp, caller: &Caller, id: IncidentId) -> Result<Incident, Problem> {
    is_covered(app, caller, id).await?;
    store::load(&app.db, id).await?.ok_or_else(|| EngineError::Unknown(id).into())
}

fn view(app: &SharedApp, incident: &Incident) -> IncidentView {
    IncidentView::of(app, incident)
}

fn keyed(app: &SharedApp, caller: &Caller, once: &Once, status: StatusCode) -> Option<Keyed> {
    let entry = once.entry(caller)?;
    let app = Arc::clone(app);
    let render = move |incident: &Incident| {
        serde_json::to_string(&view(&app, incident)).expect("views are plain structs")
    };
    Some(Keyed { entry, status: status.as_u16(), render: Arc::new(render) })
}

impl NewIncident {
    pub(super) async fn parse(self, app: &App, remit: Remit) -> Result<Raise, Problem> {
        let place = self.place.parse()?;
        let external_id =
            self.external_id.as_deref().map(|text| line("external_id", text, 100)).transpose()?;
        let ambulance_eta = time("ambulance_eta", self.ambulance_eta.as_deref())?;
        let caller = caller::parsed(app, self.caller_location, self.aml.as_deref())?;
        let group = match self.group {
            Some(group) => Some(group.parse(app, remit).await?),
            None => None,
        };
        Ok(Raise { event_type: self.event_type, place, ambulance_eta, caller, external_id, group })
    }
}

impl NewGroup {
    async fn parse(self, app: &App, remit: Remit) -> Result<Group, Problem> {
        let Self { organisation: id, wanted } = self;
        if !(1..=Policy::WANTED_MAX).contains(&wanted) {
            return Err(invalid("group.wanted", &format!("expected 1 to {}", Policy::WANTED_MAX)));
        }
        let known = organisation::get(&app.db, remit, id).await?;
        let known =
            known.ok_or_else(|| invalid("group.organisation", "expected an organisation of the registry"))?;
        Ok(Group { organisation: id, name: known.name.as_str().to_owned(), wanted })
    }
}

/// One line of text: trimmed, not empty, no control characters, bounded.
pub(super) fn line(field: &str, text: &str, length_max: usize) -> Result<String, Problem> {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = line.chars().count();
    if length == 0 || length > length_max || line.chars().any(char::is_control) {
        return Err(invalid(field, &format!("expected 1 to {length_max} characters")));
    }
    Ok(line)
}

pub(super) fn time(field: &str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let parse = |text| Timestamp::parse_rfc3339(text);
    text.map(parse).transpose().map_err(|_| invalid(field, TIME_EXPECTED))
}

pub(super) fn invalid(field: &str, why: &str) -> Problem {
    Problem::invalid_fields(vec![FieldError::invalid(field, why)])
}

#[cfg(test)]
#[path = "incidents_tests.rs"]
mod tests;
