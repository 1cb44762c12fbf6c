//! Two counties on one running node, and everybody who calls it from the first.

use std::sync::atomic::{AtomicU32, Ordering};

use axum::Router;
use certus_registry::account::{Password, PasswordHash};
use certus_registry::certificate::{CertificateFile, CertificateId};
use certus_registry::resource::Location;
use certus_registry::store::{self, application, organisation, resource, volunteer};
use certus_registry::time::ManualClock;
use certus_registry::vocabulary::OrganisationKind;
use certus_registry::volunteer::Vetting;
use certus_registry::{
    Account, AccountId, Availability, Clock, County, Database, Duty, Language, Mode, Organisation,
    OrganisationId, Position, Random, Remit, Resource, ResourceId, ResourceKind, Role, Scope, Secret,
    Volunteer, VolunteerId,
};

use super::table::Line;
use super::*;
use crate::config::Config;
use crate::engine::Raise;
use crate::gateways::Gateways;
use crate::incident::Place;
use crate::node::{self, Node, Plan};
use crate::policies::Policies;

/// Whoever calls; each but nobody over the first county, or over the list of an organisation there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Nobody,
    Role(Role),
    Key(Scope),
}

/// A county, with the organisation that lists whatever is made in it.
struct Side {
    county: County,
    list: OrganisationId,
    /// In the names of what is of it.
    mark: &'static str,
}

