//! Web Push against npm's web-push-testing, and against our own strict peer.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::time::{ManualClock, SystemClock};
use certus_registry::{Clock, Random};
use certus_sms_bridge::Urgency;
use certus_sms_bridge::push::{Delivery, PushError};
use certus_sms_bridge::webpush::{
    PAYLOAD_MAX, Reach, Subscription, SubscriptionError, VapidKey, WebPush, WebPushSettings,
};
use certus_tests::push_peer::{PushPeer, WebPushTesting};
use serde_json::json;

use super::{alarm, kind};

#[tokio::test]
async fn another_peoples_push_service_decrypts_what_we_send_and_ends_a_subscription() {
    let (peer, push) = (WebPushTesting::start().await, push(1));
    let (json, name) = peer.subscribe(&push.application_server_key()).await;
    let subscription = Subscription::parse(&json, Reach::LoopbackToo).unwrap();
    for text in ["Larm 1 åäö", "Larm 2 🚑", ""] {
        push.send(&subscription, text.as_bytes(), &alarm("incident 1")).await.unwrap();
    }
    assert_eq!(peer.texts(&name).await, ["Larm 1 åäö", "Larm 2 🚑", ""]);
    peer.expire(&name).await;
    let sent = push.send(&subscription, b"Larm 3", &alarm("incident 1")).await;
    assert_eq!(sent, Err(PushError::Gone { since: None, reason: "HTTP 410".to_owned() }));
}

#[tokio::test]
async fn a_strict_push_service_takes_what_we_send_and_the_browser_reads_it() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    push.send(&subscription, "Larm åäö 🚑".as_bytes(), &alarm("incident 1")).await.unwrap();
    let notice = Delivery { urgency: Urgency::Notice, ..alarm("incident 2") };
    push.send(&subscription, b"Tack", &notice).await.unwrap();
    let taken = peer.received().await;
    assert_eq!((taken[0].text.as_str(), taken[1].text.as_str()), ("Larm åäö 🚑", "Tack"));
    assert_eq!((&taken[0].more["ttl"], &taken[0].more["urgency"]), (&json!("300"), &json!("high")));
    assert_eq!(taken[1].more["urgency"], "normal");
}

#[tokio::test]
async fn a_stand_down_replaces_the_alarm_that_still_waits_for_the_phone() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    for (text, reference) in [("Larm 1", "incident 1"), ("Larm 2", "incident 2"), ("Avblåst 1", "incident 1")]
    {
        push.send(&subscription, text.as_bytes(), &alarm(reference)).await.unwrap();
    }
    let waiting: Vec<_> = peer.waiting().await.into_iter().map(|taken| taken.text).collect();
    assert_eq!(waiting, ["Larm 2", "Avblåst 1"]);
}

#[tokio::test]
async fn the_longest_payload_is_taken_and_one_octet_more_never_leaves() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    push.send(&subscription, &[b'a'; PAYLOAD_MAX], &alarm("1")).await.unwrap();
    assert_eq!(kind(push.send(&subscription, &[b'a'; PAYLOAD_MAX + 1], &alarm("1")).await), "too large");
    let taken = peer.received().await;
    assert_eq!((taken.len(), taken[0].text.len()), (1, PAYLOAD_MAX));
}

#[tokio::test]
async fn a_token_is_good_until_the_moment_it_is_made_again() {
    let peer = PushPeer::start().await;
    // The peer has the real time: a client whose clock is behind shows it tokens as old as they get.
    let clock = ManualClock::at(SystemClock.now() - Duration::from_mins(6 * 60 - 1));
    let push = WebPush::new(&settings(true), key(1), Arc::new(clock.clone())).unwrap();
    let subscription = subscribe(&peer, &push).await;
    push.send(&subscription, b"1", &alarm("1")).await.unwrap();
    clock.advance(Duration::from_mins(6 * 60 - 1));
    push.send(&subscription, b"2", &alarm("2")).await.unwrap();
    clock.advance(Duration::from_mins(1));
    push.send(&subscription, b"3", &alarm("3")).await.unwrap();
    assert_eq!(peer.received().await.len(), 3);
}

