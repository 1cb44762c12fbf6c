//! From which address a request comes.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{HeaderMap, request::Parts};

use super::SharedApp;

/// What a proxy adds the address to that it was asked from, at the end (there is an RFC 7239, which few proxies speak).
const FORWARDED: &str = "x-forwarded-for";

/// The client's address: that of the connection, or what our own proxies say of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Client(pub(crate) IpAddr);

impl FromRequestParts<SharedApp> for Client {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, app: &SharedApp) -> Result<Self, Infallible> {
        let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        // Without a listener, in tests only.
        let peer = connection.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(peer)| peer.ip());
        Ok(Self(behind(peer, &parts.headers, &app.config.proxies)))
    }
}

/// Goes back from the connection for as long as it is one of our proxies that speaks. What anybody else has written there
/// counts for nothing; what cannot be read ends the way.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let mut client = peer.to_canonical();
    let lines = headers.get_all(FORWARDED).into_iter().filter_map(|line| line.to_str().ok());
    let said: Vec<&str> = lines.flat_map(|line| line.split(',')).collect();
    for said in said.into_iter().rev() {
        let (true, Ok(before)) = (proxies.contains(&client), said.trim().parse::<IpAddr>()) else { break };
        client = before.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_proxies_are_believed() {
        let proxies = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        let table: [(&str, &[&str], &str); 8] = [
            ("192.0.2.7", &[], "192.0.2.7"),
            ("192.0.2.7", &["198.51.100.1"], "192.0.2.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["192.0.2.7"], "192.0.2.7"),
            ("::ffff:10.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            ("10.0.0.1", &["198.51.100.1, 192.0.2.7 , 10.0.0.2"], "192.0.2.7"),
            ("10.0.0.1", &["198.51.100.1", "192.0.2.7,10.0.0.2"], "192.0.2.7"),
            ("10.0.0.1", &["192.0.2.7, unknown"], "10.0.0.1"),
        ];
        for (peer, lines, expected) in table {
            let lines = lines.iter().map(|line| (FORWARDED.parse().unwrap(), line.parse().unwrap()));
            let client = behind(peer.parse().unwrap(), &lines.collect(), &proxies);
            assert_eq!(client, expected.parse::<IpAddr>().unwrap(), "{peer} {expected}");
        }
    }
}
