//! The routes of other people's apps through every layer.

use std::time::Duration;

use axum::body::Body;
use certus_registry::{Random, Secret};
use serde_json::{Value, json};

use super::*;
use crate::api::fixture::{self, START, body, phone, send};

#[tokio::test]
async fn owntracks_is_let_in_by_its_password_and_told_an_empty_list() {
    let (app, _) = fixture::app().await;
    let (person, token) = phone(&app).await;
    assert_eq!(owntracks(&app, &token, &location(0)).await, (200, json!([])));
    assert_eq!(app.positions.live().last(person).unwrap().fixed_at, START);
    assert_eq!(owntracks(&app, &token, "").await, (200, json!([])));
    let wrong = Secret::generate(&Random::from_seed(99));
    assert_eq!(owntracks(&app, &wrong, &location(1)).await.0, 401);
    for header in ["", "Basic", "Basic ???", &format!("Bearer {}", token.reveal())] {
        let request = axum::http::Request::post("/owntracks").header("authorization", header);
        let answer = send(&app, request.body(Body::from(location(1))).unwrap()).await;
        assert_eq!(answer.status(), 401, "{header}");
        assert_eq!(answer.headers()["www-authenticate"], "Basic realm=\"certus\"");
    }
    assert_eq!(app.positions.live().last(person).unwrap().fixed_at, START);
}

#[tokio::test]
async fn no_message_of_a_phone_that_was_let_in_stops_its_queue() {
    let (app, _) = fixture::app().await;
    let (_, token) = phone(&app).await;
    let encrypted = r#"{"_type":"encrypted","data":"AAAA"}"#.to_owned();
    let nowhere = location(5).replace("63.1", "0.0").replace("14.6", "0");
    let (fresh, old, future) = (location(0), location(-3_600), location(301));
    for message in [&fresh, &fresh, &old, &future, &nowhere, &encrypted, &"rubbish".to_owned()] {
        assert_eq!(owntracks(&app, &token, message).await, (200, json!([])), "{message}");
    }
    let metrics = app.metrics.text();
    assert!(metrics.contains("certus_positions_accepted_total 1"), "{metrics}");
    for reason in ["duplicate", "stale", "future", "null_island", "encrypted", "unreadable"] {
        let line = format!("certus_positions_dropped_total{{reason=\"{reason}\"}} 1");
        assert!(metrics.contains(&line), "{line}: {metrics}");
    }
    assert_eq!(owntracks(&app, &token, &"x".repeat(crate::serve::BODY_MAX + 1)).await.0, 413);
}

#[tokio::test]
async fn a_phone_on_a_call_out_whose_fix_is_old_is_asked_for_another_one() {
    let (app, clock) = fixture::app().await;
    let (person, token) = phone(&app).await;
    let status = r#"{"_type":"status"}"#;
    let report = json!([{"_type": "cmd", "action": "reportLocation"}]);
    assert_eq!(owntracks(&app, &token, status).await.1, json!([]), "on no call-out");
    app.positions.live().watch(person);
    assert_eq!(owntracks(&app, &token, status).await.1, report, "nobody knows where");
    assert_eq!(owntracks(&app, &token, &location(0)).await.1, json!([]));
    clock.advance(app.config.positions.ask_after());
    assert_eq!(owntracks(&app, &token, status).await.1, json!([]), "not older than the limit");
    clock.advance(Duration::from_millis(1));
    assert_eq!(owntracks(&app, &token, status).await.1, report);
    let old = location(0).replace(r#""t":"u""#, r#""t":"r""#);
    assert_eq!(owntracks(&app, &token, &old).await.1, json!([]), "it has just been asked");
    app.positions.live().unwatch(person);
    assert_eq!(owntracks(&app, &token, status).await.1, json!([]));
}

#[tokio::test]
async fn traccar_is_let_in_by_its_address_or_its_identifier() {
    let (app, _) = fixture::app().await;
    let (person, token) = phone(&app).await;
    let seconds = START.as_millis() / 1_000;
    let form = |id: &str, n: i64| format!("id={id}&lat=63.1&lon=14.6&timestamp={}", seconds + n);
    let (secret, address) = (token.reveal(), format!("/traccar/{}", token.reveal()));
    let second = json!({"device_id": secret, "location": {"timestamp": "2026-11-23T03:10:04Z",
        "coords": {"latitude": 63.1, "longitude": 14.6}}});
    let table = [
        ("GET", format!("{address}?{}", form("48241179", 0)), String::new()),
        ("POST", format!("{address}/?{}", form("48241179", 1)), String::new()),
        ("POST", address.clone(), form("48241179", 2)),
        ("POST", "/traccar".to_owned(), form(secret, 3)),
        ("POST", "/traccar/".to_owned(), second.to_string()),
    ];
    for (n, (method, uri, body)) in table.into_iter().enumerate() {
        assert_eq!(traccar(&app, method, &uri, body).await, 200, "{method} {n}");
        let last = app.positions.live().last(person).unwrap();
        assert_eq!(last.fixed_at, START + Duration::from_secs(n as u64), "{method} {n}");
    }
    assert_eq!(traccar(&app, "POST", &address, "rubbish".to_owned()).await, 200);
    assert_eq!(traccar(&app, "POST", "/traccar/NOBODY", form(secret, 9)).await, 404);
    for id in ["NOBODY", ""] {
        assert_eq!(traccar(&app, "POST", "/traccar", form(id, 9)).await, 401, "{id}");
    }
}

#[tokio::test]
async fn a_list_of_a_hundred_points_is_taken_and_one_more_is_too_large() {
    let (app, _) = fixture::app().await;
    let (_, token) = phone(&app).await;
    let seconds = START.as_millis() / 1_000;
    let point = |n: i64| json!({"id": "a", "lat": 63.1, "lon": 14.6, "timestamp": seconds - 200 + n});
    let address = format!("/traccar/{}", token.reveal());
    let list = |n| (0..n).map(point).collect::<Value>().to_string();
    assert_eq!(traccar(&app, "POST", &address, list(100)).await, 200);
    assert!(app.metrics.text().contains("certus_positions_accepted_total 100"));
    assert_eq!(traccar(&app, "POST", &address, list(101)).await, 413);
}

/// A location so many seconds after the start.
fn location(seconds: i64) -> String {
    let tst = START.as_millis() / 1_000 + seconds;
    format!(r#"{{"_type":"location","tst":{tst},"lat":63.1,"lon":14.6,"acc":12,"t":"u","tid":"JJ"}}"#)
}

async fn owntracks(app: &SharedApp, token: &Secret, said: &str) -> (u16, Value) {
    let basic = format!("Basic {}", STANDARD.encode(format!("anna:{}", token.reveal())));
    let request = axum::http::Request::post("/owntracks?u=anna&d=phone").header("authorization", basic);
    let answer = send(app, request.body(Body::from(said.to_owned())).unwrap()).await;
    (answer.status().as_u16(), body(answer).await)
}

async fn traccar(app: &SharedApp, method: &str, uri: &str, said: String) -> u16 {
    let request = axum::http::Request::builder().method(method).uri(uri);
    send(app, request.body(Body::from(said)).unwrap()).await.status().as_u16()
}
