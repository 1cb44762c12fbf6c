//! The server starts, answers, survives a kill and stops when asked.

use certus_tests::binary::{self, Certus, Setup};
use certus_tests::databases;
use reqwest::{Method, RequestBuilder, StatusCode};

#[tokio::test]
async fn a_server_answers_who_has_a_key_and_stops_when_asked() {
    for fresh in databases::both().await {
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
