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
    /// By the centre's id; true: delivered.
    parts: BTreeMap<String, bool>,
}

/// What a receipt says, seen together with those before it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// It is clear what became of the message.
    Whole(MessageId, ReceiptStatus),
    /// It names a part of a message that is not settled by it.
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
        known.parts.insert(part.to_owned(), false);
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

    /// A receipt, perhaps of a part.
    pub(super) fn told(&mut self, part: &str, status: &ReceiptStatus) -> Told {
        let Some(place) = self.messages.iter().position(|message| message.parts.contains_key(part)) else {
            self.keep(part, status);
            return Told::NotAPart;
        };
        let message = &mut self.messages[place];
        match status {
            ReceiptStatus::Sent => return Told::Waiting,
            ReceiptStatus::Delivered => drop(message.parts.insert(part.to_owned(), true)),
            ReceiptStatus::Failed { .. } => {}
        }
        let arrived = message.parts.len() == message.total && message.parts.values().all(|arrived| *arrived);
        if *status == ReceiptStatus::Delivered && !arrived {
            return Told::Waiting;
        }
        let message = message.id;
        self.messages.remove(place);
        Told::Whole(message, status.clone())
    }

    /// While a message is leaving, a receipt may be quicker than the answer that names its part.
    fn keep(&mut self, part: &str, status: &ReceiptStatus) {
        if self.messages.iter().any(|message| message.parts.len() < message.total) {
            self.early.truncate(EARLY_MAX - 1);
            self.early.push_front((part.to_owned(), status.clone()));
        }
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
        assert_eq!(multipart.told("a", &Delivered), Told::NotAPart);
    }

    #[test]
    fn one_part_that_fails_is_enough_and_receipts_may_be_early() {
        let (mut multipart, id) = two_parts();
        let failed = ReceiptStatus::Failed { reason: "UNDELIV".to_owned() };
        assert_eq!(multipart.told("b", &failed), Told::NotAPart, "nobody has told us of b yet");
        assert_eq!((multipart.taken(id, "a"), multipart.taken(id, "b")), (None, Some(failed)));
    }
}
