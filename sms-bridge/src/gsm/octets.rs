//! Texts as octets on the air: GSM 03.38 with one septet an octet (as SMPP carries it), UTF-16, and their parts.

use super::alphabet::{Code, code};
use super::{
    BASIC, ESCAPE, EXTENSION, EXTENSION_CODES, Encoding, GSM7_PART, GSM7_SINGLE, Segments, UCS2_PART,
    UCS2_SINGLE, segments,
};

/// A question mark.
const UNKNOWN: Code = Code { escaped: false, septet: 0x3f };

/// A text cut as the network will carry it: the octets of each part, without headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// How to read the octets.
    pub encoding: Encoding,
    /// One for a single message, which is never empty of parts.
    pub parts: Vec<Vec<u8>>,
}

/// Encodes and cuts a text; a character of two units is never cut in half.
#[must_use]
pub fn parts(text: &str) -> Parts {
    let Segments { encoding, count, .. } = segments(text);
    // A UTF-16 unit is two octets.
    let limit = match (encoding, count) {
        (Encoding::Gsm7, 1) => GSM7_SINGLE,
        (Encoding::Gsm7, _) => GSM7_PART,
        (Encoding::Ucs2, 1) => 2 * UCS2_SINGLE,
        (Encoding::Ucs2, _) => 2 * UCS2_PART,
    };
    let mut parts = vec![Vec::with_capacity(limit)];
    let mut room = [0; 4];
    for character in text.chars() {
        let octets = octets(character, encoding, &mut room);
        match parts.last_mut() {
            Some(last) if last.len() + octets.len() <= limit => last.extend_from_slice(octets),
            Some(_) | None => parts.push(octets.to_vec()),
        }
    }
    Parts { encoding, parts }
}

fn octets(character: char, encoding: Encoding, room: &mut [u8; 4]) -> &[u8] {
    match encoding {
        Encoding::Gsm7 => {
            let Code { escaped, septet } = code(character).unwrap_or(UNKNOWN);
            room[..2].copy_from_slice(&[ESCAPE, septet]);
            &room[usize::from(!escaped)..2]
        }
        Encoding::Ucs2 => {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            for (octets, unit) in room.chunks_exact_mut(2).zip(units.iter()) {
                octets.copy_from_slice(&unit.to_be_bytes());
            }
            &room[..2 * units.len()]
        }
    }
}

/// Reads GSM 03.38, one septet an octet. What no table knows becomes a space, as 3GPP TS 23.038 (6.2.1.1) has it.
#[must_use]
pub fn from_gsm7(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len());
    let mut octets = octets.iter().copied();
    while let Some(octet) = octets.next() {
        text.push(if octet == ESCAPE { extended(octets.next()) } else { basic(octet) });
    }
    text
}

fn basic(octet: u8) -> char {
    let place = usize::from(if octet > ESCAPE { octet - 1 } else { octet });
    BASIC.chars().nth(place).unwrap_or(' ')
}

/// A phone that does not know the extension shows the basic character (TS 23.038, 6.2.1.1).
fn extended(octet: Option<u8>) -> char {
    let Some(octet) = octet else { return ' ' };
    let place = EXTENSION_CODES.iter().position(|code| *code == octet);
    place.and_then(|place| EXTENSION.chars().nth(place)).unwrap_or_else(|| basic(octet))
}

/// Reads UTF-16, the high octet first; half a pair becomes the replacement character.
#[must_use]
pub fn from_utf16(octets: &[u8]) -> String {
    let units: Vec<u16> = octets.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
    String::from_utf16_lossy(&units)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn swedish_letters_and_the_extension_have_the_octets_of_the_standard() {
        let cases: [(&str, &[u8]); 4] = [
            ("åäö", &[0x0f, 0x7b, 0x7c]),
            ("€[]", &[0x1b, 0x65, 0x1b, 0x3c, 0x1b, 0x3e]),
            ("@Ja?", &[0x00, 0x4a, 0x61, 0x3f]),
            ("ÆÉ !à", &[0x1c, 0x1f, 0x20, 0x21, 0x7f]),
        ];
        for (text, octets) in cases {
            assert_eq!(parts(text).parts, [octets], "{text}");
            assert_eq!(from_gsm7(octets), text);
        }
        assert_eq!(parts("🚑").parts, [[0xd8, 0x3d, 0xde, 0x91]]);
    }

    #[test]
    fn what_nobody_knows_is_read_without_harm() {
        assert_eq!(from_gsm7(&[0x1b]), " ");
        assert_eq!(from_gsm7(&[0x4a, 0x1b, 0x41, 0xff]), "JA ");
        assert_eq!(from_utf16(&[0xd8, 0x3d, 0x00]), "\u{fffd}");
    }

    proptest! {
        #[test]
        fn a_text_reads_back_from_its_parts_which_are_as_many_as_were_counted(text in "[a-zA-Zåäö €\\[\\]”🚑ž0-9]{0,400}") {
            let cut = parts(&text);
            prop_assert_eq!(cut.parts.len(), segments(&text).count);
            let read: String = cut.parts.iter().map(|part| match cut.encoding {
                Encoding::Gsm7 => from_gsm7(part),
                Encoding::Ucs2 => from_utf16(part),
            }).collect();
            prop_assert_eq!(read, text);
        }

        #[test]
        fn no_octets_make_it_panic(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = (from_gsm7(&octets), from_utf16(&octets));
        }
    }
}
