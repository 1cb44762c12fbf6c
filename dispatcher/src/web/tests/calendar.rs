//! `/me/calendar` and `/me/certificates`: what somebody sends, and what comes of it.

use certus_registry::store::{self, claim, volunteer};
use certus_registry::{CompetenceKind, Remit, VolunteerId};

use super::own::Browser;
use super::registry::{open, post};
use super::*;

pub(super) const WORK: &str = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Jobb\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Hemligt\r\n\
    DTSTART:20261124T070000Z\r\nDTEND:20261124T150000Z\r\nRRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

/// A form with files, as a browser sends it.
fn multipart(uri: &str, parts: &[(&str, &[u8])]) -> Request<Body> {
    let mut body = Vec::new();
    for (name, content) in parts {
        let is_file = ["file", "certificate"].contains(name);
        let file = if is_file { "; filename=\"x\"" } else { "" };
        body.extend(
            format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").as_bytes(),
        );
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--B--\r\n");
    let request =
        Request::builder().method("POST").uri(uri).header("content-type", "multipart/form-data; boundary=B");
    request.header("sec-fetch-site", "same-origin").body(Body::from(body)).unwrap()
}

/// Somebody at their own page.
async fn signed_in(app: &SharedApp) -> (VolunteerId, Browser) {
    let (who, _) = fixture::phone(app).await;
    (who, Browser::signed_in(app).await)
}

pub(super) async fn exceptions(app: &SharedApp, who: VolunteerId) -> String {
    volunteer::get(&app.db, Remit::All, who).await.unwrap().unwrap().availability.exceptions.to_string()
}

/// What the preview would send back.
pub(super) fn sure(page: &str) -> String {
    let value = |name: &str| {
        let rest = page.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    form_urlencoded::Serializer::new(String::new())
        .append_pair("name", &value("name"))
        .append_pair("exceptions", &value("exceptions"))
        .append_pair("address", &value("address"))
        .finish()
}

#[tokio::test]
async fn a_file_is_shown_before_it_counts_and_the_next_replaces_only_what_it_brought() {
    let (app, _) = fixture::app().await;
    let (who, mut browser) = signed_in(&app).await;
    let own = "from=2099-12-24T12:00&to=2099-12-27T00:00&available=no&reason=resa";
    assert_eq!(browser.post(&app, "/me/exceptions", own).await.0, 303);
    let kept = exceptions(&app, who).await;
    let look = "/me/calendar/look?lang=en";
    let (status, page) =
        browser.send(&app, multipart(look, &[("file", WORK.as_bytes()), ("name", b"")])).await;
    assert!(status == 200 && page.contains("2026-11-24 08:00 – 2026-11-24 16:00"), "{status} {page}");
    assert!(page.contains("From the calendar Jobb") && !page.contains("Hemligt"), "{page}");
    assert_eq!(exceptions(&app, who).await, kept, "nothing is changed yet");
    assert_eq!(browser.post(&app, "/me/calendar/import", &sure(&page)).await.0, 303);
    let both = "no 2026-11-24T08:00/2026-11-24T16:00 Jobb; no 2026-11-25T08:00/2026-11-25T16:00 Jobb";
    assert_eq!(exceptions(&app, who).await, format!("{both}; {kept}"));
    let later = WORK.replace(";COUNT=2", ";COUNT=1");
    let (_, page) = browser.send(&app, multipart(look, &[("file", later.as_bytes())])).await;
    assert!(page.contains("Earlier times that go: 2"), "{page}");
    assert_eq!(browser.post(&app, "/me/calendar/import", &sure(&page)).await.0, 303);
    assert_eq!(exceptions(&app, who).await, format!("no 2026-11-24T08:00/2026-11-24T16:00 Jobb; {kept}"));
    assert_eq!(browser.post(&app, "/me/calendar/remove", "name=Jobb").await.0, 303);
    assert_eq!(exceptions(&app, who).await, kept);
    let log = store::audit::about(&app.db, who, 3).await.unwrap();
    assert!(log.iter().all(|entry| entry.line.detail == "availability, from a calendar"), "{log:?}");
}

#[tokio::test]
async fn what_is_no_calendar_is_refused_in_words_and_changes_nothing() {
    let (app, _) = fixture::app().await;
    let (who, mut browser) = signed_in(&app).await;
    let large = vec![b'A'; 3 * 1024 * 1024];
    let larger = vec![b'A'; 5 * 1024 * 1024];
    let table: [(&[u8], &str); 4] = [
        (b"", "could not be read as a calendar"),
        (b"%PDF-1.4", "could not be read as a calendar"),
        (&large, "too large"),
        (&larger, "too large"),
    ];
    for (file, words) in table {
        let (status, page) =
            browser.send(&app, multipart("/me/calendar/look?lang=en", &[("file", file)])).await;
        assert!(status == 422 && page.contains(words), "{words}: {status} {page}");
    }
    let (status, _) = browser.post(&app, "/me/calendar/import", "name=Jobb&exceptions=whenever").await;
    assert_eq!((status, exceptions(&app, who).await.as_str()), (422, ""));
}

#[tokio::test]
async fn an_address_is_shown_once_and_leads_nowhere_once_it_is_taken_away() {
    let (app, _) = fixture::app().await;
    let (_, mut browser) = signed_in(&app).await;
    let (status, page) = browser.post(&app, "/me/calendar/feed", "").await;
    assert_eq!(status, 201, "{page}");
    let address = page.split("id=\"address\">").nth(1).unwrap().split('<').next().unwrap();
    let path = address.split_once("/calendar/").map(|(_, file)| format!("/calendar/{file}")).unwrap();
    assert!(!browser.open(&app, "/me/calendar").await.1.contains(&path), "it is shown once");
    let fetch = async |path: &str| send(&app, &Arc::default(), get_of(path)).await;
    let answer = fetch(&path).await;
    assert_eq!(answer.headers()["content-type"], "text/calendar; charset=utf-8");
    assert!(html(answer).await.starts_with("BEGIN:VCALENDAR"));
    for wrong in ["/calendar/x.ics", "/calendar/x", path.trim_end_matches(".ics")] {
        assert_eq!(fetch(wrong).await.status(), 404, "{wrong}");
    }
    assert_eq!(browser.post(&app, "/me/calendar/feed/end", "").await.0, 303);
    assert_eq!(fetch(&path).await.status(), 404);
}

#[tokio::test]
async fn a_certificate_sent_later_counts_once_an_official_has_looked() {
    let (app, _) = fixture::app().await;
    let (who, mut browser) = signed_in(&app).await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, operator) = fixture::account(&app, "larm", &[Role::Operator]).await;
    let photo: &[u8] = b"\xff\xd8\xff\xe0JFIF";
    let uri = "/me/certificates?lang=en";
    let table: [(&[u8], &[u8], &str); 3] = [
        (b"hej", b"2099-05-01", "neither photo nor PDF"),
        (photo, b"2001-01-01", "has been already"),
        (b"", b"", "Choose a photo"),
    ];
    for (file, until, words) in table {
        let parts: [(&str, &[u8]); 3] = [("competence", b"cpr"), ("until", until), ("certificate", file)];
        let (status, page) = browser.send(&app, multipart(uri, &parts)).await;
        assert!(status == 422 && page.contains("id=\"refusal\""), "{words}: {status} {page}");
    }
    let parts: [(&str, &[u8]); 3] =
        [("competence", b"cpr"), ("until", b"2099-05-01"), ("certificate", photo)];
    assert_eq!(browser.send(&app, multipart(uri, &parts)).await.0, 303);
    assert!(
        volunteer::get(&app.db, Remit::All, who).await.unwrap().unwrap().competences.is_empty(),
        "not yet"
    );
    let (_, queue) = open(&app, "/vetting?lang=en", &anna).await;
    assert!(queue.contains("New certificates to look at") && queue.contains(&who.to_string()), "{queue}");
    let id = claim::open(&app.db, Remit::All, 1).await.unwrap()[0].certificate;
    let decide = format!("/people/{who}/claims/{id}");
    assert_eq!(post(&app, &decide, &operator, "accepted=true&until=").await.0, 403);
    assert_eq!(post(&app, &decide, &anna, "accepted=true&until=2099-04-30").await.0, 303);
    let held = volunteer::get(&app.db, Remit::All, who).await.unwrap().unwrap().competences;
    let until = Some("2099-04-30".parse().unwrap());
    assert_eq!(held, [certus_registry::volunteer::Competence { kind: CompetenceKind::Cpr, expires: until }]);
    assert_eq!(post(&app, &decide, &anna, "accepted=true&until=").await.0, 404, "it is decided once");
}
