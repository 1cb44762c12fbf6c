//! `/me/certificates`: somebody who is on the list says what more they can do, and shows it. It counts once the board has looked.

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartError};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use certus_registry::audit::{Action, Line};
use certus_registry::certificate::{BYTES_MAX, CertificateFile, CertificateId};
use certus_registry::store::claim::{self, Claim};
use certus_registry::store::{application, audit, volunteer};
use certus_registry::volunteer::{Competence, parse_day};
use certus_registry::{CompetenceKind, Language, Remit};

use super::visitor::Own;
use crate::api::{App, Problem, SharedApp};
use crate::own::application::{Wrong, certificate};
use crate::text::text;
use crate::web::page::{Page, minute, word};
use crate::web::people;

/// The largest form, bytes: twice the largest file, so that who chose one that is too large is told so.
const FORM_MAX: usize = 2 * BYTES_MAX;
/// Claims of one person that may wait at once: every competence there is, nearly; each keeps a file of up to 5 MB.
const OPEN_MAX: usize = 10;
pub(super) const CLAIMS: &str = crate::serve::CLAIM_UPLOAD;

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route(CLAIMS, get(show).post(add).layer(DefaultBodyLimit::max(FORM_MAX)))
}

#[derive(Template)]
#[template(path = "own_claim.html")]
struct ClaimPage {
    own: Own,
    /// What was chosen before.
    chosen: String,
    until: String,
    /// What waits: what, and when it came.
    open: Vec<(String, String)>,
    refusal: Option<String>,
}

impl Page for ClaimPage {
    fn language(&self) -> Language {
        self.own.language
    }
}

/// The form as somebody filled it in.
#[derive(Default)]
struct Typed {
    competence: String,
    until: String,
    file: Vec<u8>,
}

async fn show(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    shown(&app, own, StatusCode::OK, Typed::default(), None).await
}

async fn shown(
    app: &App,
    own: Own,
    status: StatusCode,
    typed: Typed,
    refusal: Option<Wrong>,
) -> Result<Response, Problem> {
    let claims = claim::of(&app.db, own.person.id).await?;
    let language = own.language;
    let line =
        |claim: &Claim| (word(language, "competence", claim.competence.kind), minute(app, claim.claimed_at));
    let page = ClaimPage {
        open: claims.iter().map(line).collect(),
        chosen: typed.competence,
        until: typed.until,
        refusal: refusal.map(|Wrong(key)| text(language, key, &[])),
        own,
    };
    page.own.shown_as(status, &page)
}

async fn add(State(app): State<SharedApp>, own: Own, form: Multipart) -> Result<Response, Problem> {
    let wrong = StatusCode::UNPROCESSABLE_ENTITY;
    let typed = match typed(form).await {
        Ok(typed) => typed,
        Err(why) => return shown(&app, own, wrong, Typed::default(), Some(why)).await,
    };
    match claimed(&app, &own, &typed).await? {
        Ok(()) => Ok(Redirect::to(CLAIMS).into_response()),
        Err(why) => shown(&app, own, wrong, typed, Some(why)).await,
    }
}

/// Keeps what is claimed, with its file; or why not.
async fn claimed(app: &App, own: &Own, typed: &Typed) -> Result<Result<(), Wrong>, Problem> {
    let (competence, file) = match typed.read(people::today(app)) {
        Ok(read) => read,
        Err(why) => return Ok(Err(why)),
    };
    let (who, now) = (own.person.id, app.clock.now());
    let id = CertificateId::new(now, &app.random);
    let mut tx = app.db.begin().await?;
    volunteer::locked(&mut tx, Remit::All, who).await?.ok_or_else(|| Problem::not_found("volunteer"))?;
    if claim::waiting(&mut tx, who).await? >= OPEN_MAX as u64 {
        return Ok(Err(Wrong("claim-too-many")));
    }
    application::add_certificate(&mut tx, now, id, who, &file).await?;
    claim::add(&mut tx, now, who, id, competence).await?;
    let line = Line::own(now, who, Action::CompetenceClaimed, competence.kind.as_str());
    audit::append(&mut tx, line).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

impl Typed {
    fn read(&self, today: certus_registry::volunteer::Day) -> Result<(Competence, CertificateFile), Wrong> {
        let kind = self.competence.parse().map_err(|_| Wrong("claim-wrong-competence"))?;
        let until = Some(self.until.trim()).filter(|day| !day.is_empty());
        let expires = until.map(parse_day).transpose().map_err(|_| Wrong("claim-wrong-day"))?;
        if expires.is_some_and(|day| day < today) {
            return Err(Wrong("claim-wrong-day"));
        }
        let file = certificate(&self.file)?.ok_or(Wrong("claim-wrong-file"))?;
        Ok((Competence { kind, expires }, file))
    }
}

async fn typed(mut form: Multipart) -> Result<Typed, Wrong> {
    let broken = |error: MultipartError| {
        let too_large = error.status() == StatusCode::PAYLOAD_TOO_LARGE;
        Wrong(if too_large { "apply-wrong-file-size" } else { "apply-wrong-form" })
    };
    let mut typed = Typed::default();
    while let Some(field) = form.next_field().await.map_err(broken)? {
        match field.name() {
            Some("competence") => typed.competence = field.text().await.map_err(broken)?,
            Some("until") => typed.until = field.text().await.map_err(broken)?,
            Some("certificate") => typed.file = field.bytes().await.map_err(broken)?.to_vec(),
            Some(_) | None => {}
        }
    }
    Ok(typed)
}
