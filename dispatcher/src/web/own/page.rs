//! `/me`: what is held about the person who opens it.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use certus_registry::volunteer::Competence;
use certus_registry::{Language, WeeklyHours};

use super::visitor::Own;
use crate::api::{Problem, SharedApp};
use crate::text::text;
use crate::web::page::{Page, word};
use crate::web::people;

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/me", get(show))
}

#[derive(Template)]
#[template(path = "own_page.html")]
struct OwnPage {
    own: Own,
    competences: String,
    standing: String,
}

impl Page for OwnPage {
    fn language(&self) -> Language {
        self.own.language
    }
}

async fn show(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    let (language, today) = (own.language, people::today(&app));
    let competences = own.person.competences.iter().map(|held| competence(language, *held));
    let page = OwnPage {
        competences: competences.collect::<Vec<_>>().join(", "),
        standing: people::standing(language, today, own.person.vetting).words,
        own,
    };
    page.own.shown_as(StatusCode::OK, &page)
}

/// What somebody can do, and until when the certificate counts.
fn competence(language: Language, held: Competence) -> String {
    let name = word(language, "competence", held.kind);
    match held.expires {
        Some(last) => {
            let values = [("name", name.into()), ("day", last.to_string().into())];
            text(language, "own-competence-until", &values)
        }
        None => name,
    }
}
