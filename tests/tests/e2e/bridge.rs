//! `certus bridge` beside a running server.

use std::process::Output;

use certus_tests::binary::{Certus, Setup};
use certus_tests::databases;
use certus_tests::peer::Peer;
use serde_json::json;

const NOT_ACCEPTED: &str = "A message was not accepted";

#[tokio::test]
async fn a_test_message_goes_through_the_running_server_and_is_counted() {
    for fresh in databases::both().await {
        let peer = Peer::start(super::PEER).await;
        let setup =
            Setup { config: peer.gateway(), expected_warnings: vec![NOT_ACCEPTED], ..Setup::default() };
        let mut certus = Certus::start(&fresh.url, setup).await;
        let sent = certus.run(&["bridge", "test", "+46701740605"]).await;
        assert!(sent.status.success(), "{}: {sent:?}", fresh.name);
        let milestones: Vec<String> = said(&sent)
            .lines()
            .filter_map(|line| line.split_whitespace().last().map(str::to_owned))
            .collect();
        assert_eq!(milestones, ["stored", "transmitted", "accepted", "delivered"], "{}", fresh.name);
        peer.control("trouble", json!({"fail": 1, "status": 400})).await;
        let refused = certus.run(&["bridge", "test", "+46701740606", "--language", "en"]).await;
        assert_eq!(refused.status.code(), Some(1), "{}: {refused:?}", fresh.name);
        let status = said(&certus.run(&["bridge", "status"]).await);
        let counted: Vec<&str> = status.lines().nth(1).unwrap_or_default().split_whitespace().collect();
        let expected = ["elks46", "sms", "0", "0", "0", "1", "0", "1", "0", "0", "50.0", "%", "0.35", "-"];
        assert_eq!(counted, expected, "{}: {status}", fresh.name);
        certus.stop().await;
    }
}

#[tokio::test]
async fn a_test_that_no_server_takes_says_so() {
    let fresh = databases::sqlite().await;
    let mut certus = Certus::start(&fresh.url, Setup::default()).await;
    certus.stop().await;
    let output = certus.run(&["bridge", "test", "+46701740605", "--wait", "1"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(error.starts_with("certus: no server took it within 1 s; does certus serve run"), "{error}");
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
