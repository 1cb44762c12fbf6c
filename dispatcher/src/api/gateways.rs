//! `/v1/gateways`: how the ways to phones are doing, for the console and for whoever watches.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::extract::State;
use certus_registry::{Scope, Timestamp};
use certus_sms_bridge::message::Milestone;
use certus_sms_bridge::outbox::{self, GatewayReport};
use certus_sms_bridge::routes::RouteStatus;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Document;
use super::{Caller, Json, Problem, SharedApp};

/// How far back messages are counted.
const COUNTED: Duration = Duration::from_hours(24);

/// The routes below `/v1`.
pub(super) fn router() -> OpenApiRouter<SharedApp> {
    OpenApiRouter::new().routes(routes!(list))
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
    responses((status = 200, body = View), (status = "default", body = Document)))]
async fn list(State(app): State<SharedApp>, caller: Caller) -> Result<Json<View>, Problem> {
    caller.require(Scope::IncidentsRead)?;
    Ok(Json(view(&app).await?))
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
