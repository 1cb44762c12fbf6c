//! One running Certus: the application, its engine, the bridge's worker and what runs beside them.
//!
//! [`Node::build`] puts the parts together; [`Node::run`] lets them run until the server stops. A driver in virtual
//! time (the headless demo, the simulator) takes the parts and steps them itself.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use certus_registry::{Clock, County, Database, Random, store};
use certus_sms_bridge::simulated::Network;
use certus_sms_bridge::{BridgeError, Gateway, Worker, WorkerSettings};
use futures::{FutureExt as _, future};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::api::{self, App, SharedApp};
use crate::config::{Config, RouterUrl, Travel};
use crate::confirming;
use crate::engine::{self, Engine, EngineError, Parts};
use crate::gateways::Gateways;
use crate::oidc::{Oidc, SetupError};
use crate::policies::{self, Policies, PoliciesError};
use crate::reminders;
use crate::retention;
use crate::road_conditions;
use crate::serve;
use crate::subscriptions;
use crate::travel::remote::{Kind, Remote, Router as TravelRouter};
use crate::travel::roads::{Roads, RoadsError};
use crate::travel::{StraightLine, TravelTime};
use crate::web;

/// The parts of one node.
pub struct Node {
    /// What handlers work with.
    pub app: SharedApp,
    /// Incidents.
    pub engine: Engine,
    /// Messages out.
    pub worker: Worker,
    /// The phone network in this process, if the configuration has one.
    pub network: Option<Arc<Network>>,
}

/// A part of Certus that a process can run alone, against the database that it shares with the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// What sends messages and takes what gateways post: beside a modem, or apart from the consoles.
    Bridge,
    /// Everything else: incidents, the API, the pages. Its messages wait for a bridge.
    Dispatcher,
}

/// What a node is built from.
pub struct Plan {
    /// The configuration.
    pub config: Config,
    /// The call-out policies that hold until the board has approved some.
    pub policies: Policies,
    /// A database whose tables are up to date; see [`migrate`].
    pub db: Database,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Random,
    /// What carries messages.
    pub gateways: Gateways,
}

