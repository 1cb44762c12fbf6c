//! The pages through every layer of the server.

mod calendar;
mod counties;
mod import;
mod kinds;
mod matrix;
mod own;
mod people;
mod policies;
mod position;
mod push;
mod registry;
mod subscriptions;
mod things;

use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::{Request, Response};
use certus_registry::account::Password;
use certus_registry::audit::Actor;
use certus_registry::{EventType, Language, Position, Remit, ResourceKind, Role, Secret, SecretHash};
use certus_sms_bridge::push::devices::Device;
use futures::FutureExt;
use futures::future::BoxFuture;
use tower::ServiceExt;

use super::*;
use crate::accounts::{Hand, Rights};
use crate::api::Problem;
use crate::api::fixture::{self, PASSWORD};
use crate::positions::{Point, Tally};
use crate::sign_in::sign_in;
use crate::task::Task;
use crate::travel::roads::RoadClass;

/// One call-out, under the link `/c/LINK`.
#[derive(Default)]
struct OneCallOut {
    page: Mutex<Option<CallOutPage>>,
    told: Mutex<Vec<String>>,
}

impl CallOuts for OneCallOut {
    fn view<'a>(&'a self, hash: &'a SecretHash) -> BoxFuture<'a, Result<Option<CallOutPage>, Problem>> {
        let page = self.page.lock().unwrap().clone().filter(|_| *hash == SecretHash::of_dated("LINK"));
        async { Ok(page) }.boxed()
    }

    fn seen<'a>(&'a self, _: &'a SecretHash) -> BoxFuture<'a, Result<(), Problem>> {
        self.told.lock().unwrap().push("seen".to_owned());
        async { Ok(()) }.boxed()
    }

    fn answer<'a>(
        &'a self,
        hash: &'a SecretHash,
        answer: PageAnswer,
        minutes: Option<u16>,
        note: Option<String>,
    ) -> BoxFuture<'a, Result<bool, Problem>> {
        self.told.lock().unwrap().push(format!("{answer:?} {minutes:?} {note:?}"));
        let known = *hash == SecretHash::of_dated("LINK");
        async move { Ok(known) }.boxed()
    }

    fn register<'a>(
        &'a self,
        hash: &'a SecretHash,
        device: &'a Device,
    ) -> BoxFuture<'a, Result<bool, Problem>> {
        self.told.lock().unwrap().push(format!("register {}", device.address));
        let known = *hash == SecretHash::of_dated("LINK");
        async move { Ok(known) }.boxed()
    }

    fn forget<'a>(
        &'a self,
        hash: &'a SecretHash,
        device: &'a Device,
    ) -> BoxFuture<'a, Result<bool, Problem>> {
        self.told.lock().unwrap().push(format!("forget {}", device.address));
        let known = *hash == SecretHash::of_dated("LINK");
        async move { Ok(known) }.boxed()
    }

    fn position<'a>(
        &'a self,
        hash: &'a SecretHash,
        point: Point,
    ) -> BoxFuture<'a, Result<Option<Tally>, Problem>> {
        self.told.lock().unwrap().push(format!("position {} {}", point.lat, point.lon));
        let mut tally = Tally::default();
        tally.count(Ok(()));
        let known = *hash == SecretHash::of_dated("LINK");
        async move { Ok(known.then_some(tally)) }.boxed()
    }
}

fn destination() -> Destination {
    Destination { detail: "Storgatan 4".to_owned(), position: Position::new(63.4, 13.08).unwrap() }
}

fn called_out(state: PageState) -> CallOutPage {
    CallOutPage {
        language: Language::Swedish,
        event_type: EventType::CardiacArrest,
        place_name: "Åre".to_owned(),
        raised_at: fixture::START,
        distance_m: Some(4_230),
        minutes: Some(7),
        ambulance_eta: Some(certus_registry::Timestamp::from_millis(
            fixture::START.as_millis() + 24 * 60_000,
        )),
        state,
        task: Task::Straight,
        fetched: false,
    }
}

async fn send(app: &SharedApp, callouts: &Arc<OneCallOut>, request: Request<Body>) -> Response<Body> {
    crate::serve::layered(router(callouts.clone()), app).oneshot(request).await.unwrap()
}

async fn html(response: Response<Body>) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn get_of(uri: &str) -> Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

fn form(uri: &str, body: String) -> Request<Body> {
    Request::post(uri)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(body))
        .unwrap()
}

