//! `/v1/volunteers`: the registry of people, for systems that keep it up to date.

use std::borrow::Cow;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use certus_registry::audit::Action;
use certus_registry::birth_year::BirthYearError;
use certus_registry::store::{organisation, volunteer};
use certus_registry::volunteer::{Competence, PersonName, Vetting};
use certus_registry::{
    Availability, BirthYear, County, Duty, Language, Mode, OrganisationId, Phone, Position, RegistryError,
    Scope, Secret, Volunteer, VolunteerId, WeeklyHours,
};
use serde::{Deserialize, Serialize};
use utoipa::openapi::{Object, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Answer, App, Caller, Code, FieldError, Json, Path, Problem, Query, SharedApp, Submitted, openapi,
};

/// Entries on one page unless the client asks otherwise.
const PAGE: u32 = 50;
/// Entries on one page at most.
const PAGE_MAX: u32 = 200;
/// Entries in one list of a volunteer: more than there are words in any vocabulary.
const LIST_MAX: usize = 32;

/// The routes below `/v1`.
pub fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(read, replace))
        .routes(routes!(position_token))
        .routes(routes!(set_duty))
}

/// What the registry holds about a person, in requests and answers alike.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Fields {
    /// Full name, 1 to 100 characters.
    #[schema(value_type = String, example = "Anna Lena Berg")]
    name: PersonName,
    /// The year of birth, 1900 to 15 years ago. Left out of a `PUT`: what is held stays.
    #[serde(default)]
    #[schema(value_type = Option<i64>, example = 1971)]
    birth_year: Option<BirthYear>,
    /// Where messages go; unique. Answered in E.164.
    #[schema(value_type = String, example = "+46701234567")]
    phone: Phone,
    /// Languages, the preferred one first.
    #[serde(default = "swedish")]
    #[schema(value_type = Vec<String>, example = json!(["sv", "en"]))]
    languages: Vec<Language>,
    /// What the person can do, each with the last day of its certificate.
    #[serde(default)]
    #[schema(value_type = Vec<CompetenceSchema>)]
    competences: Vec<Competence>,
    /// How the person can travel.
    #[schema(value_type = Vec<String>, example = json!(["car", "snowmobile"]))]
    modes: Vec<Mode>,
    /// Where the person usually is: WGS 84 degrees.
    #[schema(value_type = Option<PositionSchema>)]
    home: Option<Position>,
    /// What the person has said about being asked. Whoever is `stopped` stays so until they write LEDIG, or until
    /// `PUT …/duty` names them.
    #[serde(default = "on_duty")]
    #[schema(value_type = DutySchema)]
    duty: Duty,
    /// The hours of the week, e.g. `mon-fri 07-23; sat,sun 09-17`.
    #[serde(default = "always")]
    #[schema(value_type = String, example = "always")]
    hours: WeeklyHours,
    /// How far the county board has come.
    #[schema(value_type = VettingSchema)]
    vetting: Vetting,
    /// The organisation that keeps the person on its list.
    #[schema(value_type = Option<String>)]
    organisation: Option<OrganisationId>,
    /// The county whose board answers for the person, by its code. Left out: the caller's own, or what is held.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "23")]
    county: Option<County>,
}

/// A competence and its last valid day.
#[derive(ToSchema)]
#[schema(as = Competence)]
#[expect(dead_code, reason = "describes a type of the registry")]
struct CompetenceSchema {
    /// What.
    #[schema(example = "cpr")]
    kind: String,
    /// The last valid day; none when it never expires.
    #[schema(example = "2027-05-01")]
    expires: Option<String>,
}

/// WGS 84 degrees.
#[derive(ToSchema)]
#[schema(as = Position)]
#[expect(dead_code, reason = "describes a type of the registry")]
pub(super) struct PositionSchema {
    /// Degrees north.
    lat: f64,
    /// Degrees east.
    lon: f64,
}

