//! The invented county as a whole: its people in the registry, its world, its script, and a node that serves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use certus_registry::{Clock, Database, Random, RegistryError, Remit, Volunteer, store};
use certus_sms_bridge::simulated::NetworkSettings;

use super::script::Script;
use super::world::{Act, World};
use super::{DemoError, people, places};
use crate::api::SharedApp;
use crate::config::Config;
use crate::gateways::Gateways;
use crate::node::{self, Node, Plan};
use crate::policies::Policies;

/// Everything a driver of the demo needs.
pub(super) struct County {
    pub(super) node: Node,
    pub(super) world: SharedWorld,
    pub(super) script: Script,
}

/// The world, shared with the phone network that its people read their phones through.
#[derive(Clone)]
pub(super) struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    pub(super) fn lock(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl County {
    /// Fills an empty database with people and starts a node on it.
    pub(super) async fn build(
        db: Database,
        clock: Arc<dyn Clock>,
        config: Config,
        seed: u64,
        incidents: u32,
    ) -> Result<Self, DemoError> {
        node::migrate(&db).await?;
        let (random, now, places) = (Random::from_seed(seed), clock.now(), places::all());
        let volunteers = people::volunteers(now, &random, &places);
        register(&db, &volunteers, now, &random, &places).await?;
        let script = Script::new(now + super::FIRST_ALARM, &random.fork(), &places, incidents);
        let world = World::new(now, script.ends_at() + super::AFTERMATH, &random.fork(), &volunteers);
        let world = Arc::new(Mutex::new(world));
        let gateways =
            Gateways::simulated(random.fork(), Arc::<Mutex<World>>::clone(&world), NetworkSettings::rural());
        let policies = Policies::embedded();
        let plan = Plan { config, policies, db, clock, random, gateways };
        Ok(Self { node: Node::build(plan).await?, world: SharedWorld(world), script })
    }

    /// Carries out what phones do.
    pub(super) fn perform(app: &SharedApp, network: &certus_sms_bridge::simulated::Network, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Ping(who, point) => {
                    app.positions.report(who, [point]);
                }
                Act::Say(from, words) => network.say(&from, words, app.clock.now()),
            }
        }
    }
}

async fn register(
    db: &Database,
    volunteers: &[Volunteer],
    now: certus_registry::Timestamp,
    random: &Random,
    places: &[places::Place],
) -> Result<(), RegistryError> {
    let mut tx = db.begin().await?;
    store::volunteer::put_many(&mut tx, Remit::All, now, volunteers).await?;
    store::resource::put_many(&mut tx, Remit::All, now, &people::resources(now, random, places)).await?;
    Ok(tx.commit().await?)
}