fn with_cookie(uri: &str, secret: &Secret) -> Request<Body> {
    let cookie = format!("certus_session={}", secret.reveal());
    Request::get(uri).header("cookie", cookie).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn whoever_has_not_signed_in_is_led_there_and_with_the_password_the_console_opens() {
    let (app, _) = fixture::app().await;
    fixture::account(&app, "anna", &[Role::Operator]).await;
    let callouts = Arc::default();
    let answer = send(&app, &callouts, get_of("/")).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/sign-in".parse().unwrap())
    );
    let password = PASSWORD.replace(' ', "+");
    let answer = send(&app, &callouts, form("/sign-in", format!("login=+Anna&password={password}"))).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/".parse().unwrap()));
    let cookies: Vec<&str> =
        answer.headers().get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert!(
        cookies.len() == 2 && cookies.iter().all(|cookie| cookie.contains("; HttpOnly; SameSite=Strict"))
    );
    let session = cookies[0].split(';').next().unwrap();
    let request = |uri: &str| Request::get(uri).header("cookie", session).body(Body::empty()).unwrap();
    let answer = send(&app, &callouts, request("/")).await;
    assert_eq!(answer.status(), 200);
    assert!(html(answer).await.contains("<html lang=\"sv\">"));
    let out = Request::post("/sign-out").header("cookie", session).body(Body::empty()).unwrap();
    assert_eq!(send(&app, &callouts, out).await.status(), 303);
    assert_eq!(send(&app, &callouts, request("/")).await.status(), 303);
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_words_and_after_five_of_them_everybody_waits() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::default();
    let wrong = async || {
        let body = "login=anna&password=guess".to_owned();
        let answer = send(&app, &callouts, form("/sign-in?lang=en", body)).await;
        (answer.status().as_u16(), html(answer).await)
    };
    for _ in 0..5 {
        let (status, page) = wrong().await;
        assert_eq!(status, 401);
        assert!(page.contains("The user name or the password is wrong."));
    }
    let (status, page) = wrong().await;
    assert_eq!(status, 429);
    assert!(page.contains("Try again in 1 min"), "{page}");
}

#[tokio::test]
async fn whoever_was_handed_a_password_changes_it_first() {
    let (app, _) = fixture::app().await;
    let (now, remit) = (app.clock.now(), Remit::All);
    let hand = Hand { db: &app.db, now, random: &app.random, actor: Actor::Console, remit };
    let (login, name) = ("anna".parse().unwrap(), "Anna Berg".parse().unwrap());
    let password = hand.add(login, name, Rights::new(vec![Role::Operator], remit).unwrap()).await.unwrap();
    let signed_in = sign_in(&app, "anna", Password::typed(password.reveal()), fixture::browser(None))
        .await
        .unwrap()
        .session;
    let callouts = Arc::default();
    let led = send(&app, &callouts, with_cookie("/", &signed_in)).await;
    assert_eq!((led.status().as_u16(), &led.headers()["location"]), (303, &"/account".parse().unwrap()));
    assert_eq!(send(&app, &callouts, with_cookie("/account", &signed_in)).await.status(), 200);
    let change = async |new: &str, again: &str| {
        let body = format!("old={}&new={new}&again={again}", password.reveal());
        let cookie = format!("certus_session={}", signed_in.reveal());
        let mut request = form("/account", body);
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        send(&app, &callouts, request).await.status().as_u16()
    };
    assert_eq!(change("kort", "kort").await, 422);
    assert_eq!(change("räven+raskar+över+isen", "räven+raskar").await, 422);
    assert_eq!(change("räven+raskar+över+isen", "räven+raskar+över+isen").await, 303);
    let right = Password::typed("räven raskar över isen");
    let signed_in = sign_in(&app, "anna", right, fixture::browser(None)).await.unwrap().session;
    assert_eq!(send(&app, &callouts, with_cookie("/", &signed_in)).await.status(), 200);
}

#[tokio::test]
async fn every_file_that_a_page_names_is_there_and_may_be_kept_for_ever() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::account(&app, "anna", &[Role::Operator]).await;
    let callouts = Arc::new(OneCallOut::default());
    *callouts.page.lock().unwrap() = Some(called_out(PageState::Asked));
    for request in [
        with_cookie("/", &secret),
        with_cookie("/bridge", &secret),
        with_cookie("/roads", &secret),
        get_of("/sign-in"),
        get_of("/c/LINK"),
        get_of("/c/UNKNOWN"),
    ] {
        let text = html(send(&app, &callouts, request).await).await;
        let named: Vec<_> = text.split('"').filter(|part| part.starts_with("/assets/")).collect();
        assert!(named.len() > 1, "{text}");
        for file in named {
            let answer = send(&app, &callouts, get_of(file)).await;
            assert_eq!(answer.status(), 200, "{file}");
            assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
            assert_ne!(answer.headers()["content-type"], "application/octet-stream", "{file}");
        }
    }
    assert_eq!(send(&app, &callouts, get_of("/assets/console.js")).await.status(), 404);
}

#[tokio::test]
async fn the_address_is_shown_only_after_a_yes() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::new(OneCallOut::default());
    let table = [
        (PageState::Asked, false, "Kan du åka?"),
        (PageState::Accepted(destination()), true, "geo:63.400000,13.080000"),
        (PageState::Departed(destination()), true, "Du är på väg"),
        (PageState::OnScene(destination()), true, "Jag är färdig"),
        (PageState::Done, false, "Tack för din insats!"),
        (PageState::Declined, false, "Tack för ditt svar"),
        (PageState::Released, false, "Vi har dem vi behöver, tack!"),
        (PageState::StoodDown, false, "avblåst"),
        (PageState::Closed, false, "avslutat"),
    ];
    for (state, shown, words) in table {
        *callouts.page.lock().unwrap() = Some(called_out(state.clone()));
        let text = html(send(&app, &callouts, get_of("/c/LINK")).await).await;
        assert_eq!(text.contains("Storgatan 4"), shown, "{state:?}");
        assert!(text.contains(words), "{state:?}: {text}");
    }
}

