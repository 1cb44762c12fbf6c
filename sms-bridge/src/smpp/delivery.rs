//! What a `deliver_sm` brings: a receipt, a reply, or a part of one. Pure.

use rusmpp::pdus::DeliverSm;
use rusmpp::tlvs::TlvValue;
use rusmpp::values::{DataCoding, MessageType};

use crate::gsm::header::Part;
use crate::gsm::octets::{from_gsm7, from_utf16};
use crate::receipt::ReceiptStatus;

/// A `deliver_sm`, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Delivery {
    /// What became of one of our parts.
    Receipt {
        /// The centre's name for it.
        id: String,
        /// What it says.
        status: ReceiptStatus,
    },
    /// A text, or a part of one.
    Text {
        /// Who wrote, as the centre writes it.
        from: String,
        /// The words.
        text: String,
        /// Which part of how many.
        part: Option<Part>,
    },
    /// Nothing that concerns anybody, e.g. a message on its way that will be tried again.
    Nothing,
}

/// Data header indicator of the class.
const UDHI: u8 = 0x40;

pub(super) fn read(sm: &DeliverSm) -> Delivery {
    let octets = octets(sm);
    match sm.esm_class.message_type {
        MessageType::ShortMessageContainsMCDeliveryReceipt
        | MessageType::ShortMessageContainsIntermediateDeliveryNotification => receipt(sm, &octets),
        MessageType::Default | MessageType::Other(_) => text(sm, &octets),
    }
}

/// The short message, or the payload that some centres send instead.
fn octets(sm: &DeliverSm) -> Vec<u8> {
    let payload = sm.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::MessagePayload(payload)) => Some(payload.value.as_ref().to_vec()),
        Some(_) | None => None,
    });
    let short: &[u8] = sm.short_message().as_ref();
    payload.filter(|_| short.is_empty()).unwrap_or_else(|| short.to_vec())
}

/// The id stands in a field of its own or in the text, `id:… … stat:DELIVRD …` (SMPP 3.4, appendix B).
fn receipt(sm: &DeliverSm, octets: &[u8]) -> Delivery {
    let text = String::from_utf8_lossy(octets);
    let word = |name: &str| {
        let at = text.find(name)? + name.len();
        text[at..].split_whitespace().next().filter(|word| !word.is_empty()).map(str::to_owned)
    };
    let own = sm.tlvs().iter().find_map(|tlv| match tlv.value() {
        Some(TlvValue::ReceiptedMessageId(id)) => Some(id.as_str().to_owned()),
        Some(_) | None => None,
    });
    let id = own.or_else(|| word("id:"));
    let status = word("stat:").and_then(|word| status(&word));
    match (id, status) {
        (Some(id), Some(status)) => Delivery::Receipt { id, status },
        (None, _) | (_, None) => Delivery::Nothing,
    }
}

/// The words of appendix B. `UNKNOWN` says nothing, and so does what an operator invents.
fn status(word: &str) -> Option<ReceiptStatus> {
    let failed = || Some(ReceiptStatus::Failed { reason: word.to_owned() });
    match word.to_uppercase().as_str() {
        "DELIVRD" => Some(ReceiptStatus::Delivered),
        "ACCEPTD" | "ENROUTE" | "BUFFRED" | "SCHEDULED" => Some(ReceiptStatus::Sent),
        "UNDELIV" | "EXPIRED" | "DELETED" | "REJECTD" | "FAILED" => failed(),
        _ => None,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "another crate's enum: whatever is not known is read as the default alphabet"
)]
fn text(sm: &DeliverSm, octets: &[u8]) -> Delivery {
    let (header, body) = without_header(u8::from(sm.esm_class), octets);
    let text = match sm.data_coding {
        DataCoding::Ucs2 => from_utf16(body),
        DataCoding::Latin1 => body.iter().map(|octet| char::from(*octet)).collect(),
        DataCoding::Ia5 => String::from_utf8_lossy(body).into_owned(),
        _ => from_gsm7(body),
    };
    let part = header.and_then(Part::of).or_else(|| sar(sm)).filter(|part| part.is_possible());
    Delivery::Text { from: sm.source_addr.as_str().to_owned(), text, part }
}

