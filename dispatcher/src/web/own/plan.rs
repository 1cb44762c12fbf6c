//! The forms of `/me` about when one may be asked; the same as the board's at the person's page.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use certus_registry::audit::{Action, Line};
use certus_registry::store::{audit, volunteer};
use certus_registry::{Availability, Remit};

use super::page::shown;
use super::visitor::Own;
use crate::api::{App, Problem, SharedApp};
use crate::web::plan::{Gone, NotChanged, Typed, Week};

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/me/availability", post(replace))
        .route("/me/exceptions", post(add))
        .route("/me/exceptions/remove", post(remove))
}

async fn replace(
    State(app): State<SharedApp>,
    own: Own,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    change(&app, own, |held| Week::typed(pairs).onto(held)).await
}

async fn add(State(app): State<SharedApp>, own: Own, Form(typed): Form<Typed>) -> Result<Response, Problem> {
    let now = app.clock.now().in_zone(&app.config.time_zone.0).datetime();
    change(&app, own, |held| typed.added(&held, now)).await
}

async fn remove(State(app): State<SharedApp>, own: Own, Form(gone): Form<Gone>) -> Result<Response, Problem> {
    change(&app, own, |held| gone.removed(&held)).await
}

/// Changes one's plan and shows the page again, or why not.
async fn change(
    app: &App,
    own: Own,
    change: impl FnOnce(Availability) -> Result<Availability, NotChanged>,
) -> Result<Response, Problem> {
    let (id, now) = (own.person.id, app.clock.now());
    let mut tx = app.db.begin().await?;
    match volunteer::change_availability(&mut tx, Remit::All, now, id, change).await {
        Ok(true) => {}
        Ok(false) => return Err(Problem::not_found("volunteer")),
        Err(NotChanged::Registry(error)) => return Err(error.into()),
        Err(NotChanged::Wrong(key)) => {
            drop(tx); // the page reads from the database, too
            return shown(app, own, StatusCode::UNPROCESSABLE_ENTITY, Some(key)).await;
        }
    }
    audit::append(&mut tx, Line::own(now, id, Action::PersonChanged, "availability")).await?;
    tx.commit().await?;
    Ok(Redirect::to("/me#plan").into_response())
}
