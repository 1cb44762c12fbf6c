//! Drives one seed: nodes, people and air in virtual time, in one order, until everything has come to rest.

mod board;
mod minute;
mod nodes;
mod requests;
mod sealing;

use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use certus_dispatcher::incident::Event;
use certus_registry::{County, Database, Phone, Random, Remit, Season, Timestamp, store};
use certus_sms_bridge::push::devices::{self, Device, DeviceKind};
use certus_sms_bridge::receipt::Receipt;
use certus_sms_bridge::{MessageId, inbox};
use futures::future::BoxFuture;
use tempfile::TempDir;

use super::air::{Air, Coming};
use super::crowd::{Act, Agenda, Words};
use super::log;
use super::model::{Model, Violation};
use super::story::{SCRIPT_MAX, START, Story, policies};
use super::trace::Trace;
use crate::tables;
use nodes::Running;

/// Everything must have come to rest this long after the script: after-care waits a day for phones.
const REST_MAX: Duration = Duration::from_hours(80);
/// Turns of a node at one instant; more is a node that never comes to rest.
const TURNS_MAX: u32 = 200;

/// Something that is to happen.
enum Happening {
    Raise(usize),
    /// Somebody begins the channel test.
    Test,
    Operate(usize, Event),
    Text {
        id: MessageId,
        to: Phone,
        body: String,
    },
    Receipt(Receipt),
    Act(Act),
    /// A reply that its provider could not hand over yet.
    Reply {
        words: Words,
        provider_id: String,
    },
    /// The board adds a kind to the catalogue, and what there is of it.
    AddKind,
    /// The board retires it, and somebody wants to take in one more.
    RetireKind,
    /// Personal data goes under another key.
    Rotate,
    /// Once a minute: outages, jumps of clocks, changes of the registry, positions.
    Minute,
    /// A dead node starts again.
    Start(usize),
}

/// One seed on its way.
pub(super) struct Driver {
    story: Story,
    /// Without a probe: for the world and the model.
    db: Database,
    /// Where the key file is, if personal data is sealed.
    key: Option<TempDir>,
    nodes: Vec<Option<Running>>,
    skews: Vec<i64>,
    air: Arc<Air>,
    random: Random,
    now: Timestamp,
    end: Timestamp,
    agenda: Agenda<Happening>,
    planned: u64,
    tags: u64,
    replies: u64,
    calm: bool,
    /// A node is suspended: nobody else may be.
    suspended: bool,
    /// The next node that takes a turn is suspended before its first write.
    surprise: bool,
    pub(super) model: Model,
    pub(super) trace: Trace,
    pub(super) steps: u64,
}

impl Driver {
    /// Sets the stage; virtual time ends at `minutes` after the start at the latest, if given.
    pub(super) async fn new(seed: u64, minutes: Option<u64>, trace: Trace) -> anyhow::Result<Self> {
        let story = Story::of(seed);
        let db = Database::open("sqlite::memory:").await?;
        tables::make(&db).await?;
        let key = story.rotation.map(|_| sealing::new_key(&story.random)).transpose()?;
        let db = sealing::opened(db, key.as_ref(), &story.random).await?;
        let mut tx = db.begin().await?;
        store::organisation::put(&mut tx, Remit::All, START, &story.group).await?;
        store::volunteer::put_many(&mut tx, Remit::All, START, &story.people).await?;
        store::resource::put_many(&mut tx, Remit::All, START, &story.things).await?;
        store::season::switch(&mut tx, START, County::DEFAULT, Season::Snow, story.snow).await?;
        for phone in &story.devices {
            let device = Device { kind: DeviceKind::Fcm, address: format!("device of {}", phone.as_str()) };
            devices::add(&mut tx, START, phone, &device).await?;
        }
        tx.commit().await?;
        let random = story.random.clone();
        let air = Air::new(random.fork(), START, story.weather.clone());
        let model = Model::new(&story, policies());
        let end = START + minutes.map_or(SCRIPT_MAX + REST_MAX, Duration::from_mins);
        let mut driver = Self {
            nodes: (0..story.nodes).map(|_| None).collect(),
            skews: vec![0; story.nodes],
            db,
            key,
            air,
            random,
            now: START,
            end,
            agenda: Agenda::new(),
            planned: 0,
            tags: 0,
            replies: 0,
            calm: false,
            suspended: false,
            surprise: false,
            model,
            trace,
            steps: 0,
            story,
        };
        for (number, case) in driver.story.cases.clone().into_iter().enumerate() {
            driver.plan(case.at, Happening::Raise(number));
            for (at, event) in case.turns {
                driver.plan(at, Happening::Operate(number, event));
            }
        }
        if let Some((at, _)) = driver.story.test {
            driver.plan(at, Happening::Test);
        }
        if let Some(at) = driver.story.kind.added {
            driver.plan(at, Happening::AddKind);
            if let Some(at) = driver.story.kind.retired {
                driver.plan(at, Happening::RetireKind);
            }
        }
        if let Some(at) = driver.story.rotation {
            driver.plan(at, Happening::Rotate);
        }
        driver.plan(START, Happening::Minute);
        for index in 0..driver.nodes.len() {
            driver.start(index).await?;
        }
        Ok(driver)
    }

