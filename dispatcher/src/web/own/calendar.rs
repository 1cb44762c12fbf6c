//! `/me/calendar`: one's calendar out, by a secret address, and in, as a file that is looked at before anything is changed.

use askama::Template;
use axum::extract::multipart::Multipart;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::audit::{Action, Line};
use certus_registry::availability::{Exceptions, Reason};
use certus_registry::store::calendar::{self, Imported};
use certus_registry::store::{audit, volunteer};
use certus_registry::{Language, Remit, Secret, SecretHash, Tx, VolunteerId};
use jiff::ZonedDateTime;
use jiff::civil::DateTime;
use serde::Deserialize;

use super::visitor::Own;
use crate::api::{App, Path, Problem, SharedApp};
use crate::calendar::feed::feed;
use crate::calendar::read::{BYTES_MAX, Calendar, Refused, read};
use crate::calendar::replaced;
use crate::text::text;
use crate::web::page::{Page, minute};
use crate::web::plan::NotChanged;

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
    /// What was sent before: name, times that are to come, when.
    imported: Vec<(String, usize, String)>,
    preview: Option<Preview>,
    refusal: Option<String>,
}

/// What a file would change.
struct Preview {
    name: String,
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
    let imported = imported.iter().map(|one| {
        (one.name.as_str().to_owned(), one.exceptions.since(now).len(), minute(app, one.imported_at))
    });
    let mut page =
        CalendarPage { made, address: None, imported: imported.collect(), preview: None, refusal: None, own };
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
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let refused = |why: Refused| Shown::Refusal(format!("calendar-refused-{}", why.as_str()));
    let (typed, file) = match sent(form).await {
        Ok(sent) => sent,
        Err(why) => return shown(&app, own, wrong, refused(why)).await,
    };
    let calendar = match understood(&app, file).await {
        Ok(calendar) => calendar,
        Err(why) => return shown(&app, own, wrong, refused(why)).await,
    };
    let given = [typed.trim(), calendar.name.as_deref().unwrap_or_default(), "iCalendar"];
    let name = given.into_iter().find_map(|name| name.parse::<Reason>().ok());
    let Some(name) = name.filter(|_| typed.trim().is_empty() || typed.parse::<Reason>().is_ok()) else {
        return shown(&app, own, wrong, Shown::Refusal("calendar-wrong-name".to_owned())).await;
    };
    let before = calendar::imported(&app.db, own.person.id).await?;
    let gone = before
        .iter()
        .find(|one| one.name == name)
        .map_or(0, |one| one.exceptions.since(local_now(&app).datetime()).len());
    let exceptions = Exceptions::of(calendar.exceptions(&name)).map_err(|error| Problem::internal(&error))?;
    let minute = |at: DateTime| at.strftime("%Y-%m-%d %H:%M").to_string();
    let spans =
        calendar.busy.iter().map(|(from, to)| format!("{} – {}", minute(*from), minute(*to))).collect();
    let (name, not_understood) = (name.as_str().to_owned(), calendar.not_understood);
    shown(
        &app,
        own,
        StatusCode::OK,
        Shown::Preview(Preview { name, exceptions, spans, not_understood, gone }),
    )
    .await
}

/// Apart from the threads that answer requests: rules are worked out for as long as the bounds allow.
async fn understood(app: &App, file: Vec<u8>) -> Result<Calendar, Refused> {
    let (now, zone) = (local_now(app).timestamp(), app.config.time_zone.0.clone());
    let reading = tokio::task::spawn_blocking(move || read(&file, now, &zone));
    // A rule at which the library gives up by a panic is one that nobody can read.
    reading.await.unwrap_or(Err(Refused::NoCalendar))
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
}

async fn import(State(app): State<SharedApp>, own: Own, Form(sure): Form<Sure>) -> Result<Response, Problem> {
    let (Ok(name), Ok(exceptions)) = (sure.name.parse::<Reason>(), sure.exceptions.parse::<Exceptions>())
    else {
        let refusal = Shown::Refusal("calendar-refused-no-calendar".to_owned());
        return shown(&app, own, StatusCode::UNPROCESSABLE_ENTITY, refusal).await;
    };
    change(&app, own, &name, Some(exceptions)).await
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
async fn change(app: &App, own: Own, name: &Reason, new: Option<Exceptions>) -> Result<Response, Problem> {
    let (id, now, local) = (own.person.id, app.clock.now(), local_now(app).datetime());
    let mut tx = app.db.begin().await?;
    volunteer::locked(&mut tx, Remit::All, id).await?.ok_or_else(|| Problem::not_found("volunteer"))?;
    let before = calendar::imported_from(&mut tx, id, name).await?;
    let before = before.map_or(Exceptions::NONE, |imported| imported.exceptions);
    let exceptions = new.clone().unwrap_or(Exceptions::NONE);
    let changed = volunteer::change_availability(&mut tx, Remit::All, now, id, |mut held| {
        held.exceptions = replaced(&held.exceptions, &before, exceptions.iter().cloned(), local)?;
        Ok::<_, NotChanged>(held)
    });
    match changed.await {
        Ok(true) => {}
        Ok(false) => return Err(Problem::not_found("volunteer")),
        Err(NotChanged::Registry(error)) => return Err(error.into()),
        Err(NotChanged::Wrong(key)) => {
            drop(tx); // the page reads from the database, too
            return shown(app, own, StatusCode::UNPROCESSABLE_ENTITY, Shown::Refusal(key.to_owned())).await;
        }
    }
    match new {
        Some(exceptions) => {
            let imported = Imported { name: name.clone(), exceptions, imported_at: now };
            calendar::put_imported(&mut tx, id, &imported).await?;
        }
        None => drop(calendar::remove_imported(&mut tx, id, name).await?),
    }
    done(app, tx, id, Action::PersonChanged, "availability, from a calendar").await?;
    Ok(Redirect::to(CALENDAR).into_response())
}
