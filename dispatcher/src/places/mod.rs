//! Where an incident is: coordinates in every notation a caller may read out, and names of places.

pub mod coordinates;
pub mod gazetteer;
pub mod grid;
pub mod import;
pub mod names;

pub use coordinates::{CoordinatesError, Notation, Understood};
pub use gazetteer::Gazetteer;
pub use grid::{Grid, Plane};
pub use names::{Named, Names};
