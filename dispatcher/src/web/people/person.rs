//! `/people/{id}`: what is held about one person, how far their vetting has come, and the steps that can be taken now.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use certus_registry::audit::{Action, Actor, Entry};
use certus_registry::availability::{Holidays, MonthlyMax, Reason};
use certus_registry::certificate::CertificateId;
use certus_registry::store::application::Certificate;
use certus_registry::store::vetting::{self, TakeError};
use certus_registry::store::{application, audit, claim, organisation, volunteer};
use certus_registry::vetting::{BackgroundCheck, CheckReport, Dossier, Refusal, Step, StepKind, What};
use certus_registry::volunteer::Day;
use certus_registry::{
    Account, AccountId, Availability, Language, Remit, Scope, Volunteer, VolunteerId, WeeklyHours,
};

use super::step::{Typed, Wrong};
use super::{Standing, competences, standing, today};
use crate::api::{App, Caller, Path, Problem, SharedApp};
use crate::text::text;
use crate::web::accounts::Names;
use crate::web::page::{Page, minute, word};
use crate::web::plan::PlanPage;
use crate::web::visitor::Visitor;

/// Lines of the log that are shown of one person.
const LOOKED_MAX: u32 = 20;

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    visitor: Visitor,
    person: Volunteer,
    organisation: Option<String>,
    standing: Standing,
    competences: String,
    /// Files that came with an application: identifier, what it is, when it came.
    certificates: Vec<(CertificateId, String, String)>,
    /// What they say they can do besides, and the file that shows it: file, what, until when, when it came.
    claims: Vec<(CertificateId, String, String, String)>,
    /// What was put down, the last first: number, when, what, by whom.
    history: Vec<(u32, String, String, String)>,
    /// What an approval still needs, in words.
    missing: Vec<String>,
    /// What the visitor may put down now.
    possible: Vec<StepKind>,
    /// The background check that waits for another official: what, and by whom.
    reported: Option<(CheckReport, String)>,
    /// The last day that is proposed, if one is.
    proposed: Option<Day>,
    today: Day,
    /// Who has looked, for whoever may read the log: when, who, what.
    looked: Vec<(String, String, String)>,
    refusal: Option<String>,
    /// Whether the visitor may change what is said of the person.
    writes: bool,
}

impl Page for PersonPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl PlanPage for PersonPage {
    fn plan(&self) -> &Availability {
        &self.person.availability
    }

    fn plan_at(&self) -> String {
        format!("/people/{}", self.person.id)
    }

    fn writes_plan(&self) -> bool {
        self.writes
    }
}

pub(super) async fn show(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    shown(&app, visitor, id, StatusCode::OK, None).await
}

/// Takes a step of somebody's vetting. Only somebody with an account can: two officials are two people.
pub(super) async fn take_step(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<VolunteerId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersWrite)?;
    let Caller::Account(Account { id: by, .. }) = visitor.caller else {
        return Err(Problem::conflict("a step of vetting is taken by an official with an account"));
    };
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let step = match typed.step() {
        Ok(step) => step,
        Err(Wrong(key)) => {
            let why = text(visitor.language, key, &[]);
            return shown(&app, visitor, id, refused, Some(why)).await;
        }
    };
    match taken(&app, &visitor, id, by, step).await? {
        None => Ok(Redirect::to(&format!("/people/{id}")).into_response()),
        Some(why) => shown(&app, visitor, id, refused, Some(why)).await,
    }
}

/// Puts the step down; or why not.
async fn taken(
    app: &App,
    visitor: &Visitor,
    id: VolunteerId,
    by: AccountId,
    step: Step,
) -> Result<Option<String>, Problem> {
    let kind = step.kind();
    let mut tx = app.db.begin().await?;
    match vetting::take(&mut tx, visitor.caller.remit(), (app.clock.now(), today(app)), id, by, step).await {
        Ok(_) => {}
        Err(TakeError::Unknown) => return Err(Problem::not_found("volunteer")),
        Err(TakeError::Refused(refusal)) => {
            return Ok(Some(refused(visitor.language, &refusal)));
        }
        Err(TakeError::Registry(error)) => return Err(error.into()),
    }
    app.did(&mut tx, &visitor.caller, Action::VettingStep, vec![id], kind.as_str()).await?;
    tx.commit().await?;
    Ok(None)
}

