//! `/`: the operator's console. The page is a frame; everything in it comes from the public API.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use certus_registry::store::organisation;
use certus_registry::{EventType, Language, Organisation, Scope};

use super::page::{Page, event_key};
use super::visitor::{OWN, Visitor};
use super::words;
use crate::api::{Problem, SharedApp};
use crate::incident::Policy;

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
    /// The organisations that can be called as one.
    groups: Vec<Organisation>,
    wanted_max: u16,
    pages: Vec<(&'static str, &'static str)>,
}

impl Page for Console {
    fn language(&self) -> Language {
        self.language
    }
}

async fn console(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    if !visitor.caller.may(Scope::IncidentsRead) {
        let first = visitor.pages().first().map_or(OWN, |(address, _)| *address);
        return Ok(Redirect::to(first).into_response());
    }
    let language = visitor.language;
    let zone = app.config.time_zone.0.iana_name().unwrap_or("UTC").to_owned();
    let event_types = EventType::ALL.iter().map(|event| (event.as_str(), event_key(*event))).collect();
    let template = Console {
        language,
        other_language: visitor.other_language(),
        words: words::json(language),
        zone,
        county: app.config.county.name().to_owned(),
        event_types,
        groups: organisation::all(&app.db, visitor.caller.remit()).await?,
        wanted_max: Policy::WANTED_MAX,
        pages: visitor.pages(),
    };
    visitor.shown(&template)
}
