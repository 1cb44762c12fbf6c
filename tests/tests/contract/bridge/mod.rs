//! The bridge's stores, its worker and the simulated network, on both databases.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

mod course;
mod ladder;
mod network;
mod posted;
mod sealing;
mod stores;
mod worker;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certus_registry::time::ManualClock;
use certus_registry::{Batch, Clock, Database, Phone, Random, Timestamp};
use certus_sms_bridge::inbox::{self, NewInbound, Received};
use certus_sms_bridge::outbox::{self, Fate};
use certus_sms_bridge::receipt::{self, Receipt, ReceiptFor, ReceiptOutcome, ReceiptStatus};
use certus_sms_bridge::simulated::{Answer, Network, NetworkSettings, People};
use certus_sms_bridge::{
    Accepted, Channel, Gateway, MessageId, Milestone, NewMessage, Outgoing, Posted, Reconciled, Route,
    Routes, SendError, Urgency, Worker, WorkerSettings,
};
use certus_tests::databases::{self, Fresh};
use futures::future::BoxFuture;

pub(super) const T0: Timestamp = Timestamp::from_millis(1_795_400_000_000);

/// A gateway that does as it is told and remembers what it was given.
#[derive(Clone)]
pub(super) struct Scripted {
    pub(super) name: &'static str,
    pub(super) answer: fn(&Outgoing) -> Result<Accepted, SendError>,
    pub(super) slow: Duration,
    pub(super) hangs: bool,
    pub(super) hangs_on: &'static str,
    /// Looks for a message by its phone.
    pub(super) by_phone: bool,
    sent: Arc<tokio::sync::watch::Sender<Vec<MessageId>>>,
    given: Arc<Mutex<Vec<(Phone, String)>>>,
    reconciled: Arc<Mutex<Option<Reconciled>>>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            name: "scripted",
            answer: |message| Ok(Accepted::as_named(format!("p-{}", message.id))),
            slow: Duration::ZERO,
            hangs: false,
            hangs_on: "nothing",
            by_phone: false,
            sent: Arc::new(tokio::sync::watch::Sender::default()),
            given: Arc::default(),
            reconciled: Arc::default(),
        }
    }
}

impl Scripted {
    pub(super) fn answering(answer: fn(&Outgoing) -> Result<Accepted, SendError>) -> Self {
        Self { answer, ..Self::default() }
    }

    pub(super) fn reconciles(&self, answer: Reconciled) {
        *self.reconciled.lock().unwrap() = Some(answer);
    }

    pub(super) fn sent(&self) -> Vec<MessageId> {
        self.sent.borrow().clone()
    }

    /// To whom, and which words.
    pub(super) fn given(&self) -> Vec<(Phone, String)> {
        self.given.lock().unwrap().clone()
    }

    pub(super) async fn until_sent(&self, count: usize) {
        let mut sent = self.sent.subscribe();
        let enough = sent.wait_for(|sent| sent.len() >= count);
        tokio::time::timeout(Duration::from_secs(10), enough).await.unwrap().unwrap();
    }
}

impl Gateway for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(async move {
            self.given.lock().unwrap().push((message.to.clone(), message.body.clone()));
            self.sent.send_modify(|sent| sent.push(message.id));
            if self.hangs || message.body == self.hangs_on {
                std::future::pending::<()>().await;
            }
            let pause = std::future::pending::<()>();
            let _ = tokio::time::timeout(self.slow, pause).await;
            (self.answer)(message)
        })
    }

    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        Box::pin(async move {
            let _ = tokio::time::timeout(self.slow, std::future::pending::<()>()).await;
            if self.by_phone && message.neighbours.ambiguous {
                return Reconciled::Unsupported;
            }
            self.reconciled.lock().unwrap().clone().unwrap_or(Reconciled::Unsupported)
        })
    }
}

/// Both databases, each as it is and sealed.
pub(super) async fn bridges() -> [Fresh; 4] {
    let all = databases::all().await;
    for fresh in &all {
        fresh.with_key().await;
        fresh.with_key().await; // again: nothing happens
    }
    all
}

