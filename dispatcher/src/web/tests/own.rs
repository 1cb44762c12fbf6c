//! One's own page: a code by text message, a session, and nothing for anybody else.

use certus_registry::store;
use certus_registry::{Remit, on};

use super::*;

/// A browser without scripts: its cookies, and what it is answered.
#[derive(Default)]
pub(super) struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    pub(super) async fn send(&mut self, app: &SharedApp, mut request: Request<Body>) -> (u16, String) {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        let answer = send(app, &Arc::default(), request).await;
        for cookie in answer.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.retain(|(held, _)| held != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
        let status = answer.status().as_u16();
        match answer.headers().get("location") {
            Some(location) => (status, location.to_str().unwrap().to_owned()),
            None => (status, html(answer).await),
        }
    }

    pub(super) async fn open(&mut self, app: &SharedApp, uri: &str) -> (u16, String) {
        self.send(app, get_of(uri)).await
    }

    pub(super) async fn post(&mut self, app: &SharedApp, uri: &str, body: &str) -> (u16, String) {
        self.send(app, form(uri, body.to_owned())).await
    }

    /// Signs in the person with the fixture's phone.
    pub(super) async fn signed_in(app: &SharedApp) -> Self {
        let mut browser = Self::default();
        assert_eq!(browser.post(app, "/me/sign-in", "phone=070-174+06+05").await.0, 200);
        let code = last_code(app).await.unwrap();
        let led = browser.post(app, "/me/code", &format!("code={code}")).await;
        assert_eq!(led, (303, "/me".to_owned()));
        browser
    }
}

/// The digits of the text message that was stored last.
async fn last_code(app: &SharedApp) -> Option<String> {
    let sql = "SELECT body FROM bridge_messages WHERE reference LIKE '%/code' ORDER BY id DESC LIMIT 1";
    let body: Option<String> = on!(app.db, c => sqlx::query_scalar(sql).fetch_optional(c).await.unwrap());
    body.map(|body| body.chars().filter(char::is_ascii_digit).take(6).collect())
}

#[tokio::test]
async fn a_code_by_text_message_opens_ones_own_page_until_it_lies_idle() {
    let (app, clock) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let mut stranger = Browser::default();
    assert_eq!(stranger.open(&app, "/me").await, (303, "/me/sign-in".to_owned()));
    let mut browser = Browser::signed_in(&app).await;
    let (status, page) = browser.open(&app, "/me").await;
    assert!(status == 200 && page.contains("Anna Lena Berg") && page.contains("+46701740605"), "{page}");
    assert!(!page.contains(">own-") && !page.contains(">people-"), "every key has its words: {page}");
    let code = last_code(&app).await.unwrap();
    let again = browser.post(&app, "/me/code", &format!("code={code}")).await;
    assert_eq!(again.0, 401, "a code serves once");
    clock.advance(std::time::Duration::from_mins(29));
    assert_eq!(browser.open(&app, "/me").await.0, 200);
    clock.advance(std::time::Duration::from_mins(30));
    assert_eq!(browser.open(&app, "/me").await.0, 303);
    let said = store::audit::about(&app.db, person, 10).await.unwrap();
    let said: Vec<_> = said.iter().map(|entry| (entry.line.actor, entry.line.action.as_str())).collect();
    assert_eq!(said, [(Actor::Volunteer(person), "signed_in")]);
}

#[tokio::test]
async fn the_answer_is_the_same_for_a_number_that_nobody_has_and_only_owners_get_texts() {
    let (app, _) = fixture::app().await;
    fixture::phone(&app).await;
    let mut browser = Browser::default();
    let nobody = browser.post(&app, "/me/sign-in", "phone=070-999+99+99").await;
    assert_eq!(last_code(&app).await, None);
    let somebody = browser.post(&app, "/me/sign-in", "phone=070-174+06+05").await;
    assert_eq!(nobody, somebody);
    assert!(last_code(&app).await.is_some());
    for phone in ["070-999+99+99", "070-174+06+05"] {
        for _ in 0..2 {
            assert_eq!(browser.post(&app, "/me/sign-in", &format!("phone={phone}")).await.0, 200, "{phone}");
        }
        let (status, page) = browser.post(&app, "/me/sign-in", &format!("phone={phone}")).await;
        assert!(status == 429 && page.contains("för många koder"), "{phone}: {page}");
    }
    assert_eq!(browser.post(&app, "/me/sign-in", "phone=kalle").await.0, 422);
}

