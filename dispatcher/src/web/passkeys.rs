//! Passkeys: added and taken away at `/account`, shown at `/sign-in`. The browser's part is a script (`web/src/passkey.ts`); who
//! has none signs in with a password.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Json, Router};
use certus_registry::account::Password;
use certus_registry::{Account, Language, Secret, SecretHash};
use serde::{Deserialize, Serialize};
use webauthn_rs::prelude::{PublicKeyCredential, RegisterPublicKeyCredential};

use super::language::Spoken;
use super::sign_in::{STRICT, browser, in_words, session_cookies, set_cookie};
use super::visitor::{OWN, Visitor};
use crate::api::auth::cookie;
use crate::api::client::Client;
use crate::api::{App, Caller, Code, Problem, SharedApp};
use crate::passkeys::{self, ANSWER_WITHIN, PasskeyError, Passkeys};
use crate::text::text;

/// The cookie of a browser that answers a challenge.
const COOKIE: &str = "certus_challenge";

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/account/passkeys/challenge", post(begin_adding))
        .route("/account/passkeys", post(add))
        .route("/account/passkeys/remove", post(remove))
        .route("/sign-in/passkey/challenge", post(begin_signing_in))
        .route("/sign-in/passkey", post(sign_in))
}

#[derive(Deserialize)]
struct Confirmed {
    password: String,
}

#[derive(Deserialize)]
struct Made {
    name: String,
    credential: RegisterPublicKeyCredential,
}

#[derive(Deserialize)]
struct Removed {
    id: String,
}

async fn begin_adding(
    State(app): State<SharedApp>,
    visitor: Visitor,
    from: Client,
    headers: HeaderMap,
    Json(confirmed): Json<Confirmed>,
) -> Result<Response, Problem> {
    let (passkeys, account) = (of(&app)?, holder(&visitor)?);
    let password = Password::typed(&confirmed.password);
    match passkeys.begin_adding(&app, account, password, browser(from, &headers)).await {
        Ok((challenge, secret)) => Ok(challenged(&app, &secret, challenge)),
        Err(error) => refused(&app, visitor.language, error),
    }
}

async fn add(
    State(app): State<SharedApp>,
    visitor: Visitor,
    headers: HeaderMap,
    Json(made): Json<Made>,
) -> Result<Response, Problem> {
    let (passkeys, account) = (of(&app)?, holder(&visitor)?);
    match passkeys.add(&app, account, (&made.name, &made.credential), challenge(&headers)).await {
        Ok(()) => Ok((over(&app), StatusCode::CREATED).into_response()),
        Err(error) => refused(&app, visitor.language, error),
    }
}

async fn remove(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(removed): Form<Removed>,
) -> Result<Response, Problem> {
    match passkeys::remove(&app, holder(&visitor)?, &removed.id).await {
        Ok(true) => Ok(Redirect::to(OWN).into_response()),
        Ok(false) => Err(Problem::not_found("passkey")),
        Err(error) => refused(&app, visitor.language, error),
    }
}

async fn begin_signing_in(
    State(app): State<SharedApp>,
    spoken: Spoken,
    from: Client,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    match of(&app)?.begin_signing_in(&app, &browser(from, &headers)).await {
        Ok((challenge, secret)) => Ok(challenged(&app, &secret, challenge)),
        Err(error) => refused(&app, spoken.language, error),
    }
}

async fn sign_in(
    State(app): State<SharedApp>,
    spoken: Spoken,
    from: Client,
    headers: HeaderMap,
    Json(shown): Json<PublicKeyCredential>,
) -> Result<Response, Problem> {
    let answering = (browser(from, &headers), challenge(&headers));
    match of(&app)?.sign_in(&app, &shown, answering).await {
        Ok(signed_in) => {
            let cookies = session_cookies(&app, signed_in).into_iter().chain(over(&app).0);
            Ok((AppendHeaders(cookies.collect::<Vec<_>>()), StatusCode::NO_CONTENT).into_response())
        }
        Err(error) => refused(&app, spoken.language, error),
    }
}

fn of(app: &App) -> Result<&Passkeys, Problem> {
    app.passkeys.as_ref().ok_or_else(|| Problem::not_found("page"))
}

fn holder(visitor: &Visitor) -> Result<&Account, Problem> {
    let Caller::Account(account) = &visitor.caller else { return Err(Problem::not_found("account")) };
    Ok(account)
}

fn challenge(headers: &HeaderMap) -> Option<SecretHash> {
    cookie(headers, COOKIE).map(SecretHash::of)
}

fn challenged(app: &App, secret: &Secret, challenge: impl Serialize) -> Response {
    let kept = set_cookie(app, COOKIE, secret.reveal(), ANSWER_WITHIN.as_secs(), STRICT);
    ([(header::SET_COOKIE, kept)], Json(challenge)).into_response()
}

/// The browser need not keep the challenge any longer.
fn over(app: &App) -> AppendHeaders<[(header::HeaderName, header::HeaderValue); 1]> {
    AppendHeaders([(header::SET_COOKIE, set_cookie(app, COOKIE, "", 0, STRICT))])
}

/// What the script shows: the detail of the problem, in the page's language.
fn refused(app: &App, language: Language, error: PasskeyError) -> Result<Response, Problem> {
    let said = |code, key| Err(Problem::new(code, text(language, key, &[])));
    match error {
        PasskeyError::Password(refusal) => {
            let (status, why) = in_words(app, language, refusal)?;
            let waits = status == StatusCode::TOO_MANY_REQUESTS;
            Err(Problem::new(if waits { Code::TooManyRequests } else { Code::Unauthenticated }, why))
        }
        PasskeyError::Wrong => said(Code::Unauthenticated, "passkey-wrong"),
        PasskeyError::TooMany => said(Code::Conflict, "passkey-too-many"),
        PasskeyError::Name => said(Code::InvalidFields, "passkey-name-refused"),
        PasskeyError::Fault(fault) => Err(fault.into()),
    }
}
