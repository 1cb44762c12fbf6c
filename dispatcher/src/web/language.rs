//! Which language a page speaks: what was asked for (`?lang=en`), what was asked for earlier (a
//! cookie), what the browser prefers, Swedish.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use certus_registry::Language;

use crate::api::auth::cookie;

/// The cookie that remembers the choice.
const COOKIE: &str = "certus_lang";

/// The language of the page, and whether the person has just chosen it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spoken {
    /// The language.
    pub(super) language: Language,
    /// Whether this request chose it, so that it is to be remembered.
    chosen: bool,
}

impl Spoken {
    /// `Set-Cookie` that remembers a choice made just now, for a year.
    pub(super) fn cookie(self) -> Option<HeaderValue> {
        let text = match self.language {
            Language::Swedish => "certus_lang=sv; Path=/; SameSite=Lax; Max-Age=31536000",
            Language::English => "certus_lang=en; Path=/; SameSite=Lax; Max-Age=31536000",
        };
        self.chosen.then(|| HeaderValue::from_static(text))
    }
}

/// The language that the link to the other one leads to.
pub(super) fn other(language: Language) -> Language {
    match language {
        Language::Swedish => Language::English,
        Language::English => Language::Swedish,
    }
}

impl<S: Sync> FromRequestParts<S> for Spoken {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(spoken(parts.uri.query().unwrap_or_default(), &parts.headers))
    }
}

fn spoken(query: &str, headers: &HeaderMap) -> Spoken {
    let asked = query.split('&').find_map(|pair| pair.strip_prefix("lang=")?.parse().ok());
    if let Some(language) = asked {
        return Spoken { language, chosen: true };
    }
    let language = remembered(headers).or_else(|| preferred(headers)).unwrap_or(Language::Swedish);
    Spoken { language, chosen: false }
}

fn remembered(headers: &HeaderMap) -> Option<Language> {
    cookie(headers, COOKIE)?.parse().ok()
}

/// The first language of ours that the browser names; browsers name the dearest first.
fn preferred(headers: &HeaderMap) -> Option<Language> {
    let line = headers.get(header::ACCEPT_LANGUAGE)?.to_str().ok()?;
    line.split(',').find_map(|range| range.trim().split(['-', ';']).next()?.to_ascii_lowercase().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_comes_before_the_cookie_and_the_cookie_before_the_browser() {
        let headers = |cookie: &'static str, accept: &'static str| {
            HeaderMap::from_iter([
                (header::COOKIE, HeaderValue::from_static(cookie)),
                (header::ACCEPT_LANGUAGE, HeaderValue::from_static(accept)),
            ])
        };
        let table = [
            ("lang=en", "certus_lang=sv", "sv", Language::English),
            ("", "a=b; certus_lang=en", "sv", Language::English),
            ("lang=xx", "", "de, en-GB;q=0.8, sv;q=0.2", Language::English),
            ("", "", "de", Language::Swedish),
        ];
        for (query, cookie, accept, expected) in table {
            assert_eq!(
                spoken(query, &headers(cookie, accept)).language,
                expected,
                "{query} {cookie} {accept}"
            );
        }
    }
}