/// `applied`, `approved` with its last day, `suspended` or `left`.
#[derive(ToSchema)]
#[schema(as = Vetting)]
#[expect(dead_code, reason = "describes a type of the registry")]
struct VettingSchema {
    /// The state.
    #[schema(example = "approved")]
    state: String,
    /// The last day of an approval.
    #[schema(example = "2027-05-01")]
    until: Option<String>,
}

/// A volunteer.
#[derive(Debug, Serialize)]
struct View {
    /// The registry's identifier.
    id: VolunteerId,
    #[serde(flatten)]
    fields: Fields,
}

impl PartialSchema for View {
    fn schema() -> RefOr<Schema> {
        let id = Object::builder().schema_type(Type::String).description(Some("The registry's identifier."));
        openapi::with_key::<Fields>("A volunteer.", ("id", id.build()), &[])
    }
}

impl ToSchema for View {
    fn name() -> Cow<'static, str> {
        "Volunteer".into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Fields::schemas(schemas);
    }
}

/// One page of volunteers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VolunteerPage)]
struct Page {
    /// In the order of their identifiers.
    volunteers: Vec<View>,
    /// What to send as `after` for the next page; none on the last.
    #[schema(value_type = Option<String>)]
    next: Option<VolunteerId>,
}

/// Where a page begins and how long it is.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PageQuery {
    /// The `next` of the page before.
    #[param(value_type = Option<String>)]
    after: Option<VolunteerId>,
    /// At most so many, 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// `on` or `off`, both perhaps with an end, or `stopped`: no message of any kind.
#[derive(ToSchema)]
#[schema(as = Duty)]
#[expect(dead_code, reason = "describes a type of the registry")]
struct DutySchema {
    /// The state.
    #[schema(example = "off")]
    state: String,
    /// When it ends, RFC 3339.
    #[schema(example = "2026-12-24T17:00:00Z")]
    until: Option<String>,
}

/// A fresh position token.
#[derive(Debug, Serialize, ToSchema)]
struct PositionToken {
    /// The secret with which the person's phone sends positions; shown this once.
    position_token: String,
}

/// List volunteers, a page at a time
#[utoipa::path(get, path = "/volunteers", tag = "volunteers", params(PageQuery),
    responses((status = 200, body = Page), Problem))]
async fn list(
    State(app): State<SharedApp>,
    caller: Caller,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page>, Problem> {
    caller.require(Scope::VolunteersRead)?;
    let limit = page_length(query.limit)?;
    let mut people = volunteer::page(&app.db, caller.remit(), query.after, limit + 1).await?;
    let more = people.len() > limit as usize;
    people.truncate(limit as usize);
    let next = people.last().filter(|_| more).map(|person| person.id);
    app.looked_at(&caller, Action::PeopleListed, people.iter().map(|person| person.id).collect()).await?;
    Ok(Json(Page { volunteers: people.into_iter().map(View::from).collect(), next }))
}

/// Checks how many entries a client wants on one page.
pub(super) fn page_length(wanted: Option<u32>) -> Result<u32, Problem> {
    let wanted = wanted.unwrap_or(PAGE);
    if (1..=PAGE_MAX).contains(&wanted) {
        return Ok(wanted);
    }
    let error = FieldError::invalid("limit", format!("expected 1 to {PAGE_MAX}"));
    Err(Problem::of_fields(Code::InvalidQuery, vec![error]))
}

/// Read one volunteer
#[utoipa::path(get, path = "/volunteers/{id}", tag = "volunteers", params(("id" = String, Path)),
    responses((status = 200, body = View), Problem))]
async fn read(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<VolunteerId>,
) -> Result<Json<View>, Problem> {
    caller.require(Scope::VolunteersRead)?;
    let person = volunteer::get(&app.db, caller.remit(), id).await?.ok_or_else(unknown)?;
    app.looked_at(&caller, Action::PersonRead, vec![id]).await?;
    Ok(Json(person.into()))
}

/// Add a volunteer
#[utoipa::path(post, path = "/volunteers", tag = "volunteers", request_body = Fields,
    params(("Idempotency-Key" = Option<String>, Header, description = "Sent twice, done once")),
    responses((status = 201, body = View), Problem))]
