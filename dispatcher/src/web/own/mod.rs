//! `/me`: everybody's own page (Min sida), behind a code by text message; and `/apply`, by which people come to have one.

mod apply;
mod calendar;
mod claim;
mod export;
mod leave;
mod page;
mod plan;
mod sign_in;
mod visitor;

use axum::Router;

use crate::api::SharedApp;

/// Where people are led who have not signed in.
const SIGN_IN: &str = "/me/sign-in";

pub(super) fn router() -> Router<SharedApp> {
    page::router()
        .merge(apply::router())
        .merge(calendar::router())
        .merge(claim::router())
        .merge(export::router())
        .merge(leave::router())
        .merge(plan::router())
        .merge(sign_in::router())
}
