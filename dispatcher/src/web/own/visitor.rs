//! Whoever opens a page of their own: by the session in their cookie; and from which network address anybody comes.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::store::volunteer;
use certus_registry::{Language, SecretHash, Volunteer};

use super::SIGN_IN;
use crate::api::auth::cookie;
use crate::api::{Problem, SharedApp};
use crate::web::language::{Spoken, other};
use crate::web::page::{Page, page};

/// The cookie that carries the session of somebody at their own page.
pub(super) const COOKIE: &str = "certus_own";
/// The cookie by which a browser shows that it asked for a code.
pub(super) const ASKING: &str = "certus_asking";
/// Cookies of one's own pages come along from a link, too: links in text messages lead here.
pub(super) const LAX: &str = "Lax";

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
        let remember = self.remember.clone().map(|cookie| [(header::SET_COOKIE, cookie)]);
        Ok((remember, page(status, template)?).into_response())
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
        Some(id) => Ok(volunteer::get(&app.db, id).await?),
        None => Ok(None),
    }
}

/// From where a request comes, as far as that says anything about who sent it.
pub(super) struct Source(pub(super) Option<IpAddr>);

impl<S: Sync> FromRequestParts<S> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
        Ok(Self(source(peer, &parts.headers)))
    }
}

/// A proxy before us connects from an address of the house and says last in `X-Forwarded-For` from where it was asked. What
/// others write there is not believed.
fn source(peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let peer = peer?;
    if !is_of_the_house(peer.to_canonical()) {
        return Some(peer);
    }
    let mut lines = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok());
    lines.next_back()?.rsplit(',').next()?.trim().parse().ok()
}

fn is_of_the_house(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.is_loopback() || address.is_unique_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_proxy_of_the_house_says_from_where_it_was_asked() {
        let table = [
            ("198.51.100.7", None, Some("198.51.100.7")),
            ("198.51.100.7", Some("192.0.2.1"), Some("198.51.100.7")),
            ("127.0.0.1", Some("203.0.113.9, 192.0.2.1"), Some("192.0.2.1")),
            ("::ffff:10.0.0.2", Some("2001:db8::1"), Some("2001:db8::1")),
            ("10.0.0.2", Some("unknown"), None),
            ("::1", None, None),
        ];
        for (peer, said, expected) in table {
            let said = said.map(|said| ("x-forwarded-for".parse().unwrap(), said.parse().unwrap()));
            let headers = HeaderMap::from_iter(said);
            let expected = expected.map(|address| address.parse().unwrap());
            assert_eq!(source(Some(peer.parse().unwrap()), &headers), expected, "{peer} {headers:?}");
        }
    }
}