pub(super) fn worker(db: &Database, gateway: &Scripted) -> Worker {
    worker_with(db, vec![Arc::new(gateway.clone())])
}

pub(super) fn worker_with(db: &Database, gateways: Vec<Arc<dyn Gateway>>) -> Worker {
    worker_at(db, T0, gateways)
}

pub(super) fn worker_at(db: &Database, now: Timestamp, gateways: Vec<Arc<dyn Gateway>>) -> Worker {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(now));
    // The first is preferred.
    let route = |(n, gateway)| Route { gateway, weight: u32::from(n == 0) };
    let routes = Arc::new(Routes::new(gateways.into_iter().enumerate().map(route).collect()));
    Worker::new(db.clone(), clock, Random::from_seed(3), routes, WorkerSettings::default())
}

pub(super) fn phone(n: u32) -> Phone {
    format!("+4670{n:07}").parse().unwrap()
}

pub(super) fn message(reference: &str, n: u32) -> NewMessage {
    NewMessage {
        reference: reference.to_owned(),
        to: phone(n),
        channel: Channel::Sms,
        body: format!("text {n}"),
        urgency: Urgency::Alarm,
        due_at: T0,
        valid_until: T0 + Duration::from_mins(10),
        otherwise: Vec::new(),
    }
}

pub(super) async fn enqueue(db: &Database, messages: &[NewMessage]) -> Vec<MessageId> {
    enqueue_as(db, &Random::from_system(), messages).await
}

pub(super) async fn enqueue_as(db: &Database, random: &Random, messages: &[NewMessage]) -> Vec<MessageId> {
    let (tx, mut batch) = (db.begin().await.unwrap(), Batch::default());
    let ids = outbox::enqueue(&mut batch, &tx.sealer(), T0, random, messages).unwrap();
    assert!(batch.commit(tx).await.unwrap());
    ids
}

/// Stored and claimed by the worker's own process, which goes no further unless it is told that they are committed.
pub(super) async fn post(db: &Database, worker: &Worker, messages: &[NewMessage]) -> Posted {
    let (tx, mut batch) = (db.begin().await.unwrap(), Batch::default());
    let random = Random::from_system();
    let posted = worker.handle().enqueue(&mut batch, &tx.medium(), T0, &random, messages).unwrap();
    assert!(batch.commit(tx).await.unwrap());
    posted
}

/// Withdraws and tells by which ways anything had left.
pub(super) async fn cancel(db: &Database, reference: &str) -> BTreeSet<Channel> {
    let mut tx = db.begin().await.unwrap();
    let mut left = outbox::cancel(&mut tx, T0, &[reference.to_owned()]).await.unwrap();
    tx.commit().await.unwrap();
    left.remove(reference).unwrap_or_default()
}

pub(super) async fn report(db: &Database, id: MessageId, milestone: Milestone) -> bool {
    let mut tx = db.begin().await.unwrap();
    let marked = outbox::mark_reported(&mut tx, id, milestone).await.unwrap();
    tx.commit().await.unwrap();
    marked
}

pub(super) async fn milestones(db: &Database, reference: &str) -> Vec<Milestone> {
    let history = outbox::history(db, reference).await.unwrap();
    let times: BTreeMap<MessageId, Vec<Timestamp>> =
        history.iter().fold(BTreeMap::new(), |mut times, (id, _, at)| {
            times.entry(*id).or_insert_with(Vec::new).push(*at);
            times
        });
    assert!(times.values().all(|times| times.is_sorted()), "history runs forward in time");
    history.into_iter().map(|(_, milestone, _)| milestone).collect()
}

pub(super) fn ours(id: MessageId, status: ReceiptStatus) -> Receipt {
    Receipt { message: ReceiptFor::Ours(id), status, at: Timestamp::MAX }
}

pub(super) async fn record(db: &Database, seconds: u64, receipt: Receipt) -> ReceiptOutcome {
    receipt::record(db, T0 + Duration::from_secs(seconds), &receipt).await.unwrap()
}

pub(super) fn recorded(milestone: Milestone) -> ReceiptOutcome {
    ReceiptOutcome::Recorded(milestone)
}
