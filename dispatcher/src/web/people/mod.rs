//! `/people`: the list of people for the county board, each person's page, and the form about them; `/people/import`: files in and
//! out; `/people/duplicates`: who is there twice; `/vetting`: who waits for an official; `/certificates`: those that end. What is shown of whom is in the audit log before it is shown.

mod certificate;
mod claim;
mod duplicates;
mod edit;
mod ending;
pub(crate) mod import;
mod person;
mod plan;
mod queue;
mod step;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};
use certus_registry::audit::Action;
use certus_registry::exchange::List;
use certus_registry::store::volunteer::{self, Filter};
use certus_registry::volunteer::{Day, Vetting};
use certus_registry::{CompetenceKind, Language, Scope, Volunteer, VolunteerId};
use serde::Deserialize;

use super::list_map::{DRAWN_MAX, ListMap, Point};
use super::page::{Page, word};
use super::visitor::Visitor;
use crate::api::{App, Problem, Query, SharedApp};
use crate::text::text;

/// People on one page.
const PAGE: u32 = 50;

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/people", get(list))
        .merge(exchange())
        .route("/people/duplicates", get(duplicates::list))
        .route("/people/duplicates/merge", post(duplicates::take_over))
        .route("/people/duplicates/{one}/{other}", get(duplicates::show).post(duplicates::tell_apart))
        .route("/people/new", get(edit::blank).post(edit::add))
        .route("/people/{id}", get(person::show))
        .route("/people/{id}/edit", get(edit::form).post(edit::save))
        .route("/people/{id}/vetting", post(person::take_step))
        .route("/people/{id}/availability", post(plan::replace))
        .route("/people/{id}/exceptions", post(plan::add))
        .route("/people/{id}/exceptions/remove", post(plan::remove))
        .route("/people/{id}/certificates/{certificate}", get(certificate::download))
        .route("/people/{id}/claims/{certificate}", post(claim::decide))
        .route("/vetting", get(queue::show))
        .route("/certificates", get(ending::show))
        .route("/certificates/export", get(ending::export))
}

fn exchange() -> Router<SharedApp> {
    Router::new()
        .route("/people/import", get(import::form).post(import::upload))
        .layer(DefaultBodyLimit::max(import::UPLOAD_BYTES_MAX))
        .route("/people/import/confirm", post(import::confirm))
        .route("/people/export", get(import::export))
}

/// What was typed and chosen above the list; empty: everybody.
#[derive(Debug, Clone, Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    vetting: String,
    #[serde(default)]
    competence: String,
    after: Option<VolunteerId>,
    /// Whether the homes are to be shown on a map.
    #[serde(default)]
    map: bool,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    visitor: Visitor,
    asked: Asked,
    found: u64,
    people: Vec<Listed>,
    /// The query of the next page.
    next: Option<String>,
    map: Option<ListMap>,
}

impl Page for PeoplePage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

/// One person as the list shows them.
struct Listed {
    id: VolunteerId,
    name: String,
    phone: String,
    vetting: Standing,
    competences: String,
    is_on: bool,
    county: String,
}

/// A state of vetting in words, and whether somebody must look at it.
pub(super) struct Standing {
    pub(super) words: String,
    is_trouble: bool,
}

async fn list(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let filter = Filter {
        text: &asked.q,
        vetting: volunteer::state(&asked.vetting),
        competence: asked.competence.parse().ok(),
        organisation: None,
    };
    let remit = visitor.caller.remit();
    let found = volunteer::count_of(&app.db, remit, filter).await?;
    let mut people = volunteer::search(&app.db, remit, filter, asked.after, PAGE + 1).await?;
    let more = people.len() > PAGE as usize;
    people.truncate(PAGE as usize);
    let last = people.last().filter(|_| more).map(|person| person.id);
    let homes = if asked.map {
        volunteer::search(&app.db, remit, filter, None, DRAWN_MAX).await?
    } else {
        Vec::new()
    };
    let mut ids: Vec<VolunteerId> = people.iter().chain(&homes).map(|person| person.id).collect();
    ids.sort_unstable();
    ids.dedup();
    app.looked_at(&visitor.caller, Action::PeopleListed, ids).await?;
    let (language, today) = (visitor.language, today(&app));
    let map = asked.map.then(|| ListMap::of(language, &points(&homes), homes.len(), found));
    let people = people.into_iter().map(|person| Listed::of(language, today, app.clock.now(), person));
    let next = last.map(|id| asked.next(id));
    let page = PeoplePage { people: people.collect(), next, map, found, asked, visitor };
    page.visitor.shown(&page)
}

/// The homes of those who have said where they live.
fn points(people: &[Volunteer]) -> Vec<Point> {
    let point = |person: &Volunteer| {
        let name = person.name.as_str().to_owned();
        person.home.map(|home| Point::new(home, name, format!("/people/{}", person.id)))
    };
    people.iter().filter_map(point).collect()
}

/// The day, where the county is.
pub(super) fn today(app: &App) -> Day {
    app.clock.now().in_zone(&app.config.time_zone.0).date()
}

impl Asked {
    fn next(&self, after: VolunteerId) -> String {
        format!("{}&after={after}", self.filters())
    }

    /// What was typed and chosen, as a query.
    fn filters(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &self.q)
            .append_pair("vetting", &self.vetting)
            .append_pair("competence", &self.competence)
            .finish()
    }
}

impl Listed {
    fn of(language: Language, today: Day, now: certus_registry::Timestamp, person: Volunteer) -> Self {
        Self {
            id: person.id,
            vetting: standing(language, today, person.vetting),
            competences: competences(language, today, &person),
            is_on: person.duty.is_on(now),
            county: person.county.name().to_owned(),
            name: String::from(person.name),
            phone: person.phone.as_str().to_owned(),
        }
    }
}

/// How far the board has come, in words.
pub(super) fn standing(language: Language, today: Day, vetting: Vetting) -> Standing {
    let said = |key: &str| text(language, key, &[]);
    let dated = |key: &str, day: Day| text(language, key, &[("day", day.to_string().into())]);
    let (words, is_trouble) = match vetting {
        Vetting::Applied => (said("vetting-applied"), false),
        Vetting::Approved { until } if until < today => (dated("vetting-expired", until), true),
        Vetting::Approved { until } => (dated("vetting-approved", until), false),
        Vetting::Suspended => (said("vetting-suspended"), true),
        Vetting::Left => (said("vetting-left"), false),
    };
    Standing { words, is_trouble }
}

/// What somebody can do, those whose certificate has expired said so.
fn competences(language: Language, today: Day, person: &Volunteer) -> String {
    let one = |held: &certus_registry::volunteer::Competence| {
        let name = word(language, "competence", held.kind);
        match held.expires {
            Some(last) if last < today => {
                let values = [("name", name.into()), ("day", last.to_string().into())];
                text(language, "people-expired", &values)
            }
            _ => name,
        }
    };
    person.competences.iter().map(one).collect::<Vec<_>>().join(", ")
}
