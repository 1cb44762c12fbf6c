use axum::body::Body;
use axum::response::sse::{Event, Sse};
use futures::StreamExt;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use super::*;
use crate::api::fixture::{self, body};

/// Routes that misbehave.
fn odd() -> Router<SharedApp> {
    let stream = |State(app): State<SharedApp>| async move {
        let stopping = app.stopping.begun();
        let hello = futures::stream::once(async {
            Ok::<_, std::convert::Infallible>(Event::default().data("hello"))
        });
        Sse::new(hello.chain(futures::stream::pending()).take_until(stopping))
    };
    Router::new()
        .route("/panic", get(panicking))
        .route(
            "/echo",
            axum::routing::post(|crate::api::Json(value): crate::api::Json<Value>| async { Json(value) }),
        )
        .route("/c/{secret}", get(|| async { "a page" }))
        .route("/stream", get(stream))
}

async fn panicking() -> &'static str {
    panic!("a secret")
}

async fn send(app: &SharedApp, request: axum::http::Request<Body>) -> axum::http::Response<Body> {
    layered(odd(), app).oneshot(request).await.unwrap()
}

fn post(content_type: &str, text: impl Into<Body>) -> axum::http::Request<Body> {
    Request::post("/echo").header("content-type", content_type).body(text.into()).unwrap()
}

fn get_of(uri: &str) -> axum::http::Request<Body> {
    Request::get(uri).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let (app, _) = fixture::app().await;
    let huge = "x".repeat(BODY_MAX + 1);
    let from_elsewhere = |mut request: Request| {
        request.headers_mut().insert("sec-fetch-site", HeaderValue::from_static("cross-site"));
        request
    };
    let table = [
        (get_of("/nowhere"), 404, "not_found"),
        (get_of("/echo"), 405, "method_not_allowed"),
        (get_of("/panic"), 500, "internal"),
        (post("text/plain", "{}"), 415, "unsupported_media_type"),
        (post("application/json", huge), 413, "body_too_large"),
        (post("application/json", "{"), 400, "malformed_json"),
        (from_elsewhere(post("application/json", "{}")), 403, "cross_origin"),
    ];
    for (request, status, code) in table {
        let answer = send(&app, request).await;
        assert_eq!(answer.status(), status, "{code}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{code}");
        let problem = body(answer).await;
        assert_eq!(problem["code"], code);
        assert!(!problem.to_string().contains("a secret"));
    }
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let answer = within(Duration::from_millis(1), std::future::pending()).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(body(answer).await["code"], "timed_out");
}

#[tokio::test]
async fn pages_are_guarded_and_counted_by_route_not_by_secret() {
    let (app, _) = fixture::app().await;
    let answer = send(&app, get_of("/c/SECRET?x=SECRET")).await;
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    let text = app.metrics.text();
    assert!(text.contains("route=\"/c/{secret}\"") && !text.contains("SECRET"), "{text}");
}

#[tokio::test]
async fn health_and_metrics_answer_on_their_own_router() {
    let (app, _) = fixture::app().await;
    let status = async |uri| operations(app.clone()).oneshot(get_of(uri)).await.unwrap().status().as_u16();
    assert_eq!(status("/health/live").await, 200);
    assert_eq!(status("/health/ready").await, 200);
    assert_eq!(status("/metrics").await, 200);
    app.db.close().await;
    assert_eq!(status("/health/live").await, 200);
    assert_eq!(status("/health/ready").await, 503);
}

#[tokio::test]
async fn event_streams_end_when_the_server_stops() {
    let (app, _) = fixture::app().await;
    let [listener, metrics] =
        [TcpListener::bind("127.0.0.1:0").await.unwrap(), TcpListener::bind("127.0.0.1:0").await.unwrap()];
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let router = layered(odd(), &app);
    let server = tokio::spawn(serve(app, router, listener, metrics, async { drop(stopped.await) }));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /stream HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut seen = Vec::new();
    while !String::from_utf8_lossy(&seen).contains("hello") {
        assert!(stream.read_buf(&mut seen).await.unwrap() > 0, "the stream ended early");
    }
    stop.send(()).unwrap();
    stream.read_to_end(&mut seen).await.unwrap();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_answer_tells_the_servers_own_time() {
    let (app, _clock) = fixture::app().await;
    let response =
        fixture::send(&app, axum::http::Request::get("/v1/nothing").body(Body::empty()).unwrap()).await;
    assert_eq!(response.headers()["date"], "Mon, 23 Nov 2026 03:10:00 GMT");
}
