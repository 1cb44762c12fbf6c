//! `/resources`: what there is to help with, each thing's page, its kinds, and the seasons; `/organisations`: who lists them, and their
//! contacts.

mod field;
mod kinds;
mod organisation;
mod organisations;
mod resource;
mod typed;

use std::collections::{BTreeSet, HashMap};

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::audit::Action;
use certus_registry::catalogue::Entry;
use certus_registry::fold::fold;
use certus_registry::resource::{Location, Standing};
use certus_registry::store;
use certus_registry::volunteer::{Day, PersonName};
use certus_registry::{
    Catalogue, County, Language, Organisation, OrganisationId, Resource, ResourceId, Scope, Season,
};
use serde::Deserialize;

use super::list_map::{DRAWN_MAX, ListMap, Point};
use super::page::{Page, word};
use super::people::today;
use super::visitor::Visitor;
use crate::api::{Problem, Query, SharedApp};
use crate::text::text;

/// Things on one page.
const PAGE: usize = 100;

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/resources", get(list).post(resource::create))
        .route("/resources/new", get(resource::blank))
        .route("/resources/{id}", get(resource::show).post(resource::change))
        .route("/resources/{id}/confirm", post(resource::confirm))
        .route("/resources/{id}/retire", post(resource::retire))
        .route("/resources/kinds", get(kinds::list).post(kinds::create))
        .route("/resources/kinds/new", get(kinds::blank))
        .route("/resources/kinds/{code}/edit", get(kinds::edit).post(kinds::save))
        .route("/resources/kinds/{code}/retire", post(kinds::retire))
        .route("/seasons", post(switch_season))
        .route("/organisations", get(organisations::list).post(organisations::create))
        .route("/organisations/new", get(organisations::blank))
        .route("/organisations/{id}", get(organisation::show).post(organisation::change))
        .route("/organisations/{id}/contacts", post(organisation::add_contact))
        .route("/organisations/{id}/contacts/remove", post(organisation::remove_contact))
}

/// What was typed and chosen above the list; empty: everything that is there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    q: String,
    kind: String,
    /// One of [`Standing::WORDS`], or `retired`.
    standing: String,
    organisation: String,
    /// So many are passed over.
    from: usize,
    /// Whether they are to be shown on a map.
    map: bool,
}

#[derive(Template)]
#[template(path = "resources.html")]
struct ResourcesPage {
    visitor: Visitor,
    asked: Asked,
    found: usize,
    things: Vec<Listed>,
    /// Every kind by its name: code and name.
    kinds: Vec<(String, String)>,
    /// The query of the next page.
    next: Option<String>,
    organisations: Vec<Organisation>,
    /// Of which counties seasons are told.
    counties: BTreeSet<County>,
    seasons: BTreeSet<(County, Season)>,
    map: Option<ListMap>,
    /// Whether the visitor keeps things; and the seasons.
    writes: bool,
    says_seasons: bool,
}

impl Page for ResourcesPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl ResourcesPage {
    fn is_on(&self, county: County, season: Season) -> bool {
        self.seasons.contains(&(county, season))
    }

    fn season(&self, season: Season) -> String {
        word(self.visitor.language, "season", season)
    }
}

/// One thing as a list shows it.
struct Listed {
    id: ResourceId,
    code: String,
    kind: String,
    place: String,
    standing: Said,
    organisation: String,
    county: String,
}

/// What a thing's last confirmation is worth in words, and whether somebody must look at it.
struct Said {
    words: String,
    is_trouble: bool,
}

async fn list(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let (language, today) = (visitor.language, today(&app));
    let mut all = store::resource::all(&app.db, visitor.caller.remit()).await?; // a county has hundreds
    let kinds = store::catalogue::load(&app.db).await?;
    all.retain(|thing| asked.lets_through(thing, &kinds, today));
    all.sort_by(|one, other| one.code.cmp(&other.code));
    let mut organisations = store::organisation::all(&app.db, visitor.caller.remit()).await?;
    organisations.sort_by(|one, other| one.name.cmp(&other.name));
    let named = organisations.iter().map(|known| (known.id, known.name.as_str())).collect();
    let everywhere = || organisations.iter().map(|one| one.county).chain([app.config.county]).collect();
    let shown = all.iter().skip(asked.from).take(PAGE);
    let map = asked.map.then(|| map(language, &kinds, &all));
    let page = ResourcesPage {
        things: shown.map(|thing| Listed::of(language, today, thing, &kinds, &named)).collect(),
        kinds: named_kinds(&kinds.by_name(language), language),
        next: (all.len() > asked.from + PAGE).then(|| asked.next()),
        found: all.len(),
        counties: visitor.caller.remit().county().map_or_else(everywhere, |own| BTreeSet::from([own])),
        seasons: store::season::current(&app.db).await?,
        map,
        writes: visitor.caller.may(Scope::MembersWrite),
        says_seasons: visitor.caller.may(Scope::VolunteersWrite),
        organisations,
        asked,
        visitor,
    };
    page.visitor.shown(&page)
}

