//! Where pushes may go: to addresses on the public internet, however a name or a number disguises another.
//!
//! Names are judged by the addresses that the connection itself is then made to: [`Reach`] is the client's resolver, so
//! that a name cannot answer differently between the check and the connection. Addresses written as numbers never
//! come to a resolver and are judged as they stand in the URL.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Where pushes may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Over https to addresses of the public internet.
    Public,
    /// Also to this computer, and there over http too: for tests against peers on loopback.
    LoopbackToo,
}

/// A name that leads nowhere a push may go.
#[derive(Debug, thiserror::Error)]
#[error("no public address")]
pub(super) struct NotPublic;

impl Reach {
    /// Whether a push may be sent to this address of the network.
    #[must_use]
    pub fn allows(self, address: IpAddr) -> bool {
        is_public(address) || (self == Self::LoopbackToo && address.to_canonical().is_loopback())
    }

    /// Whether the URL itself may be used: its scheme, and its host when that is a number.
    pub(super) fn allows_url(self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let number = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        let scheme = match (url.scheme(), self) {
            ("https", _) => true,
            // Any other name could lead away from this computer, and in the clear.
            ("http", Self::LoopbackToo) => host == "localhost" || number.is_some_and(|n| n.is_loopback()),
            _ => false,
        };
        scheme && number.is_none_or(|address| self.allows(address))
    }

    /// Whether it was this that kept a request from being made.
    pub(super) fn refused(error: &reqwest::Error) -> bool {
        let mut cause: Option<&dyn Error> = Some(error);
        while let Some(error) = cause {
            if error.is::<NotPublic>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl Resolve for Reach {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| reach.allows(address.ip())).collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// IPv4 networks that are not on the public internet (IANA's special-purpose address registry, 2025): first address,
/// length of the prefix in bits.
const INSIDE_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10), // between a provider and its customers, RFC 6598
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16), // link-local, where clouds keep their credentials
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),   // protocol assignments
    ([192, 0, 2, 0], 24),   // documentation, as two more below
    ([192, 88, 99, 0], 24), // 6to4 relays, gone
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15), // benchmarks
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4), // multicast
    ([240, 0, 0, 0], 4), // reserved, broadcast
];

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let within = |&(first, bits): &([u8; 4], u32)| {
        (address.to_bits() ^ Ipv4Addr::from(first).to_bits()).leading_zeros() >= bits
    };
    !INSIDE_V4.iter().any(within)
}

/// Global unicast addresses given out so far are `2000::/3`; of those, IANA's registry takes some back.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // An IPv4 address inside: mapped, or reached through NAT64 (RFC 6052).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        // Protocol assignments (Teredo among them), documentation twice, 6to4 with any IPv4 address inside.
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] | [0x2002, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSIDE: [&str; 46] = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.0",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.0.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:0:4136:e378::1",
        "2001:1ff::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "::ffff:0:7f00:1",
    ];

    #[test]
    fn no_address_that_is_not_on_the_public_internet_is_reached() {
        for text in INSIDE {
            assert!(!Reach::Public.allows(text.parse().unwrap()), "{text}");
            let host = if text.contains(':') { format!("[{text}]") } else { text.to_owned() };
            let url = Url::parse(&format!("https://{host}/push")).unwrap();
            assert!(!Reach::Public.allows_url(&url), "{url}");
        }
    }

    #[test]
    fn public_addresses_are_reached() {
        let outside = [
            "1.1.1.1",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.1.0.1",
            "169.253.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2001:200::1",
            "2a00:1450:4001::200e",
            "2600::1",
            "64:ff9b::1.1.1.1",
            "::ffff:1.1.1.1",
        ];
        for text in outside {
            assert!(Reach::Public.allows(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn a_number_in_any_spelling_is_judged_as_the_number_it_is() {
        let spellings =
            ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "127.0.0.1.", "[::ffff:7f00:1]", "0"];
        for host in spellings {
            let url = Url::parse(&format!("https://{host}/push")).unwrap();
            assert!(!Reach::Public.allows_url(&url), "{host} is {url}");
        }
    }

    #[test]
    fn tests_reach_loopback_and_nothing_else_inside() {
        let allows = |url: &str| Reach::LoopbackToo.allows_url(&Url::parse(url).unwrap());
        assert!(
            allows("http://127.0.0.1:8190/a") && allows("http://localhost:1/a") && allows("http://[::1]:1/a")
        );
        assert!(allows("https://127.0.0.1/a") && allows("https://push.example/a"));
        assert!(
            !allows("http://push.example/a") && !allows("http://10.0.0.1/a") && !allows("https://10.0.0.1/a")
        );
        assert!(!Reach::Public.allows_url(&Url::parse("http://push.example/").unwrap()));
    }

    #[tokio::test]
    async fn a_name_is_resolved_to_public_addresses_only() {
        let resolve = |reach: Reach| reach.resolve("localhost".parse().unwrap());
        let refused = resolve(Reach::Public).await.err().unwrap();
        assert!(refused.is::<NotPublic>());
        assert!(resolve(Reach::LoopbackToo).await.unwrap().all(|address| address.ip().is_loopback()));
    }
}
