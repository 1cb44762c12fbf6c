//! What the message centre's answer to a submission means. Pure.

use rusmpp::CommandStatus;
use rusmppc::error::Error;

use crate::SendError;

/// Why a submission was not answered with an id. Reasons hold the status only.
#[expect(clippy::wildcard_enum_match_arm, reason = "another crate's enum, which says that it will grow")]
pub(super) fn failure(error: &Error) -> SendError {
    match error {
        Error::UnexpectedResponse { response } => status(response.status()),
        Error::ResponseTimeout { .. } => unknown("no answer in time"),
        Error::ConnectionClosed | Error::ConnectionClosedByPeer | Error::Io(_) => {
            unknown("the session was lost")
        }
        Error::EnquireLinkTimeout { .. } => unknown("the message centre fell silent"),
        Error::Encode(_) => SendError::Refused { reason: "it could not be encoded".to_owned() },
        // Whatever came instead of an answer says nothing about the message.
        _ => unknown("an answer that could not be read"),
    }
}

/// SMPP 3.4, table 5-2. Retryable is what is about the moment or about us; refused is what is about this message.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum: sixty statuses, of which a dozen matter"
)]
fn status(status: CommandStatus) -> SendError {
    use CommandStatus as S;
    let reason = format!("{status:?}");
    match status {
        S::EsmeRinvdstadr
        | S::EsmeRinvdstton
        | S::EsmeRinvdstnpi
        | S::EsmeRinvmsglen
        | S::EsmeRinvdcs
        | S::EsmeRinvexpiry
        | S::EsmeRinvesmclass
        | S::EsmeRinvsched
        | S::EsmeRinvprtflg
        | S::EsmeRprohibited => SendError::Refused { reason },
        // The centre may have failed after it took the message.
        S::EsmeRsyserr | S::EsmeRunknownerr => SendError::Unknown { reason },
        // Throttled, queue full, not bound, our own address or service, and whatever an operator invents.
        _ => SendError::Temporary { reason },
    }
}

fn unknown(why: &str) -> SendError {
    SendError::Unknown { reason: why.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_meaning() {
        let table = [
            (CommandStatus::EsmeRthrottled, "not taken for now: EsmeRthrottled"),
            (CommandStatus::EsmeRmsgqful, "not taken for now: EsmeRmsgqful"),
            (CommandStatus::EsmeRinvdstadr, "refused: EsmeRinvdstadr"),
            (CommandStatus::EsmeRsyserr, "no answer: EsmeRsyserr"),
            (CommandStatus::EsmeRinvsrcadr, "not taken for now: EsmeRinvsrcadr"),
        ];
        for (found, expected) in table {
            assert_eq!(status(found).to_string(), expected);
        }
    }
}
