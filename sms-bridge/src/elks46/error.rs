//! What 46elks's answers mean for a message.

use reqwest::StatusCode;

use crate::SendError;

/// Longest part of an error text that is kept, in characters.
const TEXT_MAX: usize = 120;

/// From the status and the plain text of an answer that is not a success.
///
/// 400, 404 and the like are about this message and final. 401, 402, 403 and 429 are about the account: another
/// gateway, or a later attempt, may succeed. 408, 502 and 504 come from a machine in between that may have passed
/// the message on.
pub(super) fn from_answer(status: StatusCode, text: &str) -> SendError {
    let reason = format!("HTTP {}: {}", status.as_u16(), without_numbers(text));
    match status.as_u16() {
        408 | 502 | 504 => SendError::Unknown { reason },
        401..=403 | 429 | 300..=399 | 500..=599 => SendError::Temporary { reason },
        _ if text.to_lowercase().contains("credit") => SendError::Temporary { reason },
        _ => SendError::Refused { reason },
    }
}

/// Error texts may repeat the telephone number, and reasons are logged.
fn without_numbers(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control()).take(TEXT_MAX);
    shown.map(|c| if c.is_ascii_digit() { '#' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_says_whether_the_message_may_be_tried_again() {
        let kind = |status, text| match from_answer(StatusCode::from_u16(status).unwrap(), text) {
            SendError::Temporary { .. } => "temporary",
            SendError::Refused { .. } => "refused",
            SendError::Unknown { .. } => "unknown",
        };
        let cases = [
            (400, "", "refused"),
            (400, "Not enough credits.", "temporary"),
            (401, "", "temporary"),
            (403, "", "temporary"),
            (404, "", "refused"),
            (408, "", "unknown"),
            (429, "", "temporary"),
            (500, "", "temporary"),
            (502, "", "unknown"),
            (503, "", "temporary"),
            (504, "", "unknown"),
        ];
        for (status, text, expected) in cases {
            assert_eq!(kind(status, text), expected, "{status} {text}");
        }
    }

    #[test]
    fn a_reason_holds_no_telephone_number() {
        let error = from_answer(StatusCode::BAD_REQUEST, "Invalid to: +46701740605");
        assert_eq!(error.to_string(), "refused: HTTP 400: Invalid to: +###########");
    }
}