#[tokio::test]
async fn whoever_fetches_something_is_told_what_and_where_until_they_have_it() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::new(OneCallOut::default());
    let aed = Task::Fetch {
        what: certus_registry::Catalogue::default().the(ResourceKind::AED),
        place: "Coop Järpen, entrén".to_owned(),
        position: Position::new(63.35, 13.46).unwrap(),
    };
    let shown = async |fetched| {
        let page = called_out(PageState::Departed(destination()));
        *callouts.page.lock().unwrap() = Some(CallOutPage { task: aed.clone(), fetched, ..page });
        html(send(&app, &callouts, get_of("/c/LINK")).await).await
    };
    let first = shown(false).await;
    assert!(first.contains("Coop Järpen, entrén") && first.contains("geo:63.350000,13.460000"));
    assert!(first.contains("Hämta hjärtstartaren") && first.contains("value=\"fetched\""));
    let then = shown(true).await;
    assert!(then.contains("Du har hjärtstartaren") && !then.contains("Coop Järpen"));
    assert!(then.contains("Storgatan 4") && !then.contains("value=\"fetched\""));
}

#[tokio::test]
async fn the_asked_page_compares_the_person_with_the_ambulance() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::new(OneCallOut::default());
    *callouts.page.lock().unwrap() = Some(called_out(PageState::Asked));
    let answer = send(&app, &callouts, get_of("/c/LINK")).await;
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(answer.headers()["x-robots-tag"], "noindex");
    let text = html(answer).await;
    for words in ["hjärtstopp, Åre", "Du: ca 7 min, 4,2 km bort", "Ambulans: om ca 24 min", "04:10"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(callouts.told.lock().unwrap().is_empty(), "fetching the page is not seeing it");
}

#[tokio::test]
async fn answers_reach_the_engine_and_lead_back_to_the_page() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::new(OneCallOut::default());
    let body = "answer=accept&minutes=12&note=+jag+tar+skotern+".to_owned();
    let answer = send(&app, &callouts, form("/c/LINK", body)).await;
    assert_eq!((answer.status().as_u16(), &answer.headers()["location"]), (303, &"/c/LINK".parse().unwrap()));
    assert_eq!(send(&app, &callouts, form("/c/LINK/seen", String::new())).await.status(), 204);
    assert_eq!(*callouts.told.lock().unwrap(), ["Accept Some(12) Some(\"jag tar skotern\")", "seen"]);
    for (body, status) in [("answer=maybe", 422), ("answer=accept&minutes=soon", 422), ("", 422)] {
        assert_eq!(send(&app, &callouts, form("/c/LINK", body.to_owned())).await.status(), status, "{body}");
    }
}

#[tokio::test]
async fn an_unknown_link_is_explained_in_plain_words() {
    let (app, _) = fixture::app().await;
    let callouts = Arc::default();
    for request in [get_of("/c/NO?lang=en"), form("/c/NO?lang=en", "answer=accept".to_owned())] {
        let answer = send(&app, &callouts, request).await;
        assert_eq!(answer.status(), 404);
        assert!(html(answer).await.contains("This link does not work"));
    }
}

#[tokio::test]
async fn the_page_of_the_bridge_names_every_gateway_in_words() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::account(&app, "anna", &[Role::Operator]).await;
    let callouts = Arc::default();
    assert_eq!(send(&app, &callouts, get_of("/bridge")).await.status(), 303);
    let page = html(send(&app, &callouts, with_cookie("/bridge?lang=en", &secret)).await).await;
    for part in ["<th scope=\"row\">simulated</th>", "<td>SMS</td>", "<td>yes</td>", "No message waits"] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert!(!page.contains("bridge-"), "every key has its words: {page}");
}

#[tokio::test]
async fn the_page_of_the_roads_has_a_field_for_every_class_in_words() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::account(&app, "anna", &[Role::Operator]).await;
    let callouts = Arc::default();
    assert_eq!(send(&app, &callouts, get_of("/roads")).await.status(), 303);
    let page = html(send(&app, &callouts, with_cookie("/roads?lang=en", &secret)).await).await;
    for part in ["<label for=\"factor-snow_trail\">Snow trail</label>", "name=\"motorway\"", "Close a place"]
    {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_eq!(page.matches("class=\"factor\"").count(), RoadClass::ALL.len());
    assert!(!page.contains(">roads-"), "every key has its words: {page}");
    let (_, other) = fixture::account(&app, "berit", &[Role::Auditor]).await;
    assert_eq!(send(&app, &callouts, with_cookie("/roads", &other)).await.status(), 403);
}
