//! `/people/duplicates`: who may be registered twice, and why; two of them side by side, for an official to say that they are two or
//! to take one over into the other.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::likeness::{Face, Faces, Likeness, alike, pair};
use certus_registry::store::{likeness, volunteer};
use certus_registry::volunteer::Day;
use certus_registry::{Language, Scope, Volunteer, VolunteerId};
use serde::Deserialize;

use super::{Standing, competences, standing, today};
use crate::api::{App, Caller, Path, Problem, SharedApp};
use crate::merging::{Merging, merge};
use crate::text::text;
use crate::web::page::{Page, word};
use crate::web::visitor::Visitor;

/// Pairs on the page, the strongest reasons first; those behind them come up as these are settled.
const PAIRS_MAX: usize = 50;

#[derive(Template)]
#[template(path = "duplicates.html")]
struct DuplicatesPage {
    visitor: Visitor,
    pairs: Vec<Listed>,
    /// Pairs that are not shown.
    hidden: usize,
}

#[derive(Template)]
#[template(path = "duplicate.html")]
struct DuplicatePage {
    visitor: Visitor,
    why: String,
    both: [Shown; 2],
    refusal: Option<String>,
}

impl Page for DuplicatesPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl Page for DuplicatePage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

/// A pair as the list shows it.
struct Listed {
    both: [Face; 2],
    why: String,
}

/// One of two, side by side.
struct Shown {
    person: Volunteer,
    standing: Standing,
    competences: String,
}

/// Which record is to go, and which is kept.
#[derive(Deserialize)]
pub(super) struct Chosen {
    gone: VolunteerId,
    kept: VolunteerId,
}

/// The pairs.
pub(super) async fn list(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let language = visitor.language;
    let not_same = likeness::not_same(&app.db).await?;
    let faces = likeness::faces(&app.db, visitor.caller.remit()).await?;
    let by_id: HashMap<_, _> = faces.iter().map(|face| (face.id, face.clone())).collect();
    let found = Faces::of(faces).pairs(&not_same);
    let hidden = found.len().saturating_sub(PAIRS_MAX);
    let listed = |(why, (one, other)): (Likeness, (VolunteerId, VolunteerId))| {
        let both = [by_id.get(&one)?.clone(), by_id.get(&other)?.clone()];
        Some(Listed { both, why: word(language, "likeness", why) })
    };
    let pairs: Vec<Listed> = found.into_iter().take(PAIRS_MAX).filter_map(listed).collect();
    let about = pairs.iter().flat_map(|pair| pair.both.iter().map(|face| face.id)).collect();
    app.looked_at(&visitor.caller, Action::PeopleListed, about).await?;
    let page = DuplicatesPage { visitor, pairs, hidden };
    page.visitor.shown(&page)
}

/// Two of them.
pub(super) async fn show(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path((one, other)): Path<(VolunteerId, VolunteerId)>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    compared(&app, visitor, [one, other], StatusCode::OK, None).await
}

/// They are two.
pub(super) async fn tell_apart(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path((one, other)): Path<(VolunteerId, VolunteerId)>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let Caller::Account(account) = &visitor.caller else {
        return Err(Problem::conflict("who is the same and who is not, an official with an account says"));
    };
    let mut tx = app.db.begin().await?;
    if !likeness::tell_apart(&mut tx, visitor.caller.remit(), app.clock.now(), account.id, pair(one, other))
        .await?
    {
        return Err(Problem::not_found("volunteer"));
    }
    app.did(&mut tx, &visitor.caller, Action::PersonChanged, vec![one, other], "not the same").await?;
    tx.commit().await?;
    Ok(Redirect::to("/people/duplicates").into_response())
}

/// They are one: the record that was chosen goes over into the other.
pub(super) async fn take_over(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(Chosen { gone, kept }): Form<Chosen>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    match merge(&app, &visitor.caller, gone, kept).await? {
        Merging::Done => Ok(Redirect::to(&format!("/people/{kept}")).into_response()),
        Merging::Unknown => Err(Problem::not_found("volunteer")),
        Merging::OnCallOut => {
            let why = text(visitor.language, "duplicates-on-call-out", &[]);
            compared(&app, visitor, [gone, kept], StatusCode::CONFLICT, Some(why)).await
        }
    }
}

async fn compared(
    app: &App,
    visitor: Visitor,
    both: [VolunteerId; 2],
    status: StatusCode,
    refusal: Option<String>,
) -> Result<Response, Problem> {
    let unknown = || Problem::not_found("volunteer");
    let [one, other] = both;
    let one = volunteer::get(&app.db, visitor.caller.remit(), one).await?.ok_or_else(unknown)?;
    let other = volunteer::get(&app.db, visitor.caller.remit(), other).await?.ok_or_else(unknown)?;
    app.looked_at(&visitor.caller, Action::PersonRead, both.to_vec()).await?;
    let (language, today) = (visitor.language, today(app));
    let why = alike(&(&one).into(), &(&other).into());
    let why = why.map_or_else(String::new, |why| word(language, "likeness", why));
    let both = [one, other].map(|person| Shown::of(language, today, person));
    let page = DuplicatePage { visitor, why, both, refusal };
    page.visitor.shown_as(status, &page)
}

impl Shown {
    fn of(language: Language, today: Day, person: Volunteer) -> Self {
        let standing = standing(language, today, person.vetting);
        let competences = competences(language, today, &person);
        Self { person, standing, competences }
    }
}
