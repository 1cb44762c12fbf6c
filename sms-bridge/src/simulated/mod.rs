//! A phone network in the same process: seeded, steppable, as unreliable as it is told to be.
//!
//! For the demo, the simulator and tests. It must behave as a real gateway does towards the bridge: receipts
//! and replies go through the same stores, and it never looks into the outbox.

mod network;
mod people;

pub use network::{Delivered, NAME, Network, NetworkSettings, NetworkStep};
pub use people::{Answer, People, SeededPeople};
