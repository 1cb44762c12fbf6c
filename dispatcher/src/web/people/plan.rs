//! The part of a person's page about when they may be asked: the week, holidays, nights, how often, and exceptions.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::availability::{Exception, ExceptionError, Exceptions, parse_minute};
use certus_registry::store::volunteer;
use certus_registry::{Availability, RegistryError, Scope, VolunteerId};
use serde::Deserialize;

use super::person::shown;
use crate::api::{App, Path, Problem, SharedApp};
use crate::text::text;
use crate::web::visitor::Visitor;

/// The form about every week; a box that is not ticked is not sent.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Week {
    #[serde(default)]
    hours: String,
    #[serde(default)]
    holidays: String,
    nights: Option<String>,
    #[serde(default)]
    monthly_max: String,
}

/// The form about one exception.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    available: String,
    #[serde(default)]
    reason: String,
}

/// Which exception is to go, as it is written.
#[derive(Debug, Deserialize)]
pub(super) struct Gone {
    #[serde(default)]
    exception: String,
}

/// Why a plan is not changed.
#[derive(Debug)]
enum NotChanged {
    /// What was typed; the key of what was expected, in the Fluent files.
    Wrong(&'static str),
    Registry(RegistryError),
}

impl From<RegistryError> for NotChanged {
    fn from(error: RegistryError) -> Self {
        Self::Registry(error)
    }
}

impl From<ExceptionError> for NotChanged {
    fn from(error: ExceptionError) -> Self {
        Self::Wrong(match error {
            ExceptionError::Form(_) | ExceptionError::Time(_) => "plan-wrong-time",
            ExceptionError::Order { .. } => "plan-wrong-order",
            ExceptionError::Reason(_) => "plan-wrong-reason",
            ExceptionError::TooMany(_) => "plan-too-many",
        })
    }
}

/// Writes down everything but the exceptions.
pub(super) async fn replace(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(week): Form<Week>,
) -> Result<Response, Problem> {
    change(&app, visitor, id, |held| week.onto(held)).await
}

/// Adds an exception, and forgets those that are over.
pub(super) async fn add(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let now = app.clock.now().in_zone(&app.config.time_zone.0).datetime();
    let added = |held: Availability| {
        let mut all: Vec<Exception> = held.exceptions.since(now).iter().cloned().collect();
        all.push(typed.exception()?);
        Ok(Availability { exceptions: Exceptions::of(all)?, ..held })
    };
    change(&app, visitor, id, added).await
}

/// Takes an exception away; one that is gone already is no mistake.
pub(super) async fn remove(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(gone): Form<Gone>,
) -> Result<Response, Problem> {
    let without = |held: Availability| {
        let others = held.exceptions.iter().filter(|one| one.to_string() != gone.exception);
        Ok(Availability { exceptions: Exceptions::of(others.cloned().collect())?, ..held })
    };
    change(&app, visitor, id, without).await
}

/// Changes a plan and shows the page again, or why not.
async fn change(
    app: &App,
    visitor: Visitor,
    id: VolunteerId,
    change: impl FnOnce(Availability) -> Result<Availability, NotChanged>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let mut tx = app.db.begin().await?;
    match volunteer::change_availability(&mut tx, app.clock.now(), id, change).await {
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

impl Week {
    /// What was typed, in place of what was held.
    fn onto(&self, held: Availability) -> Result<Availability, NotChanged> {
        let max = self.monthly_max.trim();
        let max = (!max.is_empty()).then(|| max.parse()).transpose();
        Ok(Availability {
            hours: self.hours.parse().map_err(|_| NotChanged::Wrong("plan-wrong-hours"))?,
            holidays: self.holidays.parse().map_err(|_| NotChanged::Wrong("plan-wrong-holidays"))?,
            nights: self.nights.is_some(),
            monthly_max: max.map_err(|_| NotChanged::Wrong("plan-wrong-max"))?,
            exceptions: held.exceptions,
        })
    }
}

impl Typed {
    fn exception(&self) -> Result<Exception, ExceptionError> {
        let reason = self.reason.trim();
        let reason = (!reason.is_empty()).then(|| reason.parse()).transpose()?;
        Exception::new(parse_minute(&self.from)?, parse_minute(&self.to)?, self.available == "yes", reason)
    }
}
