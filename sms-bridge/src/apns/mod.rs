//! APNs, Apple's push service for iOS apps, over HTTP/2 with token authentication.
//!
//! No emulator of APNs exists; our tests have a contract peer. A critical alert rings through silence, but only for an
//! app to which Apple gave that entitlement; others are "time sensitive".

mod client;
mod error;
mod notification;
mod provider_token;
mod settings;

pub use client::Apns;
pub use notification::{Alert, DeviceToken, PAYLOAD_MAX};
pub use settings::{ApnsKey, ApnsSettings};
