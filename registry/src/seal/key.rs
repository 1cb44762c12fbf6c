//! One data key: AES-256-GCM for values (NIST SP 800-38D), HMAC-SHA-256 for what phones are found by (RFC 2104).
//!
//! Nonces are 96 random bits: a key may seal 2^32 values (SP 800-38D, 8.3), a county writes some 10^6 a year.

use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead as _, KeyInit as _, Payload};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{OpenError, Place};
use crate::Random;

/// Octets of a key.
pub(crate) const KEY: usize = 32;
/// Octets of a nonce.
const NONCE: usize = 12;
/// How a sealed value begins; its number and a colon follow.
const SEALED: &str = "sealed:";
/// How a keyed hash begins; its number and a colon follow.
const HASHED: &str = "hashed:";

/// A data key and what is derived from it: one key for values and one for hashes, so that neither tells of the other.
#[derive(Clone)]
pub(crate) struct DataKey {
    secret: Zeroizing<[u8; KEY]>,
    cipher: Aes256Gcm,
    index: Zeroizing<[u8; KEY]>,
}

impl DataKey {
    pub(crate) fn draw(random: &Random) -> Self {
        Self::of(Zeroizing::new(random.bytes()))
    }

    pub(super) fn of(secret: Zeroizing<[u8; KEY]>) -> Self {
        let values = Zeroizing::new(mac(&secret, &[b"certus values"]));
        let index = Zeroizing::new(mac(&secret, &[b"certus phones"]));
        Self { secret, cipher: cipher(&values), index }
    }

    pub(super) fn secret(&self) -> &[u8; KEY] {
        &self.secret
    }

    pub(super) fn seal(&self, random: &Random, number: i64, place: Place<'_>, bytes: &[u8]) -> String {
        let sealed = encrypted(&self.cipher, random, &associated(number, place), bytes);
        format!("{SEALED}{number}:{sealed}")
    }

    pub(super) fn open(&self, number: i64, place: Place<'_>, stored: &str) -> Result<Vec<u8>, OpenError> {
        let sealed = stored.strip_prefix(&format!("{SEALED}{number}:")).ok_or(OpenError::Broken)?;
        decrypted(&self.cipher, &associated(number, place), sealed).ok_or(OpenError::Broken)
    }

    pub(super) fn finder(&self, number: i64, column: &str, phone: &str) -> String {
        let hash = mac(&self.index, &[column.as_bytes(), b"\0", phone.as_bytes()]);
        format!("{HASHED}{number}:{}", BASE64.encode(hash))
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(…)")
    }
}

/// What a value is bound to; no part can hold the octet that divides them.
fn associated(number: i64, place: Place<'_>) -> String {
    format!("{number}\0{}\0{}", place.column, place.row)
}

/// The cipher of a key.
pub(super) fn cipher(key: &[u8; KEY]) -> Aes256Gcm {
    Aes256Gcm::new(key.into())
}

/// Nonce, ciphertext and tag, in base64.
pub(super) fn encrypted(cipher: &Aes256Gcm, random: &Random, associated: &str, bytes: &[u8]) -> String {
    let nonce: [u8; NONCE] = random.bytes();
    let payload = Payload { msg: bytes, aad: associated.as_bytes() };
    let sealed = cipher.encrypt((&nonce).into(), payload).expect("64 GiB are never sealed at once");
    BASE64.encode([nonce.as_slice(), sealed.as_slice()].concat())
}

/// What was encrypted so; none when it is anything else.
pub(super) fn decrypted(cipher: &Aes256Gcm, associated: &str, sealed: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(sealed).ok()?;
    let (nonce, sealed) = bytes.split_first_chunk::<NONCE>()?;
    cipher.decrypt(nonce.into(), Payload { msg: sealed, aad: associated.as_bytes() }).ok()
}

/// HMAC-SHA-256 of the parts one after the other.
pub(super) fn mac(key: &[u8; KEY], parts: &[&[u8]]) -> [u8; KEY] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}
