//! APNs against our contract peer, over HTTP/2; no emulator of APNs exists.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::time::{ManualClock, SystemClock};
use certus_registry::{Clock, Timestamp};
use certus_sms_bridge::Accepted;
use certus_sms_bridge::apns::{Alert, Apns, ApnsKey, ApnsSettings, DeviceToken};
use certus_sms_bridge::push::{PushError, SetupError};
use certus_tests::push_peer::PushPeer;
use serde_json::{Value, json};

use super::{alarm, kind};

#[tokio::test]
async fn apns_contract_peer_takes_an_alarm_over_http2() {
    let bench = Bench::start(Duration::ZERO).await;
    let accepted = bench.send("Larm åäö").await.unwrap();
    assert_eq!(accepted.provider_id.len(), 36);
    let taken = bench.peer.received().await;
    let expires = (bench.clock.now() + Duration::from_mins(5)).as_millis() / 1_000;
    let expected = json!({
        "apns-topic": "se.example.certus",
        "apns-push-type": "alert",
        "apns-priority": "10",
        "apns-expiration": expires.to_string(),
        "apns-collapse-id": alarm("1").topic.as_str(),
    });
    assert_eq!(taken[0].more["headers"], expected);
    assert_eq!(taken[0].more["payload"]["aps"]["alert"]["body"], "Larm åäö");
    assert_eq!(taken[0].more["payload"]["link"], "x");
}

#[tokio::test]
async fn apns_contract_peer_sees_a_token_made_again_between_20_and_60_minutes() {
    let bench = Bench::start(Duration::from_mins(50)).await;
    bench.send("a token that looks 50 minutes old").await.unwrap();
    bench.clock.advance(Duration::from_mins(39));
    bench.send("the same").await.unwrap();
    bench.clock.advance(Duration::from_mins(1));
    bench.send("another").await.unwrap();
    let taken = bench.peer.received().await;
    let made: Vec<_> =
        taken.iter().map(|taken| taken.more["provider_token_made_at"].as_i64().unwrap()).collect();
    assert_eq!((made[1] - made[0], made[2] - made[0]), (0, 40 * 60), "in seconds");
}

#[tokio::test]
async fn apns_contract_peer_finds_a_token_too_old_and_the_alarm_still_goes_out() {
    let bench = Bench::start(Duration::from_mins(25)).await;
    let expired = json!([{"status": 403, "body": "{\"reason\":\"ExpiredProviderToken\"}"}]);
    bench.send("Larm 1").await.unwrap();
    bench.peer.faults(expired.clone()).await;
    bench.clock.advance(Duration::from_mins(19));
    // Apple would refuse another one after less than 20 minutes.
    assert_eq!(kind(bench.send("Larm 2").await), "our key is refused");
    bench.clock.advance(Duration::from_mins(1));
    bench.peer.faults(expired).await;
    bench.send("Larm 3").await.unwrap();
    assert_eq!(bench.peer.received().await.len(), 2);
}

#[tokio::test]
async fn apns_contract_peer_says_since_when_a_device_is_gone() {
    let bench = Bench::start(Duration::ZERO).await;
    let dead = DeviceToken::parse(&format!("dead{}", "0".repeat(60))).unwrap();
    let sent = bench.apns.send(&dead, &alert("Larm"), &alarm("1")).await;
    let since = Some(Timestamp::from_millis(1_795_400_000_000));
    assert_eq!(sent, Err(PushError::Gone { since, reason: "HTTP 410 Unregistered".to_owned() }));
    let none = DeviceToken::parse(&format!("0bad{}", "0".repeat(60))).unwrap();
    assert_eq!(kind(bench.apns.send(&none, &alert("Larm"), &alarm("1")).await), "refused");
}