/// Why a step was not taken, and what was expected.
fn refused(language: Language, refusal: &Refusal) -> String {
    let dated = |key: &str, day: &Day| text(language, key, &[("day", day.to_string().into())]);
    let said = |key: &str| text(language, key, &[]);
    match refusal {
        Refusal::NotApplied => said("vetting-refused-not-applied"),
        Refusal::AlreadyApplied => said("vetting-refused-already-applied"),
        Refusal::HasLeft => said("vetting-refused-has-left"),
        Refusal::IsSuspended => said("vetting-refused-is-suspended"),
        Refusal::NotSuspended => said("vetting-refused-not-suspended"),
        Refusal::Missing(needs) => {
            let needs = needs.iter().map(|need| word(language, "vetting-missing", need.as_str()));
            let needs = needs.collect::<Vec<_>>().join(", ");
            text(language, "vetting-refused-missing", &[("needs", needs.into())])
        }
        Refusal::AlreadyProposed { until } => dated("vetting-refused-already-proposed", until),
        Refusal::NothingProposed => said("vetting-refused-nothing-proposed"),
        Refusal::SameOfficial => said("vetting-refused-same-official"),
        Refusal::OtherProposal { proposed } => dated("vetting-refused-other-proposal", proposed),
        Refusal::BeyondCheck { due } => dated("vetting-refused-beyond-check", due),
        Refusal::Passed { day } => dated("vetting-refused-passed", day),
        Refusal::ToCome { day } => dated("vetting-refused-to-come", day),
        Refusal::CheckDue { seen } => dated("vetting-refused-check-due", seen),
        Refusal::OneOfficial => said("vetting-refused-one-official"),
        Refusal::NothingReported => said("vetting-refused-nothing-reported"),
        Refusal::SameWitness => said("vetting-refused-same-witness"),
        Refusal::OtherReport { seen, next_due } => {
            let days = [("seen", seen.to_string().into()), ("due", next_due.to_string().into())];
            text(language, "vetting-refused-other-report", &days)
        }
        Refusal::ApprovalEnded => said("vetting-refused-approval-ended"),
    }
}

/// The page of a person; with `refusal`, what was not done and why.
pub(super) async fn shown(
    app: &App,
    visitor: Visitor,
    id: VolunteerId,
    status: StatusCode,
    refusal: Option<String>,
) -> Result<Response, Problem> {
    let person = volunteer::get(&app.db, visitor.caller.remit(), id)
        .await?
        .ok_or_else(|| Problem::not_found("volunteer"))?;
    app.looked_at(&visitor.caller, Action::PersonRead, vec![id]).await?;
    let entries = vetting::history(&app.db, id).await?;
    let dossier = Dossier::of(&entries).map_err(|error| Problem::internal(&error))?;
    let (language, today, names) = (visitor.language, today(app), Names::load(app).await?);
    let vets = visitor.caller.may(Scope::VolunteersWrite);
    let own = match &visitor.caller {
        Caller::Account(account) if vets => Some(account.id),
        Caller::Account(_) | Caller::Key(_) => None,
    };
    let organisation = match person.organisation {
        Some(id) => organisation::get(&app.db, Remit::All, id).await?.map(|known| known.name.into()),
        None => None,
    };
    let looked = if visitor.caller.may(Scope::AuditRead) {
        let entries = audit::about(&app.db, id, LOOKED_MAX).await?;
        entries.iter().map(|entry| who_looked(app, language, &names, entry)).collect()
    } else {
        Vec::new()
    };
    // What an organisation sees of the vetting of its members is where each stands.
    let (certificates, entries, claims) = if visitor.caller.remit().organisation().is_none() {
        (application::certificates(&app.db, id).await?, entries, claims(app, language, id).await?)
    } else {
        (Vec::new(), Vec::new(), Vec::new())
    };
    let history = entries.iter().rev().map(|entry| {
        let (what, by) = put_down(language, &names, &entry.what);
        (entry.number, minute(app, entry.at), what, by)
    });
    let page = PersonPage {
        standing: standing(language, today, person.vetting),
        competences: competences(language, today, &person),
        certificates: certificates
            .iter()
            .map(|file| (file.id, certificate(file), minute(app, file.received_at)))
            .collect(),
        claims,
        history: history.collect(),
        missing: missing(language, &dossier, today),
        possible: own.map_or_else(Vec::new, |own| dossier.possible(today, own)),
        reported: dossier
            .pending_check()
            .filter(|_| vets)
            .map(|pending| (pending.report, names.of(language, Actor::Account(pending.by)))),
        proposed: dossier.proposal().map(|proposal| proposal.until),
        organisation,
        person,
        today,
        looked,
        refusal,
        writes: visitor.caller.may(Scope::MembersWrite),
        visitor,
    };
    page.visitor.shown_as(status, &page)
}

