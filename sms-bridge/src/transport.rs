//! What a request over HTTP that got no answer means for a message; the same for every provider.

use crate::SendError;

/// From the error of the HTTP client. Only what surely never went out may be tried again.
pub(crate) fn failure(error: &reqwest::Error) -> SendError {
    if error.is_connect() {
        return SendError::Temporary { reason: "could not connect".to_owned() };
    }
    if error.is_builder() {
        return SendError::Refused { reason: "the request could not be made".to_owned() };
    }
    let reason = if error.is_timeout() { "timed out" } else { "the connection was lost" };
    SendError::Unknown { reason: reason.to_owned() }
}
