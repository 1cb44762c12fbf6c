//! Makes last positions durable behind the phones' backs, within a second of their arrival.
//!
//! There is no timer: each commit takes whatever queued during the one before, which under load makes large
//! batches by itself and when idle writes at once (measured: 53 k pings/s durable on SQLite FULL, against
//! 7.7 k/s when a 5 ms timer collects them). What queues is one position a person, so it is bounded by people.
//! A phone is answered before the commit: a crash costs at most the pings of the last moment, and the next ping
//! of each phone makes that good.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::outage::in_time;
use certus_registry::{Clock, Database, VolunteerId};
use tokio::sync::Notify;

use super::{LastPosition, store};

/// Pause after the first failed commit; it doubles from failure to failure.
const RETRY_MIN: Duration = Duration::from_millis(250);
/// The longest pause between attempts: how stale the table may stay once the database is back.
const RETRY_MAX: Duration = Duration::from_secs(10);

/// The queue before the table of last positions. Share it behind an `Arc`; run [`PositionWriter::run`] once.
pub struct PositionWriter {
    db: Database,
    clock: Arc<dyn Clock>,
    pending: Mutex<HashMap<VolunteerId, LastPosition>>,
    waiting: Notify,
}

impl PositionWriter {
    /// Writes to `db`; waits on `clock` after a failure.
    #[must_use]
    pub fn new(db: Database, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock, pending: Mutex::default(), waiting: Notify::new() }
    }

    /// Queues a position; the newest of each volunteer stays.
    pub fn push(&self, position: LastPosition) {
        match self.pending().entry(position.volunteer) {
            Entry::Vacant(place) => drop(place.insert(position)),
            Entry::Occupied(mut place) if position.fixed_at > place.get().fixed_at => {
                place.insert(position);
            }
            Entry::Occupied(_) => return,
        }
        self.waiting.notify_one();
    }

    /// Takes somebody's position out of the queue. One that is being written now gets through.
    pub fn forget(&self, volunteer: VolunteerId) {
        self.pending().remove(&volunteer);
    }

    /// How many positions are not durable yet.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.pending().len()
    }

    /// Commits what is queued now and gives how many positions that was. A position leaves the queue only
    /// once it is durable: a failed or cancelled step loses nothing. Each chunk is a transaction of its own,
    /// so that an alarm never waits behind more than one.
    ///
    /// # Errors
    /// [`sqlx::Error`]; what was not committed stays queued.
    pub async fn step(&self) -> Result<usize, sqlx::Error> {
        let mut batch: Vec<LastPosition> = self.pending().values().copied().collect();
        batch.sort_unstable_by_key(|position| position.volunteer);
        for rows in batch.chunks(store::ROWS_MAX) {
            let mut tx = self.db.begin().await?;
            store::put_many(&mut tx, rows).await?;
            tx.commit().await?;
            self.settle(rows);
        }
        Ok(batch.len())
    }

    /// Writes until `shutdown`, then what is left; so let requests finish before `shutdown`. Failures are
    /// retried with growing pauses, but the last attempt is one.
    pub async fn run(&self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut failures = 0;
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                () = self.due(failures) => {}
            }
            failures = self.attempt(failures).await;
        }
        if let Err(error) = in_time(self.step()).await {
            let lost = self.backlog();
            tracing::error!(positions.unwritten = lost, %error, "the last positions could not be written");
        }
    }

    /// Something is queued, or the pause after a failure is over.
    async fn due(&self, failures: u32) {
        match failures {
            0 => self.waiting.notified().await,
            _ => self.clock.sleep_until(self.clock.now() + pause(failures)).await,
        }
    }

    /// One step; gives the number of failures in a row. Only the first of them and the end are logged.
    async fn attempt(&self, failures: u32) -> u32 {
        match in_time(self.step()).await {
            Ok(written) if failures > 0 => {
                tracing::info!(positions.written = written, failures, "positions are written again");
                0
            }
            Ok(_) => 0,
            Err(error) => {
                if failures == 0 {
                    let backlog = self.backlog();
                    tracing::warn!(positions.backlog = backlog, %error, "positions cannot be written; retrying");
                }
                failures.saturating_add(1)
            }
        }
    }

    fn settle(&self, written: &[LastPosition]) {
        let mut pending = self.pending();
        for position in written {
            if let Entry::Occupied(place) = pending.entry(position.volunteer)
                && place.get().fixed_at <= position.fixed_at
            {
                place.remove();
            }
        }
    }

    // The map is whole between any two of our calls, so a poisoned lock is too.
    fn pending(&self) -> MutexGuard<'_, HashMap<VolunteerId, LastPosition>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for PositionWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PositionWriter").field("backlog", &self.backlog()).finish_non_exhaustive()
    }
}

fn pause(failures: u32) -> Duration {
    RETRY_MIN.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(RETRY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        assert_eq!([1, 2, 3, 7, 99].map(|n| pause(n).as_millis()), [250, 500, 1_000, 10_000, 10_000]);
    }
}
