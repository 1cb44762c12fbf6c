//! `/me/sign-in`, `/me/code` and `/me/sign-out`: a phone, a code by text message, a session in a cookie of its own.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::phone_code::{Purpose, VALID};
use certus_registry::store::volunteer::{SESSION_MAX, end_session};
use certus_registry::{Language, Secret, SecretHash};
use serde::Deserialize;

use super::SIGN_IN;
use super::visitor::{ASKING, COOKIE, LAX};
use crate::api::auth::cookie;
use crate::api::client::Client;
use crate::api::{App, Problem, SharedApp};
use crate::own::proof::{self, NotAsked, SignedIn};
use crate::text::text;
use crate::web::language::{Spoken, other};
use crate::web::page::{Page, page, page_in};
use crate::web::sign_in::set_cookie;

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route(SIGN_IN, get(form).post(ask))
        .route("/me/code", post(code))
        .route("/me/sign-out", post(sign_out))
}

#[derive(Template)]
#[template(path = "own_sign_in.html")]
struct PhonePage {
    language: Language,
    other_language: Language,
    refusal: Option<String>,
}

impl Page for PhonePage {
    fn language(&self) -> Language {
        self.language
    }
}

/// Where a code is typed.
#[derive(Template)]
#[template(path = "own_code.html")]
struct CodePage {
    language: Language,
    steps: Steps,
    refusal: Option<String>,
}

/// What comes before and after a code.
pub(super) struct Steps {
    /// The key of what is said.
    text: &'static str,
    /// Where the code is sent.
    action: &'static str,
    /// Where another is asked for.
    again: &'static str,
    /// What was typed before, of whoever applies.
    name: Option<String>,
}

impl Steps {
    const SIGN_IN: Self = Self { text: "own-code-text", action: "/me/code", again: SIGN_IN, name: None };

    /// Of an application under this name.
    pub(super) const fn application(name: String) -> Self {
        Self { text: "apply-code-text", action: "/apply/code", again: "/apply", name: Some(name) }
    }
}

/// The page for a code that `browser` has just asked for, which keeps that in mind for `kept`.
pub(super) fn asked_for(
    app: &App,
    language: Language,
    browser: &Secret,
    kept: Duration,
    steps: Steps,
) -> Result<Response, Problem> {
    let asking = set_cookie(app, ASKING, browser.reveal(), kept.as_secs(), LAX);
    let template = CodePage { language, steps, refusal: None };
    Ok(([(header::SET_COOKIE, asking)], page(StatusCode::OK, &template)?).into_response())
}

/// The page again after a wrong code, when `left` more are looked at.
pub(super) fn wrong_code(language: Language, left: u32, steps: Steps) -> Result<Response, Problem> {
    let refusal = Some(text(language, "own-code-wrong", &[("left", left.to_string().into())]));
    page(StatusCode::UNAUTHORIZED, &CodePage { language, steps, refusal })
}

impl Page for CodePage {
    fn language(&self) -> Language {
        self.language
    }
}

#[derive(Deserialize)]
struct Asked {
    phone: String,
}

#[derive(Deserialize)]
struct Typed {
    code: String,
}

async fn form(spoken: Spoken) -> Result<Response, Problem> {
    phone_page(spoken, StatusCode::OK, None)
}

fn phone_page(spoken: Spoken, status: StatusCode, refusal: Option<&str>) -> Result<Response, Problem> {
    let language = spoken.language;
    let refusal = refusal.map(|key| text(language, key, &[]));
    let template = PhonePage { language, other_language: other(language), refusal };
    page_in(spoken.cookie(), status, &template)
}

async fn ask(
    State(app): State<SharedApp>,
    spoken: Spoken,
    Client(address): Client,
    Form(asked): Form<Asked>,
) -> Result<Response, Problem> {
    let Ok(phone) = asked.phone.parse() else {
        return phone_page(spoken, StatusCode::UNPROCESSABLE_ENTITY, Some("own-phone-wrong"));
    };
    match proof::ask(&app, &phone, Purpose::OwnPage, spoken.language, address).await {
        Ok(browser) => asked_for(&app, spoken.language, &browser, VALID, Steps::SIGN_IN),
        Err(NotAsked::TooMany) => phone_page(spoken, StatusCode::TOO_MANY_REQUESTS, Some("own-too-many")),
        Err(error) => Err(error.into()),
    }
}

async fn code(
    State(app): State<SharedApp>,
    spoken: Spoken,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let browser = cookie(&headers, ASKING).unwrap_or_default();
    match proof::sign_in(&app, browser, &typed.code).await? {
        SignedIn::Yes(session) => {
            let session = set_cookie(&app, COOKIE, session.reveal(), SESSION_MAX.as_secs(), LAX);
            let asked = set_cookie(&app, ASKING, "", 0, LAX);
            let cookies = AppendHeaders([(header::SET_COOKIE, session), (header::SET_COOKIE, asked)]);
            Ok((cookies, Redirect::to("/me")).into_response())
        }
        SignedIn::Wrong(left) if left > 0 => wrong_code(spoken.language, left, Steps::SIGN_IN),
        SignedIn::Wrong(_) | SignedIn::Over => {
            phone_page(spoken, StatusCode::UNAUTHORIZED, Some("own-code-over"))
        }
    }
}

async fn sign_out(State(app): State<SharedApp>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(session) = cookie(&headers, COOKIE).map(SecretHash::of) {
        let mut tx = app.db.begin().await?;
        end_session(&mut tx, &session).await?;
        tx.commit().await?;
    }
    let gone = set_cookie(&app, COOKIE, "", 0, LAX);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to(SIGN_IN)).into_response())
}
