//! `/me`: what is held about the person who opens it, who has looked, what became of their call-outs; and whether they may be
//! asked.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::availability::{Holidays, MonthlyMax, Reason};
use certus_registry::store;
use certus_registry::volunteer::Competence;
use certus_registry::{Availability, Catalogue, Duty, Language, Resource, Timestamp, WeeklyHours};
use certus_sms_bridge::person::Held as Registered;
use serde::Deserialize;

use super::visitor::Own;
use crate::api::{App, Problem, SharedApp};
use crate::own::held::{File, Held, Look, Who};
use crate::own::record::{Statistics, TakenPart};
use crate::text::text;
use crate::web::page::{Page, event_key, word};
use crate::web::people;
use crate::web::plan::PlanPage;

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/me", get(show)).route("/me/duty", post(switch))
}

#[derive(Template)]
#[template(path = "own_page.html")]
struct OwnPage {
    own: Own,
    competences: String,
    standing: String,
    organisation: Option<String>,
    duty: String,
    is_on: bool,
    devices: Vec<String>,
    resources: Vec<String>,
    last_position: Option<String>,
    /// What they agreed to, and when.
    consents: Vec<String>,
    certificates: Vec<String>,
    /// Steps of the vetting, the first first: what, when.
    steps: Vec<(String, String)>,
    call_outs: Vec<Line>,
    statistics: Statistics,
    answer_time: Option<String>,
    /// Who has looked: when, who, what.
    looked: Vec<(String, String, String)>,
    refusal: Option<String>,
}

/// A call-out in words.
struct Line {
    at: String,
    event: String,
    place: String,
    answer: String,
    arrived: String,
}

impl PlanPage for OwnPage {
    fn plan(&self) -> &Availability {
        &self.own.person.availability
    }

    fn plan_at(&self) -> String {
        "/me".to_owned()
    }

    fn writes_plan(&self) -> bool {
        true
    }
}

impl Page for OwnPage {
    fn language(&self) -> Language {
        self.own.language
    }
}

async fn show(State(app): State<SharedApp>, own: Own) -> Result<Response, Problem> {
    shown(&app, own, StatusCode::OK, None).await
}

pub(super) async fn shown(
    app: &App,
    own: Own,
    status: StatusCode,
    refusal: Option<&str>,
) -> Result<Response, Problem> {
    let held = Held::load(app, own.person.clone()).await?;
    let kinds = store::catalogue::load(&app.db).await?;
    let (language, today, now) = (own.language, people::today(app), app.clock.now());
    let competences = own.person.competences.iter().map(|held| competence(language, *held));
    let page = OwnPage {
        competences: competences.collect::<Vec<_>>().join(", "),
        standing: people::standing(language, today, own.person.vetting).words,
        organisation: held.organisation,
        duty: duty(app, language, own.person.duty, now),
        is_on: own.person.duty.is_on(now),
        devices: held.devices.iter().map(|device| registered(app, language, device)).collect(),
        resources: held.resources.iter().map(|resource| kept(language, &kinds, resource)).collect(),
        last_position: held
            .last_position
            .map(|last| format!("{:.5}, {:.5} ({})", last.lat, last.lon, local(app, last.at))),
        consents: held
            .consents
            .iter()
            .map(|agreed| format!("{} ({})", agreed.version, local(app, agreed.at)))
            .collect(),
        certificates: held.certificates.iter().map(|file| certificate(app, file)).collect(),
        steps: held.vetting.iter().map(|step| (stepped(language, step.step), local(app, step.at))).collect(),
        call_outs: held.call_outs.iter().map(|part| line(app, language, part)).collect(),
        statistics: held.statistics,
        answer_time: held.statistics.answer_seconds_median.map(|seconds| answer_time(language, seconds)),
        looked: held.looked.iter().map(|look| looked(app, language, look)).collect(),
        refusal: refusal.map(|key| text(language, key, &[])),
        own,
    };
    page.own.shown_as(status, &page)
}

#[derive(Deserialize)]
struct Switched {
    to: String,
    #[serde(default)]
    until: String,
}

