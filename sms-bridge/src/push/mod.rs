//! What the three ways of pushing to a phone share: Web Push, FCM and APNs.
//!
//! A push service accepts and says no more: nothing here is a delivery. Whoever asks somebody by push must hear from
//! the phone itself before they rely on it, and go on to a text message when they do not.
//!
//! Must not know what a push is about. Reasons hold no endpoint, token, key or text: they are logged.

mod delivery;
pub mod devices;
mod error;
pub(crate) mod es256;
pub mod gateway;
pub(crate) mod http;

pub use delivery::{Delivery, Topic, Ttl};
pub use error::PushError;
pub use es256::KeyError;

/// Why a way of pushing could not be set up. Names the setting.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// A setting is of no use.
    #[error("{setting}: {why}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it should be.
        why: &'static str,
    },
    /// No HTTP client could be made.
    #[error("no HTTP client could be made: {0}")]
    Client(#[from] reqwest::Error),
}
