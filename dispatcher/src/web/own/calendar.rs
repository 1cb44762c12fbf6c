//! `/me/calendar`: one's calendar out, by a secret address, and in, as a file or from where it is, looked at before anything is
//! changed.

use askama::Template;
use axum::extract::multipart::Multipart;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::audit::{Action, Line};
use certus_registry::availability::{Exceptions, Reason};
use certus_registry::store::calendar::{self, Followed, Imported};
use certus_registry::store::{audit, volunteer};
use certus_registry::{Language, Remit, Secret, SecretHash, Tx, VolunteerId};
use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use serde::Deserialize;

use super::visitor::Own;
use crate::api::{App, Path, Problem, SharedApp};
use crate::calendar::feed::feed;
use crate::calendar::read::{BYTES_MAX, Calendar, Refused};
use crate::subscriptions::{Address, Failure, NotPut, put, understood};
use crate::text::text;
use crate::web::page::{Page, minute};

/// The largest form, bytes: twice the largest file, so that who chose one that is too large is told so.
const FORM_MAX: usize = 2 * BYTES_MAX;
const CALENDAR: &str = "/me/calendar";

pub(super) fn router() -> Router<SharedApp> {
    let look = post(look).layer(DefaultBodyLimit::max(FORM_MAX));
    Router::new()
        .route(CALENDAR, get(show))
        .route("/me/calendar/feed", post(make))
        .route("/me/calendar/feed/end", post(end))
        .route(crate::serve::CALENDAR_UPLOAD, look)
        .route("/me/calendar/fetch", post(look_at))
        .route("/me/calendar/import", post(import))
        .route("/me/calendar/remove", post(remove))
        .route("/calendar/{file}", get(fetch))
}

#[derive(Template)]
#[template(path = "own_calendar.html")]
struct CalendarPage {
    own: Own,
    /// Since when there is an address.
    made: Option<String>,
    /// The address, shown this once.
    address: Option<String>,
    /// What was sent or fetched before.
    imported: Vec<Known>,
    /// Every how many hours calendars are fetched here, if they are.
    fetch_hours: Option<String>,
    preview: Option<Preview>,
    refusal: Option<String>,
}

/// A calendar that was sent or is fetched.
struct Known {
    name: String,
    /// How many of its times are to come.
    times: usize,
    at: String,
    /// The host that it is fetched from.
    host: Option<String>,
    /// Why it brought nothing the last time, for people.
    failure: Option<String>,
}

/// What a calendar would change.
struct Preview {
    name: String,
    /// From where it is to be fetched from now on; empty: it is a file.
    address: String,
    exceptions: Exceptions,
    /// The same, for people.
    spans: Vec<String>,
    not_understood: usize,
    /// How many times go that came from it before.
    gone: usize,
}

impl Page for CalendarPage {
    fn language(&self) -> Language {
        self.own.language
    }
}

async fn show(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    shown(&app, own, StatusCode::OK, Shown::Nothing).await
}

/// What the page shows besides.
enum Shown {
    Nothing,
    Address(Secret),
    Preview(Preview),
    /// The key of why not, in the Fluent files.
    Refusal(String),
}

async fn shown(app: &App, own: Own, status: StatusCode, what: Shown) -> Result<Response, Problem> {
    let id = own.person.id;
    let made = calendar::feed_made_at(&app.db, id).await?.map(|at| minute(app, at));
    let now = local_now(app).datetime();
    let imported = calendar::imported(&app.db, id).await?;
    let imported = imported.iter().map(|one| known(app, own.language, one, now)).collect();
    let hours = app.config.calendars.fetch_hours;
    let fetch_hours = (hours > 0).then(|| hours.to_string());
    let mut page =
        CalendarPage { made, address: None, imported, fetch_hours, preview: None, refusal: None, own };
    match what {
        Shown::Nothing => {}
        Shown::Address(secret) => {
            let base = app.config.public_url.as_str().trim_end_matches('/');
            page.address = Some(format!("{base}/calendar/{}.ics", secret.reveal()));
        }
        Shown::Preview(preview) => page.preview = Some(preview),
        Shown::Refusal(key) => page.refusal = Some(text(page.own.language, &key, &[])),
    }
    page.own.shown_as(status, &page)
}

