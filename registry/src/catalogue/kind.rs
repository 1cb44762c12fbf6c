//! The code of a kind of resource.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest code, octets.
const LENGTH_MAX: usize = 32;

/// The code of a kind of resource, as files, columns, events and policies spell it: 1 to 32 lower-case letters, digits and `_`,
/// a letter first. What it means, and whether there is such a kind, the [`Catalogue`](super::Catalogue) says.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceKind([u8; LENGTH_MAX]); // filled up with zeroes: short enough to be copied, and in the order of the words

/// Why a text is no code of a kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no code of a resource kind; expected 1 to 32 of a-z, 0-9 and '_', a letter first")]
pub struct ResourceKindError(String);

impl ResourceKind {
    /// Automated external defibrillator.
    pub const AED: Self = Self::known("aed");
    /// Snowmobile, perhaps with a sled.
    pub const SNOWMOBILE: Self = Self::known("snowmobile");
    /// Rescue sled or stretcher trailer.
    pub const RESCUE_SLED: Self = Self::known("rescue_sled");
    /// Boat.
    pub const BOAT: Self = Self::known("boat");

    /// One that the program itself names; a wrong one does not compile where it is a constant.
    pub(super) const fn known(code: &str) -> Self {
        assert!(is_code(code.as_bytes()), "no code of a kind");
        let (mut all, mut at) = ([0; LENGTH_MAX], 0);
        while at < code.len() {
            all[at] = code.as_bytes()[at];
            at += 1;
        }
        Self(all)
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|octet| *octet == 0).unwrap_or(LENGTH_MAX);
        std::str::from_utf8(&self.0[..end]).unwrap_or_default() // it is ASCII
    }
}

const fn is_code(code: &[u8]) -> bool {
    if code.is_empty() || code.len() > LENGTH_MAX || !code[0].is_ascii_lowercase() {
        return false;
    }
    let mut at = 0;
    while at < code.len() {
        if !(code[at].is_ascii_lowercase() || code[at].is_ascii_digit() || code[at] == b'_') {
            return false;
        }
        at += 1;
    }
    true
}

impl FromStr for ResourceKind {
    type Err = ResourceKindError;
    fn from_str(text: &str) -> Result<Self, ResourceKindError> {
        let code = text.trim().to_lowercase();
        if is_code(code.as_bytes()) {
            Ok(Self::known(&code))
        } else {
            Err(ResourceKindError(text.trim().to_owned()))
        }
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ResourceKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ResourceKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_code_is_refused_with_what_one_is() {
        let long = "a".repeat(LENGTH_MAX + 1);
        for text in ["", " ", "2_boats", "_boat", "häst", "ice boat", "boat-2", &long] {
            let error = text.parse::<ResourceKind>().unwrap_err().to_string();
            assert!(error.ends_with("expected 1 to 32 of a-z, 0-9 and '_', a letter first"), "{error}");
        }
        assert_eq!(" AED ".parse(), Ok(ResourceKind::AED));
        assert!(serde_json::from_str::<ResourceKind>("\"Ätt\"").is_err());
    }

    proptest! {
        #[test]
        fn a_code_reads_back_and_is_in_the_order_of_its_letters(
            one in "[a-z][a-z0-9_]{0,31}", other in "[a-z][a-z0-9_]{0,31}",
        ) {
            let kind: ResourceKind = one.parse().unwrap();
            prop_assert_eq!(kind.as_str(), &one);
            let json = serde_json::to_string(&kind).unwrap();
            prop_assert_eq!(serde_json::from_str::<ResourceKind>(&json).unwrap(), kind);
            prop_assert_eq!(kind.cmp(&other.parse().unwrap()), one.cmp(&other));
        }
    }
}
