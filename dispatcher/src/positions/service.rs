//! What a running dispatcher keeps about positions: everyone's last one, its writer, and the tokens.

use std::sync::Arc;
use std::time::Duration;

use certus_registry::{Clock, Database, RegistryError, VolunteerId};

use super::{Dropped, LastPosition, LivePositions, Point, PositionTokens, PositionWriter, Tally, store};

/// Live positions, durable behind the scenes. Share it behind an `Arc`; [`Positions::restore`] at start, and run
/// [`PositionWriter::run`] of [`Positions::writer`] beside the server, ending after its last request.
pub struct Positions {
    db: Database,
    clock: Arc<dyn Clock>,
    live: Arc<LivePositions>,
    writer: Arc<PositionWriter>,
    tokens: PositionTokens,
}

impl Positions {
    /// Nobody is anywhere yet; see [`Positions::restore`].
    #[must_use]
    pub fn new(db: Database, clock: Arc<dyn Clock>) -> Self {
        let tokens = PositionTokens::new(db.clone());
        let writer = Arc::new(PositionWriter::new(db.clone(), Arc::clone(&clock)));
        Self { db, clock, live: Arc::new(LivePositions::new()), writer, tokens }
    }

    /// Reads the last positions from the database, at start; every one keeps its age.
    ///
    /// # Errors
    /// [`RegistryError::Database`].
    pub async fn restore(&self) -> Result<(), RegistryError> {
        let stored = store::load(&self.db).await?;
        tracing::info!(positions.restored = stored.len(), "last positions are back in memory");
        self.live.restore(stored);
        Ok(())
    }

    /// Takes what a volunteer's phone sent. The search sees it when this returns; the database within a second.
    pub fn report(&self, volunteer: VolunteerId, points: impl IntoIterator<Item = Point>) -> Tally {
        let (tally, moved) = self.live.report(self.clock.now(), volunteer, points);
        if let Some(moved) = moved {
            self.writer.push(moved);
        }
        tally
    }

    /// Takes what a volunteer's app sent: points, and what could not be read as one.
    pub fn report_read(&self, volunteer: VolunteerId, read: Vec<Result<Point, Dropped>>) -> Tally {
        let (points, dropped): (Vec<_>, Vec<_>) = read.into_iter().partition(Result::is_ok);
        let mut tally = self.report(volunteer, points.into_iter().flatten());
        dropped.into_iter().filter_map(Result::err).for_each(|reason| tally.count(Err(reason)));
        tally
    }

    /// Forgets where somebody is who has left; what is stored the caller takes away.
    pub fn forget(&self, volunteer: VolunteerId) {
        self.writer.forget(volunteer);
        self.live.remove(volunteer);
    }

    /// Whether to ask a volunteer's phone for a fix now: the person is on a call-out, and where they were last is known
    /// from before `age` ago, or not at all.
    #[must_use]
    pub fn wants_fix(&self, volunteer: VolunteerId, age: Duration) -> bool {
        let is_old = |last: LastPosition| last.age(self.clock.now()) > age;
        self.live.is_watched(volunteer) && self.live.last(volunteer).is_none_or(is_old)
    }

    /// The owner of a position token; see [`PositionTokens::owner`].
    ///
    /// # Errors
    /// [`RegistryError`] when the registry cannot be asked about an unknown token.
    pub async fn owner(&self, token: &str) -> Result<Option<VolunteerId>, RegistryError> {
        self.tokens.owner(self.clock.now(), token).await
    }

    /// Where everyone is.
    #[must_use]
    pub fn live(&self) -> &Arc<LivePositions> {
        &self.live
    }

    /// The queue before the database.
    #[must_use]
    pub fn writer(&self) -> &Arc<PositionWriter> {
        &self.writer
    }
}

impl std::fmt::Debug for Positions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Positions").field("writer", &self.writer).finish_non_exhaustive()
    }
}
