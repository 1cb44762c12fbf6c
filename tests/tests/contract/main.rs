//! Contract tests: every store function, on SQLite and on PostgreSQL.

mod bridge;
mod database;
mod elks46;
mod engine;
mod idempotency;
mod positions;
mod registry;
mod road_conditions;
mod segments;
mod template;
mod uploads;
