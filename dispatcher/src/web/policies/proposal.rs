//! `/policies/proposals/{id}`: what a proposal changes, field by field, and what was decided about it.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::store::catalogue;
use certus_registry::{Catalogue, Language, Scope, Tx};

use super::words::not_brought;
use super::{Line as Listed, in_force, label, needs_official, official, version};
use crate::api::{App, Path, Problem, SharedApp};
use crate::policies::{
    NotBrought, Policies, Proposal, ProposalId, Refusal, Sheet, State as Fate, store, version_name,
};
use crate::text::text;
use crate::web::accounts::Names;
use crate::web::page::{Page, event_key};
use crate::web::policies::words::said;
use crate::web::visitor::Visitor;

#[derive(Template)]
#[template(path = "policies_proposal.html")]
struct ProposalPage {
    visitor: Visitor,
    line: Listed,
    /// What it was written against, or is compared with.
    against: String,
    fate: Fate,
    /// Event type, field, what stands there and what would: those that differ.
    changes: Vec<(String, String, String, String)>,
    /// Why the visitor cannot approve it, in words; nobody can what is not open.
    barred: Option<String>,
    may_approve: bool,
    may_withdraw: bool,
    refusal: Option<String>,
}

impl Page for ProposalPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

pub(super) async fn show(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<ProposalId>,
) -> Result<Response, Problem> {
    visitor.require(Scope::IncidentsRead)?;
    shown(&app, visitor, id, None).await
}

/// Brings the proposal into force, if somebody else has made it and it was written against what is in force.
pub(super) async fn approve(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<ProposalId>,
) -> Result<Response, Problem> {
    let by = needs_official(&visitor)?;
    let mut tx = app.db.begin().await?;
    let number = store::approve(&mut tx, app.clock.now(), id, by).await?;
    let detail = number.map(|number| format!("{} {id}", version_name(number)));
    decided(&app, visitor, tx, (id, Action::PoliciesApproved), detail).await
}

/// Takes the proposal back.
pub(super) async fn withdraw(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<ProposalId>,
) -> Result<Response, Problem> {
    let by = needs_official(&visitor)?;
    let mut tx = app.db.begin().await?;
    let detail = store::withdraw(&mut tx, app.clock.now(), id, by).await?.map(|()| id.to_string());
    decided(&app, visitor, tx, (id, Action::PoliciesWithdrawn), detail).await
}

/// Commits what was done, with its line in the log, or shows why it was not.
async fn decided(
    app: &App,
    visitor: Visitor,
    mut tx: Tx,
    (id, action): (ProposalId, Action),
    detail: Result<String, Refusal>,
) -> Result<Response, Problem> {
    match detail {
        Ok(detail) => {
            app.did(&mut tx, &visitor.caller, action, Vec::new(), &detail).await?;
            tx.commit().await?;
            Ok(Redirect::to("/policies").into_response())
        }
        Err(refusal) => {
            drop(tx); // the page reads from the database, too
            shown(app, visitor, id, Some(refusal)).await
        }
    }
}

async fn shown(
    app: &App,
    visitor: Visitor,
    id: ProposalId,
    refusal: Option<Refusal>,
) -> Result<Response, Problem> {
    let proposal = store::proposal(&app.db, id).await?.ok_or_else(|| Problem::not_found("proposal"))?;
    let (language, names) = (visitor.language, Names::load(app).await?);
    let (number, policies) = in_force(app).await?;
    let kinds = catalogue::load(&app.db).await?;
    // What is decided is compared with what held then; what waits, with what holds now.
    let against = match proposal.state {
        Fate::Open => policies,
        Fate::Approved { .. } | Fate::Withdrawn { .. } => version(app, proposal.based_on).await?,
    };
    let by = official(&visitor);
    let barred = by.map(|by| proposal.may_be_approved(by, number));
    let status = if refusal.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
    let page = ProposalPage {
        line: Listed::of(app, language, &names, String::new(), &proposal),
        against: against.version().to_owned(),
        fate: proposal.state,
        changes: changes(language, &kinds, &against, &proposal)?,
        may_approve: barred == Some(Ok(())),
        may_withdraw: by.is_some() && proposal.state == Fate::Open,
        barred: barred
            .and_then(Result::err)
            .filter(|_| proposal.state == Fate::Open)
            .map(|refusal| refused(language, &kinds, refusal)),
        refusal: refusal.map(|refusal| refused(language, &kinds, refusal)),
        visitor,
    };
    page.visitor.shown_as(status, &page)
}

/// What the proposal changes, in words.
fn changes(
    language: Language,
    kinds: &Catalogue,
    against: &Policies,
    proposal: &Proposal,
) -> Result<Vec<(String, String, String, String)>, Problem> {
    let proposed = Policies::parse(&proposal.text).map_err(|error| Problem::internal(&error))?;
    let (old, new) = (Sheet::of(against), Sheet::of(&proposed));
    let in_words = |(event, field): (_, crate::policies::Field)| {
        let at = |sheet: &Sheet| said(language, kinds, field, sheet.at(event, field.key));
        let name = |key: &str| text(language, key, &[]);
        (name(&event_key(event)), name(&label(field)), at(&old), at(&new))
    };
    Ok(new.differs(&old).into_iter().map(in_words).collect())
}

/// Why a proposal was not decided, and what was expected.
fn refused(language: Language, kinds: &Catalogue, refusal: Refusal) -> String {
    let said = |key: &str| text(language, key, &[]);
    match refusal {
        Refusal::Unknown => said("policies-refused-unknown"),
        Refusal::Settled => said("policies-refused-settled"),
        Refusal::SameOfficial => said("policies-refused-same-official"),
        Refusal::Outdated { based_on: _, in_force } => {
            text(language, "policies-refused-outdated", &[("name", version_name(in_force).into())])
        }
        Refusal::NotBrought(NotBrought { event, kind }) => {
            let (event, kind) = (said(&event_key(event)), not_brought(language, kinds, kind));
            format!("{event}: {kind}")
        }
    }
}
