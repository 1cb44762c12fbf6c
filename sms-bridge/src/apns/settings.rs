//! What an administrator says about APNs, and the key that Apple gave them.

use std::fmt;
use std::path::PathBuf;

use serde::Deserialize;

use crate::push::es256::Es256Key;
use crate::push::{KeyError, SetupError};

/// Where APNs is, which app is reached, and who we are to it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApnsSettings {
    /// The key file (`.p8`) from Apple's developer account.
    pub key_file: PathBuf,
    /// The key's id: ten characters, part of the file's name.
    pub key_id: String,
    /// The developer team's id: ten characters.
    pub team_id: String,
    /// The app's bundle id, for example `se.example.certus`.
    pub bundle_id: String,
    /// Whether Apple gave the app the entitlement for critical alerts.
    #[serde(default)]
    pub critical_alerts: bool,
    /// Where the API is; `https://api.push.apple.com` unless the app is a development build or tested.
    #[serde(default = "base_url")]
    pub base_url: String,
}

fn base_url() -> String {
    "https://api.push.apple.com".to_owned()
}

impl ApnsSettings {
    /// Ids that can stand in a header or a token.
    pub(super) fn check(&self) -> Result<(), SetupError> {
        let plain = |text: &str, also: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || also.contains(c))
        };
        let why = "expected letters and digits";
        let fields = [
            ("key_id", &self.key_id, ""),
            ("team_id", &self.team_id, ""),
            ("bundle_id", &self.bundle_id, ".-"),
        ];
        match fields.into_iter().find(|(_, text, also)| !plain(text, also)) {
            Some((setting, ..)) => Err(SetupError::Setting { setting, why }),
            None => Ok(()),
        }
    }
}

/// The private key that signs for the team. `Debug` hides it.
#[derive(Clone)]
pub struct ApnsKey(pub(super) Es256Key);

impl ApnsKey {
    /// Reads the text of a `.p8` file: a private key on P-256 in PEM.
    ///
    /// # Errors
    /// [`KeyError`] when it is none.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Es256Key::from_pem(pem).map(Self)
    }
}

impl fmt::Debug for ApnsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApnsKey(…)")
    }
}
