//! Who is calling, and what they may do: API keys as a bearer token or, for the pages, in a cookie.
//!
//! Keys are found by their hash and remembered for [`REMEMBERED`]: so long may a revoked key still
//! work. What is not found is not remembered, so that guessing cannot push real keys out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use certus_registry::store::api_key;
use certus_registry::{ApiKey, Database, RegistryError, Scope, SecretHash, Timestamp};

use super::problem::{Code, Problem};
use super::{App, SharedApp};

/// The cookie that carries the key of a person at the pages.
pub const COOKIE: &str = "certus_key";
/// How long a key is believed without asking the database again.
pub const REMEMBERED: Duration = Duration::from_secs(10);
/// Keys remembered at once: far more than one county hands out; beyond it all are forgotten.
const REMEMBERED_MAX: usize = 1_000;
/// A cookie lasts one shift and a bit, in seconds; then the page asks for the key again.
const COOKIE_SECONDS: u32 = 14 * 3_600;

/// The holder of a valid API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    key: ApiKey,
}

impl Caller {
    /// The holder of `key`.
    #[must_use]
    pub fn of(key: ApiKey) -> Self {
        Self { key }
    }

    /// The key, without its secret.
    #[must_use]
    pub fn key(&self) -> &ApiKey {
        &self.key
    }

    /// Whether the key has the scope.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        self.key.allows(scope)
    }

    /// Refuses the request unless the key has the scope.
    ///
    /// # Errors
    /// 403 `scope_missing`, which names the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            return Ok(());
        }
        Err(Problem::new(Code::ScopeMissing, format!("this needs a key with the scope {scope}")))
    }
}

impl FromRequestParts<SharedApp> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let presented = presented(&parts.headers).ok_or_else(|| unauthenticated("no API key was sent"))?;
        let found = app.keys.find(&app.db, app.clock.now(), &SecretHash::of(presented)).await?;
        found.map(Self::of).ok_or_else(|| unauthenticated("the API key is unknown or revoked"))
    }
}

impl OptionalFromRequestParts<SharedApp> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Option<Self>, Problem> {
        match <Self as FromRequestParts<_>>::from_request_parts(parts, app).await {
            Ok(caller) => Ok(Some(caller)),
            Err(problem) if problem.code == Code::Unauthenticated => Ok(None),
            Err(problem) => Err(problem),
        }
    }
}

/// The secret in `Authorization: Bearer …`, otherwise the one in the cookie.
fn presented(headers: &HeaderMap) -> Option<&str> {
    if headers.contains_key(header::AUTHORIZATION) {
        return bearer(headers);
    }
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, secret)| secret)
}

/// The secret in `Authorization: Bearer …`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

pub(super) fn unauthenticated(detail: &str) -> Problem {
    let challenge = HeaderValue::from_static("Bearer realm=\"certus\"");
    Problem::new(Code::Unauthenticated, detail).with_header(header::WWW_AUTHENTICATE, challenge)
}

/// Checks a key that a person typed at a page; gives who it is and the `Set-Cookie` that signs them in.
///
/// # Errors
/// When the database fails; an unknown key is `None`.
pub async fn sign_in(app: &App, typed: &str) -> Result<Option<(Caller, HeaderValue)>, Problem> {
    let key = app.keys.find(&app.db, app.clock.now(), &SecretHash::of(typed)).await?;
    let secure = app.config.public_url.is_secure();
    Ok(key.and_then(|key| Some((Caller::of(key), cookie(typed.trim(), COOKIE_SECONDS, secure)?))))
}

/// `Set-Cookie` that signs a browser out.
///
/// # Panics
/// Never: an empty value is a valid header.
#[must_use]
pub fn sign_out_cookie(secure: bool) -> HeaderValue {
    cookie("", 0, secure).expect("an empty value is a valid header")
}

