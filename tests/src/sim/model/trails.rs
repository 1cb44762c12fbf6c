//! What must be true of trails: they are of people who said yes, from then on, and not for long.

use std::time::Duration;

use certus_dispatcher::engine::store;
use certus_dispatcher::incident::{Event, Phase, Report};
use certus_registry::{Database, Position, Timestamp, VolunteerId, on};

use super::{Model, rule};

/// How long trails are kept after their incident was closed here: short, so that some go while others come.
pub(in super::super) const TRAIL_KEPT: Duration = Duration::from_hours(1);

impl Model {
    /// Somebody who is kept in an open incident, and where that is.
    pub(in super::super) fn somebody_kept(&self) -> Option<(VolunteerId, Position)> {
        let parts = self.incidents.values().flat_map(|incident| {
            incident.callouts.iter().map(move |callout| (callout, incident.place.position))
        });
        let mut kept = parts.filter(|(callout, _)| callout.kept().is_some());
        kept.next().map(|(callout, position)| (callout.responder(), position))
    }

    /// Nobody leaves a trail but who said yes in that incident, and none from before the yes.
    pub(super) async fn look_at_trails(&self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str =
            "SELECT incident_id, responder, MIN(fixed_at) FROM callout_trail GROUP BY incident_id, responder";
        let rows: Vec<(String, String, i64)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
        for (incident, who, since) in rows {
            let log = store::log(db, incident.parse()?).await?;
            let yes = log.iter().find(|(_, event)| is_yes(event, &who)).map(|(at, _)| *at);
            rule("trail", yes.is_some_and(|at| at.as_millis() <= since), || {
                format!("{who} said yes in {incident} before {since}, the first fix of a trail: {yes:?}")
            })?;
        }
        Ok(())
    }

    /// After a purge at `now`, nothing is left of what was closed too long ago.
    pub(in super::super) async fn purged(&self, db: &Database, now: Timestamp) -> anyhow::Result<()> {
        let left: Vec<String> = on!(db, c => sqlx::query_scalar("SELECT DISTINCT incident_id FROM callout_trail")
            .fetch_all(c).await?);
        for incident in self.incidents.values() {
            let Phase::Closed { at } = incident.phase else { continue };
            let old = at + TRAIL_KEPT <= now && left.contains(&incident.id.to_string());
            rule("trail-kept", !old, || format!("{}, closed at {at}, has no trail at {now}", incident.id))?;
        }
        Ok(())
    }
}

fn is_yes(event: &Event, who: &str) -> bool {
    let Event::Responder { responder, report: Report::Accepted { .. } | Report::Arrived { .. } } = event
    else {
        return false;
    };
    responder.to_string() == who
}
