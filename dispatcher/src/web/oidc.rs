//! `/sign-in/oidc`: out to an organisation's own provider, and back.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::get;
use certus_registry::store::identity;
use certus_registry::{Language, Secret, SecretHash};

use super::language::Spoken;
use super::page::{Page, page};
use super::sign_in::{Reach, asked_again, device, session_cookies, set_cookie};
use crate::api::auth::cookie;
use crate::api::{Problem, Query, SharedApp};
use crate::oidc::{AWAY, Answer, CALLBACK, Oidc, OidcError};
use crate::sign_in::{Unlinked, sign_in_as};
use crate::text::text;

/// The cookie of a browser that is at the provider.
const COOKIE: &str = "certus_away";
/// It comes back from another site.
const LAX: Reach = Reach { site: "Lax", path: "/sign-in/oidc" };

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/sign-in/oidc", get(go)).route(CALLBACK, get(back))
}

/// Where the way ends: a page of ours, from which the browser goes on by itself. The session's cookie is not sent with
/// anything that another site began.
#[derive(Template)]
#[template(path = "signed_in.html")]
struct SignedInPage {
    language: Language,
}

impl Page for SignedInPage {
    fn language(&self) -> Language {
        self.language
    }
}

async fn go(State(app): State<SharedApp>, spoken: Spoken) -> Result<Response, Problem> {
    let oidc = provider(&app)?;
    let (there, away) = match oidc.begin(&app.random).await {
        Ok(begun) => begun,
        Err(error) => return refused(&app, spoken, &error),
    };
    let (now, browser) = (app.clock.now(), Secret::generate(&app.random));
    let mut tx = app.db.begin().await?;
    if !identity::send_away(&mut tx, &browser.hash(), &away, now, now + AWAY).await? {
        let why = text(spoken.language, "sign-in-oidc-busy", &[]);
        return asked_again(&app, spoken, StatusCode::SERVICE_UNAVAILABLE, Some(why));
    }
    tx.commit().await?;
    Ok((
        [(header::SET_COOKIE, set_cookie(&app, COOKIE, browser.reveal(), AWAY.as_secs(), LAX))],
        Redirect::to(&there),
    )
        .into_response())
}

async fn back(
    State(app): State<SharedApp>,
    spoken: Spoken,
    headers: HeaderMap,
    Query(answer): Query<Answer>,
) -> Result<Response, Problem> {
    let oidc = provider(&app)?;
    let browser = cookie(&headers, COOKIE).map(SecretHash::of);
    let mut away = None;
    if let Some(browser) = browser {
        let mut tx = app.db.begin().await?;
        away = identity::come_back(&mut tx, &browser, app.clock.now()).await?;
        tx.commit().await?;
    }
    let Some(away) = away else { return refused(&app, spoken, &OidcError::Strange) };
    let identity = match oidc.finish(away, answer).await {
        Ok(identity) => identity,
        Err(error) => return refused(&app, spoken, &error),
    };
    let signed_in = match sign_in_as(&app, &identity, device(&headers)).await {
        Ok(signed_in) => signed_in,
        Err(Unlinked::NoAccount) => {
            let login = identity.login.map_or_else(|| "–".to_owned(), |login| login.to_string());
            let why = text(spoken.language, "sign-in-oidc-no-account", &[("login", login.into())]);
            return asked_again(&app, spoken, StatusCode::FORBIDDEN, Some(why));
        }
        Err(Unlinked::Fault(fault)) => return Err(fault.into()),
    };
    let over = (header::SET_COOKIE, set_cookie(&app, COOKIE, "", 0, LAX));
    let cookies = session_cookies(&app, signed_in).into_iter().chain([over]);
    Ok((AppendHeaders(cookies), page(StatusCode::OK, &SignedInPage { language: spoken.language })?)
        .into_response())
}

fn provider(app: &SharedApp) -> Result<&Oidc, Problem> {
    app.oidc.as_ref().ok_or_else(|| Problem::not_found("page"))
}

/// What the person is told; what the administrator needs to know is in the log.
fn refused(app: &SharedApp, spoken: Spoken, error: &OidcError) -> Result<Response, Problem> {
    let (status, key) = match error {
        OidcError::Provider { .. } => (StatusCode::BAD_GATEWAY, "sign-in-oidc-silent"),
        OidcError::Strange => (StatusCode::BAD_REQUEST, "sign-in-oidc-again"),
        OidcError::Refused(_) | OidcError::Token(_) => (StatusCode::FORBIDDEN, "sign-in-oidc-refused"),
    };
    tracing::warn!(%error, "nobody was signed in by OpenID Connect");
    let why = text(spoken.language, key, &[]);
    asked_again(app, spoken, status, Some(why))
}