fn known(app: &App, language: Language, imported: &Imported, now: DateTime) -> Known {
    let followed = imported.followed.as_ref();
    let host = followed.map(|followed| {
        let address = Address::parse(&followed.address, app.calendars.trusted());
        address.map_or_else(|_| "?".to_owned(), |address| address.to_string())
    });
    let failure = followed.and_then(|followed| followed.failure.as_ref());
    Known {
        name: imported.name.as_str().to_owned(),
        times: imported.exceptions.since(now).len(),
        at: minute(app, imported.imported_at),
        host,
        failure: failure.map(|word| text(language, &format!("calendar-failed-{word}"), &[])),
    }
}

fn local_now(app: &App) -> ZonedDateTime {
    app.clock.now().in_zone(&app.config.time_zone.0)
}

/// Makes an address; the one before is no address any more.
async fn make(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    let secret = Secret::generate(&app.random);
    let mut tx = app.db.begin().await?;
    calendar::set_feed(&mut tx, app.clock.now(), own.person.id, &secret.hash()).await?;
    done(&app, tx, own.person.id, Action::CalendarFeedMade, "").await?;
    shown(&app, own, StatusCode::CREATED, Shown::Address(secret)).await
}

async fn end(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    let mut tx = app.db.begin().await?;
    if calendar::end_feed(&mut tx, own.person.id).await? {
        done(&app, tx, own.person.id, Action::CalendarFeedEnded, "").await?;
    }
    Ok(Redirect::to(CALENDAR).into_response())
}

async fn done(app: &App, mut tx: Tx, id: VolunteerId, action: Action, detail: &str) -> Result<(), Problem> {
    audit::append(&mut tx, Line::own(app.clock.now(), id, action, detail)).await?;
    Ok(tx.commit().await?)
}

/// The calendar of whoever has this address. An address that is none says nothing else.
async fn fetch(State(app): State<SharedApp>, Path(file): Path<String>) -> Result<Response, Problem> {
    let unknown = || Problem::not_found("calendar");
    let secret = file.strip_suffix(".ics").ok_or_else(unknown)?;
    let who = calendar::by_feed(&app.db, &SecretHash::of(secret)).await?.ok_or_else(unknown)?;
    let person = volunteer::get(&app.db, Remit::All, who).await?.ok_or_else(unknown)?;
    let headers = [
        (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
        (header::CACHE_CONTROL, "private, no-store"),
    ];
    Ok((headers, feed(person.language(), &person, local_now(&app).timestamp(), &app.config.time_zone.0))
        .into_response())
}

/// Shows what a file would change; nothing is changed.
async fn look(State(app): State<SharedApp>, own: Own, form: Multipart) -> Result<Response, Problem> {
    let (typed, file) = match sent(form).await {
        Ok(sent) => sent,
        Err(why) => return refused(&app, own, &why_not(why)).await,
    };
    match understood(&app, file).await {
        Ok(calendar) => preview(&app, own, &typed, &calendar, String::new()).await,
        Err(why) => refused(&app, own, &why_not(why)).await,
    }
}

/// A calendar that is to be fetched.
#[derive(Debug, Deserialize)]
struct Wanted {
    address: String,
    #[serde(default)]
    name: String,
}

/// Fetches a calendar and shows what it would change; nothing is changed.
async fn look_at(
    State(app): State<SharedApp>,
    own: Own,
    Form(wanted): Form<Wanted>,
) -> Result<Response, Problem> {
    let address = Address::parse(&wanted.address, app.calendars.trusted()).ok();
    let Some(address) = address.filter(|_| app.config.calendars.fetch_hours > 0) else {
        return refused(&app, own, "calendar-wrong-address").await;
    };
    let fetched = match app.calendars.fetch(&address).await {
        Ok(file) => understood(&app, file).await.map_err(Failure::Refused),
        Err(failure) => Err(failure),
    };
    match fetched {
        Ok(calendar) => preview(&app, own, &wanted.name, &calendar, address.url().to_string()).await,
        Err(Failure::Refused(why)) => refused(&app, own, &why_not(why)).await,
        Err(failure) => refused(&app, own, &format!("calendar-failed-{}", failure.as_str())).await,
    }
}

fn why_not(why: Refused) -> String {
    format!("calendar-refused-{}", why.as_str())
}

/// The page with what was expected, by its key in the Fluent files; nothing is changed.
async fn refused(app: &App, own: Own, key: &str) -> Result<Response, Problem> {
    shown(app, own, StatusCode::UNPROCESSABLE_ENTITY, Shown::Refusal(key.to_owned())).await
}

/// What a calendar would change.
async fn preview(
    app: &App,
    own: Own,
    typed: &str,
    calendar: &Calendar,
    address: String,
) -> Result<Response, Problem> {
    let given = [typed.trim(), calendar.name.as_deref().unwrap_or_default(), "iCalendar"];
    let name = given.into_iter().find_map(|name| name.parse::<Reason>().ok());
    let Some(name) = name.filter(|_| typed.trim().is_empty() || typed.parse::<Reason>().is_ok()) else {
        return refused(app, own, "calendar-wrong-name").await;
    };
    let before = calendar::imported(&app.db, own.person.id).await?;
    let gone = before
        .iter()
        .find(|one| one.name == name)
        .map_or(0, |one| one.exceptions.since(local_now(app).datetime()).len());
    let exceptions = Exceptions::of(calendar.exceptions(&name)).map_err(|error| Problem::internal(&error))?;
    let minute = |at: DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
    let spans =
        calendar.busy.iter().map(|(from, to)| format!("{} – {}", minute(*from), minute(*to))).collect();
    let (name, not_understood) = (name.as_str().to_owned(), calendar.not_understood);
    let preview = Preview { name, address, exceptions, spans, not_understood, gone };
    shown(app, own, StatusCode::OK, Shown::Preview(preview)).await
}

/// The form's name and file.
async fn sent(mut form: Multipart) -> Result<(String, Vec<u8>), Refused> {
    let broken = |error: axum::extract::multipart::MultipartError| {
        let too_large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
        if too_large { Refused::TooLarge } else { Refused::NoCalendar }
    };
    let (mut name, mut file) = (String::new(), Vec::new());
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("file") => file = field.bytes().await.map_err(broken)?.to_vec(),
            Some("name") => name = field.text().await.map_err(broken)?,
            Some(_) | None => {}
        }
    }
    Ok((name, file))
}

