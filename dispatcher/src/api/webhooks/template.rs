//! The webhooks of the provider that the configuration describes. GET or POST: which, the provider decides.

use std::net::IpAddr;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use certus_sms_bridge::template::{self, Dropped, Posted, Webhooks};
use certus_sms_bridge::webhook::Unwelcome;

use crate::api::body::collected;
use crate::api::client::Client;
use crate::api::{Code, Problem, SharedApp};

/// The two routes.
pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route(template::RECEIPT_PATH, get(take_receipt).post(take_receipt))
        .route(template::REPLY_PATH, get(take_reply).post(take_reply))
}

async fn take_receipt(State(app): State<SharedApp>, webhook: Webhook) -> Result<Response, Problem> {
    let webhooks = described(&app)?;
    match webhooks.receipt(&webhook.posted(), app.clock.now()) {
        Ok(receipt) => app.incoming.receipt(&receipt).await.map_err(|e| Problem::unavailable(&e))?,
        Err(dropped) => drop_it(&app, &dropped)?,
    }
    Ok(answer(webhooks.receipt_response()))
}

async fn take_reply(State(app): State<SharedApp>, webhook: Webhook) -> Result<Response, Problem> {
    let webhooks = described(&app)?;
    match webhooks.reply(&webhook.posted(), app.clock.now()) {
        Ok(reply) => {
            app.incoming.reply(&reply).await.map_err(|e| Problem::unavailable(&e))?;
        }
        Err(dropped) => drop_it(&app, &dropped)?,
    }
    Ok(answer(webhooks.reply_response()))
}

/// A webhook that was let in.
struct Webhook {
    query: String,
    body: Bytes,
    source: IpAddr,
}

impl Webhook {
    fn posted(&self) -> Posted<'_> {
        Posted { query: &self.query, authorization: None, body: &self.body, source: self.source }
    }
}

impl FromRequest<SharedApp> for Webhook {
    type Rejection = Response;

    async fn from_request(request: Request, app: &SharedApp) -> Result<Self, Response> {
        let webhooks = described(app).map_err(IntoResponse::into_response)?;
        let (mut parts, body) = request.into_parts();
        let Ok(Client(source)) = Client::from_request_parts(&mut parts, app).await;
        let request = Request::from_parts(parts, body);
        let query = request.uri().query().unwrap_or_default().to_owned();
        let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let posted = Posted { query: &query, authorization: given, body: b"", source };
        webhooks.let_in(&posted).map_err(|unwelcome| turned_away(unwelcome, given.is_some()))?;
        let body = collected(request, app).await.map_err(IntoResponse::into_response)?;
        Ok(Self { query, body, source })
    }
}

fn described(app: &SharedApp) -> Result<&Webhooks, Problem> {
    app.template.as_ref().ok_or_else(|| Problem::not_found("gateway"))
}

/// Some providers send their password only when they are asked for it, each time: that is no event.
fn turned_away(unwelcome: Unwelcome, had_credentials: bool) -> Response {
    if unwelcome == Unwelcome::Credentials && !had_credentials {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"certus\"")])
            .into_response();
    }
    tracing::warn!(error = %unwelcome, "a webhook was not let in");
    Problem::new(Code::Forbidden, "this webhook is not let in").into_response()
}

/// Counts what brought nothing, and logs it: an unknown word only the first time.
fn drop_it(app: &SharedApp, dropped: &Dropped) -> Result<(), Problem> {
    let reason = match dropped {
        Dropped::Undescribed => return Err(Problem::not_found("webhook")),
        Dropped::Field(_) => "field",
        Dropped::Sender => "sender",
        Dropped::Word { .. } => "word",
    };
    app.metrics.webhook_dropped(reason);
    if !matches!(dropped, Dropped::Word { is_new: false, .. }) {
        tracing::warn!(error = %dropped, "a webhook was of no use");
    }
    Ok(())
}

fn answer(response: template::Response) -> Response {
    ([(header::CONTENT_TYPE, response.content_type)], response.body).into_response()
}
