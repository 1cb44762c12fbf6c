//! What each fault of a push service becomes; nothing is lost in silence, and nothing is said that is not known.

use std::time::Duration;

use certus_sms_bridge::push::PushError;
use certus_sms_bridge::webpush::{Reach, Subscription, WebPush};
use certus_tests::binary::free_addresses;
use certus_tests::push_peer::PushPeer;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::webpush::{push, subscribe};
use super::{alarm, kind};

#[tokio::test]
async fn every_refusal_of_a_push_service_says_what_to_do() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    let table = [
        (json!({"status": 400}), "refused"),
        (json!({"status": 401}), "our key is refused"),
        (json!({"status": 403}), "our key is refused"),
        (json!({"status": 404}), "gone"),
        (json!({"status": 410}), "gone"),
        (json!({"status": 413}), "too large"),
        (json!({"status": 429}), "told to wait 60 s"),
        (json!({"status": 429, "headers": {"Retry-After": "7"}}), "told to wait 7 s"),
        (
            json!({"status": 503, "headers": {"Retry-After": "Thu, 01 Jan 1970 00:00:00 GMT"}}),
            "told to wait 0 s",
        ),
        (json!({"status": 500}), "not taken for now"),
        (json!({"status": 503, "body": "<html>\u{0}rubbish"}), "not taken for now"),
        (json!({"status": 502}), "no answer"),
        (json!({"status": 504}), "no answer"),
        (json!({"status": 999}), "refused"),
    ];
    for (fault, expected) in table {
        peer.faults(json!([fault])).await;
        assert_eq!(kind(push.send(&subscription, b"Larm", &alarm("1")).await), expected, "{fault}");
    }
    push.send(&subscription, b"Larm", &alarm("1")).await.unwrap();
    assert_eq!(peer.received().await.len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    for status in [301, 302, 307, 308] {
        let elsewhere = json!({"Location": subscription.endpoint().as_str()});
        peer.faults(json!([{"status": status, "headers": elsewhere}])).await;
        assert_eq!(kind(push.send(&subscription, b"Larm", &alarm("1")).await), "refused", "{status}");
    }
    assert_eq!(peer.received().await, []);
}

#[tokio::test]
async fn a_push_taken_by_a_service_too_slow_to_say_so_is_unknown() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    peer.faults(json!([{"after_ms": 20_000}])).await;
    let sent = push.send(&subscription, b"Larm", &alarm("1")).await;
    assert_eq!(sent, Err(PushError::Unknown { reason: "timed out".to_owned() }));
    assert_eq!(peer.received().await.len(), 1);
}

#[tokio::test]
async fn a_service_that_nobody_runs_is_temporary() {
    let (push, [address]) = (push(1), free_addresses());
    let sent = push.send(&at(&push, &address).await, b"Larm", &alarm("1")).await;
    assert_eq!(sent, Err(PushError::Temporary { reason: "could not connect".to_owned() }));
}

#[tokio::test]
async fn rubbish_in_place_of_an_answer_and_no_answer_at_all_are_unknown() {
    let push = push(1);
    for rubbish in
        [&b"\x00\xff rubbish\r\n\r\n"[..], b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 abc\r\n\r\n", b""]
    {
        let address = saying(rubbish.to_vec()).await;
        let sent = push.send(&at(&push, &address).await, b"Larm", &alarm("1")).await;
        assert_eq!(sent, Err(PushError::Unknown { reason: "the connection was lost".to_owned() }));
    }
}

#[tokio::test]
async fn an_answer_whose_body_never_ends_counts_by_its_status() {
    let push = push(1);
    for (status, expected) in [("201 Created", Ok(())), ("413 Too Large", Err("too large"))] {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: 99999999999\r\n\r\n{}", "x".repeat(50_000));
        let address = saying(head.into_bytes()).await;
        let subscription = at(&push, &address).await;
        let alarm = alarm("1");
        let sending = push.send(&subscription, b"Larm", &alarm);
        let sent = tokio::time::timeout(Duration::from_secs(5), sending).await.unwrap();
        match expected {
            Ok(()) => sent.unwrap(),
            Err(expected) => assert_eq!(kind(sent), expected),
        }
    }
}

#[tokio::test]
async fn no_error_repeats_the_endpoint() {
    let (peer, push) = (PushPeer::start().await, push(1));
    let subscription = subscribe(&peer, &push).await;
    let endpoint = subscription.endpoint().as_str().to_owned();
    let faults: Vec<Value> = [400, 404, 429, 500, 502].map(|s| json!({"status": s, "body": endpoint})).into();
    peer.faults(json!(faults)).await;
    let secret = endpoint.rsplit('/').next().unwrap();
    for _ in faults {
        let error = push.send(&subscription, b"Larm", &alarm("1")).await.unwrap_err();
        assert!(!format!("{error} {error:?} {subscription:?} {push:?}").contains(secret), "{error:?}");
    }
}

/// A subscription that is right in all but where it leads.
async fn at(push: &WebPush, address: &str) -> Subscription {
    let peer = PushPeer::start().await;
    let json = subscribe(&peer, push).await.to_json();
    let json = json.replace(&peer.base_url(), &format!("http://{address}"));
    Subscription::parse(&json, Reach::LoopbackToo).unwrap()
}

/// Somebody who reads a request and says only this.
async fn saying(words: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut caller, _)) = listener.accept().await {
            let mut request = [0; 8_192];
            let _ = caller.read(&mut request).await; // whatever it is
            let _ = caller.write_all(&words).await; // the caller may be gone
            if words.len() > 1_000 {
                std::future::pending::<()>().await;
            }
        }
    });
    address
}
