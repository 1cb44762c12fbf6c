//! What the test suites share: databases to run on, the built binary, peers.

pub mod bench;
pub mod binary;
pub mod databases;
pub mod elks46_peer;
pub mod sim;
