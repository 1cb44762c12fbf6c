//! What APNs's answers mean for a device token and for us.

use certus_registry::Timestamp;
use serde::Deserialize;

use crate::push::PushError;
use crate::push::http::{self, Answer};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    reason: String,
    /// With 410: when APNs last knew the token to be dead, in milliseconds.
    timestamp: Option<i64>,
}

/// From an answer that is no success.
///
/// 400 `BadDeviceToken` does not delete: that is also what every token of a development build gives at the other of
/// Apple's two servers.
pub(super) fn from_answer(answer: &Answer, now: Timestamp) -> PushError {
    let (said, since) = answer.json::<Body>().map_or((String::new(), None), |b| (b.reason, b.timestamp));
    let reason = format!("HTTP {} {}", answer.status, http::word(&said)).trim_end().to_owned();
    match answer.status {
        410 => PushError::Gone { since: since.map(Timestamp::from_millis), reason },
        status => PushError::from_status(status, http::retry_after(&answer.headers, now), reason),
    }
}

/// Whether our token was refused for its age.
pub(super) fn wants_another_token(answer: &Answer) -> bool {
    let said = answer.json::<Body>().map(|body| body.reason);
    answer.status == 403 && said.as_deref() == Some("ExpiredProviderToken")
}
