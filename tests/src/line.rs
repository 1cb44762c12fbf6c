//! A bridge with one gateway: an outbox, its worker and the gateway's own task, as a node runs them.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::sync::Arc;
use std::time::Duration;

use certus_registry::time::SystemClock;
use certus_registry::{Batch, Clock, Database, Random};
use certus_sms_bridge::inbox::Inbound;
use certus_sms_bridge::{
    Channel, Gateway, Incoming, MessageId, Milestone, NewMessage, Routes, Urgency, Worker, WorkerHandle,
    WorkerSettings, inbox, outbox,
};
use futures::FutureExt as _;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::load::in_time;

/// A telephone number.
pub const ANNA: &str = "+46701740605";
const LIMIT: Duration = Duration::from_secs(40);

/// A running bridge.
#[derive(Debug)]
pub struct Line {
    /// Its database.
    pub db: Database,
    /// Its worker.
    pub handle: WorkerHandle,
    stops: Vec<oneshot::Sender<()>>,
    running: Vec<JoinHandle<()>>,
}

impl Line {
    /// On a fresh SQLite in memory.
    pub async fn of(gateway: Arc<dyn Gateway>) -> Self {
        let db = Database::open("sqlite::memory:").await.unwrap();
        certus_sms_bridge::migrate(&db).await.unwrap();
        Self::on(db, gateway)
    }

    /// On a database that has been used before.
    #[must_use]
    pub fn on(db: Database, gateway: Arc<dyn Gateway>) -> Self {
        let settings = WorkerSettings { poll: Duration::from_millis(200), ..WorkerSettings::default() };
        Self::with(db, gateway, settings)
    }

    /// With these bounds for the worker.
    #[must_use]
    pub fn with(db: Database, gateway: Arc<dyn Gateway>, settings: WorkerSettings) -> Self {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let routes = Arc::new(Routes::equal(vec![Arc::clone(&gateway)]));
        let worker = Worker::new(db.clone(), Arc::clone(&clock), Random::from_system(), routes, settings);
        let handle = worker.handle();
        let incoming = Incoming::new(db.clone(), clock, || {});
        let (sending_stops, stop_sending) = oneshot::channel::<()>();
        let (carrying_stops, stop_carrying) = oneshot::channel::<()>();
        let running = vec![
            tokio::spawn(async move { worker.run(async { drop(stop_sending.await) }).await }),
            tokio::spawn(
                async move { gateway.run(incoming, async { drop(stop_carrying.await) }.boxed()).await },
            ),
        ];
        Self { db, handle, stops: vec![sending_stops, carrying_stops], running }
    }

    /// A text to Anna, valid for so long.
    pub async fn enqueue(&self, text: &str, valid: Duration) -> MessageId {
        let now = SystemClock.now();
        let message = NewMessage {
            reference: "test".to_owned(),
            to: ANNA.parse().unwrap(),
            channel: Channel::Sms,
            body: text.to_owned(),
            urgency: Urgency::Alarm,
            due_at: now,
            valid_until: now + valid,
            otherwise: Vec::new(),
        };
        let (tx, mut batch) = (self.db.begin().await.unwrap(), Batch::default());
        let ids = outbox::enqueue(&mut batch, &tx.sealer(), now, &Random::from_system(), &[message]).unwrap();
        assert!(batch.commit(tx).await.unwrap());
        self.handle.wake();
        ids[0]
    }

    /// How far it has come.
    pub async fn milestone(&self, id: MessageId) -> Milestone {
        let history = outbox::history(&self.db, "test").await.unwrap();
        history.into_iter().rev().find(|(message, ..)| *message == id).unwrap().1
    }

    /// Waits until it has come so far.
    pub async fn until_at(&self, id: MessageId, milestone: Milestone) {
        let there = in_time(LIMIT, async || self.milestone(id).await == milestone).await;
        assert!(there.is_some(), "it is {} and not {milestone}", self.milestone(id).await);
    }

    /// The words of all replies so far.
    pub async fn replies(&self) -> Vec<String> {
        let replies: Vec<Inbound> = inbox::unhandled(&self.db, 100).await.unwrap();
        replies.into_iter().map(|reply| reply.body).collect()
    }

    /// Waits until something is so.
    pub async fn until(&self, is_so: impl AsyncFn() -> bool) {
        assert!(in_time(LIMIT, is_so).await.is_some(), "it never came to be");
    }

    /// Ends as a node does.
    pub async fn stop(self) -> Database {
        drop(self.stops);
        for task in self.running {
            task.await.unwrap();
        }
        self.db
    }
}
