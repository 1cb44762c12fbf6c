//! `/bridge`: how the ways to phones are doing. A plain table, made here, as of the moment it says: a page that renews itself
//! under somebody who reads it with a screen reader begins from the top each time (WCAG 2.1, 2.2.1).

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use certus_registry::{Language, Scope, Timestamp};
use certus_sms_bridge::message::Milestone;

use super::page::{Page, word};
use super::visitor::Visitor;
use crate::api::gateways::{self, GatewayView};
use crate::api::{App, Problem, SharedApp};
use crate::channel_test::{self, ChannelTest};
use crate::text::text;

pub(super) fn router() -> Router<SharedApp> {
    Router::new().route("/bridge", get(bridge))
}

#[derive(Template)]
#[template(path = "bridge.html")]
struct BridgePage {
    language: Language,
    other_language: Language,
    milestones: Vec<String>,
    rows: Vec<Row>,
    waiting: String,
    tested: String,
    as_of: String,
}

/// One gateway, in words.
struct Row {
    name: String,
    channel: String,
    circuit: String,
    is_used: bool,
    share: u32,
    counts: Vec<u64>,
    failed: String,
    cost: String,
}

impl Page for BridgePage {
    fn language(&self) -> Language {
        self.language
    }
}

async fn bridge(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    visitor.require(Scope::IncidentsRead)?;
    let language = visitor.language;
    let view = gateways::view(&app).await?;
    let milestones = Milestone::ALL.map(|milestone| said(language, "milestone", milestone.as_str()));
    let template = BridgePage {
        language,
        other_language: visitor.other_language(),
        milestones: milestones.to_vec(),
        rows: view.gateways.into_iter().map(|gateway| Row::of(language, gateway)).collect(),
        waiting: waiting(language, view.waiting, view.oldest_unsent, app.clock.now()),
        tested: tested(language, channel_test::latest(&app.db, 1).await?.pop()),
        as_of: as_of(&app, language),
    };
    visitor.shown(&template)
}

impl Row {
    fn of(language: Language, gateway: GatewayView) -> Self {
        Self {
            channel: said(language, "channel", gateway.channel),
            circuit: said(language, "circuit", gateway.circuit),
            is_used: gateway.circuit == "closed",
            share: gateway.weight,
            counts: Milestone::ALL.map(|milestone| gateway.messages[milestone.as_str()]).to_vec(),
            failed: gateway.failed.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0)),
            cost: gateway.cost.map_or("–".to_owned(), |cost| format!("{cost:.2}")),
            name: gateway.name,
        }
    }
}

fn said(language: Language, what: &str, which: &str) -> String {
    word(language, &format!("bridge-{what}"), which)
}

fn waiting(language: Language, count: u64, oldest: Option<Timestamp>, now: Timestamp) -> String {
    match oldest {
        None => text(language, "bridge-nothing-waits", &[]),
        Some(since) => {
            let seconds = now.since(since).as_secs().to_string();
            text(language, "bridge-waiting", &[("n", count.to_string().into()), ("s", seconds.into())])
        }
    }
}

fn as_of(app: &App, language: Language) -> String {
    let time = app.clock.now().in_zone(&app.config.time_zone.0).strftime("%H:%M:%S").to_string();
    text(language, "bridge-as-of", &[("time", time.into())])
}

/// What the latest test of the ways to everybody has found.
fn tested(language: Language, test: Option<ChannelTest>) -> String {
    let Some(ChannelTest { name, phase, found, .. }) = test else {
        return text(language, "bridge-never-tested", &[]);
    };
    let of = |count: u64| count.to_string().into();
    let values = [
        ("name", name.into()),
        ("stands", said(language, "test", phase.as_str()).into()),
        ("answered", of(found.answered)),
        ("delivered", of(found.delivered)),
        ("unreachable", of(found.unreachable)),
    ];
    text(language, "bridge-tested", &values)
}
