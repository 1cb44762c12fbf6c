//! `/policies`: one official proposes, another approves, and nothing else brings policies into force.

use certus_registry::{Remit, store};

use super::registry::{open, post};
use super::*;
use crate::api::App;
use crate::policies::{FIELDS, Sheet, store as policies};

/// The form as a browser sends it, one field changed.
fn sent(app: &App, based_on: u64, change: (&str, &str), reason: &str) -> String {
    let sheet = Sheet::of(&app.policies);
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("based_on", &based_on.to_string()).append_pair("reason", reason);
    for event in EventType::ALL {
        for field in FIELDS {
            let name = format!("{event}.{}", field.key);
            for word in sheet.at(*event, field.key) {
                query.append_pair(&name, if name == change.0 { change.1 } else { word });
            }
        }
    }
    query.finish()
}

/// The proposal that is open.
async fn proposed(app: &App) -> String {
    policies::proposals(&app.db, 1).await.unwrap()[0].id.to_string()
}

#[tokio::test]
async fn one_official_proposes_and_another_approves() {
    let (app, _) = fixture::app().await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, bo) = fixture::account(&app, "bo.ek", &[Role::Board]).await;
    let (_, operator) = fixture::account(&app, "larm", &[Role::Operator]).await;
    let body = sent(&app, 0, ("fire.wanted", "5"), "fler till brand");
    assert_eq!(post(&app, "/policies/new", &operator, &body).await.0, 403);
    let (status, page) = post(&app, "/policies/new?lang=en", &anna, &body).await;
    assert_eq!(status, 303, "{page}");
    let uri = format!("/policies/proposals/{}", proposed(&app).await);
    for session in [&anna, &operator] {
        let (status, page) = open(&app, &format!("{uri}?lang=en"), session).await;
        assert!(status == 200 && page.contains("<del>4</del>") && page.contains("<ins>5</ins>"), "{page}");
        assert!(!page.contains("/approve"), "{page}");
    }
    let approve = format!("{uri}/approve?lang=en");
    assert_eq!(post(&app, &approve, &operator, "").await.0, 403);
    let (status, page) = post(&app, &approve, &anna, "").await;
    assert!(status == 409 && page.contains("cannot approve it"), "{page}");
    assert_eq!(policies::number(&app.db).await.unwrap(), 0);
    assert_eq!(post(&app, &approve, &bo, "").await.0, 303);
    let (_, page) = open(&app, "/policies?lang=en", &operator).await;
    assert!(page.contains("<strong>policies-1</strong>") && page.contains("fler till brand"), "{page}");
    let words = page.replace("policies-1<", "");
    assert!(!words.contains(">policy-") && !words.contains(">policies-"), "a key without words: {page}");
    assert_eq!(post(&app, &approve, &bo, "").await.0, 409);
    let log = store::audit::page(&app.db, Remit::All, None, 10).await.unwrap();
    let actions: Vec<&str> = log.iter().map(|entry| entry.line.action.as_str()).collect();
    assert_eq!(actions, ["policies.approved", "policies.proposed"]);
}

#[tokio::test]
async fn a_key_proposes_and_approves_nothing() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, &[certus_registry::Scope::VolunteersWrite]).await;
    let mut request = form("/policies/new", sent(&app, 0, ("fire.wanted", "5"), "x"));
    let bearer = format!("Bearer {}", secret.reveal());
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    assert_eq!(send(&app, &Arc::default(), request).await.status(), 409);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_kept() {
    let (app, _) = fixture::app().await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let table = [
        (("fire.wanted", "0"), "fler", "1 to 50"),
        (("fire.wave_timeout_s", "en minut"), "fler", "Write a whole number"),
        (("fire.wanted", "4"), "fler", "Nothing differs"),
        (("fire.wanted", "5"), " ", "Write why"),
    ];
    for (change, reason, words) in table {
        let body = sent(&app, 0, change, reason);
        let (status, page) = post(&app, "/policies/new?lang=en", &anna, &body).await;
        assert!(status == 422 && page.contains(words), "{change:?}: {status} {page}");
        assert!(page.contains(&format!("value=\"{}\"", change.1)), "what was typed is there: {change:?}");
    }
    assert!(policies::proposals(&app.db, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_proposal_against_what_is_not_in_force_any_more_is_not_approved_and_a_form_follows() {
    let (app, _) = fixture::app().await;
    let (_, anna) = fixture::account(&app, "anna", &[Role::Board]).await;
    let (_, bo) = fixture::account(&app, "bo.ek", &[Role::Board]).await;
    let mut uris = Vec::new();
    for (field, value) in [("fire.wanted", "5"), ("accident.asked_max", "25")] {
        let body = sent(&app, 0, (field, value), "fler");
        assert_eq!(post(&app, "/policies/new", &anna, &body).await.0, 303);
        uris.push(format!("/policies/proposals/{}", proposed(&app).await));
    }
    assert_eq!(post(&app, &format!("{}/approve", uris[0]), &bo, "").await.0, 303);
    let (status, page) = post(&app, &format!("{}/approve?lang=en", uris[1]), &bo, "").await;
    assert!(status == 409 && page.contains("written against other policies"), "{page}");
    assert_eq!(post(&app, &format!("{}/withdraw", uris[1]), &anna, "").await.0, 303);
    let late = sent(&app, 0, ("accident.asked_max", "25"), "fler");
    let (status, page) = post(&app, "/policies/new?lang=en", &anna, &late).await;
    assert!(status == 409 && page.contains("have come into force while you wrote"), "{page}");
    for kept in [
        "name=\"fire.wanted\" inputmode=\"numeric\" maxlength=\"9\" autocomplete=\"off\" value=\"5\"",
        "name=\"accident.asked_max\" inputmode=\"numeric\" maxlength=\"9\" autocomplete=\"off\" value=\"25\"",
        "name=\"based_on\" value=\"1\"",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
}
