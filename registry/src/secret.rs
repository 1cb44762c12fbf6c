//! Secrets handed out once and kept only as hashes: API keys, position tokens, call-out links.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::Random;

/// Crockford's base 32: no I, L, O or U, so that a secret read out over the phone survives.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// 20 characters of 5 bits: 100 bits, out of reach of guessing even without a rate limit.
const LENGTH: usize = 20;

/// A secret in the clear. Show it once, never log it; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Draws a fresh secret of 100 bits.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        let bytes = random.bytes::<LENGTH>();
        Self(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte & 31)])).collect())
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
        use fmt::Write as _;
        let digest = Sha256::digest(presented.trim().to_ascii_uppercase());
        let mut hex = String::with_capacity(64);
        for byte in digest {
            let _ = write!(hex, "{byte:02x}"); // writing to a String cannot fail
        }
        Self(hex)
    }

    /// The 64 hex digits.
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
    fn a_secret_typed_in_lower_case_still_opens() {
        let secret = Secret::generate(&Random::from_seed(1));
        assert_eq!(secret.reveal().len(), LENGTH);
        assert_eq!(SecretHash::of(&format!(" {}\n", secret.reveal().to_lowercase())), secret.hash());
        assert!(!format!("{secret:?}").contains(secret.reveal()));
    }
}
