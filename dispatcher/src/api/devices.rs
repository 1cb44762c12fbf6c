//! `/v1/devices` and `/v1/push`: a volunteer's phone says where it takes pushes, and that it has shown one.

use axum::extract::State;
use axum::http::StatusCode;
use certus_registry::{Phone as PhoneNumber, VolunteerId};
use certus_sms_bridge::MessageId;
use certus_sms_bridge::push::devices::{self, Device, DeviceKind};
use certus_sms_bridge::push::gateway::is_address;
use certus_sms_bridge::receipt::{Receipt, ReceiptFor, ReceiptStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::positions::Phone;
use super::problem::Document;
use super::{App, FieldError, Json, Problem, SharedApp};

/// The routes below `/v1`.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(add, remove)).routes(routes!(key)).routes(routes!(shown))
}

/// A phone or browser that takes pushes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DeviceRequest {
    /// `web_push`, `fcm` or `apns`.
    #[schema(value_type = String, example = "fcm")]
    kind: DeviceKind,
    /// A browser's subscription as JSON text, or an app's token.
    address: String,
}

/// What pages subscribe with.
#[derive(Debug, Serialize, ToSchema)]
struct PushKey {
    /// `applicationServerKey`; none when this installation does not push to browsers.
    application_server_key: Option<String>,
}

/// Which push was shown.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ShownRequest {
    /// The `id` in the push.
    #[schema(value_type = String)]
    id: MessageId,
}

/// Let us push to this device
///
/// With the position token of the volunteer whose device it is. The newest five of a person are kept.
#[utoipa::path(put, path = "/devices", tag = "devices", request_body = DeviceRequest, security(("bearer" = [])),
    responses((status = 204), (status = "default", body = Document)))]
async fn add(
    State(app): State<SharedApp>,
    Phone(volunteer): Phone,
    Json(request): Json<DeviceRequest>,
) -> Result<StatusCode, Problem> {
    let device = Device { kind: request.kind, address: request.address };
    let reach = app.config.gateway.push.as_ref().map(crate::config::Push::reach);
    let Some(reach) = reach else {
        let expected = "expected an installation that pushes; this one does not";
        return Err(Problem::invalid_fields(vec![FieldError::invalid("kind", expected)]));
    };
    if !is_address(&device, reach) {
        let expected = "expected a subscription as JSON with a public https endpoint, or an app's token";
        return Err(Problem::invalid_fields(vec![FieldError::invalid("address", expected)]));
    }
    let phone = number(&app, volunteer)?;
    let mut tx = app.db.begin().await?;
    devices::add(&mut tx, app.clock.now(), &phone, &device).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let us push to this device no more
#[utoipa::path(delete, path = "/devices", tag = "devices", request_body = DeviceRequest, security(("bearer" = [])),
    responses((status = 204), (status = "default", body = Document)))]
async fn remove(
    State(app): State<SharedApp>,
    Phone(volunteer): Phone,
    Json(request): Json<DeviceRequest>,
) -> Result<StatusCode, Problem> {
    let device = Device { kind: request.kind, address: request.address };
    let phone = number(&app, volunteer)?;
    let mut tx = app.db.begin().await?;
    devices::remove(&mut tx, &phone, &device).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What browsers subscribe with
#[utoipa::path(get, path = "/push/key", tag = "devices", security(()),
    responses((status = 200, body = PushKey), (status = "default", body = Document)))]
async fn key(State(app): State<SharedApp>) -> Json<PushKey> {
    Json(PushKey { application_server_key: app.push_key.clone() })
}

/// Say that a push is on the screen
///
/// Its `id` is the secret: nobody else has it. Said twice, or about anything else, it changes nothing.
#[utoipa::path(post, path = "/push/shown", tag = "devices", request_body = ShownRequest, security(()),
    responses((status = 204), (status = "default", body = Document)))]
async fn shown(
    State(app): State<SharedApp>,
    Json(request): Json<ShownRequest>,
) -> Result<StatusCode, Problem> {
    let message = ReceiptFor::Ours(request.id);
    let receipt = Receipt { message, status: ReceiptStatus::Delivered, at: app.clock.now() };
    app.incoming.receipt(&receipt).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn number(app: &App, volunteer: VolunteerId) -> Result<PhoneNumber, Problem> {
    let person = app.engine.roster().get(volunteer).map(|person| person.phone.clone());
    person.ok_or_else(|| Problem::not_found("volunteer"))
}