#[tokio::test]
async fn apns_contract_peers_every_error_says_what_to_do() {
    let bench = Bench::start(Duration::ZERO).await;
    let fault =
        |status: u16, reason: &str| json!({"status": status, "body": json!({"reason": reason}).to_string()});
    let table = [
        (fault(400, "BadDeviceToken"), "refused"),
        (fault(403, "InvalidProviderToken"), "our key is refused"),
        (fault(404, "BadPath"), "refused"),
        (fault(410, "ExpiredToken"), "gone"),
        (fault(413, "PayloadTooLarge"), "too large"),
        (fault(429, "TooManyRequests"), "told to wait 60 s"),
        (fault(500, "InternalServerError"), "not taken for now"),
        (fault(503, "ServiceUnavailable"), "not taken for now"),
        (json!({"status": 503, "headers": {"retry-after": "4"}}), "told to wait 4 s"),
        (json!({"status": 302, "headers": {"location": bench.peer.base_url()}}), "refused"),
        (json!({"status": 200, "body": "rubbish"}), "no answer"),
        (json!({"status": 502, "body": "<html>"}), "no answer"),
        (json!({"after_ms": 20_000}), "no answer"),
    ];
    for (fault, expected) in table {
        bench.peer.faults(json!([fault])).await;
        assert_eq!(kind(bench.send("Larm").await), expected, "{fault}");
    }
    assert_eq!(kind(bench.send(&"a".repeat(4_096)).await), "too large");
    bench.send("Larm").await.unwrap();
    assert_eq!(bench.peer.received().await.len(), 2, "the slow one and the last");
}

#[tokio::test]
async fn apns_settings_that_cannot_be_right_are_refused_at_the_start() {
    let peer = PushPeer::start().await;
    let account = peer.told("apns-account", Value::Null).await;
    let right = settings(&peer, &account);
    let wrong = [
        ("key_id", ApnsSettings { key_id: "A\r\nB".to_owned(), ..right.clone() }),
        ("team_id", ApnsSettings { team_id: String::new(), ..right.clone() }),
        ("bundle_id", ApnsSettings { bundle_id: "se/x".to_owned(), ..right.clone() }),
        ("base_url", ApnsSettings { base_url: "api.push.apple.com".to_owned(), ..right.clone() }),
    ];
    for (field, settings) in wrong {
        let made = Apns::new(settings, key(&account), Arc::new(SystemClock));
        assert!(matches!(made, Err(SetupError::Setting { setting, .. }) if setting == field), "{field}");
    }
    ApnsKey::from_pem("rubbish").unwrap_err();
}

/// A client and its peer. The client's clock stands still, so far behind the peer's.
struct Bench {
    peer: PushPeer,
    apns: Apns,
    clock: ManualClock,
}

impl Bench {
    async fn start(behind: Duration) -> Self {
        let (peer, clock) = (PushPeer::start().await, ManualClock::at(SystemClock.now() - behind));
        let account = peer.told("apns-account", Value::Null).await;
        let (settings, key) = (settings(&peer, &account), key(&account));
        let apns = Apns::new(settings, key, Arc::new(clock.clone())).unwrap();
        Self { peer, apns, clock }
    }

    async fn send(&self, text: &str) -> Result<Accepted, PushError> {
        let device = DeviceToken::parse(&"a1".repeat(32)).unwrap();
        self.apns.send(&device, &alert(text), &alarm("1")).await
    }
}

fn settings(peer: &PushPeer, account: &Value) -> ApnsSettings {
    let text = |field: &str| account[field].as_str().unwrap().to_owned();
    ApnsSettings {
        key_file: PathBuf::new(),
        key_id: text("key_id"),
        team_id: text("team_id"),
        bundle_id: text("bundle_id"),
        critical_alerts: false,
        base_url: peer.base_url(),
    }
}

fn key(account: &Value) -> ApnsKey {
    ApnsKey::from_pem(account["pem"].as_str().unwrap()).unwrap()
}

fn alert(body: &str) -> Alert {
    let data = BTreeMap::from([("link".to_owned(), "x".to_owned())]);
    Alert { title: "Larm".to_owned(), body: body.to_owned(), data }
}
