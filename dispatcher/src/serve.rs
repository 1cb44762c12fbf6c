//! The two listeners, what every request passes through, and how the server stops.
//!
//! Takes its listeners and its shutdown, so that tests bind port 0. Only route templates are logged
//! (`/c/{secret}`), never what a client put in their place, nor a query string.

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::serve::{ListenerExt, TapIo};
use axum::{Json, Router};
use certus_registry::{Database, on};
use certus_sms_bridge::outbox;
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::{CsrfLayer, ProtectionError};

use crate::api::problem::for_every_error;
use crate::api::{Code, Problem, SharedApp};
use crate::engine::{self, EngineError};
use crate::metrics::Answer;

/// How long a request may take until the head of its answer; event streams begin theirs at once.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Where files are sent by people on country roads: with an application, a calendar, a certificate later.
const UPLOADS: [&str; 3] = [APPLY_UPLOAD, CALENDAR_UPLOAD, CLAIM_UPLOAD];
/// What somebody applies with.
pub const APPLY_UPLOAD: &str = "/apply/details";
/// A calendar to be looked at.
pub const CALENDAR_UPLOAD: &str = "/me/calendar/look";
/// A certificate of what somebody says they can do.
pub const CLAIM_UPLOAD: &str = "/me/certificates";
/// How long that may take: 5 MB at half a megabit a second, and some more.
const UPLOAD_TIMEOUT: Duration = Duration::from_mins(2);
/// How long requests in flight may go on once the server stops.
pub const STOPPING_GRACE: Duration = Duration::from_secs(5);
/// How long the database may take to say that it is there: a probe asks every few seconds.
const READY_TIMEOUT: Duration = Duration::from_secs(2);
/// The largest body of a route that sets no limit of its own, in bytes: ten times the largest form.
pub const BODY_MAX: usize = 64 * 1024;

/// What pages may do: nothing from other hosts, no inline script, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
/// A year, as browsers' preload lists ask for.
const STRICT_TRANSPORT: &str = "max-age=31536000";

/// Serves until `shutdown`, then lets requests in flight finish for [`STOPPING_GRACE`].
///
/// # Errors
/// When a listener fails for good.
pub async fn serve(
    app: SharedApp,
    router: Router,
    listener: TcpListener,
    metrics_listener: TcpListener,
    shutdown: impl Future<Output = ()> + Send,
) -> std::io::Result<()> {
    let stopping = app.stopping.clone();
    let public = axum::serve(nodelay(listener), router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stopping.begun());
    let operators =
        axum::serve(nodelay(metrics_listener), operations(app)).with_graceful_shutdown(stopping.begun());
    let both = async { tokio::try_join!(public.into_future(), operators.into_future()).map(drop) };
    let deadline = async {
        shutdown.await;
        tracing::info!("the server stops");
        stopping.begin();
        let forever = std::future::pending::<()>();
        let _ = tokio::time::timeout(STOPPING_GRACE, forever).await; // always times out
    };
    tokio::select! {
        ended = both => ended,
        () = deadline => {
            tracing::warn!("requests were cut off: they did not finish in time");
            Ok(())
        }
    }
}

/// Small answers leave at once instead of waiting for more to send.
fn nodelay(listener: TcpListener) -> TapIo<TcpListener, impl FnMut(&mut TcpStream) + Send + 'static> {
    listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = %error, "a connection keeps its delay");
        }
    })
}

/// Listens for ctrl-c and SIGTERM from here on; the future resolves when one has come.
///
/// # Errors
/// When the process may not listen for signals.
pub fn signalled() -> std::io::Result<impl Future<Output = ()> + Send> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Puts every layer around the routes and gives them their state.
pub fn layered(router: Router<SharedApp>, app: &SharedApp) -> Router {
    // The layer named last is the first that a request passes.
    let router = router
        .fallback(|| async { Problem::not_found("page or route") })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(from_fn(in_time))
        .layer(cross_site(app))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(map_response(for_every_error))
        .layer(from_fn_with_state(app.clone(), observed))
        .layer(CompressionLayer::new()) // leaves event streams and small answers alone
        .layer(from_fn_with_state(app.clone(), guarded))
        .layer(from_fn_with_state(app.clone(), dated));
    router.with_state(app.clone())
}

async fn in_time(request: Request, next: Next) -> Response {
    let limit = if UPLOADS.contains(&request.uri().path()) { UPLOAD_TIMEOUT } else { REQUEST_TIMEOUT };
    within(limit, next.run(request)).await
}

