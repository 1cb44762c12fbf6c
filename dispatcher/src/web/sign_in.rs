//! `/sign-in` and `/sign-out`: a person at a browser shows an API key once and gets it as a cookie
//! that scripts cannot read.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::{Language, Scope};
use serde::Deserialize;

use super::language::{Spoken, other};
use super::page::{Page, page};
use crate::api::{Problem, SharedApp, auth};

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/sign-in", get(form).post(sign_in)).route("/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    language: Language,
    other_language: Language,
    refusal: Option<&'static str>,
}

impl Page for SignIn {
    fn language(&self) -> Language {
        self.language
    }
}

#[derive(Deserialize)]
struct Presented {
    key: String,
}

async fn form(spoken: Spoken) -> Result<Response, Problem> {
    shown(spoken, StatusCode::OK, None)
}

fn shown(spoken: Spoken, status: StatusCode, refusal: Option<&'static str>) -> Result<Response, Problem> {
    let language = spoken.language;
    let template = SignIn { language, other_language: other(language), refusal };
    let remember = spoken.cookie().map(|cookie| [(header::SET_COOKIE, cookie)]);
    Ok((remember, page(status, &template)?).into_response())
}

async fn sign_in(
    State(app): State<SharedApp>,
    spoken: Spoken,
    Form(presented): Form<Presented>,
) -> Result<Response, Problem> {
    let Some((caller, cookie)) = auth::sign_in(&app, &presented.key).await? else {
        return shown(spoken, StatusCode::UNAUTHORIZED, Some("sign-in-wrong"));
    };
    if !caller.may(Scope::IncidentsRead) {
        return shown(spoken, StatusCode::FORBIDDEN, Some("sign-in-scope"));
    }
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}

async fn sign_out(State(app): State<SharedApp>) -> Response {
    let cookie = auth::sign_out_cookie(app.config.public_url.is_secure());
    ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
}