#[tokio::test]
async fn five_wrong_codes_are_the_end_and_the_owner_sees_that_somebody_tried() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let mut browser = Browser::default();
    browser.post(&app, "/me/sign-in", "phone=070-174+06+05").await;
    let code = last_code(&app).await.unwrap();
    let mut elsewhere = Browser::default();
    assert_eq!(elsewhere.post(&app, "/me/code", &format!("code={code}")).await.0, 401, "another browser");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for typed in [wrong, "soon", wrong, wrong, wrong] {
        assert_eq!(browser.post(&app, "/me/code?lang=en", &format!("code={typed}")).await.0, 401);
    }
    let (status, page) = browser.post(&app, "/me/code?lang=en", &format!("code={code}")).await;
    assert!(status == 401 && page.contains("no longer counts"), "{page}");
    let tries = store::audit::about(&app.db, person, 10).await.unwrap();
    assert!(tries.len() == 5 && tries.iter().all(|entry| entry.line.action.as_str() == "sign_in.refused"));
}

#[tokio::test]
async fn what_is_held_is_taken_along_as_a_file_and_the_log_says_so() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let mut browser = Browser::signed_in(&app).await;
    let (status, json) = browser.open(&app, "/me/export.json").await;
    let all: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((status, &all["person"]["name"]), (200, &"Anna Lena Berg".into()));
    assert!(all["looked"].to_string().contains("signed_in"), "{all}");
    let (_, csv) = browser.open(&app, "/me/export.csv").await;
    assert!(csv.contains("person.phone,'+46701740605"), "{csv}");
    let last = store::audit::about(&app.db, person, 1).await.unwrap().remove(0).line;
    assert_eq!(last.action.as_str(), "person.exported");
    let (_, page) = browser.open(&app, "/me").await;
    assert!(page.contains("du själv: tog med sig sina egna uppgifter"), "{page}");
}

#[tokio::test]
async fn leaving_says_what_goes_and_what_stays_and_asks_once_more() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let mut browser = Browser::signed_in(&app).await;
    let (_, page) = browser.open(&app, "/me/leave").await;
    assert!(page.contains("arkivlagen") && page.contains("5 år"), "{page}");
    assert!(!page.contains(">own-"), "every key has its words: {page}");
    assert_eq!(browser.post(&app, "/me/leave", "").await.0, 422);
    assert!(store::volunteer::get(&app.db, Remit::All, person).await.unwrap().is_some());
    let (status, page) = browser.post(&app, "/me/leave", "sure=on").await;
    assert!(status == 200 && page.contains("Du har lämnat Certus"), "{page}");
    assert!(store::volunteer::get(&app.db, Remit::All, person).await.unwrap().is_none());
    assert_eq!(browser.open(&app, "/me").await.0, 303);
    assert_eq!(browser.post(&app, "/me/sign-in", "phone=070-174+06+05").await.0, 200, "like any number");
}

/// The last step of an application as a browser sends it.
fn details(fields: &[(&str, &str)], file: Option<&[u8]>) -> Request<Body> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let part = format!("--B\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    if let Some(file) = file {
        let head = "--B\r\ncontent-disposition: form-data; name=\"certificate\"; filename=\"intyg.pdf\"\r\n\
             content-type: application/pdf\r\n\r\n";
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--B--\r\n");
    let request = Request::post("/apply/details").header("content-type", "multipart/form-data; boundary=B");
    request.body(Body::from(body)).unwrap()
}

const FILLED: [(&str, &str); 6] = [
    ("name", "Nils Nyh"),
    ("language", "sv"),
    ("competence", "cpr"),
    ("mode", "car"),
    ("home", "Järpen"),
    ("agrees", "on"),
];

/// Somebody who has proven the phone 070-999 99 99.
async fn applicant(app: &SharedApp) -> Browser {
    let mut browser = Browser::default();
    assert_eq!(browser.post(app, "/apply", "name=Nils+Nyh&phone=070-999+99+99").await.0, 200);
    let code = last_code(app).await.unwrap();
    let (status, page) = browser.post(app, "/apply/code", &format!("name=Nils+Nyh&code={code}")).await;
    assert!(status == 200 && page.contains("value=\"Nils Nyh\""), "{page}");
    assert!(!page.contains(">apply-") && !page.contains(">own-"), "every key has its words: {page}");
    browser
}

