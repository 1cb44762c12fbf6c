//! `/apply`: whoever wants to become a volunteer proves their phone and tells what they can do. Works without JavaScript; nothing
//! is kept before the last step.

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::certificate::BYTES_MAX;
use certus_registry::phone_code::{KEPT, Purpose};
use certus_registry::store::volunteer;
use certus_registry::volunteer::PersonName;
use certus_registry::{CompetenceKind, Language, Mode, Remit};
use serde::Deserialize;

use super::sign_in::{Steps, asked_for, wrong_code};
use super::visitor::ASKING;
use crate::api::auth::cookie;
use crate::api::client::Client;
use crate::api::{App, Problem, SharedApp};
use crate::own::application::{self, Applied, CONSENT, Filled, Wrong};
use crate::own::proof::{self, NotAsked, Proven};
use crate::text::text;
use crate::web::language::{Spoken, other};
use crate::web::page::{Page, page, page_in};
use crate::web::people;

/// The largest form, bytes: twice the largest file, so that who chose one that is too large is told so and keeps what they typed.
const FORM_MAX: usize = 2 * BYTES_MAX;
/// The longest text in a field, bytes.
const FIELD_MAX: usize = 400;
/// Fields of the form: every language, competence and mode once, and a few more.
const FIELDS_MAX: usize = 40;

pub(super) fn router() -> Router<SharedApp> {
    let details = post(details).layer(DefaultBodyLimit::max(FORM_MAX));
    Router::new()
        .route("/apply", get(start).post(ask))
        .route("/apply/code", post(code))
        .route(crate::serve::APPLY_UPLOAD, details)
}

#[derive(Template)]
#[template(path = "apply_start.html")]
struct StartPage {
    language: Language,
    other_language: Language,
    name: String,
    refusal: Option<String>,
}

#[derive(Template)]
#[template(path = "apply_details.html")]
struct DetailsPage {
    language: Language,
    filled: Filled,
    consent: String,
    refusal: Option<String>,
}

/// What is said at the end, whatever it is.
#[derive(Template)]
#[template(path = "apply_end.html")]
struct EndPage {
    language: Language,
    /// The beginning of the keys of what is said: `apply-done`, `apply-already`.
    said: &'static str,
}

impl Page for StartPage {
    fn language(&self) -> Language {
        self.language
    }
}

impl Page for DetailsPage {
    fn language(&self) -> Language {
        self.language
    }
}

impl Page for EndPage {
    fn language(&self) -> Language {
        self.language
    }
}

impl EndPage {
    fn title(&self) -> String {
        self.t(format!("{}-title", self.said))
    }

    fn words(&self) -> String {
        self.t(format!("{}-text", self.said))
    }
}

impl DetailsPage {
    /// Whether it was ticked before.
    fn speaks(&self, language: Language) -> bool {
        self.filled.languages.iter().any(|word| word == language.as_str())
    }

    /// Whether it was ticked before.
    fn can(&self, kind: CompetenceKind) -> bool {
        self.filled.competences.iter().any(|word| word == kind.as_str())
    }

    /// Whether it was ticked before.
    fn comes_by(&self, mode: Mode) -> bool {
        self.filled.modes.iter().any(|word| word == mode.as_str())
    }
}

#[derive(Deserialize)]
struct Asked {
    name: String,
    phone: String,
}

#[derive(Deserialize)]
struct Typed {
    name: String,
    code: String,
}

async fn start(spoken: Spoken) -> Result<Response, Problem> {
    started(spoken, StatusCode::OK, String::new(), None)
}

fn started(
    spoken: Spoken,
    status: StatusCode,
    name: String,
    refusal: Option<&str>,
) -> Result<Response, Problem> {
    let language = spoken.language;
    let refusal = refusal.map(|key| text(language, key, &[]));
    let template = StartPage { language, other_language: other(language), name, refusal };
    page_in(spoken.cookie(), status, &template)
}

async fn ask(
    State(app): State<SharedApp>,
    spoken: Spoken,
    Client(address): Client,
    Form(asked): Form<Asked>,
) -> Result<Response, Problem> {
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let Ok(phone) = asked.phone.parse() else {
        return started(spoken, wrong, asked.name, Some("own-phone-wrong"));
    };
    if asked.name.parse::<PersonName>().is_err() {
        return started(spoken, wrong, asked.name, Some("apply-wrong-name"));
    }
    match proof::ask(&app, &phone, Purpose::Application, spoken.language, address).await {
        Ok(browser) => asked_for(&app, spoken.language, &browser, KEPT, Steps::application(asked.name)),
        Err(NotAsked::TooMany) => {
            started(spoken, StatusCode::TOO_MANY_REQUESTS, asked.name, Some("own-too-many"))
        }
        Err(error) => Err(error.into()),
    }
}

