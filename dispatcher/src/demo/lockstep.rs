//! The headless demo: one task, virtual time, everything in a fixed order, so that a seed always tells one story.
//!
//! The database is in memory: what is shown here is the story, and a file would only make it slower (the kill -9 tests
//! are where files matter).

use std::sync::Arc;
use std::time::Duration;

use certus_registry::time::ManualClock;
use certus_registry::{Clock, Database, Timestamp};
use certus_sms_bridge::outbox;
use certus_sms_bridge::simulated::NetworkStep;
use tokio::sync::broadcast;

use super::books::{self, Summary, Witness};
use super::county::County;
use super::script::Turn;
use super::teller::Teller;
use super::{DemoError, Options};
use crate::config::Config;
use crate::engine::Wake;
use crate::incident::IncidentId;
use crate::positions::LastPosition;

/// 2026-11-23T03:10:00Z: the operator's chair.
const START: Timestamp = Timestamp::from_millis(1_795_403_400_000);
/// Virtual time after the last turn of the script within which everything must have come to rest.
const REST_MAX: Duration = Duration::from_hours(72);

struct Lockstep {
    county: County,
    clock: ManualClock,
    moves: broadcast::Receiver<LastPosition>,
    raised: Vec<(IncidentId, Timestamp)>,
    worker_at: Option<Timestamp>,
}

/// Runs the whole story and closes the books.
pub(super) async fn run(options: Options, teller: &mut Teller<'_>) -> Result<Summary, DemoError> {
    let clock = ManualClock::at(START);
    let db = Database::open("sqlite::memory:").await?;
    let shared: Arc<dyn Clock> = Arc::new(clock.clone());
    let county = County::build(db, shared, Config::default(), options.seed, options.incidents).await?;
    let moves = county.node.app.positions.live().moves();
    let mut lockstep = Lockstep { county, clock, moves, raised: Vec::new(), worker_at: None };
    lockstep.play(teller).await?;
    let said = lockstep.county.world.lock().said();
    let witness = Witness { raised: lockstep.raised, said };
    Ok(books::close(&lockstep.county.node.app.db, options.seed, &witness).await?)
}

impl Lockstep {
    async fn play(&mut self, teller: &mut Teller<'_>) -> Result<(), DemoError> {
        let mut last_turn = START;
        loop {
            while self.step(teller).await? {}
            self.county.node.app.positions.writer().step().await?;
            if self.county.script.next_at().is_some() {
                last_turn = self.clock.now();
            } else if self.is_at_rest().await? {
                return Ok(());
            } else if self.clock.now() > last_turn + REST_MAX {
                return Err(DemoError::Restless);
            }
            let next = self.next_at().await?;
            self.clock.set(next.max(self.clock.now() + Duration::from_millis(1)));
        }
    }

    /// Lets every part do what is due, each once. True when one of them did something.
    async fn step(&mut self, teller: &mut Teller<'_>) -> Result<bool, DemoError> {
        let now = self.clock.now();
        let mut busy = self.turns(teller).await?;
        let acts = self.county.world.lock().step(now);
        busy |= !acts.is_empty();
        let node = &mut self.county.node;
        let network = node.network.as_ref().ok_or(DemoError::NoNetwork)?;
        County::perform(&node.app, network, acts);
        while let Ok(last) = self.moves.try_recv() {
            node.engine.on(Wake::Moved(last)).await?;
        }
        busy |= node.engine.settle_due().await?;
        let sent = node.worker.step(now).await?;
        self.worker_at = sent.next_at;
        busy |= sent.sent > 0 || sent.next_at.is_some_and(|at| at <= now);
        busy |= network.step(&node.app.db, now).await? != NetworkStep::default();
        teller.tell(&node.app).await?;
        Ok(busy)
    }

    async fn turns(&mut self, teller: &mut Teller<'_>) -> Result<bool, DemoError> {
        let now = self.clock.now();
        let turns = self.county.script.turns(now);
        let busy = !turns.is_empty();
        let node = &mut self.county.node;
        for turn in turns {
            match turn {
                Turn::Raise(number, raise) => {
                    let id = IncidentId::new(now, &node.app.random);
                    let incident = node.engine.raise(id, &raise, &[]).await?;
                    self.raised.push((incident.id, self.county.script.ambulance_at(number)));
                }
                Turn::Report(number, event) => {
                    let (id, _) = self.raised[number];
                    teller.operator(&node.app, id, &event).await?;
                    super::forgiving(node.engine.apply(id, event, &[]).await)?;
                }
            }
        }
        Ok(busy)
    }

    /// Nothing is left to send or to wait for.
    async fn is_at_rest(&self) -> Result<bool, DemoError> {
        let open = outbox::tally(&self.county.node.app.db).await?.open();
        let timers = self.county.node.engine.next_wake().await?;
        let waiting = self.county.node.network.as_ref().and_then(|network| network.next_at());
        Ok(open == 0 && timers.is_none() && waiting.is_none())
    }

    async fn next_at(&self) -> Result<Timestamp, DemoError> {
        let node = &self.county.node;
        let network = node.network.as_ref().and_then(|network| network.next_at());
        let times = [
            node.engine.next_wake().await?,
            self.worker_at,
            network,
            self.county.world.lock().next_at(),
            self.county.script.next_at(),
        ];
        Ok(times.into_iter().flatten().min().unwrap_or(Timestamp::MAX))
    }
}
