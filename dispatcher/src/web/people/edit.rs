//! `/people/new` and `/people/{id}/edit`: the form about a person. Vetting, duty and plan have their own places on the person's page
//! and are not touched here.
//!
//! A form that was opened before somebody else's change is not kept: it is shown again, with what was changed beside what was typed.

mod filled;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::store::{organisation, volunteer};
use certus_registry::volunteer::{PersonName, Vetting};
use certus_registry::{
    Availability, CompetenceKind, County, Duty, Language, Mode, Organisation, RegistryError, Remit, Scope,
    Volunteer, VolunteerId,
};

use super::today;
use crate::api::{App, Path, Problem, SharedApp};
use crate::text::text;
use crate::web::page::{Page, word};
use crate::web::visitor::Visitor;
use filled::{FIELDS, Fields, Filled, Known};

/// The fields as a browser sends them; some names come several times.
type Pairs = Form<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "person_edit.html")]
struct EditPage {
    visitor: Visitor,
    /// Who it is about; nobody yet.
    person: Option<VolunteerId>,
    filled: Filled,
    /// The form as it was when it was opened, for the answer to be compared with what is stored then.
    was: String,
    organisations: Vec<Organisation>,
    /// What is wrong with a field.
    wrong: Vec<(&'static str, String)>,
    /// What somebody else has changed since the form was opened: the field, and what it says now.
    changed: Vec<(&'static str, String)>,
}

impl Page for EditPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl EditPage {
    /// What is to be said at a field.
    fn at(&self, field: &str) -> Option<String> {
        let all = self.wrong.iter().chain(&self.changed).filter(|(at, _)| *at == field);
        let said: Vec<&str> = all.map(|(_, words)| words.as_str()).collect();
        (!said.is_empty()).then(|| said.join(" "))
    }

    fn prefers(&self, language: Language) -> bool {
        self.filled.languages.first().is_some_and(|word| word == language.as_str())
    }

    fn speaks(&self, language: Language) -> bool {
        self.filled.languages.iter().any(|word| word == language.as_str())
    }

    fn can(&self, kind: CompetenceKind) -> bool {
        self.filled.competences.iter().any(|(word, _)| word == kind.as_str())
    }

    /// The last day of a certificate, as it was typed.
    fn until(&self, kind: CompetenceKind) -> &str {
        let held = self.filled.competences.iter().find(|(word, _)| word == kind.as_str());
        held.map_or("", |(_, until)| until)
    }

    fn comes_by(&self, mode: Mode) -> bool {
        self.filled.modes.iter().any(|word| word == mode.as_str())
    }

    /// Where the form goes.
    fn action(&self) -> String {
        self.person.map_or_else(|| "/people/new".to_owned(), |id| format!("/people/{id}/edit"))
    }

    /// Where the visitor came from.
    fn back(&self) -> String {
        self.person.map_or_else(|| "/people".to_owned(), |id| format!("/people/{id}"))
    }
}

/// Why nothing was kept.
#[derive(Debug, Default)]
struct NotKept {
    /// Fields whose content cannot be read.
    wrong: Vec<&'static str>,
    /// The phone is another person's.
    is_taken: bool,
    /// Fields that somebody else has changed, with what they say now.
    changed: Vec<&'static str>,
}

/// The empty form.
pub(super) async fn blank(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    shown(&app, visitor, None, Filled::empty(), &Filled::empty(), NotKept::default()).await
}

/// The form about somebody.
pub(super) async fn form(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let person = volunteer::get(&app.db, visitor.caller.remit(), id)
        .await?
        .ok_or_else(|| Problem::not_found("volunteer"))?;
    let filled = Filled::of(&person);
    shown(&app, visitor, Some(id), filled.clone(), &filled, NotKept::default()).await
}

/// Adds somebody, who has yet to be vetted.
pub(super) async fn add(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(pairs): Pairs,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let remit = visitor.caller.remit();
    let typed = Filled::typed(&pairs).within(remit, &Filled::empty());
    let fields = match read(&app, remit, &typed).await? {
        Ok(fields) => fields,
        Err(wrong) => {
            let not_kept = NotKept { wrong, ..NotKept::default() };
            return shown(&app, visitor, None, typed, &Filled::empty(), not_kept).await;
        }
    };
    let now = app.clock.now();
    let county = remit.county().unwrap_or(app.config.county);
    let person = newcomer(VolunteerId::new(now, &app.random), county, fields);
    let mut tx = app.db.begin().await?;
    match volunteer::put(&mut tx, visitor.caller.remit(), now, &person).await {
        Ok(_) => {}
        Err(RegistryError::Taken { .. }) => {
            drop(tx); // the page reads from the database, too
            let not_kept = NotKept { is_taken: true, ..NotKept::default() };
            return shown(&app, visitor, None, typed, &Filled::empty(), not_kept).await;
        }
        Err(error) => return Err(error.into()),
    }
    app.did(&mut tx, &visitor.caller, Action::PersonAdded, vec![person.id], "").await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{}", person.id)).into_response())
}

/// Keeps what was typed about somebody.
pub(super) async fn save(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(pairs): Pairs,
) -> Result<Response, Problem> {
    visitor.require(Scope::MembersWrite)?;
    let (remit, was) = (visitor.caller.remit(), was(&pairs));
    let typed = Filled::typed(&pairs).within(remit, &was);
    let fields = match read(&app, remit, &typed).await? {
        Ok(fields) => fields,
        Err(wrong) => {
            let not_kept = NotKept { wrong, ..NotKept::default() };
            return shown(&app, visitor, Some(id), typed, &was, not_kept).await;
        }
    };
    let mut tx = app.db.begin().await?;
    let held = volunteer::locked(&mut tx, visitor.caller.remit(), id)
        .await?
        .ok_or_else(|| Problem::not_found("volunteer"))?;
    let now = Filled::of(&held);
    let not_kept = if now == was {
        let person = fields.onto(&typed, held.clone());
        let changed = held.differences(&person).join(", ");
        match volunteer::put(&mut tx, visitor.caller.remit(), app.clock.now(), &person).await {
            Ok(_) => {
                app.did(&mut tx, &visitor.caller, Action::PersonChanged, vec![id], &changed).await?;
                tx.commit().await?;
                return Ok(Redirect::to(&format!("/people/{id}")).into_response());
            }
            Err(RegistryError::Taken { .. }) => NotKept { is_taken: true, ..NotKept::default() },
            Err(error) => return Err(error.into()),
        }
    } else {
        NotKept { changed: was.differs(&now), ..NotKept::default() }
    };
    drop(tx); // the page reads from the database, too
    shown(&app, visitor, Some(id), typed.onto(&was, &now), &now, not_kept).await
}

/// The form as it was opened; an unreadable one differs from everything that is stored.
fn was(pairs: &[(String, String)]) -> Filled {
    let was = pairs.iter().find(|(name, _)| name == "was");
    was.and_then(|(_, was)| serde_json::from_str(was).ok()).unwrap_or_default()
}

async fn read(app: &App, remit: Remit, typed: &Filled) -> Result<Result<Fields, Vec<&'static str>>, Problem> {
    let names = app.places.names(&app.db).await?;
    let organisations = organisation::all(&app.db, remit).await?;
    Ok(typed.read(&Known { names: &names, organisations: &organisations, today: today(app) }))
}

/// May be asked at any hour, once the board has approved them; both can be changed.
fn newcomer(id: VolunteerId, own: County, fields: Fields) -> Volunteer {
    let Fields { name, birth_year, phone, languages, competences, modes, home, organisation, county } =
        fields;
    let (duty, availability, vetting) = (Duty::ON, Availability::ALWAYS, Vetting::Applied);
    Volunteer {
        id,
        name,
        birth_year,
        phone,
        languages,
        competences,
        modes,
        home,
        duty,
        availability,
        vetting,
        organisation,
        county: county.unwrap_or(own),
    }
}

/// The form; `was` is what the next answer is compared with. A look at the person like any other.
async fn shown(
    app: &App,
    visitor: Visitor,
    person: Option<VolunteerId>,
    filled: Filled,
    was: &Filled,
    not_kept: NotKept,
) -> Result<Response, Problem> {
    if let Some(id) = person {
        app.looked_at(&visitor.caller, Action::PersonRead, vec![id]).await?;
    }
    let language = visitor.language;
    let mut organisations = organisation::all(&app.db, visitor.caller.remit()).await?;
    organisations.sort_by(|one, other| one.name.cmp(&other.name));
    let status = not_kept.status();
    let said = |key: String| text(language, &key, &[]);
    let mut wrong: Vec<_> =
        not_kept.wrong.iter().map(|field| (*field, said(format!("edit-wrong-{field}")))).collect();
    if not_kept.is_taken {
        wrong.push(("phone", said("edit-taken".to_owned())));
    }
    let changed =
        not_kept.changed.iter().map(|field| (*field, changed(language, field, was, &organisations)));
    let changed = changed.collect();
    let was = serde_json::to_string(was).map_err(|error| Problem::internal(&error))?;
    let page = EditPage { visitor, person, filled, was, organisations, wrong, changed };
    page.visitor.shown_as(status, &page)
}

impl NotKept {
    fn status(&self) -> StatusCode {
        match (self.wrong.is_empty() && !self.is_taken, self.changed.is_empty()) {
            (true, true) => StatusCode::OK,
            (true, false) => StatusCode::CONFLICT,
            (false, _) => StatusCode::UNPROCESSABLE_ENTITY,
        }
    }
}

/// What a field says since somebody else has changed it.
fn changed(language: Language, field: &str, now: &Filled, organisations: &[Organisation]) -> String {
    let name = |id: &str| {
        let known = organisations.iter().find(|known| known.id.to_string() == id);
        known.map(|known| known.name.as_str().to_owned()).unwrap_or_default()
    };
    let words = |what: &str, all: &[String]| {
        all.iter().map(|one| word(language, what, one)).collect::<Vec<_>>().join(", ")
    };
    let competence = |(kind, until): &(String, String)| {
        format!("{} {until}", word(language, "competence", kind)).trim_end().to_owned()
    };
    let says = match field {
        "name" => now.name.clone(),
        "birth-year" => now.birth_year.clone(),
        "phone" => now.phone.clone(),
        "languages" => words("language", &now.languages),
        "competences" => now.competences.iter().map(competence).collect::<Vec<_>>().join(", "),
        "modes" => words("console-mode", &now.modes),
        "home" => now.home.clone(),
        "county" => now.county.clone(),
        _ => name(&now.organisation),
    };
    let says = if says.is_empty() { "–".to_owned() } else { says };
    text(language, "edit-changed", &[("value", says.into())])
}
