use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use certus_registry::{Remit, Scope, Secret};
use serde_json::{Value, json};

use crate::api::SharedApp;
use crate::api::fixture::{self, body, send};
use crate::api::incidents::NewIncident;
use crate::incident::{CallerLocation, LocationMethod};

use super::*;

const AML: &str = "A\"ML=1;lt=+63.34730;lg=+13.45810;rd=14;top=20261123030500;lc=68;pm=G;ml=70";

fn alarm(more: &Value) -> Value {
    let mut alarm =
        json!({"event_type": "cardiac_arrest", "place": {"lat": 63.347, "lon": 13.457, "name": "Järpen"}});
    alarm.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    alarm
}

async fn caller_of(app: &App, more: &Value) -> Option<CallerLocation> {
    let new: NewIncident = serde_json::from_value(alarm(more)).unwrap();
    new.parse(app, Remit::All).await.unwrap().caller
}

#[tokio::test]
async fn the_fields_and_the_phones_own_text_say_the_same() {
    let (app, _) = fixture::app().await;
    let fields = json!({"caller_location": {"lat": 63.3473, "lon": 13.4581, "accuracy_m": 14, "confidence": 68,
        "method": "gnss", "time": "2026-11-23T04:05:00+01:00"}});
    let caller = caller_of(&app, &fields).await.unwrap();
    assert_eq!((caller.method, caller.accuracy_m), (LocationMethod::Gnss, Some(14)));
    assert_eq!(caller_of(&app, &json!({"aml": AML})).await, Some(caller));
    assert_eq!(caller_of(&app, &json!({})).await, None);
}

#[tokio::test]
async fn an_alarm_goes_on_without_a_text_that_cannot_be_read() {
    let (app, _) = fixture::app().await;
    assert_eq!(caller_of(&app, &json!({"aml": AML.replace("rd=14", "rd=N")})).await, None);
    assert!(!app.metrics.text().contains("caller_locations_dropped_total{"), "it said that it knows none");
    assert_eq!(caller_of(&app, &json!({"aml": AML.replace("lg=", "ln=")})).await, None);
    let line = "certus_caller_locations_dropped_total{reason=\"lg\"} 1";
    assert!(app.metrics.text().contains(line), "{}", app.metrics.text());
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let (app, _) = fixture::app().await;
    let (_, key) = fixture::key(&app, &[Scope::IncidentsWrite]).await;
    let good = json!({"lat": 63.3, "lon": 13.4, "method": "cell", "time": "2026-11-23T03:05:00Z"});
    for (key_of, value, field) in [
        ("lat", json!(0), "caller_location"),
        ("lat", json!(91), "caller_location"),
        ("accuracy_m", json!(70_001), "caller_location.accuracy_m"),
        ("confidence", json!(101), "caller_location.confidence"),
        ("time", json!("now"), "caller_location.time"),
        ("method", json!("luck"), "caller_location.method"),
        ("colour", json!(1), "caller_location.colour"),
    ] {
        let mut wrong = good.clone();
        wrong[key_of] = value;
        if key_of == "lat" && field == "caller_location" && wrong["lat"] == 0 {
            wrong["lon"] = json!(0);
        }
        let problem = raise(&app, &key, &json!({"caller_location": wrong})).await;
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
    }
}

#[test]
fn it_is_shown_with_its_distance_to_the_place() {
    let position = Position::new(63.347, 13.457).unwrap();
    let place = Place { position, accuracy_m: 100, name: "Järpen".to_owned(), detail: None };
    let caller = aml::read(AML).unwrap().unwrap();
    let view = serde_json::to_value(CallerView::of(&caller, &place)).unwrap();
    assert_eq!(view["time"], "2026-11-23T03:05:00.000Z");
    assert_eq!((&view["method"], &view["confidence"]), (&json!("gnss"), &json!(68)));
    let apart = caller.position.distance_to(position).0;
    assert!((view["distance_m"].as_f64().unwrap() - apart).abs() <= 0.5, "{view}");
}

async fn raise(app: &SharedApp, key: &Secret, more: &Value) -> Value {
    let app = Arc::clone(app);
    let request: Request<Body> = fixture::json("POST", "/v1/incidents", key, &alarm(more));
    body(send(&app, request).await).await
}
