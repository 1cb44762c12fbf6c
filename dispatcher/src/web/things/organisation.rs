//! `/organisations/{id}`: what it is, its contacts, its people and its things. Who looks at its contacts and people is in the log.

use std::collections::HashMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::organisation::Email;
use certus_registry::store::volunteer::Filter;
use certus_registry::store::{catalogue, contact, organisation, resource, volunteer};
use certus_registry::volunteer::PersonName;
use certus_registry::{
    Contact, ContactId, Language, Organisation, OrganisationId, RegistryError, Remit, Scope, VolunteerId,
};
use serde::Deserialize;

use super::Listed;
use super::field::{Field, Form as Fields, Input, Wrongs, read, read_optional};
use super::organisations::{Typed, taken};
use crate::api::{App, Path, Problem, SharedApp};
use crate::web::page::{Page, word};
use crate::web::people::today;
use crate::web::visitor::Visitor;

/// Contacts that an organisation has room for.
const CONTACTS_MAX: usize = 20;
/// People who are listed.
const PEOPLE_MAX: u32 = 200;

#[derive(Template)]
#[template(path = "organisation.html")]
struct OrganisationPage {
    visitor: Visitor,
    id: OrganisationId,
    name: String,
    kind: String,
    contacts: Vec<Contact>,
    people: Vec<(VolunteerId, String)>,
    /// How many people there are in all.
    number: u64,
    things: Vec<Listed>,
    fields: Vec<Field>,
    contact_fields: Vec<Field>,
    refused: bool,
    writes: bool,
}

impl Page for OrganisationPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

/// The form about a contact.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_field_names, reason = "the page has another form with a name")]
pub(super) struct NewContact {
    contact_name: String,
    contact_phone: String,
    contact_email: String,
}

impl NewContact {
    fn fields(&self, language: Language, wrongs: &Wrongs) -> Vec<Field> {
        Fields::new(language, "organisation-field", wrongs)
            .needed("contact_name", &self.contact_name, "text", PersonName::LENGTH_MAX)
            .needed("contact_phone", &self.contact_phone, "tel", 30)
            .explained()
            .words("contact_email", &self.contact_email, "email", Email::LENGTH_MAX)
            .fields()
    }

    fn contact(&self, id: ContactId, organisation: OrganisationId) -> Result<Contact, Wrongs> {
        let mut wrongs = Wrongs::new();
        let name = read(&mut wrongs, "contact_name", &self.contact_name, "organisation-wrong-name");
        let phone = read(&mut wrongs, "contact_phone", &self.contact_phone, "organisation-wrong-phone");
        let email = &self.contact_email;
        let email = read_optional(&mut wrongs, "contact_email", email, "organisation-wrong-email");
        match (name, phone) {
            (Some(name), Some(phone)) if wrongs.is_empty() => {
                Ok(Contact { id, organisation, name, phone, email, stopped_at: None })
            }
            (_, _) => Err(wrongs),
        }
    }
}

pub(super) async fn show(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<OrganisationId>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    shown(&app, visitor, id, None, NewContact::default(), &Wrongs::new()).await
}

