//! The worker's bounds.

use std::time::Duration;

/// Bounds of a worker. `lease` must be longer than `send_timeout`, or a healthy worker loses its own messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerSettings {
    /// Messages in flight at once.
    pub window: u32,
    /// How often a running worker looks for messages that another process enqueued.
    pub poll: Duration,
    /// How long a gateway may take to answer before the outcome counts as unknown.
    pub send_timeout: Duration,
    /// How long a claim holds before another worker takes the message over.
    pub lease: Duration,
    /// How long after an unanswered attempt the gateway is asked what became of it.
    pub reconcile_after: Duration,
    /// How often it is asked when it cannot be reached, before the message becomes unknown.
    pub reconcile_tries_max: u32,
    /// Attempts per message, over all gateways.
    pub attempts_max: u32,
    /// Wait before the first repetition; doubles each time.
    pub back_off_first: Duration,
    /// Longest wait between repetitions.
    pub back_off_max: Duration,
}

impl Default for WorkerSettings {
    fn default() -> Self {
        Self {
            window: 32,
            poll: Duration::from_secs(1),
            send_timeout: Duration::from_secs(15),
            lease: Duration::from_secs(25),
            reconcile_after: Duration::from_secs(5),
            reconcile_tries_max: 5,
            attempts_max: 8,
            back_off_first: Duration::from_secs(2),
            back_off_max: Duration::from_secs(30),
        }
    }
}
