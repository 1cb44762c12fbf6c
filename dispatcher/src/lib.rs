//! Incidents, whom to ask, positions, the API and the pages: everything the binary `certus` runs.
//!
//! `incident` is the pure heart (no async, no SQL, no clock, no randomness); `engine` is the only place
//! where it meets the database, the registry and the messages. See `docs/architecture.md`.

pub mod accounts;
pub mod api;
pub mod calendar;
pub mod calibration;
pub mod calls;
pub mod catalogue;
pub mod channel_test;
pub mod cli;
pub mod config;
pub mod confirming;
pub mod demo;
pub mod engine;
pub mod gateways;
pub mod idempotency;
pub mod incident;
pub mod matching;
pub mod merging;
pub mod metrics;
pub mod node;
pub mod oidc;
pub mod own;
pub mod passkeys;
pub mod places;
pub mod policies;
pub mod positions;
pub mod reminders;
pub mod replay;
pub mod retention;
pub mod road_conditions;
pub mod serve;
pub mod sign_in;
pub mod stopping;
pub mod store;
pub mod subscriptions;
pub mod task;
pub mod text;
pub mod trail;
pub mod travel;
pub mod uploads;
pub mod web;

/// Memory for Rust and, since it takes the place of `malloc` too, for SQLite: an alarm comes after minutes of rest, and the C library's
/// allocator then merges and hands back what the alarm before it had used. In the library, so that whatever measures the program measures this.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;
