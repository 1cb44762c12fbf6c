//! The pages: the operator's console, sign-in, the page of a person who was called out, and everybody's own.
//!
//! The console is a client of the public API like any other; what a person called out sees comes
//! through [`CallOuts`]. Nothing here decides anything about an incident.

mod accounts;
mod assets;
mod bridge;
pub mod callout;
mod console;
mod from_engine;
mod language;
mod list_map;
mod oidc;
mod own;
mod page;
mod passkeys;
pub(crate) mod people;
mod plan;
mod policies;
mod roads;
mod sign_in;
#[cfg(test)]
mod tests;
mod things;
mod visitor;
mod words;

use std::sync::Arc;

use axum::{Extension, Router};

pub use from_engine::EngineCallOuts;

pub use callout::{CallOutPage, CallOuts, Destination, PageAnswer, PageState};

use crate::api::SharedApp;

/// Every page and what pages load.
pub fn router(callouts: Arc<dyn CallOuts>) -> Router<SharedApp> {
    Router::new()
        .merge(accounts::router())
        .merge(assets::router())
        .merge(bridge::router())
        .merge(console::router())
        .merge(own::router())
        .merge(people::router())
        .merge(policies::router())
        .merge(roads::router())
        .merge(sign_in::router())
        .merge(things::router())
        .merge(oidc::router())
        .merge(passkeys::router())
        .merge(callout::router().layer(Extension(callouts)))
}
