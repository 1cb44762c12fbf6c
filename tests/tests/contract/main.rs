//! Contract tests: every store function, on SQLite and on PostgreSQL.

mod bridge;
mod database;
<<<<<<< HEAD
mod idempotency;
mod positions;
mod registry;
=======
mod elks46;
>>>>>>> bridge
