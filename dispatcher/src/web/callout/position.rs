//! `/c/{secret}/position`: the browser that the page is open in says where it is, after the person has let it.
//!
//! Only while the person is asked or kept; then it is answered 404 and the page stops.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Router};
use certus_registry::SecretHash;

use super::Callouts;
use crate::api::positions::{Sent, count};
use crate::api::{Json, Problem, SharedApp};

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/c/{secret}/position", post(report))
}

async fn report(
    State(app): State<SharedApp>,
    Extension(callouts): Callouts,
    Path(secret): Path<String>,
    Json(sent): Json<Sent>,
) -> Result<StatusCode, Problem> {
    let tally = callouts.position(&SecretHash::of_dated(&secret), sent.into()).await?;
    count(&app.metrics, &tally.ok_or_else(|| Problem::not_found("call-out"))?);
    Ok(StatusCode::NO_CONTENT)
}
