//! Web Push: to browsers and `UnifiedPush` apps, through the push service that each of them chose (RFC 8030, 8291, 8292).
//!
//! The endpoint comes from outside, so it decides where this server connects to: [`Reach`] keeps it away from whatever
//! is not on the public internet. What a push says is encrypted for its phone; the push service cannot read it.

mod client;
mod error;
mod reach;
mod settings;
mod subscription;
mod vapid;

pub use client::{PAYLOAD_MAX, WebPush};
pub use reach::Reach;
pub use settings::WebPushSettings;
pub use subscription::{Subscription, SubscriptionError};
pub use vapid::VapidKey;
