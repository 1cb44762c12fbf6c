//! The types of single settings, and how a wrong one is named.

use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;

use serde::Deserialize;

use super::ConfigError;
use crate::travel::StraightLine;

/// Declares a setting written as text: how it parses and what to say when it does not.
macro_rules! setting {
    ($(#[$doc:meta])* $name:ident($inner:ty), $expected:literal, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(pub $inner);

        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Option<$inner> = $parse;
                parse(text.trim()).map(Self).ok_or_else(|| format!(concat!("'{}': expected ", $expected), text))
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }
    };
}

setting!(
    /// An address to listen on; port 0 takes any free one.
    Address(SocketAddr),
    "ADDRESS:PORT such as 127.0.0.1:8112",
    |text| text.parse().ok()
);
setting!(
    /// Where the database is. `Debug` hides user and password.
    DatabaseUrl(String),
    "sqlite:PATH or postgres://USER@HOST/NAME",
    |text| {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        known.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| !rest.is_empty())).then(|| text.to_owned())
    }
);
setting!(
    /// Scheme and host under which the outside reaches this server, without a slash at the end.
    PublicUrl(String),
    "http://HOST or https://HOST, without a path",
    |text| {
        let text = text.strip_suffix('/').unwrap_or(text);
        let url: axum::http::Uri = text.parse().ok()?;
        let known = matches!(url.scheme_str(), Some("http" | "https"));
        (known && url.authority().is_some() && url.path() == "/" && url.query().is_none()).then(|| text.to_owned())
    }
);
setting!(
    /// Where a router answers, without a slash at the end.
    RouterUrl(String),
    "http://HOST:PORT or https://HOST, without a query",
    |text| {
        let text = text.strip_suffix('/').unwrap_or(text);
        let url: axum::http::Uri = text.parse().ok()?;
        let known = matches!(url.scheme_str(), Some("http" | "https"));
        (known && url.authority().is_some() && url.query().is_none()).then(|| text.to_owned())
    }
);
setting!(
    /// A time zone of the IANA database.
    Zone(jiff::tz::TimeZone),
    "an IANA name such as Europe/Stockholm",
    |text| jiff::tz::TimeZone::get(text).ok()
);
/// How much longer roads are than the straight line.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Detour(pub f64);

impl TryFrom<f64> for Detour {
    type Error = String;
    fn try_from(factor: f64) -> Result<Self, String> {
        let range = StraightLine::FACTOR;
        let wrong = || format!("{factor}: expected a number from {} to {}", range.start(), range.end());
        range.contains(&factor).then_some(Self(factor)).ok_or_else(wrong)
    }
}

impl DatabaseUrl {
    /// The URL for people: without user, password and options.
    #[must_use]
    pub fn shown(&self) -> String {
        let url = self.0.split('?').next().unwrap_or_default();
        match (url.split_once("://"), url.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => format!("{scheme}://{host}"),
            (Some(_) | None, None) | (None, Some(_)) => url.to_owned(),
        }
    }

    /// The URL, password and all.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PublicUrl {
    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether browsers come over HTTPS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl fmt::Debug for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RouterUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("?"))
    }
}

/// Puts the value of an environment variable in place of `setting`, when it is set.
pub(super) fn replace<T: FromStr<Err: fmt::Display>>(
    setting: &mut T,
    variable: &'static str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<(), ConfigError> {
    if let Some(text) = environment(variable) {
        let refuse = |why: T::Err| ConfigError::Environment { variable, why: why.to_string() };
        *setting = text.parse().map_err(refuse)?;
    }
    Ok(())
}

/// Names what is wrong with a file; `path` is where serde stood.
pub(super) fn refusal(file: &str, text: &str, path: &str, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let line = text.char_indices().filter(|(index, character)| *index < at && *character == '\n').count() + 1;
    let why = error.message().to_owned();
    let named = |prefix: &str| why.strip_prefix(prefix).and_then(|rest| rest.split('`').next());
    let key = match named("unknown field `").or_else(|| named("missing field `")) {
        Some(name) if path == "." => name.to_owned(),
        Some(name) if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        Some(name) => format!("{path}.{name}"),
        None if path == "." => key_on_line(text, line),
        None => path.to_owned(),
    };
    ConfigError::File { file: file.to_owned(), line, key, why }
}

/// What stands before the equals sign, for text that is no TOML at all.
fn key_on_line(text: &str, line: usize) -> String {
    let line = text.lines().nth(line.saturating_sub(1)).unwrap_or_default();
    line.split('=').next().unwrap_or_default().trim().to_owned()
}

/// The first line that sets `key`, from 1; 1 when none does.
pub(super) fn line_of_key(text: &str, key: &str) -> usize {
    let sets = |line: &str| line.split_once('=').is_some_and(|(before, _)| before.trim() == key);
    let heads =
        |line: &str| line.trim().strip_suffix(']').is_some_and(|head| head.ends_with(&format!(".{key}")));
    text.lines().position(|line| sets(line) || heads(line)).map_or(1, |index| index + 1)
}
