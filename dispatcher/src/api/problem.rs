//! Every error of the API: RFC 9457 `application/problem+json` with a stable `code`.
//!
//! [`Code`] is the whole list; each has its status, its title and the level it is logged at in one
//! match. What went wrong inside (SQL, paths, panics) is logged here, once, and never sent.

use std::fmt::Display;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use certus_registry::RegistryError;
use certus_registry::outage::Outage;
use certus_sms_bridge::BridgeError;
use serde::Serialize;
use tracing::Level;

use crate::engine::EngineError;
use crate::own::proof::NotAsked;
use crate::sign_in::Fault;

/// The media type of RFC 9457.
pub const MEDIA_TYPE: &str = "application/problem+json";
/// When to send a request again that was answered 503, in seconds: the pauses of the engine and the worker.
const RETRY_AFTER_S: &str = "2";

/// What kind of problem; clients may rely on its spelling for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The request is not what HTTP or this API understands.
    BadRequest,
    /// The body is no JSON.
    MalformedJson,
    /// A part of the path does not parse.
    InvalidPath,
    /// A query parameter does not parse; `errors` names it.
    InvalidQuery,
    /// A header does not parse; `errors` names it.
    InvalidHeader,
    /// No API key or session, or one that is unknown or over.
    Unauthenticated,
    /// The key or the account lacks the right that `detail` names.
    ScopeMissing,
    /// A browser sent this from another site's page.
    CrossOrigin,
    /// The caller may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The present state does not allow it.
    Conflict,
    /// Somebody else has changed what the request was made from: read it again.
    Outdated,
    /// A value that must be unique is taken; `errors` names the field.
    Taken,
    /// Another request with the same `Idempotency-Key` is being worked on.
    IdempotencyInProgress,
    /// The body is larger than this route takes.
    BodyTooLarge,
    /// The body's content type is not the one this route takes.
    UnsupportedMediaType,
    /// Fields are wrong, missing or unknown; `errors` names each.
    InvalidFields,
    /// The `Idempotency-Key` was used for another request.
    IdempotencyKeyReused,
    /// Too many requests.
    TooManyRequests,
    /// A fault of ours.
    Internal,
    /// Cannot be done just now (the database is away, the server is stopping).
    Unavailable,
    /// The disk under the database is full.
    DatabaseFull,
    /// The database may not be written.
    DatabaseReadOnly,
    /// Was not done within the time a request may take.
    TimedOut,
}

impl Code {
    /// Status, code, title and log level, side by side.
    #[rustfmt::skip]
    const fn described(self) -> (StatusCode, &'static str, &'static str, Level) {
        use StatusCode as S;
        match self {
            Self::BadRequest => (S::BAD_REQUEST, "bad_request", "The request cannot be understood", Level::DEBUG),
            Self::MalformedJson => (S::BAD_REQUEST, "malformed_json", "The body is no JSON", Level::DEBUG),
            Self::InvalidPath => (S::BAD_REQUEST, "invalid_path", "A part of the path is wrong", Level::DEBUG),
            Self::InvalidQuery => (S::BAD_REQUEST, "invalid_query", "A query parameter is wrong", Level::DEBUG),
            Self::InvalidHeader => (S::BAD_REQUEST, "invalid_header", "A header is wrong", Level::DEBUG),
            Self::Unauthenticated => (S::UNAUTHORIZED, "unauthenticated", "Not signed in, and no valid API key", Level::DEBUG),
            Self::ScopeMissing => (S::FORBIDDEN, "scope_missing", "A right is missing", Level::DEBUG),
            Self::CrossOrigin => (S::FORBIDDEN, "cross_origin", "The request came from another site", Level::WARN),
            Self::Forbidden => (S::FORBIDDEN, "forbidden", "Not allowed", Level::DEBUG),
            Self::NotFound => (S::NOT_FOUND, "not_found", "There is no such thing", Level::DEBUG),
            Self::MethodNotAllowed => (S::METHOD_NOT_ALLOWED, "method_not_allowed", "Not with this method", Level::DEBUG),
            Self::Conflict => (S::CONFLICT, "conflict", "The present state does not allow it", Level::DEBUG),
            Self::Outdated => (S::CONFLICT, "outdated", "Somebody else was faster", Level::DEBUG),
            Self::Taken => (S::CONFLICT, "taken", "A unique value is taken", Level::DEBUG),
            Self::IdempotencyInProgress => (S::CONFLICT, "idempotency_in_progress", "The same request is being worked on", Level::DEBUG),
            Self::BodyTooLarge => (S::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large", Level::DEBUG),
            Self::UnsupportedMediaType => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Not this content type", Level::DEBUG),
            Self::InvalidFields => (S::UNPROCESSABLE_ENTITY, "invalid_fields", "Fields of the body are wrong", Level::DEBUG),
            Self::IdempotencyKeyReused => (S::UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The Idempotency-Key belongs to another request", Level::DEBUG),
            Self::TooManyRequests => (S::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests", Level::INFO),
            Self::Internal => (S::INTERNAL_SERVER_ERROR, "internal", "A fault in Certus", Level::ERROR),
            Self::Unavailable => (S::SERVICE_UNAVAILABLE, "unavailable", "Not available just now", Level::ERROR),
            Self::DatabaseFull => (S::SERVICE_UNAVAILABLE, "database_full", "The disk under the database is full", Level::ERROR),
            Self::DatabaseReadOnly => (S::SERVICE_UNAVAILABLE, "database_read_only", "The database may not be written", Level::ERROR),
            Self::TimedOut => (S::SERVICE_UNAVAILABLE, "timed_out", "Took too long", Level::ERROR),
        }
    }

    /// The status the problem is answered with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.described().0
    }

    /// The stable spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.described().1
    }

    /// The code for an error that axum or a layer answered by itself.
    fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthenticated,
            403 => Self::Forbidden,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            409 => Self::Conflict,
            413 => Self::BodyTooLarge,
            415 => Self::UnsupportedMediaType,
            422 => Self::InvalidFields,
            429 => Self::TooManyRequests,
            408 | 503 | 504 => Self::Unavailable,
            500.. => Self::Internal,
            _ => Self::BadRequest,
        }
    }
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Path of the field, e.g. `home.lat` or `competences[1].kind`.
    pub field: String,
    /// `missing`, `unknown`, `invalid` or `taken`.
    pub code: &'static str,
    /// What was expected.
    pub detail: String,
}

