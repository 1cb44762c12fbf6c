//! Says to push services who we are (VAPID, RFC 8292).
//!
//! Own code, because the libraries that make such tokens leave the port out of `aud`, and services on another port than
//! 443 refuse those.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use certus_registry::{Random, Timestamp};
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde_json::json;

use crate::push::KeyError;
use crate::push::es256::Es256Key;

/// How long a token is good for; RFC 8292 (2) allows 24 hours, which leaves room for clocks that differ.
const LIFE: Duration = Duration::from_hours(12);
/// A token is used for the first half of its life.
const USED: Duration = Duration::from_hours(6);
/// Tokens kept; one for each push service. There are five that matter, but endpoints come from outside.
const KEPT_MAX: usize = 100;

/// The key that subscriptions are made for: a browser is given its public half, and the push service then takes pushes
/// for that subscription from nobody else. `Debug` hides it.
#[derive(Clone)]
pub struct VapidKey(Es256Key);

impl VapidKey {
    /// A fresh one.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(Es256Key::generate(random))
    }

    /// Reads a private key on P-256 in PEM: PKCS#8, or SEC 1 as `openssl ecparam` writes it.
    ///
    /// # Errors
    /// [`KeyError`] when it is none.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        Es256Key::from_pem(pem).map(Self)
    }

    /// The private key as PEM (PKCS#8). A secret: for a file that only the server reads.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.0.to_pem()
    }

    /// The public key in base64url: the browser's `applicationServerKey`.
    #[must_use]
    pub fn public(&self) -> String {
        self.0.public()
    }
}

impl fmt::Debug for VapidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VapidKey(…)")
    }
}

/// Makes the header, and keeps it for its origin as long as it is good.
pub(super) struct Vapid {
    key: VapidKey,
    contact: String,
    made: Mutex<BTreeMap<String, (Timestamp, HeaderValue)>>,
}

impl Vapid {
    pub(super) fn new(key: VapidKey, contact: String) -> Self {
        Self { key, contact, made: Mutex::default() }
    }

    pub(super) fn public(&self) -> String {
        self.key.public()
    }

    /// The `Authorization` for pushes to this endpoint's origin.
    pub(super) fn authorization(&self, endpoint: &Url, now: Timestamp) -> HeaderValue {
        let origin = endpoint.origin().ascii_serialization(); // with the port when it is not the scheme's own
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        match made.get(&origin) {
            // Made in the future: the clock went back, and by how much nobody knows.
            Some((at, header)) if *at <= now && now.since(*at) < USED => header.clone(),
            Some(_) | None => {
                if made.len() >= KEPT_MAX {
                    made.clear();
                }
                let header = self.header(&origin, now);
                made.insert(origin, (now, header.clone()));
                header
            }
        }
    }

    fn header(&self, origin: &str, now: Timestamp) -> HeaderValue {
        let claims = json!({
            "aud": origin,
            "exp": (now + LIFE).as_millis() / 1_000,
            "sub": self.contact,
        });
        let token = self.key.0.sign(&json!({"typ": "JWT", "alg": "ES256"}), &claims);
        let header = HeaderValue::try_from(format!("vapid t={token}, k={}", self.key.public()));
        let mut header = header.expect("base64url, dots and commas may stand in a header");
        header.set_sensitive(true);
        header
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::Value;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    #[test]
    fn the_audience_is_the_origin_with_its_port() {
        let table = [
            ("https://push.example/s/1", "https://push.example"),
            ("https://push.example:443/s/1", "https://push.example"),
            ("https://push.example:8443/s/1?a=b", "https://push.example:8443"),
            ("http://localhost:8190/notify/1", "http://localhost:8190"),
        ];
        let vapid = vapid();
        for (endpoint, expected) in table {
            let claims = claims(&vapid.authorization(&endpoint.parse().unwrap(), NOW));
            assert_eq!((&claims["aud"], &claims["sub"]), (&json!(expected), &json!("mailto:a@b.example")));
            assert_eq!(claims["exp"], json!(1_795_400_000 + 12 * 3_600));
        }
    }

    #[test]
    fn a_token_is_used_again_for_its_origin_until_half_its_life_is_over_or_the_clock_goes_back() {
        let (vapid, endpoint) = (vapid(), "https://push.example/1".parse().unwrap());
        let first = vapid.authorization(&endpoint, NOW);
        let other_path = "https://push.example/2".parse().unwrap();
        let within = NOW + Duration::from_hours(6) - Duration::from_millis(1);
        assert_eq!(vapid.authorization(&other_path, within), first);
        assert_ne!(vapid.authorization(&endpoint, NOW + Duration::from_hours(6)), first);
        assert_ne!(vapid.authorization(&endpoint, NOW - Duration::from_secs(1)), first);
    }

    #[test]
    fn tokens_for_endpoints_from_outside_do_not_pile_up() {
        let vapid = vapid();
        for number in 0..1_000 {
            vapid.authorization(&format!("https://push{number}.example/").parse().unwrap(), NOW);
        }
        assert!(vapid.made.lock().unwrap().len() <= KEPT_MAX);
    }

    fn vapid() -> Vapid {
        Vapid::new(VapidKey::generate(&Random::from_seed(1)), "mailto:a@b.example".to_owned())
    }

    fn claims(header: &HeaderValue) -> Value {
        let token = header.to_str().unwrap().strip_prefix("vapid t=").unwrap();
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        serde_json::from_slice(&claims).unwrap()
    }
}
