//! Drives one seed: nodes, people and air in virtual time, in one order, until everything has come to rest.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use certus_dispatcher::config::Config;
use certus_dispatcher::engine::{Keyed, Wake, Within, store as incidents};
use certus_dispatcher::gateways::Gateways;
use certus_dispatcher::idempotency;
use certus_dispatcher::incident::{Answer, Channel, Event, IncidentId, Raised, Report};
use certus_dispatcher::node::{self, Node, Plan};
use certus_dispatcher::policies::Policies;
use certus_dispatcher::positions::{LastPosition, Point};
use certus_registry::store;
use certus_registry::time::ManualClock;
use certus_registry::volunteer::{Duty, Vetting};
use certus_registry::{Clock as _, Database, Phone, Random, SecretHash, Timestamp, Volunteer};
use certus_sms_bridge::inbox::{self, NewInbound};
use certus_sms_bridge::receipt::{self, Receipt};
use futures::future::{BoxFuture, Either, select};
use rand::RngExt as _;
use tokio::sync::broadcast;

use super::air::{Air, Coming};
use super::crowd::{self, Act, Agenda, Button};
use super::life::{Deed, Gate, Life, Stopped};
use super::log;
use super::model::{Model, Violation};
use super::story::{SCRIPT_MAX, START, Story};
use super::trace::Trace;

/// Everything must have come to rest this long after the script: after-care waits a day for phones.
const REST_MAX: Duration = Duration::from_hours(80);
/// Turns of a node at one instant; more is a node that never comes to rest.
const TURNS_MAX: u32 = 200;

/// Something that is to happen.
enum Happening {
    Raise(usize),
    Operate(usize, Event),
    Text {
        to: Phone,
        body: String,
    },
    Receipt(Receipt),
    Act(Act),
    /// A reply that its provider could not hand over yet.
    Reply {
        from: Phone,
        body: String,
        provider_id: String,
    },
    /// Once a minute: outages, jumps of clocks, changes of the registry, positions.
    Minute,
    /// A dead node starts again.
    Start(usize),
}

struct Running {
    node: Node,
    life: Arc<Life>,
    clock: ManualClock,
    moves: broadcast::Receiver<LastPosition>,
    worker_at: Option<Timestamp>,
}

/// One seed on its way.
pub(super) struct Driver {
    story: Story,
    /// Without a probe: for the world and the model.
    db: Database,
    nodes: Vec<Option<Running>>,
    skews: Vec<i64>,
    air: Arc<Air>,
    policies: Policies,
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
    pub(super) model: Model,
    pub(super) trace: Trace,
    pub(super) steps: u64,
}

