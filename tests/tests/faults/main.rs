//! Faults on the built binary: what an operator sees, what is guaranteed, and the figure. The table is
//! `docs/reliability.md`.

mod cuts;
mod disks;
mod kills;
mod nodes;
mod scene;

/// Where the peer for 46elks was built.
const PEER: &str = env!("CARGO_BIN_EXE_elks46-peer");
