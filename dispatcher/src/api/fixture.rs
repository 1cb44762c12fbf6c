//! An application on an empty database in memory, for the unit tests of handlers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, Response};
use certus_registry::account::Password;
use certus_registry::store::{self, volunteer};
use certus_registry::time::ManualClock;
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::volunteer::Vetting;
use certus_registry::{
    Account, AccountId, ApiKey, ApiKeyId, Availability, Clock, County, Database, Duty, Language, Login, Mode,
    Organisation, OrganisationId, Random, Remit, Role, Scope, Secret, SecretHash, Timestamp, Volunteer,
    VolunteerId, WeeklyHours,
};
use certus_sms_bridge::webpush::WebPushSettings;
use serde_json::Value;
use tower::ServiceExt;

use super::{App, SharedApp};
use crate::config::{Config, Push};
use crate::gateways::Gateways;
use crate::policies::Policies;
use crate::sign_in::Browser;
use crate::travel::StraightLine;

/// 2026-11-23T03:10:00Z.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_795_403_400_000);

/// The application and the clock that it reads.
pub(crate) async fn app() -> (SharedApp, ManualClock) {
    app_with(Config::default()).await
}

/// The same under a configuration of the test's.
pub(crate) async fn app_with(config: Config) -> (SharedApp, ManualClock) {
    let (app, clock) = app_of(config).await;
    (Arc::new(app), clock)
}

/// One that pushes to browsers as far as its pages and handlers know.
pub(crate) async fn app_that_pushes() -> (SharedApp, ManualClock) {
    let web =
        WebPushSettings { key_file: "unread.pem".into(), contact: String::new(), allow_loopback: false };
    let mut config = Config::default();
    config.gateway.push = Some(Push { web: Some(web), ..Push::default() });
    let (mut app, clock) = app_of(config).await;
    app.push_key = Some("VAPID".to_owned());
    (Arc::new(app), clock)
}

async fn app_of(config: Config) -> (App, ManualClock) {
    let db = Database::open("sqlite::memory:").await.unwrap();
    crate::node::migrate(&db).await.unwrap();
    let clock = ManualClock::at(START);
    let (random, policies) = (Random::from_seed(1), Policies::embedded());
    let clock_of = Arc::new(clock.clone()) as Arc<dyn Clock>;
    let gateways = Gateways::of(&Config::default(), &db, &clock_of).unwrap();
    let (app, _) =
        App::new(db, clock_of, random, config, policies, &gateways, Arc::new(StraightLine::default()));
    (app, clock)
}

/// A fresh key with these scopes, over every county.
pub(crate) async fn key(app: &App, scopes: &[Scope]) -> (ApiKey, Secret) {
    key_over(app, scopes, Remit::All).await
}

/// A fresh key with these scopes over this remit.
pub(crate) async fn key_over(app: &App, scopes: &[Scope], remit: Remit) -> (ApiKey, Secret) {
    let (id, secret) = (ApiKeyId::new(app.clock.now(), &app.random), Secret::generate(&app.random));
    let (name, created_at, scopes) = ("Test".parse().unwrap(), app.clock.now(), scopes.to_vec());
    let expires_at = created_at + std::time::Duration::from_hours(24);
    let key = ApiKey { id, name, scopes, remit, created_at, expires_at, revoked_at: None };
    let mut tx = app.db.begin().await.unwrap();
    certus_registry::store::api_key::insert(&mut tx, &key, &secret.hash()).await.unwrap();
    tx.commit().await.unwrap();
    (key, secret)
}

/// A browser next door that shows this.
pub(crate) fn browser(device: Option<SecretHash>) -> Browser {
    Browser { address: std::net::Ipv4Addr::LOCALHOST.into(), device }
}

/// What accounts of tests are signed in with.
pub(crate) const PASSWORD: &str = "älgen går i skymningen";

/// An account with this login and these roles over every county, signed in; gives the session's secret.
pub(crate) async fn account(app: &App, login: &str, roles: &[Role]) -> (Account, Secret) {
    account_over(app, login, roles, Remit::All).await
}

/// The same over this remit.
pub(crate) async fn account_over(app: &App, login: &str, roles: &[Role], remit: Remit) -> (Account, Secret) {
    let (now, session) = (app.clock.now(), Secret::generate(&app.random));
    let login: Login = login.parse().unwrap();
    let account = Account {
        id: AccountId::new(now, &app.random),
        login,
        name: "Anna Berg".parse().unwrap(),
        roles: roles.to_vec(),
        remit,
        must_change: false,
        created_at: now,
        disabled_at: None,
    };
    let hash = Password::typed(PASSWORD).hash(&app.random).unwrap();
    let mut tx = app.db.begin().await.unwrap();
    store::account::insert(&mut tx, &account, &hash).await.unwrap();
    let ends_at = now + std::time::Duration::from_hours(14);
    store::account::begin_session(&mut tx, account.id, &session.hash(), now, ends_at).await.unwrap();
    tx.commit().await.unwrap();
    (account, session)
}

/// How far a role's rights go in tests: over every county, or over the list of a fresh organisation.
pub(crate) async fn remit_of(app: &App, role: Role) -> Remit {
    match role {
        Role::Operator | Role::Board | Role::Auditor | Role::Administrator => Remit::All,
        Role::Organisation => {
            let (name, kind) = ("Byalaget".parse().unwrap(), OrganisationKind::Village);
            let id = OrganisationId::new(app.clock.now(), &app.random);
            let village = Organisation { id, name, kind, county: County::DEFAULT };
            let mut tx = app.db.begin().await.unwrap();
            store::organisation::put(&mut tx, Remit::All, app.clock.now(), &village).await.unwrap();
            tx.commit().await.unwrap();
            Remit::Organisation(village.county, village.id)
        }
    }
}

/// A volunteer with a position token.
pub(crate) async fn phone(app: &App) -> (VolunteerId, Secret) {
    let now = app.clock.now();
    let (id, token) = (VolunteerId::new(now, &app.random), Secret::generate(&app.random));
    let person = Volunteer {
        id,
        name: "Anna Lena Berg".parse().unwrap(),
        birth_year: None,
        phone: "+46701740605".parse().unwrap(),
        languages: vec![Language::Swedish],
        competences: Vec::new(),
        modes: vec![Mode::Car],
        home: None,
        duty: Duty::ON,
        availability: Availability::within(WeeklyHours::NEVER),
        vetting: Vetting::Applied,
        organisation: None,
        county: County::DEFAULT,
    };
    let mut tx = app.db.begin().await.unwrap();
    volunteer::put(&mut tx, Remit::All, now, &person).await.unwrap();
    assert!(volunteer::set_position_token(&mut tx, Remit::All, now, id, &token.hash()).await.unwrap());
    tx.commit().await.unwrap();
    (id, token)
}

/// One request through every layer.
pub(crate) async fn send(app: &SharedApp, request: Request<Body>) -> Response<Body> {
    crate::serve::layered(super::router(), app).oneshot(request).await.unwrap()
}

/// A request with a JSON body and a bearer key.
pub(crate) fn json(method: &str, uri: &str, secret: &Secret, body: &Value) -> Request<Body> {
    let bearer = format!("Bearer {}", secret.reveal());
    let request = Request::builder().method(method).uri(uri).header("authorization", bearer);
    request.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

/// The JSON body of an answer.
pub(crate) async fn body(response: Response<Body>) -> Value {
    let bytes = axum::body::to_bytes(response.into_body(), 1_000_000).await.unwrap();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}
