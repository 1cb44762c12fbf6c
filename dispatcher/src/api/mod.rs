//! The public API under `/v1`, and what all its handlers share.
//!
//! A handler extracts, parses, makes one domain call and answers a view; its errors are [`Problem`]s.
//! Each module exports `router()`; this one puts them together.

mod audited;
pub mod auth;
mod availability;
pub mod body;
mod caller;
pub(crate) mod client;
pub(crate) mod decision_view;
pub(crate) mod devices;
mod events;
pub(crate) mod gateways;
pub mod idempotency;
mod incident_view;
mod incidents;
pub mod openapi;
mod phone_apps;
mod places;
pub(crate) mod positions;
pub mod problem;
pub mod resource_kinds;
pub mod resources;
mod road_conditions;
mod trail_view;
pub mod volunteers;
mod webhooks;

#[cfg(test)]
pub(crate) mod fixture;

use std::sync::Arc;

use axum::Router;
use certus_registry::{Clock, Database, Random, Timestamp};
use certus_sms_bridge::elks46::Script;
use certus_sms_bridge::template::Webhooks;
use certus_sms_bridge::{Incoming, Routes};
use tokio::sync::Semaphore;
use utoipa_axum::router::OpenApiRouter;

pub use auth::{Caller, Callers, Shown};
pub use body::{Json, Path, Query};
pub use idempotency::{Answer, Once, Submitted};
pub use problem::{Code, FieldError, Problem};

use crate::config::Config;
use crate::engine::{self, EngineHandle, EngineSide};
use crate::gateways::Gateways;
use crate::metrics::Metrics;
use crate::oidc::Oidc;
use crate::passkeys::Passkeys;
use crate::places::Gazetteer;
use crate::policies::Policies;
use crate::positions::Positions;
use crate::road_conditions::Live;
use crate::sign_in::SignIn;
use crate::stopping::Stopping;
use crate::subscriptions::Fetcher;
use crate::travel::TravelTime;
use crate::web::people::import::AT_ONCE_MAX;

/// What handlers work with; made once, in `cli::serve` or a test.
pub struct App {
    /// The database.
    pub db: Database,
    /// Where `now` comes from.
    pub clock: Arc<dyn Clock>,
    /// Where identifiers and secrets come from.
    pub random: Random,
    /// The configuration.
    pub config: Arc<Config>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// The call-out policies that hold until the board has approved some.
    pub policies: Arc<Policies>,
    /// The way to the engine.
    pub engine: EngineHandle,
    /// Where volunteers are.
    pub positions: Arc<Positions>,
    /// Names of places.
    pub places: Gazetteer,
    /// What holds on the roads.
    pub roads: Live,
    /// Who has called lately.
    pub callers: Callers,
    /// Checks passwords.
    pub sign_in: SignIn,
    /// The organisation's own sign-in, if there is one.
    pub oidc: Option<Oidc>,
    /// Fetches people's own calendars.
    pub calendars: Fetcher,
    /// Passkeys, where browsers know any: not at a bare IP address.
    pub passkeys: Option<Passkeys>,
    /// How many more lists may be read or written at once.
    pub exchanges: Arc<Semaphore>,
    /// Ends event streams when the server stops.
    pub stopping: Stopping,
    /// The ways to phones.
    pub routes: Arc<Routes>,
    /// What browsers subscribe to pushes with, where they are pushed to.
    pub push_key: Option<String>,
    /// What the telephone says, where it rings people up.
    pub script: Option<Arc<Script>>,
    /// Where receipts and replies are put.
    pub incoming: Incoming,
    /// Reads what the provider of the template gateway posts, if there is one.
    pub template: Option<Webhooks>,
}

/// The state of every router.
pub type SharedApp = Arc<App>;

impl App {
    /// Waits until `at`; true, at once, when the server stops before.
    pub(crate) async fn stops_before(&self, at: Timestamp) -> bool {
        tokio::select! {
            biased;
            () = self.stopping.begun() => true,
            () = self.clock.sleep_until(at) => false,
        }
    }

    /// An application that has counted nothing and remembers no key, and the end that its engine is to hold.
    #[must_use]
    pub fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        random: Random,
        config: Config,
        policies: Policies,
        gateways: &Gateways,
        travel: Arc<dyn TravelTime>,
    ) -> (Self, EngineSide) {
        let (engine, side) = engine::link(Arc::clone(&clock), random.clone());
        let template = config.gateway.template.clone().map(|settings| Webhooks::new(*settings));
        let (config, metrics) = (Arc::new(config), Arc::new(Metrics::new()));
        let positions = Arc::new(Positions::new(db.clone(), Arc::clone(&clock)));
        let (callers, stopping, news) = (Callers::default(), Stopping::new(), engine.clone());
        let calendars = Fetcher::new(config.calendars.trusted.clone());
        let (sign_in, passkeys) = (SignIn::new(&random), Passkeys::at(config.public_url.as_str()));
        let incoming = Incoming::new(db.clone(), Arc::clone(&clock), move || news.bridge_changed());
        (
            Self {
                db,
                clock,
                random,
                config,
                metrics,
                policies: Arc::new(policies),
                engine,
                positions,
                places: Gazetteer::built_in(),
                roads: Live::new(travel),
                callers,
                sign_in,
                oidc: None,
                calendars,
                passkeys,
                exchanges: Arc::new(Semaphore::new(AT_ONCE_MAX)),
                stopping,
                routes: Arc::clone(&gateways.routes),
                push_key: gateways.push_key.clone(),
                script: gateways.script.clone(),
                incoming,
                template,
            },
            side,
        )
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Every route under `/v1` with its description.
pub(crate) fn documented() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::with_openapi(openapi::base())
        .nest("/v1", volunteers::router())
        .nest("/v1", availability::router())
        .nest("/v1", resources::router())
        .nest("/v1", resource_kinds::router())
        .nest("/v1", positions::router())
        .nest("/v1", devices::router())
        .nest("/v1", incidents::router())
        .nest("/v1", places::router())
        .nest("/v1", road_conditions::router())
        .nest("/v1", events::router())
        .nest("/v1", gateways::router())
        .merge(phone_apps::router())
}

/// What a process answers that runs the bridge alone: what gateways post.
pub fn bridge_router() -> Router<SharedApp> {
    webhooks::router()
}

/// The API and its document.
pub fn router() -> Router<SharedApp> {
    let (router, document) = documented().split_for_parts();
    router.merge(openapi::router(&document)).merge(webhooks::router())
}
