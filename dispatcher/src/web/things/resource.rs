//! `/resources/{id}`: one thing, and what can be done about it; `/resources/new`.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::resource::{Confirmation, Location};
use certus_registry::store::{self, catalogue, organisation, volunteer};
use certus_registry::{Catalogue, Language, RegistryError, Resource, ResourceId, Scope, Tx, VolunteerId};
use serde::Deserialize;

use super::field::{Field, Input, Wrongs};
use super::typed::{Choices, Typed};
use super::{Said, named_kinds};
use crate::api::{App, Path, Problem, SharedApp};
use crate::text::text;
use crate::web::accounts::Names;
use crate::web::page::{Page, word};
use crate::web::people::today;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "resource.html")]
struct ResourcePage {
    visitor: Visitor,
    /// What is held; none on the page of a new one.
    held: Option<Held>,
    fields: Vec<Field>,
    refused: bool,
    writes: bool,
}

/// A thing as its page shows it.
struct Held {
    id: ResourceId,
    code: String,
    kind: String,
    /// The season and the licence that it needs, its own or its kind's: what, and which.
    needs: Vec<(String, String)>,
    standing: Said,
    /// When it was confirmed last and by whom.
    confirmed: Option<(String, String)>,
    is_retired: bool,
    /// Who has it: identifier and name.
    keeper: Option<(VolunteerId, String)>,
}

impl Page for ResourcePage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

pub(super) async fn blank(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    shown(&app, visitor, None, Typed::fresh(), &Wrongs::new()).await
}

pub(super) async fn create(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let now = app.clock.now();
    let thing = match typed.thing(&app, visitor.caller.remit(), ResourceId::new(now, &app.random)).await? {
        Ok(thing) => thing,
        Err(wrongs) => return shown(&app, visitor, None, typed, &wrongs).await,
    };
    let mut tx = app.db.begin().await?;
    match store::resource::put(&mut tx, visitor.caller.remit(), now, &thing).await {
        Ok(_) => {}
        Err(error) => {
            drop(tx); // the page reads from the database, too
            return shown(&app, visitor, None, typed, &wrong(error)?).await;
        }
    }
    finished(&app, &visitor, tx, &thing, Action::ResourceChanged, "added").await
}

pub(super) async fn show(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<ResourceId>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let held = store::resource::get(&app.db, visitor.caller.remit(), id)
        .await?
        .ok_or_else(|| Problem::not_found("resource"))?;
    let phone = match held.location {
        Location::Keeper(keeper) => {
            volunteer::get(&app.db, visitor.caller.remit(), keeper).await?.map(|person| person.phone)
        }
        Location::Fixed(_) => None,
    };
    let typed = Typed::of(&held, phone.as_ref());
    shown(&app, visitor, Some(held), typed, &Wrongs::new()).await
}

pub(super) async fn change(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<ResourceId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let thing = match typed.thing(&app, visitor.caller.remit(), id).await? {
        Ok(thing) => thing,
        Err(wrongs) => return refused(&app, visitor, id, typed, &wrongs).await,
    };
    let mut tx = app.db.begin().await?;
    // The form says nothing of these.
    let onto =
        |held: Resource| Resource { confirmed: held.confirmed, retired: held.retired, ..thing.clone() };
    match store::resource::change(&mut tx, visitor.caller.remit(), app.clock.now(), id, onto).await {
        Ok(Some(_)) => finished(&app, &visitor, tx, &thing, Action::ResourceChanged, "changed").await,
        Ok(None) => Err(Problem::not_found("resource")),
        Err(error) => {
            drop(tx);
            refused(&app, visitor, id, typed, &wrong(error)?).await
        }
    }
}

/// An official has seen it, or has been told.
pub(super) async fn confirm(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<ResourceId>,
) -> Result<Response, Problem> {
    let confirmed = Some(Confirmation { on: today(&app), by: Some(visitor.caller.actor()) });
    let onto = |held: Resource| Resource { confirmed, ..held };
    put_down(&app, &visitor, id, Action::ResourceConfirmed, "", onto).await
}

/// Whether it is there no more.
#[derive(Debug, Deserialize)]
pub(super) struct Retired {
    on: bool,
}

pub(super) async fn retire(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<ResourceId>,
    Form(Retired { on }): Form<Retired>,
) -> Result<Response, Problem> {
    let retired = on.then(|| today(&app));
    let what = if on { "retired" } else { "back" };
    let onto = |held: Resource| Resource { retired, ..held };
    put_down(&app, &visitor, id, Action::ResourceChanged, what, onto).await
}