/// Why a node could not be built.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The engine could not read what it needs.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The road file cannot be used.
    #[error("key travel.roads: {0}")]
    Roads(#[from] RoadsError),
    /// There is no way to speak to a router.
    #[error("key travel: {0}")]
    Router(#[from] reqwest::Error),
    /// The organisation's own sign-in cannot be used.
    #[error(transparent)]
    Oidc(#[from] SetupError),
    /// The policies of the file want something brought that cannot be.
    #[error("key policies: {0}")]
    Policies(#[from] PoliciesError),
    /// The last positions could not be read.
    #[error(transparent)]
    Registry(#[from] certus_registry::RegistryError),
}

/// Brings the tables of all three crates up to date.
///
/// # Errors
/// [`BridgeError`] or the registry's error inside it, when a migration fails.
pub async fn migrate(db: &Database) -> Result<(), MigrationError> {
    certus_registry::migrate(db).await?;
    certus_sms_bridge::migrate(db).await?;
    Ok(crate::store::migrate(db).await?)
}

/// Why the tables could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrationError {
    /// The registry's or the dispatcher's.
    #[error(transparent)]
    Registry(#[from] certus_registry::RegistryError),
    /// The bridge's.
    #[error(transparent)]
    Bridge(#[from] BridgeError),
}

/// Writes the installation's county into what was there before there were counties.
///
/// # Errors
/// [`EngineError`] when the database fails.
pub async fn settle(db: &Database, county: County) -> Result<(), EngineError> {
    let mut tx = db.begin().await?;
    let rows = store::county::settle(&mut tx, county).await?;
    if rows + engine::store::settle(&mut tx, county).await? > 0 {
        tx.commit().await?;
    }
    Ok(())
}

impl Node {
    /// Puts the parts together and restores what the database remembers: people, positions, who is tied up.
    ///
    /// # Errors
    /// [`NodeError`] when the database fails, or the road file cannot be used.
    pub async fn build(plan: Plan) -> Result<Self, NodeError> {
        let Plan { config, policies, db, clock, random, gateways } = plan;
        settle(&db, config.county).await?;
        if policies::store::number(&db).await? == 0 {
            let kinds = store::catalogue::load(&db).await?;
            policies.can_be_brought(&kinds).map_err(PoliciesError::NotBrought)?;
        }
        let settings = WorkerSettings::default();
        let worker = Worker::new(
            db.clone(),
            Arc::clone(&clock),
            random.clone(),
            Arc::clone(&gateways.routes),
            settings,
        );
        let travel = travel(&config.travel)?;
        let oidc = config.oidc.clone().map(|settings| Oidc::new(settings, config.public_url.as_str()));
        let oidc = oidc.transpose()?;
        let (app, side) = App::new(db, clock, random, config, policies, &gateways, travel);
        let app = App { oidc, ..app };
        app.positions.restore().await?;
        app.roads.catch_up(&app.db, app.clock.now()).await?;
        let parts = Parts {
            db: app.db.clone(),
            clock: Arc::clone(&app.clock),
            random: app.random.clone(),
            policies: Arc::clone(&app.policies),
            positions: Arc::clone(app.positions.live()),
            travel: app.roads.travel(),
            outbox: worker.handle(),
            metrics: Arc::clone(&app.metrics),
            zone: app.config.time_zone.0.clone(),
            public_url: app.config.public_url.as_str().trim_end_matches('/').to_owned(),
            ask_after: app.config.positions.ask_after(),
            channel_test: app.config.channel_test,
        };
        let engine = Engine::start(parts, side).await?;
        Ok(Self { app: Arc::new(app), engine, worker, network: gateways.network })
    }

    /// What this part of Certus answers, behind every layer: the API and the pages, or what gateways post.
    pub fn router_of(&self, only: Option<Part>) -> Router {
        match only {
            Some(Part::Bridge) => serve::layered(api::bridge_router(), &self.app),
            Some(Part::Dispatcher) | None => self.router(),
        }
    }

    /// The API and the pages, behind every layer.
    pub fn router(&self) -> Router {
        let pages = web::router(web::EngineCallOuts::of(&self.app));
        serve::layered(api::router().merge(pages), &self.app)
    }

    /// Serves until `shutdown`. Requests end first, then the engine, the worker, the gateways, the positions: whatever
    /// was answered is durable.
    ///
    /// # Errors
    /// When a listener fails for good.
    pub async fn run(
        self,
        router: Router,
        listeners: (TcpListener, TcpListener),
        shutdown: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        self.run_only(None, router, listeners, shutdown).await
    }

    /// The same, with only a part of it at work.
    ///
    /// # Errors
    /// When a listener fails for good.
    pub async fn run_only(
        self,
        only: Option<Part>,
        router: Router,
        listeners: (TcpListener, TcpListener),
        shutdown: impl Future<Output = ()> + Send,
    ) -> std::io::Result<()> {
        let Self { app, engine, worker, network: _ } = self;
        let (decides, sends) = (only != Some(Part::Bridge), only != Some(Part::Dispatcher));
        if !sends {
            worker.handle().leaves_alarms_to_others();
        }
        let (stop_engine, engine_stops) = oneshot::channel::<()>();
        let (stop_sending, sending_stops) = oneshot::channel::<()>();
        let (stop_carrying, carrying_stops) = oneshot::channel::<()>();
        let (stop_writing, writing_stops) = oneshot::channel::<()>();
        let forgetting = tokio::spawn(retention::run_hourly(Arc::clone(&app)));
        let asks = decides && app.config.remind_keepers;
        let asking = asks.then(|| tokio::spawn(confirming::run_hourly(Arc::clone(&app))));
        let reminding = sends.then(|| tokio::spawn(reminders::run_hourly(Arc::clone(&app))));
        let fetches = decides && app.config.calendars.fetch_hours > 0;
        let fetching = fetches.then(|| tokio::spawn(subscriptions::run(Arc::clone(&app))));
        let following = decides.then(|| tokio::spawn(road_conditions::follow(Arc::clone(&app))));
        let carrying = sends.then(|| tokio::spawn(carry(Arc::clone(&app), carrying_stops)));
        let sending =
            sends.then(|| tokio::spawn(async move { worker.run(async { drop(sending_stops.await) }).await }));
        let running = decides.then(|| tokio::spawn(Box::pin(engine.run(async { drop(engine_stops.await) }))));
        let writing = tokio::spawn(write_positions(Arc::clone(&app), writing_stops));
        let served = serve::serve(Arc::clone(&app), router, listeners.0, listeners.1, shutdown).await;
        // A listener may have failed before anybody asked the server to stop. Those two end by themselves: cut off between a
        // COMMIT and its answer, they would roll back what is no transaction any more.
        app.stopping.begin();
        ended(Some(forgetting)).await;
        ended(asking).await;
        ended(reminding).await;
        ended(fetching).await;
        ended(following).await;
        drop(stop_engine);
        ended(running).await;
        drop(stop_sending);
        ended(sending).await;
        drop(stop_carrying);
        ended(carrying).await;
        drop(stop_writing);
        ended(Some(writing)).await;
        app.db.close().await;
        served
    }
}

/// How travel times are estimated, as the configuration says.
fn travel(travel: &Travel) -> Result<Arc<dyn TravelTime>, NodeError> {
    let off_road =
        travel.detour.map_or_else(StraightLine::default, |detour| StraightLine::calibrated(detour.0));
    let remote = |kind, url: &RouterUrl| -> Result<_, NodeError> {
        let router = TravelRouter::new(kind, url.0.clone())?;
        Ok(Arc::new(Remote::new(router, off_road)))
    };
    match (&travel.roads, &travel.osrm, &travel.valhalla) {
        (Some(path), _, _) => Ok(Arc::new(Roads::open(path, off_road)?)),
        (None, Some(url), _) => Ok(remote(Kind::Osrm, url)?),
        (None, None, Some(url)) => Ok(remote(Kind::Valhalla, url)?),
        (None, None, None) => Ok(Arc::new(off_road)),
    }
}

/// A task fails only by a panic, which was reported where it happened.
async fn ended(task: Option<JoinHandle<()>>) {
    if let Some(task) = task {
        let _ = task.await;
    }
}

/// Lets every gateway hold its connection until the worker has sent its last message.
async fn carry(app: SharedApp, stops: oneshot::Receiver<()>) {
    let stops = async { drop(stops.await) }.shared();
    let checks = future::select(future::join_all(app.routes.gateways().map(check)), stops.clone());
    let runs = app.routes.gateways().map(|gateway| gateway.run(app.incoming.clone(), stops.clone().boxed()));
    future::join(checks, future::join_all(runs)).await;
}

/// Says at the start, rather than at the first alarm, that a provider would not take a message.
async fn check(gateway: &Arc<dyn Gateway>) {
    if let Err(error) = gateway.check().await {
        tracing::warn!(gateway.name = gateway.name(), %error, "a gateway would not take a message now");
    }
}

/// Writes positions until the last request has been answered, then the rest.
async fn write_positions(app: SharedApp, requests_over: oneshot::Receiver<()>) {
    // The sender is dropped, never sent on: either way the requests are over.
    app.positions.writer().run(async { drop(requests_over.await) }).await;
}
