//! Whoever has signed in and opens a page. Who has not is led to `/sign-in`; who must change the password, to `/account`.

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::{HeaderValue, StatusCode, header, request::Parts};
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::{Language, Scope};

use super::language::{Spoken, other};
use super::page::{Page, page_in};
use crate::api::{Caller, Problem, SharedApp};

/// The page of one's own account.
pub(super) const OWN: &str = "/account";

/// The pages that a bar leads to: the right that each needs, its address, and its name in the Fluent files.
const PAGES: [(Scope, &str, &str); 10] = [
    (Scope::IncidentsRead, "/", "console-title"),
    (Scope::VolunteersRead, "/people", "people-title"),
    (Scope::VolunteersRead, "/vetting", "vetting-title"),
    (Scope::VolunteersRead, "/resources", "things-title"),
    (Scope::VolunteersRead, "/organisations", "organisations-title"),
    (Scope::IncidentsRead, "/policies", "policies-title"),
    (Scope::IncidentsRead, "/roads", "roads-title"),
    (Scope::IncidentsRead, "/bridge", "bridge-title"),
    (Scope::AccountsWrite, "/accounts", "accounts-title"),
    (Scope::AuditRead, "/audit", "audit-title"),
];

/// Somebody at a page.
pub(super) struct Visitor {
    /// Who.
    pub(super) caller: Caller,
    /// The page's language.
    pub(super) language: Language,
    remember: Option<HeaderValue>,
    path: String,
}

impl Visitor {
    /// Refuses the page unless the visitor has the right.
    pub(super) fn require(&self, scope: Scope) -> Result<(), Problem> {
        self.caller.require(scope)
    }

    /// The language that the link to the other one leads to.
    pub(super) fn other_language(&self) -> Language {
        other(self.language)
    }

    /// The address of this page, without what was asked of it.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether this page is that one or below it.
    pub(super) fn is_at(&self, address: &str) -> bool {
        let below = self.path.strip_prefix(address);
        below.is_some_and(|rest| rest.is_empty() || (address.len() > 1 && rest.starts_with('/')))
    }

    /// The pages that the visitor may open: address, and name in the Fluent files.
    pub(super) fn pages(&self) -> Vec<(&'static str, &'static str)> {
        let open = PAGES.iter().filter(|(scope, ..)| self.caller.may(*scope));
        open.map(|(_, address, name)| (*address, *name)).collect()
    }

    /// Answers with a page.
    pub(super) fn shown(&self, template: &impl Page) -> Result<Response, Problem> {
        self.shown_as(StatusCode::OK, template)
    }

    /// Answers with a page that says that something did not go.
    pub(super) fn shown_as(&self, status: StatusCode, template: &impl Page) -> Result<Response, Problem> {
        page_in(self.remember.clone(), status, template)
    }
}

impl FromRequestParts<SharedApp> for Visitor {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Response> {
        let Ok(spoken) = Spoken::from_request_parts(parts, app).await;
        let remember = spoken.cookie();
        let caller = <Caller as OptionalFromRequestParts<_>>::from_request_parts(parts, app).await;
        let path = parts.uri.path().to_owned();
        let led = |to: &str| {
            let remember = remember.clone().map(|cookie| [(header::SET_COOKIE, cookie)]);
            (remember, Redirect::to(to)).into_response()
        };
        match caller.map_err(Problem::into_response)? {
            None => Err(led("/sign-in")),
            Some(Caller::Account(account)) if account.must_change && path != OWN => Err(led(OWN)),
            Some(caller) => Ok(Self { caller, language: spoken.language, remember, path }),
        }
    }
}
