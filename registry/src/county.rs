//! A county, by its code.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fold::fold;

/// Sweden's counties by the codes of Statistics Sweden ("Län och kommuner i kodnummerordning", as of 2026).
const NAMES: [(&str, &str); 21] = [
    ("01", "Stockholm"),
    ("03", "Uppsala"),
    ("04", "Södermanland"),
    ("05", "Östergötland"),
    ("06", "Jönköping"),
    ("07", "Kronoberg"),
    ("08", "Kalmar"),
    ("09", "Gotland"),
    ("10", "Blekinge"),
    ("12", "Skåne"),
    ("13", "Halland"),
    ("14", "Västra Götaland"),
    ("17", "Värmland"),
    ("18", "Örebro"),
    ("19", "Västmanland"),
    ("20", "Dalarna"),
    ("21", "Gävleborg"),
    ("22", "Västernorrland"),
    ("23", "Jämtland"),
    ("24", "Västerbotten"),
    ("25", "Norrbotten"),
];

/// The code of a county: 1 to 8 of `A`–`Z` and digits, so that any country's can be written. `23` is Jämtland.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct County {
    /// What is not filled is zero.
    code: [u8; Self::LENGTH_MAX],
}

/// Why a text is no county.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}': expected a county's code, 1 to 8 of A–Z and 0–9, or a Swedish county's name, such as 23 or Jämtland"
)]
pub struct CountyError(String);

impl County {
    /// The longest code, in characters.
    pub const LENGTH_MAX: usize = 8;
    /// The county of an installation that names none: Jämtland.
    pub const DEFAULT: Self = Self { code: *b"23\0\0\0\0\0\0" };

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let length = self.code.iter().position(|byte| *byte == 0).unwrap_or(Self::LENGTH_MAX);
        std::str::from_utf8(&self.code[..length]).unwrap_or_default()
    }

    /// What it is called, where that is known; its code anywhere else.
    #[must_use]
    pub fn name(&self) -> &str {
        let known = NAMES.iter().find(|(code, _)| *code == self.as_str());
        known.map_or_else(|| self.as_str(), |(_, name)| name)
    }

    fn of_code(text: &str) -> Option<Self> {
        let is_code = text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
        let mut code = [0; Self::LENGTH_MAX];
        code.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        (is_code && !text.is_empty()).then_some(Self { code })
    }
}

/// A code however it is typed, or the name of a Swedish county.
impl FromStr for County {
    type Err = CountyError;
    fn from_str(text: &str) -> Result<Self, CountyError> {
        let typed = text.trim();
        let named = NAMES.iter().find(|(_, name)| fold(name) == fold(typed)).map(|(code, _)| *code);
        let code = named.map_or_else(|| typed.to_ascii_uppercase(), str::to_owned);
        Self::of_code(&code).ok_or_else(|| CountyError(typed.to_owned()))
    }
}

impl TryFrom<String> for County {
    type Error = CountyError;
    fn try_from(text: String) -> Result<Self, CountyError> {
        text.parse()
    }
}

impl From<County> for String {
    fn from(county: County) -> Self {
        county.as_str().to_owned()
    }
}

impl fmt::Display for County {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_county_is_a_code_or_a_name_and_its_code_reads_back() {
        for (typed, code, name) in [
            ("23", "23", "Jämtland"),
            (" jämtland ", "23", "Jämtland"),
            ("Vastra Gotaland", "14", "Västra Götaland"),
            ("no18", "NO18", "NO18"),
            ("ABCDEFG8", "ABCDEFG8", "ABCDEFG8"),
        ] {
            let county: County = typed.parse().unwrap();
            assert_eq!((county.as_str(), county.name()), (code, name));
            assert_eq!(county.to_string().parse(), Ok(county));
        }
        assert_eq!(County::DEFAULT, "23".parse().unwrap());
        for wrong in ["", " ", "ABCDEFGH9", "NO-18", "Härjedalen", "*"] {
            assert!(wrong.parse::<County>().is_err(), "{wrong}");
        }
    }
}