/// What the preview sends back.
#[derive(Debug, Deserialize)]
struct Sure {
    name: String,
    #[serde(default)]
    exceptions: String,
    #[serde(default)]
    address: String,
}

async fn import(State(app): State<SharedApp>, own: Own, Form(sure): Form<Sure>) -> Result<Response, Problem> {
    let (Ok(name), Ok(exceptions)) = (sure.name.parse::<Reason>(), sure.exceptions.parse::<Exceptions>())
    else {
        return refused(&app, own, &why_not(Refused::NoCalendar)).await;
    };
    let now = app.clock.now();
    let followed = if sure.address.is_empty() {
        None
    } else {
        let Ok(address) = Address::parse(&sure.address, app.calendars.trusted()) else {
            return refused(&app, own, "calendar-wrong-address").await;
        };
        let fetch_at = now + app.config.calendars.fetch_every();
        Some(Followed { address: address.url().to_string(), fetch_at, failure: None })
    };
    let imported = Imported { name: name.clone(), exceptions, imported_at: now, followed };
    change(&app, own, &name, Some(imported)).await
}

/// Which calendar is to go.
#[derive(Debug, Deserialize)]
struct Gone {
    name: String,
}

async fn remove(State(app): State<SharedApp>, own: Own, Form(gone): Form<Gone>) -> Result<Response, Problem> {
    let name: Reason = gone.name.parse().map_err(|_| Problem::not_found("calendar"))?;
    change(&app, own, &name, None).await
}

/// Puts what comes from a calendar in place of what came from it before; `None`: the calendar goes.
async fn change(app: &App, own: Own, name: &Reason, new: Option<Imported>) -> Result<Response, Problem> {
    let (id, now, local) = (own.person.id, app.clock.now(), local_now(app).datetime());
    let mut tx = app.db.begin().await?;
    volunteer::locked(&mut tx, Remit::All, id).await?.ok_or_else(|| Problem::not_found("volunteer"))?;
    match put(&mut tx, (now, local), id, name, new).await {
        Ok(true) => {}
        Ok(false) => return Err(Problem::not_found("volunteer")),
        Err(NotPut::Registry(error)) => return Err(error.into()),
        Err(NotPut::Exceptions(_)) => {
            drop(tx); // the page reads from the database, too
            return refused(app, own, "plan-too-many").await;
        }
    }
    done(app, tx, id, Action::PersonChanged, "availability, from a calendar").await?;
    Ok(Redirect::to(CALENDAR).into_response())
}
