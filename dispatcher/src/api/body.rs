//! Extractors that name what is wrong: JSON bodies, query parameters and path segments.
//!
//! Use these instead of axum's own in every handler; request types carry `#[serde(deny_unknown_fields)]`.

use axum::body::Bytes;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::{HeaderMap, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::{Code, FieldError, Problem};

/// A JSON body, in or out.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        parse(&bytes(request, state).await?).map(Self)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// Query parameters.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parsed = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        parsed.map(|query| Self(query.0)).map_err(|rejection| query_problem(&rejection))
    }
}

/// Segments of the path.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let parsed = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        parsed.map(|path| Self(path.0)).map_err(|rejection| path_problem(&rejection))
    }
}

/// The body of a JSON request as it came, within the limit of its route.
pub(super) async fn bytes<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    if !is_json(request.headers()) {
        let detail = "expected the header Content-Type: application/json";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    collected(request, state).await
}

/// A body of any kind, within the limit of its route.
pub(super) async fn collected<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    Bytes::from_request(request, state).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(Code::BodyTooLarge, "the body is larger than this route takes")
        }
        _ => Problem::new(Code::BadRequest, "the body broke off"),
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || essence.starts_with("application/") && essence.ends_with("+json")
}

/// Parses a JSON document; a value that does not fit is named by its path.
///
/// # Errors
/// `malformed_json` when it is no JSON, `invalid_fields` when a field is wrong, missing or unknown.
pub fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        body_problem(&path, error.inner())
    })?;
    json.end().map_err(|error| body_problem(".", &error))?;
    Ok(value)
}

fn body_problem(path: &str, error: &serde_json::Error) -> Problem {
    use serde_json::error::Category;
    match error.classify() {
        Category::Data => Problem::invalid_fields(vec![field_error(path, &error.to_string())]),
        Category::Syntax | Category::Eof | Category::Io => {
            let at = if path == "." { String::new() } else { format!(" (in field {path})") };
            Problem::new(Code::MalformedJson, format!("{error}{at}"))
        }
    }
}

fn query_problem(rejection: &QueryRejection) -> Problem {
    // axum gives the path only within its text: "Failed to …: limit: invalid digit found in string".
    let text = rejection.body_text();
    let said = text.split_once(": ").map_or(text.as_str(), |(_, said)| said);
    let is_name = |path: &str| !path.contains([' ', '`']);
    let (path, said) = said.split_once(": ").filter(|(path, _)| is_name(path)).unwrap_or((".", said));
    Problem::of_fields(Code::InvalidQuery, vec![field_error(path, said)])
}

fn path_problem(rejection: &PathRejection) -> Problem {
    let text = rejection.body_text();
    let said = text.strip_prefix("Invalid URL: ").unwrap_or(&text);
    if let PathRejection::FailedToDeserializePathParams(error) = rejection
        && let ErrorKind::ParseErrorAtKey { key, .. } | ErrorKind::DeserializeError { key, .. } = error.kind()
    {
        return Problem::of_fields(Code::InvalidPath, vec![FieldError::invalid(key, said)]);
    }
    Problem::new(Code::InvalidPath, said)
}

/// Reads serde's message: "missing field `x`" and "unknown field `x`, …" name a field below `path`.
fn field_error(path: &str, said: &str) -> FieldError {
    let parent = if path == "." { "" } else { path };
    let named = |prefix: &str| said.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let below = |name: &str| match parent {
        "" => name.to_owned(),
        parent if parent == name || parent.ends_with(&format!(".{name}")) => parent.to_owned(),
        parent => format!("{parent}.{name}"),
    };
    // serde_json ends with the place in the text, which the path replaces.
    let detail = said.rsplit_once(" at line ").map_or(said, |(detail, _)| detail).to_owned();
    if let Some(name) = named("missing field `") {
        return FieldError { field: below(name), code: "missing", detail: "is required".to_owned() };
    }
    if let Some(name) = named("unknown field `") {
        return FieldError { field: below(name), code: "unknown", detail };
    }
    FieldError {
        field: if parent.is_empty() { "(body)".to_owned() } else { path.to_owned() },
        code: "invalid",
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use certus_registry::{Mode, Phone, Position};
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is of interest")]
    struct Body {
        phone: Phone,
        home: Option<Position>,
        #[serde(default)]
        modes: Vec<Mode>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its parsing is of interest")]
    struct Page {
        limit: Option<u32>,
    }

    #[test]
    fn each_wrong_field_is_named_by_its_path() {
        let table = [
            (r#"{"phone":"112"}"#, "phone", "invalid"),
            (r"{}", "phone", "missing"),
            (r#"{"phone":"+46701740605","colour":1}"#, "colour", "unknown"),
            (r#"{"phone":"+46701740605","modes":["car","moped"]}"#, "modes[1]", "invalid"),
            (r#"{"phone":"+46701740605","home":{"lat":99,"lon":14}}"#, "home", "invalid"),
            (r#"{"phone":"+46701740605","home":{"lat":63}}"#, "home.lon", "missing"),
            (r"[]", "(body)", "invalid"),
        ];
        for (body, field, code) in table {
            let problem = parse::<Body>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code, Code::InvalidFields, "{body}");
            assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), (field, code), "{body}");
        }
    }

    #[test]
    fn what_is_no_json_is_malformed() {
        for body in ["", "{", r#"{"phone":"#, "{} {}", "phone=1"] {
            let problem = parse::<serde_json::Value>(body.as_bytes()).unwrap_err();
            assert_eq!(problem.code, Code::MalformedJson, "{body}");
        }
    }

    #[test]
    fn only_json_content_types_pass() {
        let table = [
            ("application/json", true),
            ("application/json; charset=utf-8", true),
            ("text/plain", false),
            ("", false),
        ];
        for (value, expected) in table {
            let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, value.parse().unwrap())]);
            assert_eq!(is_json(&headers), expected, "{value}");
        }
    }

    #[tokio::test]
    async fn a_wrong_query_parameter_is_named() {
        for (uri, field, code) in [("/?limit=many", "limit", "invalid"), ("/?colour=1", "colour", "unknown")]
        {
            let (mut parts, ()) = axum::http::Request::get(uri).body(()).unwrap().into_parts();
            let problem = Query::<Page>::from_request_parts(&mut parts, &()).await.unwrap_err();
            assert_eq!(problem.code, Code::InvalidQuery);
            assert_eq!((problem.errors[0].field.as_str(), problem.errors[0].code), (field, code), "{uri}");
        }
    }
}
