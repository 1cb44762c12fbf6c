//! What an administrator says about Web Push.

use std::path::PathBuf;

use serde::Deserialize;

use super::Reach;
use crate::push::SetupError;

/// Who we are to push services.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebPushSettings {
    /// The private key that subscriptions are made for, in PEM ([`VapidKey`](super::VapidKey)). With another key every
    /// subscription is lost.
    pub key_file: PathBuf,
    /// Where a push service's staff reach us: `mailto:…` or `https://…`.
    pub contact: String,
    /// For tests: also push to this computer, and there without TLS.
    #[serde(default)]
    pub allow_loopback: bool,
}

impl WebPushSettings {
    /// Where pushes may go.
    #[must_use]
    pub const fn reach(&self) -> Reach {
        if self.allow_loopback { Reach::LoopbackToo } else { Reach::Public }
    }

    /// The contact, as RFC 8292 (2.1) wants it.
    pub(super) fn contact(&self) -> Result<&str, SetupError> {
        let rest = self.contact.strip_prefix("mailto:").filter(|address| address.contains('@'));
        let rest = rest.or_else(|| self.contact.strip_prefix("https://"));
        let why = "expected mailto:somebody@example.org or https://…";
        let usable = rest.is_some_and(|rest| rest.len() > 2 && !rest.contains(char::is_whitespace));
        usable.then_some(&*self.contact).ok_or(SetupError::Setting { setting: "contact", why })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_can_be_written_to() {
        let usable = |contact: &str| {
            let (key_file, contact) = (PathBuf::new(), contact.to_owned());
            WebPushSettings { key_file, contact, allow_loopback: false }.contact().is_ok()
        };
        assert!(usable("mailto:drift@example.org") && usable("https://certus.example/kontakt"));
        for wrong in [
            "",
            "drift@example.org",
            "mailto:",
            "mailto:drift",
            "http://a.example",
            "https://",
            "mailto:a b@c",
        ] {
            assert!(!usable(wrong), "{wrong}");
        }
    }
}
