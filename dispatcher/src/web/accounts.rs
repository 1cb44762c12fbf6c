//! `/accounts`: who may sign in, for administrators; and `/audit`: who did what, and who looked.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Router};
use certus_registry::audit::{Actor, Entry};
use certus_registry::store::{account, api_key, audit, organisation};
use certus_registry::{Account, AccountId, ApiKey, Language, Organisation, Remit, Role, Scope, Secret};
use serde::Deserialize;

use super::page::{Page, word};
use super::visitor::Visitor;
use crate::accounts::{Hand, Rights, is_taken};
use crate::api::{App, Path, Problem, Query, SharedApp};
use crate::text::text;

/// What is typed where rights go over every county.
const EVERYWHERE: &str = "*";
/// Lines of the log on one page.
const LINES: u32 = 100;

pub(super) fn router() -> Router<SharedApp> {
    Router::new()
        .route("/accounts", get(accounts).post(add))
        .route("/accounts/{id}/password", post(new_password))
        .route("/accounts/{id}/roles", post(set_rights))
        .route("/accounts/{id}/switch", post(switch))
        .route("/audit", get(log))
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    visitor: Visitor,
    accounts: Vec<Account>,
    /// Those whose lists an account may be given.
    organisations: Vec<Organisation>,
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

impl AccountsPage {
    /// How far somebody's rights go, in words.
    fn over(&self, remit: &Remit) -> String {
        let everywhere = || self.t("accounts-everywhere");
        let county = remit.county().map_or_else(everywhere, |county| county.name().to_owned());
        let known = self.organisations.iter().find(|known| Some(known.id) == remit.organisation());
        known.map_or(county, |known| known.name.as_str().to_owned())
    }

    fn keeps(account: &Account, list: &Organisation) -> bool {
        account.remit.organisation() == Some(list.id)
    }

    /// The county as it is typed.
    fn typed(remit: &Remit) -> String {
        remit.county().map_or_else(|| EVERYWHERE.to_owned(), |county| county.name().to_owned())
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
    rights: Typed,
}

/// Boxes that are ticked, and how far the rights go.
#[derive(Deserialize)]
struct Typed {
    operator: Option<String>,
    board: Option<String>,
    #[serde(rename = "organisation")]
    keeps_a_list: Option<String>,
    auditor: Option<String>,
    administrator: Option<String>,
    /// A county, or [`EVERYWHERE`]; empty or left out: that of whoever gives the account.
    #[serde(default)]
    county: String,
    /// The organisation whose list the holder keeps.
    #[serde(default)]
    list: String,
}

impl Typed {
    fn ticked(&self) -> Vec<Role> {
        let ticked = |role: &Role| match role {
            Role::Operator => self.operator.is_some(),
            Role::Board => self.board.is_some(),
            Role::Organisation => self.keeps_a_list.is_some(),
            Role::Auditor => self.auditor.is_some(),
            Role::Administrator => self.administrator.is_some(),
        };
        Role::ALL.iter().copied().filter(ticked).collect()
    }

    /// The rights; or the key of what was expected.
    fn rights(&self, app: &App, own: Remit, organisations: &[Organisation]) -> Result<Rights, &'static str> {
        let roles = self.ticked();
        if roles.is_empty() {
            return Err("accounts-no-role");
        }
        let list = organisations.iter().find(|known| known.id.to_string() == self.list);
        let remit = match (self.county.trim(), list) {
            (_, Some(list)) => Remit::Organisation(list.county, list.id),
            ("", None) => Remit::County(own.county().unwrap_or(app.config.county)),
            (EVERYWHERE, None) => Remit::All,
            (typed, None) => Remit::County(typed.parse().map_err(|_| "accounts-wrong-county")?),
        };
        Rights::new(roles, remit).ok_or("accounts-no-list")
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
    let (refusal, remit) = (refusal.map(|key| text(visitor.language, key, &[])), visitor.caller.remit());
    let organisations = organisations(app, remit).await?;
    let accounts = account::all(&app.db, remit).await?;
    let page = AccountsPage { visitor, accounts, organisations, refusal, shown };
    page.visitor.shown_as(status, &page)
}

async fn organisations(app: &App, remit: Remit) -> Result<Vec<Organisation>, Problem> {
    let mut organisations = organisation::all(&app.db, remit).await?;
    organisations.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(organisations)
}

fn hand<'a>(app: &'a App, visitor: &Visitor) -> Result<Hand<'a>, Problem> {
    visitor.require(Scope::AccountsWrite)?;
    let (actor, remit) = (visitor.caller.actor(), visitor.caller.remit());
    Ok(Hand { db: &app.db, now: app.clock.now(), random: &app.random, actor, remit })
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
    let rights = match new.rights.rights(&app, hand.remit, &organisations(&app, hand.remit).await?) {
        Ok(rights) => rights,
        Err(key) => return shown(&app, visitor, refused, Some(key), None).await,
    };
    match hand.add(login, name, rights).await {
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
    let account =
        account::get(&app.db, hand.remit, id).await?.ok_or_else(|| Problem::not_found("account"))?;
    let secret = hand.new_password(id).await?;
    let secret = secret.ok_or_else(|| Problem::not_found("account"))?;
    app.callers.forget_all();
    shown(&app, visitor, StatusCode::OK, None, Some((account.login.to_string(), secret))).await
}

async fn set_rights(
    State(app): State<SharedApp>,
    visitor: Visitor,
    Path(id): Path<AccountId>,
    Form(typed): Form<Typed>,
) -> Result<Response, Problem> {
    let hand = hand(&app, &visitor)?;
    let rights = match typed.rights(&app, hand.remit, &organisations(&app, hand.remit).await?) {
        Ok(rights) => rights,
        Err(key) => return shown(&app, visitor, StatusCode::UNPROCESSABLE_ENTITY, Some(key), None).await,
    };
    let done = hand.set_rights(id, rights).await?;
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
    let entries = audit::page(&app.db, visitor.caller.remit(), before, LINES).await?;
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
        Ok(Self { accounts: account::all(&app.db, Remit::All).await?, keys: api_key::all(&app.db).await? })
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
