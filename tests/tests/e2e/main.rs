//! End to end: the built binary, driven from outside, on both databases.

mod alarm;
mod bridge;
mod errors;
mod fuzz;
mod kill;
mod lifecycle;
mod oidc;
mod sealing;

/// Where the peer for 46elks was built.
const PEER: &str = env!("CARGO_BIN_EXE_elks46-peer");
