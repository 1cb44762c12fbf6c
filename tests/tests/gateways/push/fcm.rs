//! FCM against our contract peer; no emulator of FCM exists.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::Clock;
use certus_registry::time::{ManualClock, SystemClock};
use certus_sms_bridge::Accepted;
use certus_sms_bridge::fcm::{DATA_MAX, Fcm, FcmSettings, FcmToken, ServiceAccount};
use certus_sms_bridge::push::PushError;
use certus_tests::push_peer::PushPeer;
use serde_json::{Value, json};

use super::{alarm, kind};

#[tokio::test]
async fn fcm_contract_peer_takes_a_data_message_for_an_alarm() {
    let bench = Bench::start().await;
    let accepted = bench.fcm.send(&live(), &data("Larm åäö"), &alarm("1")).await.unwrap();
    assert!(accepted.provider_id.starts_with("projects/certus-test/messages/"));
    let taken = bench.peer.received().await;
    assert_eq!(
        taken[0].more["message"],
        json!({
            "token": live().as_str(),
            "data": {"text": "Larm åäö"},
            "android": {"priority": "HIGH", "ttl": "300s", "collapse_key": taken[0].topic, "direct_boot_ok": true},
        })
    );
    assert_eq!(taken[0].topic.as_deref(), Some(alarm("1").topic.as_str()));
}

#[tokio::test]
async fn fcm_contract_peer_gives_one_token_for_many_messages_and_another_before_it_ends() {
    // The last assertion is made at the real time, the first looks almost an hour old.
    let bench = Bench::start_behind(Duration::from_mins(55)).await;
    for minutes in [0, 30, 24] {
        bench.clock.advance(Duration::from_mins(minutes));
        futures::future::try_join_all((0..5).map(|_| bench.send("Larm"))).await.unwrap();
    }
    assert_eq!(bench.tokens().await, 1);
    bench.clock.advance(Duration::from_mins(1));
    bench.send("Larm").await.unwrap();
    assert_eq!((bench.tokens().await, bench.peer.received().await.len()), (2, 16));
}

#[tokio::test]
async fn fcm_contract_peer_revokes_a_token_and_the_alarm_still_goes_out() {
    let bench = Bench::start().await;
    bench.send("Larm 1").await.unwrap();
    bench.peer.told("fcm-revoke", Value::Null).await;
    // A token that was given a moment ago is not what is wrong.
    assert_eq!(kind(bench.send("Larm 2").await), "our key is refused");
    bench.clock.advance(Duration::from_mins(1));
    bench.send("Larm 3").await.unwrap();
    assert_eq!(bench.tokens().await, 2);
}

#[tokio::test]
async fn fcm_contract_peers_every_error_says_what_to_do() {
    let bench = Bench::start().await;
    bench.send("the token is fetched").await.unwrap();
    let table = [
        (fault(404, "NOT_FOUND", "UNREGISTERED"), "gone"),
        (fault(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), "refused"),
        (fault(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), "our key is refused"),
        (fault(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), "our key is refused"),
        (fault(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), "told to wait 60 s"),
        (fault(503, "UNAVAILABLE", "UNAVAILABLE"), "not taken for now"),
        (fault(500, "INTERNAL", "INTERNAL"), "not taken for now"),
        (json!({"status": 404, "body": "{\"error\":{\"status\":\"NOT_FOUND\"}}"}), "our key is refused"),
        (json!({"status": 503, "headers": {"Retry-After": "9"}}), "told to wait 9 s"),
        (json!({"status": 307, "headers": {"Location": bench.peer.base_url()}}), "refused"),
        (json!({"status": 413}), "too large"),
        (json!({"status": 200, "body": "<html>rubbish"}), "no answer"),
        (json!({"status": 502}), "no answer"),
    ];
    for (fault, expected) in table {
        bench.peer.faults(json!([fault])).await;
        assert_eq!(kind(bench.send("Larm").await), expected, "{fault}");
    }
    assert_eq!(bench.peer.received().await.len(), 1);
}

