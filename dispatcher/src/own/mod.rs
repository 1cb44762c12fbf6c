//! What people do by themselves, without an account: prove that a phone is theirs and sign in at their own page (`proof`).
//!
//! Nothing here lets anybody see somebody else, or learn who is registered.

pub mod proof;
