//! Bad input: every error is problem+json with a stable code and the field's name; a wrong configuration starts nothing.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use certus_tests::binary::{self, Certus, Setup};
use certus_tests::databases;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

const INCIDENTS: &str = "/v1/incidents";

#[tokio::test]
async fn every_wrong_request_is_told_what_is_wrong() {
    let fresh = databases::sqlite().await;
    let mut certus = Certus::start(&fresh.url, Setup::default()).await;
    let nobody = "/v1/incidents/01a20987-1b74-75d7-8986-5e0265b34ef9";
    let with = |field: &str, value: Value| {
        let mut body = incident();
        *body.pointer_mut(field).unwrap() = value;
        certus.request(Method::POST, INCIDENTS).json(&body)
    };
    let text = |body: String| {
        certus.request(Method::POST, INCIDENTS).header("content-type", "application/json").body(body)
    };
    let extra = json!({"event_type": "fire", "place": incident()["place"], "colour": "red"});
    let table: Vec<(RequestBuilder, u16, &str, &str)> = vec![
        (text("{".to_owned()), 400, "malformed_json", ""),
        (text(format!("\"{}\"", "x".repeat(100_000))), 413, "body_too_large", ""),
        (certus.request(Method::POST, INCIDENTS).body("a=b"), 415, "unsupported_media_type", ""),
        (certus.request(Method::POST, INCIDENTS).json(&extra), 422, "invalid_fields", "colour"),
        (with("/event_type", json!("ufo")), 422, "invalid_fields", "event_type"),
        (with("/place/lat", json!(91.0)), 422, "invalid_fields", "place"),
        (with("/place", json!({"lat": 0, "lon": 0, "name": "x"})), 422, "invalid_fields", "place"),
        (with("/place/name", json!(" ")), 422, "invalid_fields", "place.name"),
        (with("/place/name", json!("x".repeat(81))), 422, "invalid_fields", "place.name"),
        (with("/ambulance_eta", json!("soon")), 422, "invalid_fields", "ambulance_eta"),
        (certus.anonymous(Method::GET, INCIDENTS), 401, "unauthenticated", ""),
        (certus.request(Method::GET, nobody), 404, "not_found", ""),
        (certus.request(Method::GET, "/v1/incidents/x"), 400, "invalid_path", ""),
        (certus.request(Method::GET, "/v1/incidents?state=odd"), 400, "invalid_query", ""),
        (certus.request(Method::DELETE, INCIDENTS), 405, "method_not_allowed", ""),
        (certus.request(Method::GET, "/v1/nothing"), 404, "not_found", ""),
    ];
    for (request, status, code, field) in table {
        assert_problem(request, status, code, field).await;
    }
    certus.stop().await;
}

#[tokio::test]
async fn a_key_does_only_what_its_scopes_say_and_a_closed_incident_stays_closed() {
    let fresh = databases::sqlite().await;
    let mut certus = Certus::start(&fresh.url, Setup::default()).await;
    let reader = certus.run(&["key", "add", "--name", "reader", "--scope", "incidents:read"]).await;
    let reader = String::from_utf8(reader.stdout).unwrap().trim().to_owned();
    let refused = certus.anonymous(Method::POST, INCIDENTS).bearer_auth(&reader).json(&incident());
    assert_problem(refused, 403, "scope_missing", "").await;
    let raised: Value =
        post(&certus, INCIDENTS, "a").json(&incident()).send().await.unwrap().json().await.unwrap();
    let path = format!("{INCIDENTS}/{}", raised["id"].as_str().unwrap());
    assert_eq!(post(&certus, &format!("{path}/close"), "b").send().await.unwrap().status(), 200);
    assert_problem(post(&certus, &format!("{path}/stand-down"), "c"), 409, "conflict", "").await;
    certus.stop().await;
}

#[tokio::test]
async fn a_request_under_the_same_key_is_done_once_and_another_one_is_refused() {
    for fresh in databases::both().await {
        let mut certus = Certus::start(&fresh.url, Setup::default()).await;
        let first = post(&certus, INCIDENTS, "k").json(&incident()).send().await.unwrap();
        assert_eq!(first.status(), 201, "{}", fresh.name);
        let again = post(&certus, INCIDENTS, "k").json(&incident()).send().await.unwrap();
        assert_eq!(
            (again.status().as_u16(), again.headers()["idempotency-replayed"].as_bytes()),
            (201, &b"true"[..])
        );
        assert_eq!(first.text().await.unwrap(), again.text().await.unwrap(), "{}", fresh.name);
        let mut other = incident();
        other["event_type"] = json!("fire");
        assert_problem(post(&certus, INCIDENTS, "k").json(&other), 422, "idempotency_key_reused", "").await;
        certus.stop().await;
    }
}

#[tokio::test]
async fn a_wrong_configuration_names_file_key_and_expectation_and_starts_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let policies = folder.path().join("policies.toml");
    std::fs::write(&policies, "version = \"x\"\n[ufo]\n").unwrap();
    let table = [
        ("colour = 1\n".to_owned(), "line 1, key colour"),
        ("time_zone = \"Mars/Olympus\"\n".to_owned(), "key time_zone"),
        ("database = \"mysql:x\"\n".to_owned(), "key database"),
        ("[gateway.pigeon]\nfrom = \"x\"\n".to_owned(), "line 1, key gateway.pigeon"),
        (
            format!(
                "database = \"sqlite::memory:\"\nlisten = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\npolicies = {policies:?}\n"
            ),
            "policies.toml: ",
        ),
    ];
    for (text, expected) in table {
        let file = folder.path().join("certus.toml");
        std::fs::write(&file, &text).unwrap();
        let output = binary::run(&[], &["--config", file.to_str().unwrap(), "serve"]).await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{text}: {said}");
        assert!(said.contains(expected), "{text}: {said}");
    }
}

fn incident() -> Value {
    let place = json!({"lat": 63.347, "lon": 13.457, "name": "Järpen"});
    json!({"event_type": "cardiac_arrest", "place": place, "ambulance_eta": "2099-01-01T00:00:00Z"})
}

fn post(certus: &Certus, path: &str, key: &str) -> RequestBuilder {
    certus.request(Method::POST, path).header("Idempotency-Key", key)
}

async fn assert_problem(request: RequestBuilder, status: u16, code: &str, field: &str) {
    let response = request.send().await.unwrap();
    let url = response.url().clone();
    assert_eq!(response.status().as_u16(), status, "{url} {code}");
    assert_eq!(response.headers()["content-type"], "application/problem+json", "{url}");
    let problem: Value = response.json().await.unwrap();
    assert_eq!(problem["code"], code, "{url}: {problem}");
    if !field.is_empty() {
        assert_eq!(problem["errors"][0]["field"], field, "{url}: {problem}");
    }
}
