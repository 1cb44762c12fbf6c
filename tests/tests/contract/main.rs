//! Contract tests: every store function, on SQLite and on PostgreSQL.

mod database;
mod positions;
mod registry;
