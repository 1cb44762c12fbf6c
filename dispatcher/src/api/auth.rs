//! Who is calling, and what they may do: another system by its API key as a bearer token, or somebody at the pages by the
//! session in their cookie.
//!
//! Callers are found by the hash of what they show and remembered for [`REMEMBERED`]: so long may a revoked key or a disabled
//! account still work. What is not found is not remembered, so that guessing cannot push real ones out.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use certus_registry::audit::Actor;
use certus_registry::store::{account, api_key};
use certus_registry::volunteer::PersonName;
use certus_registry::{Account, ApiKey, Database, RegistryError, Remit, Scope, SecretHash, Timestamp};

use super::SharedApp;
use super::problem::{Code, Problem};

/// The cookie that carries the session of a person at the pages.
pub const COOKIE: &str = "certus_session";
/// How long a caller is believed without asking the database again.
pub const REMEMBERED: Duration = Duration::from_secs(10);
/// Callers remembered at once: far more than one county has; beyond it all are forgotten.
const REMEMBERED_MAX: usize = 1_000;

/// Whoever sent a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// Another system, by its key.
    Key(ApiKey),
    /// Somebody who has signed in.
    Account(Account),
}

impl Caller {
    /// Whether the caller has the right.
    #[must_use]
    pub fn may(&self, scope: Scope) -> bool {
        match self {
            Self::Key(key) => key.allows(scope),
            Self::Account(account) => account.allows(scope),
        }
    }

    /// Refuses the request unless the caller has the right.
    ///
    /// # Errors
    /// 403 `scope_missing`, which names the right.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.may(scope) {
            return Ok(());
        }
        let detail = match self {
            Self::Key(_) => format!("this needs a key with the scope {scope}"),
            Self::Account(account) if account.must_change => {
                "change your password first, at /account".to_owned()
            }
            Self::Account(_) => format!("this needs an account with the right {scope}"),
        };
        Err(Problem::new(Code::ScopeMissing, detail))
    }

    /// How far the caller's rights go over the registry.
    #[must_use]
    pub fn remit(&self) -> Remit {
        match self {
            Self::Key(key) => key.remit,
            Self::Account(account) => account.remit,
        }
    }

    /// The name of the system or the person.
    #[must_use]
    pub fn name(&self) -> &PersonName {
        match self {
            Self::Key(key) => &key.name,
            Self::Account(account) => &account.name,
        }
    }

    /// As the audit log names them.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match self {
            Self::Key(key) => Actor::Key(key.id),
            Self::Account(account) => Actor::Account(account.id),
        }
    }
}

impl FromRequestParts<SharedApp> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Problem> {
        let shown =
            Shown::in_headers(&parts.headers).ok_or_else(|| unauthenticated("no API key was sent"))?;
        let found = app.callers.find(&app.db, app.clock.now(), &shown).await?;
        found.ok_or_else(|| unauthenticated(shown.refusal()))
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

/// What a caller shows, as a hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Shown {
    /// The secret of an API key.
    Key(SecretHash),
    /// The secret of a session.
    Session(SecretHash),
}

impl Shown {
    /// The key in `Authorization: Bearer …`, otherwise the session in the cookie.
    #[must_use]
    pub fn in_headers(headers: &HeaderMap) -> Option<Self> {
        if headers.contains_key(header::AUTHORIZATION) {
            return bearer(headers).map(SecretHash::of).map(Self::Key);
        }
        cookie(headers, COOKIE).map(SecretHash::of).map(Self::Session)
    }

    const fn refusal(&self) -> &'static str {
        match self {
            Self::Key(_) => {
                "the API key is unknown, revoked or expired: `certus key list` on the server tells which"
            }
            Self::Session(_) => "the session has ended: sign in again",
        }
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == wanted).map(|(_, value)| value)
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

/// The callers seen lately, each with the time it was read.
#[derive(Debug, Default)]
pub struct Callers(Mutex<HashMap<Shown, (Caller, Timestamp)>>);

