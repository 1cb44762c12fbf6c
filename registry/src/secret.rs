//! Secrets handed out once and kept only as hashes: API keys, position tokens, call-out links.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::{Random, Timestamp};

/// Crockford's base 32: no I, L, O or U, so that a secret read out over the phone survives.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 20 characters of 5 bits: 100 bits, out of reach of guessing even without a rate limit.
const LENGTH: usize = 20;

/// Characters of a dated secret that say when it was made: 30 bits of seconds.
const DATE_LENGTH: usize = 6;
/// Its other characters: 80 bits, still out of reach of guessing.
const DATED_LENGTH: usize = 16;
/// No two nodes' clocks are farther apart.
const CLOCKS_APART_MAX: Duration = Duration::from_hours(24);

/// A secret in the clear. Show it once, never log it; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Draws a fresh secret of 100 bits.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(random.bytes::<LENGTH>().map(|byte| character(byte.into())).into_iter().collect())
    }

    /// Draws a fresh secret of 80 bits behind the second it was made in (30 bits, which begin again after 34 years), for
    /// secrets that are made by the dozen: hashed with [`SecretHash::of_dated`], those made together lie together in an
    /// index, and a commit touches one page of it instead of one for each.
    #[must_use]
    pub fn dated(now: Timestamp, random: &Random) -> Self {
        let seconds = now.as_millis() / 1_000;
        let date = (0..DATE_LENGTH).rev().map(|place| character(seconds >> (5 * place)));
        Self(date.chain(random.bytes::<DATED_LENGTH>().map(|byte| character(byte.into()))).collect())
    }

    /// The secret itself, for the one who is to have it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the database keeps.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.0)
    }
}

/// The character for the lowest five bits.
fn character(bits: i64) -> char {
    char::from(ALPHABET[usize::try_from(bits & 31).unwrap_or(0)])
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a secret, in hex. Secrets carry 100 random bits, so a slow hash would add nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SecretHash(String);

impl SecretHash {
    /// The hash of a secret as somebody presented it (any case, surrounding space ignored).
    #[must_use]
    pub fn of(presented: &str) -> Self {
        Self(hex::encode(Sha256::digest(presented.trim().to_ascii_uppercase())))
    }

    /// The hash of a dated secret: its date, a colon and the hash of the whole.
    #[must_use]
    pub fn of_dated(presented: &str) -> Self {
        let presented = presented.trim().to_ascii_uppercase();
        let date: String = presented.chars().take(DATE_LENGTH).collect();
        Self(format!("{date}:{}", Self::of(&presented).0))
    }

    /// The second that the secret says it was made in, as far as there is one at the front of this hash: of the last 34 years before
    /// `now`, or of the day after it, for clocks differ.
    #[must_use]
    pub fn made_at(&self, now: Timestamp) -> Option<Timestamp> {
        let (date, _) = self.0.split_once(':')?;
        let number = |seconds: i64, letter: u8| {
            let place = ALPHABET.iter().position(|known| *known == letter)?;
            Some(seconds << 5 | i64::try_from(place).ok()?)
        };
        let date = date.bytes().try_fold(0, number)?;
        let latest = (now + CLOCKS_APART_MAX).as_millis() / 1_000;
        let seconds = latest - (latest - date).rem_euclid(1 << (5 * DATE_LENGTH));
        Some(Timestamp::from_millis(seconds * 1_000))
    }

    /// The 64 hex digits, with the date before them in the hash of a dated secret.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no hash of a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected 64 hexadecimal digits in lower case")]
pub struct SecretHashError;

impl TryFrom<String> for SecretHash {
    type Error = SecretHashError;
    /// Reads a stored hash; to hash a secret use [`SecretHash::of`].
    fn try_from(hex: String) -> Result<Self, SecretHashError> {
        let is_hex = hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if is_hex { Ok(Self(hex)) } else { Err(SecretHashError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dated_secrets_made_together_lie_together_and_a_link_is_found_in_any_case() {
        let (now, random) = (Timestamp::from_millis(1_795_400_000_000), Random::from_seed(1));
        let [one, two] = [Secret::dated(now, &random), Secret::dated(now, &random)];
        assert_eq!((one.reveal().len(), &one.reveal()[..6]), (22, &two.reveal()[..6]));
        let hashes = [&one, &two].map(|secret| SecretHash::of_dated(secret.reveal()));
        assert_ne!(hashes[0], hashes[1]);
        assert_eq!(hashes[0].as_str()[..7], hashes[1].as_str()[..7]);
        assert_eq!(SecretHash::of_dated(&format!(" {}\n", one.reveal().to_lowercase())), hashes[0]);
    }

    #[test]
    fn a_dated_secret_tells_its_second_for_34_years() {
        let (now, random) = (Timestamp::from_millis(1_795_400_000_999), Random::from_seed(1));
        let hash = SecretHash::of_dated(Secret::dated(now, &random).reveal());
        let second = Some(Timestamp::from_millis(1_795_400_000_000));
        let years = |years: u64| now + Duration::from_hours(24 * 365 * years);
        assert_eq!([now, now - Duration::from_mins(1), years(33)].map(|at| hash.made_at(at)), [second; 3]);
        assert_ne!(hash.made_at(years(35)), second);
        assert_eq!(Secret::generate(&random).hash().made_at(now), None, "it has no date");
        assert_eq!(SecretHash::of_dated("ÅÄÖ").made_at(now), None, "nobody wrote that");
    }

    #[test]
    fn a_secret_typed_in_lower_case_still_opens() {
        let secret = Secret::generate(&Random::from_seed(1));
        assert_eq!(secret.reveal().len(), LENGTH);
        assert_eq!(SecretHash::of(&format!(" {}\n", secret.reveal().to_lowercase())), secret.hash());
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}
