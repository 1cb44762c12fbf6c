//! `/v1/devices` and `/v1/push`: a volunteer's phone says where it takes pushes, and that it has shown one. What the page
//! of a call-out registers goes the same way.

use axum::extract::State;
use axum::http::StatusCode;
use certus_registry::{Phone as PhoneNumber, VolunteerId};
use certus_sms_bridge::MessageId;
use certus_sms_bridge::push::devices::{self, Device, DeviceKind};
use certus_sms_bridge::push::gateway::usable;
use certus_sms_bridge::receipt::{Receipt, ReceiptFor, ReceiptStatus};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::positions::Phone;
use super::{App, FieldError, Json, Problem, SharedApp};

/// The routes below `/v1`.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(add, remove))
        .routes(routes!(key))
        .routes(routes!(shown))
        .routes(routes!(renewed))
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

/// A browser's subscription and the one that takes its place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RenewedRequest {
    /// The subscription that has ended, as JSON text.
    old: String,
    /// The one that the browser has now, as JSON text.
    new: String,
}

/// Let us push to this device
///
/// With the position token of the volunteer whose device it is. The newest five of a person are kept.
#[utoipa::path(put, path = "/devices", tag = "devices", request_body = DeviceRequest, security(("bearer" = [])),
    responses((status = 204), Problem))]
async fn add(
    State(app): State<SharedApp>,
    Phone(volunteer): Phone,
    Json(request): Json<DeviceRequest>,
) -> Result<StatusCode, Problem> {
    let device = parsed(&app, Device { kind: request.kind, address: request.address })?;
    register(&app, volunteer, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Let us push to this device no more
#[utoipa::path(delete, path = "/devices", tag = "devices", request_body = DeviceRequest, security(("bearer" = [])),
    responses((status = 204), Problem))]
async fn remove(
    State(app): State<SharedApp>,
    Phone(volunteer): Phone,
    Json(request): Json<DeviceRequest>,
) -> Result<StatusCode, Problem> {
    let device = Device { kind: request.kind, address: request.address };
    // What could not be used today may have been once.
    let device = parsed(&app, device.clone()).unwrap_or(device);
    forget(&app, volunteer, &device).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What browsers subscribe with
#[utoipa::path(get, path = "/push/key", tag = "devices", security(()),
    responses((status = 200, body = PushKey), Problem))]
async fn key(State(app): State<SharedApp>) -> Json<PushKey> {
    Json(PushKey { application_server_key: app.push_key.clone() })
}

/// Say that a push is on the screen
///
/// Its `id` is the secret: nobody else has it. Said twice, or about anything else, it changes nothing.
#[utoipa::path(post, path = "/push/shown", tag = "devices", request_body = ShownRequest, security(()),
    responses((status = 204), Problem))]
async fn shown(
    State(app): State<SharedApp>,
    Json(request): Json<ShownRequest>,
) -> Result<StatusCode, Problem> {
    let message = ReceiptFor::Ours(request.id);
    let receipt = Receipt { message, status: ReceiptStatus::Delivered, at: app.clock.now() };
    app.incoming.receipt(&receipt).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Say that a browser has a new subscription
///
/// The old one is the secret: nobody else has it. About one that is not known, it changes nothing.
#[utoipa::path(post, path = "/push/renewed", tag = "devices", request_body = RenewedRequest, security(()),
    responses((status = 204), Problem))]
async fn renewed(
    State(app): State<SharedApp>,
    Json(request): Json<RenewedRequest>,
) -> Result<StatusCode, Problem> {
    let (old, new) = (subscription(&app, request.old)?, subscription(&app, request.new)?);
    let mut tx = app.db.begin().await?;
    devices::replace(&mut tx, app.clock.now(), &old, &new).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A browser, by what its `PushSubscription` becomes as JSON.
pub(crate) fn subscription(app: &App, address: String) -> Result<Device, Problem> {
    parsed(app, Device { kind: DeviceKind::WebPush, address })
}

fn parsed(app: &App, device: Device) -> Result<Device, Problem> {
    let refused = |field, expected| Problem::invalid_fields(vec![FieldError::invalid(field, expected)]);
    let reach = app.config.gateway.push.as_ref().map(crate::config::Push::reach);
    let reach =
        reach.ok_or_else(|| refused("kind", "expected an installation that pushes; this one does not"))?;
    let expected = "expected a subscription as JSON with a public https endpoint, or an app's token";
    usable(device, reach).ok_or_else(|| refused("address", expected))
}

/// Adds the device to the person's.
pub(crate) async fn register(app: &App, person: VolunteerId, device: &Device) -> Result<(), Problem> {
    let phone = number(app, person)?;
    let mut tx = app.db.begin().await?;
    devices::add(&mut tx, app.clock.now(), &phone, device).await?;
    Ok(tx.commit().await?)
}

/// Takes the device from the person's.
pub(crate) async fn forget(app: &App, person: VolunteerId, device: &Device) -> Result<(), Problem> {
    let phone = number(app, person)?;
    let mut tx = app.db.begin().await?;
    devices::remove(&mut tx, &phone, device).await?;
    Ok(tx.commit().await?)
}

fn number(app: &App, volunteer: VolunteerId) -> Result<PhoneNumber, Problem> {
    let person = app.engine.roster().get(volunteer).map(|person| person.phone.clone());
    person.ok_or_else(|| Problem::not_found("volunteer"))
}