async fn within(limit: Duration, answer: impl Future<Output = Response>) -> Response {
    match tokio::time::timeout(limit, answer).await {
        Ok(response) => response,
        Err(_) => {
            Problem::new(Code::TimedOut, format!("the request took longer than {limit:?}")).into_response()
        }
    }
}

type Refusal = fn(ProtectionError) -> Response;

/// A browser may change something only from our own pages.
fn cross_site(app: &SharedApp) -> CsrfLayer<Refusal> {
    let refuse: Refusal = |_| Problem::new(Code::CrossOrigin, "").into_response();
    let layer = CsrfLayer::new().add_trusted_origin(app.config.public_url.as_str());
    layer.expect("a parsed public URL is an origin").with_rejection_response(refuse)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the panic over")]
fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    Problem::internal(&format!("a handler panicked: {}", text.unwrap_or("without a word"))).into_response()
}

/// Counts and logs the answer.
async fn observed(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let started = app.clock.now();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = known_method(request.method()).to_owned();
    let response = next.run(request).await;
    let took = app.clock.now().since(started);
    let answer = Answer { method, route, status: response.status().as_u16() };
    app.metrics.answered(&answer, took.as_secs_f64());
    let Answer { method, route, status } = answer;
    tracing::debug!(
        http.method = method,
        http.route = route,
        http.status = status,
        http.took_ms = took.as_millis(),
        "answered"
    );
    response
}

/// Methods are labels: a client must not invent new ones.
fn known_method(method: &axum::http::Method) -> &str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|name| *name == method.as_str()).unwrap_or("other")
}

/// Says what time it is for us: consoles count by the server's clock, which in the demo runs faster than theirs.
async fn dated(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = app.clock.now().in_zone(&jiff::tz::TimeZone::UTC);
    if let Ok(date) = HeaderValue::from_str(&now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

/// Adds the headers that keep browsers from doing what pages of ours never need.
async fn guarded(State(app): State<SharedApp>, request: Request, next: Next) -> Response {
    let is_api = request.uri().path().starts_with("/v1/");
    let mut response = next.run(request).await;
    let mut put = |name: HeaderName, value: &'static str| {
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::REFERRER_POLICY, "same-origin"); // paths hold secrets
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "geolocation=(self), camera=(), microphone=()");
    if app.config.public_url.is_secure() {
        put(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    if is_api {
        put(header::CACHE_CONTROL, "no-store");
    }
    response
}

/// Reads what is counted in the database: messages by milestone, open incidents.
async fn gauge(app: &SharedApp) -> Result<(), EngineError> {
    for (milestone, count) in outbox::tally(&app.db).await?.counts() {
        app.metrics.messages_at(milestone.as_str(), i64::try_from(count).unwrap_or(i64::MAX));
    }
    app.metrics.incidents_open.set(engine::store::count_open(&app.db).await?);
    Ok(())
}

/// `/metrics`, `/health/live` and `/health/ready`, for the second listener.
pub fn operations(app: SharedApp) -> Router {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    let metrics = |State(app): State<SharedApp>| async move {
        if let Err(error) = gauge(&app).await {
            tracing::warn!(%error, "the gauges stand where they stood: the database cannot be asked");
        }
        ([(header::CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS))], app.metrics.text())
    };
    Router::new()
        .route("/metrics", get(metrics))
        .route("/health/live", get(|| async { Json(serde_json::json!({"status": "live"})) }))
        .route("/health/ready", get(ready))
        .layer(map_response(for_every_error))
        .with_state(app)
}

async fn ready(State(app): State<SharedApp>) -> Result<Json<serde_json::Value>, Problem> {
    match tokio::time::timeout(READY_TIMEOUT, answers(&app.db)).await {
        Ok(Ok(())) => Ok(Json(serde_json::json!({"status": "ready"}))),
        Ok(Err(error)) => Err(Problem::unavailable(&error)),
        Err(_) => Err(Problem::unavailable(&"the database did not answer within 2 s")),
    }
}

async fn answers(db: &Database) -> Result<(), sqlx::Error> {
    let one: i64 = on!(db, c => sqlx::query_scalar("SELECT CAST(1 AS BIGINT)").fetch_one(c).await?);
    if one == 1 { Ok(()) } else { Err(sqlx::Error::RowNotFound) }
}

#[cfg(test)]
mod tests;
