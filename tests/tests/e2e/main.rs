//! End to end: the built binary, driven from outside, on both databases.

mod alarm;
mod errors;
mod kill;
mod lifecycle;
mod peer;
