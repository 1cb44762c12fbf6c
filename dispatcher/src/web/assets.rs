//! Scripts, styles and pictures of the pages, built by `build.rs` and compiled in.
//!
//! A file's address carries a hash of its content, so that browsers may keep it for ever. The service worker alone has an
//! address that never changes, or browsers would not find its next version.

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::api::{Problem, SharedApp};

/// Name, name with hash, content.
type File = (&'static str, &'static str, &'static [u8]);

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/assets.rs"));
/// What has a hash in its name never changes.
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// Asked for anew each time; the answer is small.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/assets/{file}", get(file)).route("/service-worker.js", get(service_worker))
}

/// The address of the file that is called `name` in the templates.
pub(super) fn address(name: &str) -> String {
    format!("/assets/{}", built(name).1)
}

fn built(name: &str) -> &'static File {
    let found = FILES.iter().find(|(plain, ..)| *plain == name);
    found.expect("only what web/build.mjs builds is named; tests ask for each")
}

/// At the root, so that it may serve any page.
async fn service_worker() -> Response {
    let (name, _, content) = built("service-worker.js");
    let headers = [(header::CONTENT_TYPE, content_type(name)), (header::CACHE_CONTROL, ASK_AGAIN)];
    (headers, *content).into_response()
}

async fn file(Path(wanted): Path<String>) -> Result<Response, Problem> {
    let found = FILES.iter().find(|(_, hashed, _)| *hashed == wanted);
    let (_, hashed, content) = found.ok_or_else(|| Problem::not_found("file"))?;
    let headers = [(header::CONTENT_TYPE, content_type(hashed)), (header::CACHE_CONTROL, FOR_EVER)];
    Ok((headers, *content).into_response())
}

fn content_type(name: &str) -> HeaderValue {
    let extension = name.rsplit('.').next().unwrap_or_default();
    HeaderValue::from_static(match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    })
}
