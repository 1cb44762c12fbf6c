//! Texts that the modem has received, put together from their parts.

use std::collections::BTreeMap;

use certus_registry::{Phone, Timestamp};

use super::NAME;
use crate::gsm::header::Part;
use crate::gsm::octets::from_utf16;
use crate::inbox::{NewInbound, derived_id};

/// One text message on the air as gammu keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// What gammu knows it by, in the order of arrival: several pieces of one file have one.
    pub(super) key: String,
    /// Who sent it, as gammu writes it.
    pub(super) sender: String,
    /// Its header and its text, hexadecimal.
    pub(super) header: String,
    pub(super) text: String,
    /// The network's time, in whatever form gammu gives it.
    pub(super) sent_at: String,
}

/// A whole text and what gammu knows its pieces by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) keys: Vec<String>,
    /// Parts are missing.
    pub(super) torn: bool,
    sender: String,
    body: String,
    sent_at: String,
}

/// Who sent it, its key where it stands alone, and the reference and number of its parts where it does not.
type Group = (String, String, Option<(u16, u8)>);

/// Puts pieces together.
pub(super) fn together(pieces: Vec<Piece>) -> Vec<Received> {
    let mut groups: BTreeMap<Group, Vec<(u8, Piece)>> = BTreeMap::new();
    for piece in pieces {
        let part = hex::decode(&piece.header).ok().and_then(|header| Part::of(header.get(1..)?));
        let alone = if part.is_some() { String::new() } else { piece.key.clone() };
        let place = (piece.sender.clone(), alone, part.map(|part| (part.reference, part.total)));
        groups.entry(place).or_default().push((part.map_or(0, |part| part.number), piece));
    }
    let mut all: Vec<Received> =
        groups.into_iter().map(|((_, _, part), pieces)| joined(part, pieces)).collect();
    all.sort_by(|a, b| a.keys.cmp(&b.keys));
    all
}

fn joined(part: Option<(u16, u8)>, mut pieces: Vec<(u8, Piece)>) -> Received {
    pieces.sort_by(|(a, one), (b, other)| (a, &one.key).cmp(&(b, &other.key)));
    let mut keys: Vec<String> = pieces.iter().map(|(_, piece)| piece.key.clone()).collect();
    keys.sort();
    keys.dedup();
    if part.is_some() {
        pieces.dedup_by_key(|(number, _)| *number);
    }
    // A character may be cut in half between two parts.
    let octets: Vec<u8> =
        pieces.iter().flat_map(|(_, piece)| hex::decode(&piece.text).unwrap_or_default()).collect();
    let torn = part.is_some_and(|(_, total)| pieces.len() < usize::from(total));
    let first = &pieces[0].1;
    let (sender, sent_at) = (first.sender.clone(), first.sent_at.clone());
    Received { keys, torn, sender, body: from_utf16(&octets), sent_at }
}

impl Received {
    /// As the inbox takes it; `None`: it comes from no telephone number.
    pub(super) fn reply(&self, now: Timestamp) -> Option<NewInbound> {
        let from: Phone = self.sender.parse().ok()?;
        let provider_id = derived_id(&from, &self.body, &self.sent_at);
        let body = self.body.clone();
        Some(NewInbound {
            gateway: NAME.to_owned(),
            provider_id,
            from,
            body,
            answers: None,
            received_at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(key: &str, header: &str, text: &str) -> Piece {
        let text = hex::encode(text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>());
        let (sender, sent_at) = ("+46701740605".to_owned(), "2026-11-24 17:00:00".to_owned());
        Piece { key: key.to_owned(), sender, header: header.to_owned(), text, sent_at }
    }

    fn told(pieces: Vec<Piece>) -> Vec<(String, usize, bool)> {
        together(pieces).into_iter().map(|text| (text.body, text.keys.len(), text.torn)).collect()
    }

    #[test]
    fn parts_are_put_together_in_their_order_and_others_stay_alone() {
        let pieces = vec![
            piece("1", "050003AC0202", "är 😀 spärrad"),
            piece("2", "", "ensam"),
            piece("3", "050003AC0201", "vägen "),
            piece("4", "", "ensam"),
        ];
        let expected = [
            ("vägen är 😀 spärrad".to_owned(), 2, false),
            ("ensam".to_owned(), 1, false),
            ("ensam".to_owned(), 1, false),
        ];
        assert_eq!(told(pieces), expected);
    }

    #[test]
    fn a_missing_part_is_told_a_repeated_one_is_left_out_and_rubbish_does_no_harm() {
        assert_eq!(told(vec![piece("1", "060804AC000301", "a")]), [("a".to_owned(), 1, true)]);
        let twice = vec![
            piece("1", "050003AC0201", "a"),
            piece("2", "050003AC0201", "a"),
            piece("3", "050003AC0202", "b"),
        ];
        assert_eq!(told(twice), [("ab".to_owned(), 3, false)]);
        let rubbish = Piece { text: "XYZ".to_owned(), header: "0".to_owned(), ..piece("1", "", "") };
        assert_eq!(told(vec![rubbish]), [(String::new(), 1, false)]);
        let nobody = Piece { sender: "Telia".to_owned(), ..piece("1", "", "x") };
        assert_eq!(together(vec![nobody])[0].reply(Timestamp::from_millis(0)), None);
    }
}