async fn create(
    State(app): State<SharedApp>,
    caller: Caller,
    Submitted { body, once }: Submitted<Fields>,
) -> Result<Response, Problem> {
    caller.require(Scope::VolunteersWrite)?;
    if let Some(answer) = once.replay(&app.db, &caller).await? {
        return Ok(answer);
    }
    let now = app.clock.now();
    let county = caller.remit().county().unwrap_or(app.config.county);
    let id = VolunteerId::new(now, &app.random);
    let person = body.checked(&app, &caller).await?.with(id, Availability::ALWAYS, county);
    may_be_vetted(&caller, Vetting::Applied, person.vetting)?;
    let answer = Answer::json(StatusCode::CREATED, &View::from(person.clone()));
    let mut tx = app.db.begin().await?;
    once.keep(&mut tx, &caller, now, &answer).await?;
    volunteer::put(&mut tx, caller.remit(), now, &person).await.map_err(taken)?;
    app.did(&mut tx, &caller, Action::PersonAdded, vec![person.id], "").await?;
    tx.commit().await?;
    Ok(answer.into_response())
}

/// Replace what is held about a volunteer; of their availability the hours of the week alone
#[utoipa::path(put, path = "/volunteers/{id}", tag = "volunteers", params(("id" = String, Path)),
    request_body = Fields,
    responses((status = 200, body = View), Problem))]
async fn replace(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<VolunteerId>,
    Json(fields): Json<Fields>,
) -> Result<Json<View>, Problem> {
    caller.require(Scope::VolunteersWrite)?;
    let fields = fields.checked(&app, &caller).await?;
    let mut tx = app.db.begin().await?;
    let held = volunteer::locked(&mut tx, caller.remit(), id).await?.ok_or_else(unknown)?;
    let mut person = fields.with(id, held.availability.clone(), held.county);
    person.duty = held.duty.after_list(person.duty);
    person.birth_year = person.birth_year.or(held.birth_year);
    may_be_vetted(&caller, held.vetting, person.vetting)?;
    volunteer::put(&mut tx, caller.remit(), app.clock.now(), &person).await.map_err(taken)?;
    let changed = held.differences(&person).join(", ");
    app.did(&mut tx, &caller, Action::PersonChanged, vec![id], &changed).await?;
    tx.commit().await?;
    Ok(Json(person.into()))
}

/// Make a new position token; the old one stops working
#[utoipa::path(post, path = "/volunteers/{id}/position-token", tag = "volunteers",
    params(("id" = String, Path)),
    responses((status = 201, body = PositionToken), Problem))]
async fn position_token(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<VolunteerId>,
) -> Result<Response, Problem> {
    caller.require(Scope::VolunteersWrite)?;
    let secret = Secret::generate(&app.random);
    let mut tx = app.db.begin().await?;
    if !volunteer::set_position_token(&mut tx, caller.remit(), app.clock.now(), id, &secret.hash()).await? {
        return Err(unknown());
    }
    app.did(&mut tx, &caller, Action::PositionTokenMade, vec![id], "").await?;
    tx.commit().await?;
    let view = PositionToken { position_token: secret.reveal().to_owned() };
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Switch a volunteer on or off
#[utoipa::path(put, path = "/volunteers/{id}/duty", tag = "volunteers", params(("id" = String, Path)),
    request_body = DutySchema,
    responses((status = 204), Problem))]
