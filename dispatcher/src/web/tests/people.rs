//! The forms about people: what is typed is kept, what is wrong is said at its field, and nothing is overwritten unseen.

use certus_registry::store::{self, volunteer};
use certus_registry::volunteer::Vetting;
use certus_registry::{Duty, Remit, Scope, Volunteer, VolunteerId};
use serde_json::json;

use super::registry::{open, post};
use super::*;

/// Everything a form sends of somebody, but what it was opened with.
const TYPED: &str = "name=Anna+Lund&birth_year=1971&phone=070-174+06+05&preferred=en&language=sv&competence=cpr&\
     until-cpr=2027-05-01&mode=car&mode=foot&home=63.1792,+14.63566&organisation=";

async fn held(app: &SharedApp, id: VolunteerId) -> Volunteer {
    volunteer::get(&app.db, Remit::All, id).await.unwrap().unwrap()
}

/// What the form was opened with, as it is sent back.
fn was(page: &str) -> String {
    let value = page.split("name=\"was\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let json = value.replace("&#34;", "\"").replace("&quot;", "\"");
    form_urlencoded::Serializer::new(String::new()).append_pair("was", &json).finish()
}

#[tokio::test]
async fn an_official_adds_somebody_and_what_is_wrong_is_said_at_its_field() {
    let (app, _) = fixture::app().await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, operator) = fixture::account(&app, "larm", &[Role::Operator]).await;
    assert_eq!(open(&app, "/people/new", &operator).await.0, 403);
    assert_eq!(open(&app, "/people/new", &anna).await.0, 200);
    let wrong = "name=&birth_year=2020&phone=12&preferred=sv&home=Timbuktu";
    let (status, page) = post(&app, "/people/new?lang=en", &anna, wrong).await;
    assert_eq!(status, 422);
    for field in ["name", "birth-year", "phone", "modes", "home"] {
        assert!(page.contains(&format!("id=\"{field}-said\"")), "{field}: {page}");
    }
    assert!(page.contains("value=\"Timbuktu\"") && page.contains("four digits"), "{page}");
    assert_eq!(post(&app, "/people/new", &operator, TYPED).await.0, 403);
    let (status, page) = post(&app, "/people/new", &anna, TYPED).await;
    assert_eq!(status, 303, "{page}");
    let added =
        volunteer::by_phone(&app.db, Remit::All, &"+46701740605".parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(
        (added.vetting, added.birth_year.map(certus_registry::BirthYear::get)),
        (Vetting::Applied, Some(1971))
    );
    assert_eq!(added.languages, [Language::English, Language::Swedish]);
    let last = store::audit::about(&app.db, added.id, 1).await.unwrap().remove(0).line;
    assert_eq!(last.action.as_str(), "person.added");
    let (status, page) = post(&app, "/people/new?lang=en", &anna, TYPED).await;
    assert!(status == 422 && page.contains("Another person has this number"), "{page}");
}

#[tokio::test]
async fn what_is_changed_is_kept_and_the_log_says_which_fields_and_never_what() {
    let (app, _) = fixture::app().await;
    let (id, _) = fixture::phone(&app).await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let uri = format!("/people/{id}/edit?lang=en");
    let (_, page) = open(&app, &uri, &anna).await;
    let (status, page) = post(&app, &uri, &anna, &format!("{TYPED}&{}", was(&page))).await;
    assert_eq!(status, 303, "{page}");
    let person = held(&app, id).await;
    assert_eq!(
        (person.name.as_str(), person.modes),
        ("Anna Lund", vec![certus_registry::Mode::Car, certus_registry::Mode::Foot])
    );
    let last = store::audit::about(&app.db, id, 1).await.unwrap().remove(0).line;
    let said = (last.action.as_str(), last.detail.as_str());
    assert_eq!(said, ("person.changed", "name, birth_year, languages, competences, modes, home"));
}

#[tokio::test]
async fn a_change_since_the_form_was_opened_is_shown_and_nothing_is_lost() {
    let (app, _) = fixture::app().await;
    let (id, _) = fixture::phone(&app).await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let uri = format!("/people/{id}/edit?lang=en");
    let (_, opened) = open(&app, &uri, &anna).await;
    let other = Volunteer { name: "Anna Öberg".parse().unwrap(), duty: Duty::OFF, ..held(&app, id).await };
    let mut tx = app.db.begin().await.unwrap();
    volunteer::put(&mut tx, Remit::All, fixture::START, &other).await.unwrap();
    tx.commit().await.unwrap();
    let typed = TYPED.replace("Anna+Lund", "Anna+Lena+Berg"); // as it stood when the form was opened
    let (status, page) = post(&app, &uri, &anna, &format!("{typed}&{}", was(&opened))).await;
    assert!(status == 409 && page.contains("changed this to: Anna Öberg"), "{status} {page}");
    assert!(page.contains("value=\"1971\"") && page.contains("value=\"Anna Öberg\""), "{page}");
    assert_eq!(held(&app, id).await, other, "nothing is kept yet");
    let typed = TYPED.replace("Anna+Lund", "Anna+%C3%96berg");
    assert_eq!(post(&app, &uri, &anna, &format!("{typed}&{}", was(&page))).await.0, 303);
    let person = held(&app, id).await;
    assert_eq!((person.name.as_str(), person.duty), ("Anna Öberg", Duty::OFF));
}

#[tokio::test]
async fn another_system_leaves_the_year_of_birth_and_everything_it_does_not_name() {
    let (app, _) = fixture::app().await;
    let (id, _) = fixture::phone(&app).await;
    let (_, key) = fixture::key(&app, &[Scope::VolunteersRead, Scope::VolunteersWrite]).await;
    let uri = format!("/v1/volunteers/{id}");
    let mut body = json!({
        "name": "Anna Lund", "phone": "070-174 06 05", "modes": ["car"], "birth_year": 1971,
        "vetting": {"state": "applied"}
    });
    assert_eq!(fixture::send(&app, fixture::json("PUT", &uri, &key, &body)).await.status(), 200);
    body.as_object_mut().unwrap().remove("birth_year");
    assert_eq!(fixture::send(&app, fixture::json("PUT", &uri, &key, &body)).await.status(), 200);
    assert_eq!(held(&app, id).await.birth_year.map(certus_registry::BirthYear::get), Some(1971));
    body["birth_year"] = json!(2020);
    assert_eq!(fixture::send(&app, fixture::json("PUT", &uri, &key, &body)).await.status(), 422);
    let last = store::audit::about(&app.db, id, 1).await.unwrap().remove(0).line;
    assert_eq!((last.action.as_str(), last.detail.as_str()), ("person.changed", ""));
}

#[tokio::test]
async fn two_records_that_look_like_one_are_told_apart_or_made_one() {
    let (app, _) = fixture::app().await;
    let (id, _) = fixture::phone(&app).await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, operator) = fixture::account(&app, "larm", &[Role::Operator]).await;
    let typed = "name=Berg,+Anna-Lena&birth_year=1971&phone=070-174+06+06&preferred=sv&mode=boat";
    assert_eq!(post(&app, "/people/new", &anna, typed).await.0, 303);
    let twin =
        volunteer::by_phone(&app.db, Remit::All, &"+46701740606".parse().unwrap()).await.unwrap().unwrap().id;
    assert_eq!(open(&app, "/people/duplicates", &operator).await.0, 403);
    let (_, page) = open(&app, "/people/duplicates?lang=en", &anna).await;
    let compare = format!("/people/duplicates/{}/{}", id.min(twin), id.max(twin));
    assert!(page.contains(&compare) && page.contains("the same name, no year of birth known"), "{page}");
    let (status, page) = open(&app, &format!("{compare}?lang=en"), &anna).await;
    assert!(status == 200 && page.contains("+46701740606") && page.contains("+46701740605"), "{page}");
    let merge = format!("kept={id}&gone={twin}");
    assert_eq!(post(&app, "/people/duplicates/merge", &operator, &merge).await.0, 403);
    assert_eq!(post(&app, &compare, &anna, "").await.0, 303);
    let (_, page) = open(&app, "/people/duplicates?lang=en", &anna).await;
    assert!(page.contains("id=\"none\""), "they are two: {page}");
    assert_eq!(post(&app, "/people/duplicates/merge", &anna, &merge).await.0, 303);
    let one = held(&app, id).await;
    assert_eq!(one.birth_year.map(certus_registry::BirthYear::get), Some(1971));
    assert_eq!(one.modes, [certus_registry::Mode::Car, certus_registry::Mode::Boat]);
    assert_eq!(volunteer::get(&app.db, Remit::All, twin).await.unwrap(), None);
    assert_eq!(post(&app, "/people/duplicates/merge", &anna, &merge).await.0, 404, "once");
    let last = store::audit::about(&app.db, id, 1).await.unwrap().remove(0).line;
    assert_eq!((last.action.as_str(), last.detail), ("person.merged", format!("{twin} into {id}")));
}
