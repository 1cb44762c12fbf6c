//! The configuration: a TOML file in which every key has a default, then the environment.
//!
//! What is wrong is named by file, line, key and what was expected, and nothing starts.

mod calendars;
mod positions;
mod push;
mod reminders;
mod retention;
mod setting;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use certus_registry::County;
use certus_sms_bridge::elks46::{self, Elks46Settings};
use certus_sms_bridge::gammu::{self, GammuSettings};
use certus_sms_bridge::push::gateway;
use certus_sms_bridge::simulated;
use certus_sms_bridge::smpp::{self, SmppSettings};
use certus_sms_bridge::template::{self, TemplateSettings};
use serde::Deserialize;

use crate::channel_test::Monthly;
use crate::oidc::OidcSettings;

pub use calendars::Calendars;
pub use positions::Positions;
pub use push::{Push, PushSetupError};
pub use reminders::Reminders;
pub use retention::{Retention, days};
pub use setting::{Address, DatabaseUrl, Detour, PublicUrl, RouterUrl, Zone};

/// What `certus serve` runs with.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where the API and the pages listen.
    pub listen: Address,
    /// Where metrics and health listen; not for the public.
    pub metrics_listen: Address,
    /// `sqlite:PATH` or `postgres://…`.
    pub database: DatabaseUrl,
    /// The file of master keys by which personal data is encrypted; none: it stands in the database as it is.
    pub key_file: Option<PathBuf>,
    /// The addresses of our own proxies in front of `listen`: what they say of where a request comes from is believed.
    pub proxies: Vec<IpAddr>,
    /// How the outside reaches `listen`; links in messages begin with it.
    pub public_url: PublicUrl,
    /// Local time: opening hours, day and night turnout, times in messages.
    pub time_zone: Zone,
    /// The county served, by its code or its name: that of rows and accounts of which nothing else is said.
    pub county: County,
    /// A file of call-out policies instead of those built in.
    pub policies: Option<PathBuf>,
    /// When the ways to everybody are tested; never without it.
    pub channel_test: Option<Monthly>,
    /// Whether keepers are asked by text message, once what they keep is due to be confirmed.
    pub remind_keepers: bool,
    /// What is asked of phones, and how long what they told is kept.
    pub positions: Positions,
    /// How long what is kept about people is kept.
    pub retention: Retention,
    /// When people are reminded of what ends for them.
    pub reminders: Reminders,
    /// How often people's own calendars are fetched.
    pub calendars: Calendars,
    /// How travel times are estimated.
    pub travel: Travel,
    /// The organisation's own sign-in, besides passwords.
    pub oidc: Option<OidcSettings>,
    /// Through which messages leave.
    pub gateway: Gateway,
}

impl Default for Config {
    fn default() -> Self {
        let valid = "the defaults are valid; a test reads them";
        Self {
            listen: "127.0.0.1:8112".parse().expect(valid),
            metrics_listen: "127.0.0.1:8113".parse().expect(valid),
            database: "sqlite:certus.sqlite".parse().expect(valid),
            key_file: None,
            proxies: Vec::new(),
            public_url: "http://127.0.0.1:8112".parse().expect(valid),
            time_zone: "Europe/Stockholm".parse().expect(valid),
            county: County::DEFAULT,
            policies: None,
            channel_test: None,
            remind_keepers: false,
            positions: Positions::default(),
            retention: Retention::default(),
            reminders: Reminders::default(),
            calendars: Calendars::default(),
            travel: Travel::default(),
            oidc: None,
            gateway: Gateway::default(),
        }
    }
}

/// The section `[travel]`: without it, the straight line times its factor.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Travel {
    /// A file of `certus roads build`.
    pub roads: Option<PathBuf>,
    /// The address of an OSRM that is asked instead, for cars.
    pub osrm: Option<RouterUrl>,
    /// The address of a Valhalla that is asked instead, for cars.
    pub valhalla: Option<RouterUrl>,
    /// How much longer roads are than the straight line, where no road is known.
    pub detour: Option<Detour>,
}

