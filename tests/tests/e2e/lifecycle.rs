//! The server starts, answers, survives a kill and stops when asked.

use certus_tests::binary::{self, Certus, Setup};
use certus_tests::databases;
use reqwest::{Method, RequestBuilder, StatusCode};

#[tokio::test]
async fn a_server_makes_its_tables_answers_who_has_a_key_and_stops_when_asked() {
    for fresh in databases::empty().await {
        let mut certus = Certus::start(&fresh.url, Setup::default()).await;
        assert_answers(&certus, fresh.name).await;
        certus.stop().await;
    }
}

#[tokio::test]
async fn a_killed_server_comes_back_at_the_same_address_with_its_keys() {
    for fresh in databases::both().await {
        let mut certus = Certus::start(&fresh.url, Setup::default()).await;
        certus.kill_9().await;
        assert!(certus.request(Method::GET, "/v1/volunteers").send().await.is_err(), "{}", fresh.name);
        certus.restart().await;
        assert_answers(&certus, fresh.name).await;
        certus.stop().await;
    }
}

/// The client for APNs brings HTTP/2 into the program, and with it the server speaks it too: nothing else may differ.
#[tokio::test]
async fn over_http_2_the_same_limits_hold_and_an_open_stream_does_not_keep_a_server_from_stopping() {
    let fresh = databases::sqlite().await;
    let mut certus = Certus::start(&fresh.url, Setup::default()).await;
    let client = reqwest::Client::builder().http2_prior_knowledge().build().expect("an HTTP client");
    let url = |path: &str| format!("{}{path}", certus.base_url);
    let listed = client.get(url("/v1/volunteers")).bearer_auth(&certus.key);
    let version = listed.try_clone().expect("no body").send().await.expect("an answer").version();
    assert_eq!(version, reqwest::Version::HTTP_2);
    assert_status(listed, StatusCode::OK, fresh.name).await;
    assert_status(client.get(url("/v1/volunteers")), StatusCode::UNAUTHORIZED, fresh.name).await;
    let large = client.post(url("/v1/incidents")).bearer_auth(&certus.key);
    let large = large.header("content-type", "application/json").body("x".repeat(1_000_000));
    assert_status(large, StatusCode::PAYLOAD_TOO_LARGE, fresh.name).await;
    let stream = client.get(url("/v1/events")).bearer_auth(&certus.key).send().await.expect("a stream");
    assert_eq!(stream.status(), StatusCode::OK);
    assert!(certus.stop().await.success());
}

#[tokio::test]
async fn a_wrong_configuration_stops_the_start_and_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("certus.toml");
    std::fs::write(&file, "listen = \"here\"\n").unwrap();
    let output = binary::run(&[], &["--config", file.to_str().unwrap(), "serve"]).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("certus.toml, line 1, key listen: "), "{said}");
}

async fn assert_answers(certus: &Certus, database: &str) {
    assert_status(certus.operations("/health/ready"), StatusCode::OK, database).await;
    assert_status(certus.request(Method::GET, "/v1/volunteers"), StatusCode::OK, database).await;
    assert_status(certus.anonymous(Method::GET, "/v1/volunteers"), StatusCode::UNAUTHORIZED, database).await;
}

async fn assert_status(request: RequestBuilder, expected: StatusCode, database: &str) {
    let response = request.send().await.expect("an answer");
    assert_eq!(response.status(), expected, "{} on {database}", response.url());
}
