//! The OpenAPI document against the program: `schemathesis` makes requests from it, right and wrong ones, and holds every
//! answer against what it promises.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::time::Duration;

use certus_tests::binary::{Certus, Setup};
use certus_tests::databases;
use certus_tests::push_peer::target;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::timeout;

/// Requests per operation and phase: what a minute on two busy cores allows.
const EXAMPLES: &str = "12";
/// The same requests in every run.
const SEED: &str = "112";
/// What an answer is held against.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
/// A stream: it does not end.
const ENDLESS: &str = "/v1/events";
/// What phones call, with a token of their own in place of a key.
const BY_TOKEN: &str = "^/v1/(positions|devices)";
/// Bounds of one run.
const LIMIT: Duration = Duration::from_mins(5);

#[tokio::test]
async fn every_answer_is_what_the_document_promises() {
    for fresh in databases::both().await {
        let mut certus = Certus::start(&fresh.url, Setup::default()).await;
        schemathesis(&certus, &certus.key, &["--exclude-path-regex", BY_TOKEN]).await;
        let token = position_token(&certus).await;
        schemathesis(&certus, &token, &["--include-path-regex", BY_TOKEN]).await;
        certus.stop().await;
    }
}

/// Runs it whole; a failure shows what it found, each with the request that repeats it.
async fn schemathesis(certus: &Certus, secret: &str, chosen: &[&str]) {
    let program = target().join("peers/schemathesis/bin/schemathesis");
    assert!(program.exists(), "schemathesis is not installed: tests/run installs it");
    let directory = tempfile::tempdir().unwrap(); // it keeps notes where it stands
    let run = Command::new(program)
        .arg("run")
        .arg(format!("{}/v1/openapi.json", certus.base_url))
        .args(["--header", &format!("Authorization: Bearer {secret}")])
        .args(["--checks", CHECKS, "--max-examples", EXAMPLES, "--seed", SEED, "--no-shrink"])
        .args(["--exclude-path", ENDLESS, "--request-timeout", "15"])
        .args(chosen)
        .current_dir(directory.path())
        .kill_on_drop(true)
        .output();
    let output = timeout(LIMIT, run).await.expect("schemathesis ends within its bound").unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(all_passed(&said), "it says how many requests passed, and all did: {said}");
}

/// From the line `1526 generated, 1526 passed`.
fn all_passed(said: &str) -> bool {
    said.lines().any(|line| {
        let counts = line.trim().split_once(" generated, ");
        let counts = counts.and_then(|(made, rest)| Some((made, rest.strip_suffix(" passed")?)));
        counts.is_some_and(|(made, passed)| made == passed && made.parse().is_ok_and(|made: u32| made > 0))
    })
}

async fn position_token(certus: &Certus) -> String {
    let anna = json!({"name": "Anna Berg", "phone": "+46701740605", "modes": ["car"], "vetting": {"state": "applied"}});
    let answer = certus.request(Method::POST, "/v1/volunteers").json(&anna).send().await.unwrap();
    assert_eq!(answer.status(), 201, "Anna is registered");
    let anna: Value = answer.json().await.unwrap();
    let path = format!("/v1/volunteers/{}/position-token", anna["id"].as_str().unwrap());
    let made: Value = certus.request(Method::POST, &path).send().await.unwrap().json().await.unwrap();
    made["position_token"].as_str().unwrap().to_owned()
}
