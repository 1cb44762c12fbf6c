//! The county board's pages: who may open which, and a vetting from the application to the approval.

use certus_registry::store::{self, volunteer};
use certus_registry::volunteer::Vetting;
use certus_registry::{Remit, Secret, VolunteerId};

use super::*;

/// The session's answer to a page.
pub(super) async fn open(app: &SharedApp, uri: &str, session: &Secret) -> (u16, String) {
    let answer = send(app, &Arc::default(), with_cookie(uri, session)).await;
    (answer.status().as_u16(), html(answer).await)
}

pub(super) async fn post(app: &SharedApp, uri: &str, session: &Secret, body: &str) -> (u16, String) {
    let mut request = form(uri, body.to_owned());
    let cookie = format!("certus_session={}", session.reveal());
    request.headers_mut().insert("cookie", cookie.parse().unwrap());
    let answer = send(app, &Arc::default(), request).await;
    (answer.status().as_u16(), html(answer).await)
}

#[tokio::test]
async fn every_role_opens_its_own_pages_and_no_others() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let person = format!("/people/{person}");
    let import = "/people/import";
    let pages = [
        "/roads",
        "/bridge",
        "/policies",
        "/people",
        import,
        "/vetting",
        "/certificates",
        &person,
        "/accounts",
        "/audit",
        "/account",
    ];
    let table = [
        (Role::Operator, [200, 200, 200, 403, 403, 403, 403, 403, 403, 403, 200]),
        (Role::Board, [200, 200, 200, 200, 200, 200, 200, 200, 403, 403, 200]),
        (Role::Organisation, [403, 403, 403, 200, 200, 200, 200, 404, 403, 403, 200]),
        (Role::Auditor, [403, 403, 403, 403, 403, 403, 403, 403, 403, 200, 200]),
        (Role::Administrator, [403, 403, 403, 403, 403, 403, 403, 403, 200, 200, 200]),
    ];
    assert_eq!(table.len(), Role::ALL.len());
    for (role, expected) in table {
        let (_, session) =
            fixture::account_over(&app, role.as_str(), &[role], fixture::remit_of(&app, role).await).await;
        for (page, expected) in pages.iter().zip(expected) {
            let (status, text) = open(&app, &format!("{page}?lang=en"), &session).await;
            assert_eq!(status, expected, "{role}: {page}");
            for key in [
                ">people-",
                ">person-",
                ">vetting-",
                ">audit-",
                ">accounts-",
                ">account-",
                ">role-",
                ">stage-",
                ">due-",
                ">import-",
                ">policies-",
                ">policy-",
                ">ending-",
                ">list-",
            ] {
                assert!(!text.contains(key), "{role}: {page} has a key without words: {key} {text}");
            }
        }
    }
    for page in pages {
        let answer = send(&app, &Arc::default(), get_of(page)).await;
        assert_eq!(answer.headers()["location"], "/sign-in", "{page}");
    }
}

#[tokio::test]
async fn each_page_of_people_and_each_person_that_is_shown_is_in_the_log() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let (anna, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    for (query, found) in
        [("", 1), ("?q=lena+BERG", 1), ("?q=070-174", 1), ("?q=nilsson", 0), ("?vetting=left", 0)]
    {
        let (status, page) = open(&app, &format!("/people{query}"), &session).await;
        assert_eq!(
            (status, page.matches("row\"><a href=\"/people/").count()),
            (200, found),
            "{query}: {page}"
        );
    }
    let (_, page) = open(&app, &format!("/people/{person}"), &session).await;
    assert!(page.contains("+46701740605") && page.contains("har ansökt"));
    let entries = store::audit::about(&app.db, person, 10).await.unwrap();
    let said: Vec<_> = entries.iter().map(|entry| (entry.line.actor, entry.line.action.as_str())).collect();
    let anna = Actor::Account(anna.id);
    assert_eq!(
        said,
        [(anna, "person.read"), (anna, "people.listed"), (anna, "people.listed"), (anna, "people.listed")]
    );
}

