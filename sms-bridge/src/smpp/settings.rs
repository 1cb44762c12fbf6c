//! What an administrator says about an operator's message centre.

use std::fmt;
use std::path::PathBuf;

use reqwest::Url;
use serde::Deserialize;

/// Where the message centre is and who we are to it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmppSettings {
    /// `smpps://HOST:PORT` (TLS) or `smpp://HOST:PORT`.
    pub url: String,
    /// User name; at most 15 characters.
    pub system_id: String,
    /// At most 8 characters.
    pub password: String,
    /// Often empty.
    #[serde(default)]
    pub system_type: String,
    /// Our number, to which people reply: a short number such as `71700`, or in E.164 with its plus.
    pub from: String,
    /// Certificates to trust instead of the public authorities, PEM.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Messages a second at most.
    #[serde(default = "per_second")]
    pub per_second: u32,
    /// Messages without an answer at most, 1 to 10 as a rule of operators.
    #[serde(default = "window")]
    pub window: u32,
    /// Whether receipts name messages in decimal whose ids were given in hexadecimal; some operators do.
    #[serde(default)]
    pub hex_ids: bool,
}

fn per_second() -> u32 {
    10
}

fn window() -> u32 {
    10
}

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("gateway.smpp.{setting}: {why}")]
pub struct SettingsError {
    /// Which.
    pub setting: &'static str,
    /// What was expected.
    pub why: String,
}

/// Host, port, and whether to speak TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Centre {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: bool,
}

impl SmppSettings {
    /// Checks what can be checked without the message centre.
    pub(super) fn check(&self) -> Result<Centre, SettingsError> {
        let wrong = |setting, why: &str| Err(SettingsError { setting, why: why.to_owned() });
        let short = |text: &str, most| (1..=most).contains(&text.len()) && text.is_ascii();
        let digits = self.from.strip_prefix('+').unwrap_or(&self.from);
        if !short(&self.system_id, 15) {
            return wrong("system_id", "expected 1 to 15 characters");
        }
        if !short(&self.password, 8) {
            return wrong("password", "expected 1 to 8 characters");
        }
        if self.system_type.len() > 12 || !self.system_type.is_ascii() {
            return wrong("system_type", "expected at most 12 characters");
        }
        if !(3..=15).contains(&digits.len()) || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return wrong(
                "from",
                "expected a number such as 71700 or +46766861004: nobody can reply to a name",
            );
        }
        if !(1..=10_000).contains(&self.per_second) {
            return wrong("per_second", "expected 1 to 10000");
        }
        if !(1..=100).contains(&self.window) {
            return wrong("window", "expected 1 to 100");
        }
        self.centre().map_or_else(|| wrong("url", "expected smpps://HOST:PORT or smpp://HOST:PORT"), Ok)
    }

    fn centre(&self) -> Option<Centre> {
        let url = Url::parse(&self.url).ok()?;
        let tls = match url.scheme() {
            "smpps" => true,
            "smpp" => false,
            _ => return None,
        };
        Some(Centre { host: url.host_str()?.to_owned(), port: url.port()?, tls })
    }
}

impl fmt::Debug for SmppSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmppSettings")
            .field("url", &self.url)
            .field("from", &self.from)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn settings() -> SmppSettings {
        SmppSettings {
            url: "smpp://127.0.0.1:2775".to_owned(),
            system_id: "larm".to_owned(),
            password: "s3cret".to_owned(),
            system_type: String::new(),
            from: "71700".to_owned(),
            ca_file: None,
            per_second: 10,
            window: 10,
            hex_ids: false,
        }
    }

    #[test]
    fn what_cannot_be_is_named() {
        let wrong = |change: fn(&mut SmppSettings)| {
            let mut settings = settings();
            change(&mut settings);
            settings.check().unwrap_err().setting
        };
        assert_eq!(wrong(|s| s.url = "http://a:1".to_owned()), "url");
        assert_eq!(wrong(|s| s.url = "smpp://a".to_owned()), "url");
        assert_eq!(wrong(|s| s.from = "Certus".to_owned()), "from");
        assert_eq!(wrong(|s| s.password = "longer than eight".to_owned()), "password");
        assert_eq!(wrong(|s| s.window = 0), "window");
        assert!(settings().check().is_ok_and(|centre| !centre.tls && centre.port == 2775));
        assert!(!format!("{:?}", settings()).contains("s3cret"));
    }
}
