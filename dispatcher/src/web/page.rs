//! What all pages share: rendering a template to an answer that browsers do not keep.

use std::fmt::Display;

use askama::Template;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use certus_registry::{CompetenceKind, EventType, Language, Timestamp};

use super::assets;
use crate::api::{App, Problem};
use crate::text::text;

/// What the templates of all pages call.
pub(super) trait Page: Template {
    /// The language it is in.
    fn language(&self) -> Language;

    /// Words from the Fluent files.
    fn t(&self, key: impl AsRef<str>) -> String {
        text(self.language(), key.as_ref(), &[])
    }

    /// Words from the Fluent files with one gap filled in.
    fn t_with(&self, key: &str, gap: &'static str, value: &str) -> String {
        text(self.language(), key, &[(gap, value.into())])
    }

    /// What somebody can do, in words.
    fn competence(&self, kind: CompetenceKind) -> String {
        word(self.language(), "competence", kind)
    }

    /// The address of a script, style or picture.
    fn asset(&self, name: &str) -> String {
        assets::address(name)
    }
}

/// Renders a page; it is never kept by a browser or a proxy, nor found by search engines.
pub(super) fn page(status: StatusCode, template: &impl Page) -> Result<Response, Problem> {
    let html = template.render().map_err(|error| Problem::internal(&error))?;
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex")),
    ];
    Ok((status, headers, Html(html)).into_response())
}

/// Renders a page, with the cookie that remembers its language where it has just been chosen.
pub(super) fn page_in(
    remember: Option<HeaderValue>,
    status: StatusCode,
    template: &impl Page,
) -> Result<Response, Problem> {
    let remember = remember.map(|cookie| [(header::SET_COOKIE, cookie)]);
    Ok((remember, page(status, template)?).into_response())
}

/// One of a vocabulary in words: those under `{what}-{which}` in the Fluent files, where keys have hyphens only.
pub(super) fn word(language: Language, what: &str, which: impl Display) -> String {
    text(language, &format!("{what}-{which}").replace(['_', '.'], "-"), &[])
}

/// A moment to the minute, where the county is.
pub(super) fn minute(app: &App, at: Timestamp) -> String {
    at.in_zone(&app.config.time_zone.0).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The key of the event type's name in the Fluent files.
pub(super) fn event_key(event: EventType) -> String {
    format!("event-{}", event.as_str().replace('_', "-"))
}
