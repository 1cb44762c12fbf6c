//! The worker: claims what is due, hands it to the gateways, writes down what came of it.
//!
//! [`Worker::step`] does each once and can be driven in virtual time; [`Worker::run`] keeps at it, so that one
//! slow gateway call does not hold up the next alarm. It must never send what it is not sure was not sent.

mod claim;
mod course;
mod handle;
mod queue;
mod record;
mod settings;
mod verdict;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::outage::in_time;
use certus_registry::{Clock, Database, Random, Timestamp};
use futures::future;
use futures::future::BoxFuture;

use crate::outbox::attempts;
use crate::{BridgeError, Gateway, Outgoing, Reconciled, Routes, SendError};
use claim::Room;
use course::Course;
use verdict::Verdict;

pub use handle::{Posted, WorkerHandle};
pub use settings::WorkerSettings;

/// After so long without anything due, the database is tidied.
const QUIET: Duration = Duration::from_millis(100);
/// How long to wait after the database failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// What one [`Worker::step`] did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Messages that a gateway accepted.
    pub sent: u32,
    /// When the worker is needed next; may have passed already, when more was due than one window holds.
    pub next_at: Option<Timestamp>,
}

/// Sends what is in the outbox. Several may share one PostgreSQL.
pub struct Worker {
    db: Database,
    clock: Arc<dyn Clock>,
    random: Random,
    routes: Arc<Routes>,
    settings: WorkerSettings,
    handle: WorkerHandle,
}

/// What one attempt is to do.
#[derive(Debug)]
enum Task {
    Send,
    Reconcile { tries: u32 },
}

/// One claimed message, with the lease number that its later writes must name.
struct Job {
    outgoing: Outgoing,
    gateway: Option<Arc<dyn Gateway>>,
    ladder: Option<String>,
    lease_no: i64,
    lease_until: Timestamp,
    task: Task,
}

/// An attempt that is over.
#[derive(Debug)]
struct Done {
    outgoing: Outgoing,
    gateway: String,
    ladder: Option<String>,
    lease_no: i64,
    verdict: Verdict,
}

impl Worker {
    /// A worker that sends through these gateways.
    #[must_use]
    pub fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        random: Random,
        routes: Arc<Routes>,
        settings: WorkerSettings,
    ) -> Self {
        let handle = WorkerHandle::new(Arc::clone(&routes), &settings);
        Self { db, clock, random, routes, settings, handle }
    }

    /// For whoever enqueues.
    #[must_use]
    pub fn handle(&self) -> WorkerHandle {
        self.handle.clone()
    }

    /// Sends what was handed over and at most one window of what is due at `now`, and records the results. Where nothing is, nothing
    /// but a look is taken.
    ///
    /// # Errors
    /// [`BridgeError`] when the database fails. What was sent but not recorded is found again by its lease.
    pub async fn step(&self, now: Timestamp) -> Result<Step, BridgeError> {
        let next_at = attempts::next_wake(&self.db).await?;
        let mut jobs = self.handed();
        if jobs.is_empty() && next_at.is_none_or(|at| at > now) {
            return Ok(Step { sent: 0, next_at });
        }
        let room = Room { alarms: self.settings.window, in_all: self.settings.window };
        jobs.extend(self.claim(now, room).await?.jobs);
        let done = future::join_all(jobs.into_iter().map(|job| self.perform(job))).await;
        let sent = self.record(now, &done).await?;
        Ok(Step { sent, next_at: attempts::next_wake(&self.db).await? })
    }

    /// Works until `shutdown` resolves, then waits for what is in flight and records it.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut course = Course::new(self);
        loop {
            course.go_on();
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = course.something() => {}
            }
        }
        course.finish().await;
    }

    /// Resolves when something is due, then true, and at the latest after a poll: other processes may enqueue without waking
    /// us. A quiet moment is used to tidy the database, so that the next alert need not.
    async fn until_due(&self) -> bool {
        let now = self.clock.now();
        let Ok(next) = in_time(attempts::next_wake(&self.db)).await else {
            self.pause(PAUSE_AFTER_FAILURE).await;
            return true; // the claim that follows logs it
        };
        let until = next.map_or(now + self.settings.poll, |at| at.min(now + self.settings.poll));
        if until > now + QUIET {
            self.clock.sleep_until(now + QUIET).await;
            self.checkpoint().await;
        }
        self.clock.sleep_until(until).await;
        next == Some(until)
    }

    async fn checkpoint(&self) {
        if let Err(error) = self.db.checkpoint().await {
            tracing::warn!(error = %error, "The database's log could not be moved into its file; it grows.");
        }
    }

    async fn pause(&self, span: Duration) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }

    async fn perform(&self, job: Job) -> Done {
        let Job { mut outgoing, gateway, ladder, lease_no, lease_until, task } = job;
        let Some(gateway) = gateway else {
            return Done { outgoing, gateway: String::new(), ladder, lease_no, verdict: Verdict::CannotTell };
        };
        let now = self.clock.now();
        // It waited for its turn, or the process stood still: another worker may have taken it over, or it is too late.
        let ended = now >= outgoing.valid_until && !broken(Rule::Validity);
        let late = now + self.settings.send_timeout > lease_until || ended;
        let verdict = match task {
            Task::Send if late => Verdict::NotTaken { reason: "it waited too long for its turn".to_owned() },
            Task::Send => {
                outgoing.sent_at = now;
                let flight = self.routes.begins(gateway.name(), now);
                let answer = self.bounded(gateway.send(&outgoing), silence()).await;
                flight.ended(self.clock.now(), &answer);
                Verdict::from(answer)
            }
            Task::Reconcile { tries } => {
                let late = Reconciled::Unavailable { reason: "no answer in time".to_owned() };
                Verdict::reconciled(self.bounded(gateway.reconcile(&outgoing), late).await, tries)
            }
        };
        Done { outgoing, gateway: gateway.name().to_owned(), ladder, lease_no, verdict }
    }

    /// A gateway's answer, or `late` when it takes longer than a lease can cover.
    async fn bounded<T>(&self, answer: BoxFuture<'_, T>, late: T) -> T {
        let end = self.clock.now() + self.settings.send_timeout;
        tokio::select! {
            biased;
            answer = answer => answer,
            () = self.clock.sleep_until(end) => late,
        }
    }
}

fn silence() -> Result<crate::Accepted, SendError> {
    Err(SendError::Unknown { reason: "no answer in time".to_owned() })
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("routes", &self.routes)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}