    /// Runs until rest.
    pub(super) async fn run(&mut self) -> anyhow::Result<()> {
        while self.now < self.end {
            self.instant().await?;
            if !self.calm && self.now > START + SCRIPT_MAX {
                self.calm_down();
            }
            if self.calm && self.is_at_rest().await? {
                self.purge().await?;
                return self.model.at_rest(&self.db).await;
            }
            self.pass_time(self.end).await?;
        }
        if self.end < START + SCRIPT_MAX {
            Ok(())
        } else {
            bail!(Violation::new("rest", "everything comes to rest".into()))
        }
    }

    /// Lets everything happen that is due now.
    fn instant(&mut self) -> BoxFuture<'_, anyhow::Result<()>> {
        Box::pin(async move {
            while let Some(happening) = self.due() {
                self.happen(happening).await?;
                self.breathe().await?;
            }
            for _ in 0..TURNS_MAX {
                let mut busy = false;
                for index in 0..self.nodes.len() {
                    busy |= self.turn(index).await?;
                    self.breathe().await?;
                }
                if !busy {
                    return Ok(());
                }
            }
            bail!(Violation::new("busy", format!("a node is done after {TURNS_MAX} turns")));
        })
    }

    /// After every step: what came out of the air, what the model says, what the log says.
    async fn breathe(&mut self) -> anyhow::Result<()> {
        self.steps += 1;
        for (at, coming) in self.air.coming() {
            let happening = match coming {
                Coming::Text { id, to, body } => Happening::Text { id, to, body },
                Coming::Receipt(receipt) => Happening::Receipt(receipt),
            };
            self.plan(at, happening);
        }
        self.model.check(&self.db, self.now, &mut self.trace).await?;
        for attempt in self.air.attempts() {
            self.trace.line(self.now, || {
                format!(
                    "sent {} to {} taken={}: {}",
                    attempt.id,
                    attempt.to.as_str(),
                    attempt.taken,
                    attempt.body
                )
            });
            self.model.attempted(&self.db, self.now, &attempt).await?;
        }
        for line in log::said() {
            self.trace.line(self.now, || format!("log {line}"));
            Model::heard(&line)?;
        }
        Ok(())
    }

    async fn happen(&mut self, happening: Happening) -> anyhow::Result<()> {
        match happening {
            Happening::Raise(number) => self.raise(number).await,
            Happening::Test => self.test_channels().await,
            Happening::Operate(number, event) => self.operate(number, event).await,
            Happening::Text { id, to, body } => {
                self.read(id, &to, &body);
                Ok(())
            }
            Happening::Receipt(receipt) => self.receipt(receipt).await,
            Happening::Act(act) => self.act(act).await,
            Happening::Reply { words, provider_id } => self.reply(words, provider_id).await,
            Happening::AddKind => self.add_kind().await,
            Happening::RetireKind => self.retire_kind().await,
            Happening::Rotate => self.rotate().await,
            Happening::Minute => self.minute().await,
            Happening::Start(index) => self.start(index).await,
        }
    }

    /// The end of all trouble: what was accepted must now come to its end.
    fn calm_down(&mut self) {
        self.calm = true;
        self.air.calm_down();
        self.skews.fill(0);
        self.set_now(self.now);
        self.trace.line(self.now, || "calm".to_owned());
    }

    async fn is_at_rest(&self) -> anyhow::Result<bool> {
        if !self.agenda.is_empty() {
            return Ok(false);
        }
        let mut times = Vec::new();
        for running in self.nodes.iter().flatten() {
            times.extend([running.node.engine.next_wake().await?, running.worker_at, running.engine_at]);
        }
        Ok(times.into_iter().flatten().next().is_none() && inbox::unhandled(&self.db, 1).await?.is_empty())
    }

    /// When something happens next. Nodes look around once a second; they find nothing before this.
    async fn next_at(&self) -> anyhow::Result<Timestamp> {
        let mut times = vec![self.agenda.first_key_value().map(|((at, _), _)| *at)];
        for (index, running) in self.nodes.iter().enumerate() {
            let Some(running) = running else { continue };
            let own = [running.node.engine.next_wake().await?, running.worker_at, running.engine_at];
            // By the node's clock; what is overdue there is tried again at the next poll.
            let poll = self.now + Duration::from_secs(1);
            let theirs = |at: Timestamp| Timestamp::from_millis(at.as_millis() - self.skews[index]);
            times.extend(own.map(|at| at.map(theirs).map(|at| if at <= self.now { poll } else { at })));
        }
        Ok(times.into_iter().flatten().min().unwrap_or(Timestamp::MAX).min(self.end))
    }

    /// Goes to when something happens next, at most to `until`.
    async fn pass_time(&mut self, until: Timestamp) -> anyhow::Result<()> {
        let next = self.next_at().await?.min(until);
        self.set_now(next.max(self.now + Duration::from_millis(1)));
        Ok(())
    }

    fn set_now(&mut self, now: Timestamp) {
        self.now = now;
        self.air.set_now(now);
        for index in 0..self.nodes.len() {
            let clock = self.clock_of(index);
            if let Some(running) = &self.nodes[index] {
                running.clock.set(clock);
            }
        }
    }

    fn clock_of(&self, index: usize) -> Timestamp {
        Timestamp::from_millis(self.now.as_millis() + self.skews[index])
    }

    fn plan(&mut self, at: Timestamp, happening: Happening) {
        self.planned += 1;
        self.agenda.insert((at.max(self.now), self.planned), happening);
    }

    fn due(&mut self) -> Option<Happening> {
        let due = self.agenda.first_key_value().is_some_and(|((at, _), _)| *at <= self.now);
        if due { self.agenda.pop_first().map(|(_, happening)| happening) } else { None }
    }
}
