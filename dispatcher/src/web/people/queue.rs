//! `/vetting`: who waits for an official, by stage, and what ends soon.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use certus_registry::audit::Action;
use certus_registry::store::claim;
use certus_registry::store::vetting::{self, DueOf, Waiting};
use certus_registry::vetting::{DueKind, Stage};
use certus_registry::{Language, Scope, Timestamp, VolunteerId};
use serde::Deserialize;

use super::{PAGE, today};
use crate::api::{App, Problem, Query, SharedApp};
use crate::reminders::{self, store::Reminded};
use crate::text::text;
use crate::web::page::{Page, minute, word};
use crate::web::visitor::Visitor;

/// How far ahead the page looks for what ends, days: long enough for an interview, an extract and a meeting of the board.
const AHEAD_DAYS: u16 = 90;
/// What ends soon, at most so many lines of it, the soonest first.
const ENDING_MAX: u32 = 100;
/// Certificates to be looked at, at most so many lines, whoever has waited longest first.
const CLAIMS_MAX: u32 = 100;
/// The stages at which somebody has to do something, in the order of the workflow.
const TO_DO: [Stage; 7] = [
    Stage::Applied,
    Stage::Interviewed,
    Stage::Reported,
    Stage::Checked,
    Stage::Agreed,
    Stage::Proposed,
    Stage::Expired,
];

#[derive(Deserialize)]
pub(super) struct Asked {
    stage: Option<Stage>,
    /// The last line of the page before: when, and who.
    since: Option<i64>,
    after: Option<VolunteerId>,
}

#[derive(Template)]
#[template(path = "vetting.html")]
struct VettingPage {
    visitor: Visitor,
    /// Stage, its words, how many wait, and whether its people are shown.
    stages: Vec<(Stage, String, u64, bool)>,
    waiting: Vec<Line>,
    /// The query of the next page.
    next: Option<String>,
    ending: Vec<Ending>,
    /// Certificates to be looked at: who, their name, what of, since when.
    claims: Vec<(VolunteerId, String, String, String)>,
}

impl Page for VettingPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

/// Somebody who waits.
struct Line {
    id: VolunteerId,
    name: String,
    since: String,
    check_due: String,
    approved_until: String,
}

/// Something that ends.
struct Ending {
    id: VolunteerId,
    name: String,
    what: String,
    day: String,
    /// When the person was reminded, and how many days before they were to be.
    reminded: String,
}

pub(super) async fn show(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let (today, language) = (today(&app), visitor.language);
    let lengths = vetting::queue_lengths(&app.db, visitor.caller.remit(), today).await?;
    let length = |stage: Stage| lengths.iter().find(|(at, _)| *at == stage).map_or(0, |(_, count)| *count);
    let first = || TO_DO.into_iter().find(|stage| length(*stage) > 0).unwrap_or(Stage::Applied);
    let stage = asked.stage.unwrap_or_else(first);
    let after = asked.since.map(Timestamp::from_millis).zip(asked.after);
    let mut waiting = vetting::queue(&app.db, visitor.caller.remit(), today, stage, after, PAGE + 1).await?;
    let more = waiting.len() > PAGE as usize;
    waiting.truncate(PAGE as usize);
    let ending = vetting::due(&app.db, visitor.caller.remit(), (today, AHEAD_DAYS), None, ENDING_MAX).await?;
    let reminded = reminders::store::since(&app.db, today).await?;
    let claims = claim::open(&app.db, visitor.caller.remit(), CLAIMS_MAX).await?;
    let shown = waiting.iter().map(|line| line.volunteer).chain(ending.iter().map(|due| due.volunteer));
    let shown = shown.chain(claims.iter().map(|claim| claim.volunteer));
    app.looked_at(&visitor.caller, Action::PeopleListed, shown.collect()).await?;
    let last = waiting.last().filter(|_| more);
    let described = |at: Stage| (at, word(language, "stage", at), length(at), at == stage);
    let page = VettingPage {
        stages: TO_DO.into_iter().map(described).collect(),
        next: last
            .map(|line| format!("stage={stage}&since={}&after={}", line.since.as_millis(), line.volunteer)),
        waiting: waiting.into_iter().map(|line| Line::of(&app, line)).collect(),
        claims: claims
            .into_iter()
            .map(|claim| {
                let what = word(language, "competence", claim.competence.kind);
                (claim.volunteer, claim.name.into(), what, minute(&app, claim.claimed_at))
            })
            .collect(),
        ending: ending.into_iter().map(|due| Ending::of(&app, language, due, &reminded)).collect(),
        visitor,
    };
    page.visitor.shown(&page)
}

impl Line {
    fn of(app: &App, waiting: Waiting) -> Self {
        let day = |day: Option<certus_registry::volunteer::Day>| {
            day.map_or_else(|| "–".to_owned(), |day| day.to_string())
        };
        Self {
            id: waiting.volunteer,
            name: waiting.name.into(),
            since: waiting.since.in_zone(&app.config.time_zone.0).strftime("%Y-%m-%d").to_string(),
            check_due: day(waiting.check_due),
            approved_until: day(waiting.approved_until),
        }
    }
}

impl Ending {
    fn of(app: &App, language: Language, due: DueOf, reminded: &[(Reminded, Timestamp)]) -> Self {
        let of_this =
            |sent: &&(Reminded, Timestamp)| (sent.0.volunteer, sent.0.due) == (due.volunteer, due.due);
        let said = |(reminded, at): &(Reminded, Timestamp)| {
            text(
                language,
                "due-reminded",
                &[("at", minute(app, *at).into()), ("days", reminded.days.to_string().into())],
            )
        };
        let texts: Vec<String> = reminded.iter().filter(of_this).map(said).collect();
        let reminded = if texts.is_empty() { "–".to_owned() } else { texts.join("; ") };
        let what = match due.due.kind {
            DueKind::Approval => text(language, "due-approval", &[]),
            DueKind::BackgroundCheck => text(language, "due-background-check", &[]),
            DueKind::Certificate(kind) => {
                text(language, "due-certificate", &[("name", word(language, "competence", kind).into())])
            }
        };
        Self { id: due.volunteer, name: due.name.into(), what, day: due.due.day.to_string(), reminded }
    }
}
