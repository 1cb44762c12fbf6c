//! Push: Web Push against npm's web-push-testing and our own strict peer, FCM and APNs against contract peers.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

mod apns;
mod faults;
mod fcm;
mod ladder;
mod webpush;

use std::time::Duration;

use certus_registry::Timestamp;
use certus_sms_bridge::Urgency;
use certus_sms_bridge::push::{Delivery, PushError, Topic, Ttl};

/// An alarm that lives for 300 s, about something.
fn alarm(reference: &str) -> Delivery {
    let now = Timestamp::from_millis(0);
    let ttl = Ttl::until(now, now + Duration::from_mins(5)).unwrap();
    Delivery { ttl, urgency: Urgency::Alarm, topic: Topic::of(reference) }
}

/// What the error calls itself, without its reason.
fn kind<T: std::fmt::Debug>(sent: Result<T, PushError>) -> String {
    let error = sent.unwrap_err().to_string();
    error.split(':').next().unwrap().to_owned()
}
