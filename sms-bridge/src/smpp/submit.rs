//! From a message to the PDUs that carry it. Pure.

use std::str::FromStr as _;

use rusmpp::pdus::SubmitSm;
use rusmpp::types::{COctetString, EmptyOrFullCOctetString, OctetString};
use rusmpp::values::{DataCoding, EsmClass, Npi, RegisteredDelivery, Ton};

use crate::gsm::Encoding;
use crate::gsm::octets::parts;
use crate::{Outgoing, SendError};

/// A header that says: five octets follow, of them three about parts with a reference of one octet (3GPP TS 23.040, 9.2.3.24.1).
const HEADER: [u8; 3] = [0x05, 0x00, 0x03];
/// "User data header indicator".
const UDHI: u8 = 0x40;
/// "Receipt wanted, whatever becomes of it".
const RECEIPT: u8 = 0x01;

/// The PDUs of one message, in order; `reference` tells its parts from those of others to the same phone.
pub(super) fn submits(message: &Outgoing, from: &str, reference: u8) -> Result<Vec<SubmitSm>, SendError> {
    let cut = parts(&message.body);
    let total = u8::try_from(cut.parts.len()).map_err(|_| refused("the text has too many parts"))?;
    let submit = |(number, part): (u8, &Vec<u8>)| {
        let mut octets = Vec::with_capacity(part.len() + 6);
        if total > 1 {
            octets.extend(HEADER);
            octets.extend([reference, total, number]);
        }
        octets.extend(part);
        one(message, from, cut.encoding, total > 1, octets)
    };
    (1..=total).zip(&cut.parts).map(submit).collect()
}

fn one(
    message: &Outgoing,
    from: &str,
    encoding: Encoding,
    is_part: bool,
    octets: Vec<u8>,
) -> Result<SubmitSm, SendError> {
    let (from_ton, from_npi, from) = address(from);
    let to = message.to.as_str().trim_start_matches('+');
    let text = |text: &str| COctetString::from_str(text).map_err(|_| refused("a number is too long"));
    Ok(SubmitSm::builder()
        .source_addr_ton(from_ton)
        .source_addr_npi(from_npi)
        .source_addr(text(from)?)
        .dest_addr_ton(Ton::International)
        .dest_addr_npi(Npi::Isdn)
        .destination_addr(text(to)?)
        // The library's default is 0x08, a delivery acknowledgement.
        .esm_class(EsmClass::from(if is_part { UDHI } else { 0 }))
        .registered_delivery(RegisteredDelivery::from(RECEIPT))
        .validity_period(validity(message)?)
        .data_coding(match encoding {
            Encoding::Gsm7 => DataCoding::McSpecific,
            Encoding::Ucs2 => DataCoding::Ucs2,
        })
        .short_message(OctetString::from_vec(octets).map_err(|_| refused("a part is too long"))?)
        .build())
}

/// A short number is the network's own, a long one belongs to the numbering plan.
fn address(number: &str) -> (Ton, Npi, &str) {
    match number.strip_prefix('+') {
        Some(digits) => (Ton::International, Npi::Isdn, digits),
        None => (Ton::NetworkSpecific, Npi::Unknown, number),
    }
}

/// Relative: days, hours, minutes and seconds from now (SMPP 3.4, 7.1.1.2), rounded down, at least one.
fn validity(message: &Outgoing) -> Result<EmptyOrFullCOctetString<17>, SendError> {
    let left = message.valid_until.since(message.sent_at).as_secs().clamp(1, 27 * 86_400);
    let (days, hours, minutes, seconds) = (left / 86_400, left / 3_600 % 24, left / 60 % 60, left % 60);
    let text = format!("0000{days:02}{hours:02}{minutes:02}{seconds:02}000R\0");
    EmptyOrFullCOctetString::from_slice(text.as_bytes())
        .map_err(|_| refused("its validity cannot be written"))
}

fn refused(why: &str) -> SendError {
    SendError::Refused { reason: why.to_owned() }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use certus_registry::{Random, Timestamp};

    use super::*;
    use crate::{MessageId, Neighbours, Urgency};

    pub(in super::super) fn outgoing(body: &str) -> Outgoing {
        let now = Timestamp::from_millis(1_795_400_000_000);
        Outgoing {
            id: MessageId::new(now, &Random::from_seed(1)),
            reference: "inc-1".to_owned(),
            to: "+46701740605".parse().unwrap(),
            body: body.to_owned(),
            urgency: Urgency::Alarm,
            stored_at: now,
            sent_at: now,
            valid_until: now + Duration::from_mins(10),
            attempt: 1,
            neighbours: Neighbours::default(),
        }
    }

    #[test]
    fn one_part_has_no_header_and_every_field_is_as_operators_want_it() {
        let sm = submits(&outgoing("Larm åäö"), "71700", 7).unwrap().remove(0);
        assert_eq!((u8::from(sm.esm_class), sm.data_coding), (0, DataCoding::McSpecific));
        assert_eq!((sm.source_addr_ton, sm.source_addr.as_str()), (Ton::NetworkSpecific, "71700"));
        assert_eq!((sm.dest_addr_ton, sm.destination_addr.as_str()), (Ton::International, "46701740605"));
        assert_eq!(u8::from(sm.registered_delivery), 1);
        assert_eq!(sm.validity_period.to_string(), "000000001000000R");
        assert_eq!(sm.short_message().as_ref(), [0x4c, 0x61, 0x72, 0x6d, 0x20, 0x0f, 0x7b, 0x7c]);
    }

    #[test]
    fn parts_say_which_they_are_and_fit() {
        for (text, count) in [("a".repeat(307), 3), ("🚑".repeat(40), 2), ("€".repeat(100), 2)] {
            let all = submits(&outgoing(&text), "+46766861004", 7).unwrap();
            assert_eq!(all.len(), count);
            for (number, sm) in (1_u8..).zip(&all) {
                let octets: &[u8] = sm.short_message().as_ref();
                assert_eq!(octets[..6], [5, 0, 3, 7, u8::try_from(count).unwrap(), number]);
                assert_eq!(u8::from(sm.esm_class), 0x40);
                let most = if sm.data_coding == DataCoding::Ucs2 { 140 } else { 159 };
                assert!(octets.len() <= most);
            }
        }
    }
}
