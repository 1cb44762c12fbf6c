//! Who may post to us. Providers do not sign what they post: an address, a key in the query and a password are
//! all there is, and every gateway lets webhooks in by the same rule.

use std::fmt;
use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// A user name and a password for HTTP Basic authentication.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basic {
    /// The name, without a colon.
    pub username: String,
    /// The password.
    pub password: String,
}

impl Basic {
    /// The value of the header `Authorization`.
    #[must_use]
    pub fn header(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.username, self.password)))
    }
}

impl fmt::Debug for Basic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Basic(…)")
    }
}

/// Why a webhook is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unwelcome {
    /// It comes from an address that is not on the list.
    #[error("the sender's address is not on the list")]
    Source,
    /// The `key` in its query is missing or wrong.
    #[error("the key is missing or wrong")]
    Key,
    /// Its `Authorization` header is missing or wrong.
    #[error("the credentials are missing or wrong")]
    Credentials,
}

/// What a webhook must bring.
#[derive(Clone, Copy)]
pub(crate) struct Door<'a> {
    /// The query's `key`, when one is asked for; an empty one opens to nobody.
    pub(crate) secret: Option<&'a str>,
    /// Its credentials, when they are asked for.
    pub(crate) basic: Option<&'a Basic>,
    /// Where it may come from; empty: from anywhere.
    pub(crate) sources: &'a [IpAddr],
}

impl Door<'_> {
    /// By the client's address (not the proxy's; a mapped `::ffff:` address counts as the IPv4 address it is), the
    /// query's `key` and the `Authorization` header; the first thing wrong is told.
    pub(crate) fn let_in(
        &self,
        key: Option<&str>,
        authorization: Option<&str>,
        source: IpAddr,
    ) -> Result<(), Unwelcome> {
        let source = source.to_canonical();
        let listed = self.sources.iter().any(|address| address.to_canonical() == source);
        if !listed && !self.sources.is_empty() {
            return Err(Unwelcome::Source);
        }
        if let Some(secret) = self.secret
            && (secret.is_empty() || !same(key.unwrap_or_default(), secret))
        {
            return Err(Unwelcome::Key);
        }
        if let Some(basic) = self.basic
            && !same(authorization.unwrap_or_default(), &basic.header())
        {
            return Err(Unwelcome::Credentials);
        }
        Ok(())
    }
}

/// Equal, in a time that does not tell how far they are.
fn same(given: &str, expected: &str) -> bool {
    let differing = given.bytes().zip(expected.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b));
    given.len() == expected.len() && differing == 0
}