/// The section `[gateway]`: a table for each gateway there is; without any, the simulated network.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Each gateway's share of its channel's messages by its name; 1 where nothing is said, 0: only when no other can be used.
    pub weights: BTreeMap<String, u32>,
    /// A phone network in this process; nobody is really called out.
    pub simulated: Option<Simulated>,
    /// The HTTP API of 46elks.
    pub elks46: Option<Elks46Settings>,
    /// A provider over HTTP that the configuration describes.
    pub template: Option<Box<TemplateSettings>>,
    /// An operator's message centre over SMPP.
    pub smpp: Option<SmppSettings>,
    /// A GSM modem through gammu-smsd.
    pub gammu: Option<GammuSettings>,
    /// Pushes to apps and browsers, before the text message.
    pub push: Option<Push>,
}

impl Gateway {
    /// The names of the gateways there are.
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        let real = self.real();
        if real.is_empty() { vec![simulated::NAME] } else { real }
    }

    /// The names of those that reach real people.
    fn real(&self) -> Vec<&'static str> {
        let push = (self.push.is_some(), gateway::NAME);
        let voice = self.elks46.as_ref().is_some_and(|elks46| elks46.voice.is_some());
        self.texting()
            .into_iter()
            .chain([push, (voice, elks46::CALLS)])
            .filter_map(|(there, name)| there.then_some(name))
            .collect()
    }

    /// The real ones that carry text messages, and whether each is there.
    fn texting(&self) -> [(bool, &'static str); 4] {
        [
            (self.elks46.is_some(), elks46::NAME),
            (self.template.is_some(), template::NAME),
            (self.smpp.is_some(), smpp::NAME),
            (self.gammu.is_some(), gammu::NAME),
        ]
    }
}

/// Settings of the simulated phone network.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Simulated {
    /// Seed of its people's behaviour.
    pub seed: u64,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {why}")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the system said.
        why: String,
    },
    /// The file says something that cannot be.
    #[error("{file}, line {line}, key {key}: {why}")]
    File {
        /// Its name.
        file: String,
        /// The line, from 1.
        line: usize,
        /// The dotted key.
        key: String,
        /// What was found and what was expected.
        why: String,
    },
    /// An environment variable says something that cannot be.
    #[error("environment variable {variable}: {why}")]
    Environment {
        /// Its name.
        variable: &'static str,
        /// What was found and what was expected.
        why: String,
    },
}

