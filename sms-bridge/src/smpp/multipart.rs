//! Messages of several parts: each part has a receipt of its own, and only together do they say that the text arrived.
//!
//! Kept in memory: after a restart the receipt of the last part speaks for all of them.

use std::collections::{BTreeMap, VecDeque};

use crate::MessageId;
use crate::receipt::ReceiptStatus;

/// Messages remembered at most; the oldest are forgotten first.
const MESSAGES_MAX: usize = 1_000;
/// Receipts kept of parts whose ids we may not have been told yet.
const EARLY_MAX: usize = 200;

#[derive(Debug, Default)]
pub(super) struct Multipart {
    messages: VecDeque<Message>,
    early: VecDeque<(String, ReceiptStatus)>,
}

#[derive(Debug)]
struct Message {
    id: MessageId,
    total: usize,
    /// By the centre's id: whether it arrived, once that is known.
    parts: BTreeMap<String, Option<bool>>,
}

/// What a receipt says, seen together with those before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is clear what became of the message.
    Whole(MessageId, ReceiptStatus),
    /// It names a part of a message that is not settled by it, or is kept until the messages that are leaving have left.
    Waiting,
    /// It names none of these messages' parts, as far as we have been told them.
    NotAPart,
}

impl Multipart {
    /// A message of so many parts begins to leave.
    pub(super) fn begin(&mut self, id: MessageId, total: usize) {
        if self.messages.len() == MESSAGES_MAX {
            self.messages.pop_front();
        }
        self.messages.push_back(Message { id, total, parts: BTreeMap::new() });
    }

    /// A part was taken under this name; answers with what became of the message, if that is known by now.
    pub(super) fn taken(&mut self, message: MessageId, part: &str) -> Option<ReceiptStatus> {
        let known = self.messages.iter_mut().rev().find(|known| known.id == message)?;
        known.parts.insert(part.to_owned(), None);
        let early = self.early.iter().position(|(id, _)| id == part)?;
        let (part, status) = self.early.remove(early)?;
        match self.told(&part, &status) {
            Told::Whole(_, status) => Some(status),
            Told::Waiting | Told::NotAPart => None,
        }
    }

    /// It did not leave as a whole.
    pub(super) fn given_up(&mut self, message: MessageId) {
        self.messages.retain(|known| known.id != message);
    }

    /// A receipt, perhaps of a part. What has been settled is remembered, for receipts come twice.
    pub(super) fn told(&mut self, part: &str, status: &ReceiptStatus) -> Told {
        let Some(place) = self.messages.iter().position(|message| message.parts.contains_key(part)) else {
            return if self.keep(part, status) { Told::Waiting } else { Told::NotAPart };
        };
        let message = &mut self.messages[place];
        let arrived = match status {
            ReceiptStatus::Sent => return Told::Waiting,
            ReceiptStatus::Delivered => true,
            ReceiptStatus::Failed { .. } => false,
        };
        message.parts.insert(part.to_owned(), Some(arrived));
        let all =
            message.parts.len() == message.total && message.parts.values().all(|part| *part == Some(true));
        if arrived && !all { Told::Waiting } else { Told::Whole(message.id, status.clone()) }
    }

    /// Receipts that were kept and name no part of any message, once none is leaving any more.
    pub(super) fn unclaimed(&mut self) -> Vec<(String, ReceiptStatus)> {
        if self.is_leaving() { Vec::new() } else { self.early.drain(..).collect() }
    }

    /// While a message is leaving, a receipt may be quicker than the answer that names its part.
    fn keep(&mut self, part: &str, status: &ReceiptStatus) -> bool {
        let kept = self.is_leaving() && self.early.len() < EARLY_MAX;
        if kept {
            self.early.push_back((part.to_owned(), status.clone()));
        }
        kept
    }

    fn is_leaving(&self) -> bool {
        self.messages.iter().any(|message| message.parts.len() < message.total)
    }
}

#[cfg(test)]
mod tests {
    use certus_registry::{Random, Timestamp};

    use super::*;
    use ReceiptStatus::{Delivered, Sent};

    fn two_parts() -> (Multipart, MessageId) {
        let id = MessageId::new(Timestamp::from_millis(0), &Random::from_seed(1));
        let mut multipart = Multipart::default();
        multipart.begin(id, 2);
        (multipart, id)
    }

    #[test]
    fn a_message_has_arrived_when_all_its_parts_have() {
        let (mut multipart, id) = two_parts();
        assert_eq!((multipart.taken(id, "a"), multipart.taken(id, "b")), (None, None));
        assert_eq!(multipart.told("b", &Delivered), Told::Waiting);
        assert_eq!(multipart.told("b", &Delivered), Told::Waiting, "told twice");
        assert_eq!(multipart.told("a", &Sent), Told::Waiting);
        assert_eq!(multipart.told("a", &Delivered), Told::Whole(id, Delivered));
        assert_eq!(multipart.told("a", &Delivered), Told::Whole(id, Delivered), "told twice");
        assert_eq!(multipart.told("c", &Delivered), Told::NotAPart);
    }

    #[test]
    fn one_part_that_fails_is_enough_and_receipts_may_be_early() {
        let (mut multipart, id) = two_parts();
        let failed = ReceiptStatus::Failed { reason: "UNDELIV".to_owned() };
        assert_eq!(multipart.told("b", &failed), Told::Waiting, "nobody has told us of b yet");
        assert_eq!(multipart.told("another", &Delivered), Told::Waiting);
        assert_eq!(multipart.unclaimed(), []);
        assert_eq!((multipart.taken(id, "a"), multipart.taken(id, "b")), (None, Some(failed)));
        assert_eq!(multipart.told("a", &Delivered), Told::Waiting, "the other part arrived alone");
        assert_eq!(multipart.unclaimed(), [("another".to_owned(), Delivered)]);
        assert_eq!(multipart.told("another", &Delivered), Told::NotAPart);
    }
}
