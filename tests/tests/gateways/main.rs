//! Gateways against real peers: programs of other people, or of protocols that have none, as processes of their own.

mod faults;
mod gammu;
mod gsm;
mod kannel;
mod push;
mod smpp;
mod smsc;
mod voice;

use std::time::Duration;

use certus_registry::time::SystemClock;
use certus_registry::{Clock as _, Random};
use certus_sms_bridge::{MessageId, Neighbours, Outgoing, Urgency};

/// A message to somebody, on its first attempt.
fn outgoing(body: &str) -> Outgoing {
    let now = SystemClock.now();
    Outgoing {
        reference: "1/2/3".to_owned(),
        urgency: Urgency::Alarm,
        id: MessageId::new(now, &Random::from_system()),
        to: "+46701740605".parse().expect("a number"),
        body: body.to_owned(),
        stored_at: now,
        sent_at: now,
        valid_until: now + Duration::from_mins(10),
        attempt: 1,
        neighbours: Neighbours::default(),
    }
}
