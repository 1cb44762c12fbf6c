//! Addresses of calendars, and which of them this program may go to: a volunteer types them, and must not reach by them what
//! only this machine can reach.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;

/// The longest address, octets: the secret ones of Google and Microsoft are some 200.
const LENGTH_MAX: usize = 1_000;

/// Where a calendar is: `https`, on the usual port, by a name. `Debug` and `Display` show the host only: most of such addresses
/// are secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// Scheme, host and port of calendars inside the organisation's own network, such as `http://kalender.regionen.example:8080`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

/// Not an address that is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an address such as https://calendar.example/secret.ics, without a user's name and a port")]
pub struct NoAddress;

impl Address {
    /// Reads what somebody typed; `webcal` is another word for `https`.
    ///
    /// # Errors
    /// [`NoAddress`]; at one of the `trusted` origins scheme, host and port may be anything.
    pub fn parse(text: &str, trusted: &[Origin]) -> Result<Self, NoAddress> {
        let text = text.trim();
        let text = match text.split_once("://") {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("webcal") => format!("https://{rest}"),
            Some(_) | None => text.to_owned(),
        };
        let url = Url::parse(&text).map_err(|_| NoAddress)?;
        if text.len() > LENGTH_MAX || !url.username().is_empty() || url.password().is_some() {
            return Err(NoAddress);
        }
        let address = Self(url);
        let usual =
            address.0.scheme() == "https" && address.0.port().is_none() && address.0.domain().is_some();
        (usual || address.is_among(trusted)).then_some(address).ok_or(NoAddress)
    }

    /// The whole of it.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Whether it leads to one of these.
    #[must_use]
    pub fn is_among(&self, trusted: &[Origin]) -> bool {
        let origin = self.0.origin().ascii_serialization();
        trusted.iter().any(|one| one.0 == origin)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let expected =
            || format!("'{text}': expected scheme, host and port such as http://intra.example:8080");
        let url = Url::parse(&text).map_err(|_| expected())?;
        let origin = url.origin().ascii_serialization();
        let is_web = ["http", "https"].contains(&url.scheme());
        (is_web && text.trim_end_matches('/') == origin).then_some(Self(origin)).ok_or_else(expected)
    }
}

/// Blocks of IPv4 that are nobody's on the internet: the IANA IPv4 Special-Purpose Address Registry (RFC 6890 and its updates),
/// all that is not globally reachable, with multicast and what is reserved.
const SPECIAL_V4: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];
/// The part of IPv6 in which global unicast addresses are given out.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);
/// Blocks in it that are not: the IANA IPv6 Special-Purpose Address Registry; those of tunnels, too, which lead to IPv4.
const SPECIAL_V6: [(Ipv6Addr, u32); 4] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address is one that anybody on the internet may be at.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => {
            let within =
                |(block, bits): &(Ipv4Addr, u32)| (v4.to_bits() ^ block.to_bits()) >> (32 - bits) == 0;
            !SPECIAL_V4.iter().any(within)
        }
        IpAddr::V6(v6) => {
            let within =
                |(block, bits): &(Ipv6Addr, u32)| (v6.to_bits() ^ block.to_bits()) >> (128 - bits) == 0;
            within(&GLOBAL_V6) && !SPECIAL_V6.iter().any(within)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_name_over_https_and_shows_nothing_but_its_host() {
        let intra: Origin = "http://127.0.0.1:8080".to_owned().try_into().unwrap();
        let parse = |text: &str| Address::parse(text, std::slice::from_ref(&intra));
        let table = [
            ("https://calendar.example/private-abc/basic.ics", true),
            (" webcal://calendar.example/x?a=b ", true),
            ("WEBCAL://calendar.example/x", true),
            ("http://127.0.0.1:8080/x.ics", true),
            ("http://calendar.example/x", false),
            ("http://127.0.0.1:8081/x.ics", false),
            ("https://127.0.0.1/x", false),
            ("https://[::1]/x", false),
            ("https://2130706433/x", false),
            ("https://calendar.example:8443/x", false),
            ("https://anna:secret@calendar.example/x", false),
            ("file:///etc/passwd", false),
            ("calendar.example/x", false),
            ("", false),
        ];
        for (text, expected) in table {
            assert_eq!(parse(text).is_ok(), expected, "{text}");
        }
        assert!(parse(&format!("https://calendar.example/{}", "x".repeat(LENGTH_MAX))).is_err());
        let address = parse("webcal://calendar.example/private-abc/basic.ics").unwrap();
        assert_eq!(format!("{address} {address:?}"), "calendar.example Address(calendar.example)");
        assert_eq!(address.url().as_str(), "https://calendar.example/private-abc/basic.ics");
    }

    #[test]
    fn an_origin_is_no_more_than_scheme_host_and_port() {
        let read = |text: &str| Origin::try_from(text.to_owned());
        for right in ["http://intra.example:8080", "https://intra.example", "https://intra.example/"] {
            assert!(read(right).is_ok(), "{right}");
        }
        for wrong in ["intra.example", "https://intra.example/x", "ftp://intra.example", ""] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_address_that_only_this_machine_or_its_network_can_reach_is_not_public() {
        let table = [
            ("93.184.215.14", true),
            ("172.32.0.1", true),
            ("223.255.255.254", true),
            ("2a00:1450:400f:80d::200e", true),
            ("127.0.0.1", false),
            ("0.0.0.0", false),
            ("10.1.2.3", false),
            ("100.100.100.100", false),
            ("169.254.169.254", false),
            ("172.31.255.255", false),
            ("192.168.1.1", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("::", false),
            ("::1", false),
            ("::ffff:10.0.0.1", false),
            ("64:ff9b::a00:1", false),
            ("fc00::1", false),
            ("fe80::1", false),
            ("2001:db8::1", false),
            ("2002:a00:1::1", false),
            ("ff02::1", false),
        ];
        for (address, expected) in table {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }
}