impl Driver {
    /// Sets the stage; virtual time ends at `minutes` after the start at the latest, if given.
    pub(super) async fn new(seed: u64, minutes: Option<u64>, trace: Trace) -> anyhow::Result<Self> {
        let story = Story::of(seed);
        let db = Database::open("sqlite::memory:").await?;
        node::migrate(&db).await?;
        let mut tx = db.begin().await?;
        store::volunteer::put_many(&mut tx, START, &story.people).await?;
        tx.commit().await?;
        let random = story.random.clone();
        let air = Air::new(random.fork(), START, story.weather.clone());
        let model = Model::new(&story.people, Policies::embedded());
        let end = START + minutes.map_or(SCRIPT_MAX + REST_MAX, |minutes| Duration::from_mins(minutes));
        let mut driver = Self {
            nodes: (0..story.nodes).map(|_| None).collect(),
            skews: vec![0; story.nodes],
            db,
            air,
            policies: Policies::embedded(),
            random,
            now: START,
            end,
            agenda: Agenda::new(),
            planned: 0,
            tags: 0,
            replies: 0,
            calm: false,
            suspended: false,
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
                self.calm_down().await?;
            }
            if self.calm && self.is_at_rest().await? {
                return self.model.at_rest(&self.db).await;
            }
            let next = self.next_at().await?;
            self.set_now(next.max(self.now + Duration::from_millis(1)));
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
                Coming::Text { to, body } => Happening::Text { to, body },
                Coming::Receipt(receipt) => Happening::Receipt(receipt),
            };
            self.plan(at, happening);
        }
        self.model.check(&self.db, self.now, &mut self.trace).await?;
        for attempt in self.air.attempts() {
            self.trace.line(self.now, || {
                format!("sent {} to {} taken={}: {}", attempt.id, attempt.to.as_str(), attempt.taken, attempt.body)
            });
            self.model.attempted(self.now, &attempt)?;
        }
        for line in log::said() {
            self.trace.line(self.now, || format!("log {line}"));
            self.model.heard(&line)?;
        }
        Ok(())
    }

    /// One turn of a node; it may be cut short.
    async fn turn(&mut self, index: usize) -> anyhow::Result<bool> {
        let Some(mut running) = self.nodes[index].take() else { return Ok(false) };
        self.tempt(&running.life);
        let life = Arc::clone(&running.life);
        let clock = running.clock.clone();
        let busy;
        let mut work = Box::pin(work(&mut running));
        loop {
            let stopped = match select(work.as_mut(), std::pin::pin!(life.until_stopped())).await {
                Either::Left((done, _)) => {
                    busy = done?;
                    break;
                }
                Either::Right((stopped, _)) => stopped,
            };
            match stopped {
                Stopped::Killed => {
                    drop(work);
                    drop(running);
                    self.die(index);
                    return Ok(true);
                }
                Stopped::Suspended => {
                    self.sleep(index).await?;
                    clock.set(self.clock_of(index));
                    life.resume();
                }
            }
        }
        drop(work);
        self.came_back(index, running);
        Ok(busy)
    }

    /// Puts a node back after its work: the deeds go into the trace, slow databases into the time.
    fn came_back(&mut self, index: usize, running: Running) {
        for deed in running.life.done() {
            self.trace.line(self.now, || format!("node {index}: {deed:?}"));
            if let Deed::Slow(span) = deed {
                self.set_now(self.now + span);
            }
        }
        running.life.forget();
        running.clock.set(self.clock_of(index));
        self.nodes[index] = Some(running);
    }

    fn die(&mut self, index: usize) {
        self.trace.line(self.now, || format!("node {index}: killed"));
        let down = self.random.with(|rng| Duration::from_millis(rng.random_range(0..20_000)));
        self.plan(self.now + down, Happening::Start(index));
    }

    /// The others go on while this node is suspended in the middle of its work.
    async fn sleep(&mut self, index: usize) -> anyhow::Result<()> {
        let until = self.now + self.random.with(|rng| Duration::from_millis(rng.random_range(1..45_000)));
        self.trace.line(self.now, || format!("node {index}: suspended until {until}"));
        self.suspended = true;
        while self.now < until {
            self.instant().await?;
            let next = self.next_at().await?.min(until);
            self.set_now(next.max(self.now + Duration::from_millis(1)));
        }
        self.suspended = false;
        self.trace.line(self.now, || format!("node {index}: goes on"));
        Ok(())
    }

    /// Plans a deed for this turn, now and then.
    fn tempt(&self, life: &Life) {
        if self.calm {
            return;
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
            ];
            for (probability, deed) in deeds {
                if rng.random_range(0.0..1.0) < probability {
                    life.plan(rng.random_range(0..8), deed);
                }
            }
        });
    }

    async fn start(&mut self, index: usize) -> anyhow::Result<()> {
        let clock = ManualClock::at(self.clock_of(index));
        let life = Life::new(clock.clone());
        let node = Node::build(Plan {
            config: Config::default(),
            policies: Policies::embedded(),
            db: self.db.probed(Arc::new(Gate(Arc::clone(&life)))),
            clock: Arc::new(clock.clone()),
            random: self.random.fork(),
            gateways: Gateways { carriers: self.air.gateways(&life), network: None },
        })
        .await?;
        let moves = node.app.positions.live().moves();
        self.trace.line(self.now, || format!("node {index}: starts"));
        self.nodes[index] = Some(Running { node, life, clock, moves, worker_at: None });
        Ok(())
    }

    async fn happen(&mut self, happening: Happening) -> anyhow::Result<()> {
        match happening {
            Happening::Raise(number) => self.raise(number).await,
            Happening::Operate(number, event) => self.operate(number, event).await,
            Happening::Text { to, body } => {
                self.read(&to, &body);
                Ok(())
            }
            Happening::Receipt(receipt) => self.receipt(receipt).await,
            Happening::Act(act) => self.act(act).await,
            Happening::Reply { from, body, provider_id } => self.reply(from, body, provider_id).await,
            Happening::Minute => self.minute().await,
            Happening::Start(index) => self.start(index).await,
        }
    }

    /// Any node that runs.
    fn some_node(&self) -> Option<usize> {
        let up: Vec<usize> = (0..self.nodes.len()).filter(|index| self.nodes[*index].is_some()).collect();
        (!up.is_empty()).then(|| up[self.random.with(|rng| rng.random_range(0..up.len()))])
    }

    /// Plans something again that found nobody to take it.
    fn later(&mut self, happening: Happening) {
        let wait = self.random.with(|rng| Duration::from_millis(rng.random_range(500..8_000)));
        self.plan(self.now + wait, happening);
    }

    /// Does something on a node as a request would; `None` when nobody could or the answer got lost.
    async fn request<T>(
        &mut self,
        work: impl for<'a> FnOnce(&'a mut Running) -> BoxFuture<'a, anyhow::Result<T>>,
    ) -> anyhow::Result<Option<T>> {
        let Some(index) = self.some_node() else { return Ok(None) };
        let Some(mut running) = self.nodes[index].take() else { return Ok(None) };
        self.tempt(&running.life);
        let (life, clock) = (Arc::clone(&running.life), running.clock.clone());
        let mut request = work(&mut running);
        let answer = loop {
            match select(request.as_mut(), std::pin::pin!(life.until_stopped())).await {
                Either::Left((answer, _)) => break answer,
                Either::Right((Stopped::Killed, _)) => {
                    drop(request);
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
        drop(request);
        self.came_back(index, running);
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                self.trace.line(self.now, || format!("node {index}: {error:#}"));
                self.model.failed(&format!("{error:#}"))?;
                Ok(None)
            }
        }
    }

    /// The operator's system raises an incident, under a key, until it has an answer.
    async fn raise(&mut self, number: usize) -> anyhow::Result<()> {
        let case = self.story.cases[number].clone();
        let policy = self.policies.of(case.event_type).clone();
        let key = format!("case-{number}");
        let answer = self
            .request(move |running| {
                Box::pin(async move {
                    let app = &running.node.app;
                    if let Some(kept) = idempotency::find(&app.db, "sos", &key).await? {
                        return Ok(kept.body.parse()?);
                    }
                    let raised = Raised {
                        id: IncidentId::new(app.clock.now(), &app.random),
                        event_type: case.event_type,
                        place: case.place,
                        ambulance_eta: case.ambulance_eta,
                        external_id: Some(key.clone()),
                        policy,
                    };
                    let entry = idempotency::Entry { owner: "sos".into(), key, fingerprint: "f".into() };
                    let render =
                        Arc::new(|incident: &certus_dispatcher::incident::Incident| incident.id.to_string());
                    let within = [Within::Keyed(Keyed { entry, status: 201, render })];
                    Ok::<IncidentId, anyhow::Error>(running.node.engine.raise(raised, &within).await?.id)
                })
            })
            .await?;
        match answer {
            Some(id) => {
                self.trace.line(self.now, || format!("case {number} raised as {id}"));
                self.model.raised(self.now, number, id);
            }
            None => self.later(Happening::Raise(number)),
        }
        Ok(())
    }

    async fn operate(&mut self, number: usize, event: Event) -> anyhow::Result<()> {
        let Some(id) = self.model.incident(number) else {
            self.later(Happening::Operate(number, event));
            return Ok(());
        };
        let sent = event.clone();
        let answer = self
            .request(move |running| {
                Box::pin(async move {
                    let result = running.node.engine.apply(id, sent, &[]).await;
                    forgiving(result.map(drop))
                })
            })
            .await?;
        self.trace
            .line(self.now, || format!("operator in case {number}: {event:?} answered={}", answer.is_some()));
        match answer {
            Some(()) => self.model.operated(number, &event),
            // A second "two more people" would be two too many, but that is the operator's; the others may be repeated.
            None if !matches!(event, Event::Escalated { .. } | Event::OperatorMessaged { .. }) => {
                self.later(Happening::Operate(number, event));
            }
            None => {}
        }
        Ok(())
    }

    fn read(&mut self, to: &Phone, body: &str) {
        self.trace.line(self.now, || format!("phone {} shows: {body}", to.as_str()));
        let Some(person) = self.story.people.iter().find(|person| person.phone == *to).cloned() else {
            return;
        };
        let oddity = if self.calm { 0.0 } else { self.story.trouble.people };
        let mut tags = self.tags;
        let mut tag = || {
            tags += 1;
            crowd::tag(tags)
        };
        let acts = self.random.with(|rng| crowd::reaction(rng, &person, body, oddity, &mut tag));
        self.tags = tags;
        for (after, act) in acts {
            self.plan(self.now + after, Happening::Act(act));
        }
    }

    async fn act(&mut self, act: Act) -> anyhow::Result<()> {
        match act {
            Act::Write { from, body } => {
                self.replies += 1;
                let provider_id = format!("in-{}", self.replies);
                if !self.calm && self.random.with(|rng| rng.random_bool(0.1)) {
                    // The provider tells it twice.
                    let (from, body, provider_id) = (from.clone(), body.clone(), provider_id.clone());
                    self.later(Happening::Reply { from, body, provider_id });
                }
                self.reply(from, body, provider_id).await
            }
            Act::Press { secret, button } => self.press(secret, button).await,
            Act::Ping { who, at } => {
                let point = Point { lat: at.lat(), lon: at.lon(), accuracy: Some(10.0), fixed_at: self.now };
                if let Some(running) = self.some_node().and_then(|index| self.nodes[index].as_ref()) {
                    running.node.app.positions.report(who, [point]);
                    self.model.pinged(who);
                }
                Ok(())
            }
        }
    }

    async fn reply(&mut self, from: Phone, body: String, provider_id: String) -> anyhow::Result<()> {
        self.trace.line(self.now, || format!("{} writes {provider_id}: {body}", from.as_str()));
        // Whether we were told or not: from here on the person has said it.
        self.model.said(self.now, &from, &body);
        let at = self.now;
        let new = NewInbound {
            gateway: "gateway-0".into(),
            provider_id: provider_id.clone(),
            from: from.clone(),
            body: body.clone(),
            received_at: at,
        };
        let taken = self
            .request(move |running| {
                Box::pin(async move { Ok(inbox::receive(&running.node.app.db, &new).await?) })
            })
            .await?;
        match taken {
            Some(_) => self.model.handed_over(&provider_id),
            None => self.later(Happening::Reply { from, body, provider_id }),
        }
        Ok(())
    }

    async fn receipt(&mut self, receipt: Receipt) -> anyhow::Result<()> {
        let (told, at) = (receipt.clone(), self.now);
        let taken = self
            .request(move |running| {
                Box::pin(async move { Ok(receipt::record(&running.node.app.db, at, &told).await?) })
            })
            .await?;
        self.trace.line(self.now, || format!("receipt {receipt:?}: {taken:?}"));
        if taken.is_none() {
            self.later(Happening::Receipt(receipt));
        }
        Ok(())
    }

    async fn press(&mut self, secret: String, button: Button) -> anyhow::Result<()> {
        let Some(callout) = incidents::by_secret(&self.db, &SecretHash::of_dated(&secret)).await? else {
            bail!(Violation::new("link", format!("the link {secret} opens")));
        };
        self.trace.line(self.now, || format!("page {secret}: {button:?}"));
        self.model.pressed(self.now, callout.responder, button);
        let answer = || Answer { channel: Channel::Page, minutes: None, note: None };
        let report = match button {
            Button::Seen => Report::Seen,
            Button::Yes => Report::Accepted { answer: answer(), from: None },
            Button::No => Report::Declined { answer: answer() },
            Button::OnScene => Report::Arrived,
            Button::Done => Report::Done,
        };
        let event = Event::Responder { responder: callout.responder, report };
        let done = self
            .request(move |running| {
                Box::pin(async move {
                    forgiving(running.node.engine.apply(callout.incident, event, &[]).await.map(drop))
                })
            })
            .await?;
        if done.is_none() {
            self.later(Happening::Act(Act::Press { secret, button }));
        }
        Ok(())
    }

    async fn minute(&mut self) -> anyhow::Result<()> {
        if self.calm {
            return Ok(());
        }
        let trouble = self.story.trouble.clone();
        let random = self.random.clone();
        let draw = |probability: f64| random.with(|rng| rng.random_range(0.0..1.0)) < probability;
        if draw(trouble.outage) {
            let gateway = random.with(|rng| rng.random_range(0..2));
            let down = self.air.toggle(gateway);
            self.trace.line(self.now, || format!("gateway {gateway}: down={down}"));
        }
        if draw(trouble.jump) {
            let node = random.with(|rng| rng.random_range(0..self.nodes.len()));
            self.skews[node] = random.with(|rng| rng.random_range(-30_000..30_000));
            self.trace.line(self.now, || format!("node {node}: clock is off by {} ms", self.skews[node]));
        }
        if draw(trouble.registry) {
            self.change_somebody().await?;
        }
        if draw(trouble.positions / 2.0) {
            let (person, at, age) = random.with(|rng| {
                let person = rng.random_range(0..self.story.people.len());
                (person, super::story::near(rng, 0.3), rng.random_range(0..9_000))
            });
            let who = self.story.people[person].id;
            let point = Point {
                lat: at.lat(),
                lon: at.lon(),
                accuracy: None,
                fixed_at: self.now - Duration::from_secs(age),
            };
            if let Some(running) = self.some_node().and_then(|index| self.nodes[index].as_ref()) {
                running.node.app.positions.report(who, [point]);
                self.model.pinged(who);
            }
        }
        self.plan(self.now + Duration::from_mins(1), Happening::Minute);
        Ok(())
    }

    /// The county board changes something about somebody.
    async fn change_somebody(&mut self) -> anyhow::Result<()> {
        let index = self.random.with(|rng| rng.random_range(0..self.story.people.len()));
        let id = self.story.people[index].id;
        let mut person: Volunteer =
            store::volunteer::get(&self.db, id).await?.context("nobody leaves the registry")?;
        self.random.with(|rng| match rng.random_range(0..4) {
            0 => person.vetting = Vetting::Suspended,
            1 => {
                person.vetting = Vetting::Approved {
                    until: START
                        .in_zone(&jiff::tz::TimeZone::UTC)
                        .date()
                        .saturating_add(jiff::Span::new().days(30)),
                }
            }
            2 => person.duty = Duty::Off,
            _ => person.duty = Duty::On,
        });
        let mut tx = self.db.begin().await?;
        store::volunteer::put_many(&mut tx, self.now, std::slice::from_ref(&person)).await?;
        tx.commit().await?;
        self.trace.line(self.now, || {
            format!("registry: {} is {:?} {:?}", person.phone.as_str(), person.vetting, person.duty)
        });
        Ok(())
    }

    /// The end of all trouble: what was accepted must now come to its end.
    async fn calm_down(&mut self) -> anyhow::Result<()> {
        self.calm = true;
        self.air.calm_down();
        self.skews.fill(0);
        self.set_now(self.now);
        self.trace.line(self.now, || "calm".to_owned());
        Ok(())
    }

    async fn is_at_rest(&self) -> anyhow::Result<bool> {
        if !self.agenda.is_empty() {
            return Ok(false);
        }
        let mut times = Vec::new();
        for running in self.nodes.iter().flatten() {
            times.extend([running.node.engine.next_wake().await?, running.worker_at]);
        }
        Ok(times.into_iter().flatten().next().is_none() && inbox::unhandled(&self.db, 1).await?.is_empty())
    }

    /// When something happens next. Nodes look around once a second; they find nothing before this.
    async fn next_at(&self) -> anyhow::Result<Timestamp> {
        let mut times = vec![self.agenda.first_key_value().map(|((at, _), _)| *at)];
        for (index, running) in self.nodes.iter().enumerate() {
            let Some(running) = running else { continue };
            let own = [running.node.engine.next_wake().await?, running.worker_at];
            // By the node's clock; what is overdue there is tried again at the next poll.
            let poll = self.now + Duration::from_secs(1);
            let theirs = |at: Timestamp| Timestamp::from_millis(at.as_millis() - self.skews[index]);
            times.extend(own.map(|at| at.map(theirs).map(|at| if at <= self.now { poll } else { at })));
        }
        Ok(times.into_iter().flatten().min().unwrap_or(Timestamp::MAX).min(self.end))
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

/// What a node does by itself at one instant. True when there was something to do. An error of the database is what the
/// running loops log and try again.
async fn work(running: &mut Running) -> anyhow::Result<bool> {
    let Running { node, moves, worker_at, clock, .. } = running;
    let mut busy = false;
    while let Ok(last) = moves.try_recv() {
        tolerate(node.engine.on(Wake::Moved(last)).await)?;
    }
    busy |= tolerate(node.engine.settle_due().await)?.unwrap_or(false);
    if let Some(step) = tolerate(node.worker.step(clock.now()).await)? {
        busy |= step.sent > 0 || step.next_at.is_some_and(|at| at <= clock.now());
        *worker_at = step.next_at;
    } else {
        // Tried again at the next poll.
        *worker_at = Some(clock.now() + Duration::from_secs(1));
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
        || text.contains("connection reset")
        || text.contains("the incident changed")
}

/// What an operator or a page is told politely.
fn forgiving(result: Result<(), certus_dispatcher::engine::EngineError>) -> anyhow::Result<()> {
    match result {
        Err(certus_dispatcher::engine::EngineError::Illegal(_)) => Ok(()),
        other => Ok(other?),
    }
}
