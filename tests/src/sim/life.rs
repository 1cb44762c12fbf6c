//! One life of one node: where it can be killed, suspended, or left alone by its database.
//!
//! A life stands before the database ([`Probe`]) and before the gateways. Its driver plans at most one deed at a time;
//! the deed happens at the n-th place that the node passes, which is between two commits, or between a send and its
//! record. A killed or suspended node waits at that place; the driver drops it or lets it go on.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::database::{Point, Probe};
use certus_registry::time::ManualClock;
use certus_registry::{Clock as _, Timestamp};
use futures::future::BoxFuture;
use tokio::sync::Notify;

/// What happens to a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deed {
    /// SIGKILL.
    Kill,
    /// SIGSTOP, for as long as the driver likes.
    Suspend,
    /// The database refuses a transaction, at its beginning or at its commit.
    Refuse,
    /// The database commits and its answer is lost.
    Unanswered,
    /// The database takes its time.
    Slow(Duration),
    /// The database refuses a read.
    RefuseRead,
    /// A gateway takes its time.
    SlowGateway(Duration),
}

impl Deed {
    /// How much later it is after it.
    pub(super) const fn took(self) -> Duration {
        match self {
            Self::Slow(span) | Self::SlowGateway(span) => span,
            Self::Kill | Self::Suspend | Self::Refuse | Self::Unanswered | Self::RefuseRead => Duration::ZERO,
        }
    }
}

/// Where a node passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A transaction.
    Database(Point),
    /// A read outside transactions; nothing but [`Deed::RefuseRead`] happens there.
    Reading,
    /// Before a gateway takes a message, or is asked about one.
    Sending,
    /// The gateway has answered.
    Sent,
}

/// How a node was stopped in the middle of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// For good.
    Killed,
    /// For a while.
    Suspended,
}

/// One life of one node.
#[derive(Debug)]
pub(super) struct Life {
    state: Mutex<State>,
    clock: ManualClock,
    stopped: Notify,
    resumed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Places to pass before the deed, and the deed.
    plan: Option<(u32, Deed)>,
    stopped: Option<Stopped>,
    /// Deeds that have happened, for the trace.
    done: Vec<Deed>,
}

impl Life {
    /// The life of a node that lives by `clock`.
    pub(super) fn new(clock: ManualClock) -> Arc<Self> {
        Arc::new(Self { state: Mutex::default(), clock, stopped: Notify::new(), resumed: Notify::new() })
    }

    /// The time by the node's clock.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Plans a deed for the `places`-th place from now.
    pub(super) fn plan(&self, places: u32, deed: Deed) {
        self.state().plan = Some((places, deed));
    }

    /// Forgets what was planned and has not happened.
    pub(super) fn forget(&self) {
        self.state().plan = None;
    }

    /// What has happened since the last call.
    pub(super) fn done(&self) -> Vec<Deed> {
        std::mem::take(&mut self.state().done)
    }

    /// Resolves when the node waits at a place.
    pub(super) async fn until_stopped(&self) -> Stopped {
        loop {
            let stopped = self.stopped.notified();
            if let Some(how) = self.state().stopped {
                return how;
            }
            stopped.await;
        }
    }

    /// Lets a suspended node go on.
    pub(super) fn resume(&self) {
        self.state().stopped = None;
        self.resumed.notify_waiters();
    }

    /// Waits for as long as the node stands still: for ever when it was killed.
    async fn until_resumed(&self) {
        loop {
            let resumed = self.resumed.notified();
            if self.state().stopped.is_none() {
                return;
            }
            resumed.await;
        }
    }

    /// Passes a place.
    pub(super) async fn pass(&self, place: Place) -> Result<(), sqlx::Error> {
        if matches!(place, Place::Database(_)) {
            // Stopped in one of several sends at once, which the worker has given up waiting for: it gets no further than this.
            // The other sends, as if they had been before the stop.
            self.until_resumed().await;
        }
        let Some(deed) = self.due(place) else { return Ok(()) };
        match deed {
            Deed::Kill | Deed::Suspend => {
                self.stopped.notify_one();
                self.until_resumed().await;
                Ok(())
            }
            Deed::Refuse => Err(sqlx::Error::PoolTimedOut),
            Deed::Unanswered => Err(sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into())),
            Deed::Slow(_) | Deed::SlowGateway(_) | Deed::RefuseRead => {
                self.clock.advance(deed.took());
                Ok(())
            }
        }
    }

    /// A gateway keeps the node waiting.
    pub(super) fn kept_waiting(&self, span: Duration) {
        self.clock.advance(span);
        self.state().done.push(Deed::SlowGateway(span));
    }

    fn due(&self, place: Place) -> Option<Deed> {
        let mut state = self.state();
        let (left, deed) = state.plan?;
        if (place == Place::Reading) != (deed == Deed::RefuseRead) {
            return None;
        }
        if left > 0 {
            state.plan = Some((left - 1, deed));
            return None;
        }
        let fits = match deed {
            Deed::Kill | Deed::Slow(_) | Deed::SlowGateway(_) | Deed::RefuseRead => true,
            // A suspended node must not hold the one connection of a database in memory. A node that is suspended after
            // it looked at its lease and before the first byte to the gateway may send twice: no lease closes that
            // window (docs/reliability.md), so it is not among these stories.
            Deed::Suspend => matches!(place, Place::Sent | Place::Database(Point::Begin | Point::Committed)),
            Deed::Refuse => matches!(place, Place::Database(Point::Begin | Point::Commit)),
            Deed::Unanswered => place == Place::Database(Point::Committed),
        };
        if !fits {
            return None;
        }
        state.plan = None;
        state.done.push(deed);
        state.stopped = match deed {
            Deed::Kill => Some(Stopped::Killed),
            Deed::Suspend => Some(Stopped::Suspended),
            Deed::Refuse | Deed::Unanswered | Deed::Slow(_) | Deed::RefuseRead | Deed::SlowGateway(_) => None,
        };
        Some(deed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A life as the database sees it.
#[derive(Debug)]
pub(super) struct Gate(pub(super) Arc<Life>);

impl Probe for Gate {
    fn at(&self, point: Point) -> BoxFuture<'static, Result<(), sqlx::Error>> {
        let life = Arc::clone(&self.0);
        Box::pin(async move { life.pass(Place::Database(point)).await })
    }

    fn refuses_read(&self) -> bool {
        self.0.due(Place::Reading).is_some()
    }
}