#[tokio::test]
async fn fcm_contract_peer_tells_dead_foreign_and_wrong_devices_apart() {
    let bench = Bench::start().await;
    for (device, expected) in [("dead1", "gone"), ("foreign1", "our key is refused"), ("else", "refused")] {
        let device = FcmToken::parse(device).unwrap();
        assert_eq!(kind(bench.fcm.send(&device, &data("Larm"), &alarm("1")).await), expected);
    }
    assert_eq!(kind(bench.send(&"a".repeat(DATA_MAX - 3)).await), "too large");
    bench.send(&"a".repeat(DATA_MAX - 4)).await.unwrap();
}

#[tokio::test]
async fn fcm_contract_peer_without_a_token_to_give_keeps_nobody_waiting() {
    let bench = Bench::start().await;
    let table = [
        (json!({"status": 400, "body": "{\"error\":\"invalid_grant\"}"}), "our key is refused"),
        (json!({"status": 500}), "not taken for now"),
        (json!({"status": 200, "body": "rubbish"}), "not taken for now"),
        (json!({"status": 429, "headers": {"Retry-After": "3"}}), "told to wait 3 s"),
        (json!({"after_ms": 20_000}), "not taken for now"),
    ];
    for (fault, expected) in table {
        bench.peer.faults(json!([fault])).await;
        assert_eq!(kind(bench.send("Larm").await), expected, "{fault}");
        assert_eq!(kind(bench.send("at once, without asking again").await), expected, "{fault}");
        bench.clock.advance(Duration::from_secs(5));
    }
    bench.send("Larm").await.unwrap();
    assert_eq!(bench.peer.received().await.len(), 1);
}

#[tokio::test]
async fn an_fcm_key_file_that_is_none_is_refused_and_a_right_one_is_hidden() {
    let peer = PushPeer::start().await;
    let right = peer.told("fcm-account", Value::Null).await;
    let account = ServiceAccount::from_json(&right.to_string()).unwrap();
    assert_eq!(format!("{account:?}"), "ServiceAccount { project: \"certus-test\", .. }");
    for (field, wrong) in [("private_key", "rubbish"), ("token_uri", "ftp://a/b"), ("project_id", "../x")] {
        let mut file = right.clone();
        file[field] = json!(wrong);
        ServiceAccount::from_json(&file.to_string()).unwrap_err();
    }
    ServiceAccount::from_json("").unwrap_err();
}

/// A client and its peer. The client's clock stands still, at the real time or behind it.
struct Bench {
    peer: PushPeer,
    fcm: Fcm,
    clock: ManualClock,
}

impl Bench {
    async fn start() -> Self {
        Self::start_behind(Duration::ZERO).await
    }

    async fn start_behind(behind: Duration) -> Self {
        let (peer, clock) = (PushPeer::start().await, ManualClock::at(SystemClock.now() - behind));
        let file = peer.told("fcm-account", Value::Null).await;
        let account = ServiceAccount::from_json(&file.to_string()).unwrap();
        let settings = FcmSettings { key_file: PathBuf::new(), base_url: peer.base_url() };
        let fcm = Fcm::new(&settings, account, Arc::new(clock.clone())).unwrap();
        Self { peer, fcm, clock }
    }

    async fn send(&self, text: &str) -> Result<Accepted, PushError> {
        self.fcm.send(&live(), &data(text), &alarm("1")).await
    }

    async fn tokens(&self) -> u64 {
        self.peer.told("tokens", Value::Null).await.as_u64().unwrap()
    }
}

fn live() -> FcmToken {
    FcmToken::parse("live:abc-DEF_123").unwrap()
}

fn data(text: &str) -> BTreeMap<String, String> {
    BTreeMap::from([("text".to_owned(), text.to_owned())])
}

fn fault(status: u16, name: &str, code: &str) -> Value {
    let details = json!([{"@type": "other", "x": 1}, {"errorCode": code}]);
    json!({"status": status, "body": json!({"error": {"status": name, "details": details}}).to_string()})
}
