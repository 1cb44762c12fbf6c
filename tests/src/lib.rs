//! What the test suites share: databases to run on, the built binary, peers, load, and what must hold afterwards.

pub mod bench;
pub mod binary;
pub mod databases;
pub mod disk;
pub mod elks46_peer;
pub mod gammu;
pub mod kannel;
pub mod line;
pub mod load;
pub mod osrm;
pub mod peer;
pub mod proxy;
pub mod push_peer;
pub mod rest;
pub mod sim;
pub mod tables;
pub mod valhalla;
pub mod written;
