//! How the gateways have done, from what became of their messages: for whoever runs the bridge.

use std::collections::BTreeMap;

use certus_registry::{Database, Timestamp, on};

use super::attempts::first_id_of;
use super::posted;
use crate::BridgeError;
use crate::message::{Channel, Milestone, parse_stored};

/// The messages of one gateway and channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayReport {
    /// Which had the last attempt; `None`: no gateway has had them yet.
    pub gateway: Option<String>,
    /// By which way they go.
    pub channel: Channel,
    /// How many stand at each milestone; those with none are not there.
    pub at: BTreeMap<Milestone, u64>,
    /// Since when the oldest message that is due waits for its first or next attempt.
    pub oldest_unsent: Option<Timestamp>,
    /// What the providers say that they cost together, in 1/10 000 of the account's currency; `None`: they say nothing.
    pub cost: Option<u64>,
}

impl GatewayReport {
    /// How many stand at `milestone`.
    #[must_use]
    pub fn count(&self, milestone: Milestone) -> u64 {
        self.at.get(&milestone).copied().unwrap_or(0)
    }

    /// [`GatewayReport::cost`] in whole units of the currency.
    #[must_use]
    pub fn cost_in_currency(&self) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "a sum of money to look at, shown with two decimals")]
        let cost = self.cost.map(|cost| cost as f64 / 10_000.0);
        cost
    }

    /// The share, 0 to 1, of those that have come to an end and did not arrive as far as anybody knows; withdrawn ones do
    /// not count. `None` while none has come to an end.
    #[must_use]
    pub fn failed(&self) -> Option<f64> {
        let failed: u64 =
            [Milestone::Errored, Milestone::Expired, Milestone::Unknown].map(|m| self.count(m)).iter().sum();
        let all = failed + self.count(Milestone::Delivered);
        #[expect(clippy::cast_precision_loss, reason = "a share of messages, shown with one decimal")]
        let share = (all > 0).then(|| failed as f64 / all as f64);
        share
    }
}

/// What became of the messages enqueued at or after `since`, by gateway and channel, in that order.
///
/// # Errors
/// [`BridgeError`] when the database fails or holds a damaged row.
pub async fn by_gateway(
    db: &Database,
    since: Timestamp,
    now: Timestamp,
) -> Result<Vec<GatewayReport>, BridgeError> {
    const SQL: &str = "SELECT gateway, channel, state, COUNT(*), \
        MIN(CASE WHEN state = 'stored' AND wake_at <= $2 THEN wake_at END), CAST(SUM(cost) AS BIGINT) \
        FROM bridge_messages WHERE id >= $1 GROUP BY gateway, channel, state";
    type Row = (Option<String>, String, String, i64, Option<i64>, Option<i64>);
    posted::written_out(db).await?;
    let rows: Vec<Row> =
        on!(db, c => sqlx::query_as(SQL).bind(first_id_of(since)).bind(now).fetch_all(c).await)?;
    let mut reports: BTreeMap<(Option<String>, Channel), GatewayReport> = BTreeMap::new();
    for (gateway, channel, state, count, oldest, cost) in rows {
        let channel = parse_stored("channel", &channel, &channel)?;
        let milestone = parse_stored("message", &state, &state)?;
        let report = reports.entry((gateway.clone(), channel)).or_insert_with(|| GatewayReport {
            gateway,
            channel,
            at: BTreeMap::new(),
            oldest_unsent: None,
            cost: None,
        });
        report.at.insert(milestone, count.unsigned_abs());
        let cost = cost.map(i64::unsigned_abs);
        report.cost = report.cost.into_iter().chain(cost).reduce(|sum, cost| sum + cost);
        let oldest = oldest.map(Timestamp::from_millis);
        report.oldest_unsent = report.oldest_unsent.into_iter().chain(oldest).min();
    }
    Ok(reports.into_values().collect())
}
