//! `/roads`: closed places and winter factors. The page is a frame; everything in it comes from the public API.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use certus_registry::{Language, Scope};

use super::page::{Page, word};
use super::visitor::Visitor;
use super::words;
use crate::api::{Problem, SharedApp};
use crate::road_conditions::REASON_MAX;
use crate::travel::roads::RoadClass;

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/roads", get(roads))
}

#[derive(Template)]
#[template(path = "roads.html")]
struct RoadsPage {
    language: Language,
    other_language: Language,
    words: String,
    zone: String,
    county: String,
    reason_max: usize,
    /// Each class as the API spells it, and in words.
    classes: Vec<(String, String)>,
}

impl Page for RoadsPage {
    fn language(&self) -> Language {
        self.language
    }
}

async fn roads(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::IncidentsRead)?;
    let language = visitor.language;
    let template = RoadsPage {
        language,
        other_language: visitor.other_language(),
        words: words::json(language),
        zone: app.config.time_zone.0.iana_name().unwrap_or("UTC").to_owned(),
        county: app.config.county.name().to_owned(),
        reason_max: REASON_MAX,
        classes: RoadClass::ALL.iter().map(|class| described(language, *class)).collect(),
    };
    visitor.shown(&template)
}

fn described(language: Language, class: RoadClass) -> (String, String) {
    let spelled = class.to_string();
    let words = word(language, "roads-class", &spelled);
    (spelled, words)
}
