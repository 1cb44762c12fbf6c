//! `/policies/new`: the form by which an official proposes other policies. Nothing comes into force by it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::Action;
use certus_registry::catalogue::Entry;
use certus_registry::store::catalogue;
use certus_registry::{Catalogue, CompetenceKind, EventType, Language};

use super::words::not_brought;
use super::{in_force, label, needs_official, version};
use crate::api::{App, Problem, SharedApp};
use crate::policies::{
    FIELDS, Field, Kind, Proposal, ProposalId, REASON_MAX, Sheet, State as Fate, Why, Wrong, store,
    version_name,
};
use crate::text::text;
use crate::web::page::{Page, event_key, word};
use crate::web::visitor::Visitor;

/// The fields as a browser sends them; some names come several times.
type Pairs = Form<Vec<(String, String)>>;

#[derive(Template)]
#[template(path = "policies_form.html")]
struct FormPage {
    visitor: Visitor,
    /// The version that the form was filled in against.
    based_on: u64,
    sheet: Sheet,
    reason: String,
    wrong: Vec<Wrong>,
    kinds: Catalogue,
    /// Why it was not taken, in the Fluent files.
    refusal: Option<&'static str>,
}

impl Page for FormPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl FormPage {
    fn event(&self, event: EventType) -> String {
        self.t(event_key(event))
    }

    /// What a field is called.
    fn name(&self, field: &Field) -> String {
        self.t(label(*field))
    }

    /// The first word of a field.
    fn one(&self, event: EventType, key: &'static str) -> &str {
        self.sheet.at(event, key).first().map_or("", String::as_str)
    }

    /// The words that a list may have, and what they are called.
    fn options(&self, event: EventType, field: &Field) -> Vec<(String, String)> {
        let language = self.visitor.language;
        match field.kind {
            Kind::Competences => CompetenceKind::ALL
                .iter()
                .map(|kind| (kind.to_string(), word(language, "competence", kind)))
                .collect(),
            Kind::Things => {
                // What is wanted stays to be seen, also where it cannot be brought any more.
                let is_wanted = |kind: &&Entry| self.sheet.has(event, field.key, kind.code.as_str());
                let is_offered = |kind: &&Entry| kind.brought && !kind.retired;
                let shown = self.kinds.all().filter(|kind| is_offered(kind) || is_wanted(kind));
                shown.map(|kind| (kind.code.to_string(), kind.name.within(language).to_owned())).collect()
            }
            Kind::Count | Kind::Percent | Kind::Seconds | Kind::Flag => Vec::new(),
        }
    }

    /// Whether anything in an event type's section is wrong: then it is open.
    fn has_wrong(&self, event: EventType) -> bool {
        self.wrong.iter().any(|wrong| wrong.event == event)
    }

    /// What was expected in a field that is wrong.
    fn at(&self, event: EventType, key: &str) -> Option<String> {
        let wrong = self.wrong.iter().find(|wrong| (wrong.event, wrong.key) == (event, key))?;
        Some(match wrong.why {
            Why::NoNumber => self.t("policies-wrong-number"),
            Why::Bounds { low, high } => {
                let bounds = [("low", low.to_string().into()), ("high", high.to_string().into())];
                text(self.visitor.language, "policies-wrong-bounds", &bounds)
            }
            Why::NotBrought { kind } => not_brought(self.visitor.language, &self.kinds, kind),
        })
    }
}

pub(super) async fn blank(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    needs_official(&visitor)?;
    let (based_on, policies) = in_force(&app).await?;
    let (sheet, reason) = (Sheet::of(&policies), String::new());
    let kinds = catalogue::load(&app.db).await?;
    let page = FormPage { visitor, based_on, sheet, reason, wrong: Vec::new(), kinds, refusal: None };
    page.visitor.shown(&page)
}

pub(super) async fn propose(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(pairs): Pairs,
) -> Result<Response, Problem> {
    let by = needs_official(&visitor)?;
    let sent = |name: &str| pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim());
    let (based_on, reason) = (sent("based_on").parse().unwrap_or(0), sent("reason").to_owned());
    let (number, policies) = in_force(&app).await?;
    let mut page = FormPage {
        visitor,
        based_on: number,
        sheet: Sheet::typed(&pairs),
        reason,
        wrong: Vec::new(),
        kinds: catalogue::load(&app.db).await?,
        refusal: None,
    };
    if based_on != number {
        let was = Sheet::of(&*version(&app, based_on).await?);
        page.sheet = page.sheet.onto(&was, &Sheet::of(&policies));
        page.refusal = Some("policies-refused-meanwhile");
        return page.visitor.shown_as(StatusCode::CONFLICT, &page);
    }
    let read = page.sheet.read(&version_name(number + 1), &page.kinds);
    let text = read.map(|policies| policies.text());
    let chars = page.reason.chars().count();
    page.refusal = if text.is_err() {
        Some("policies-refused-wrong")
    } else if page.sheet == Sheet::of(&policies) {
        Some("policies-refused-same")
    } else if chars == 0 || chars > REASON_MAX {
        Some("policies-refused-reason")
    } else {
        None
    };
    let (None, Ok(text)) = (page.refusal, &text) else {
        page.wrong = text.err().unwrap_or_default();
        return page.visitor.shown_as(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let (now, text) = (app.clock.now(), text.clone());
    let proposal = Proposal {
        id: ProposalId::new(now, &app.random),
        based_on,
        text,
        reason: page.reason,
        proposed_at: now,
        proposed_by: by,
        state: Fate::Open,
    };
    kept(&app, &page.visitor, &proposal).await?;
    Ok(Redirect::to(&format!("/policies/proposals/{}", proposal.id)).into_response())
}

async fn kept(app: &App, visitor: &Visitor, proposal: &Proposal) -> Result<(), Problem> {
    let mut tx = app.db.begin().await?;
    store::propose(&mut tx, proposal).await?;
    let detail = proposal.id.to_string();
    app.did(&mut tx, &visitor.caller, Action::PoliciesProposed, Vec::new(), &detail).await?;
    Ok(tx.commit().await?)
}
