//! Passwords: Argon2id (RFC 9106) with 19 MiB, two passes and one lane, the library's defaults and OWASP's first choice
//! (Password Storage Cheat Sheet, 2025). Hashing takes tens of milliseconds and much memory: do it off the runtime's threads.

use std::fmt;

use argon2::Argon2;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _, phc};

use super::Login;
use crate::Random;

/// The shortest, in characters: NIST SP 800-63B-4, 3.1.1.2, asks for fifteen where a password is all there is.
const LENGTH_MIN: usize = 15;
/// The longest: more only costs the server time.
const LENGTH_MAX: usize = 200;
/// Octets of salt (RFC 9106, 3.1).
const SALT: usize = 16;

/// A password in the clear. Never stored, never logged; `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

/// Why a text may not be somebody's password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("expected 15 to 200 characters")]
    Length,
    /// Easily guessed.
    #[error("expected something else than the login, and more than four different characters")]
    Guessable,
}

/// The password could not be hashed: no memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(argon2::password_hash::Error);

impl Password {
    /// A password as somebody typed it, right or wrong.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// A new password for the holder of `login`; long rather than contrived, and not the login itself.
    ///
    /// # Errors
    /// [`PasswordError`] says what was expected.
    pub fn chosen(text: &str, login: &Login) -> Result<Self, PasswordError> {
        if !(LENGTH_MIN..=LENGTH_MAX).contains(&text.chars().count()) {
            return Err(PasswordError::Length);
        }
        let lower = text.to_lowercase();
        let mut different: Vec<char> = lower.replace(login.as_str(), "").chars().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() <= 4 { Err(PasswordError::Guessable) } else { Ok(Self(text.to_owned())) }
    }

    /// Hashes it with a fresh salt.
    ///
    /// # Errors
    /// [`HashError`] when there is no memory for it.
    pub fn hash(&self, random: &Random) -> Result<PasswordHash, HashError> {
        let salt = random.bytes::<SALT>();
        let hash = Argon2::default().hash_password_with_salt(self.0.as_bytes(), &salt).map_err(HashError)?;
        Ok(PasswordHash(hash.to_string()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What the database keeps of a password: `$argon2id$v=19$m=19456,t=2,p=1$…`, parameters and salt included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// As it is kept.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the password.
    #[must_use]
    pub fn fits(&self, password: &Password) -> bool {
        let known = phc::PasswordHash::new(&self.0);
        known.is_ok_and(|known| Argon2::default().verify_password(password.0.as_bytes(), &known).is_ok())
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = &'static str;
    /// Reads a stored hash; to make one use [`Password::hash`].
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let known = phc::PasswordHash::new(&text).is_ok();
        if known { Ok(Self(text)) } else { Err("expected a hash in PHC's form, such as $argon2id$…") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only_and_no_two_hashes_are_alike() {
        let random = Random::from_seed(1);
        let password = Password::typed("älgen går i skymningen");
        let [one, two] = [password.hash(&random).unwrap(), password.hash(&random).unwrap()];
        assert!(one.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && one != two);
        assert!(one.fits(&password) && two.fits(&password));
        assert!(!one.fits(&Password::typed("älgen går i gryningen")));
        assert_eq!(PasswordHash::try_from(one.as_str().to_owned()), Ok(one));
        assert!(PasswordHash::try_from("secret".to_owned()).is_err());
        assert_eq!(format!("{password:?}"), "Password(…)");
    }

    #[test]
    fn a_new_password_is_long_and_not_the_login() {
        let login: Login = "anna.berg".parse().unwrap();
        assert!(Password::chosen("älgen går i skymningen", &login).is_ok());
        assert_eq!(Password::chosen("Ab1!Ab1!", &login), Err(PasswordError::Length));
        assert_eq!(Password::chosen(&"x".repeat(201), &login), Err(PasswordError::Length));
        assert_eq!(Password::chosen("anna.berganna.berg12", &login), Err(PasswordError::Guessable));
        assert_eq!(Password::chosen("aaaaaaaaaaaaaaaaaaa", &login), Err(PasswordError::Guessable));
    }
}
