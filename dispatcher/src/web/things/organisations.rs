//! `/organisations`: who keeps lists of people and things; `/organisations/new`.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::fold::fold;
use certus_registry::store::organisation;
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::volunteer::PersonName;
use certus_registry::{County, Language, Organisation, OrganisationId, RegistryError, Scope};
use serde::Deserialize;

use super::field::{Field, Form as Fields, Input, Wrongs, options, read, read_optional};
use crate::api::{Problem, Query, SharedApp};
use crate::web::page::{Page, word};
use crate::web::visitor::Visitor;

/// What was typed and chosen above the list; empty: all.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
    kind: String,
}

#[derive(Template)]
#[template(path = "organisations.html")]
struct OrganisationsPage {
    visitor: Visitor,
    asked: Asked,
    /// By name: identifier, name, kind, county.
    organisations: Vec<(OrganisationId, String, String, String)>,
    writes: bool,
}

impl Page for OrganisationsPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl OrganisationsPage {
    fn kind(&self, kind: OrganisationKind) -> String {
        word(self.visitor.language, "organisation-kind", kind)
    }
}

pub(super) async fn list(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let language = visitor.language;
    let mut all = organisation::all(&app.db, visitor.caller.remit()).await?;
    all.retain(|one| {
        let name = fold(one.name.as_str());
        fold(&asked.q).split(' ').all(|part| name.contains(part))
            && (asked.kind.is_empty() || asked.kind == one.kind.as_str())
    });
    all.sort_by(|one, other| one.name.cmp(&other.name));
    let row = |one: Organisation| {
        let county = one.county.name().to_owned();
        (one.id, String::from(one.name), word(language, "organisation-kind", one.kind), county)
    };
    let writes = visitor.caller.may(Scope::VolunteersWrite);
    let page =
        OrganisationsPage { organisations: all.into_iter().map(row).collect(), asked, writes, visitor };
    page.visitor.shown(&page)
}

/// The form about an organisation.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    pub(super) name: String,
    pub(super) kind: String,
    county: String,
}

impl Typed {
    pub(super) fn of(held: &Organisation) -> Self {
        let county = held.county.name().to_owned();
        Self { name: held.name.as_str().to_owned(), kind: held.kind.to_string(), county }
    }

    /// The fields; the county for those who choose it.
    pub(super) fn fields(&self, language: Language, chooses_county: bool, wrongs: &Wrongs) -> Vec<Field> {
        let kinds = options(language, "organisation-kind", OrganisationKind::ALL, None);
        let fields = Fields::new(language, "organisation-field", wrongs)
            .needed("name", &self.name, "text", PersonName::LENGTH_MAX)
            .choice("kind", &self.kind, kinds);
        if chooses_county {
            fields.words("county", &self.county, "text", 40).fields()
        } else {
            fields.fields()
        }
    }

    /// The organisation that was typed, in `own` county unless another was; or what is wrong.
    pub(super) fn organisation(&self, id: OrganisationId, own: County) -> Result<Organisation, Wrongs> {
        let mut wrongs = Wrongs::new();
        let name = read(&mut wrongs, "name", &self.name, "organisation-wrong-name");
        let kind = read(&mut wrongs, "kind", &self.kind, "organisation-wrong-kind");
        let county = read_optional(&mut wrongs, "county", &self.county, "thing-wrong-county").unwrap_or(own);
        match (name, kind) {
            (Some(name), Some(kind)) if wrongs.is_empty() => Ok(Organisation { id, name, kind, county }),
            (_, _) => Err(wrongs),
        }
    }
}

/// The name is another's.
pub(super) fn taken() -> Wrongs {
    Wrongs::from([("name", "organisation-wrong-taken")])
}

#[derive(Template)]
#[template(path = "organisation_new.html")]
struct NewPage {
    visitor: Visitor,
    fields: Vec<Field>,
    refused: bool,
}

impl Page for NewPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

pub(super) async fn blank(visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    shown(visitor, &Typed::default(), &Wrongs::new())
}

fn shown(visitor: Visitor, typed: &Typed, wrongs: &Wrongs) -> Result<Response, Problem> {
    let status = if wrongs.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let is_all = visitor.caller.remit().is_all();
    let page = NewPage {
        fields: typed.fields(visitor.language, is_all, wrongs),
        refused: !wrongs.is_empty(),
        visitor,
    };
    page.visitor.shown_as(status, &page)
}

pub(super) async fn create(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let now = app.clock.now();
    let county = visitor.caller.remit().county().unwrap_or(app.config.county);
    let new = match typed.organisation(OrganisationId::new(now, &app.random), county) {
        Ok(new) => new,
        Err(wrongs) => return shown(visitor, &typed, &wrongs),
    };
    let mut tx = app.db.begin().await?;
    match organisation::put(&mut tx, visitor.caller.remit(), now, &new).await {
        Ok(_) => {}
        Err(RegistryError::Taken { .. }) => return shown(visitor, &typed, &taken()),
        Err(error) => return Err(error.into()),
    }
    let detail = format!("{} added", new.id);
    app.did(&mut tx, &visitor.caller, Action::OrganisationChanged, Vec::new(), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/organisations/{}", new.id)).into_response())
}
