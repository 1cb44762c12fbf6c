//! `/accounts`: who may sign in, for administrators; and `/audit`: who did what, and who looked.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::audit::{Actor, Entry};
use certus_registry::store::{account, api_key, audit};
use certus_registry::{Account, AccountId, ApiKey, Language, Role, Scope, Secret};
use serde::Deserialize;

use super::page::{Page, word};
use super::visitor::Visitor;
use crate::accounts::{Hand, is_taken};
use crate::api::{App, Path, Problem, Query, SharedApp};
use crate::text::text;

/// Lines of the log on one page.
const LINES: u32 = 100;

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/accounts", get(accounts).post(add))
        .route("/accounts/{id}/password", post(new_password))
        .route("/accounts/{id}/roles", post(set_roles))
        .route("/accounts/{id}/switch", post(switch))
        .route("/audit", get(log))
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    visitor: Visitor,
    accounts: Vec<Account>,
    /// What was not understood, in words.
    refusal: Option<String>,
    /// A password that is shown this once, and whose it is.
    shown: Option<(String, Secret)>,
}

impl Page for AccountsPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    visitor: Visitor,
    lines: Vec<Line>,
    next: Option<i64>,
}

impl Page for AuditPage {
    fn language(&self) -> Language {
        self.visitor.language
    }
}

/// A line of the log as it is shown.
struct Line {
    number: i64,
    at: String,
    actor: String,
    action: String,
    about: Vec<String>,
    detail: String,
}

#[derive(Deserialize)]
struct NewAccount {
    login: String,
    name: String,
    #[serde(flatten)]
    roles: Roles,
}

/// Boxes that are ticked.
#[derive(Deserialize)]
struct Roles {
    operator: Option<String>,
    board: Option<String>,
    auditor: Option<String>,
    administrator: Option<String>,
}

impl Roles {
    fn ticked(&self) -> Vec<Role> {
        let ticked = |role: &Role| match role {
            Role::Operator => self.operator.is_some(),
            Role::Board => self.board.is_some(),
            Role::Auditor => self.auditor.is_some(),
            Role::Administrator => self.administrator.is_some(),
        };
        Role::ALL.iter().copied().filter(ticked).collect()
    }
}

#[derive(Deserialize)]
struct Switch {
    on: bool,
}

#[derive(Deserialize)]
struct Before {
    before: Option<i64>,
}

async fn accounts(State(app): State<SharedApp>, visitor: Visitor) -> Result<Response, Problem> {
    shown(&app, visitor, StatusCode::OK, None, None).await
}

async fn shown(
    app: &App,
    visitor: Visitor,
    status: StatusCode,
    refusal: Option<&str>,
    shown: Option<(String, Secret)>,
) -> Result<Response, Problem> {
    visitor.require(Scope::AccountsWrite)?;
    let refusal = refusal.map(|key| text(visitor.language, key, &[]));
    let page = AccountsPage { accounts: account::all(&app.db).await?, refusal, shown, visitor };
    page.visitor.shown_as(status, &page)
}

fn hand<'a>(app: &'a App, visitor: &Visitor) -> Result<Hand<'a>, Problem> {
    visitor.require(Scope::AccountsWrite)?;
    Ok(Hand { db: &app.db, now: app.clock.now(), random: &app.random, actor: visitor.caller.actor() })
}

async fn add(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Form(new): Form<NewAccount>,
) -> Result<Response, Problem> {
    let hand = hand(&app, &visitor)?;
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let (Ok(login), Ok(name)) = (new.login.parse(), new.name.parse()) else {
        return shown(&app, visitor, refused, Some("accounts-refused"), None).await;
    };
    let roles = new.roles.ticked();
    if roles.is_empty() {
        return shown(&app, visitor, refused, Some("accounts-no-role"), None).await;
    }
    match hand.add(login, name, roles).await {
        Ok(secret) => shown(&app, visitor, StatusCode::CREATED, None, Some((new.login, secret))).await,
        Err(fault) if is_taken(&fault) => {
            shown(&app, visitor, StatusCode::CONFLICT, Some("accounts-taken"), None).await
        }
        Err(fault) => Err(fault.into()),
    }
}

async fn new_password(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<AccountId>,
) -> Result<Response, Problem> {
    let hand = hand(&app, &visitor)?;
    let account = account::get(&app.db, id).await?.ok_or_else(|| Problem::not_found("account"))?;
    let secret = hand.new_password(id).await?;
    let secret = secret.ok_or_else(|| Problem::not_found("account"))?;
    app.callers.forget_all();
    shown(&app, visitor, StatusCode::OK, None, Some((account.login.to_string(), secret))).await
}

async fn set_roles(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<AccountId>,
    Form(roles): Form<Roles>,
) -> Result<Response, Problem> {
    let (hand, roles) = (hand(&app, &visitor)?, roles.ticked());
    if roles.is_empty() {
        return shown(&app, visitor, StatusCode::UNPROCESSABLE_ENTITY, Some("accounts-no-role"), None).await;
    }
    let done = hand.set_roles(id, roles).await?;
    changed(&app, done)
}

async fn switch(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<AccountId>,
    Form(Switch { on }): Form<Switch>,
) -> Result<Response, Problem> {
    let hand = hand(&app, &visitor)?;
    if hand.actor == Actor::Account(id) {
        return shown(&app, visitor, StatusCode::CONFLICT, Some("accounts-oneself"), None).await;
    }
    let done = hand.switch(id, on).await?;
    changed(&app, done)
}

fn changed(app: &App, done: bool) -> Result<Response, Problem> {
    app.callers.forget_all();
    if done { Ok(Redirect::to("/accounts").into_response()) } else { Err(Problem::not_found("account")) }
}

async fn log(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Query(Before { before }): Query<Before>,
) -> Result<Response, Problem> {
    visitor.require(Scope::AuditRead)?;
    let entries = audit::page(&app.db, before, LINES).await?;
    let next = entries.last().map(|entry| entry.number).filter(|number| *number > 1);
    let names = Names::load(&app).await?;
    let zone = &app.config.time_zone.0;
    let line = |entry: Entry| {
        let line = entry.line;
        Line {
            number: entry.number,
            at: line.at.in_zone(zone).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            actor: names.of(visitor.language, line.actor),
            action: word(visitor.language, "audit", line.action),
            about: line.about.iter().map(ToString::to_string).collect(),
            detail: line.detail,
        }
    };
    let page = AuditPage { lines: entries.into_iter().map(line).collect(), next, visitor };
    page.visitor.shown(&page)
}

/// Those who act, by whose identifiers the log and histories name them.
pub(super) struct Names {
    /// Everybody's accounts, by login.
    pub(super) accounts: Vec<Account>,
    keys: Vec<ApiKey>,
}

impl Names {
    pub(super) async fn load(app: &App) -> Result<Self, Problem> {
        Ok(Self { accounts: account::all(&app.db).await?, keys: api_key::all(&app.db).await? })
    }

    pub(super) fn of(&self, language: Language, actor: Actor) -> String {
        let name = match actor {
            Actor::Console => return text(language, "audit-actor-console", &[]),
            Actor::Nobody => return text(language, "audit-actor-nobody", &[]),
            Actor::Volunteer(_) => return text(language, "audit-actor-volunteer", &[]),
            Actor::Contact(_) => return text(language, "audit-actor-contact", &[]),
            Actor::Account(id) => self.accounts.iter().find(|account| account.id == id).map(|a| &a.name),
            Actor::Key(id) => self.keys.iter().find(|key| key.id == id).map(|key| &key.name),
        };
        name.map_or_else(|| actor.to_string(), |name| name.as_str().to_owned())
    }
}
