//! `/policies`: the call-out policies in force, how they came into force, and changes of them, which one official proposes and
//! another approves.

mod form;
mod proposal;
mod words;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};
use certus_registry::audit::Actor;
use certus_registry::store::catalogue;
use certus_registry::{AccountId, Catalogue, EventType, Language, Scope};

use super::accounts::Names;
use super::page::{Page, event_key, minute};
use super::visitor::Visitor;
use crate::api::{App, Caller, Problem, SharedApp};
use crate::policies::{FIELDS, Field, Policies, Proposal, Sheet, State as Fate, store};
use words::said;

/// Versions, and proposals that did not become one, on the page.
const SHOWN_MAX: u32 = 50;

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/policies", get(show))
        .route("/policies/new", get(form::blank).post(form::propose))
        .route("/policies/proposals/{id}", get(proposal::show))
        .route("/policies/proposals/{id}/approve", post(proposal::approve))
        .route("/policies/proposals/{id}/withdraw", post(proposal::withdraw))
}

#[derive(Template)]
#[template(path = "policies.html")]
struct PoliciesPage {
    visitor: Visitor,
    /// What the version is called that is in force.
    name: String,
    sections: Vec<Section>,
    open: Vec<Line>,
    history: Vec<Line>,
    writes: bool,
}

impl Page for PoliciesPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

/// The policy of an event type: key in the Fluent files and what stands there, for each field.
struct Section {
    event: String,
    lines: Vec<(String, String)>,
}

/// A proposal in a list.
struct Line {
    id: String,
    what: String,
    reason: String,
    proposed: String,
    settled: Option<String>,
}

async fn show(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::IncidentsRead)?;
    let (language, names) = (visitor.language, Names::load(&app).await?);
    let (_, policies) = in_force(&app).await?;
    let versions = store::versions(&app.db, SHOWN_MAX).await?;
    let (open, gone): (Vec<Proposal>, Vec<Proposal>) =
        store::proposals(&app.db, SHOWN_MAX).await?.into_iter().partition(|one| one.state == Fate::Open);
    let line = |what: String, proposal: &Proposal| Line::of(&app, language, &names, what, proposal);
    let versions = versions.iter().map(|version| {
        let name = crate::policies::version_name(version.number);
        (version.proposal.proposed_at, line(name, &version.proposal))
    });
    let gone = gone.iter().map(|one| {
        let what = crate::text::text(language, "policies-withdrawn", &[]);
        (one.proposed_at, line(what, one))
    });
    let mut history: Vec<_> = versions.chain(gone).collect();
    history.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let page = PoliciesPage {
        name: policies.version().to_owned(),
        sections: sections(language, &catalogue::load(&app.db).await?, &policies),
        open: open.iter().map(|one| line(String::new(), one)).collect(),
        history: history.into_iter().map(|(_, line)| line).collect(),
        writes: official(&visitor).is_some(),
        visitor,
    };
    page.visitor.shown(&page)
}

impl Line {
    fn of(app: &App, language: Language, names: &Names, what: String, proposal: &Proposal) -> Self {
        let by = |at, by| format!("{}, {}", names.of(language, Actor::Account(by)), minute(app, at));
        Self {
            id: proposal.id.to_string(),
            what,
            reason: proposal.reason.clone(),
            proposed: by(proposal.proposed_at, proposal.proposed_by),
            settled: match proposal.state {
                Fate::Open => None,
                Fate::Approved { at, by: who } | Fate::Withdrawn { at, by: who } => Some(by(at, who)),
            },
        }
    }
}

/// The policies in force, and the number of their version; 0: the board has approved none.
async fn in_force(app: &App) -> Result<(u64, Arc<Policies>), Problem> {
    Ok(store::in_force_after(&app.db, &app.policies).await?)
}

/// The policies that were in force as this version.
async fn version(app: &App, number: u64) -> Result<Arc<Policies>, Problem> {
    if number == 0 {
        return Ok(Arc::clone(&app.policies));
    }
    let version = store::version(&app.db, number).await?.ok_or_else(|| Problem::not_found("version"))?;
    Ok(Arc::new(version.policies()?))
}

/// The account, if the visitor is an official of the board: keys approve nothing, two officials are two people.
fn official(visitor: &Visitor) -> Option<AccountId> {
    match &visitor.caller {
        Caller::Account(account) if visitor.caller.may(Scope::VolunteersWrite) => Some(account.id),
        Caller::Account(_) | Caller::Key(_) => None,
    }
}

/// The account of the official who is asked for; else why not.
fn needs_official(visitor: &Visitor) -> Result<AccountId, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    official(visitor)
        .ok_or_else(|| Problem::conflict("policies are proposed and approved by officials with accounts"))
}

fn sections(language: Language, kinds: &Catalogue, policies: &Policies) -> Vec<Section> {
    let sheet = Sheet::of(policies);
    let section = |event: &EventType| {
        let line = |field: Field| (label(field), said(language, kinds, field, sheet.at(*event, field.key)));
        Section { event: event_key(*event), lines: FIELDS.into_iter().map(line).collect() }
    };
    EventType::ALL.iter().map(section).collect()
}

/// The key of a field's name in the Fluent files.
fn label(field: Field) -> String {
    format!("policy-{}", field.key.replace('_', "-"))
}
