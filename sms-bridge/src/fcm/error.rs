//! FCM's errors and what each means for a token and for us.

use certus_registry::Timestamp;
use serde::Deserialize;

use crate::push::PushError;
use crate::push::http::{self, Answer};

/// What FCM calls its errors (`google.firebase.fcm.v1.FcmError`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FcmErrorCode {
    Unregistered,
    InvalidArgument,
    SenderIdMismatch,
    QuotaExceeded,
    Unavailable,
    Internal,
    ThirdPartyAuthError,
    /// None, or one that this version does not know: the status decides.
    Unspecified,
}

impl FcmErrorCode {
    fn read(text: &str) -> Self {
        match text {
            "UNREGISTERED" => Self::Unregistered,
            "INVALID_ARGUMENT" => Self::InvalidArgument,
            "SENDER_ID_MISMATCH" => Self::SenderIdMismatch,
            "QUOTA_EXCEEDED" => Self::QuotaExceeded,
            "UNAVAILABLE" => Self::Unavailable,
            "INTERNAL" => Self::Internal,
            "THIRD_PARTY_AUTH_ERROR" => Self::ThirdPartyAuthError,
            _ => Self::Unspecified,
        }
    }
}

#[derive(Deserialize)]
struct Body {
    error: Fault,
}

#[derive(Deserialize)]
struct Fault {
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
struct Detail {
    #[serde(rename = "errorCode")]
    error_code: Option<String>,
}

/// From an answer that is no success.
///
/// Only UNREGISTERED deletes a token: a 404 without it means that the project or the address is wrong, and must not
/// empty the registry.
pub(super) fn from_answer(answer: &Answer, now: Timestamp) -> PushError {
    let fault = answer.json::<Body>().map(|body| body.error);
    let said = fault.as_ref().map_or("", |fault| {
        fault.details.iter().find_map(|detail| detail.error_code.as_deref()).unwrap_or(&fault.status)
    });
    let reason = format!("HTTP {} {}", answer.status, http::word(said)).trim_end().to_owned();
    let wait = http::retry_after(&answer.headers, now);
    let by_status = |status| PushError::from_status(status, wait, reason.clone());
    match FcmErrorCode::read(said) {
        FcmErrorCode::Unregistered => PushError::Gone { since: None, reason },
        FcmErrorCode::InvalidArgument => PushError::Refused { reason },
        FcmErrorCode::SenderIdMismatch | FcmErrorCode::ThirdPartyAuthError => PushError::KeyFault { reason },
        FcmErrorCode::QuotaExceeded => by_status(429),
        FcmErrorCode::Unavailable => by_status(503),
        FcmErrorCode::Internal => by_status(500),
        FcmErrorCode::Unspecified if answer.status == 404 => PushError::KeyFault { reason },
        FcmErrorCode::Unspecified => by_status(answer.status),
    }
}

/// Whether the access token was what FCM did not like.
pub(super) fn wants_another_token(answer: &Answer) -> bool {
    let said = answer.json::<Body>().map(|body| body.error.status);
    answer.status == 401 && said.as_deref() == Some("UNAUTHENTICATED")
}
