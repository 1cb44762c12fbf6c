//! The worker: claims what is due, hands it to the gateways, writes down what came of it.
//!
//! [`Worker::step`] does each once and can be driven in virtual time; [`Worker::run`] keeps at it, so that one
//! slow gateway call does not hold up the next alarm. It must never send what it is not sure was not sent.

mod claim;
mod handle;
mod record;
mod settings;
mod verdict;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::outage::in_time;
use certus_registry::{Clock, Database, Random, Timestamp};
use futures::future::BoxFuture;
use futures::stream::{FuturesUnordered, StreamExt};
use futures::{FutureExt, future};

use crate::outbox::attempts;
use crate::{BridgeError, Gateway, Outgoing, Reconciled, Routes, SendError};
use verdict::Verdict;

pub use handle::{Posted, WorkerHandle};
pub use settings::WorkerSettings;

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

/// What a running worker waits for, besides the gateways' answers.
#[derive(Debug, Clone, Copy)]
enum Wait {
    /// Something to send.
    Work,
    /// Nothing: the window is full, and only an answer makes room.
    Room,
    /// The database, which failed.
    Pause,
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

    /// Sends what was handed over and at most one window of what is due at `now`, and records the results.
    ///
    /// # Errors
    /// [`BridgeError`] when the database fails. What was sent but not recorded is found again by its lease.
    pub async fn step(&self, now: Timestamp) -> Result<Step, BridgeError> {
        let mut jobs = self.handed(usize::MAX);
        jobs.extend(self.claim(now, self.settings.window).await?);
        let done = future::join_all(jobs.into_iter().map(|job| self.perform(job))).await;
        let sent = self.record(now, &done).await?;
        Ok(Step { sent, next_at: attempts::next_wake(&self.db).await? })
    }

    /// Works until `shutdown` resolves, then waits for what is in flight and records it.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut in_flight: FuturesUnordered<BoxFuture<'_, Done>> = FuturesUnordered::new();
        let mut unrecorded = Vec::new();
        loop {
            let wait = self.claim_into(&mut in_flight).await;
            let wait = if unrecorded.is_empty() { wait } else { Wait::Pause };
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(done) = in_flight.next() => unrecorded.push(done),
                () = self.until_needed(wait) => {}
            }
            while let Some(Some(done)) = in_flight.next().now_or_never() {
                unrecorded.push(done);
            }
            self.record_or_keep(&mut unrecorded).await;
        }
        in_flight.extend(self.handed(usize::MAX).into_iter().map(|job| self.perform(job).boxed()));
        unrecorded.extend(in_flight.collect::<Vec<_>>().await);
        self.record_or_keep(&mut unrecorded).await;
    }

    /// Claims as much as the window has room for; says what to wait for next.
    async fn claim_into<'a>(&'a self, in_flight: &mut FuturesUnordered<BoxFuture<'a, Done>>) -> Wait {
        let room = self.settings.window.saturating_sub(u32::try_from(in_flight.len()).unwrap_or(u32::MAX));
        if room == 0 {
            return Wait::Room;
        }
        let handed = self.handed(room as usize);
        if !handed.is_empty() {
            // These first; whatever else is due is found right after.
            in_flight.extend(handed.into_iter().map(|job| self.perform(job).boxed()));
            self.handle.wake();
            return Wait::Work;
        }
        match in_time(self.claim(self.clock.now(), room)).await {
            Ok(jobs) => {
                in_flight.extend(jobs.into_iter().map(|job| self.perform(job).boxed()));
                Wait::Work
            }
            Err(error) => {
                tracing::error!(error = %error, "The outbox could not be claimed from; trying again in a second.");
                Wait::Pause
            }
        }
    }

    /// Resolves when there may be something to claim or to record.
    async fn until_needed(&self, wait: Wait) {
        match wait {
            Wait::Room => future::pending().await,
            Wait::Pause => self.pause(PAUSE_AFTER_FAILURE).await,
            Wait::Work => tokio::select! {
                () = self.handle.woken() => {}
                () = self.until_due() => {}
            },
        }
    }

    /// Resolves when something is due. Other processes may enqueue without waking us, hence the polling.
    async fn until_due(&self) {
        loop {
            let poll = self.clock.now() + self.settings.poll;
            match in_time(attempts::next_wake(&self.db)).await {
                Ok(Some(at)) if at <= self.clock.now() => return,
                Ok(next) => {
                    self.clock.sleep_until(next.map_or(poll, |at| at.min(poll))).await;
                    self.checkpoint_if_idle(next, poll).await;
                }
                Err(_) => return self.pause(PAUSE_AFTER_FAILURE).await, // the claim that follows logs it
            }
        }
    }

    /// Tidies the database while there is nothing to send, so that the next alert need not.
    async fn checkpoint_if_idle(&self, next: Option<Timestamp>, now: Timestamp) {
        if next.is_some_and(|at| at <= now) {
            return;
        }
        if let Err(error) = self.db.checkpoint().await {
            tracing::warn!(error = %error, "The database's log could not be moved into its file; it grows.");
        }
    }

    async fn pause(&self, span: Duration) {
        self.clock.sleep_until(self.clock.now() + span).await;
    }

    async fn record_or_keep(&self, unrecorded: &mut Vec<Done>) {
        if unrecorded.is_empty() {
            return;
        }
        match in_time(self.record(self.clock.now(), unrecorded)).await {
            Ok(_) => unrecorded.clear(),
            Err(error) => tracing::error!(
                error = %error, messages = unrecorded.len(),
                "What the gateways answered could not be recorded; trying again."
            ),
        }
    }

    async fn perform(&self, job: Job) -> Done {
        let Job { outgoing, gateway, ladder, lease_no, lease_until, task } = job;
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