#[tokio::test]
async fn two_officials_take_somebody_from_the_application_to_the_approval() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, other) = fixture::account(&app, "bo.ek", &[Role::Board]).await;
    let (_, operator) = fixture::account(&app, "larm", &[Role::Operator]).await;
    let uri = format!("/people/{person}/vetting?lang=en");
    assert_eq!(post(&app, &uri, &operator, "step=suspended").await.0, 403);
    let check = "step=check_reported&day=2026-11-20&due=2027-11-20&form=paper";
    let confirm = "step=check_confirmed&day=2026-11-20&due=2027-11-20";
    for step in ["step=interviewed&day=2026-11-20", check] {
        let (status, page) = post(&app, &uri, &anna, step).await;
        assert_eq!(status, 303, "{step}: {page}");
    }
    let (status, page) = post(&app, &uri, &anna, confirm).await;
    assert!(status == 422 && page.contains("cannot confirm it"), "one official is one: {page}");
    let (_, queue) = open(&app, "/vetting?lang=en", &other).await;
    assert!(queue.contains("Check to be confirmed <strong>1</strong>"), "{queue}");
    let (_, page) = open(&app, &format!("/people/{person}?lang=en"), &other).await;
    assert!(page.contains("value=\"check_confirmed\"") && page.contains("id=\"reported\""), "{page}");
    assert_eq!(post(&app, &uri, &other, confirm).await.0, 303);
    let signed = "step=agreement_signed&day=2026-11-21&version=2026-1";
    assert_eq!(post(&app, &uri, &anna, signed).await.0, 303);
    let (status, page) = post(&app, &uri, &anna, "step=approval_proposed&until=2028-01-01").await;
    assert!(status == 422 && page.contains("2027-11-20"), "an approval rests on the check: {page}");
    let last = store::audit::about(&app.db, person, 1).await.unwrap().remove(0).line;
    assert_eq!(last.action.as_str(), "person.read", "a refusal shows the person, too");
    assert_eq!(post(&app, &uri, &anna, "step=approval_proposed&until=2027-11-20").await.0, 303);
    let (_, queue) = open(&app, "/vetting?lang=en", &other).await;
    assert!(
        queue.contains("To be approved <strong>1</strong>") && queue.contains(&person.to_string()),
        "{queue}"
    );
    let (status, page) = post(&app, &uri, &anna, "step=approved&until=2027-11-20").await;
    assert!(status == 422 && page.contains("cannot approve it"), "four eyes: {page}");
    let (_, page) = open(&app, &format!("/people/{person}?lang=en"), &other).await;
    assert!(page.contains("value=\"approved\"") && page.contains("through 2027-11-20"), "{page}");
    assert_eq!(post(&app, &uri, &other, "step=approved&until=2027-11-20").await.0, 303);
    let until = "2027-11-20".parse().unwrap();
    assert_eq!(vetting_of(&app, person).await, Vetting::Approved { until });
    let (_, page) = open(&app, &format!("/people/{person}?lang=en"), &other).await;
    assert!(page.contains("approved through 2027-11-20") && page.contains("confirmed by a second official"));
    assert_eq!(post(&app, &uri, &anna, "step=suspended").await.0, 303);
    assert_eq!(vetting_of(&app, person).await, Vetting::Suspended);
}