#[tokio::test]
async fn a_subscription_that_ended_or_never_was_is_gone() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    peer.told("expire", json!({"endpoint": subscription.endpoint().as_str()})).await;
    assert_eq!(kind(push.send(&subscription, b"Larm", &alarm("1")).await), "gone");
    let other = subscription.to_json().replace("/push/", "/push/x");
    let other = Subscription::parse(&other, Reach::LoopbackToo).unwrap();
    assert_eq!(kind(push.send(&other, b"Larm", &alarm("1")).await), "gone");
}

#[tokio::test]
async fn a_subscription_made_for_another_key_is_a_fault_of_ours() {
    let peer = PushPeer::start().await;
    let subscription = subscribe(&peer, &push(1)).await;
    assert_eq!(kind(push(2).send(&subscription, b"Larm", &alarm("1")).await), "our key is refused");
}

#[tokio::test]
async fn in_service_nothing_is_pushed_to_an_address_of_our_own_network() {
    let (peer, testing) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &testing).await;
    let json = subscription.to_json();
    assert_eq!(Subscription::parse(&json, Reach::Public), Err(SubscriptionError::Endpoint));
    let push = WebPush::new(&settings(false), key(1), Arc::new(SystemClock)).unwrap();
    assert_eq!(kind(push.send(&subscription, b"Larm", &alarm("1")).await), "refused");
    // A name passes as text; what it resolves to does not.
    let named = json.replace("http://127.0.0.1", "https://localhost");
    let named = Subscription::parse(&named, Reach::Public).unwrap();
    let refused = push.send(&named, b"Larm", &alarm("1")).await.unwrap_err();
    assert_eq!(refused.to_string(), "refused: the endpoint has no public address");
    assert_eq!(peer.received().await, []);
}

#[tokio::test]
async fn the_strict_peer_refuses_what_a_push_service_refuses() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    let right = [("TTL", "60"), ("Content-Encoding", "aes128gcm"), ("Topic", "a")];
    let without = |name| right.into_iter().filter(move |(header, _)| *header != name);
    let table = [
        (without("TTL").collect::<Vec<_>>(), 10, 400),
        (without("Content-Encoding").collect(), 10, 400),
        (without("Topic").chain([("Topic", "a+b")]).collect(), 10, 400),
        (without("Topic").chain([("Topic", "123456789012345678901234567890123")]).collect(), 10, 400),
        (right.to_vec(), 4_097, 413),
        (right.to_vec(), 10, 401),
    ];
    for (headers, octets, expected) in table {
        let post = reqwest::Client::new().post(subscription.endpoint().clone()).body(vec![0; octets]);
        let post = headers.iter().fold(post, |post, (name, value)| post.header(*name, *value));
        assert_eq!(post.send().await.unwrap().status().as_u16(), expected, "{headers:?} {octets}");
    }
    assert_eq!(peer.received().await, []);
}

pub(super) fn push(seed: u64) -> WebPush {
    WebPush::new(&settings(true), key(seed), Arc::new(SystemClock)).unwrap()
}

pub(super) async fn subscribe(peer: &PushPeer, push: &WebPush) -> Subscription {
    let json = peer.subscribe(&push.application_server_key()).await;
    Subscription::parse(&json, Reach::LoopbackToo).unwrap()
}

/// As a restart has it: out of its file.
fn key(seed: u64) -> VapidKey {
    VapidKey::from_pem(&VapidKey::generate(&Random::from_seed(seed)).to_pem()).unwrap()
}

fn settings(allow_loopback: bool) -> WebPushSettings {
    let contact = "mailto:drift@example.org".to_owned();
    WebPushSettings { key_file: PathBuf::new(), contact, allow_loopback }
}
