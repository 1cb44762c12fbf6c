//! Requests over HTTP to providers, the same for all: bounded in time and size, never redirected, and what it means for a
//! message when no answer came.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, Response, Url};

use crate::SendError;

/// Time for a connection, its name looked up included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Time for a whole request. With what comes before it, the wait for our own rate or for a token, it stays below the
/// worker's 15 s.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// What every client begins with. Redirects would carry texts, numbers and tokens elsewhere.
pub(crate) fn client() -> ClientBuilder {
    Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(REQUEST_TIMEOUT).redirect(Policy::none())
}

/// `base` and `path` as one http or https URL.
pub(crate) fn url(base: &str, path: &str) -> Option<Url> {
    let joined = Url::parse(&format!("{}/{path}", base.trim_end_matches('/')));
    joined.ok().filter(|url| matches!(url.scheme(), "http" | "https"))
}

/// As much of a body as comes, at most `max` octets; false: there was more, or it broke off.
pub(crate) async fn body(response: &mut Response, max: usize) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    let whole = loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() <= max => body.extend_from_slice(&chunk),
            Ok(None) => break true,
            Ok(Some(_)) | Err(_) => break false,
        }
    };
    (body, whole)
}

/// From the error of the HTTP client. Only what surely never went out may be tried again.
pub(crate) fn failure(error: &reqwest::Error) -> SendError {
    if error.is_connect() {
        return SendError::Temporary { reason: "could not connect".to_owned() };
    }
    if error.is_builder() {
        return SendError::Refused { reason: "the request could not be made".to_owned() };
    }
    let reason = if error.is_timeout() { "timed out" } else { "the connection was lost" };
    SendError::Unknown { reason: reason.to_owned() }
}
