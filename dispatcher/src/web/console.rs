//! `/`: the operator's console. The page is a frame; everything in it comes from the public API.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use certus_registry::{EventType, Language};

use super::language::{Spoken, other};
use super::page::{Page, event_key, page};
use super::words;
use crate::api::{Caller, Problem, SharedApp};

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/", get(console))
}

#[derive(Template)]
#[template(path = "console.html")]
struct Console {
    language: Language,
    other_language: Language,
    words: String,
    zone: String,
    county: String,
    event_types: Vec<(&'static str, String)>,
}

impl Page for Console {
    fn language(&self) -> Language {
        self.language
    }
}

async fn console(
    State(app): State<SharedApp>,
    spoken: Spoken,
    caller: Option<Caller>,
) -> Result<Response, Problem> {
    let remember = spoken.cookie().map(|cookie| [(header::SET_COOKIE, cookie)]);
    if caller.is_none() {
        return Ok((remember, Redirect::to("/sign-in")).into_response());
    }
    let language = spoken.language;
    let zone = app.config.time_zone.0.iana_name().unwrap_or("UTC").to_owned();
    let event_types = EventType::ALL.iter().map(|event| (event.as_str(), event_key(*event))).collect();
    let template = Console {
        language,
        other_language: other(language),
        words: words::json(language),
        zone,
        county: app.config.county.0.clone(),
        event_types,
    };
    Ok((remember, page(StatusCode::OK, &template)?).into_response())
}