async fn put_down(
    app: &App,
    visitor: &Visitor,
    id: ResourceId,
    action: Action,
    what: &str,
    onto: impl FnOnce(Resource) -> Resource,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let mut tx = app.db.begin().await?;
    let mut after = None;
    let kept = |held: Resource| after.insert(onto(held)).clone();
    store::resource::change(&mut tx, visitor.caller.remit(), app.clock.now(), id, kept).await?;
    let thing = after.ok_or_else(|| Problem::not_found("resource"))?;
    finished(app, visitor, tx, &thing, action, what).await
}

/// Puts it into the log, commits, and leads to the thing's page.
async fn finished(
    app: &App,
    visitor: &Visitor,
    mut tx: Tx,
    thing: &Resource,
    action: Action,
    what: &str,
) -> Result<Response, Problem> {
    let keeper = match thing.location {
        Location::Keeper(keeper) => vec![keeper],
        Location::Fixed(_) => Vec::new(),
    };
    let detail = format!("{} {what}", thing.code);
    app.did(&mut tx, &visitor.caller, action, keeper, detail.trim_end()).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/resources/{}", thing.id)).into_response())
}

/// What is wrong with what was typed that only the registry knows.
fn wrong(error: RegistryError) -> Result<Wrongs, Problem> {
    match error {
        RegistryError::Taken { .. } => Ok(Wrongs::from([("code", "thing-wrong-taken")])),
        RegistryError::UnknownKind(_) => Ok(Wrongs::from([("kind", "thing-wrong-kind")])),
        RegistryError::RetiredKind(_) => Ok(Wrongs::from([("kind", "thing-wrong-retired-kind")])),
        RegistryError::Database(_)
        | RegistryError::Migration(_)
        | RegistryError::Damaged { .. }
        | RegistryError::Key(_)
        | RegistryError::Beyond { .. } => Err(error.into()),
    }
}

/// What a thing needs, in words.
fn needs(language: Language, kinds: &Catalogue, held: &Resource) -> Vec<(String, String)> {
    let season = held.season_needed(kinds).map(|season| ("season", word(language, "season", season)));
    let licence = held.licence_needed(kinds).map(|kind| ("licence", word(language, "competence", kind)));
    let label = |name: &str| text(language, &format!("thing-field-{name}"), &[]);
    season.into_iter().chain(licence).map(|(name, words)| (label(name), words)).collect()
}

async fn refused(
    app: &App,
    visitor: Visitor,
    id: ResourceId,
    typed: Typed,
    wrongs: &Wrongs,
) -> Result<Response, Problem> {
    let held = store::resource::get(&app.db, visitor.caller.remit(), id)
        .await?
        .ok_or_else(|| Problem::not_found("resource"))?;
    shown(app, visitor, Some(held), typed, wrongs).await
}

async fn shown(
    app: &App,
    visitor: Visitor,
    held: Option<Resource>,
    typed: Typed,
    wrongs: &Wrongs,
) -> Result<Response, Problem> {
    let mut organisations = organisation::all(&app.db, visitor.caller.remit()).await?;
    organisations.sort_by(|one, other| one.name.cmp(&other.name));
    let kinds = catalogue::load(&app.db).await?;
    let offered = kinds.offered(visitor.language, held.as_ref().map(|held| held.kind));
    let choices = Choices { organisations: &organisations, kinds: named_kinds(&offered, visitor.language) };
    let held = match held {
        Some(held) => Some(Held::of(app, &visitor, &kinds, &held).await?),
        None => None,
    };
    let page = ResourcePage {
        fields: typed.fields(visitor.language, visitor.caller.remit(), choices, wrongs),
        refused: !wrongs.is_empty(),
        writes: visitor.caller.may(Scope::MembersWrite),
        held,
        visitor,
    };
    let status = if wrongs.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.visitor.shown_as(status, &page)
}

impl Held {
    /// Whoever keeps it is in the log before they are shown.
    async fn of(app: &App, visitor: &Visitor, kinds: &Catalogue, held: &Resource) -> Result<Self, Problem> {
        let language = visitor.language;
        let keeper = match held.location {
            Location::Keeper(id) => volunteer::get(&app.db, visitor.caller.remit(), id).await?,
            Location::Fixed(_) => None,
        };
        let about = keeper.iter().map(|person| person.id).collect();
        app.looked_at(&visitor.caller, Action::PersonRead, about).await?;
        let names = Names::load(app).await?;
        let by = |confirmed: Confirmation| match confirmed.by {
            Some(actor) => names.of(language, actor),
            None => text(language, "things-by-file", &[]),
        };
        Ok(Self {
            id: held.id,
            code: held.code.to_string(),
            kind: kinds.name(language, held.kind).to_owned(),
            needs: needs(language, kinds, held),
            standing: Said::of(language, today(app), held, kinds),
            confirmed: held.confirmed.map(|confirmed| (confirmed.on.to_string(), by(confirmed))),
            is_retired: held.retired.is_some(),
            keeper: keeper.map(|person| (person.id, String::from(person.name))),
        })
    }
}
