//! What people do by themselves, without an account: prove that a phone is theirs and sign in at their own page (`proof`),
//! see all that is held (`held`, `record`) and take it along (`export`), leave (`leave`),
//! apply (`application`).
//!
//! Nothing here lets anybody see somebody else, or learn who is registered.

pub mod application;
pub mod export;
pub mod held;
pub mod leave;
pub mod proof;
pub mod record;
mod rfc3339;
