//! How providers write text as bytes. They need not say so, and some say it per message.

use serde::Deserialize;

/// A way to write text as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub enum Charset {
    /// What nearly everybody writes today.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Two bytes a unit, the higher first; what UCS-2 became.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// One byte a character, western European.
    #[serde(rename = "iso-8859-1")]
    Latin1,
}

impl Charset {
    /// By the name a provider gives; ASCII is a part of UTF-8.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name.trim().to_ascii_lowercase().as_str() {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => Some(Self::Utf8),
            "utf-16be" | "utf-16" | "ucs-2" | "ucs2" | "iso-10646-ucs-2" => Some(Self::Utf16Be),
            "iso-8859-1" | "latin1" | "latin-1" => Some(Self::Latin1),
            _ => None,
        }
    }

    /// The bytes; `None` when it has no way to write one of the characters.
    #[must_use]
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Utf16Be => Some(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            Self::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect(),
        }
    }

    /// The text. What is no UTF-8 is read as ISO 8859-1: some providers send that and do not say so, and a reply
    /// must not be lost for an å.
    #[must_use]
    pub fn decode(self, bytes: &[u8]) -> String {
        let latin1 = || bytes.iter().copied().map(char::from).collect();
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).map_or_else(|_| latin1(), str::to_owned),
            Self::Utf16Be => {
                let units: Vec<u16> = bytes
                    .chunks(2)
                    .map(|pair| pair.iter().fold(0, |unit, byte| unit << 8 | u16::from(*byte)))
                    .collect();
                String::from_utf16_lossy(&units)
            }
            Self::Latin1 => latin1(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_names_its_charset_in_its_own_way() {
        let cases = [
            ("UTF-8", Some(Charset::Utf8)),
            ("UTF-16BE", Some(Charset::Utf16Be)),
            ("ISO-8859-1", Some(Charset::Latin1)),
            ("KOI8-R", None),
        ];
        for (name, expected) in cases {
            assert_eq!(Charset::named(name), expected, "{name}");
        }
    }

    #[test]
    fn unlabelled_latin_1_is_not_lost_and_what_a_charset_cannot_write_is_refused() {
        assert_eq!(Charset::Utf8.decode(b"p\xe5 v\xe4g"), "på väg");
        assert_eq!(Charset::Utf16Be.decode(b"\0J\0\xc5\xd8\x3d\xde\x91"), "JÅ🚑");
        assert_eq!(Charset::Latin1.encode("på väg").unwrap(), b"p\xe5 v\xe4g");
        assert_eq!(Charset::Latin1.encode("🚑"), None);
    }

    proptest::proptest! {
        #[test]
        fn a_text_that_was_written_reads_the_same_again(text in "\\PC{0,40}") {
            for charset in [Charset::Utf8, Charset::Utf16Be, Charset::Latin1] {
                if let Some(bytes) = charset.encode(&text) {
                    proptest::prop_assert_eq!(charset.decode(&bytes), text.clone());
                }
            }
        }
    }
}
