//! What an administrator says about the 46elks account.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use serde::Deserialize;

use crate::webhook::Basic;

/// The account and the way back to us.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elks46Settings {
    /// Where the API is; `https://api.46elks.com/a1` unless tested.
    #[serde(default = "base_url")]
    pub base_url: String,
    /// API user name.
    pub username: String,
    /// API password.
    pub password: String,
    /// Our number at 46elks in E.164. A text sender would work, but nobody could reply to it.
    pub from: String,
    /// Where 46elks reaches us, e.g. `https://certus.example.se`.
    pub webhook_base: String,
    /// Must come back as `key` in every webhook's query.
    pub webhook_secret: String,
    /// Must come back in every webhook's `Authorization` header, when given.
    #[serde(default)]
    pub webhook_basic: Option<Basic>,
    /// Addresses webhooks may come from; empty: from anywhere (behind a proxy that checks it).
    #[serde(default = "published_sources")]
    pub sources: Vec<IpAddr>,
    /// Telephone calls through the same account and number, when there are to be any.
    #[serde(default)]
    pub voice: Option<VoiceSettings>,
}

/// How people are rung up.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct VoiceSettings {
    /// The program that speaks.
    pub espeak: PathBuf,
    /// How long it rings, in seconds.
    pub ring_s: u32,
}

impl Default for VoiceSettings {
    fn default() -> Self {
        Self { espeak: "espeak-ng".into(), ring_s: 40 }
    }
}

fn base_url() -> String {
    "https://api.46elks.com/a1".to_owned()
}

/// The addresses that 46elks publishes for its callbacks (documentation, "verify callback origin", 2025).
fn published_sources() -> Vec<IpAddr> {
    let published = ["176.10.154.199", "85.24.146.132", "185.39.146.243", "2001:9b0:2:902::199"];
    published.iter().filter_map(|address| address.parse().ok()).collect()
}

impl fmt::Debug for Elks46Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elks46Settings")
            .field("base_url", &self.base_url)
            .field("webhook_base", &self.webhook_base)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}
