//! Loopback ports for what is tested.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

/// Below the range from which the system gives ports to clients: a server that is down for a moment must find its own
/// port again.
const FIRST: u32 = 10_000;
/// How many there are; `tests/postgres` begins at 20 000.
const COUNT: u32 = 10_000;

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Loopback addresses that were free a moment ago. Chosen here and not by the server, because `public_url` must be
/// known before it starts: links and delivery reports begin with it.
///
/// # Panics
/// When none is free.
#[must_use]
pub fn free_addresses<const N: usize>() -> [String; N] {
    // All held until the last is found, so that they differ.
    let listeners = [(); N].map(|()| free());
    listeners.map(|listener| listener.local_addr().expect("a bound socket").to_string())
}

fn free() -> TcpListener {
    // Test processes at the same time begin in different places.
    let start = std::process::id().wrapping_mul(101);
    let port = |_| {
        let offset = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        u16::try_from(FIRST + offset).expect("below 20 000")
    };
    let mut bound = (0..COUNT).filter_map(|n| TcpListener::bind(("127.0.0.1", port(n))).ok());
    bound.next().expect("a free port")
}
