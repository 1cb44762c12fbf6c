//! `Idempotency-Key`: the same write sent twice is done once and answered twice.
//!
//! The answer is kept in the transaction of the write itself, so that neither exists without the
//! other. Never use it on a route whose answer holds a secret: answers are stored as they are.
//!
//! ```ignore
//! if let Some(answer) = once.replay(&app.db, &caller).await? { return Ok(answer); }
//! let answer = Answer::json(StatusCode::CREATED, &view);
//! let mut tx = app.db.begin().await?;
//! once.keep(&mut tx, &caller, app.clock.now(), &answer).await?; // first: a twin must not get further
//! // … the write …
//! tx.commit().await?;
//! Ok(answer.into_response())
//! ```

use std::time::Duration;

use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use certus_registry::{Database, Timestamp, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::auth::Caller;
use super::body;
use super::problem::{Code, FieldError, Problem};
use crate::idempotency::{Entry, find, insert};

/// How long an answer is kept: longer than any client goes on repeating a write.
pub const KEPT: Duration = Duration::from_hours(24);
/// The longest key, in characters.
const KEY_LENGTH_MAX: usize = 100;
static KEY: HeaderName = HeaderName::from_static("idempotency-key");
static REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// An answer that can be kept: a status and a JSON body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    status: StatusCode,
    body: String,
}

impl Answer {
    /// # Panics
    /// When `view` cannot be JSON (a map with keys that are no text): a fault of ours.
    #[must_use]
    pub fn json(status: StatusCode, view: &impl Serialize) -> Self {
        Self { status, body: serde_json::to_string(view).expect("views are plain structs") }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        (self.status, [(header::CONTENT_TYPE, json)], self.body).into_response()
    }
}

/// The key of a write, if its client sent one, and what the write looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    key: Option<String>,
    fingerprint: String,
}

impl Once {
    fn read(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        let key = headers.get(&KEY).map(parse_key).transpose()?;
        let mut hash = Sha256::new();
        for part in [method.as_str().as_bytes(), uri.path().as_bytes(), body] {
            hash.update(part.len().to_le_bytes());
            hash.update(part);
        }
        Ok(Self { key, fingerprint: hex::encode(hash.finalize()) })
    }

    /// The answer to this very write, when it was done before.
    ///
    /// # Errors
    /// 422 `idempotency_key_reused` when the key belongs to another write; a database error.
    pub async fn replay(&self, db: &Database, caller: &Caller) -> Result<Option<Response>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let Some(stored) = find(db, &caller.actor().to_string(), key).await? else { return Ok(None) };
        if stored.fingerprint != self.fingerprint {
            let detail = "this Idempotency-Key was sent with another method, path or body before";
            return Err(Problem::new(Code::IdempotencyKeyReused, detail));
        }
        let status = u16::try_from(stored.status).ok().and_then(|s| StatusCode::from_u16(s).ok());
        let status = status.ok_or_else(|| Problem::internal(&"a stored answer has no HTTP status"))?;
        let mut response = Answer { status, body: stored.body }.into_response();
        response.headers_mut().insert(&REPLAYED, HeaderValue::from_static("true"));
        Ok(Some(response))
    }

    /// What a write under this key is kept as; `None` when no key was sent.
    #[must_use]
    pub fn entry(&self, caller: &Caller) -> Option<Entry> {
        let (owner, key) = (caller.actor().to_string(), self.key.clone()?);
        Some(Entry { owner, key, fingerprint: self.fingerprint.clone() })
    }

    /// Keeps the answer in the transaction of the write; does nothing when no key was sent.
    ///
    /// # Errors
    /// 409 `idempotency_in_progress` when another request with the key was quicker: drop the transaction.
    pub async fn keep(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        now: Timestamp,
        answer: &Answer,
    ) -> Result<(), Problem> {
        let Some(entry) = self.entry(caller) else { return Ok(()) };
        if insert(tx, &entry, answer.status.as_u16(), answer.body.clone(), now).await? {
            return Ok(());
        }
        Err(Problem::new(Code::IdempotencyInProgress, "send the request again to have its answer"))
    }
}

fn parse_key(value: &HeaderValue) -> Result<String, Problem> {
    let key = value.to_str().unwrap_or_default();
    let fits = (1..=KEY_LENGTH_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
    if fits {
        return Ok(key.to_owned());
    }
    let error = FieldError::invalid("Idempotency-Key", "expected 1 to 100 visible ASCII characters");
    Err(Problem::of_fields(Code::InvalidHeader, vec![error]))
}

/// For writes without a body that is looked at.
impl<S: Send + Sync> FromRequest<S> for Once {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let (method, uri, headers) = (parts.method.clone(), parts.uri.clone(), parts.headers.clone());
        let bytes = body::collected(Request::from_parts(parts, body), state).await?;
        Self::read(&method, &uri, &headers, &bytes)
    }
}

/// A JSON body together with its [`Once`].
#[derive(Debug, Clone)]
pub struct Submitted<T> {
    /// The parsed body.
    pub body: T,
    /// Its key and fingerprint.
    pub once: Once,
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Submitted<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (method, uri, headers) =
            (request.method().clone(), request.uri().clone(), request.headers().clone());
        let bytes = body::bytes(request, state).await?;
        Ok(Self { once: Once::read(&method, &uri, &headers, &bytes)?, body: body::parse(&bytes)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(key: Option<&str>, body: &str) -> Result<Once, Problem> {
        let headers = key.map(|key| (KEY.clone(), HeaderValue::from_str(key).unwrap()));
        Once::read(&Method::POST, &Uri::from_static("/v1/x"), &headers.into_iter().collect(), body.as_bytes())
    }

    #[test]
    fn a_key_is_one_to_a_hundred_visible_characters() {
        assert_eq!(once(None, "").unwrap().key, None);
        assert_eq!(once(Some("a-1"), "").unwrap().key.as_deref(), Some("a-1"));
        assert!(once(Some(&"k".repeat(100)), "").is_ok());
        for wrong in ["", "a b", &"k".repeat(101)] {
            let problem = once(Some(wrong), "").unwrap_err();
            assert_eq!(
                (problem.code, problem.errors[0].field.as_str()),
                (Code::InvalidHeader, "Idempotency-Key")
            );
        }
    }

    #[test]
    fn another_body_is_another_fingerprint() {
        let fingerprint = |body| once(Some("a"), body).unwrap().fingerprint;
        assert_eq!(fingerprint("{}"), fingerprint("{}"));
        assert_ne!(fingerprint("{}"), fingerprint("{ }"));
    }
}