fn without_header(class: u8, octets: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match octets.first() {
        Some(length) if class & UDHI != 0 && usize::from(*length) < octets.len() => {
            let (header, body) = octets[1..].split_at(usize::from(*length));
            (Some(header), body)
        }
        Some(_) | None => (None, octets),
    }
}

/// What a header says about parts, in fields of their own.
fn sar(sm: &DeliverSm) -> Option<Part> {
    let (mut reference, mut number, mut total) = (None, None, None);
    for tlv in sm.tlvs() {
        match tlv.value() {
            Some(TlvValue::SarMsgRefNum(value)) => reference = Some(*value),
            Some(TlvValue::SarSegmentSeqnum(value)) => number = Some(*value),
            Some(TlvValue::SarTotalSegments(value)) => total = Some(*value),
            Some(_) | None => {}
        }
    }
    Some(Part { reference: reference?, number: number?, total: total? })
}

#[cfg(test)]
mod tests {
    use std::str::FromStr as _;

    use proptest::prelude::*;
    use rusmpp::types::{COctetString, OctetString};
    use rusmpp::values::EsmClass;

    use super::*;

    fn sm(class: u8, coding: DataCoding, octets: &[u8]) -> DeliverSm {
        DeliverSm::builder()
            .source_addr(COctetString::from_str("46701740605").unwrap())
            .esm_class(EsmClass::from(class))
            .data_coding(coding)
            .short_message(OctetString::from_slice(octets).unwrap())
            .build()
    }

    fn said(text: &str, part: Option<Part>) -> Delivery {
        Delivery::Text { from: "46701740605".to_owned(), text: text.to_owned(), part }
    }

    #[test]
    fn texts_are_read_in_every_coding() {
        let cases: [(DataCoding, &[u8], &str); 4] = [
            (DataCoding::McSpecific, b"JA 12 \x0f\x7b\x7c", "JA 12 åäö"),
            (DataCoding::Latin1, b"JA \xe5", "JA å"),
            (DataCoding::Ia5, b"JA", "JA"),
            (DataCoding::Ucs2, b"\x00J\x00a\xd8\x3d\xde\x91", "Ja🚑"),
        ];
        for (coding, octets, text) in cases {
            assert_eq!(read(&sm(0, coding, octets)), said(text, None));
        }
    }

    #[test]
    fn parts_know_their_place_and_a_broken_header_is_text() {
        let part = |reference, number, total| Some(Part { reference, total, number });
        let gsm = DataCoding::McSpecific;
        assert_eq!(read(&sm(0x40, gsm, b"\x05\x00\x03\x11\x02\x01JA")), said("JA", part(0x11, 1, 2)));
        assert_eq!(read(&sm(0x40, gsm, b"\x06\x08\x04\x01\x11\x02\x02NEJ")), said("NEJ", part(0x111, 2, 2)));
        assert_eq!(read(&sm(0x40, gsm, b"\x05\x00\x03\x11\x02\x09JA")), said("JA", None));
        assert_eq!(read(&sm(0x40, gsm, b"\x05\x00\x03\x11\x01\x01JA")), said("JA", None));
    }

    #[test]
    fn receipts_are_read_from_their_text() {
        let read = |text: &str| read(&sm(0x04, DataCoding::McSpecific, text.as_bytes()));
        let text = |stat: &str| {
            format!(
                "id:M01 sub:001 dlvrd:001 submit date:2611230908 done date:2611230908 stat:{stat} err:000 text:LARM"
            )
        };
        let receipt = |status| Delivery::Receipt { id: "M01".to_owned(), status };
        assert_eq!(read(&text("DELIVRD")), receipt(ReceiptStatus::Delivered));
        assert_eq!(read(&text("ENROUTE")), receipt(ReceiptStatus::Sent));
        assert_eq!(read(&text("UNDELIV")), receipt(ReceiptStatus::Failed { reason: "UNDELIV".to_owned() }));
        for nothing in [text("UNKNOWN"), "rubbish".to_owned(), "stat:DELIVRD".to_owned(), "id:".to_owned()] {
            assert_eq!(read(&nothing), Delivery::Nothing, "{nothing}");
        }
    }

    proptest! {
        #[test]
        fn no_octets_make_it_panic(class in any::<u8>(), coding in any::<u8>(), octets in proptest::collection::vec(any::<u8>(), 0..255)) {
            let _ = read(&sm(class, DataCoding::from(coding), &octets));
        }
    }
}
