//! What a push service's answers mean for a subscription.

use certus_registry::Timestamp;
use reqwest::Response;

use super::Reach;
use crate::push::{PushError, http};

/// From the status and headers of an answer; the body may repeat the endpoint and is not read.
///
/// Any success is "taken": RFC 8030 has 201 and 202, but some `UnifiedPush` servers say 200.
pub(super) fn from_answer(answer: &Response, now: Timestamp) -> Result<(), PushError> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let reason = format!("HTTP {}", status.as_u16());
    Err(match status.as_u16() {
        404 | 410 => PushError::Gone { since: None, reason },
        other => PushError::from_status(other, http::retry_after(answer.headers(), now), reason),
    })
}

/// From a request that got no answer.
pub(super) fn from_transport(error: &reqwest::Error) -> PushError {
    if Reach::refused(error) {
        return PushError::Refused { reason: "the endpoint has no public address".to_owned() };
    }
    PushError::from_transport(error)
}
