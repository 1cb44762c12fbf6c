//! The part of a person's page about when they may be asked.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::store::volunteer;
use certus_registry::{Availability, Scope, VolunteerId};

use super::person::shown;
use crate::api::{App, Path, Problem, SharedApp};
use crate::text::text;
use crate::web::plan::{Gone, NotChanged, Typed, Week};
use crate::web::visitor::Visitor;

/// Writes down everything but the exceptions.
pub(super) async fn replace(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    change(&app, visitor, id, |held| Week::typed(pairs).onto(held)).await
}

/// Adds an exception, and forgets those that are over.
pub(super) async fn add(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let now = app.clock.now().in_zone(&app.config.time_zone.0).datetime();
    change(&app, visitor, id, |held| typed.added(&held, now)).await
}

/// Takes an exception away; one that is gone already is no mistake.
pub(super) async fn remove(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(gone): Form<Gone>,
) -> Result<Response, Problem> {
    change(&app, visitor, id, |held| gone.removed(&held)).await
}

/// Changes a plan and shows the page again, or why not.
async fn change(
    app: &App,
    visitor: Visitor,
    id: VolunteerId,
    change: impl FnOnce(Availability) -> Result<Availability, NotChanged>,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let mut tx = app.db.begin().await?;
    match volunteer::change_availability(&mut tx, visitor.caller.remit(), app.clock.now(), id, change).await {
        Ok(true) => {}
        Ok(false) => return Err(Problem::not_found("volunteer")),
        Err(NotChanged::Registry(error)) => return Err(error.into()),
        Err(NotChanged::Wrong(key)) => {
            drop(tx); // the page reads from the database, too
            let why = text(visitor.language, key, &[]);
            return shown(app, visitor, id, StatusCode::UNPROCESSABLE_ENTITY, Some(why)).await;
        }
    }
    app.did(&mut tx, &visitor.caller, Action::PersonChanged, vec![id], "availability").await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{id}#plan")).into_response())
}