impl Callers {
    /// Who shows this, read from the database at most [`REMEMBERED`] before `now`.
    ///
    /// # Errors
    /// [`RegistryError`] when the database fails.
    pub async fn find(
        &self,
        db: &Database,
        now: Timestamp,
        shown: &Shown,
    ) -> Result<Option<Caller>, RegistryError> {
        let works = |caller: &Caller| !matches!(caller, Caller::Key(key) if key.has_expired(now));
        if let Some(caller) = self.remembered(now, shown) {
            return Ok(Some(caller).filter(works));
        }
        let found = match shown {
            Shown::Key(hash) => api_key::find(db, hash).await?.map(Caller::Key),
            Shown::Session(hash) => account::by_session(db, hash, now).await?.map(Caller::Account),
        };
        if let Some(caller) = &found {
            self.remember(now, shown, caller);
        }
        Ok(found.filter(works))
    }

    /// Asks the database the next time: the session has ended, or its holder is somebody else now.
    pub fn forget(&self, shown: &Shown) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(shown);
    }

    /// Asks the database the next time about everybody.
    pub fn forget_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn remembered(&self, now: Timestamp, shown: &Shown) -> Option<Caller> {
        let callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (caller, read_at) = callers.get(shown)?;
        // A clock that jumped back makes nothing younger than it is.
        (*read_at <= now && now.since(*read_at) < REMEMBERED).then(|| caller.clone())
    }

    fn remember(&self, now: Timestamp, shown: &Shown, caller: &Caller) {
        let mut callers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= REMEMBERED_MAX {
            callers.clear();
        }
        callers.insert(shown.clone(), (caller.clone(), now));
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
    fn a_key_comes_as_bearer_and_a_session_as_cookie() {
        let key = || Some(Shown::Key(SecretHash::of("ABC")));
        let table = [
            ("authorization", "Bearer ABC", key()),
            ("authorization", "bearer ABC", key()),
            ("authorization", "Basic ABC", None),
            ("authorization", "ABC", None),
            ("cookie", "a=b; certus_session=ABC; c=d", Some(Shown::Session(SecretHash::of("ABC")))),
            ("cookie", "xcertus_session=ABC", None),
        ];
        for (name, value, expected) in table {
            assert_eq!(Shown::in_headers(&headers(name, value)), expected, "{name}: {value}");
        }
    }

    #[tokio::test]
    async fn a_revoked_key_works_for_ten_seconds_at_most_and_no_session_is_a_key() {
        let (app, clock) = fixture::app().await;
        let (key, secret) = fixture::key(&app, &[Scope::IncidentsRead]).await;
        let shown = Shown::Key(secret.hash());
        let find = async || app.callers.find(&app.db, app.clock.now(), &shown).await.unwrap();
        assert_eq!(find().await, Some(Caller::Key(key.clone())));
        let session = Shown::Session(secret.hash());
        assert_eq!(app.callers.find(&app.db, app.clock.now(), &session).await.unwrap(), None);
        let mut tx = app.db.begin().await.unwrap();
        assert!(api_key::revoke(&mut tx, app.clock.now(), key.id).await.unwrap());
        tx.commit().await.unwrap();
        clock.advance(Duration::from_millis(9_999));
        assert!(find().await.is_some());
        clock.advance(Duration::from_millis(1));
        assert_eq!(find().await, None);
    }

    #[tokio::test]
    async fn a_key_works_until_the_moment_it_expires() {
        let (app, clock) = fixture::app().await;
        let (key, secret) = fixture::key(&app, &[Scope::IncidentsRead]).await;
        let shown = Shown::Key(secret.hash());
        let find = async || app.callers.find(&app.db, app.clock.now(), &shown).await.unwrap();
        clock.advance((key.expires_at - Duration::from_millis(1)).since(app.clock.now()));
        assert!(find().await.is_some());
        clock.advance(Duration::from_millis(1));
        assert_eq!(find().await, None, "though it was looked up a moment ago");
    }
}