/// `None` when `value` could not stand in a cookie: then it is no key of ours.
fn cookie(value: &str, seconds: u32, secure: bool) -> Option<HeaderValue> {
    if !value.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let secure = if secure { "; Secure" } else { "" };
    let text = format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}");
    let mut value = HeaderValue::from_str(&text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// The keys seen lately, each with the time it was read.
#[derive(Debug, Default)]
pub struct KeyRing(Mutex<HashMap<SecretHash, (ApiKey, Timestamp)>>);

impl KeyRing {
    /// The valid key with this hash, read from the database at most [`REMEMBERED`] before `now`.
    ///
    /// # Errors
    /// [`RegistryError`] when the database fails.
    pub async fn find(
        &self,
        db: &Database,
        now: Timestamp,
        hash: &SecretHash,
    ) -> Result<Option<ApiKey>, RegistryError> {
        if let Some(key) = self.remembered(now, hash) {
            return Ok(Some(key));
        }
        let found = api_key::find(db, hash).await?;
        if let Some(key) = &found {
            self.remember(now, hash, key);
        }
        Ok(found)
    }

    fn remembered(&self, now: Timestamp, hash: &SecretHash) -> Option<ApiKey> {
        let keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, read_at) = keys.get(hash)?;
        // A clock that jumped back makes nothing younger than it is.
        (*read_at <= now && now.since(*read_at) < REMEMBERED).then(|| key.clone())
    }

    fn remember(&self, now: Timestamp, hash: &SecretHash, key: &ApiKey) {
        let mut keys = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.len() >= REMEMBERED_MAX {
            keys.clear();
        }
        keys.insert(hash.clone(), (key.clone(), now));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fixture;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))])
    }

    #[test]
    fn a_key_comes_as_bearer_or_cookie() {
        let table = [
            ("authorization", "Bearer ABC", Some("ABC")),
            ("authorization", "bearer ABC", Some("ABC")),
            ("authorization", "Basic ABC", None),
            ("authorization", "ABC", None),
            ("cookie", "a=b; certus_key=ABC; c=d", Some("ABC")),
            ("cookie", "xcertus_key=ABC", None),
        ];
        for (name, value, expected) in table {
            assert_eq!(presented(&headers(name, value)), expected, "{name}: {value}");
        }
    }

    #[tokio::test]
    async fn a_person_signs_in_with_a_key_and_the_cookie_is_kept_from_scripts_and_other_sites() {
        let (app, _) = fixture::app().await;
        let (key, secret) = fixture::key(&app, &[Scope::IncidentsRead]).await;
        let typed = format!(" {}\n", secret.reveal().to_lowercase());
        let (caller, cookie) = sign_in(&app, &typed).await.unwrap().unwrap();
        assert_eq!(caller.key(), &key);
        for part in ["Path=/", "HttpOnly", "SameSite=Strict"] {
            assert!(cookie.to_str().unwrap().contains(part), "{part}");
        }
        for wrong in ["", "no key", "x; Domain=evil"] {
            assert!(sign_in(&app, wrong).await.unwrap().is_none(), "{wrong}");
        }
        assert!(super::cookie("K", 1, true).unwrap().to_str().unwrap().ends_with("; Secure"));
    }

    #[tokio::test]
    async fn a_revoked_key_works_for_ten_seconds_at_most() {
        let (app, clock) = fixture::app().await;
        let (key, secret) = fixture::key(&app, &[Scope::IncidentsRead]).await;
        let find = async || app.keys.find(&app.db, app.clock.now(), &secret.hash()).await.unwrap();
        assert_eq!(find().await, Some(key.clone()));
        let mut tx = app.db.begin().await.unwrap();
        assert!(api_key::revoke(&mut tx, app.clock.now(), key.id).await.unwrap());
        tx.commit().await.unwrap();
        clock.advance(Duration::from_millis(9_999));
        assert!(find().await.is_some());
        clock.advance(Duration::from_millis(1));
        assert_eq!(find().await, None);
    }
}