impl FieldError {
    /// A field whose value does not parse.
    pub fn invalid(field: impl Into<String>, why: impl Into<String>) -> Self {
        Self { field: field.into(), code: "invalid", detail: why.into() }
    }
}

/// A problem on its way to the client.
#[derive(Debug)]
pub struct Problem {
    /// Its kind.
    pub code: Code,
    /// What a person should know about this one; empty when the title says all.
    pub detail: String,
    /// The fields concerned.
    pub errors: Vec<FieldError>,
    cause: Option<String>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// The members of a problem document; every error of the API is one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub(crate) struct Document<'a> {
    /// `urn:certus:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The stable code.
    code: &'a str,
    /// The kind of problem in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
    /// The fields concerned.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
}

impl Problem {
    /// A problem with something to say.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), cause: None, headers: Vec::new() }
    }

    /// 422 for fields that do not parse.
    #[must_use]
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        Self::of_fields(Code::InvalidFields, errors)
    }

    /// Any code, explained by its fields.
    #[must_use]
    pub fn of_fields(code: Code, errors: Vec<FieldError>) -> Self {
        let detail = errors.iter().map(|e| format!("{}: {}", e.field, e.detail)).collect::<Vec<_>>();
        Self { errors, ..Self::new(code, detail.join("; ")) }
    }

    /// 404: there is no `what`.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(Code::NotFound, format!("there is no such {what}"))
    }

    /// 409 with what stands in the way.
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(Code::Conflict, detail)
    }

    /// 500; `cause` goes to the log, not to the client.
    pub fn internal(cause: &dyn Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(Code::Internal, "") }
    }

    /// 503; `cause` goes to the log, not to the client.
    pub fn unavailable(cause: &dyn Display) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::new(Code::Unavailable, "try again in a moment") }
    }

    /// The same problem with one more header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    fn log(&self) {
        let (_, code, _, level) = self.code.described();
        let cause = self.cause.as_deref().unwrap_or_default();
        match level {
            Level::ERROR => tracing::error!(problem.code = code, problem.cause = cause, "a request failed"),
            Level::WARN => tracing::warn!(problem.code = code, "a request was refused"),
            Level::INFO => tracing::info!(problem.code = code, "a request was refused"),
            // The detail may quote what the client sent, so it stays below info.
            _ => tracing::debug!(problem.code = code, problem.detail = self.detail, "a request was refused"),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> axum::response::Response {
        self.log();
        let (status, code, title, _) = self.code.described();
        let kind = format!("urn:certus:problem:{code}");
        let (detail, errors) = (self.detail.as_str(), self.errors.as_slice());
        let document = Document { kind, code, title, status: status.as_u16(), detail, errors };
        let body = serde_json::to_vec(&document).expect("text and numbers always serialise");
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = status;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_S));
        }
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        let because = |code, detail: &str| Self { cause: Some(error.to_string()), ..Self::new(code, detail) };
        match Outage::of(&error) {
            Some(Outage::Away) => Self::unavailable(&error),
            Some(Outage::Full) => because(
                Code::DatabaseFull,
                "nothing was kept; free space on the database's disk and send it again",
            ),
            Some(Outage::ReadOnly) => because(
                Code::DatabaseReadOnly,
                "nothing was kept; make the database writable and send it again",
            ),
            None => Self::internal(&error),
        }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Database(error) => error.into(),
            RegistryError::Migration(_) | RegistryError::Damaged { .. } | RegistryError::Key(_) => {
                Self::internal(&error)
            }
            RegistryError::Beyond { what } => Self::not_found(what),
            RegistryError::UnknownKind(_) | RegistryError::RetiredKind(_) => {
                Self::conflict(error.to_string())
            }
            RegistryError::Taken { what } => Self::new(Code::Taken, format!("this {what} is already taken")),
        }
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Registry(error) => error.into(),
            Fault::Hash(_) | Fault::Thread(_) => Self::internal(&fault),
        }
    }
}

