//! Travel times on the road network: a graph built from OpenStreetMap, searched from the scene outwards.
//!
//! One search per scene and mode goes over reversed arcs, so that one search answers for everybody. People and scenes are
//! led to the nearest edge, part of the way along it counts by its share, and the rest off the road is on foot (by
//! snowmobile in its season). By car turns, signals, signs and gates take time, and restrictions of turns hold; all of it is
//! in the file. Volunteers are taken to drive where `access=private` or `destination` stands, and never against a oneway. Not
//! there: restrictions that go by way of a way or depend on the hour, waiting for a ferry, water or cliffs off the road.
//!
//! Boats go anywhere on lakes and the sea, from waypoint to waypoint (`build/water.rs`), along ferry lines and along waterways
//! that are marked for them. People go to the shore on foot. Lakes are closed to them while there is snow; the sea is not.

pub mod build;
mod conditions;
mod file;
mod graph;
mod grid;
mod kind;
mod plane;
mod search;
mod several;
#[cfg(test)]
mod tests;
mod towards;

use std::path::Path;
use std::sync::Arc;

use certus_registry::Position;
use jiff::ZonedDateTime;
use tokio::sync::watch;

pub use conditions::{CLOSURES_MAX, Closure, Conditions, ConditionsError, FACTOR, RADIUS_MAX};
pub use file::{RoadsError, VERSION};
pub use graph::{Facts, Graph};
pub use kind::RoadClass;

use super::{StraightLine, TravelTime, Ways, is_snow_season};
use conditions::Laid;
use search::Pool;
use towards::Towards;

/// Distances on the sphere and on a plane differ by less than this.
const SLACK: f64 = 1.01;

/// Travel times on a road graph.
#[derive(Debug)]
pub struct Roads {
    graph: Graph,
    off_road: StraightLine,
    conditions: watch::Sender<Arc<Laid>>,
    pool: Pool,
}

impl Roads {
    /// On a graph; off its roads as the straight line says.
    #[must_use]
    pub fn on(graph: Graph, off_road: StraightLine) -> Self {
        Self { graph, off_road, conditions: watch::Sender::new(Arc::default()), pool: Pool::default() }
    }

    /// On the graph of a file.
    ///
    /// # Errors
    /// [`RoadsError`] names the file, what was found and what was expected.
    pub fn open(path: &Path, off_road: StraightLine) -> Result<Self, RoadsError> {
        Ok(Self::on(Graph::open(path)?, off_road))
    }

    /// The graph.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }
}

impl TravelTime for Roads {
    fn towards<'a>(&'a self, scene: Position, at: &ZonedDateTime, limit_s: u32) -> Box<dyn Ways + 'a> {
        let laid = self.conditions.borrow().clone();
        Box::new(Towards::new(self, laid, scene, is_snow_season(at), limit_s))
    }

    fn speed_max(&self) -> f64 {
        self.off_road.speed_max().max(self.graph.facts().speed_max * SLACK)
    }

    fn heed(&self, conditions: Conditions) -> bool {
        self.conditions.send_replace(Arc::new(Laid::on(&self.graph.view(), conditions)));
        true
    }
}
