//! Nodes: their lives, their turns, and what cuts these short.

use std::sync::Arc;
use std::time::Duration;

use certus_dispatcher::config::Config;
use certus_dispatcher::engine::Wake;
use certus_dispatcher::gateways::Gateways;
use certus_dispatcher::node::{Node, Plan};
use certus_dispatcher::positions::{LastPosition, Point};
use certus_registry::time::ManualClock;
use certus_registry::{Clock as _, Timestamp, VolunteerId};
use certus_sms_bridge::outbox;
use futures::future::{BoxFuture, Either, select};
use rand::RngExt as _;
use tokio::sync::broadcast;

use super::super::life::{Deed, Gate, Life, Stopped};
use super::super::model::{Model, Violation};
use super::super::story::policies;
use super::{Driver, Happening, sealing};

/// A node that runs.
pub(super) struct Running {
    pub(super) node: Node,
    life: Arc<Life>,
    pub(super) clock: ManualClock,
    moves: broadcast::Receiver<LastPosition>,
    pub(super) worker_at: Option<Timestamp>,
    /// When the engine looks around again after it could not.
    pub(super) engine_at: Option<Timestamp>,
}

impl Driver {
    /// One turn of a node; it may be cut short.
    pub(super) async fn turn(&mut self, index: usize) -> anyhow::Result<bool> {
        let Some(running) = self.nodes[index].take() else { return Ok(false) };
        let Some(busy) = self.live(index, running, |running| Box::pin(work(running))).await? else {
            return Ok(true); // killed
        };
        // The engine finds these at its next poll, a second later; nothing else would bring time forward.
        Ok(busy? || !outbox::unreported(&self.db, 1).await?.is_empty())
    }

