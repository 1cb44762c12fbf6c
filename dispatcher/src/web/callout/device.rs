//! `/c/{secret}/device`: the browser that the page is open in takes pushes from now on, or no more.
//!
//! The body is what the browser's own `PushSubscription` becomes as JSON. Neither it nor the link is ever logged.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Extension, Router};
use certus_registry::SecretHash;

use super::Callouts;
use crate::api::devices::subscription;
use crate::api::{Problem, SharedApp};

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/c/{secret}/device", post(add).delete(remove))
}

async fn add(
    State(app): State<SharedApp>,
    Extension(callouts): Callouts,
    Path(secret): Path<String>,
    body: String,
) -> Result<StatusCode, Problem> {
    let device = subscription(&app, body)?;
    told(callouts.register(&SecretHash::of_dated(&secret), &device).await?)
}

async fn remove(
    State(app): State<SharedApp>,
    Extension(callouts): Callouts,
    Path(secret): Path<String>,
    body: String,
) -> Result<StatusCode, Problem> {
    let device = subscription(&app, body)?;
    told(callouts.forget(&SecretHash::of_dated(&secret), &device).await?)
}

fn told(found: bool) -> Result<StatusCode, Problem> {
    if found { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("call-out")) }
}
