//! The gateway to 46elks, a Swedish SMS provider: form in, JSON out, errors as plain text, receipts and replies
//! by webhook. There is no idempotency key, so an unanswered request is reconciled from the provider's list.

mod api;
mod client;
mod error;
mod history;
mod settings;
mod webhook;

pub use api::SetupError;
pub use client::Elks46;
pub use settings::Elks46Settings;
pub use webhook::{WebhookError, check, parse_inbound, parse_receipt};

use certus_registry::Timestamp;

/// The gateway's name in the outbox and the inbox.
pub const NAME: &str = "elks46";

/// 46elks writes UTC without saying so: `2016-10-11T13:36:13.081000`.
fn parse_time(text: &str) -> Option<Timestamp> {
    let zoned = if text.ends_with('Z') { text.to_owned() } else { format!("{text}Z") };
    Timestamp::parse_rfc3339(&zoned).ok()
}
