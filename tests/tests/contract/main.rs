//! Contract tests: every store function, on SQLite and on PostgreSQL.

mod bridge;
mod database;
mod elks46;
