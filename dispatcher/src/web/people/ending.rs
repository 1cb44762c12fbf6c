//! `/certificates`: whose certificate of what ends when, or has ended, and the same as a file.

use std::fmt;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use certus_registry::audit::Action;
use certus_registry::exchange::{ExportError, Format, export_ending};
use certus_registry::store::vetting::{self, DueOf};
use certus_registry::vetting::DueKind;
use certus_registry::volunteer::Day;
use certus_registry::{CompetenceKind, Language, Remit, Scope, VolunteerId};
use jiff::ToSpan as _;
use serde::Deserialize;

use super::today;
use crate::api::{App, Problem, Query, SharedApp};
use crate::web::page::{Page, word};
use crate::web::visitor::Visitor;

/// Certificates on one page.
const LINES: usize = 100;

/// Which last days are looked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
enum Window {
    /// From today on, so many days.
    #[serde(rename = "30")]
    Month,
    #[default]
    #[serde(rename = "90")]
    Quarter,
    #[serde(rename = "365")]
    Year,
    /// Before today.
    #[serde(rename = "expired")]
    Expired,
}

impl Window {
    const ALL: [Self; 4] = [Self::Month, Self::Quarter, Self::Year, Self::Expired];

    /// First and last day.
    fn days(self, today: Day) -> (Day, Day) {
        let ahead = |days: i64| (today, today.saturating_add(days.days()));
        match self {
            Self::Month => ahead(30),
            Self::Quarter => ahead(90),
            Self::Year => ahead(365),
            Self::Expired => (Day::MIN, today.saturating_sub(1.day())),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Month => "30",
            Self::Quarter => "90",
            Self::Year => "365",
            Self::Expired => "expired",
        })
    }
}

/// What was chosen above the list; empty: every competence, a quarter ahead.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    window: Window,
    competence: String,
    /// So many are passed over.
    from: usize,
}

/// The same, as a file.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    window: Window,
    #[serde(default)]
    competence: String,
    format: Format,
}

#[derive(Template)]
#[template(path = "certificates.html")]
struct EndingPage {
    visitor: Visitor,
    asked: Asked,
    found: usize,
    lines: Vec<Line>,
    /// Where the next page begins.
    next: Option<usize>,
}

impl Page for EndingPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

impl EndingPage {
    /// The query of what is shown, as another page or a file.
    fn query(&self) -> String {
        format!("window={}&competence={}", self.asked.window, self.kind().map_or("", CompetenceKind::as_str))
    }

    fn kind(&self) -> Option<CompetenceKind> {
        self.asked.competence.parse().ok()
    }
}

/// A certificate.
struct Line {
    id: VolunteerId,
    name: String,
    what: String,
    day: String,
    is_over: bool,
}

pub(super) async fn show(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let (today, language) = (today(&app), visitor.language);
    let all = found(&app, visitor.caller.remit(), asked.window, &asked.competence).await?;
    let shown: Vec<&DueOf> = all.iter().skip(asked.from).take(LINES).collect();
    let about = shown.iter().map(|line| line.volunteer).collect();
    app.looked_at(&visitor.caller, Action::PeopleListed, about).await?;
    let page = EndingPage {
        found: all.len(),
        next: (asked.from + shown.len() < all.len()).then_some(asked.from + shown.len()),
        lines: shown.into_iter().map(|line| Line::of(language, today, line)).collect(),
        asked,
        visitor,
    };
    page.visitor.shown(&page)
}

/// The whole list as a file.
pub(super) async fn export(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visitor.require(Scope::VolunteersRead)?;
    let lines = found(&app, visitor.caller.remit(), wanted.window, &wanted.competence).await?;
    let about = lines.iter().map(|line| line.volunteer).collect();
    app.looked_at(&visitor.caller, Action::PeopleListed, about).await?;
    let mut file = Vec::new();
    export_ending(&lines, wanted.format, &mut file).map_err(|error| match error {
        ExportError::Registry(error) => error.into(),
        ExportError::Write(error) => Problem::internal(&error),
    })?;
    Ok(super::import::download("certificates", wanted.format, file))
}

async fn found(app: &App, remit: Remit, window: Window, competence: &str) -> Result<Vec<DueOf>, Problem> {
    let days = window.days(today(app));
    Ok(vetting::certificates_ending(&app.db, remit, days, competence.parse().ok()).await?)
}

impl Line {
    fn of(language: Language, today: Day, line: &DueOf) -> Self {
        let what = match line.due.kind {
            DueKind::Certificate(kind) => word(language, "competence", kind),
            DueKind::Approval | DueKind::BackgroundCheck => String::new(),
        };
        let (name, day) = (line.name.as_str().to_owned(), line.due.day);
        Self { id: line.volunteer, name, what, day: day.to_string(), is_over: day < today }
    }
}
