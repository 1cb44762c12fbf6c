//! The books at the end: what was raised, said and sent, against what the stores know of it.

use certus_registry::{Database, Timestamp};
use certus_sms_bridge::message::Milestone;
use certus_sms_bridge::{inbox, outbox};
use serde::Serialize;

use crate::engine::{EngineError, store};
use crate::incident::{CallOut, Incident, IncidentId, Kept, Phase, Progress, State};

/// The last line of `certus demo --headless`.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The seed of everything.
    pub seed: u64,
    /// Incidents raised.
    pub incidents: usize,
    /// Call-outs.
    pub asked: usize,
    /// Call-outs that were kept, at least for a while.
    pub accepted: usize,
    /// Call-outs whose person was on the scene.
    pub arrived: usize,
    /// Those of them who were there before the ambulance.
    pub before_ambulance: usize,
    /// Incidents, in percent, that somebody reached before the ambulance.
    pub share_before_ambulance_percent: f64,
    /// From the raising until the first person is there, turnout included, where anybody came: half were sooner, seconds.
    pub median_arrival_s: u64,
    /// People asked per incident.
    pub alerts_per_incident: f64,
    /// Those who were on the scene only after the ambulance.
    pub needless_arrivals: usize,
    /// Things that were brought to the scene before the ambulance.
    pub brought_before_ambulance: usize,
    /// Messages that left for the gateway.
    pub sms_sent: u64,
    /// Incidents still open.
    pub open_at_end: usize,
    /// Incidents, answers and messages that were accepted and are not accounted for.
    pub lost: u64,
    /// For each incident that anybody reached: seconds until the first was there, and whether before the ambulance.
    #[serde(skip)]
    firsts: Vec<(u64, bool)>,
}

/// What the world knows by itself, without asking the stores.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    /// Incidents raised, and when their ambulances arrived.
    pub(super) raised: Vec<(IncidentId, Timestamp)>,
    /// Messages that people wrote.
    pub(super) said: u64,
}

/// Closes the books.
pub(super) async fn close(db: &Database, seed: u64, witness: &Witness) -> Result<Summary, EngineError> {
    let mut summary = Summary { seed, incidents: witness.raised.len(), ..Summary::default() };
    for (id, ambulance_at) in &witness.raised {
        match accounted(db, *id).await? {
            Some(incident) => summary.count(&incident, *ambulance_at),
            None => summary.lost += 1,
        }
    }
    summary.measure();
    let tally = outbox::tally(db).await?;
    let unsent = tally.at(Milestone::Cancelled) + tally.at(Milestone::Expired);
    summary.sms_sent = tally.total() - unsent - tally.open();
    summary.lost += tally.open() + answers_lost(db, witness.said).await?;
    Ok(summary)
}

/// The incident, if it is there and its log tells how it came to be as it is.
async fn accounted(db: &Database, id: IncidentId) -> Result<Option<Incident>, EngineError> {
    let Some(incident) = store::load(db, id).await? else { return Ok(None) };
    let log = store::log(db, id).await?;
    let replayed = Incident::replay(log.iter().map(|(at, event)| (*at, event)));
    Ok((replayed.as_ref() == Ok(&incident)).then_some(incident))
}

/// Answers that phones sent and nobody has, and those nobody has acted on.
async fn answers_lost(db: &Database, said: u64) -> Result<u64, EngineError> {
    let waiting = inbox::unhandled(db, 10_000).await?.len() as u64;
    let stored = inbox::count(db).await?;
    Ok(said.abs_diff(stored) + waiting)
}

impl Summary {
    fn count(&mut self, incident: &Incident, ambulance_at: Timestamp) {
        self.asked += incident.callouts.len();
        for callout in &incident.callouts {
            self.accepted += usize::from(callout.came() == Some(true));
            let arrived = arrived_at(callout);
            self.arrived += usize::from(arrived.is_some());
            let before = arrived.is_some_and(|at| at < ambulance_at);
            self.before_ambulance += usize::from(before);
            self.brought_before_ambulance += usize::from(before && brought(callout));
        }
        let first = incident.callouts.iter().filter_map(arrived_at).min();
        self.firsts.extend(first.map(|at| (at.since(incident.raised_at).as_secs(), at < ambulance_at)));
        self.open_at_end += usize::from(!matches!(incident.phase, Phase::Closed { .. }));
    }
}

impl Summary {
    /// The field's yardsticks, once everything is counted.
    fn measure(&mut self) {
        self.firsts.sort_unstable();
        self.median_arrival_s = self.firsts.get(self.firsts.len() / 2).map_or(0, |(seconds, _)| *seconds);
        let reached = self.firsts.iter().filter(|(_, before)| *before).count();
        self.share_before_ambulance_percent = tenths(100 * reached, self.incidents);
        self.alerts_per_incident = tenths(self.asked, self.incidents);
        self.needless_arrivals = self.arrived - self.before_ambulance;
    }
}

/// A quotient to one decimal.
#[expect(clippy::cast_precision_loss, reason = "counts of a demo")]
fn tenths(of: usize, by: usize) -> f64 {
    (10.0 * of as f64 / by.max(1) as f64).round() / 10.0
}

/// Whether somebody brought something, or was to when they were released.
fn brought(callout: &CallOut) -> bool {
    let released = if let State::Released { kept, .. } = callout.state { kept } else { None };
    let role = callout.role().or(released.map(|kept| kept.role));
    role.is_some_and(|role| role.resource().is_some())
}

/// When somebody was on the scene, if they were.
pub(super) fn arrived_at(callout: &CallOut) -> Option<Timestamp> {
    match &callout.state {
        State::Done { arrived_at, .. } => *arrived_at,
        State::Kept(Kept { progress: Progress::OnScene { at }, .. })
        | State::Released { kept: Some(Kept { progress: Progress::OnScene { at }, .. }), .. } => Some(*at),
        State::Kept(_)
        | State::Released { .. }
        | State::Asked
        | State::Seen { .. }
        | State::Declined { .. }
        | State::TimedOut { .. }
        | State::Unreachable { .. }
        | State::Unavailable { .. } => None,
    }
}
