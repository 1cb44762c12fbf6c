//! Carries call-outs to phones and replies back, and loses neither: a durable outbox and inbox, one
//! worker that claims by lease, and the gateways it hands messages to.
//!
//! This crate must never learn what an incident is. A message carries an opaque reference; what became
//! of it is read through [`outbox::unreported`], what people answered through [`inbox::unhandled`].

pub mod apns;
pub mod elks46;
pub mod error;
pub mod fcm;
pub mod gammu;
pub mod gateway;
pub mod gsm;
pub mod inbox;
pub mod incoming;
pub mod message;
pub mod outbox;
mod parts;
pub mod person;
pub mod push;
mod rate;
pub mod receipt;
pub mod reply;
pub mod retention;
pub mod routes;
pub mod sealing;
pub mod simulated;
pub mod smpp;
pub mod speech;
pub mod template;
mod transport;
pub mod webhook;
pub mod webpush;
pub mod worker;

pub use error::BridgeError;
pub use gateway::{Accepted, Gateway, Neighbours, Outgoing, Reconciled, SendError};
pub use incoming::Incoming;
pub use message::{Channel, MessageId, Milestone, NewMessage, Rung, Urgency};
pub use routes::{Route, Routes};
pub use worker::{Posted, Step, Worker, WorkerHandle, WorkerSettings};

use certus_registry::Database;

/// Brings the bridge's tables up to date; its book is `bridge_migrations`.
///
/// # Errors
/// [`BridgeError::Migration`] when a migration fails or an applied one was changed.
pub async fn migrate(db: &Database) -> Result<(), BridgeError> {
    Ok(db.migrate("bridge_migrations", sqlx::migrate!("./migrations")).await?)
}
