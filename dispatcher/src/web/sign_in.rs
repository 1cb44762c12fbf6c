//! `/sign-in`, `/sign-out` and `/account`: a person's session is in a cookie that scripts cannot read.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::account::Password;
use certus_registry::store::account;
use certus_registry::store::passkey::{self, StoredPasskey};
use certus_registry::{Account, Language, SecretHash, Timestamp};
use serde::Deserialize;

use super::language::{Spoken, other};
use super::page::{Page, page_in};
use super::visitor::{OWN, Visitor};
use crate::api::auth::{COOKIE, cookie};
use crate::api::client::Client;
use crate::api::{App, Caller, Problem, SharedApp, Shown};
use crate::sign_in::{self, Browser, NotChanged, Refusal, SESSION, SignedIn};
use crate::text::text;

/// The cookie by which a browser is known to an account that has been signed in with it; only this page is told.
const DEVICE: &str = "certus_device";
/// How long a browser is known, in seconds: a year.
const DEVICE_SECONDS: u64 = 365 * 86_400;
/// With which requests a cookie comes along.
#[derive(Clone, Copy)]
pub(super) struct Reach {
    /// `Strict`: with those that our own pages begin; `Lax`: with links from elsewhere, too.
    pub(super) site: &'static str,
    /// To everything below this path.
    pub(super) path: &'static str,
}

/// Cookies of accounts come along from our own pages only.
pub(super) const STRICT: Reach = Reach { site: "Strict", path: "/" };

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/sign-in", get(form).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route(OWN, get(own).post(change_password))
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    language: Language,
    other_language: Language,
    /// What the button says that leads to the organisation's own sign-in, where there is one.
    elsewhere: Option<String>,
    /// Whether passkeys can be used here.
    passkeys: bool,
    refusal: Option<String>,
}

impl Page for SignInPage {
    fn language(&self) -> Language {
        self.language
    }
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    visitor: Visitor,
    account: Account,
    /// Where passkeys can be used.
    passkeys: Option<Vec<ShownPasskey>>,
    refusal: Option<String>,
}

/// A passkey as its holder sees it.
struct ShownPasskey {
    id: String,
    name: String,
    /// `Sedan 2026-11-26`.
    since: String,
    used: Option<String>,
}

impl Page for AccountPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

#[derive(Deserialize)]
struct Presented {
    login: String,
    password: String,
}

#[derive(Deserialize)]
struct Passwords {
    old: String,
    new: String,
    again: String,
}

async fn form(State(app): State<SharedApp>, spoken: Spoken) -> Result<Response, Problem> {
    asked_again(&app, spoken, StatusCode::OK, None)
}

pub(super) fn asked_again(
    app: &App,
    spoken: Spoken,
    status: StatusCode,
    refusal: Option<String>,
) -> Result<Response, Problem> {
    let language = spoken.language;
    let elsewhere = app
        .oidc
        .as_ref()
        .map(|oidc| text(language, "sign-in-elsewhere", &[("name", oidc.name().to_owned().into())]));
    let template = SignInPage {
        language,
        other_language: other(language),
        elsewhere,
        passkeys: app.passkeys.is_some(),
        refusal,
    };
    page_in(spoken.cookie(), status, &template)
}

async fn sign_in(
    State(app): State<SharedApp>,
    spoken: Spoken,
    from: Client,
    headers: HeaderMap,
    Form(presented): Form<Presented>,
) -> Result<Response, Problem> {
    let password = Password::typed(&presented.password);
    let signed_in = match sign_in::sign_in(&app, &presented.login, password, browser(from, &headers)).await {
        Ok(signed_in) => signed_in,
        Err(refusal) => {
            let (status, why) = in_words(&app, spoken.language, refusal)?;
            return asked_again(&app, spoken, status, Some(why));
        }
    };
    Ok((AppendHeaders(session_cookies(&app, signed_in)), Redirect::to("/")).into_response())
}

/// What somebody's browser is to keep who has just signed in.
pub(super) fn session_cookies(app: &App, signed_in: SignedIn) -> Vec<(HeaderName, HeaderValue)> {
    let session = set_cookie(app, COOKIE, signed_in.session.reveal(), SESSION.as_secs(), STRICT);
    let device =
        signed_in.device.map(|device| set_cookie(app, DEVICE, device.reveal(), DEVICE_SECONDS, STRICT));
    [Some(session), device].into_iter().flatten().map(|cookie| (header::SET_COOKIE, cookie)).collect()
}

