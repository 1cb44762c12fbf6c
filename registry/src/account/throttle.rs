//! How wrong passwords are slowed down, without giving anybody a way to keep the owner out.
//!
//! Tries are counted for each login and, apart from those, for each browser in which that login has been signed in before
//! (OWASP, *Slow down online guessing attacks with device cookies*): a stranger who guesses locks out strangers, and the owner at their
//! own desk goes on. Whoever tries one password with many logins is counted by their address ([`Addresses`]).

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::Timestamp;

/// Wrong passwords in a row that cost nothing: people mistype.
const FREE: u32 = 5;
/// The first wait; it doubles with every further failure.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait: 96 guesses a day and login.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// Failures older than this are forgotten.
pub const FORGOTTEN_AFTER: Duration = Duration::from_hours(24);

/// What is known of the tries for one login from one place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Wrong passwords in a row.
    pub failures: u32,
    /// When the last of them was.
    pub last_at: Option<Timestamp>,
}

impl Tries {
    /// Until when no password is looked at; `None`: it is now.
    #[must_use]
    pub fn blocked_until(self, now: Timestamp) -> Option<Timestamp> {
        let last_at = self.last_at.filter(|at| now.since(*at) < FORGOTTEN_AFTER)?;
        let beyond = self.failures.checked_sub(FREE)?;
        let wait = FIRST_WAIT.saturating_mul(1 << beyond.min(16)).min(LONGEST_WAIT);
        Some(last_at + wait).filter(|until| *until > now)
    }
}

/// Wrong passwords from one address, in browsers that are not known, that cost nothing: an office shares one.
const FREE_BY_ADDRESS: u32 = 30;
/// How long they are counted together, and how long the address then waits at most.
const BY_ADDRESS: Duration = Duration::from_mins(10);
/// Addresses counted at once; beyond it the oldest counts go.
const ADDRESSES_MAX: usize = 10_000;

/// Wrong passwords by the address that they came from, in memory: each node counts its own.
#[derive(Debug, Default)]
pub struct Addresses(HashMap<String, (Timestamp, u32)>);

impl Addresses {
    /// Until when no password from there is looked at; `None`: it is now.
    #[must_use]
    pub fn blocked_until(&self, from: IpAddr, now: Timestamp) -> Option<Timestamp> {
        let (since, failures) = self.0.get(&network(from))?;
        Some(*since + BY_ADDRESS).filter(|until| *failures >= FREE_BY_ADDRESS && *until > now)
    }

    /// Counts a wrong password.
    pub fn failed(&mut self, from: IpAddr, now: Timestamp) {
        if self.0.len() >= ADDRESSES_MAX {
            self.0.retain(|_, (since, _)| *since + BY_ADDRESS > now);
        }
        if self.0.len() >= ADDRESSES_MAX
            && let Some(oldest) =
                self.0.iter().min_by_key(|(_, (since, _))| *since).map(|(from, _)| from.clone())
        {
            self.0.remove(&oldest);
        }
        let (since, failures) = self.0.entry(network(from)).or_insert((now, 0));
        if *since + BY_ADDRESS <= now {
            (*since, *failures) = (now, 0);
        }
        *failures = failures.saturating_add(1);
    }
}

/// What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 one (RFC 6177).
#[must_use]
pub fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn the_wait_begins_with_the_fifth_failure_doubles_and_has_an_end() {
        let wait = |failures| {
            let until = Tries { failures, last_at: Some(NOW) }.blocked_until(NOW);
            until.map_or(0, |until| until.since(NOW).as_secs())
        };
        let waits: Vec<u64> = (1..=12).map(wait).collect();
        assert_eq!(waits, [0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!(wait(u32::MAX), 900);
        let tries = Tries { failures: 12, last_at: Some(NOW) };
        assert_eq!(tries.blocked_until(NOW + LONGEST_WAIT), None);
        assert_eq!(Tries::default().blocked_until(NOW), None);
    }

    #[test]
    fn an_address_that_tries_many_logins_waits_and_its_neighbours_do_not() {
        let [home, other, six, seven] = ["192.0.2.7", "192.0.2.8", "2001:db8::1", "2001:db8::ffff"]
            .map(|address| address.parse::<IpAddr>().unwrap());
        let mut addresses = Addresses::default();
        for n in 0..30 {
            assert_eq!(addresses.blocked_until(home, NOW), None, "{n}");
            addresses.failed(home, NOW);
            addresses.failed(six, NOW);
        }
        let until = NOW + Duration::from_mins(10);
        assert_eq!(addresses.blocked_until(home, NOW), Some(until));
        assert_eq!(addresses.blocked_until(seven, NOW), Some(until), "the same subscriber's");
        assert_eq!(addresses.blocked_until(other, NOW), None);
        assert_eq!(addresses.blocked_until(home, until), None);
        addresses.failed(home, until);
        assert_eq!(addresses.blocked_until(home, until), None, "it is counted anew");
    }

    #[test]
    fn however_many_addresses_try_they_take_no_more_room() {
        let mut addresses = Addresses::default();
        let place = |n: u32| IpAddr::from(n.to_be_bytes());
        for n in 0..20_000 {
            addresses.failed(place(n), NOW + Duration::from_millis(u64::from(n)));
        }
        assert_eq!(addresses.0.len(), ADDRESSES_MAX);
        let counted = |n| addresses.0.contains_key(&network(place(n)));
        assert!(counted(19_999) && !counted(0));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_a_mapped_one_is_its_ipv4() {
        let networks = ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8:0:1::2", "2001:db8:0:1:ffff::3"];
        let networks = networks.map(|address| network(address.parse().unwrap()));
        assert_eq!(networks, ["192.0.2.7", "192.0.2.7", "2001:db8:0:1", "2001:db8:0:1"]);
    }
}
