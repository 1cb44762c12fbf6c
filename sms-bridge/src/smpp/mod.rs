//! SMPP 3.4: one session with an operator's message centre, over which texts leave and receipts and replies come.
//!
//! `rusmppc` carries the session; what it leaves to its user (encoding, parts, windows, reconnecting) is here. Facts and
//! traps: SMPP v3.4 issue 1.2, and what was seen on the wire.

mod answer;
mod client;
mod connect;
mod corked;
mod delivery;
mod driven;
mod multipart;
mod settings;
mod submit;

pub use client::{NAME, Smpp};
pub use settings::{SettingsError, SmppSettings};