async fn sign_out(State(app): State<SharedApp>, headers: HeaderMap) -> Result<Response, Problem> {
    if let Some(session) = cookie(&headers, COOKIE).map(SecretHash::of) {
        let mut tx = app.db.begin().await?;
        account::end_session(&mut tx, &session).await?;
        tx.commit().await?;
        app.callers.forget(&Shown::Session(session));
    }
    let cookie = set_cookie(&app, COOKIE, "", 0, STRICT);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}

async fn own(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    own_again(&app, visitor, StatusCode::OK, None).await
}

async fn own_again(
    app: &App,
    visitor: Visitor,
    status: StatusCode,
    refusal: Option<String>,
) -> Result<Response, Problem> {
    let Caller::Account(account) = visitor.caller.clone() else { return Err(Problem::not_found("account")) };
    let passkeys = match &app.passkeys {
        Some(_) => Some(passkeys(app, &account, visitor.language).await?),
        None => None,
    };
    let template = AccountPage { visitor, account, passkeys, refusal };
    template.visitor.shown_as(status, &template)
}

async fn passkeys(app: &App, account: &Account, language: Language) -> Result<Vec<ShownPasskey>, Problem> {
    let day = |key, at: Timestamp| {
        let day = at.in_zone(&app.config.time_zone.0).date().to_string();
        text(language, key, &[("day", day.into())])
    };
    let held = passkey::of_account(&app.db, account.id).await?;
    let shown = held.into_iter().map(|StoredPasskey { id, name, created_at, used_at, .. }| ShownPasskey {
        id,
        name,
        since: day("passkey-since", created_at),
        used: used_at.map(|at| day("passkey-used", at)),
    });
    Ok(shown.collect())
}

async fn change_password(
    State(app): State<SharedApp>,
    visitor: Visitor,
    from: Client,
    headers: HeaderMap,
    Form(typed): Form<Passwords>,
) -> Result<Response, Problem> {
    let Caller::Account(account) = visitor.caller.clone() else { return Err(Problem::not_found("account")) };
    let language = visitor.language;
    let said = |key| Some(text(language, key, &[]));
    if typed.new != typed.again {
        return own_again(&app, visitor, StatusCode::UNPROCESSABLE_ENTITY, said("account-not-again")).await;
    }
    let passwords = (Password::typed(&typed.old), typed.new.as_str());
    match sign_in::change_password(&app, &account, passwords, browser(from, &headers)).await {
        Ok(()) => Ok(Redirect::to("/sign-in").into_response()),
        Err(NotChanged::New(_)) => {
            own_again(&app, visitor, StatusCode::UNPROCESSABLE_ENTITY, said("account-new-refused")).await
        }
        Err(NotChanged::Old(refusal)) => {
            let (status, why) = in_words(&app, language, refusal)?;
            own_again(&app, visitor, status, Some(why)).await
        }
    }
}

/// What a person is told, who may be anybody.
pub(super) fn in_words(
    app: &App,
    language: Language,
    refusal: Refusal,
) -> Result<(StatusCode, String), Problem> {
    match refusal {
        Refusal::Wrong => Ok((StatusCode::UNAUTHORIZED, text(language, "sign-in-wrong", &[]))),
        Refusal::Wait { until } => {
            let minutes = until.since(app.clock.now()).as_secs().div_ceil(60).to_string();
            let why = text(language, "sign-in-wait", &[("minutes", minutes.into())]);
            Ok((StatusCode::TOO_MANY_REQUESTS, why))
        }
        Refusal::Fault(fault) => Err(fault.into()),
    }
}

pub(super) fn browser(Client(address): Client, headers: &HeaderMap) -> Browser {
    Browser { address, device: device(headers) }
}

pub(super) fn device(headers: &HeaderMap) -> Option<SecretHash> {
    cookie(headers, DEVICE).map(SecretHash::of)
}

/// `value` is a secret of ours or nothing: letters and digits. `site` says from where it comes along.
pub(super) fn set_cookie(app: &App, name: &str, value: &str, seconds: u64, reach: Reach) -> HeaderValue {
    let secure = if app.config.public_url.is_secure() { "; Secure" } else { "" };
    let Reach { site, path } = reach;
    let text = format!("{name}={value}; Path={path}; HttpOnly; SameSite={site}; Max-Age={seconds}{secure}");
    let mut cookie = HeaderValue::from_str(&text).expect("letters and digits");
    cookie.set_sensitive(true);
    cookie
}