    /// Lets a node do something: to the end, or until it is killed (`None`); however often it is suspended in between.
    async fn live<T>(
        &mut self,
        index: usize,
        mut running: Running,
        work: impl for<'a> FnOnce(&'a mut Running) -> BoxFuture<'a, anyhow::Result<T>>,
    ) -> anyhow::Result<Option<anyhow::Result<T>>> {
        self.tempt(&running.life);
        let (life, clock) = (Arc::clone(&running.life), running.clock.clone());
        let mut work = work(&mut running);
        let done = loop {
            match select(work.as_mut(), std::pin::pin!(life.until_stopped())).await {
                Either::Left((done, _)) => break done,
                Either::Right((Stopped::Killed, _)) => {
                    drop(work);
                    drop(running);
                    self.die(index);
                    return Ok(None);
                }
                Either::Right((Stopped::Suspended, _)) => {
                    self.sleep(index).await?;
                    clock.set(self.clock_of(index));
                    life.resume();
                }
            }
        };
        drop(work);
        self.came_back(index, running);
        Ok(Some(done))
    }

    /// Puts a node back after its work: the deeds go into the trace, what was slow into the time.
    pub(super) fn came_back(&mut self, index: usize, running: Running) {
        for deed in running.life.done() {
            self.trace.line(self.now, || format!("node {index}: {deed:?}"));
            self.set_now(self.now + deed.took());
        }
        running.life.forget();
        running.clock.set(self.clock_of(index));
        self.nodes[index] = Some(running);
    }

    pub(super) fn die(&mut self, index: usize) {
        self.trace.line(self.now, || format!("node {index}: killed"));
        let asleep = self.story.trouble.asleep;
        let down = self.random.with(|rng| {
            let most = if rng.random_range(0.0..1.0) < asleep { 2_400_000 } else { 20_000 };
            Duration::from_millis(rng.random_range(0..most))
        });
        self.plan(self.now + down, Happening::Start(index));
    }

    /// The others go on while this node is suspended in the middle of its work.
    pub(super) async fn sleep(&mut self, index: usize) -> anyhow::Result<()> {
        let until = self.now + self.random.with(|rng| Duration::from_millis(rng.random_range(1..45_000)));
        self.trace.line(self.now, || format!("node {index}: suspended until {until}"));
        self.suspended = true;
        while self.now < until {
            self.instant().await?;
            self.pass_time(until).await?;
        }
        self.suspended = false;
        self.trace.line(self.now, || format!("node {index}: goes on"));
        Ok(())
    }

    /// Plans a deed for this turn, now and then.
    pub(super) fn tempt(&mut self, life: &Life) {
        if self.calm {
            return;
        }
        if std::mem::take(&mut self.surprise) && !self.suspended {
            return life.plan(0, Deed::Suspend);
        }
        let trouble = &self.story.trouble;
        self.random.with(|rng| {
            let suspend = if self.suspended { 0.0 } else { trouble.suspend };
            let slow = Duration::from_millis(rng.random_range(1..4_000));
            let deeds = [
                (trouble.kill, Deed::Kill),
                (suspend, Deed::Suspend),
                (trouble.refuse, Deed::Refuse),
                (trouble.unanswered, Deed::Unanswered),
                (trouble.slow, Deed::Slow(slow)),
                (trouble.refuse_read, Deed::RefuseRead),
            ];
            for (probability, deed) in deeds {
                if rng.random_range(0.0..1.0) < probability {
                    life.plan(rng.random_range(0..8), deed);
                }
            }
        });
    }

    pub(super) async fn start(&mut self, index: usize) -> anyhow::Result<()> {
        let clock = ManualClock::at(self.clock_of(index));
        let life = Life::new(clock.clone());
        // Each knows the keys that it has read by itself.
        let db = sealing::opened(self.db.clone(), self.key.as_ref(), &self.random).await?;
        let node = Node::build(Plan {
            config: Config::default(),
            policies: policies(),
            db: db.probed(Arc::new(Gate(Arc::clone(&life)))),
            clock: Arc::new(clock.clone()),
            random: self.random.fork(),
            gateways: Gateways::only(self.air.routes(&life)),
        })
        .await?;
        let moves = node.app.positions.live().moves();
        self.trace.line(self.now, || format!("node {index}: starts"));
        self.nodes[index] = Some(Running { node, life, clock, moves, worker_at: None, engine_at: None });
        Ok(())
    }

    /// Any node that runs.
    pub(super) fn some_node(&self) -> Option<usize> {
        let up: Vec<usize> = (0..self.nodes.len()).filter(|index| self.nodes[*index].is_some()).collect();
        (!up.is_empty()).then(|| up[self.random.with(|rng| rng.random_range(0..up.len()))])
    }

    /// A phone reports a position to any node that runs.
    pub(super) fn ping(&mut self, who: VolunteerId, point: Point) {
        if let Some(running) = self.some_node().and_then(|index| self.nodes[index].as_ref()) {
            running.node.app.positions.report(who, [point]);
            self.model.pinged(who);
        }
    }

    /// Does something on a node as a request would; `None` when nobody could or the answer got lost.
    pub(super) async fn request<T>(
        &mut self,
        work: impl for<'a> FnOnce(&'a mut Running) -> BoxFuture<'a, anyhow::Result<T>>,
    ) -> anyhow::Result<Option<T>> {
        let Some(index) = self.some_node() else { return Ok(None) };
        let Some(running) = self.nodes[index].take() else { return Ok(None) };
        match self.live(index, running, work).await? {
            None => Ok(None),
            Some(Ok(answer)) => Ok(Some(answer)),
            Some(Err(error)) => {
                self.trace.line(self.now, || format!("node {index}: {error:#}"));
                Model::failed(&format!("{error:#}"))?;
                Ok(None)
            }
        }
    }
}

/// What a node does by itself at one instant. True when there was something to do. An error of the database is what the
/// running loops log and try again.
async fn work(running: &mut Running) -> anyhow::Result<bool> {
    let Running { node, moves, worker_at, engine_at, clock, .. } = running;
    let poll = || Some(clock.now() + Duration::from_secs(1));
    let mut busy = false;
    while let Ok(last) = moves.try_recv() {
        tolerate(node.engine.on(Wake::Moved(last)).await)?;
    }
    let settled = tolerate(node.engine.settle_due().await)?;
    *engine_at = if settled.is_none() { poll() } else { None };
    busy |= settled.unwrap_or(false);
    if let Some(step) = tolerate(node.worker.step(clock.now()).await)? {
        busy |= step.sent > 0 || step.next_at.is_some_and(|at| at <= clock.now());
        *worker_at = step.next_at;
    } else {
        // Tried again at the next poll.
        *worker_at = poll();
    }
    tolerate(node.app.positions.writer().step().await)?;
    Ok(busy)
}

/// The database's failures are part of the story; anything else is not.
fn tolerate<T, E: std::error::Error + Send + Sync + 'static>(
    result: Result<T, E>,
) -> anyhow::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if is_database(&error) => Ok(None),
        Err(error) => Err(Violation::new("error", format!("no error but the database's: {error}")).into()),
    }
}

fn is_database(error: &(dyn std::error::Error + 'static)) -> bool {
    let text = error.to_string();
    text.contains("pool timed out")
        || text.contains("closed pool")
        || text.contains("connection reset")
        || text.contains("the incident changed")
}
