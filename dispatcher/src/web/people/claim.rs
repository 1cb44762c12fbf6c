//! `/people/{id}/claims/{certificate}`: an official has looked at a certificate that somebody sent, and takes their word or does not.

use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::certificate::CertificateId;
use certus_registry::store::{claim, volunteer};
use certus_registry::volunteer::{Competence, parse_day};
use certus_registry::{Scope, VolunteerId};
use serde::Deserialize;

use super::person::shown;
use crate::api::{Path, Problem, SharedApp};
use crate::text::text;
use crate::web::visitor::Visitor;

/// What the official says.
#[derive(Debug, Deserialize)]
pub(super) struct Decided {
    /// Whether it is so.
    accepted: bool,
    /// The last day that the certificate names; empty: none.
    #[serde(default)]
    until: String,
}

pub(super) async fn decide(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path((who, certificate)): Path<(VolunteerId, CertificateId)>,
    Form(decided): Form<Decided>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let until = Some(decided.until.trim()).filter(|day| !day.is_empty());
    let Ok(expires) = until.map(parse_day).transpose() else {
        let why = text(visitor.language, "claim-wrong-day", &[]);
        return shown(&app, visitor, who, StatusCode::UNPROCESSABLE_ENTITY, Some(why)).await;
    };
    let (now, remit) = (app.clock.now(), visitor.caller.remit());
    let mut tx = app.db.begin().await?;
    let person =
        volunteer::locked(&mut tx, remit, who).await?.ok_or_else(|| Problem::not_found("volunteer"))?;
    let claim = claim::settle(&mut tx, who, certificate).await?;
    let Competence { kind, .. } = claim.ok_or_else(|| Problem::not_found("claim"))?;
    let mut detail = format!("{kind} {certificate} refused");
    if decided.accepted {
        let mut person = person;
        person.competences.retain(|held| held.kind != kind);
        person.competences.push(Competence { kind, expires });
        volunteer::put(&mut tx, remit, now, &person).await?;
        detail = format!("{kind} {certificate} accepted");
    }
    app.did(&mut tx, &visitor.caller, Action::ClaimDecided, vec![who], &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/people/{who}")).into_response())
}
