//! Keys on the curve P-256 and the web tokens signed with them (RFC 7515, ES256), for VAPID and APNs.
//!
//! Signatures take no randomness (RFC 6979): the same token signed twice is the same text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certus_registry::Random;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use serde_json::Value;

/// Why a text is no such key. Says nothing of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a private key on P-256.
    #[error("expected a private key on the curve P-256 in PEM")]
    NotP256,
    /// Not a private RSA key.
    #[error("expected a service account's key file with a private RSA key in PEM")]
    NotServiceAccount,
}

/// A private key. `Debug` hides it.
#[derive(Clone)]
pub(crate) struct Es256Key(SigningKey);

impl Es256Key {
    /// A fresh one.
    pub(crate) fn generate(random: &Random) -> Self {
        loop {
            // A number of 32 octets is outside of the curve's order about once in 2³².
            if let Ok(key) = SigningKey::from_slice(&random.bytes::<32>()) {
                return Self(key);
            }
        }
    }

    /// Reads PEM: PKCS#8 ("PRIVATE KEY") or SEC 1 ("EC PRIVATE KEY").
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = SecretKey::from_pkcs8_pem(pem.trim()).or_else(|_| SecretKey::from_sec1_pem(pem.trim()));
        key.map(|key| Self(key.into())).map_err(|_| KeyError::NotP256)
    }

    /// As PKCS#8 in PEM.
    pub(crate) fn to_pem(&self) -> String {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        pem.expect("a key of 32 octets can be written").as_str().to_owned()
    }

    /// The public key: its uncompressed point in base64url, 87 characters.
    pub(crate) fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.verifying_key().to_encoded_point(false).as_bytes())
    }

    /// A signed token of these claims.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature: Signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

impl fmt::Debug for Es256Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Es256Key(…)")
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier as _;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_key_survives_its_file_and_shows_itself_to_nobody() {
        let key = Es256Key::generate(&Random::from_seed(1));
        let pem = key.to_pem();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        assert_eq!(Es256Key::from_pem(&format!("\n{pem}\n")).unwrap().public(), key.public());
        let sec1 = SecretKey::from(&key.0).to_sec1_pem(LineEnding::LF).unwrap();
        assert_eq!(Es256Key::from_pem(&sec1).unwrap().public(), key.public());
        assert_eq!((key.public().len(), format!("{key:?}").as_str()), (87, "Es256Key(…)"));
    }

    #[test]
    fn what_is_no_such_key_is_refused() {
        let wrong = ["", "secret", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"];
        for text in wrong {
            assert_eq!(Es256Key::from_pem(text).unwrap_err(), KeyError::NotP256, "{text}");
        }
    }

    #[test]
    fn a_token_is_signed_over_its_first_two_parts() {
        let key = Es256Key::generate(&Random::from_seed(2));
        let token = key.sign(&json!({"alg": "ES256"}), &json!({"aud": "https://push.example:8443"}));
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        key.0.verifying_key().verify(signed.as_bytes(), &signature).unwrap();
    }
}
