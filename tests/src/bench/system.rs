//! The whole of Certus on real listeners, in a runtime of its own beside the client's, with a recording gateway.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use certus_dispatcher::config::Config;
use certus_dispatcher::gateways::Gateways;
use certus_dispatcher::node::{self, Node, Plan};
use certus_dispatcher::policies::Policies;
use certus_dispatcher::positions::Point;
use certus_registry::time::SystemClock;
use certus_registry::{
    ApiKey, ApiKeyId, Clock, Database, EventType, Random, Remit, Scope, Secret, VolunteerId, store,
};
use certus_sms_bridge::{Gateway, Routes};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::gateway::Recorder;
use super::people;

/// People in the first wave, and so messages in the commit that is measured.
pub(super) const WAVE: usize = 30;
/// The policies that come with the program, one line of which is changed.
const POLICIES: &str = include_str!("../../../dispatcher/policies.toml");
/// The same people in every run.
const SEED: u64 = 2;

/// A running node.
pub(super) struct System {
    pub(super) url: String,
    pub(super) key: String,
    pub(super) gateway: Arc<Recorder>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anyhow::Result<()>>,
    runtime: Runtime,
}

impl System {
    /// Starts a node on an empty database with `volunteers` people; its key raises incidents.
    pub(super) fn start(database: &str, volunteers: u32) -> anyhow::Result<Self> {
        let scopes = vec![Scope::IncidentsRead, Scope::IncidentsWrite];
        Self::serving(database, scopes, async |db| stock(db, volunteers).await)
    }

    /// Starts a node on an empty database with what `stock` puts there: who is where is told after the start.
    pub(super) fn serving(
        database: &str,
        scopes: Vec<Scope>,
        stock: impl AsyncFnOnce(&Database) -> anyhow::Result<Vec<(VolunteerId, Point)>>,
    ) -> anyhow::Result<Self> {
        // As `certus serve` has it: one worker thread a processor.
        let runtime = Runtime::new()?;
        let gateway = Recorder::new();
        let (node, key) = runtime.block_on(build(database, scopes, Arc::clone(&gateway) as _, stock))?;
        let listeners = runtime.block_on(listeners())?;
        let url = format!("http://{}", listeners.0.local_addr()?);
        let (stop, stopped) = oneshot::channel::<()>();
        let router = node.router();
        let ended = runtime.spawn(async move {
            let stopped = async { drop(stopped.await) };
            Ok(node.run(router, listeners, stopped).await?)
        });
        Ok(Self { url, key, gateway, stop, ended, runtime })
    }

    /// Stops the node and waits for its end.
    pub(super) fn stop(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.runtime.block_on(self.ended)?
    }
}

async fn listeners() -> std::io::Result<(TcpListener, TcpListener)> {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    Ok((TcpListener::bind(any).await?, TcpListener::bind(any).await?))
}

async fn build(
    database: &str,
    scopes: Vec<Scope>,
    carrier: Arc<dyn Gateway>,
    stock: impl AsyncFnOnce(&Database) -> anyhow::Result<Vec<(VolunteerId, Point)>>,
) -> anyhow::Result<(Node, String)> {
    let db = Database::open(database).await?;
    node::migrate(&db).await?;
    let positions = stock(&db).await?;
    let (clock, random) = (Arc::new(SystemClock), Random::from_seed(SEED));
    let secret = Secret::generate(&random);
    let mut tx = db.begin().await?;
    store::api_key::insert(&mut tx, &key(&random, scopes)?, &secret.hash()).await?;
    tx.commit().await?;
    let gateways = Gateways::only(Routes::equal(vec![carrier]));
    let (config, policies) = (Config::default(), policies()?);
    let node = Node::build(Plan { config, policies, db, clock, random, gateways }).await?;
    for (volunteer, point) in positions {
        node.app.positions.report(volunteer, [point]);
    }
    Ok((node, secret.reveal().to_owned()))
}

async fn stock(db: &Database, volunteers: u32) -> anyhow::Result<Vec<(VolunteerId, Point)>> {
    let now = SystemClock.now();
    let people = people::volunteers(volunteers, now, &Random::from_seed(SEED))?;
    let registered: Vec<_> = people.iter().map(|(volunteer, _)| volunteer.clone()).collect();
    let mut tx = db.begin().await?;
    store::volunteer::put_many(&mut tx, Remit::All, now, &registered).await?;
    tx.commit().await?;
    Ok(people.into_iter().map(|(volunteer, point)| (volunteer.id, point)).collect())
}

fn key(random: &Random, scopes: Vec<Scope>) -> anyhow::Result<ApiKey> {
    let now = SystemClock.now();
    Ok(ApiKey {
        id: ApiKeyId::new(now, random),
        name: "bench".parse()?,
        scopes,
        remit: certus_registry::Remit::All,
        created_at: now,
        expires_at: now + std::time::Duration::from_hours(24),
        revoked_at: None,
    })
}

/// The policies of the program, but cardiac arrest asks everybody of the measured wave at once.
fn policies() -> anyhow::Result<Policies> {
    // Nothing is a hundred percent sure: the wave is as large as it may be.
    let text = POLICIES.replacen("wave_size = 12", &format!("wave_size = {WAVE}"), 1).replacen(
        "sure_percent = 90",
        "sure_percent = 100",
        1,
    );
    let policies = Policies::parse(&text)?;
    let wave = usize::from(policies.of(EventType::CardiacArrest).wave_size);
    ensure!(wave == WAVE, "the policy file has changed: the first wave is {wave}");
    Ok(policies)
}

/// The floor: the same HTTP and the same call of the gateway, and nothing between them.
pub(super) async fn floor(gateway: Arc<Recorder>) -> anyhow::Result<String> {
    let listener = listeners().await?.0;
    let url = format!("http://{}", listener.local_addr()?);
    let send = |State(gateway): State<Arc<Recorder>>, body: Bytes| async move {
        gateway.note();
        (StatusCode::CREATED, body)
    };
    let router = Router::new().route("/v1/incidents", post(send)).with_state(gateway);
    tokio::spawn(async move { axum::serve(listener, router).await.context("the floor's listener") });
    Ok(url)
}
