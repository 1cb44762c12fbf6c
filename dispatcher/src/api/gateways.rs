//! `/v1/gateways`: how the ways to phones are doing, for the console and for whoever watches.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use certus_registry::store::reach;
use certus_registry::{Scope, Timestamp, VolunteerId};
use certus_sms_bridge::message::Milestone;
use certus_sms_bridge::outbox::{self, GatewayReport};
use certus_sms_bridge::routes::RouteStatus;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Caller, Json, Problem, SharedApp};
use crate::channel_test::{self, ChannelTest, Findings};

/// How far back messages are counted.
const COUNTED: Duration = Duration::from_hours(24);

/// The routes below `/v1`.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(channel_tests))
}

/// All gateways.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gateways)]
pub(crate) struct View {
    /// One for each, in the order of the configuration.
    pub(crate) gateways: Vec<GatewayView>,
    /// Messages that are due and wait for a gateway, and those that none carries.
    pub(crate) waiting: u64,
    /// Since when the oldest of them waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) oldest_unsent: Option<Timestamp>,
}

/// One gateway.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Gateway)]
pub(crate) struct GatewayView {
    /// Its name.
    pub(crate) name: String,
    /// What it carries: `push`, `sms` or `voice`.
    pub(crate) channel: &'static str,
    /// Its share of that channel's messages beside the others.
    pub(crate) weight: u32,
    /// `closed`: it is used. `stalled`: it does not answer. `open`: it failed too often and is left alone. `probing`: the next
    /// message tries it. As this node sees it.
    pub(crate) circuit: &'static str,
    /// Attempts of the last two minutes at this node.
    pub(crate) attempts: usize,
    /// How many of them failed or were not answered.
    pub(crate) attempts_failed: usize,
    /// Messages of the last 24 hours by milestone, all nodes together.
    pub(crate) messages: BTreeMap<&'static str, u64>,
    /// The share, 0 to 1, of those that ended and did not arrive as far as anybody knows; none while none has ended.
    pub(crate) failed: Option<f64>,
    /// What the provider says that those messages cost together, in the account's currency; none where it says nothing.
    pub(crate) cost: Option<f64>,
}

/// The gateways and what became of their messages.
#[utoipa::path(get, path = "/gateways", tag = "gateways",
    responses((status = 200, body = View), Problem))]
async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<View>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    Ok(Json(view(&app).await?))
}

/// The tests of the ways to everybody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelTests)]
struct TestsView {
    /// The newest first, at most twelve.
    tests: Vec<TestView>,
    /// Whom nothing has reached since their latest test.
    unreachable: Vec<UnreachableView>,
}

/// A test of the ways to everybody.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ChannelTest)]
struct TestView {
    /// The month, or when somebody began it by hand.
    name: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    begun_at: Timestamp,
    /// `asking`, `settling` or `settled`.
    phase: &'static str,
    /// People who were heard, or whose phone has shown the push.
    answered: u64,
    /// People whose phone took the text and who were not heard.
    delivered: u64,
    /// People of whom there is no sign.
    unreachable: u64,
}

/// Somebody whom nothing seems to reach.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Unreachable)]
struct UnreachableView {
    /// Who.
    #[schema(value_type = String)]
    volunteer: VolunteerId,
    /// When that was found.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
}

/// What the tests of the ways to everybody have found
#[utoipa::path(get, path = "/channel-tests", tag = "gateways",
    responses((status = 200, body = TestsView), Problem))]
async fn channel_tests(State(app): State<SharedApp>, caller: Caller) -> Result<Json<TestsView>, Problem> {
    caller.require(Scope::VolunteersRead)?;
    let tests = channel_test::latest(&app.db, channel_test::LISTED).await?.into_iter().map(TestView::from);
    let unreachable = reach::unreachable(&app.db, caller.remit()).await?.into_iter();
    let unreachable = unreachable.map(|(volunteer, since)| UnreachableView { volunteer, since });
    Ok(Json(TestsView { tests: tests.collect(), unreachable: unreachable.collect() }))
}

impl From<ChannelTest> for TestView {
    fn from(test: ChannelTest) -> Self {
        let Findings { answered, delivered, unreachable } = test.found;
        let (name, begun_at, phase) = (test.name, test.begun_at, test.phase.as_str());
        Self { name, begun_at, phase, answered, delivered, unreachable }
    }
}

/// How things stand.
pub(crate) async fn view(app: &SharedApp) -> Result<View, Problem> {
    let now = app.clock.now();
    let reports = outbox::by_gateway(&app.db, now - COUNTED, now)
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    let gateways = app.routes.status(now).into_iter().map(|status| {
        let report = reports.iter().find(|report| report.gateway.as_ref() == Some(&status.name));
        GatewayView::of(status, report)
    });
    Ok(View {
        gateways: gateways.collect(),
        waiting: reports.iter().map(|report| report.count(Milestone::Stored)).sum(),
        oldest_unsent: reports.iter().filter_map(|report| report.oldest_unsent).min(),
    })
}

impl GatewayView {
    fn of(status: RouteStatus, report: Option<&GatewayReport>) -> Self {
        let count = |milestone| report.map_or(0, |report| report.count(milestone));
        Self {
            channel: status.channel.as_str(),
            weight: status.weight,
            circuit: status.circuit.as_str(),
            attempts: status.attempts,
            attempts_failed: status.failed,
            messages: Milestone::ALL
                .into_iter()
                .map(|milestone| (milestone.as_str(), count(milestone)))
                .collect(),
            failed: report.and_then(GatewayReport::failed),
            cost: report.and_then(GatewayReport::cost_in_currency),
            name: status.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::fixture::{self, body, json, send};

    #[tokio::test]
    async fn every_gateway_is_told_with_its_circuit_also_before_its_first_message() {
        let (app, _) = fixture::app().await;
        let (_, secret) = fixture::key(&app, &[Scope::IncidentsRead]).await;
        let request = json("GET", "/v1/gateways", &secret, &serde_json::Value::Null);
        let told = body(send(&app, request).await).await;
        let gateway = &told["gateways"][0];
        assert_eq!((&gateway["name"], &gateway["channel"]), (&"simulated".into(), &"sms".into()), "{told}");
        assert_eq!((&gateway["circuit"], &gateway["messages"]["delivered"]), (&"closed".into(), &0.into()));
        assert_eq!((&told["waiting"], &told["oldest_unsent"]), (&0.into(), &serde_json::Value::Null));
    }
}
