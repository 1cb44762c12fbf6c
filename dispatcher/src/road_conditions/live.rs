//! How a node's travel model follows what was set at this node or another, and what has expired.

use std::sync::Arc;
use std::time::Duration;

use certus_registry::outage::in_time;
use certus_registry::{Database, Timestamp};
use tokio::sync::Mutex;

use super::{RoadConditions, store};
use crate::api::SharedApp;
use crate::engine::EngineError;
use crate::travel::TravelTime;
use crate::travel::roads::Conditions;

/// How often the database is asked for what another node set, and expiry is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The conditions that this node's travel model heeds.
pub struct Live {
    travel: Arc<dyn TravelTime>,
    knows_roads: bool,
    known: Mutex<Known>,
}

/// What a node knows of the conditions.
#[derive(Default)]
struct Known {
    /// Those set last.
    latest: Option<RoadConditions>,
    /// Version of those that the model heeds, and how many of their closed places had expired.
    heeded: (u64, usize),
}

impl Live {
    /// Nothing in particular holds until [`Live::catch_up`].
    #[must_use]
    pub fn new(travel: Arc<dyn TravelTime>) -> Self {
        let knows_roads = travel.heed(Conditions::default());
        Self { travel, knows_roads, known: Mutex::default() }
    }

    /// The travel model.
    #[must_use]
    pub fn travel(&self) -> Arc<dyn TravelTime> {
        Arc::clone(&self.travel)
    }

    /// Whether the travel model knows roads: without, conditions are kept and count for nothing.
    #[must_use]
    pub const fn knows_roads(&self) -> bool {
        self.knows_roads
    }

    /// Has the model heed what the database has by now, without what has expired at `now`. What is known already expires
    /// though the database fails.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails.
    pub async fn catch_up(&self, db: &Database, now: Timestamp) -> Result<(), EngineError> {
        if !self.knows_roads {
            return Ok(());
        }
        let known = self.known.lock().await.version();
        let newer = newer_than(known, db).await;
        let (found, outcome) = match newer {
            Ok(found) => (found, Ok(())),
            Err(error) => (None, Err(error)),
        };
        self.heed(found, now).await;
        outcome
    }

    /// Has the model heed what was set just now.
    pub async fn learn(&self, set: RoadConditions, now: Timestamp) {
        if self.knows_roads {
            self.heed(Some(set), now).await;
        }
    }

    /// One at a time, and never back to an older version: two requests may come here in the other order than they committed.
    async fn heed(&self, found: Option<RoadConditions>, now: Timestamp) {
        let mut known = self.known.lock().await;
        if let Some(found) = found.filter(|found| found.version > known.version()) {
            known.latest = Some(found);
        }
        let Some(conditions) = known.latest.as_ref().map(|latest| latest.at(now)) else { return };
        let heeded = (conditions.version, conditions.expired);
        if heeded == known.heeded {
            return;
        }
        let travel = self.travel();
        // A thousand closed places are laid on the graph in some hundred milliseconds: not on a thread that answers requests.
        let laid = tokio::task::spawn_blocking(move || travel.heed(conditions)).await;
        // It fails only by a panic, which was reported where it happened; the next look tries again.
        if laid.is_ok() {
            known.heeded = heeded;
        }
    }
}

impl Known {
    fn version(&self) -> u64 {
        self.latest.as_ref().map_or(0, |latest| latest.version)
    }
}

async fn newer_than(known: u64, db: &Database) -> Result<Option<RoadConditions>, EngineError> {
    if store::version(db).await? > known { store::latest(db).await } else { Ok(None) }
}

/// Follows what other nodes set, and what expires, until the server stops.
pub async fn follow(app: SharedApp) {
    if !app.roads.knows_roads() {
        return;
    }
    loop {
        if app.stops_before(app.clock.now() + LOOK_EVERY).await {
            return;
        }
        if let Err(error) = in_time(app.roads.catch_up(&app.db, app.clock.now())).await {
            // The engine asks the same database as often, and is louder.
            tracing::debug!(%error, "what holds on the roads could not be read; tried again in a second");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use certus_registry::{Metres, Position};
    use jiff::ZonedDateTime;

    use super::super::ClosedPlace;
    use super::*;
    use crate::travel::roads::Closure;
    use crate::travel::{StraightLine, Ways};

    /// Knows roads as far as anybody can tell, and remembers what it was told.
    #[derive(Default)]
    struct Told(std::sync::Mutex<Vec<(u64, usize)>>);

    impl TravelTime for Told {
        fn towards<'a>(&'a self, _: Position, _: &ZonedDateTime, _: u32) -> Box<dyn Ways + 'a> {
            unimplemented!("nobody asks for a way here")
        }

        fn speed_max(&self) -> f64 {
            1.0
        }

        fn heed(&self, conditions: Conditions) -> bool {
            self.0.lock().unwrap().push((conditions.version, conditions.closures.len()));
            true
        }
    }

    impl Told {
        fn take(&self) -> Vec<(u64, usize)> {
            std::mem::take(&mut self.0.lock().unwrap())
        }
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn conditions(version: u64, until: &[Option<i64>]) -> RoadConditions {
        let closure = Closure { at: Position::new(63.3, 13.4).unwrap(), radius: Metres(200.0) };
        let place = |until: &Option<i64>| {
            let (reason, until) = ("Lavinfara".to_owned(), until.map(Timestamp::from_millis));
            ClosedPlace { closure, reason, until }
        };
        let closures = until.iter().map(place).collect();
        let (set_by, factors) = ("Anna".to_owned(), BTreeMap::new());
        RoadConditions { version, set_at: at(0), set_by, closures, factors }
    }

    async fn database() -> Database {
        let db = Database::open("sqlite::memory:").await.unwrap();
        crate::node::migrate(&db).await.unwrap();
        db
    }

    async fn set(db: &Database, conditions: &RoadConditions) {
        let mut tx = db.begin().await.unwrap();
        assert!(store::add(&mut tx, conditions).await.unwrap());
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn what_another_node_set_is_heeded_once_and_each_closed_place_expires_at_its_hour() {
        let (db, told) = (database().await, Arc::new(Told::default()));
        let live = Live::new(Arc::clone(&told) as Arc<dyn TravelTime>);
        assert_eq!(told.take(), [(0, 0)]);
        live.catch_up(&db, at(0)).await.unwrap();
        assert!(told.take().is_empty(), "nothing was ever set");
        set(&db, &conditions(1, &[None, Some(5_000)])).await;
        for now in [1_000, 2_000, 4_999] {
            live.catch_up(&db, at(now)).await.unwrap();
        }
        assert_eq!(told.take(), [(1, 2)]);
        db.close().await;
        assert!(live.catch_up(&db, at(5_000)).await.is_err());
        assert_eq!(told.take(), [(1, 1)], "also while the database is away");
    }

    #[tokio::test]
    async fn an_older_version_never_takes_the_place_of_a_newer_one() {
        let told = Arc::new(Told::default());
        let live = Live::new(Arc::clone(&told) as Arc<dyn TravelTime>);
        for version in [2, 1, 2, 3] {
            live.learn(conditions(version, &[None]), at(0)).await;
        }
        assert_eq!(told.take(), [(0, 0), (2, 1), (3, 1)]);
    }

    #[tokio::test]
    async fn a_model_without_roads_asks_the_database_nothing() {
        let live = Live::new(Arc::new(StraightLine::default()));
        assert!(!live.knows_roads());
        let db = database().await;
        db.close().await;
        live.catch_up(&db, at(0)).await.unwrap();
    }
}
