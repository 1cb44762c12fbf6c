//! What gateways post to us: delivery reports and replies. Not part of the public API.
//!
//! A webhook is let in by its secret, its credentials and its sender's address. Whatever it says is stored before it is
//! answered; what makes no sense is counted and answered 204, since repeating would not mend it.

mod calls;
mod template;

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::post;
use certus_sms_bridge::elks46::{self, Elks46Settings};

use super::client::Client;
use super::{Code, Problem, SharedApp};

type Fields = BTreeMap<String, String>;

/// The routes of every gateway that posts to us.
pub(crate) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/gateways/elks46/receipt", post(elks46_receipt))
        .route("/gateways/elks46/inbound", post(elks46_inbound))
        .merge(calls::router())
        .merge(template::router())
}

async fn elks46_receipt(
    State(app): State<SharedApp>,
    source: Client,
    headers: HeaderMap,
    Query(query): Query<Fields>,
    Form(form): Form<Fields>,
) -> Result<StatusCode, Problem> {
    let_in(settings(&app)?, &query, &headers, source)?;
    match elks46::parse_receipt(query.get("ref").map(String::as_str), &form, app.clock.now()) {
        Ok(receipt) => {
            app.incoming.receipt(&receipt).await.map_err(|e| Problem::unavailable(&e))?;
        }
        Err(error) => tracing::warn!(%error, "a delivery report makes no sense"),
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn elks46_inbound(
    State(app): State<SharedApp>,
    source: Client,
    headers: HeaderMap,
    Query(query): Query<Fields>,
    Form(form): Form<Fields>,
) -> Result<StatusCode, Problem> {
    let_in(settings(&app)?, &query, &headers, source)?;
    match elks46::parse_inbound(&form, app.clock.now()) {
        Ok(reply) => {
            app.incoming.reply(&reply).await.map_err(|e| Problem::unavailable(&e))?;
        }
        Err(error) => tracing::warn!(%error, "a reply makes no sense"),
    }
    Ok(StatusCode::NO_CONTENT)
}

fn settings(app: &SharedApp) -> Result<&Elks46Settings, Problem> {
    app.config.gateway.elks46.as_ref().ok_or_else(|| Problem::not_found("gateway"))
}

/// Lets a webhook in by the client's address, the key in its query and its credentials.
fn let_in(
    settings: &Elks46Settings,
    query: &Fields,
    headers: &HeaderMap,
    source: Client,
) -> Result<(), Problem> {
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    elks46::check(settings, query.get("key").map(String::as_str), authorization, source.0).map_err(|error| {
        tracing::warn!(%error, "a webhook was not let in");
        Problem::new(Code::Forbidden, "this webhook is not let in")
    })
}
