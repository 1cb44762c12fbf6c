//! Telephone numbers in E.164: the one form in which a person is found again.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A telephone number in E.164, e.g. `+46701740605`. `Debug` hides all but the last two digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is no telephone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected an international number such as +46701234567 (or a Swedish one such as 070-123 45 67)")]
pub struct PhoneError;

impl Phone {
    /// The number with its leading plus.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Phone {
    type Err = PhoneError;

    /// Accepts `+…`, `00…` and Swedish national `0…`; spaces, hyphens, dots and brackets are ignored.
    fn from_str(text: &str) -> Result<Self, PhoneError> {
        let text = text.trim();
        let (plus, rest) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
        let mut digits = String::with_capacity(rest.len());
        for character in rest.chars() {
            match character {
                '0'..='9' => digits.push(character),
                ' ' | '-' | '.' | '(' | ')' | '\u{a0}' => {}
                _ => return Err(PhoneError),
            }
        }
        let international = match (plus, digits.strip_prefix("00"), digits.strip_prefix('0')) {
            (true, _, _) => digits,
            (false, Some(rest), _) => rest.to_owned(),
            (false, None, Some(rest)) => format!("46{rest}"),
            (false, None, None) => return Err(PhoneError),
        };
        // "+46 (0)70 …": the national 0 is not dialled after the country code, and no Swedish number begins with it.
        let international = match international.strip_prefix("460") {
            Some(rest) => format!("46{rest}"),
            None => international,
        };
        // ITU-T E.164: at most 15 digits, no country code starts with 0; 8 is the shortest in use.
        let plausible = (8..=15).contains(&international.len()) && !international.starts_with('0');
        if plausible { Ok(Self(format!("+{international}"))) } else { Err(PhoneError) }
    }
}

impl TryFrom<String> for Phone {
    type Error = PhoneError;
    fn try_from(text: String) -> Result<Self, PhoneError> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(…{})", &self.0[self.0.len() - 2..])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_people_write_a_number_are_one_number() {
        for text in
            ["+46701740605", "0046 70 174 06 05", "070-174 06 05", "+46 (0)70 174.06.05", "+46 (70) 1740605"]
        {
            assert_eq!(text.parse::<Phone>().unwrap().as_str(), "+46701740605", "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "112", "701740605", "+0701740605", "+46 70 kalle", "+1234567890123456", "++4670174"]
        {
            assert_eq!(text.parse::<Phone>(), Err(PhoneError), "{text}");
        }
    }

    #[test]
    fn a_number_is_hidden_from_logs() {
        assert_eq!(format!("{:?}", "+46701740605".parse::<Phone>().unwrap()), "Phone(…05)");
    }
}
