//! Calendars that are fetched from where their owners have them: from a server of the test's, on loopback.

use std::sync::Mutex;
use std::time::Duration;

use axum::http::StatusCode;
use axum::routing::get;
use certus_registry::VolunteerId;
use certus_registry::store::calendar::{Followed, imported};
use certus_registry::store::{self, volunteer};

use super::calendar::{WORK, exceptions, sure};
use super::own::Browser;
use super::*;
use crate::config::{Calendars, Config};
use crate::subscriptions::pass;

const FIRST: &str = "no 2026-11-24T08:00/2026-11-24T16:00 Jobb";
const BOTH: &str = "no 2026-11-24T08:00/2026-11-24T16:00 Jobb; no 2026-11-25T08:00/2026-11-25T16:00 Jobb";

/// What the calendar's server answers.
type Answer = Arc<Mutex<(StatusCode, Vec<u8>)>>;

/// A server with a calendar behind a secret address, and one level of `/moved` before it.
async fn server() -> (Answer, String) {
    let answer: Answer = Arc::new(Mutex::new((StatusCode::OK, WORK.into())));
    let shown = Arc::clone(&answer);
    let calendar = async move || shown.lock().unwrap().clone();
    let moved = async || axum::response::Redirect::temporary("/secret/basic.ics");
    let router = Router::new().route("/secret/basic.ics", get(calendar)).route("/moved", get(moved));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (answer, origin)
}

/// Somebody at their own page, who may have calendars fetched from `origin`.
async fn signed_in(origin: &str) -> (SharedApp, certus_registry::time::ManualClock, VolunteerId, Browser) {
    let trusted = vec![origin.to_owned().try_into().unwrap()];
    let config = Config { calendars: Calendars { trusted, ..Calendars::default() }, ..Config::default() };
    let (app, clock) = fixture::app_with(config).await;
    let (who, _) = fixture::phone(&app).await;
    let browser = Browser::signed_in(&app).await;
    (app, clock, who, browser)
}

async fn followed(app: &SharedApp, who: VolunteerId) -> Followed {
    imported(&app.db, who).await.unwrap().remove(0).followed.unwrap()
}

fn wanted(address: &str) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("address", address)
        .append_pair("name", "")
        .finish()
}

#[tokio::test]
async fn a_calendar_is_shown_before_it_counts_and_fetched_again_by_itself() {
    let (answer, origin) = server().await;
    let (app, clock, who, mut browser) = signed_in(&origin).await;
    let address = format!("{origin}/secret/basic.ics");
    let (status, page) = browser.post(&app, "/me/calendar/fetch?lang=en", &wanted(&address)).await;
    assert!(
        status == 200 && page.contains("From the calendar Jobb") && page.contains("every 6 hours"),
        "{page}"
    );
    assert_eq!(exceptions(&app, who).await, "", "nothing is changed yet");
    assert_eq!(browser.post(&app, "/me/calendar/import", &sure(&page)).await.0, 303);
    assert_eq!(exceptions(&app, who).await, BOTH);
    let (_, page) = browser.open(&app, "/me/calendar?lang=en").await;
    assert!(page.contains("fetched from 127.0.0.1") && !page.contains("secret/basic"), "{page}");

    answer.lock().unwrap().1 = WORK.replace(";COUNT=2", ";COUNT=1").into();
    pass(&app).await.unwrap();
    assert_eq!(exceptions(&app, who).await, BOTH, "it is not due yet");
    clock.advance(Duration::from_hours(6));
    pass(&app).await.unwrap();
    assert_eq!(exceptions(&app, who).await, FIRST);
    let log = store::audit::about(&app.db, who, 1).await.unwrap();
    assert_eq!(log[0].line.detail, "availability, from a calendar that is fetched");
    assert_eq!(followed(&app, who).await.fetch_at, app.clock.now() + Duration::from_hours(6));
    let entries = store::audit::about(&app.db, who, 10).await.unwrap().len();
    clock.advance(Duration::from_hours(6));
    pass(&app).await.unwrap();
    let now = store::audit::about(&app.db, who, 10).await.unwrap().len();
    assert_eq!(now, entries, "the same again changes nobody");
}

#[tokio::test]
async fn one_that_brings_nothing_changes_nothing_and_its_owner_sees_why() {
    let (answer, origin) = server().await;
    let (app, clock, who, mut browser) = signed_in(&origin).await;
    let address = format!("{origin}/secret/basic.ics");
    let (_, page) = browser.post(&app, "/me/calendar/fetch", &wanted(&address)).await;
    assert_eq!(browser.post(&app, "/me/calendar/import", &sure(&page)).await.0, 303);
    let too_large = vec![b'A'; crate::calendar::read::BYTES_MAX + 1];
    let table: [(StatusCode, Vec<u8>, &str, &str); 3] = [
        (StatusCode::NOT_FOUND, WORK.into(), "not-there", "no calendar at the address"),
        (StatusCode::OK, b"<html>".to_vec(), "no-calendar", "could not be read as a calendar"),
        (StatusCode::OK, too_large, "too-large", "too large"),
    ];
    for (status, body, word, words) in table {
        *answer.lock().unwrap() = (status, body);
        clock.advance(Duration::from_hours(6));
        pass(&app).await.unwrap();
        assert_eq!(followed(&app, who).await.failure.as_deref(), Some(word));
        assert_eq!(exceptions(&app, who).await, BOTH, "{word}");
        let mut browser = Browser::signed_in(&app).await;
        let (_, page) = browser.open(&app, "/me/calendar?lang=en").await;
        assert!(page.contains(words) && page.contains("still counts"), "{word}: {page}");
    }
    *answer.lock().unwrap() = (StatusCode::OK, WORK.into());
    clock.advance(Duration::from_hours(6));
    pass(&app).await.unwrap();
    assert_eq!(followed(&app, who).await.failure, None);
    let mut tx = app.db.begin().await.unwrap();
    volunteer::erase(&mut tx, app.clock.now(), who).await.unwrap();
    tx.commit().await.unwrap();
    clock.advance(Duration::from_hours(6));
    assert!(!pass(&app).await.unwrap(), "it went with its owner");
}

#[tokio::test]
async fn nobody_reaches_by_it_what_only_the_server_can_reach() {
    let (_, origin) = server().await;
    let (app, _, who, mut browser) = signed_in(&origin).await;
    let (_, other) = server().await;
    let port = other.rsplit(':').next().unwrap();
    let table = [
        (format!("{other}/secret/basic.ics"), "must begin with https"),
        (format!("https://127.0.0.1:{port}/secret/basic.ics"), "must begin with https"),
        ("https://169.254.169.254/latest".to_owned(), "must begin with https"),
        ("https://localhost/secret/basic.ics".to_owned(), "could not be reached"),
        (format!("{origin}/moved"), "no calendar at the address"),
    ];
    for (address, words) in table {
        let (status, page) = browser.post(&app, "/me/calendar/fetch?lang=en", &wanted(&address)).await;
        assert!(status == 422 && page.contains(words), "{address}: {status} {page}");
    }
    let typed = "name=Jobb&exceptions=&address=http%3A%2F%2F127.0.0.1%2Fx";
    assert_eq!(browser.post(&app, "/me/calendar/import", typed).await.0, 422);
    assert_eq!(exceptions(&app, who).await, "");
}
