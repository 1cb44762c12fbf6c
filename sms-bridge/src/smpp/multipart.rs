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
        self.told(&part, &status).map(|(_, status)| status)
    }

    /// It did not leave as a whole.
    pub(super) fn given_up(&mut self, message: MessageId) {
        self.messages.retain(|known| known.id != message);
    }

    /// Whether a receipt names a part of one of these messages.
    pub(super) fn has(&self, part: &str) -> bool {
        self.messages.iter().any(|message| message.parts.contains_key(part))
    }

    /// A receipt of a part; answers with the message and what became of it, once that is clear.
    pub(super) fn told(&mut self, part: &str, status: &ReceiptStatus) -> Option<(MessageId, ReceiptStatus)> {
        let Some(place) = self.messages.iter().position(|message| message.parts.contains_key(part)) else {
            self.keep(part, status);
            return None;
        };
        let message = &mut self.messages[place];
        match status {
            ReceiptStatus::Sent => return None,
            ReceiptStatus::Delivered => drop(message.parts.insert(part.to_owned(), true)),
            ReceiptStatus::Failed { .. } => {}
        }
        let arrived = message.parts.len() == message.total && message.parts.values().all(|arrived| *arrived);
        if *status == ReceiptStatus::Delivered && !arrived {
            return None;
        }
        let message = self.messages.remove(place)?;
        Some((message.id, status.clone()))
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
        assert_eq!(multipart.told("b", &Delivered), None);
        assert_eq!(multipart.told("b", &Delivered), None, "told twice");
        assert_eq!(multipart.told("a", &Sent), None);
        assert_eq!(multipart.told("a", &Delivered), Some((id, Delivered)));
        assert!(!multipart.has("a"));
    }

    #[test]
    fn one_part_that_fails_is_enough_and_receipts_may_be_early() {
        let (mut multipart, id) = two_parts();
        let failed = ReceiptStatus::Failed { reason: "UNDELIV".to_owned() };
        assert_eq!(multipart.told("b", &failed), None, "nobody has told us of b yet");
        assert_eq!((multipart.taken(id, "a"), multipart.taken(id, "b")), (None, Some(failed)));
    }
}