pub(super) async fn change(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<OrganisationId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let held = held(&app, visitor.caller.remit(), id).await?;
    let again = NewContact::default();
    let new = match typed.organisation(id, held.county) {
        Ok(new) => new,
        Err(wrongs) => return shown(&app, visitor, id, Some(typed), again, &wrongs).await,
    };
    let mut tx = app.db.begin().await?;
    match organisation::put(&mut tx, visitor.caller.remit(), app.clock.now(), &new).await {
        Ok(_) => {}
        Err(RegistryError::Taken { .. }) => {
            drop(tx); // the page reads from the database, too
            return shown(&app, visitor, id, Some(typed), again, &taken()).await;
        }
        Err(error) => return Err(error.into()),
    }
    let detail = format!("{id} changed");
    app.did(&mut tx, &visitor.caller, Action::OrganisationChanged, Vec::new(), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/organisations/{id}")).into_response())
}

pub(super) async fn add_contact(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<OrganisationId>,
    Form(typed): Form<NewContact>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    held(&app, visitor.caller.remit(), id).await?;
    let now = app.clock.now();
    let new = match typed.contact(ContactId::new(now, &app.random), id) {
        Ok(new) => new,
        Err(wrongs) => return shown(&app, visitor, id, None, typed, &wrongs).await,
    };
    if contact::of(&app.db, visitor.caller.remit(), id).await?.len() >= CONTACTS_MAX {
        let full = Wrongs::from([("contact_name", "organisation-wrong-full")]);
        return shown(&app, visitor, id, None, typed, &full).await;
    }
    let mut tx = app.db.begin().await?;
    match contact::add(&mut tx, visitor.caller.remit(), now, &new).await {
        Ok(()) => {}
        Err(RegistryError::Taken { .. }) => {
            drop(tx);
            let wrongs = Wrongs::from([("contact_phone", "organisation-wrong-phone-taken")]);
            return shown(&app, visitor, id, None, typed, &wrongs).await;
        }
        Err(error) => return Err(error.into()),
    }
    let detail = format!("{id} contact {} added", new.id);
    app.did(&mut tx, &visitor.caller, Action::OrganisationChanged, Vec::new(), &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/organisations/{id}#contacts")).into_response())
}

/// Which contact is to go.
#[derive(Debug, Deserialize)]
pub(super) struct Gone {
    contact: ContactId,
}

/// Takes a contact away; one that is gone already is no mistake.
pub(super) async fn remove_contact(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<OrganisationId>,
    Form(Gone { contact: gone }): Form<Gone>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    held(&app, visitor.caller.remit(), id).await?;
    let mut tx = app.db.begin().await?;
    if contact::remove(&mut tx, visitor.caller.remit(), id, gone).await? {
        let detail = format!("{id} contact {gone} removed");
        app.did(&mut tx, &visitor.caller, Action::OrganisationChanged, Vec::new(), &detail).await?;
        tx.commit().await?;
    }
    Ok(Redirect::to(&format!("/organisations/{id}#contacts")).into_response())
}

async fn held(app: &App, remit: Remit, id: OrganisationId) -> Result<Organisation, Problem> {
    organisation::get(&app.db, remit, id).await?.ok_or_else(|| Problem::not_found("organisation"))
}

/// The page; with `typed`, what was typed about the organisation instead of what is held.
async fn shown(
    app: &App,
    visitor: Visitor,
    id: OrganisationId,
    typed: Option<Typed>,
    new_contact: NewContact,
    wrongs: &Wrongs,
) -> Result<Response, Problem> {
    let (language, today) = (visitor.language, today(app));
    let kinds = catalogue::load(&app.db).await?;
    let held = held(app, visitor.caller.remit(), id).await?;
    let is_all = visitor.caller.remit().is_all();
    let filter = Filter { organisation: Some(id), ..Filter::default() };
    let people = volunteer::search(&app.db, visitor.caller.remit(), filter, None, PEOPLE_MAX).await?;
    let contacts = contact::of(&app.db, visitor.caller.remit(), id).await?;
    let mut tx = app.db.begin().await?;
    let about = people.iter().map(|person| person.id).collect();
    app.did(&mut tx, &visitor.caller, Action::ContactsRead, about, &id.to_string()).await?;
    tx.commit().await?;
    let mut things = resource::listed_by(&app.db, visitor.caller.remit(), id).await?;
    things.retain(|thing| thing.retired.is_none());
    let named = HashMap::from([(id, held.name.as_str())]);
    let page = OrganisationPage {
        id,
        name: held.name.as_str().to_owned(),
        kind: word(language, "organisation-kind", held.kind),
        people: people.into_iter().map(|person| (person.id, String::from(person.name))).collect(),
        number: volunteer::count_of(&app.db, visitor.caller.remit(), filter).await?,
        things: things.iter().map(|thing| Listed::of(language, today, thing, &kinds, &named)).collect(),
        fields: typed.unwrap_or_else(|| Typed::of(&held)).fields(language, is_all, wrongs),
        contact_fields: new_contact.fields(language, wrongs),
        refused: !wrongs.is_empty(),
        writes: visitor.caller.may(Scope::VolunteersWrite),
        contacts,
        visitor,
    };
    let status = if wrongs.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    page.visitor.shown_as(status, &page)
}
