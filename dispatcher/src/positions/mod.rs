//! Where volunteers are now: taken from their phones, kept in memory for the search, written behind.
//!
//! A point (`apps` reads those of other people's apps) passes `fix` (is it a position, is it newer?), `live` (index and last position in memory) and
//! `writer` (durable within a second). Trails are not kept here (`crate::trail`), and no rule about whom to call either.

pub mod apps;
pub mod fix;
pub mod index;
pub mod live;
pub mod service;
pub mod store;
pub mod tokens;
pub mod writer;

pub use fix::{Dropped, LastPosition, Point, Tally, moment};
pub use index::PositionIndex;
pub use live::{LivePositions, Reading};
pub use service::Positions;
pub use tokens::PositionTokens;
pub use writer::PositionWriter;