#[tokio::test]
async fn an_official_changes_when_somebody_may_be_asked_and_a_mistake_changes_nothing() {
    let (app, _) = fixture::app().await;
    let (person, _) = fixture::phone(&app).await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, operator) = fixture::account(&app, "larm", &[Role::Operator]).await;
    let week = format!("/people/{person}/availability?lang=en");
    let exceptions = format!("/people/{person}/exceptions?lang=en");
    let plan = "hours=mon-fri+07-23&holidays=closed&monthly_max=4";
    assert_eq!(post(&app, &week, &operator, plan).await.0, 403);
    assert_eq!(post(&app, &week, &anna, plan).await.0, 303);
    let away = "from=2099-12-24T12:00&to=2099-12-27T00:00&available=no&reason=resa";
    assert_eq!(post(&app, &exceptions, &anna, away).await.0, 303);
    let (_, page) = open(&app, &format!("/people/{person}?lang=en"), &anna).await;
    for words in
        ["mon-fri 07-23", "Not on public holidays", "Not at night", "2099-12-24 12:00", "cannot (resa)"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    for (uri, body, words) in [
        (&week, "hours=mornings&holidays=closed", "hours could not be read"),
        (&week, "hours=always&holidays=closed&monthly_max=31", "1 to 30"),
        (&exceptions, "from=2099-12-24T12:00&to=2099-12-24T11:00&available=no", "ends before it begins"),
        (&exceptions, "from=tomorrow&to=2099-12-24T11:00&available=no", "times of the exception"),
        (&exceptions, "from=2099-12-24T10:00&to=2099-12-24T11:00&available=no&reason=a;b", "no semicolon"),
    ] {
        let (status, page) = post(&app, uri, &anna, body).await;
        assert!(status == 422 && page.contains(words), "{body}: {status} {page}");
    }
    let held = volunteer::get(&app.db, Remit::All, person).await.unwrap().unwrap().availability;
    assert_eq!((held.exceptions.len(), held.nights, held.monthly_max.map(u8::from)), (1, false, Some(4)));
    let gone = "exception=no+2099-12-24T12:00/2099-12-27T00:00+resa";
    assert_eq!(post(&app, &format!("/people/{person}/exceptions/remove"), &anna, gone).await.0, 303);
    assert!(
        volunteer::get(&app.db, Remit::All, person)
            .await
            .unwrap()
            .unwrap()
            .availability
            .exceptions
            .is_empty()
    );
    let last = store::audit::about(&app.db, person, 1).await.unwrap().remove(0).line;
    assert_eq!((last.action.as_str(), last.detail.as_str()), ("person.changed", "availability"));
}

async fn vetting_of(app: &SharedApp, person: VolunteerId) -> Vetting {
    volunteer::get(&app.db, Remit::All, person).await.unwrap().unwrap().vetting
}

#[tokio::test]
async fn an_administrator_gives_an_account_and_takes_it_away() {
    let (app, _) = fixture::app().await;
    let (own, session) = fixture::account(&app, "admin", &[Role::Administrator]).await;
    for (body, status) in [
        ("login=b&name=Bo&operator=on", 422),
        ("login=bo.ek&name=Bo", 422),
        ("login=admin&name=Bo&operator=on", 409),
    ] {
        assert_eq!(post(&app, "/accounts", &session, body).await.0, status, "{body}");
    }
    let (status, page) = post(&app, "/accounts", &session, "login=Bo.Ek&name=Bo+Ek&operator=on").await;
    assert_eq!(status, 201);
    let password = page.split("id=\"password\">").nth(1).unwrap().split('<').next().unwrap();
    let signed_in = sign_in(&app, "bo.ek", Password::typed(password), fixture::browser(None)).await.unwrap();
    assert!(signed_in.account.must_change && signed_in.account.roles == [Role::Operator]);
    let bo = signed_in.account.id;
    assert_eq!(post(&app, &format!("/accounts/{bo}/switch"), &session, "on=false").await.0, 303);
    assert!(sign_in(&app, "bo.ek", Password::typed(password), fixture::browser(None)).await.is_err());
    assert_eq!(open(&app, "/account", &signed_in.session).await.0, 303);
    assert_eq!(post(&app, &format!("/accounts/{}/switch", own.id), &session, "on=false").await.0, 409);
    let (_, log) = open(&app, "/audit?lang=en", &session).await;
    for words in ["gave an account", "changed an account", "signed in", "was refused at sign-in"] {
        assert!(log.contains(words), "{words}: {log}");
    }
}
