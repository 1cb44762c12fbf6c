//! `/resources/kinds`: the catalogue of the kinds of resource, which is the whole installation's. Whoever writes people's records,
//! the board of any county, adds kinds, changes them and retires them; whoever sees things sees it.

mod typed;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::catalogue::Entry;
use certus_registry::store::{Change, catalogue};
use certus_registry::{Language, ResourceKind, Scope};
use serde::Deserialize;

use super::field::{Field, Input, Wrongs};
use crate::api::{App, Path, Problem, SharedApp};
use crate::catalogue::{Refusal, change, said};
use crate::text::text;
use crate::web::page::{Page, word};
use crate::web::visitor::Visitor;
use typed::Typed;

#[derive(Template)]
#[template(path = "resource_kinds.html")]
struct KindsPage {
    visitor: Visitor,
    /// By their names.
    kinds: Vec<Listed>,
    writes: bool,
}

/// A kind as the list shows it.
struct Listed {
    code: ResourceKind,
    name: String,
    season: String,
    licence: String,
    confirmed: String,
    brought: String,
    is_retired: bool,
}

#[derive(Template)]
#[template(path = "resource_kind.html")]
struct KindPage {
    visitor: Visitor,
    /// What is held; none on the page of a new one.
    held: Option<Held>,
    fields: Vec<Field>,
    refused: bool,
}

/// A kind as its page shows it.
struct Held {
    code: ResourceKind,
    name: String,
    is_retired: bool,
}

impl Page for KindsPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl Page for KindPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl Listed {
    fn of(language: Language, entry: &Entry) -> Self {
        let nothing = || "–".to_owned();
        let months = |months: i64| text(language, "kinds-months", &[("months", months.to_string().into())]);
        Self {
            code: entry.code,
            name: entry.name.within(language).to_owned(),
            season: entry.season.map_or_else(nothing, |season| word(language, "season", season)),
            licence: entry.licence.map_or_else(nothing, |kind| word(language, "competence", kind)),
            confirmed: entry.confirmed_for.map_or_else(nothing, |holds| months(holds.months())),
            brought: text(language, if entry.brought { "kinds-yes" } else { "kinds-no" }, &[]),
            is_retired: entry.retired,
        }
    }
}

pub(super) async fn list(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let (language, kinds) = (visitor.language, catalogue::load(&app.db).await?);
    let (retired, there): (Vec<&Entry>, Vec<&Entry>) =
        kinds.by_name(language).into_iter().partition(|entry| entry.retired);
    let page = KindsPage {
        kinds: there.into_iter().chain(retired).map(|entry| Listed::of(language, entry)).collect(),
        writes: visitor.caller.may(Scope::VolunteersWrite),
        visitor,
    };
    page.visitor.shown(&page)
}

pub(super) async fn blank(visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    shown(visitor, None, &Typed::fresh(), &Wrongs::new())
}

pub(super) async fn create(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let new = match typed.code().and_then(|code| typed.entry(code)) {
        Ok(new) => new,
        Err(wrongs) => return shown(visitor, None, &typed, &wrongs),
    };
    let onto =
        |held: Option<&Entry>| if held.is_some() { Err(Refusal::Taken(new.code)) } else { Ok(new.clone()) };
    match put_down(&app, &visitor, new.code, onto).await? {
        Ok(()) => Ok(Redirect::to("/resources/kinds").into_response()),
        Err(wrongs) => shown(visitor, None, &typed, &wrongs),
    }
}

pub(super) async fn edit(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(code): Path<ResourceKind>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let held = held(&app, code).await?;
    let typed = Typed::of(&held);
    shown(visitor, Some(&held), &typed, &Wrongs::new())
}

pub(super) async fn save(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(code): Path<ResourceKind>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let new = match typed.entry(code) {
        Ok(new) => new,
        Err(wrongs) => return refused(&app, visitor, code, &typed, &wrongs).await,
    };
    // The form does not say whether it is retired.
    let onto = |held: Option<&Entry>| {
        held.map(|held| Entry { retired: held.retired, ..new }).ok_or(Refusal::Unknown(code))
    };
    match put_down(&app, &visitor, code, onto).await? {
        Ok(()) => Ok(Redirect::to("/resources/kinds").into_response()),
        Err(wrongs) => refused(&app, visitor, code, &typed, &wrongs).await,
    }
}

/// The form again, about the kind as it is held.
async fn refused(
    app: &App,
    visitor: Visitor,
    code: ResourceKind,
    typed: &Typed,
    wrongs: &Wrongs,
) -> Result<Response, Problem> {
    let held = held(app, code).await?;
    shown(visitor, Some(&held), typed, wrongs)
}

/// Whether there are to be no new ones.
#[derive(Debug, Deserialize)]
pub(super) struct Retired {
    on: bool,
}

pub(super) async fn retire(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(code): Path<ResourceKind>,
    Form(Retired { on }): Form<Retired>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let onto = |held: Option<&Entry>| {
        held.map(|held| Entry { retired: on, ..held.clone() }).ok_or(Refusal::Unknown(code))
    };
    // What is only retired takes nothing from a policy, so nothing can be wrong with it.
    put_down(&app, &visitor, code, onto).await?.map_err(|_| Problem::not_found("kind"))?;
    Ok(Redirect::to("/resources/kinds").into_response())
}

async fn held(app: &App, code: ResourceKind) -> Result<Entry, Problem> {
    catalogue::load(&app.db).await?.get(code).cloned().ok_or_else(|| Problem::not_found("kind"))
}

/// Changes the catalogue, with a line in the log; or says what is wrong.
async fn put_down(
    app: &App,
    visitor: &Visitor,
    code: ResourceKind,
    onto: impl FnOnce(Option<&Entry>) -> Result<Entry, Refusal>,
) -> Result<Result<(), Wrongs>, Problem> {
    let mut tx = app.db.begin().await?;
    match change(&mut tx, app.clock.now(), &app.policies, code, onto).await? {
        Ok((_, Change::Unchanged)) => Ok(Ok(())),
        Ok((entry, done)) => {
            let detail = said(&entry, done);
            app.did(&mut tx, &visitor.caller, Action::KindChanged, Vec::new(), &detail).await?;
            tx.commit().await?;
            Ok(Ok(()))
        }
        Err(Refusal::Unknown(_)) => Err(Problem::not_found("kind")),
        Err(Refusal::Taken(_)) => Ok(Err(Wrongs::from([("code", "kind-wrong-taken")]))),
        Err(Refusal::Wanted { .. }) => Ok(Err(Wrongs::from([("brought", "kind-wrong-wanted")]))),
    }
}

fn shown(
    visitor: Visitor,
    held: Option<&Entry>,
    typed: &Typed,
    wrongs: &Wrongs,
) -> Result<Response, Problem> {
    let language = visitor.language;
    let as_shown = |held: &Entry| {
        let name = held.name.within(language).to_owned();
        Held { code: held.code, name, is_retired: held.retired }
    };
    let page = KindPage {
        held: held.map(as_shown),
        fields: typed.fields(language, held.is_none(), wrongs),
        refused: !wrongs.is_empty(),
        visitor,
    };
    let status = if wrongs.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.visitor.shown_as(status, &page)
}
