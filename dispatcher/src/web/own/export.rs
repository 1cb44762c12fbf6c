//! `/me/export.json` and `/me/export.csv`: all that is held, to take along.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use certus_registry::audit::{Action, Line};
use certus_registry::store::audit;
use serde_json::Value;

use super::visitor::Own;
use crate::api::{App, Problem, SharedApp};
use crate::own::export;

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/me/export.json", get(json)).route("/me/export.csv", get(csv))
}

async fn json(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    let all = exported(&app, own).await?;
    let body = serde_json::to_vec_pretty(&all).map_err(|error| Problem::internal(&error))?;
    Ok(file("application/json", "attachment; filename=\"certus.json\"", body))
}

async fn csv(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    let all = exported(&app, own).await?;
    Ok(file("text/csv; charset=utf-8", "attachment; filename=\"certus.csv\"", export::csv(&all)))
}

/// All that is held; that it was taken along is in the log first.
async fn exported(app: &App, own: Own) -> Result<Value, Problem> {
    let (id, now) = (own.person.id, app.clock.now());
    let mut tx = app.db.begin().await?;
    audit::append(&mut tx, Line::own(now, id, Action::PersonExported, "")).await?;
    tx.commit().await?;
    Ok(export::of(app, own.person).await?)
}

fn file(kind: &'static str, disposition: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}
