//! What a running dispatcher keeps about positions: everyone's last one, its writer, and the tokens.

use std::sync::Arc;

use certus_registry::{Clock, Database, RegistryError, VolunteerId};

use super::{LivePositions, Point, PositionTokens, PositionWriter, Tally, store};

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
