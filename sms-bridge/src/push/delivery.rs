//! How a push is to be treated on its way: how long it lives, how much it hurries, what it replaces.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use certus_registry::Timestamp;
use sha2::{Digest, Sha256};

use crate::Urgency;

/// Octets of the hash that make a topic: 24 octets are 32 characters, the most RFC 8030 (5.4) allows.
const TOPIC_OCTETS: usize = 24;

/// How a push is to be treated on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// How long the service may try.
    pub ttl: Ttl,
    /// Whether it may wake a sleeping phone at once.
    pub urgency: Urgency,
    /// Replaces what waits under the same topic.
    pub topic: Topic,
}

/// How long a push service may keep a push for a phone it does not reach: 1 second to 28 days.
///
/// Never zero, which means "now or never" and loses an alarm to a phone that sleeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ttl(u32);

impl Ttl {
    /// FCM's longest (four weeks); Web Push services go to a month or less and shorten it themselves.
    const SECONDS_MAX: u128 = 28 * 24 * 60 * 60;

    /// What is left until `valid_until`, rounded up to a second; `None` when nothing is.
    #[must_use]
    pub fn until(now: Timestamp, valid_until: Timestamp) -> Option<Self> {
        let seconds = valid_until.since(now).as_millis().div_ceil(1_000).min(Self::SECONDS_MAX);
        u32::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Self)
    }

    /// In seconds.
    #[must_use]
    pub const fn seconds(self) -> u32 {
        self.0
    }

    /// When it ends, counted from `now`.
    #[must_use]
    pub fn ends(self, now: Timestamp) -> Timestamp {
        now + Duration::from_secs(self.0.into())
    }
}

/// What a push replaces: pushes with one topic stand for one another, and only the latest is shown.
///
/// 32 characters of base64url, made from an opaque reference: an alarm and its stand-down have the same reference and so
/// the same topic, and the push service learns nothing about it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Topic(String);

impl Topic {
    /// The topic of whatever `reference` refers to.
    #[must_use]
    pub fn of(reference: &str) -> Self {
        let digest = Sha256::digest(format!("certus push topic\n{reference}"));
        Self(URL_SAFE_NO_PAD.encode(&digest[..TOPIC_OCTETS]))
    }

    /// As it goes into a header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Topic(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    #[test]
    fn a_ttl_is_rounded_up_bounded_and_never_zero() {
        let until = |millis| Ttl::until(NOW, NOW + Duration::from_millis(millis)).map(Ttl::seconds);
        assert_eq!([until(1), until(1_000), until(1_001), until(300_000)], [1, 1, 2, 300].map(Some));
        assert_eq!((until(0), Ttl::until(NOW, NOW - Duration::from_secs(1))), (None, None));
        assert_eq!(until(u64::MAX), Some(2_419_200));
        assert_eq!(Ttl::until(NOW, Timestamp::MAX).map(Ttl::seconds), Some(2_419_200));
    }

    proptest::proptest! {
        #[test]
        fn a_topic_is_32_characters_of_base64url_and_the_same_for_the_same_reference(reference in ".{0,100}") {
            let topic = Topic::of(&reference);
            let allowed = |c: u8| c.is_ascii_alphanumeric() || c == b'-' || c == b'_';
            proptest::prop_assert!(topic.as_str().len() == 32 && topic.as_str().bytes().all(allowed));
            proptest::prop_assert_eq!(&topic, &Topic::of(&reference));
            proptest::prop_assert_ne!(topic, Topic::of(&format!("{reference}1")));
        }
    }
}
