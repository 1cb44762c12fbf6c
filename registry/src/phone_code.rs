//! Six digits by text message: whoever types them where they were asked for has the phone.
//!
//! A code is bound to the browser that asked for it, so that what is stored is worth nothing by itself, and nobody uses up
//! somebody else's tries. What can be guessed: five in a million for each text that the phone's owner gets.

use std::fmt;
use std::time::Duration;

use rand::RngExt as _;

use crate::vocabulary::vocabulary;
use crate::{Random, SecretHash};

/// How long a code counts: text messages are seldom later, and people put the phone away.
pub const VALID: Duration = Duration::from_mins(10);
/// Codes that are looked at for one text.
pub const TRIES_MAX: u32 = 5;
/// How long a phone that was proven may be used for what it was proven for: a form is filled in and a certificate looked for.
pub const PROOF_VALID: Duration = Duration::from_hours(2);
/// The time over which texts are counted.
pub const WINDOW: Duration = Duration::from_hours(1);
/// Codes are forgotten after so long, proofs with them.
pub const KEPT: Duration = Duration::from_hours(3);

/// Texts to one phone within [`WINDOW`]: one, one that was lost, one more.
const PER_PHONE_MAX: u32 = 3;
/// Texts asked for from one network address within [`WINDOW`]: a course that applies together behind one router.
const PER_ADDRESS_MAX: u32 = 20;
/// Texts within [`WINDOW`] all in all: several times what a county's busiest evening takes, and what a flood may cost.
const TOTAL_MAX: u32 = 300;
/// Numbers of six digits.
const NUMBERS: u32 = 1_000_000;

vocabulary!(
    /// What a phone is proven for.
    Purpose, "purpose of a code" {
        /// To sign in at one's own page.
        OwnPage = "own_page",
        /// To apply.
        Application = "application",
    }
);

/// A code in the clear. In the text message and nowhere else; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneCode(String);

impl PhoneCode {
    /// A fresh one.
    #[must_use]
    pub fn draw(random: &Random) -> Self {
        Self(format!("{:06}", random.with(|rng| rng.random_range(0..NUMBERS))))
    }

    /// As somebody typed it, in groups or not; `None` when it is not six digits.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let is_code = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_code.then_some(Self(digits))
    }

    /// The digits, for the text message.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database keeps of a code that was asked for by the browser which shows `browser`.
    #[must_use]
    pub fn hash(&self, browser: &str) -> SecretHash {
        SecretHash::of(&format!("{}:{}", browser.trim(), self.0))
    }
}

impl fmt::Debug for PhoneCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneCode(…)")
    }
}

/// How many texts were asked for within [`WINDOW`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Asked {
    /// To the phone.
    pub phone: u32,
    /// From the network address; 0 when it is not known.
    pub address: u32,
    /// By anybody.
    pub total: u32,
}

impl Asked {
    /// Whether one more may be.
    #[must_use]
    pub const fn allows_another(self) -> bool {
        self.phone < PER_PHONE_MAX && self.address < PER_ADDRESS_MAX && self.total < TOTAL_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_six_digits_however_it_is_grouped_and_is_hidden() {
        let code = PhoneCode::draw(&Random::from_seed(1));
        let digits = code.reveal().to_owned();
        let grouped = format!(" {} {}-{} ", &digits[..2], &digits[2..4], &digits[4..]);
        assert_eq!((digits.len(), PhoneCode::typed(&grouped)), (6, Some(code.clone())));
        for wrong in ["", "12345", "1234567", "12345a", "١٢٣٤٥٦"] {
            assert_eq!(PhoneCode::typed(wrong), None, "{wrong}");
        }
        assert!(!format!("{code:?}").contains(&digits));
    }

    #[test]
    fn the_same_digits_are_another_code_in_another_browser() {
        let code = PhoneCode::typed("004711").unwrap();
        assert_eq!(code.hash("ABC"), code.hash(" abc\n"));
        assert_ne!(code.hash("ABC"), code.hash("ABD"));
    }

    #[test]
    fn a_phone_an_address_and_everybody_together_have_an_end() {
        let least = Asked { phone: 2, address: 19, total: 299 };
        assert!(Asked::default().allows_another() && least.allows_another());
        for over in [
            Asked { phone: 3, ..Asked::default() },
            Asked { address: 20, ..Asked::default() },
            Asked { total: 300, ..Asked::default() },
        ] {
            assert!(!over.allows_another(), "{over:?}");
        }
    }
}
