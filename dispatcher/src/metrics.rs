//! Every metric of the process, by name, in this one file; and the text that Prometheus reads.
//!
//! Label values come from closed sets (routes, our own words), never from what a client sent.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// Route and status of an HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Answer {
    /// The request's method.
    pub method: String,
    /// The template of the route, e.g. `/v1/volunteers/{id}`, or `unmatched`.
    pub route: String,
    /// The status code.
    pub status: u16,
}

/// One word of a closed set, such as the reason why a position was dropped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Reason {
    /// The word.
    pub reason: &'static str,
}

/// A named stage of a message's life.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Milestone {
    /// The stage, e.g. `delivered`.
    pub milestone: &'static str,
}

/// What happened to call-outs.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CallOut {
    /// `asked`, `accepted`, `declined` or `arrived`.
    pub event: &'static str,
}

/// All metrics; cheap to share behind an `Arc`.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// HTTP answers by method, route and status.
    pub http_answers: Family<Answer, Counter>,
    /// Seconds from a request's arrival to its answer's head.
    pub http_seconds: Histogram,
    /// Incidents raised.
    pub incidents_raised: Counter,
    /// Incidents closed.
    pub incidents_closed: Counter,
    /// Incidents open now.
    pub incidents_open: Gauge,
    /// Call-outs asked, accepted, declined, arrived.
    pub call_outs: Family<CallOut, Counter>,
    /// Messages by the milestone they stand at now.
    pub messages: Family<Milestone, Gauge>,
    /// Positions accepted.
    pub positions_accepted: Counter,
    /// Positions dropped, by reason.
    pub positions_dropped: Family<Reason, Counter>,
    /// Texts about where a caller's phone is that could not be read, by the field to blame.
    pub caller_locations_dropped: Family<Reason, Counter>,
    /// Webhooks of gateways that brought nothing, by reason.
    pub webhooks_dropped: Family<Reason, Counter>,
    /// Seconds the engine took for one wake-up, from load to commit.
    pub engine_event_seconds: Histogram,
    /// Seconds from `POST /v1/incidents` to the commit of the incident and its messages.
    pub alert_seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// 0.25 ms to 8 s in doublings: the aims are 1.5 ms and 5 ms, the request time-out is 10 s.
fn seconds() -> Histogram {
    Histogram::new(exponential_buckets(0.000_25, 2.0, 16))
}

impl Metrics {
    /// All at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("certus"),
            http_answers: Family::default(),
            http_seconds: seconds(),
            incidents_raised: Counter::default(),
            incidents_closed: Counter::default(),
            incidents_open: Gauge::default(),
            call_outs: Family::default(),
            messages: Family::default(),
            positions_accepted: Counter::default(),
            positions_dropped: Family::default(),
            caller_locations_dropped: Family::default(),
            webhooks_dropped: Family::default(),
            engine_event_seconds: seconds(),
            alert_seconds: seconds(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("http_answers", "HTTP answers by method, route and status", self.http_answers.clone());
        r.register("http_seconds", "Seconds to the head of an HTTP answer", self.http_seconds.clone());
        r.register("incidents_raised", "Incidents raised", self.incidents_raised.clone());
        r.register("incidents_closed", "Incidents closed", self.incidents_closed.clone());
        r.register("incidents_open", "Incidents open now", self.incidents_open.clone());
        r.register("call_outs", "Call-outs asked, accepted, declined, arrived", self.call_outs.clone());
        r.register("messages", "Messages by the milestone they stand at", self.messages.clone());
        r.register("positions_accepted", "Positions accepted", self.positions_accepted.clone());
        r.register("positions_dropped", "Positions dropped, by reason", self.positions_dropped.clone());
        r.register(
            "caller_locations_dropped",
            "Texts about where a caller's phone is that could not be read, by field",
            self.caller_locations_dropped.clone(),
        );
        r.register(
            "webhooks_dropped",
            "Webhooks that brought nothing, by reason",
            self.webhooks_dropped.clone(),
        );
        r.register(
            "engine_event_seconds",
            "Seconds per wake-up of the engine",
            self.engine_event_seconds.clone(),
        );
        r.register("alert_seconds", "Seconds from alarm to commit", self.alert_seconds.clone());
    }

    /// Counts one HTTP answer.
    pub fn answered(&self, answer: &Answer, seconds: f64) {
        self.http_answers.get_or_create(answer).inc();
        self.http_seconds.observe(seconds);
    }

    /// Counts `n` call-outs that reached `event` (`asked`, `accepted`, `declined`, `arrived`).
    pub fn called_out(&self, event: &'static str, n: u64) {
        self.call_outs.get_or_create(&CallOut { event }).inc_by(n);
    }

    /// Counts one dropped position.
    pub fn position_dropped(&self, reason: &'static str) {
        self.positions_dropped.get_or_create(&Reason { reason }).inc();
    }

    /// Counts one text about where a caller's phone is that could not be read.
    pub fn caller_location_dropped(&self, field: &'static str) {
        self.caller_locations_dropped.get_or_create(&Reason { reason: field }).inc();
    }

    /// Counts one webhook that brought nothing.
    pub fn webhook_dropped(&self, reason: &'static str) {
        self.webhooks_dropped.get_or_create(&Reason { reason }).inc();
    }

    /// Sets how many messages stand at a milestone.
    pub fn messages_at(&self, milestone: &'static str, n: i64) {
        self.messages.get_or_create(&Milestone { milestone }).set(n);
    }

    /// The text of the `OpenMetrics` format.
    ///
    /// # Panics
    /// Never: writing to a `String` cannot fail.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        encode(&mut text, &self.registry).expect("writing to a String cannot fail");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_in_the_text() {
        let metrics = Metrics::new();
        let answer = Answer { method: "GET".into(), route: "/v1/volunteers".into(), status: 200 };
        metrics.answered(&answer, 0.001);
        metrics.called_out("asked", 3);
        let text = metrics.text();
        let line = r#"certus_http_answers_total{method="GET",route="/v1/volunteers",status="200"} 1"#;
        assert!(text.contains(line), "{text}");
        assert!(text.contains(r#"certus_call_outs_total{event="asked"} 3"#), "{text}");
    }
}