impl From<NotAsked> for Problem {
    fn from(error: NotAsked) -> Self {
        match error {
            NotAsked::TooMany => Self::new(Code::TooManyRequests, error.to_string()),
            NotAsked::Fault(fault) => fault.into(),
            NotAsked::Bridge(error) => error.into(),
        }
    }
}

impl From<BridgeError> for Problem {
    fn from(error: BridgeError) -> Self {
        match error {
            BridgeError::Database(error) => error.into(),
            BridgeError::Sealed(error) => error.into(),
            BridgeError::Migration(_) | BridgeError::Damaged { .. } | BridgeError::Invalid { .. } => {
                Self::internal(&error)
            }
        }
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Database(error) | EngineError::Bridge(BridgeError::Database(error)) => error.into(),
            EngineError::Registry(error) => error.into(),
            EngineError::Unknown(_) => Self::not_found("incident"),
            EngineError::Illegal(error) => Self::conflict(error.to_string()),
            EngineError::KeyTaken => {
                Self::new(Code::IdempotencyInProgress, "send the request again to have its answer")
            }
            EngineError::Contended(_) | EngineError::Settled | EngineError::Stopped => {
                Self::unavailable(&error)
            }
            EngineError::Bridge(_) | EngineError::Damaged { .. } => Self::internal(&error),
        }
    }
}

/// How much of a plain-text error of axum's own is read, in bytes: they are one line each.
const PLAIN_TEXT_MAX: usize = 4_096;

/// Turns every error that axum or a layer answered by itself into a problem document; HTML is left alone.
pub async fn for_every_error(response: axum::response::Response) -> axum::response::Response {
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let ours = content_type.is_some_and(|t| t.starts_with(MEDIA_TYPE) || t.starts_with("text/html"));
    if ours || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let (parts, body) = response.into_parts();
    let text = axum::body::to_bytes(body, PLAIN_TEXT_MAX).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    let code = Code::of_status(status);
    let mut problem = if status.is_server_error() {
        Problem { cause: Some(text), ..Problem::new(code, "") }
    } else {
        Problem::new(code, text)
    };
    problem.headers = parts
        .headers
        .into_iter()
        .filter_map(|(name, value)| name.map(|name| (name, value)))
        .filter(|(name, _)| *name != header::CONTENT_TYPE && *name != header::CONTENT_LENGTH)
        .collect();
    let mut answer = problem.into_response();
    *answer.status_mut() = status;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inner_cause_is_never_sent() {
        let response = Problem::internal(&"SELECT secret FROM api_key").into_response();
        assert_eq!(response.status(), 500);
        let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 9_999)).unwrap();
        assert!(!String::from_utf8_lossy(&body).contains("SELECT"));
    }

    #[test]
    fn whoever_is_told_503_is_told_when_to_come_again() {
        let response = Problem::from(sqlx::Error::PoolTimedOut).into_response();
        assert_eq!(
            (response.status().as_u16(), &response.headers()["retry-after"]),
            (503, &HeaderValue::from_static("2"))
        );
        assert!(!Problem::internal(&"").into_response().headers().contains_key("retry-after"));
    }

    #[test]
    fn a_problem_carries_its_code_status_and_fields() {
        let response =
            Problem::invalid_fields(vec![FieldError::invalid("phone", "expected a number")]).into_response();
        assert_eq!(response.headers()["content-type"], MEDIA_TYPE);
        let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 9_999)).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(value["code"], "invalid_fields");
        assert_eq!(value["type"], "urn:certus:problem:invalid_fields");
        assert_eq!(value["status"], 422);
        assert_eq!(value["errors"][0]["field"], "phone");
    }

    #[tokio::test]
    async fn plain_text_errors_become_problems_and_keep_their_headers() {
        let plain = Response::builder().status(405).header("allow", "GET").body(Body::from("no")).unwrap();
        let answer = for_every_error(plain).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["allow"]),
            (405, &HeaderValue::from_static("GET"))
        );
        assert_eq!(answer.headers()["content-type"], MEDIA_TYPE);
    }
}