/// The same as LEDIG and UPPTAGEN by text message.
async fn switch(
    State(app): State<SharedApp>,
    own: Own,
    Form(switched): Form<Switched>,
) -> Result<Response, Problem> {
    let duty = match switched.to.as_str() {
        "on" => Some(Duty::ON),
        "off" => Some(Duty::OFF),
        "off_until" => until(&app, &switched.until).map(|until| Duty::Off { until: Some(until) }),
        _ => None,
    };
    let Some(duty) = duty else {
        return shown(&app, own, StatusCode::UNPROCESSABLE_ENTITY, Some("own-duty-wrong")).await;
    };
    app.engine.switch(own.person.id, duty).await?;
    Ok(Redirect::to("/me#duty").into_response())
}

/// A local time to come, as browsers write it.
fn until(app: &App, typed: &str) -> Option<Timestamp> {
    let local: jiff::civil::DateTime = typed.trim().parse().ok()?;
    let zoned = local.to_zoned_datetime(app.config.time_zone.0.clone()).ok()?;
    let at = Timestamp::from_millis(zoned.timestamp().as_millisecond());
    (at > app.clock.now()).then_some(at)
}

/// What somebody can do, and until when the certificate counts.
fn competence(language: Language, held: Competence) -> String {
    let name = word(language, "competence", held.kind);
    match held.expires {
        Some(last) => {
            let values = [("name", name.into()), ("day", last.to_string().into())];
            text(language, "own-competence-until", &values)
        }
        None => name,
    }
}

fn duty(app: &App, language: Language, duty: Duty, now: Timestamp) -> String {
    let said = |key: &str, until: Option<Timestamp>| match until.filter(|until| *until > now) {
        Some(until) => text(language, &format!("{key}-until"), &[("time", local(app, until).into())]),
        None => text(language, key, &[]),
    };
    match duty {
        Duty::Stopped => text(language, "own-duty-stopped", &[]),
        Duty::On { until } if duty.is_on(now) => said("own-duty-on", until),
        Duty::Off { until } if !duty.is_on(now) => said("own-duty-off", until),
        Duty::On { .. } => said("own-duty-off", None),
        Duty::Off { .. } => said("own-duty-on", None),
    }
}

fn registered(app: &App, language: Language, device: &Registered) -> String {
    let kind = word(language, "own-device", device.kind.as_str());
    format!("{kind} ({})", local(app, device.added_at))
}

fn certificate(app: &App, file: &File) -> String {
    format!("{}, {} kB ({})", file.kind.to_uppercase(), file.bytes.div_ceil(1_000), local(app, file.at))
}

fn kept(language: Language, kinds: &Catalogue, resource: &Resource) -> String {
    format!("{} {}", kinds.the(resource.kind).within(language), resource.code)
}

fn stepped(language: Language, step: &str) -> String {
    let what = if step == "taken_over" { "vetting" } else { "vetting-step" };
    word(language, what, step)
}

fn line(app: &App, language: Language, part: &TakenPart) -> Line {
    Line {
        at: local(app, part.asked_at),
        event: text(language, &event_key(part.event), &[]),
        place: part.place.clone(),
        answer: word(language, "own-answer", part.answer.as_str()),
        arrived: part.arrived_at.map_or_else(|| "–".to_owned(), |at| local(app, at)),
    }
}

fn answer_time(language: Language, seconds: u64) -> String {
    let values =
        [("minutes", (seconds / 60).to_string().into()), ("seconds", (seconds % 60).to_string().into())];
    text(language, "own-answer-time", &values)
}

fn looked(app: &App, language: Language, look: &Look) -> (String, String, String) {
    let gone = || text(language, "own-who-gone", &[]);
    let who = match &look.who {
        Who::Account { name, roles } => {
            let roles: Vec<_> = roles.iter().map(|role| word(language, "role", role)).collect();
            let name = name.clone().unwrap_or_else(gone);
            if roles.is_empty() { name } else { format!("{name} ({})", roles.join(", ")) }
        }
        Who::Key { name } => {
            let name = name.clone().unwrap_or_else(gone);
            text(language, "own-who-system", &[("name", name.into())])
        }
        Who::Oneself => text(language, "own-who-oneself", &[]),
        Who::Console => text(language, "audit-actor-console", &[]),
        Who::Nobody => text(language, "audit-actor-nobody", &[]),
    };
    (local(app, look.at), who, word(language, "audit", look.what))
}

fn local(app: &App, at: Timestamp) -> String {
    at.in_zone(&app.config.time_zone.0).strftime("%Y-%m-%d %H:%M").to_string()
}
