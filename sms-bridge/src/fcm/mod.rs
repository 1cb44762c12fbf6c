//! FCM, Google's push service for Android apps, through its HTTP v1 API.
//!
//! Data messages only: the app itself decides how loudly an alarm rings, and acknowledges it to us. No emulator of FCM
//! exists; our tests have a contract peer.

mod client;
mod error;
mod settings;
mod token;

pub use client::{DATA_MAX, Fcm, FcmToken};
pub use settings::{FcmSettings, ServiceAccount};
