//! The gateway to 46elks, a Swedish SMS provider: form in, JSON out, errors as plain text, receipts and replies
//! by webhook. There is no idempotency key, so an unanswered request is reconciled from the provider's list.

mod api;
mod call;
mod client;
mod error;
mod history;
mod keys;
mod settings;
mod webhook;

pub use api::SetupError;
pub use call::{Answered, Elks46Calls, Script};
pub use client::Elks46;
pub use keys::{Ended, Key, parse_ended, parse_key};
pub use settings::{Elks46Settings, VoiceSettings};
pub use webhook::{WebhookError, check, parse_inbound, parse_receipt};

use certus_registry::Timestamp;

/// The gateway's name in the outbox and the inbox.
pub const NAME: &str = "elks46";
/// That of the one for calls.
pub const CALLS: &str = "elks46-calls";

/// 46elks writes UTC without saying so: `2016-10-11T13:36:13.081000`.
fn parse_time(text: &str) -> Option<Timestamp> {
    let zoned = if text.ends_with('Z') { text.to_owned() } else { format!("{text}Z") };
    Timestamp::parse_rfc3339(&zoned).ok()
}