async fn code(
    State(app): State<SharedApp>,
    spoken: Spoken,
    headers: HeaderMap,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let browser = cookie(&headers, ASKING).unwrap_or_default();
    match proof::prove(&app, browser, &typed.code).await? {
        Proven::Yes(phone) if volunteer::by_phone(&app.db, Remit::All, &phone).await?.is_some() => {
            ended(spoken, "apply-already")
        }
        Proven::Yes(_) => {
            let language = spoken.language;
            let filled = Filled {
                name: typed.name,
                languages: vec![language.to_string()],
                modes: vec![Mode::Car.to_string()],
                ..Filled::default()
            };
            detailed(language, StatusCode::OK, filled, None)
        }
        Proven::Wrong(left) if left > 0 => wrong_code(spoken.language, left, Steps::application(typed.name)),
        Proven::Wrong(_) | Proven::Over => {
            started(spoken, StatusCode::UNAUTHORIZED, typed.name, Some("own-code-over"))
        }
    }
}

fn detailed(
    language: Language,
    status: StatusCode,
    filled: Filled,
    refusal: Option<Wrong>,
) -> Result<Response, Problem> {
    let refusal = refusal.map(|Wrong(key)| text(language, key, &[]));
    page(status, &DetailsPage { language, filled, consent: consent(language), refusal })
}

fn consent(language: Language) -> String {
    text(language, &format!("apply-consent-{CONSENT}"), &[])
}

async fn details(
    State(app): State<SharedApp>,
    spoken: Spoken,
    headers: HeaderMap,
    form: Multipart,
) -> Result<Response, Problem> {
    let (language, wrong) = (spoken.language, StatusCode::UNPROCESSABLE_ENTITY);
    let filled = match filled(form).await {
        Ok(filled) => filled,
        Err((filled, why)) => return detailed(language, wrong, filled, Some(why)),
    };
    let names = app.places.names(&app.db).await?;
    match filled.read(&names, people::today(&app)) {
        Err(why) => detailed(language, wrong, filled, Some(why)),
        Ok(read) => applied(&app, spoken, cookie(&headers, ASKING).unwrap_or_default(), read).await,
    }
}

async fn applied(
    app: &App,
    spoken: Spoken,
    browser: &str,
    read: application::Application,
) -> Result<Response, Problem> {
    match application::apply(app, browser, read, consent(spoken.language)).await? {
        Applied::Yes(_) => ended(spoken, "apply-done"),
        Applied::Already => ended(spoken, "apply-already"),
        Applied::NotProven => {
            started(spoken, StatusCode::UNAUTHORIZED, String::new(), Some("apply-not-proven"))
        }
    }
}

fn ended(spoken: Spoken, said: &'static str) -> Result<Response, Problem> {
    page(StatusCode::OK, &EndPage { language: spoken.language, said })
}

/// Reads the form; what was read of it before something was wrong, for the page to show again.
async fn filled(mut form: Multipart) -> Result<Filled, (Filled, Wrong)> {
    let mut filled = Filled::default();
    for _ in 0..FIELDS_MAX {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => return Ok(filled),
            Err(error) => return Err((filled, broken(&error))),
        };
        let name = field.name().unwrap_or_default().to_owned();
        let bytes = match field.bytes().await {
            Ok(bytes) => bytes,
            Err(error) => return Err((filled, broken(&error))),
        };
        put(&mut filled, &name, &bytes);
    }
    Err((filled, Wrong("apply-wrong-form")))
}

fn broken(error: &MultipartError) -> Wrong {
    let too_large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
    Wrong(if too_large { "apply-wrong-file-size" } else { "apply-wrong-form" })
}

/// A field that nobody knows is left out.
fn put(filled: &mut Filled, name: &str, bytes: &[u8]) {
    let text = || String::from_utf8_lossy(&bytes[..bytes.len().min(FIELD_MAX)]).into_owned();
    match name {
        "name" => filled.name = text(),
        "birth_year" => filled.birth_year = text(),
        "language" => filled.languages.push(text()),
        "competence" => filled.competences.push(text()),
        "mode" => filled.modes.push(text()),
        "home" => filled.home = text(),
        "agrees" => filled.agrees = true,
        "certificate" => filled.certificate = bytes.to_vec(),
        _ => {}
    }
}
