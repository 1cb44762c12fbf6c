//! What we write on a message in gammu's hands, to know it again.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use certus_registry::Timestamp;

use crate::MessageId;
use crate::receipt::ReceiptStatus;

/// `c-MESSAGE-VALID_UNTIL-PARTS` (32 hexadecimal digits, seconds, a number), in `CreatorID` or in a file's name. Short and
/// without a full stop: gammu-smsd 1.42 is killed by a name in its outbox of 100 characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tag {
    pub(super) message: MessageId,
    /// Whole seconds.
    pub(super) valid_until: Timestamp,
    pub(super) parts: usize,
}

/// How every tag begins.
pub(super) const PREFIX: &str = "c-";

impl Tag {
    pub(super) fn new(message: MessageId, valid_until: Timestamp, parts: usize) -> Self {
        let seconds = valid_until.as_millis() / 1_000;
        Self { message, valid_until: Timestamp::from_millis(seconds * 1_000), parts }
    }

    /// How the tags of a message begin.
    pub(super) fn of(message: MessageId) -> String {
        format!("{PREFIX}{}-", message.to_string().replace('-', ""))
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}-{}", Self::of(self.message), self.valid_until.as_millis() / 1_000, self.parts)
    }
}

impl FromStr for Tag {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut fields = text.strip_prefix(PREFIX).ok_or(())?.split('-');
        let mut field = || fields.next().ok_or(());
        let message = field()?.parse().map_err(|_| ())?;
        let seconds: i64 = field()?.parse().map_err(|_| ())?;
        let valid_until = Timestamp::from_millis(seconds.saturating_mul(1_000));
        Ok(Self { message, valid_until, parts: field()?.parse().map_err(|_| ())? })
    }
}

/// What gammu's words about each part say about the message; `None`: some parts have not been tried yet.
pub(super) fn status(parts: usize, told: &[String]) -> Option<ReceiptStatus> {
    let bad = told.iter().find(|word| matches!(word.as_str(), "SendingError" | "Error" | "DeliveryFailed"));
    if let Some(word) = bad {
        return Some(ReceiptStatus::Failed { reason: format!("gammu: {word}") });
    }
    if told.len() < parts {
        return None;
    }
    let arrived = told.iter().all(|word| word == "DeliveryOK");
    Some(if arrived { ReceiptStatus::Delivered } else { ReceiptStatus::Sent })
}

/// How long the network keeps trying, as its octet counts it (3GPP TS 23.040, 9.2.3.12.1): steps of five minutes, then of
/// half an hour, then of days; never longer than `span`, but five minutes at least.
pub(super) fn relative_validity(span: Duration) -> i32 {
    let minutes = i32::try_from(span.as_secs() / 60).unwrap_or(i32::MAX);
    match minutes {
        ..=720 => (minutes / 5 - 1).max(0),
        721..=1_440 => 143 + (minutes - 720) / 30,
        _ => 166 + (minutes / 1_440).min(30),
    }
}

#[cfg(test)]
mod tests {
    use certus_registry::Random;

    use super::*;

    #[test]
    fn a_tag_reads_back_and_a_strange_one_does_not() {
        let at = Timestamp::from_millis(1_795_400_000_000);
        let tag = Tag::new(MessageId::new(at, &Random::from_seed(1)), at + Duration::from_millis(7), 3);
        assert_eq!(tag.to_string().parse(), Ok(tag));
        for strange in ["", "c-", "Gammu", "c-x-1-1", "c-019ab000000070008000000000000001-1"] {
            assert_eq!(strange.parse::<Tag>(), Err(()), "{strange}");
        }
    }

    #[test]
    fn a_message_has_come_as_far_as_its_worst_part() {
        let failed = |word: &str| Some(ReceiptStatus::Failed { reason: format!("gammu: {word}") });
        let table: [(usize, &[&str], _); 9] = [
            (1, &[], None),
            (1, &["SendingOK"], Some(ReceiptStatus::Sent)),
            (1, &["SendingOKNoReport"], Some(ReceiptStatus::Sent)),
            (1, &["DeliveryPending"], Some(ReceiptStatus::Sent)),
            (1, &["DeliveryOK"], Some(ReceiptStatus::Delivered)),
            (2, &["DeliveryOK"], None),
            (2, &["DeliveryOK", "SendingOK"], Some(ReceiptStatus::Sent)),
            (2, &["DeliveryOK", "DeliveryFailed"], failed("DeliveryFailed")),
            (2, &["SendingError"], failed("SendingError")),
        ];
        for (parts, told, expected) in table {
            let told: Vec<String> = told.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(status(parts, &told), expected, "{parts} {told:?}");
        }
    }

    #[test]
    fn the_network_never_tries_longer_than_the_message_is_valid() {
        let steps = [
            (1, 0),
            (9, 0),
            (10, 1),
            (60, 11),
            (720, 143),
            (749, 143),
            (750, 144),
            (1_440, 167),
            (2_880, 168),
        ];
        for (minutes, code) in steps {
            assert_eq!(relative_validity(Duration::from_mins(minutes)), code, "{minutes}");
        }
        assert_eq!(relative_validity(Duration::from_hours(24 * 400)), 196);
    }
}