impl Config {
    /// Reads `file` (without one: the defaults), then what `environment` overrides.
    ///
    /// # Errors
    /// [`ConfigError`], a sentence for the person who wrote the configuration.
    pub fn load(
        file: Option<&Path>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let mut config = match file {
            None => Self::default(),
            Some(path) => {
                let file = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
                    file: file.clone(),
                    why: error.to_string(),
                })?;
                Self::parse(&file, &text)?
            }
        };
        config.overridden_by(environment)?;
        Ok(config)
    }

    /// Parses the text of a configuration file; `file` is its name for error messages.
    ///
    /// # Errors
    /// [`ConfigError::File`].
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let refuse = |key: &str, error: &toml::de::Error| setting::refusal(file, text, key, error);
        let document = toml::Deserializer::parse(text).map_err(|error| refuse(".", &error))?;
        let config: Self = serde_path_to_error::deserialize(document)
            .map_err(|error| refuse(&error.path().to_string(), error.inner()))?;
        config.complete(file, text)?;
        Ok(config)
    }

    /// Checks what no single key can tell.
    fn complete(&self, file: &str, text: &str) -> Result<(), ConfigError> {
        self.complete_travel(file, text)?;
        let gateway = &self.gateway;
        let refuse = |key: &str, last: &str, why: String| {
            let (line, key) = (setting::line_of_key(text, last), format!("gateway.{key}"));
            Err(ConfigError::File { file: file.to_owned(), line, key, why })
        };
        if gateway.simulated.is_some() && !gateway.real().is_empty() {
            let why =
                "expected no simulated network beside a real gateway: its people would answer for real ones";
            return refuse("simulated", "simulated", why.to_owned());
        }
        if gateway.push.is_some() && !gateway.texting().iter().any(|(there, _)| *there) {
            let why =
                "expected a gateway for text messages beside it: a push that nobody sees is followed by one";
            return refuse("push", "gateway.push", why.to_owned());
        }
        let names = gateway.names();
        match gateway.weights.keys().find(|name| !names.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => {
                let why = format!("expected one of the gateways that are there: {}", names.join(", "));
                refuse(&format!("weights.{name}"), "weights", why)
            }
        }
    }

    /// Travel times come from one place.
    fn complete_travel(&self, file: &str, text: &str) -> Result<(), ConfigError> {
        let Travel { roads, osrm, valhalla, detour: _ } = &self.travel;
        let there = [("roads", roads.is_some()), ("osrm", osrm.is_some()), ("valhalla", valhalla.is_some())];
        let second = there.iter().filter(|(_, there)| *there).nth(1);
        second.map_or(Ok(()), |(key, _)| {
            let (line, key) = (setting::line_of_key(text, key), format!("travel.{key}"));
            let why = "expected only one of roads, osrm and valhalla: a search rests on one".to_owned();
            Err(ConfigError::File { file: file.to_owned(), line, key, why })
        })
    }

    /// `CERTUS_` and the key in capitals overrides a key of the top level.
    fn overridden_by(&mut self, environment: impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        setting::replace(&mut self.listen, "CERTUS_LISTEN", &environment)?;
        setting::replace(&mut self.metrics_listen, "CERTUS_METRICS_LISTEN", &environment)?;
        setting::replace(&mut self.database, "CERTUS_DATABASE", &environment)?;
        setting::replace(&mut self.public_url, "CERTUS_PUBLIC_URL", &environment)?;
        setting::replace(&mut self.time_zone, "CERTUS_TIME_ZONE", &environment)?;
        setting::replace(&mut self.county, "CERTUS_COUNTY", &environment)?;
        if let Some(path) = environment("CERTUS_KEY_FILE") {
            self.key_file = Some(path.into());
        }
        if let Some(path) = environment("CERTUS_POLICIES") {
            self.policies = Some(path.into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing(_: &str) -> Option<String> {
        None
    }

    #[test]
    fn without_a_file_everything_has_a_value() {
        let config = Config::load(None, nothing).unwrap();
        assert_eq!(config.database.as_str(), "sqlite:certus.sqlite");
        assert_eq!(config.listen.0.port(), 8112);
        assert_eq!(config.gateway.names(), ["simulated"]);
    }

    #[test]
    fn what_is_wrong_is_named_by_file_line_key_and_expectation() {
        let table = [
            ("listen = 8112", 1, "listen", "expected a string"),
            (
                "county = \"Y\"\nlisten = \"here\"",
                2,
                "listen",
                "expected ADDRESS:PORT such as 127.0.0.1:8112",
            ),
            ("database = \"mysql://x\"", 1, "database", "expected sqlite:PATH or postgres://"),
            ("public_url = \"certus.se\"", 1, "public_url", "expected http://HOST or https://HOST"),
            (
                "time_zone = \"Sweden/North\"",
                1,
                "time_zone",
                "expected an IANA name such as Europe/Stockholm",
            ),
            ("county = \"\"", 1, "county", "expected a county's code"),
            ("\nlissten = \"x\"", 2, "lissten", "expected one of `listen`"),
            (
                "[gateway.pigeon]\nkind = 1",
                1,
                "gateway.pigeon",
                "expected one of `weights`, `simulated`, `elks46`, `template`, `smpp`, `gammu`, `push`",
            ),
            ("[gateway.simulated]\nspeed = 1", 2, "gateway.simulated.speed", "expected `seed`"),
            ("[gateway]\nweights = { elks = 1 }", 2, "gateway.weights.elks", "are there: simulated"),
            ("[gateway.elks46]\nusername = \"u\"", 1, "gateway.elks46.password", "missing field `password`"),
            ("[travel]\ndetour = 0.9", 2, "travel.detour", "expected a number from 1 to 5"),
            ("[travel]\nosrm = \"router\"", 2, "travel.osrm", "expected http://HOST:PORT or https://HOST"),
            ("[travel]\nroads = \"x\"\nosrm = \"http://h:1\"", 3, "travel.osrm", "expected only one of"),
            (
                "[travel]\nroad = \"x\"",
                2,
                "travel.road",
                "expected one of `roads`, `osrm`, `valhalla`, `detour`",
            ),
            ("county = \"X\"\nlisten = ", 2, "listen", "string values must be quoted"),
        ];
        for (text, line, key, why) in table {
            let error = Config::parse("certus.toml", text).unwrap_err().to_string();
            let place = format!("certus.toml, line {line}, key {key}: ");
            assert!(error.starts_with(&place) && error.contains(why), "{text:?} gave: {error}");
        }
    }

    #[test]
    fn a_simulated_network_never_stands_beside_a_real_gateway() {
        let elks46 = "[gateway.elks46]\nusername = \"u\"\npassword = \"p\"\nfrom = \"+46766861004\"\n\
             webhook_base = \"https://c.example\"\nwebhook_secret = \"s\"\n";
        let config =
            Config::parse("certus.toml", &format!("{elks46}[gateway]\nweights = {{ elks46 = 3 }}\n"));
        assert_eq!(config.unwrap().gateway.weights["elks46"], 3);
        let error = Config::parse("certus.toml", &format!("{elks46}[gateway.simulated]\n")).unwrap_err();
        assert!(
            error.to_string().starts_with("certus.toml, line 7, key gateway.simulated: expected no"),
            "{error}"
        );
    }

    #[test]
    fn a_described_provider_is_checked_as_a_whole() {
        let text = "[gateway.template]\nfrom = \"71700\"\n[gateway.template.request]\nurl = \"https://sms.example/\"\n\
             encoding = \"form\"\nbody = { to = \"{to}\", text = \"{text}\" }\n";
        let table = [
            ("{text}", "{txt}", "line 6, key gateway.template.request.body.text: unknown placeholder {txt}"),
            ("{text}", "x", "key gateway.template: request.body: {text} is missing"),
            (
                "https:",
                "http:",
                "key gateway.template: request.url: expected https (or allow_insecure = true)",
            ),
            ("\"form\"", "\"xml\"", "line 5, key gateway.template.request.encoding: unknown variant `xml`"),
        ];
        assert!(Config::parse("certus.toml", text).is_ok());
        for (right, wrong, why) in table {
            let error = Config::parse("certus.toml", &text.replace(right, wrong)).unwrap_err().to_string();
            assert!(error.contains(why), "{wrong} gave: {error}");
        }
    }

    #[test]
    fn the_environment_has_the_last_word() {
        let set = |name: &str| (name == "CERTUS_DATABASE").then(|| "postgres://db/certus".to_owned());
        assert_eq!(Config::load(None, set).unwrap().database.as_str(), "postgres://db/certus");
        let key = |name: &str| (name == "CERTUS_KEY_FILE").then(|| "/etc/certus.key".to_owned());
        assert_eq!(Config::load(None, key).unwrap().key_file.as_deref(), Some(Path::new("/etc/certus.key")));
        let wrong = |name: &str| (name == "CERTUS_LISTEN").then(|| "8112".to_owned());
        let error = Config::load(None, wrong).unwrap_err().to_string();
        let expected =
            "environment variable CERTUS_LISTEN: '8112': expected ADDRESS:PORT such as 127.0.0.1:8112";
        assert_eq!(error, expected);
    }

    #[test]
    fn a_missing_file_is_named() {
        let error = Config::load(Some(Path::new("/nowhere/certus.toml")), nothing).unwrap_err();
        assert!(error.to_string().starts_with("/nowhere/certus.toml: cannot be read: "), "{error}");
    }

    #[test]
    fn a_database_is_shown_without_its_password() {
        let table = [
            ("sqlite:certus.sqlite", "sqlite:certus.sqlite"),
            ("postgres://u:p@ss@db:5432/certus?password=x", "postgres://db:5432/certus"),
            ("postgres://db/certus", "postgres://db/certus"),
        ];
        for (url, shown) in table {
            assert_eq!(url.parse::<DatabaseUrl>().unwrap().shown(), shown);
        }
    }

    #[test]
    fn passwords_are_hidden_from_logs() {
        let text = "database = \"postgres://u:hunter2@h/d\"\n[gateway.elks46]\nusername = \"u\"\npassword = \"hunter3\"\nfrom = \"+46766861004\"\nwebhook_base = \"https://c.example\"\nwebhook_secret = \"hunter4\"";
        let shown = format!("{:?}", Config::parse("certus.toml", text).unwrap());
        assert!(!shown.contains("hunter"), "{shown}");
    }
}
