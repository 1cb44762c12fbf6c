//! `/me/leave`: what goes and what the law keeps, said before it is done.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Form, Router};
use certus_registry::Language;
use serde::Deserialize;

use super::visitor::{COOKIE, LAX, Own};
use crate::api::{App, Problem, SharedApp};
use crate::own::leave::{Leaving, leave};
use crate::text::text;
use crate::web::page::{Page, page};
use crate::web::sign_in::set_cookie;

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/me/leave", get(ask).post(go))
}

#[derive(Template)]
#[template(path = "own_leave.html")]
struct LeavePage {
    own: Own,
    /// How long the vetting's history stays, in years.
    years: String,
    refusal: Option<String>,
}

impl Page for LeavePage {
    fn language(&self) -> Language {
        self.own.language
    }
}

#[derive(Template)]
#[template(path = "own_left.html")]
struct LeftPage {
    language: Language,
}

impl Page for LeftPage {
    fn language(&self) -> Language {
        self.language
    }
}

/// A box that is ticked.
#[derive(Deserialize)]
struct Sure {
    sure: Option<String>,
}

async fn ask(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    asked(&app, own, StatusCode::OK, None)
}

fn asked(app: &App, own: Own, status: StatusCode, refusal: Option<&str>) -> Result<Response, Problem> {
    let years = (app.config.retention.vetting_archive_days / 365).to_string();
    let refusal = refusal.map(|key| text(own.language, key, &[]));
    let template = LeavePage { own, years, refusal };
    template.own.shown_as(status, &template)
}

async fn go(
    State(app): State<SharedApp>,
    own: Own,
    Form(Sure { sure }): Form<Sure>,
) -> Result<Response, Problem> {
    if sure.is_none() {
        return asked(&app, own, StatusCode::UNPROCESSABLE_ENTITY, Some("own-leave-unsure"));
    }
    match leave(&app, own.person.id).await? {
        Leaving::OnCallOut => asked(&app, own, StatusCode::CONFLICT, Some("own-leave-on-call-out")),
        Leaving::Gone | Leaving::Unknown => {
            let gone = set_cookie(&app, COOKIE, "", 0, LAX);
            let left = page(StatusCode::OK, &LeftPage { language: own.language })?;
            Ok(([(header::SET_COOKIE, gone)], left).into_response())
        }
    }
}