/// Codes and names, as a choice.
fn named_kinds(kinds: &[&Entry], language: Language) -> Vec<(String, String)> {
    kinds.iter().map(|kind| (kind.code.to_string(), kind.name.within(language).to_owned())).collect()
}

/// Where things hang or stand; where their keepers live is no business of this page.
fn map(language: Language, kinds: &Catalogue, things: &[Resource]) -> ListMap {
    let looked = things.len().min(DRAWN_MAX as usize);
    let point = |thing: &Resource| match thing.location {
        Location::Fixed(at) => {
            let name = format!("{}, {}", kinds.name(language, thing.kind), thing.code);
            Some(Point::new(at, name, format!("/resources/{}", thing.id)))
        }
        Location::Keeper(_) => None,
    };
    let points: Vec<Point> = things.iter().take(looked).filter_map(point).collect();
    ListMap::of(language, &points, looked, things.len() as u64)
}

impl Asked {
    fn lets_through(&self, thing: &Resource, kinds: &Catalogue, today: Day) -> bool {
        let place = thing.place.as_ref().map_or("", PersonName::as_str);
        let words = fold(&format!("{} {place}", thing.code));
        let is_listed = thing.organisation.is_some_and(|id| id.to_string() == self.organisation);
        let stands = match thing.retired {
            Some(_) => self.standing == "retired",
            None => self.standing.is_empty() || self.standing == thing.standing(kinds, today).as_str(),
        };
        fold(&self.q).split(' ').all(|part| words.contains(part))
            && (self.kind.is_empty() || self.kind == thing.kind.as_str())
            && (self.organisation.is_empty() || is_listed)
            && stands
    }

    fn next(&self) -> String {
        format!("{}&from={}", self.filters(), self.from + PAGE)
    }

    /// What was typed and chosen, as a query.
    fn filters(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .append_pair("q", &self.q)
            .append_pair("kind", &self.kind)
            .append_pair("standing", &self.standing)
            .append_pair("organisation", &self.organisation)
            .finish()
    }
}

impl Listed {
    fn of(
        language: Language,
        today: Day,
        thing: &Resource,
        kinds: &Catalogue,
        organisations: &HashMap<OrganisationId, &str>,
    ) -> Self {
        let place = thing.place.as_ref().map_or("", PersonName::as_str).to_owned();
        Self {
            id: thing.id,
            code: thing.code.to_string(),
            kind: kinds.name(language, thing.kind).to_owned(),
            place: match thing.location {
                Location::Fixed(at) if place.is_empty() => format!("{:.5}, {:.5}", at.lat(), at.lon()),
                Location::Keeper(_) if place.is_empty() => text(language, "things-kept", &[]),
                Location::Fixed(_) | Location::Keeper(_) => place,
            },
            standing: Said::of(language, today, thing, kinds),
            organisation: thing.organisation.and_then(|id| organisations.get(&id)).unwrap_or(&"").to_string(),
            county: thing.county.name().to_owned(),
        }
    }
}

impl Said {
    fn of(language: Language, today: Day, thing: &Resource, kinds: &Catalogue) -> Self {
        let said = |key: &str, day: Day| text(language, key, &[("day", day.to_string().into())]);
        let (words, is_trouble) = match (thing.retired, thing.standing(kinds, today)) {
            (Some(day), _) => (said("standing-retired-on", day), false),
            (None, Standing::Confirmed { until }) => (said("standing-until", until), false),
            (None, Standing::Due { until }) => (said("standing-due-by", until), false),
            (None, Standing::Unconfirmed { since: Some(day) }) => (said("standing-lapsed", day), true),
            (None, Standing::Unasked) => (text(language, "standing-unasked", &[]), false),
            (None, Standing::Unconfirmed { since: None }) => (text(language, "standing-never", &[]), true),
        };
        Self { words, is_trouble }
    }
}

/// Which season is on, or over, and where.
#[derive(Debug, Deserialize)]
struct Switched {
    county: Option<County>,
    season: String,
    on: bool,
}

async fn switch_season(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(switched): Form<Switched>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let season: Season = switched.season.parse().map_err(|_| Problem::not_found("season"))?;
    let own = visitor.caller.remit().county();
    let county = switched.county.or(own).unwrap_or(app.config.county);
    if own.is_some_and(|own| own != county) {
        return Err(Problem::not_found("county"));
    }
    let mut tx = app.db.begin().await?;
    if store::season::switch(&mut tx, app.clock.now(), county, season, switched.on).await? {
        let detail = format!("{season} {} in {county}", if switched.on { "on" } else { "over" });
        app.did(&mut tx, &visitor.caller, Action::SeasonChanged, Vec::new(), &detail).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to("/resources#seasons").into_response())
}
