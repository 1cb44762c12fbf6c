//! What a search makes of a router's answer, and of none.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::extract::{Path, RawQuery, State};
use axum::routing::{get, post};
use axum::{Json, http::StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_518_000_000);

fn at(north: f64) -> Position {
    Position::new(63.18 + north, 14.64).unwrap()
}

fn noon() -> ZonedDateTime {
    NOW.in_zone(&jiff::tz::TimeZone::UTC)
}

/// A router on loopback that is asked so many times, and knows no way from its second place on.
async fn router(kind: Kind, status: StatusCode) -> (Remote, Arc<AtomicU32>) {
    let asked = Arc::new(AtomicU32::new(0));
    let osrm = move |State(asked): State<Arc<AtomicU32>>,
                     Path(places): Path<String>,
                     RawQuery(query): RawQuery| async move {
        asked.fetch_add(1, Ordering::SeqCst);
        let rows: Vec<Value> =
            (1..places.split(';').count()).map(|place| json!([(place == 1).then_some(61.2)])).collect();
        assert!(places.starts_with("14.640000,63.180000;") && query.unwrap().contains("destinations=0"));
        (status, Json(json!({"code": "Ok", "durations": rows})))
    };
    let valhalla = move |State(asked): State<Arc<AtomicU32>>, Json(body): Json<Value>| async move {
        asked.fetch_add(1, Ordering::SeqCst);
        let rows = (0..body["sources"].as_array().unwrap().len())
            .map(|place| json!([{"time": (place == 0).then_some(61)}]));
        assert!(body["costing"] == "auto" && body["targets"][0]["lat"] == 63.18);
        (status, Json(json!({"sources_to_targets": rows.collect::<Vec<_>>()})))
    };
    let app = axum::Router::new()
        .route("/table/v1/driving/{places}", get(osrm))
        .route("/sources_to_targets", post(valhalla))
        .with_state(Arc::clone(&asked));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    (Remote::new(Router::new(kind, url).unwrap(), StraightLine::default()), asked)
}

/// Seconds by car of two people, and the label.
fn search(remote: &Remote) -> ([Option<u32>; 2], String) {
    let ways = remote.towards(at(0.0), &noon(), 3_600);
    let seconds = [at(0.01), at(0.02)].map(|place| ways.seconds(place, Mode::Car));
    (seconds, ways.label())
}

fn straight(north: f64) -> Option<u32> {
    StraightLine::default().towards(at(0.0), &noon(), 3_600).seconds(at(north), Mode::Car)
}

#[tokio::test]
async fn a_second_search_has_the_times_of_the_router() {
    for (kind, name, seconds) in [(Kind::Osrm, "osrm", 62), (Kind::Valhalla, "valhalla", 61)] {
        let (remote, asked) = router(kind, StatusCode::OK).await;
        let guessed = ([straight(0.01), straight(0.02)], format!("straight-line-1.4-without-{name}"));
        assert_eq!(search(&remote), guessed);
        assert!(remote.fetch(NOW).await);
        let told = ([Some(seconds), straight(0.02)], format!("{name}+straight-line-1.4"));
        assert_eq!(search(&remote), told, "who has no way by the router has the straight line's");
        assert!(!remote.fetch(NOW).await, "nothing is missed any more");
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_router_that_fails_is_left_alone_for_a_while() {
    let (remote, asked) = router(Kind::Osrm, StatusCode::BAD_GATEWAY).await;
    let expected = [(NOW, 1), (NOW + REST / 2, 1), (NOW + REST, 2)];
    for (now, times) in expected {
        let (_, label) = search(&remote);
        assert_eq!(label, "straight-line-1.4-without-osrm");
        assert!(!remote.fetch(now).await);
        assert_eq!(asked.load(Ordering::SeqCst), times);
    }
}

#[tokio::test]
async fn a_router_that_is_silent_holds_nobody_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap(); // takes connections, never answers
    let url = format!("http://{}", listener.local_addr().unwrap());
    let remote = Remote::new(Router::new(Kind::Osrm, url).unwrap(), StraightLine::default());
    search(&remote);
    assert!(!remote.fetch(NOW).await, "within the limit of one answer");
    assert_eq!(search(&remote).1, "straight-line-1.4-without-osrm");
}

#[tokio::test]
async fn where_people_are_is_in_no_error() {
    let remote = Router::new(Kind::Osrm, "http://127.0.0.1:1".to_owned()).unwrap();
    let error = remote.seconds(at(0.0), &[at(0.01)]).await.unwrap_err().to_string();
    assert!(!error.contains("63.1") && !error.contains("14.64"), "{error}");
}

#[tokio::test]
async fn only_cars_ask_and_another_scene_forgets() {
    let (remote, _) = router(Kind::Osrm, StatusCode::OK).await;
    let foot = remote.towards(at(0.0), &noon(), 60).seconds(at(0.01), Mode::Foot);
    assert!(foot.is_some() && !remote.fetch(NOW).await);
    search(&remote);
    assert!(remote.fetch(NOW).await);
    drop(remote.towards(at(0.5), &noon(), 60));
    assert_eq!(search(&remote).1, "straight-line-1.4-without-osrm");
}
