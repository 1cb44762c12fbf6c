//! The route through every layer, on a database in memory.

use axum::body::Body;
use axum::http::Request;
use certus_registry::{Random, Secret};
use serde_json::{Value, json};

use super::*;
use crate::api::fixture::{self, START, body, phone, send};

#[tokio::test]
async fn one_point_or_many_are_taken_and_found_at_once() {
    let (app, _) = fixture::app().await;
    let (person, token) = phone(&app).await;
    let one = json!({"lat": 63.1, "lon": 14.6, "accuracy": 12, "time": START.rfc3339(), "speed": 3});
    assert_eq!(post(&app, &token, &one).await, (200, json!({"accepted": 1, "dropped": {}})));
    let seconds = START.as_millis() / 1_000;
    let many = json!([
        {"lat": 63.2, "lon": 14.6, "time": seconds + 1},
        {"lat": 63.3, "lon": 14.6, "time": START.as_millis() + 2_000, "accuracy": null},
        {"lat": 63.3, "lon": 14.6, "time": seconds + 2},
        {"lat": 63.4, "lon": 14.6, "time": "2026-11-23T04:10:01.500+01:00"},
        {"lat": 0, "lon": 0.0, "time": seconds + 3},
        {"lat": 99, "lon": 14.6, "time": seconds + 3},
        {"lat": 63.5, "lon": 14.6, "time": 1e300},
    ]);
    let dropped = json!({"future": 1, "off_the_earth": 1, "null_island": 1, "duplicate": 1, "stale": 1});
    assert_eq!(post(&app, &token, &many).await, (200, json!({"accepted": 2, "dropped": dropped})));
    let last = app.positions.live().last(person).unwrap();
    assert_eq!((last.position.lat(), last.fixed_at.as_millis()), (63.3, START.as_millis() + 2_000));
    let metrics = app.metrics.text();
    assert!(metrics.contains("certus_positions_accepted_total 3"), "{metrics}");
    assert!(metrics.contains(r#"certus_positions_dropped_total{reason="stale"} 1"#), "{metrics}");
}

#[tokio::test]
async fn what_is_malformed_is_named_by_index_and_field() {
    let (app, _) = fixture::app().await;
    let (person, token) = phone(&app).await;
    let good = json!({"lat": 63.1, "lon": 14.6, "time": 1_795_403_400});
    for (bad, field, code) in [
        (json!([good, good, good, {"lat": "north", "lon": 14.6, "time": 1}]), "[3].lat", "invalid"),
        (json!([good, {"lat": 63.1, "time": 1}]), "[1].lon", "missing"),
        (json!([{"lat": 63.1, "lon": 14.6, "time": "yesterday"}]), "[0].time", "invalid"),
        (json!({"lat": 63.1, "lon": 14.6}), "time", "missing"),
        (json!({"lat": 63.1, "lon": 14.6, "time": true}), "time", "invalid"),
        (json!({"lat": null, "lon": 14.6, "time": 1}), "lat", "invalid"),
        (json!("here"), "(body)", "invalid"),
    ] {
        let (status, problem) = post(&app, &token, &bad).await;
        let error = &problem["errors"][0];
        assert_eq!((status, &error["field"], &error["code"]), (422, &json!(field), &json!(code)), "{bad}");
    }
    assert!(app.positions.live().last(person).is_none(), "a refused request takes nothing");
    let broken = request(&token).body(Body::from("[{")).unwrap();
    assert_eq!(send(&app, broken).await.status(), 400);
}

#[tokio::test]
async fn a_thousand_points_are_taken_and_one_more_is_too_many() {
    let (app, _) = fixture::app().await;
    let (_, token) = phone(&app).await;
    let point = |n: i64| {
        json!({"lat": 63.123_456_789_012_34, "lon": 14.123_456_789_012_34, "accuracy": 12.345_678,
            "time": (START - std::time::Duration::from_secs(5_000)).as_millis() + n})
    };
    let full: Value = (0..1_000).map(point).collect();
    assert_eq!(post(&app, &token, &full).await, (200, json!({"accepted": 1_000, "dropped": {}})));
    let (status, problem) = post(&app, &token, &(0..1_001).map(point).collect()).await;
    assert_eq!((status, &problem["code"]), (413, &json!("body_too_large")));
    let (status, _) = post(&app, &token, &json!([{"note": "x".repeat(BODY_MAX)}])).await;
    assert_eq!(status, 413);
    assert_eq!(post(&app, &token, &json!([])).await, (200, json!({"accepted": 0, "dropped": {}})));
}

#[tokio::test]
async fn only_a_position_token_opens_and_it_is_checked_before_the_body() {
    let (app, clock) = fixture::app().await;
    let (_, token) = phone(&app).await;
    let wrong = Secret::generate(&Random::from_seed(99));
    let (status, problem) = post(&app, &wrong, &json!("nonsense")).await;
    assert_eq!((status, &problem["code"]), (401, &json!("unauthenticated")));
    let none = Request::post("/v1/positions").body(Body::from("[]")).unwrap();
    assert_eq!(send(&app, none).await.status(), 401);
    clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(post(&app, &token, &json!([])).await.0, 200);
    let plain = Request::post("/v1/positions").header("authorization", format!("Bearer {}", token.reveal()));
    assert_eq!(send(&app, plain.body(Body::from("[]")).unwrap()).await.status(), 415);
}

#[test]
fn the_document_describes_one_point_or_a_list() {
    let document: Value = serde_json::from_str(&crate::api::openapi::json().unwrap()).unwrap();
    let operation = &document["paths"]["/v1/positions"]["post"];
    let sent = &operation["requestBody"]["content"]["application/json"]["schema"]["$ref"];
    assert_eq!(sent, "#/components/schemas/PositionReport");
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["PositionReport"]["oneOf"].as_array().unwrap().len(), 2);
    assert_eq!(schemas["PositionPoint"]["required"], json!(["lat", "lon", "time"]));
    assert_eq!(operation["security"], json!([{"bearer": []}]));
}

fn request(token: &Secret) -> axum::http::request::Builder {
    let bearer = format!("Bearer {}", token.reveal());
    Request::post("/v1/positions").header("authorization", bearer).header("content-type", "application/json")
}

async fn post(app: &SharedApp, token: &Secret, sent: &Value) -> (u16, Value) {
    let answer = send(app, request(token).body(Body::from(sent.to_string())).unwrap()).await;
    (answer.status().as_u16(), body(answer).await)
}
