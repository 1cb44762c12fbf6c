//! Master keys: what the key file holds. They wrap data keys and nothing else.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use zeroize::Zeroizing;

use super::key::{DataKey, KEY, cipher, decrypted, encrypted, mac};
use crate::Random;

/// Octets of the name by which a wrapped key says which master key opens it.
const NAME: usize = 4;

/// One master key. `Debug` shows its name alone.
#[derive(Clone)]
pub struct Master(Zeroizing<[u8; KEY]>);

/// The master keys of a key file, the newest last; never none.
#[derive(Debug, Clone)]
pub struct Masters(Vec<Master>);

/// What is wrong with the text of a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MastersError {
    /// A line is no key.
    #[error("line {0}: expected base64 of 32 octets, as `certus key new` writes it")]
    Line(usize),
    /// There is no key in it.
    #[error("expected a line with base64 of 32 octets, as `certus key new` writes it; there is none")]
    Empty,
}

impl Master {
    /// Draws a master key.
    #[must_use]
    pub fn draw(random: &Random) -> Self {
        Self(Zeroizing::new(random.bytes()))
    }

    /// Its line in a key file.
    #[must_use]
    pub fn line(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64.encode(self.0.as_slice()))
    }

    /// What it is called where it is not shown: eight hexadecimal digits that tell nothing of it.
    #[must_use]
    pub fn name(&self) -> String {
        hex::encode(&mac(&self.0, &[b"certus name"])[..NAME])
    }

    /// What the database keeps of a data key.
    pub(crate) fn wrap(&self, random: &Random, number: i64, key: &DataKey) -> String {
        let wrapped = encrypted(&cipher(&self.0), random, &associated(number), key.secret());
        format!("{}:{wrapped}", self.name())
    }

    fn unwrap(&self, number: i64, wrapped: &str) -> Option<DataKey> {
        let secret = Zeroizing::new(decrypted(&cipher(&self.0), &associated(number), wrapped)?);
        Some(DataKey::of(Zeroizing::new(secret.as_slice().try_into().ok()?)))
    }
}

fn associated(number: i64) -> String {
    format!("data key {number}")
}

impl Masters {
    /// Reads the text of a key file: a key a line, the newest last; empty lines and those that begin with `#` say nothing.
    ///
    /// # Errors
    /// [`MastersError`]; never with what stands in the text.
    pub fn parse(text: &str) -> Result<Self, MastersError> {
        let lines = (1..).zip(text.lines().map(str::trim));
        let said = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
        let key = |(number, line): (usize, &str)| {
            let octets = BASE64.decode(line).map(Zeroizing::new).map_err(|_| MastersError::Line(number))?;
            let key = octets.as_slice().try_into().map_err(|_| MastersError::Line(number))?;
            Ok(Master(Zeroizing::new(key)))
        };
        let keys = said.map(key).collect::<Result<Vec<_>, _>>()?;
        if keys.is_empty() { Err(MastersError::Empty) } else { Ok(Self(keys)) }
    }

    /// The one that wraps new data keys.
    pub(crate) fn newest(&self) -> &Master {
        self.0.last().expect("never none")
    }

    /// The data key that the database keeps so; an error: the name of the master key that is not here, or does not open it.
    pub(crate) fn unwrap(&self, number: i64, stored: &str) -> Result<DataKey, String> {
        let (name, wrapped) = stored.split_once(':').unwrap_or_default();
        let named = self.0.iter().find(|master| master.name() == name);
        named.and_then(|master| master.unwrap(number, wrapped)).ok_or_else(|| name.to_owned())
    }
}

impl fmt::Debug for Master {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Master({})", self.name())
    }
}
