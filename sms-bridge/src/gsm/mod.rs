//! How a text is counted on the air: GSM 03.38 (now 3GPP TS 23.038) and UCS-2, and how to stay within the
//! former. One `”` in a Swedish text halves the room for all of it, so texts are normalised before sending.

mod alphabet;
pub mod header;
pub mod octets;

/// The basic alphabet, without the escape. From 3GPP TS 23.038, table 6.2.1.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: escape and one more, two septets each. From 3GPP TS 23.038, table 6.2.1.1.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";
/// The second septet of each of them.
const EXTENSION_CODES: [u8; 10] = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];
/// The septet that announces the extension table; the basic alphabet has a gap there.
const ESCAPE: u8 = 0x1b;

/// Septets in one message, and in each part of a longer one (7 go to the part's header).
const GSM7_SINGLE: usize = 160;
const GSM7_PART: usize = 153;
/// UTF-16 units in one message, and in each part of a longer one.
const UCS2_SINGLE: usize = 70;
const UCS2_PART: usize = 67;

/// How the text travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Seven bits a character; some take two.
    Gsm7,
    /// UTF-16; characters beyond the basic plane take two units.
    Ucs2,
}

/// What a text costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segments {
    /// How it travels.
    pub encoding: Encoding,
    /// Septets or UTF-16 units.
    pub units: usize,
    /// How many messages are paid for; 1 for an empty text.
    pub count: usize,
}

/// Counts a text as the network will. A character of two units is never cut in half between two parts.
#[must_use]
pub fn segments(text: &str) -> Segments {
    let septets: Option<Vec<usize>> = text.chars().map(septets).collect();
    if let Some(widths) = septets {
        return count(&widths, Encoding::Gsm7, GSM7_SINGLE, GSM7_PART);
    }
    let widths: Vec<usize> = text.chars().map(char::len_utf16).collect();
    count(&widths, Encoding::Ucs2, UCS2_SINGLE, UCS2_PART)
}

/// The same text in GSM characters as far as its meaning allows: quotes, dashes, odd spaces, the ellipsis,
/// letters whose accent GSM lacks. What has no plain twin (an emoji, Cyrillic) is left as it is.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match twin(character) {
            Some(twin) if septets(character).is_none() => plain.push_str(twin),
            Some(_) | None => plain.push(character),
        }
    }
    plain
}

fn septets(character: char) -> Option<usize> {
    alphabet::code(character).map(alphabet::Code::width)
}

fn count(widths: &[usize], encoding: Encoding, single: usize, part: usize) -> Segments {
    let units = widths.iter().sum();
    if units <= single {
        return Segments { encoding, units, count: 1 };
    }
    let (mut count, mut used) = (1, 0);
    for width in widths {
        if used + width > part {
            count += 1;
            used = 0;
        }
        used += width;
    }
    Segments { encoding, units, count }
}

fn twin(character: char) -> Option<&'static str> {
    Some(match character {
        '“' | '”' | '„' | '‟' | '«' | '»' | '″' => "\"",
        '‘' | '’' | '‚' | '‛' | '′' | '´' | '`' => "'",
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' | '•' | '·' => "-",
        '…' => "...",
        '→' => "->",
        '×' => "x",
        '½' => "1/2",
        '\u{a0}' | '\u{2007}' | '\u{2009}' | '\u{200a}' | '\u{202f}' | '\t' => " ",
        '\u{ad}' | '\u{200b}' | '\u{200d}' | '\u{feff}' | '\u{fe0f}' => "",
        'á' | 'â' | 'ã' => "a",
        'Á' | 'À' | 'Â' | 'Ã' => "A",
        'ç' | 'č' | 'ć' => "c",
        'Č' | 'Ć' => "C",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ê' | 'ë' | 'ě' => "e",
        'È' | 'Ê' | 'Ë' | 'Ě' => "E",
        'í' | 'î' | 'ï' => "i",
        'Í' | 'Ì' | 'Î' | 'Ï' => "I",
        'ń' | 'ŋ' => "n",
        'Ń' | 'Ŋ' => "N",
        'ó' | 'ô' | 'õ' => "o",
        'Ó' | 'Ò' | 'Ô' | 'Õ' => "O",
        'š' | 'ś' => "s",
        'Š' | 'Ś' => "S",
        'ŧ' => "t",
        'Ŧ' => "T",
        'ú' | 'û' => "u",
        'Ú' | 'Ù' | 'Û' => "U",
        'ý' | 'ÿ' => "y",
        'Ý' => "Y",
        'ž' | 'ź' | 'ż' => "z",
        'Ž' | 'Ź' | 'Ż' => "Z",
        'ł' => "l",
        'Ł' => "L",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn texts_are_counted_as_the_network_counts_them() {
        use Encoding::{Gsm7, Ucs2};
        let cases = [
            (String::new(), Gsm7, 0, 1),
            ("a".repeat(160), Gsm7, 160, 1),
            ("a".repeat(161), Gsm7, 161, 2),
            ("a".repeat(306), Gsm7, 306, 2),
            ("a".repeat(307), Gsm7, 307, 3),
            ("€".repeat(80), Gsm7, 160, 1),
            ("€".repeat(81), Gsm7, 162, 2),
            // 76 euro signs are 152 of a part's 153 septets; the 77th may not be cut: 77 + 76 + 76 + …
            ("€".repeat(153), Gsm7, 306, 3),
            ("Åsa är på väg, ö é".to_owned(), Gsm7, 18, 1),
            ("”".repeat(70), Ucs2, 70, 1),
            ("”".repeat(71), Ucs2, 71, 2),
            ("”".repeat(135), Ucs2, 135, 3),
            ("🚑".repeat(35), Ucs2, 70, 1),
            // 33 pairs are 66 of a part's 67 units; the next pair may not be cut.
            ("🚑".repeat(67), Ucs2, 134, 3),
        ];
        for (text, encoding, units, count) in cases {
            assert_eq!(segments(&text), Segments { encoding, units, count }, "{text}");
        }
    }

    #[test]
    fn the_basic_alphabet_has_its_127_characters_and_the_extension_its_ten() {
        assert_eq!((BASIC.chars().count(), EXTENSION.chars().count()), (127, 10));
    }

    #[test]
    fn typographic_signs_become_plain_and_swedish_letters_stay() {
        let cases = [
            ("”Östersund” – Åre…", "\"Östersund\" - Åre..."),
            ("Östersjön’s\u{a0}båt", "Östersjön's båt"),
            ("Gáivuotna Čearru", "Gaivuotna Cearru"),
            ("Þ 🚑", "Þ 🚑"),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), expected);
        }
        assert_eq!(segments(&plain("”LARM” – Åre…")).encoding, Encoding::Gsm7);
    }

    proptest! {
        #[test]
        fn every_twin_is_plain_and_plain_text_stays_as_it_is(text in "\\PC{0,80}") {
            let once = plain(&text);
            prop_assert_eq!(plain(&once), once.clone());
            for character in text.chars() {
                if let Some(twin) = twin(character) {
                    prop_assert_eq!(segments(twin).encoding, Encoding::Gsm7);
                }
            }
        }

        #[test]
        fn no_text_needs_fewer_parts_than_its_units(text in "[a-z€å”]{0,400}") {
            let Segments { encoding, units, count } = segments(&text);
            let part = if encoding == Encoding::Gsm7 { GSM7_PART } else { UCS2_PART };
            prop_assert!(count == 1 || count >= units.div_ceil(part));
        }
    }
}
