//! The pages of things and organisations: who may open which, what is written down, and what is said of a mistake.

use certus_registry::resource::Standing;
use certus_registry::store::{self, contact, organisation, resource};
use certus_registry::{OrganisationId, Remit, Resource};

use super::registry::{open, post};
use super::*;

const THING: &str = "code=AED-1&kind=aed&at=63.347%2C+13.457&keeper=&place=Coop&months=all&hours=mon-sat+07-21&season=&licence=&organisation=";

async fn aed(app: &SharedApp) -> Resource {
    resource::by_code(&app.db, Remit::All, &"AED-1".parse().unwrap()).await.unwrap().unwrap()
}

async fn standing(app: &SharedApp) -> Standing {
    let today = app.clock.now().in_zone(&app.config.time_zone.0).date();
    let kinds = store::catalogue::load(&app.db).await.unwrap();
    aed(app).await.standing(&kinds, today)
}

#[tokio::test]
async fn the_board_opens_the_pages_of_things_and_nobody_else_does() {
    let (app, _) = fixture::app().await;
    let (_, board) = fixture::account(&app, "board", &[Role::Board]).await;
    assert_eq!(post(&app, "/resources", &board, THING).await.0, 303);
    assert_eq!(post(&app, "/organisations", &board, "name=Byalaget&kind=village").await.0, 303);
    let (thing, village) = (aed(&app).await.id, village(&app).await);
    let (thing, village) = (format!("/resources/{thing}"), format!("/organisations/{village}"));
    let pages = ["/resources", "/resources/new", &thing, "/organisations", "/organisations/new", &village];
    for page in pages {
        let (status, text) = open(&app, &format!("{page}?lang=en"), &board).await;
        assert_eq!(status, 200, "{page}");
        for key in
            [">thing", ">standing-", ">organisation-", ">organisations-", ">season", ">kind-", ">competence-"]
        {
            assert!(!text.contains(key), "{page} has a key without words: {key} {text}");
        }
    }
    for role in [Role::Operator, Role::Auditor, Role::Administrator] {
        let (_, session) = fixture::account(&app, role.as_str(), &[role]).await;
        for page in pages {
            assert_eq!(open(&app, page, &session).await.0, 403, "{role} {page}");
        }
    }
}

