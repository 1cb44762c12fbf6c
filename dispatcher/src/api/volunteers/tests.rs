use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use certus_registry::{Scope, SecretHash};
use serde_json::{Value, json};

use crate::api::SharedApp;
use crate::api::fixture::{self, body, send};

const BOTH: &[Scope] = &[Scope::VolunteersRead, Scope::VolunteersWrite, Scope::VettingTakeOver];

fn anna() -> Value {
    json!({
        "name": "Anna Berg", "phone": "070-174 06 05", "modes": ["car"],
        "home": {"lat": 63.1792, "lon": 14.63566},
        "competences": [{"kind": "cpr", "expires": "2027-05-01"}],
        "vetting": {"state": "approved", "until": "2027-05-01"}
    })
}

async fn created(app: &SharedApp, secret: &certus_registry::Secret) -> Value {
    let answer = send(app, fixture::json("POST", "/v1/volunteers", secret, &anna())).await;
    assert_eq!(answer.status(), 201);
    body(answer).await
}

#[tokio::test]
async fn what_was_created_reads_back_and_can_be_replaced() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    let person = created(&app, &secret).await;
    assert_eq!((&person["phone"], &person["hours"]), (&json!("+46701740605"), &json!("always")));
    let uri = format!("/v1/volunteers/{}", person["id"].as_str().unwrap());
    assert_eq!(body(send(&app, fixture::json("GET", &uri, &secret, &Value::Null)).await).await, person);
    let mut changed = anna();
    changed["name"] = json!("Anna Lund");
    let answer = send(&app, fixture::json("PUT", &uri, &secret, &changed)).await;
    assert_eq!(body(answer).await["name"], "Anna Lund");
}

#[tokio::test]
async fn the_same_request_with_the_same_key_is_done_once() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    let request = |value: &Value| {
        let mut request = fixture::json("POST", "/v1/volunteers", &secret, value);
        request.headers_mut().insert("idempotency-key", "one".parse().unwrap());
        request
    };
    let first = body(send(&app, request(&anna())).await).await;
    let again = send(&app, request(&anna())).await;
    assert_eq!(
        (again.status().as_u16(), again.headers()["idempotency-replayed"].as_bytes()),
        (201, &b"true"[..])
    );
    assert_eq!(body(again).await, first);
    let mut other = anna();
    other["phone"] = json!("+46701740606");
    let refused = send(&app, request(&other)).await;
    assert_eq!(refused.status(), 422);
    assert_eq!(body(refused).await["code"], "idempotency_key_reused");
}

#[tokio::test]
async fn twins_that_arrive_together_are_done_once() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    let request = || {
        let mut request = fixture::json("POST", "/v1/volunteers", &secret, &anna());
        request.headers_mut().insert("idempotency-key", "one".parse().unwrap());
        send(&app, request)
    };
    let (one, other) = tokio::join!(request(), request());
    for answer in [one, other] {
        let status = answer.status().as_u16();
        let problem = body(answer).await["code"].clone();
        assert!(status == 201 || (status, problem.as_str()) == (409, Some("idempotency_in_progress")));
    }
    assert_eq!(request().await.headers()["idempotency-replayed"], "true");
    assert_eq!(certus_registry::store::volunteer::count(&app.db).await.unwrap(), 1);
}

