//! What all pages share: rendering a template to an answer that browsers do not keep.

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use certus_registry::EventType;

use crate::api::Problem;

/// Renders a page; it is never kept by a browser or a proxy, nor found by search engines.
pub(super) fn page(status: StatusCode, template: &impl Template) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
    ];
    Ok((status, headers, Html(html)).into_response())
}

/// The key of the event type's name in the Fluent files.
pub(super) fn event_key(event: EventType) -> String {
    format!("event-{}", event.as_str().replace('_', "-"))
}