#[tokio::test]
async fn a_thing_is_added_confirmed_changed_and_retired_and_each_is_in_the_log() {
    let (app, _) = fixture::app().await;
    let (anna, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    assert_eq!(post(&app, "/resources", &session, THING).await.0, 303);
    let uri = format!("/resources/{}", aed(&app).await.id);
    assert_eq!(standing(&app).await, Standing::Unconfirmed { since: None });
    assert!(
        open(&app, "/resources?standing=unconfirmed&q=coop&lang=en", &session)
            .await
            .1
            .contains("never confirmed")
    );
    assert_eq!(post(&app, &format!("{uri}/confirm"), &session, "").await.0, 303);
    assert_eq!(standing(&app).await.as_str(), "confirmed");
    let page = open(&app, &format!("{uri}?lang=en"), &session).await.1;
    assert!(page.contains(", Anna Berg") && page.contains("63.347, 13.457"), "{page}");
    let changed = THING.replace("Coop", "ICA").replace("season=", "season=ice");
    assert_eq!(post(&app, &uri, &session, &changed).await.0, 303);
    let held = aed(&app).await;
    assert_eq!(held.place.as_ref().map(certus_registry::volunteer::PersonName::as_str), Some("ICA"));
    assert!(held.confirmed.is_some(), "the form says nothing of that");
    assert_eq!(post(&app, &format!("{uri}/retire"), &session, "on=true").await.0, 303);
    assert!(!open(&app, "/resources", &session).await.1.contains("AED-1"));
    assert!(open(&app, "/resources?standing=retired", &session).await.1.contains("AED-1"));
    assert_eq!(post(&app, &format!("{uri}/retire"), &session, "on=false").await.0, 303);
    let log = store::audit::page(&app.db, Remit::All, None, 9).await.unwrap();
    let said: Vec<_> = log.iter().map(|entry| (entry.line.actor, entry.line.detail.as_str())).collect();
    let by = Actor::Account(anna.id);
    let expected = ["AED-1 back", "AED-1 retired", "AED-1 changed", "AED-1", "AED-1 added"];
    assert_eq!(said[..5], expected.map(|detail| (by, detail)));
}

#[tokio::test]
async fn a_mistake_is_said_beside_its_field_and_nothing_is_saved() {
    let (app, _) = fixture::app().await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    assert_eq!(post(&app, "/resources", &session, THING).await.0, 303);
    let uri = format!("/resources/{}?lang=en", aed(&app).await.id);
    let other = THING.replace("AED-1", "AED-2");
    for (to, body, field) in [
        ("/resources?lang=en", THING.to_owned(), "code-wrong"),
        ("/resources?lang=en", other.replace("AED-2", "AED 2"), "code-wrong"),
        ("/resources?lang=en", other.replace("kind=aed", "kind=bridge"), "kind-wrong"),
        ("/resources?lang=en", other.replace("at=63.347%2C+13.457", "at="), "at-wrong"),
        ("/resources?lang=en", other.replace("keeper=", "keeper=070-1"), "keeper-wrong"),
        (
            "/resources?lang=en",
            other.replace("at=63.347%2C+13.457&keeper=", "at=&keeper=0709999999"),
            "keeper-wrong",
        ),
        (&uri, THING.replace("months=all", "months=summer"), "months-wrong"),
        (&uri, THING.replace("season=", "season=spring"), "season-wrong"),
    ] {
        let (status, page) = post(&app, to, &session, &body).await;
        let beside = page.contains(&format!("id=\"{field}\"")) && page.contains("aria-invalid=\"true\"");
        assert!(status == 422 && beside, "{body}: {status} {page}");
    }
    assert_eq!(resource::all(&app.db, Remit::All).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_organisation_has_contacts_people_and_things_and_who_looks_is_in_the_log() {
    let (app, _) = fixture::app().await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    assert_eq!(post(&app, "/organisations", &session, "name=Byalaget&kind=village").await.0, 303);
    assert_eq!(post(&app, "/organisations", &session, "name=Byalaget&kind=village").await.0, 422);
    let id = village(&app).await;
    let (uri, contacts) =
        (format!("/organisations/{id}?lang=en"), format!("/organisations/{id}/contacts?lang=en"));
    let new = "contact_name=Anna+Ek&contact_phone=070-174+06+05&contact_email=anna@example.org";
    assert_eq!(post(&app, &contacts, &session, new).await.0, 303);
    for (body, field) in [
        (new, "contact_phone-wrong"),
        ("contact_name=&contact_phone=070-174+06+06", "contact_name-wrong"),
        ("contact_name=Bo&contact_phone=070-174+06+06&contact_email=bo", "contact_email-wrong"),
    ] {
        let (status, page) = post(&app, &contacts, &session, body).await;
        assert!(status == 422 && page.contains(field), "{body}: {status} {page}");
    }
    let thing = THING.replace("organisation=", &format!("organisation={id}"));
    assert_eq!(post(&app, "/resources", &session, &thing).await.0, 303);
    let (_, page) = open(&app, &uri, &session).await;
    for words in ["Anna Ek", "+46701740605", "anna@example.org", "AED-1", "village group"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let last = store::audit::page(&app.db, Remit::All, None, 1).await.unwrap().remove(0).line;
    assert_eq!((last.action.as_str(), last.detail), ("contacts.read", id.to_string()));
    let contact = contact::of(&app.db, Remit::All, id).await.unwrap().remove(0).id;
    let gone = format!("contact={contact}");
    assert_eq!(post(&app, &format!("/organisations/{id}/contacts/remove"), &session, &gone).await.0, 303);
    assert!(contact::of(&app.db, Remit::All, id).await.unwrap().is_empty());
    assert_eq!(post(&app, &uri, &session, "name=Byn&kind=frg").await.0, 303);
    assert!(open(&app, "/organisations?kind=frg&q=by", &session).await.1.contains("Byn"));
}

#[tokio::test]
async fn the_board_says_which_season_is_on() {
    let (app, _) = fixture::app().await;
    let (_, session) = fixture::account(&app, "anna", &[Role::Board]).await;
    assert_eq!(post(&app, "/seasons", &session, "season=snow&on=true").await.0, 303);
    assert_eq!(store::season::current(&app.db).await.unwrap().len(), 1);
    assert_eq!(post(&app, "/seasons", &session, "season=spring&on=true").await.0, 404);
    let last = store::audit::page(&app.db, Remit::All, None, 1).await.unwrap().remove(0).line;
    assert_eq!((last.action.as_str(), last.detail.as_str()), ("season.changed", "snow on in 23"));
}

async fn village(app: &SharedApp) -> OrganisationId {
    organisation::by_name(&app.db, Remit::All, "Byalaget").await.unwrap().unwrap().id
}