#[tokio::test]
async fn wrong_fields_are_answered_by_name() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    created(&app, &secret).await;
    let table = [
        ("modes", json!([]), 422, "modes", "invalid"),
        ("modes", json!(["moped"]), 422, "modes[0]", "invalid"),
        ("hours", json!("sometimes"), 422, "hours", "invalid"),
        ("colour", json!("red"), 422, "colour", "unknown"),
        ("vetting", json!({"state": "approved"}), 422, "vetting.until", "missing"),
        ("organisation", json!("0190163d-8694-739b-aea5-966c26f8ad91"), 422, "organisation", "invalid"),
        ("name", json!("Other"), 409, "phone", "taken"),
    ];
    for (key, value, status, field, code) in table {
        let mut request = anna();
        request[key] = value.clone();
        let answer = send(&app, fixture::json("POST", "/v1/volunteers", &secret, &request)).await;
        assert_eq!(answer.status(), status, "{key} {value}");
        let problem = body(answer).await;
        assert_eq!(
            (&problem["errors"][0]["field"], &problem["errors"][0]["code"]),
            (&json!(field), &json!(code)),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn pages_follow_one_another_to_the_end() {
    let (app, clock) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    for n in 0..5 {
        let mut person = anna();
        person["phone"] = json!(format!("+4670174060{n}"));
        clock.advance(Duration::from_millis(1));
        assert_eq!(send(&app, fixture::json("POST", "/v1/volunteers", &secret, &person)).await.status(), 201);
    }
    let (mut uri, mut phones) = ("/v1/volunteers?limit=2".to_owned(), Vec::new());
    loop {
        let page = body(send(&app, fixture::json("GET", &uri, &secret, &Value::Null)).await).await;
        phones.extend(page["volunteers"].as_array().unwrap().iter().map(|v| v["phone"].to_string()));
        let Some(next) = page["next"].as_str() else { break };
        uri = format!("/v1/volunteers?limit=2&after={next}");
    }
    assert_eq!(phones.len(), 5);
    for wrong in ["limit=0", "limit=201", "limit=x", "after=x", "page=1"] {
        let request = fixture::json("GET", &format!("/v1/volunteers?{wrong}"), &secret, &Value::Null);
        let problem = body(send(&app, request).await).await;
        assert_eq!(problem["code"], "invalid_query", "{wrong}");
        assert_eq!(problem["errors"][0]["field"], wrong.split('=').next().unwrap(), "{problem}");
    }
}

#[tokio::test]
async fn a_position_token_is_shown_once_and_kept_as_a_hash() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    let id = created(&app, &secret).await["id"].as_str().unwrap().to_owned();
    let uri = format!("/v1/volunteers/{id}/position-token");
    let token = body(send(&app, fixture::json("POST", &uri, &secret, &Value::Null)).await).await;
    let token = SecretHash::of(token["position_token"].as_str().unwrap());
    let held = certus_registry::store::volunteer::position_tokens(&app.db).await.unwrap();
    assert_eq!(held, vec![(token, id.parse().unwrap())]);
}

#[tokio::test]
async fn duty_is_switched() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    let id = created(&app, &secret).await["id"].as_str().unwrap().to_owned();
    let duty = |id: &str| {
        fixture::json(
            "PUT",
            &format!("/v1/volunteers/{id}/duty"),
            &secret,
            &json!({"state": "off", "until": "2026-12-24T17:00:00+01:00"}),
        )
    };
    assert_eq!(send(&app, duty(&id)).await.status(), 204);
    let uri = format!("/v1/volunteers/{id}");
    let person = body(send(&app, fixture::json("GET", &uri, &secret, &Value::Null)).await).await;
    assert_eq!(person["duty"], json!({"state": "off", "until": "2026-12-24T16:00:00.000Z"}));
    assert_eq!(send(&app, duty("0190163d-8694-739b-aea5-966c26f8ad91")).await.status(), 404);
}

#[tokio::test]
async fn an_identifier_that_is_none_is_named() {
    let (app, _) = fixture::app().await;
    let (_, secret) = fixture::key(&app, BOTH).await;
    let problem =
        body(send(&app, fixture::json("GET", "/v1/volunteers/abc", &secret, &Value::Null)).await).await;
    assert_eq!(
        (&problem["code"], &problem["errors"][0]["field"]),
        (&json!("invalid_path"), &json!("id")),
        "{problem}"
    );
}

#[tokio::test]
async fn nobody_gets_in_without_the_right_key() {
    let (app, _) = fixture::app().await;
    let (_, reader) = fixture::key(&app, &[Scope::VolunteersRead]).await;
    let none = send(&app, Request::get("/v1/volunteers").body(Body::empty()).unwrap()).await;
    assert_eq!((none.status().as_u16(), none.headers().contains_key("www-authenticate")), (401, true));
    assert_eq!(body(none).await["code"], "unauthenticated");
    let refused = send(&app, fixture::json("POST", "/v1/volunteers", &reader, &anna())).await;
    assert_eq!(refused.status(), 403);
    assert!(body(refused).await["detail"].as_str().unwrap().contains("volunteers:write"));
}

#[tokio::test]
async fn nobody_is_approved_by_writing_so() {
    let (app, _) = fixture::app().await;
    let (_, mover) = fixture::key(&app, BOTH).await;
    let (_, writer) = fixture::key(&app, &BOTH[..2]).await;
    let approved = created(&app, &mover).await;
    let uri = format!("/v1/volunteers/{}", approved["id"].as_str().unwrap());
    let put = async |secret, vetting: Value| {
        let mut request = anna();
        request["vetting"] = vetting;
        send(&app, fixture::json("PUT", &uri, secret, &request)).await
    };
    let longer = || json!({"state": "approved", "until": "2028-05-01"});
    let refused = put(&writer, longer()).await;
    assert_eq!(refused.status(), 422);
    let problem = body(refused).await;
    let error = &problem["errors"][0];
    assert_eq!((&error["field"], &error["code"]), (&json!("vetting"), &json!("not_vetted")), "{problem}");
    assert_eq!(put(&writer, approved["vetting"].clone()).await.status(), 200, "it is as it was");
    assert_eq!(put(&writer, json!({"state": "suspended"})).await.status(), 200);
    assert_eq!(put(&writer, approved["vetting"].clone()).await.status(), 422, "back is an approval, too");
    assert_eq!(put(&mover, longer()).await.status(), 200);
    let mut other = anna();
    other["phone"] = json!("+46701740699");
    let post = async |request: &Value| {
        send(&app, fixture::json("POST", "/v1/volunteers", &writer, request)).await.status().as_u16()
    };
    assert_eq!(post(&other).await, 422);
    other["vetting"] = json!({"state": "applied"});
    assert_eq!(post(&other).await, 201);
}