#[tokio::test]
async fn an_application_is_kept_whole_or_not_at_all_and_waits_for_the_board() {
    let (app, _) = fixture::app().await;
    let mut browser = applicant(&app).await;
    let phone = "+46709999999".parse().unwrap();
    let kept = async || store::volunteer::by_phone(&app.db, Remit::All, &phone).await.unwrap();
    for (fields, file, words) in [
        (&FILLED[..5], None, "inte går med på"),
        (&FILLED[1..], None, "Skriv ditt namn"),
        (&FILLED[..], Some(&b"MZ"[..]), "varken ett foto"),
        (&FILLED[..], Some(&b"%PDF-1.4"[..]), "slutet saknas"),
    ] {
        let (status, page) = browser.send(&app, details(fields, file)).await;
        assert!(status == 422 && page.contains(words), "{words}: {page}");
        assert!(kept().await.is_none(), "{words}");
    }
    let pdf = b"%PDF-1.4\n%%EOF";
    let (status, page) = browser.send(&app, details(&FILLED, Some(pdf))).await;
    assert!(status == 200 && page.contains("Tack"), "{page}");
    let person = kept().await.unwrap();
    assert_eq!(person.vetting, certus_registry::volunteer::Vetting::Applied);
    let held = store::application::certificates(&app.db, person.id).await.unwrap();
    let consent = store::application::consents(&app.db, person.id).await.unwrap();
    assert!(held.len() == 1 && consent.len() == 1 && consent[0].words.contains("raderas"), "{consent:?}");
    assert_eq!(browser.send(&app, details(&FILLED, None)).await.0, 401, "a proof serves once");
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    let uri = format!("/people/{}/certificates/{}", person.id, held[0].id);
    let answer = send(&app, &Arc::default(), with_cookie(&uri, &session)).await;
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let disposition = answer.headers()["content-disposition"].to_str().unwrap();
    assert!(disposition.starts_with("attachment; ") && disposition.ends_with(".pdf\""), "{disposition}");
    let last = store::audit::about(&app.db, person.id, 1).await.unwrap().remove(0).line;
    assert_eq!(last.action.as_str(), "certificate.read");
    assert_eq!(send(&app, &Arc::default(), get_of(&uri)).await.status(), 303, "nobody else");
}

#[tokio::test]
async fn whoever_is_registered_already_is_told_so_kindly_once_the_phone_is_proven() {
    let (app, _) = fixture::app().await;
    fixture::phone(&app).await;
    let mut browser = Browser::default();
    let (_, page) = browser.post(&app, "/apply", "name=Anna&phone=070-174+06+05").await;
    assert!(!page.contains("redan"), "not before: {page}");
    let code = last_code(&app).await.unwrap();
    let (status, page) = browser.post(&app, "/apply/code", &format!("name=Anna&code={code}")).await;
    assert!(status == 200 && page.contains("Du är redan med"), "{page}");
    let (status, page) = browser.send(&app, details(&FILLED, None)).await;
    assert!(status == 200 && page.contains("Du är redan med"), "{page}");
    assert_eq!(store::volunteer::count(&app.db).await.unwrap(), 1);
    let mut other = Browser::default();
    assert_eq!(other.send(&app, details(&FILLED, None)).await.0, 401, "without a proof");
}

#[tokio::test]
async fn ones_own_plan_is_changed_in_a_grid_and_a_mistake_changes_nothing() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let mut browser = Browser::signed_in(&app).await;
    let (_, page) = browser.open(&app, "/me?lang=en").await;
    assert!(page.contains("value=\"6-7\"") && !page.contains("id=\"plan-hours\""), "{page}");
    let week = "grid=yes&block=0-2&block=0-3&block=5-7&block=6-0&holidays=as_sunday&monthly_max=4";
    assert_eq!(browser.post(&app, "/me/availability", week).await, (303, "/me#plan".to_owned()));
    let away = "from=2099-12-24T12:00&to=2099-12-27T00:00&available=no&reason=resa";
    assert_eq!(browser.post(&app, "/me/exceptions", away).await.0, 303);
    let held = store::volunteer::get(&app.db, Remit::All, person).await.unwrap().unwrap().availability;
    assert_eq!(held.hours, "mon 06-12; sat 21-03".parse().unwrap());
    assert_eq!((held.nights, held.monthly_max.map(u8::from), held.exceptions.len()), (false, Some(4), 1));
    for (uri, body, words) in [
        ("/me/availability", "grid=yes&block=9-9&holidays=closed", "hours could not be read"),
        ("/me/exceptions", "from=2099-12-24T12:00&to=2099-12-24T11:00&available=no", "ends before it begins"),
    ] {
        let (status, page) = browser.post(&app, &format!("{uri}?lang=en"), body).await;
        assert!(status == 422 && page.contains(words), "{body}: {status} {page}");
    }
    let gone = "exception=no+2099-12-24T12:00/2099-12-27T00:00+resa";
    assert_eq!(browser.post(&app, "/me/exceptions/remove", gone).await.0, 303);
    let written = "hours=mon-fri+07-23&holidays=as_usual&nights=yes";
    assert_eq!(browser.post(&app, "/me/availability", written).await.0, 303);
    let (_, page) = browser.open(&app, "/me?lang=en").await;
    assert!(
        page.contains("id=\"plan-hours\"") && page.contains("as text only"),
        "what no grid shows: {page}"
    );
    let last = store::audit::about(&app.db, person, 1).await.unwrap().remove(0).line;
    assert_eq!((last.actor, last.detail.as_str()), (Actor::Volunteer(person), "availability"));
    assert_eq!(Browser::default().post(&app, "/me/availability", written).await.0, 303, "led to the sign-in");
}