async fn set_duty(
    State(app): State<SharedApp>,
    caller: Caller,
    Path(id): Path<VolunteerId>,
    Json(duty): Json<Duty>,
) -> Result<StatusCode, Problem> {
    caller.require(Scope::VolunteersWrite)?;
    let mut tx = app.db.begin().await?;
    if !volunteer::set_duty(&mut tx, caller.remit(), app.clock.now(), id, duty).await? {
        return Err(unknown());
    }
    app.did(&mut tx, &caller, Action::PersonChanged, vec![id], "duty").await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Nobody is approved, and no approval prolonged, by writing so: two officials do it at the person's page. Whoever moves an
/// older registry in has a key for it.
fn may_be_vetted(caller: &Caller, held: Vetting, wanted: Vetting) -> Result<(), Problem> {
    let approves = wanted != held && matches!(wanted, Vetting::Approved { .. });
    if !approves || caller.may(Scope::VettingTakeOver) {
        return Ok(());
    }
    let detail = "approved by two officials at the person's page, or taken over with a key of the scope vetting:take-over";
    Err(Problem::invalid_fields(vec![FieldError {
        field: "vetting".to_owned(),
        code: "not_vetted",
        detail: detail.to_owned(),
    }]))
}

fn unknown() -> Problem {
    Problem::not_found("volunteer")
}

fn taken(error: RegistryError) -> Problem {
    match error {
        RegistryError::Taken { what } => {
            let detail = "belongs to another volunteer".to_owned();
            Problem::of_fields(
                Code::Taken,
                vec![FieldError { field: what.to_owned(), code: "taken", detail }],
            )
        }
        RegistryError::Database(_)
        | RegistryError::Migration(_)
        | RegistryError::Damaged { .. }
        | RegistryError::Key(_)
        | RegistryError::Beyond { .. }
        | RegistryError::UnknownKind(_)
        | RegistryError::RetiredKind(_) => error.into(),
    }
}

fn swedish() -> Vec<Language> {
    vec![Language::Swedish]
}

fn on_duty() -> Duty {
    Duty::ON
}

fn always() -> WeeklyHours {
    WeeklyHours::ALWAYS
}

impl Fields {
    /// What no single field can tell.
    async fn checked(self, app: &App, caller: &Caller) -> Result<Self, Problem> {
        let lists = [
            ("languages", self.languages.len(), 1),
            ("competences", self.competences.len(), 0),
            ("modes", self.modes.len(), 1),
        ];
        let wrong = lists.into_iter().filter(|(_, length, least)| !(*least..=LIST_MAX).contains(length));
        let expected = |least| format!("expected {least} to {LIST_MAX} entries");
        let mut errors: Vec<_> =
            wrong.map(|(name, _, least)| FieldError::invalid(name, expected(least))).collect();
        let today = app.clock.now().in_zone(&app.config.time_zone.0).date();
        if self.birth_year.is_some_and(|year| !year.is_old_enough(today)) {
            errors.push(FieldError::invalid("birth_year", BirthYearError.to_string()));
        }
        if let Some(id) = self.organisation
            && organisation::get(&app.db, caller.remit(), id).await?.is_none()
        {
            errors.push(FieldError::invalid("organisation", "there is no such organisation"));
        }
        let own = caller.remit().county();
        if self.county.is_some_and(|county| own.is_some_and(|own| own != county)) {
            errors.push(FieldError::invalid("county", "expected your own county, or nothing"));
        }
        if errors.is_empty() { Ok(self) } else { Err(Problem::invalid_fields(errors)) }
    }

    /// The volunteer, whose availability is `held` but for the hours, in `county` unless another is named.
    fn with(self, id: VolunteerId, held: Availability, in_county: County) -> Volunteer {
        let Self {
            name,
            birth_year,
            phone,
            languages,
            competences,
            modes,
            home,
            duty,
            hours,
            vetting,
            organisation,
            county,
        } = self;
        let availability = Availability { hours, ..held };
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
            county: county.unwrap_or(in_county),
        }
    }
}

impl From<Volunteer> for View {
    fn from(person: Volunteer) -> Self {
        let Volunteer {
            id,
            name,
            birth_year,
            phone,
            languages,
            competences,
            modes,
            home,
            duty,
            availability: Availability { hours, .. },
            vetting,
            organisation,
            county,
        } = person;
        let fields = Fields {
            name,
            birth_year,
            phone,
            languages,
            competences,
            modes,
            home,
            duty,
            hours,
            vetting,
            organisation,
            county: Some(county),
        };
        Self { id, fields }
    }
}

#[cfg(test)]
mod tests;
