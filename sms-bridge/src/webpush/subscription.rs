//! Where one browser is pushed to, as the browser itself said it.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;
use web_push_native::p256::PublicKey;
use web_push_native::p256::elliptic_curve::sec1::ToEncodedPoint as _;
use web_push_native::{Auth, Error, encrypt};

use super::Reach;

/// Longest endpoint, in octets; those in use have 100 to 600.
const ENDPOINT_MAX: usize = 2_000;
/// A point on P-256 that is not compressed: 0x04, x, y.
const POINT_OCTETS: usize = 65;
/// The secret that browser and sender share (RFC 8291, 3.2).
const AUTH_OCTETS: usize = 16;

/// What browsers write: base64url, most without padding.
const BASE64URL: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A browser's subscription. Who knows it can reach its phone: `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    endpoint: Url,
    key: PublicKey,
    auth: Auth,
}

/// Why a text is no subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    /// Not the JSON of a `PushSubscription`.
    #[error("expected a PushSubscription as JSON: endpoint, keys.p256dh, keys.auth")]
    Shape,
    /// Not a URL that may be pushed to.
    #[error("endpoint: expected an https URL on the public internet, at most 2000 characters")]
    Endpoint,
    /// Not a key.
    #[error("keys.p256dh: expected 65 octets in base64url, a point on the curve P-256")]
    Key,
    /// Not a shared secret.
    #[error("keys.auth: expected 16 octets in base64url")]
    Auth,
}

/// As browsers write it (`JSON.stringify(subscription)`); `expirationTime` is null in all of them and not kept.
#[derive(Deserialize)]
struct Written {
    endpoint: String,
    keys: Keys,
}

#[derive(Deserialize)]
struct Keys {
    p256dh: String,
    auth: String,
}

impl Subscription {
    /// Reads what a browser's `PushSubscription` becomes as JSON. A name is not looked up here: that is done for each
    /// connection.
    ///
    /// # Errors
    /// [`SubscriptionError`] names the field.
    pub fn parse(json: &str, reach: Reach) -> Result<Self, SubscriptionError> {
        let written: Written = serde_json::from_str(json).map_err(|_| SubscriptionError::Shape)?;
        let endpoint = endpoint(&written.endpoint, reach).ok_or(SubscriptionError::Endpoint)?;
        let key = public_key(&written.keys.p256dh).ok_or(SubscriptionError::Key)?;
        let auth: [u8; AUTH_OCTETS] = decode(&written.keys.auth).ok_or(SubscriptionError::Auth)?;
        Ok(Self { endpoint, key, auth: auth.into() })
    }

    /// For the database: what [`Subscription::parse`] reads, the same text for the same subscription.
    #[must_use]
    pub fn to_json(&self) -> String {
        let key = URL_SAFE_NO_PAD.encode(self.key.to_encoded_point(false).as_bytes());
        let (endpoint, auth) = (Value::from(self.endpoint.as_str()), URL_SAFE_NO_PAD.encode(self.auth));
        format!(r#"{{"endpoint":{endpoint},"keys":{{"p256dh":"{key}","auth":"{auth}"}}}}"#)
    }

    /// Where to push, and what tells one subscription from another. A secret: never log it.
    #[must_use]
    pub fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// Encrypts for this browser (RFC 8291). The ephemeral key and the salt come from the operating system: a library
    /// that takes them from elsewhere would let a test's seed into service.
    pub(super) fn encrypt(&self, payload: &[u8]) -> Result<Vec<u8>, Error> {
        encrypt(payload.to_vec(), &self.key, &self.auth)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Subscription(…)")
    }
}

fn endpoint(text: &str, reach: Reach) -> Option<Url> {
    let url = Some(text).filter(|text| text.len() <= ENDPOINT_MAX).and_then(|text| Url::parse(text).ok())?;
    let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    Some(url).filter(|url| plain && reach.allows_url(url))
}

fn public_key(text: &str) -> Option<PublicKey> {
    PublicKey::from_sec1_bytes(&decode::<POINT_OCTETS>(text)?).ok()
}

fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    BASE64URL.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The receiver of RFC 8291, appendix A.
    const P256DH: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";
    const ENDPOINT: &str = "https://push.example:8443/s/abc?x=1";

    #[test]
    fn a_browsers_subscription_is_read_and_survives_the_database() {
        let json = format!(
            r#"{{"endpoint":"{ENDPOINT}","expirationTime":null,"keys":{{"p256dh":"{P256DH}","auth":"{AUTH}=="}}}}"#
        );
        let subscription = Subscription::parse(&json, Reach::Public).unwrap();
        assert_eq!(subscription.endpoint().as_str(), ENDPOINT);
        assert_eq!(subscription.to_json(), written(ENDPOINT, P256DH, AUTH));
        assert_eq!(Subscription::parse(&subscription.to_json(), Reach::Public).unwrap(), subscription);
        assert_eq!(format!("{subscription:?}"), "Subscription(…)");
    }

    #[test]
    fn what_is_wrong_is_named() {
        let off_the_curve = format!("{}A", &P256DH[..86]).replace("iw4", "iwA").replacen("BCVx", "BCVy", 1);
        let compressed = URL_SAFE_NO_PAD.encode([2; 33]);
        let long = format!("https://push.example/{}", "a".repeat(ENDPOINT_MAX));
        let table = [
            ("", P256DH, AUTH, SubscriptionError::Endpoint),
            ("http://push.example/a", P256DH, AUTH, SubscriptionError::Endpoint),
            ("ftp://push.example/a", P256DH, AUTH, SubscriptionError::Endpoint),
            ("https://10.0.0.1/a", P256DH, AUTH, SubscriptionError::Endpoint),
            ("https://u:p@push.example/a", P256DH, AUTH, SubscriptionError::Endpoint),
            ("https://push.example/a#b", P256DH, AUTH, SubscriptionError::Endpoint),
            (&long, P256DH, AUTH, SubscriptionError::Endpoint),
            (ENDPOINT, "", AUTH, SubscriptionError::Key),
            (ENDPOINT, &compressed, AUTH, SubscriptionError::Key),
            (ENDPOINT, &off_the_curve, AUTH, SubscriptionError::Key),
            (ENDPOINT, P256DH, "", SubscriptionError::Auth),
            (ENDPOINT, P256DH, "BTBZMqHH6r4Tts7J_aSI", SubscriptionError::Auth),
            (ENDPOINT, P256DH, "BTBZMqHH6r4Tts7J+aSIgg", SubscriptionError::Auth),
        ];
        for (endpoint, p256dh, auth, expected) in table {
            let parsed = Subscription::parse(&written(endpoint, p256dh, auth), Reach::Public);
            assert_eq!(parsed, Err(expected), "{endpoint} {p256dh} {auth}");
        }
        for json in ["", "{}", "[]", "null", r#"{"endpoint":"https://push.example/a"}"#] {
            assert_eq!(Subscription::parse(json, Reach::Public), Err(SubscriptionError::Shape), "{json}");
        }
    }

    fn written(endpoint: &str, p256dh: &str, auth: &str) -> String {
        format!(r#"{{"endpoint":"{endpoint}","keys":{{"p256dh":"{p256dh}","auth":"{auth}"}}}}"#)
    }
}
