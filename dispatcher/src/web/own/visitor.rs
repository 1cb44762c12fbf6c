//! Whoever opens a page of their own: by the session in their cookie.

use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::store::volunteer;
use certus_registry::{Language, Remit, SecretHash, Volunteer};

use super::SIGN_IN;
use crate::api::auth::cookie;
use crate::api::{Problem, SharedApp};
use crate::web::language::{Spoken, other};
use crate::web::page::{Page, page_in};
use crate::web::sign_in::Reach;

/// The cookie that carries the session of somebody at their own page.
pub(super) const COOKIE: &str = "certus_own";
/// The cookie by which a browser shows that it asked for a code.
pub(super) const ASKING: &str = "certus_asking";
/// Cookies of one's own pages come along from a link, too: links in text messages lead here.
pub(super) const LAX: Reach = Reach { site: "Lax", path: "/" };

/// A person at their own page.
pub(super) struct Own {
    /// Who.
    pub(super) person: Volunteer,
    /// The page's language.
    pub(super) language: Language,
    remember: Option<HeaderValue>,
}

impl Own {
    /// The language that the link to the other one leads to.
    pub(super) fn other_language(&self) -> Language {
        other(self.language)
    }

    /// Answers with a page.
    pub(super) fn shown_as(&self, status: StatusCode, template: &impl Page) -> Result<Response, Problem> {
        page_in(self.remember.clone(), status, template)
    }
}

impl FromRequestParts<SharedApp> for Own {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Response> {
        let Ok(spoken) = Spoken::from_request_parts(parts, app).await;
        let person = signed_in(app, &parts.headers).await.map_err(Problem::into_response)?;
        match person {
            Some(person) => Ok(Self { person, language: spoken.language, remember: spoken.cookie() }),
            None => Err(Redirect::to(SIGN_IN).into_response()),
        }
    }
}

async fn signed_in(app: &SharedApp, headers: &HeaderMap) -> Result<Option<Volunteer>, Problem> {
    let Some(session) = cookie(headers, COOKIE).map(SecretHash::of) else { return Ok(None) };
    match volunteer::by_session(&app.db, app.clock.now(), &session).await? {
        Some(id) => Ok(volunteer::get(&app.db, Remit::All, id).await?),
        None => Ok(None),
    }
}