pub(super) struct Scene {
    app: SharedApp,
    router: Router,
    sides: [Side; 2],
    hash: PasswordHash,
    callers: Vec<(Who, Option<(&'static str, String)>)>,
    made: AtomicU32,
}

impl Scene {
    pub(super) async fn build() -> Self {
        let db = Database::open("sqlite::memory:").await.unwrap();
        node::migrate(&db).await.unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(fixture::START));
        let (config, random) = (Config::default(), Random::from_seed(1));
        let gateways = Gateways::of(&config, &db, &clock).unwrap();
        let plan = Plan { config, policies: Policies::embedded(), db, clock, random, gateways };
        let node = Node::build(plan).await.unwrap();
        let (app, router) = (node.app.clone(), node.router());
        tokio::spawn(Box::pin(node.engine.run(std::future::pending())));
        let sides = [side(&app, "23", "Eget").await, side(&app, "22", FOREIGN).await];
        let hash = Password::typed("one").hash(&app.random).unwrap();
        let mut callers = Vec::new();
        for who in everybody() {
            callers.push((who, shown(&app, who, &sides[0]).await));
        }
        Self { app, router, sides, hash, callers, made: AtomicU32::new(0) }
    }

    /// Asks as the line says, of something of the caller's own county or of the other.
    pub(super) async fn ask(&self, line: &Line, who: Who, own: bool) -> Response<Body> {
        let (method, path) = line.route.split_once(' ').unwrap();
        let side = &self.sides[usize::from(!own)];
        let (path, sent) = (self.filled(path, path, side).await, self.filled(path, &line.sent, side).await);
        let uri = if method == "GET" && !sent.is_empty() { format!("{path}?{sent}") } else { path };
        let kind =
            if sent.starts_with('{') { "application/json" } else { "application/x-www-form-urlencoded" };
        let mut request = Request::builder().method(method).uri(uri).header("content-type", kind);
        let (_, header) = self.callers.iter().find(|(known, _)| *known == who).unwrap();
        if let Some((name, value)) = header {
            request = request.header(*name, value);
        }
        let body = if method == "GET" { Body::empty() } else { Body::from(sent) };
        self.router.clone().oneshot(request.body(body).unwrap()).await.unwrap()
    }

    /// The text with its gaps filled in: `{id}`, `{one}` something new of that side, by the path; `{other}` and `{certificate}` what
    /// goes with it; `{n}` and `{phone}` something that nobody has; `{county}` the side's.
    async fn filled(&self, path: &str, text: &str, side: &Side) -> String {
        let mut text = text.to_owned();
        if text.contains("{certificate}") {
            let (id, certificate) = self.certified(side).await;
            text = text.replace("{id}", &id.to_string()).replace("{certificate}", &certificate.to_string());
        }
        for gap in ["{id}", "{one}"] {
            if text.contains(gap) {
                text = text.replace(gap, &self.made_for(path, side).await);
            }
        }
        if text.contains("{other}") {
            text = text.replace("{other}", &self.person(&self.sides[0]).await.to_string());
        }
        text = text.replace("{code}", "boat");
        for gap in ["{file}", "{secret}", "{token}"] {
            text = text.replace(gap, "none");
        }
        let n = self.number();
        let phone = format!("+4670{n:07}");
        text.replace("{n}", &n.to_string())
            .replace("{phone}", &phone.replace('+', if path.starts_with("/v1") { "+" } else { "%2B" }))
            .replace("{county}", side.county.as_str())
    }

    async fn made_for(&self, path: &str, side: &Side) -> String {
        let begins = |start: &str| path.starts_with(start);
        if begins("/v1/incidents") {
            self.incident(side).await
        } else if begins("/resources") {
            self.thing(side).await.to_string()
        } else if begins("/organisations") {
            self.organisation(side).await.to_string()
        } else if begins("/accounts") {
            self.account(side).await.to_string()
        } else {
            self.person(side).await.to_string()
        }
    }

    fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed) + 1_000_000
    }

    async fn person(&self, side: &Side) -> VolunteerId {
        let (now, n) = (self.app.clock.now(), self.number());
        let person = Volunteer {
            id: VolunteerId::new(now, &self.app.random),
            name: format!("Pelle {} {n}", side.mark).parse().unwrap(),
            birth_year: None,
            phone: format!("+4670{n:07}").parse().unwrap(),
            languages: vec![Language::Swedish],
            competences: Vec::new(),
            modes: vec![Mode::Car],
            home: None,
            duty: Duty::ON,
            availability: Availability::ALWAYS,
            vetting: Vetting::Applied,
            organisation: Some(side.list),
            county: side.county,
        };
        let mut tx = self.app.db.begin().await.unwrap();
        volunteer::put(&mut tx, Remit::All, now, &person).await.unwrap();
        tx.commit().await.unwrap();
        person.id
    }

    async fn certified(&self, side: &Side) -> (VolunteerId, CertificateId) {
        let (person, now) = (self.person(side).await, self.app.clock.now());
        let (id, file) = (CertificateId::new(now, &self.app.random), b"%PDF-1.4\n%%EOF\n".to_vec());
        let mut tx = self.app.db.begin().await.unwrap();
        let file = CertificateFile::read(file).unwrap();
        application::add_certificate(&mut tx, now, id, person, &file).await.unwrap();
        tx.commit().await.unwrap();
        (person, id)
    }

    async fn thing(&self, side: &Side) -> ResourceId {
        let (now, n) = (self.app.clock.now(), self.number());
        let at = Location::Fixed(Position::new(63.1, 14.6).unwrap());
        let (id, code) = (ResourceId::new(now, &self.app.random), format!("{}-{n}", side.mark));
        let thing = Resource::new(id, code.parse().unwrap(), ResourceKind::AED, at, side.county);
        let thing = Resource { organisation: Some(side.list), ..thing };
        let mut tx = self.app.db.begin().await.unwrap();
        resource::put(&mut tx, Remit::All, now, &thing).await.unwrap();
        tx.commit().await.unwrap();
        thing.id
    }

    async fn organisation(&self, side: &Side) -> OrganisationId {
        listed(&self.app, side.county, &format!("{} {}", side.mark, self.number())).await
    }

    async fn account(&self, side: &Side) -> AccountId {
        let (now, n) = (self.app.clock.now(), self.number());
        let account = Account {
            id: AccountId::new(now, &self.app.random),
            login: format!("konto{n}").parse().unwrap(),
            name: format!("Konto {}", side.mark).parse().unwrap(),
            roles: vec![Role::Operator],
            remit: Remit::County(side.county),
            must_change: false,
            created_at: now,
            disabled_at: None,
        };
        let mut tx = self.app.db.begin().await.unwrap();
        store::account::insert(&mut tx, &account, &self.hash).await.unwrap();
        tx.commit().await.unwrap();
        account.id
    }

    async fn incident(&self, side: &Side) -> String {
        let position = Position::new(63.347, 13.457).unwrap();
        let place = Place { position, accuracy_m: 50, name: side.mark.to_owned(), detail: None };
        let event_type = EventType::Fire;
        let raise =
            Raise { event_type, place, ambulance_eta: None, caller: None, external_id: None, group: None };
        self.app.engine.raise(raise, side.county, None).await.unwrap().id.to_string()
    }
}

async fn side(app: &SharedApp, code: &str, mark: &'static str) -> Side {
    let county = code.parse().unwrap();
    Side { county, list: listed(app, county, mark).await, mark }
}

async fn listed(app: &SharedApp, county: County, name: &str) -> OrganisationId {
    let (now, id) = (app.clock.now(), OrganisationId::new(app.clock.now(), &app.random));
    let (name, kind) = (name.parse().unwrap(), OrganisationKind::Village);
    let mut tx = app.db.begin().await.unwrap();
    organisation::put(&mut tx, Remit::All, now, &Organisation { id, name, kind, county }).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// The header by which somebody is known.
async fn shown(app: &SharedApp, who: Who, side: &Side) -> Option<(&'static str, String)> {
    let county = Remit::County(side.county);
    match who {
        Who::Nobody => None,
        Who::Key(scope) => {
            let (_, secret) = fixture::key_over(app, &[scope], county).await;
            Some(("authorization", format!("Bearer {}", secret.reveal())))
        }
        Who::Role(role) => {
            let list = Remit::Organisation(side.county, side.list);
            let remit = if role == Role::Organisation { list } else { county };
            let (_, secret): (_, Secret) = fixture::account_over(app, role.as_str(), &[role], remit).await;
            Some(("cookie", format!("certus_session={}", secret.reveal())))
        }
    }
}