/// What somebody says they can do and waits for an official: the file, what, until when, and since when it waits.
async fn claims(
    app: &App,
    language: Language,
    id: VolunteerId,
) -> Result<Vec<(CertificateId, String, String, String)>, Problem> {
    let described = |claim: claim::Claim| {
        let until = claim.competence.expires.map_or_else(String::new, |day| day.to_string());
        let what = word(language, "competence", claim.competence.kind);
        (claim.certificate, what, until, minute(app, claim.claimed_at))
    };
    Ok(claim::of(&app.db, id).await?.into_iter().map(described).collect())
}

/// What is not there yet for an approval, in words.
fn missing(language: Language, dossier: &Dossier, today: Day) -> Vec<String> {
    dossier.missing(today).iter().map(|need| word(language, "vetting-missing", need.as_str())).collect()
}

/// A file in words: its kind, and how large it is.
fn certificate(file: &Certificate) -> String {
    format!("{}, {} kB", file.kind.as_str().to_uppercase(), file.bytes.div_ceil(1_000))
}

/// An entry of the history in words, and by whom.
fn put_down(language: Language, names: &Names, what: &What) -> (String, String) {
    match what {
        What::TakenOver { vetting } => {
            let (state, until) = vetting.columns();
            let state = word(language, "vetting-state", state);
            let until = until.map_or_else(String::new, |day| format!(" ({day})"));
            (format!("{}: {state}{until}", text(language, "vetting-taken-over", &[])), "–".to_owned())
        }
        What::Taken { step, by } => {
            let name = word(language, "vetting-step", step.kind().as_str());
            let more = details(language, names, step);
            let words = if more.is_empty() { name } else { format!("{name}: {more}") };
            (words, names.of(language, Actor::Account(*by)))
        }
    }
}

fn details(language: Language, names: &Names, step: &Step) -> String {
    match step {
        Step::Interviewed { day } => day.to_string(),
        Step::CheckSeen(BackgroundCheck { seen, officials, form, next_due }) => {
            let who = officials.both().map(|id| names.of(language, Actor::Account(id))).join(", ");
            let form = word(language, "vetting-form", form.as_str());
            let due = text(language, "vetting-due", &[("day", next_due.to_string().into())]);
            format!("{seen}, {form}, {who}; {due}")
        }
        Step::CheckReported(CheckReport { seen, form, next_due }) => {
            let form = word(language, "vetting-form", form.as_str());
            let due = text(language, "vetting-due", &[("day", next_due.to_string().into())]);
            format!("{seen}, {form}; {due}")
        }
        Step::CheckConfirmed { seen, next_due } => {
            let due = text(language, "vetting-due", &[("day", next_due.to_string().into())]);
            format!("{seen}; {due}")
        }
        Step::AgreementSigned(agreement) => format!("{}, {}", agreement.signed, agreement.version.as_str()),
        Step::ApprovalProposed { until } | Step::Approved { until } => {
            text(language, "vetting-until", &[("day", until.to_string().into())])
        }
        Step::Applied | Step::ProposalWithdrawn | Step::Suspended | Step::Reinstated | Step::Left => {
            String::new()
        }
    }
}

fn who_looked(app: &App, language: Language, names: &Names, entry: &Entry) -> (String, String, String) {
    let action = word(language, "audit", entry.line.action);
    (minute(app, entry.line.at), names.of(language, entry.line.actor), action)
}
