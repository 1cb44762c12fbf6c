//! What people have been asked for lately: who was called out within a month, and since when whoever went rests.
//!
//! Kept in memory: a search must cost the database nothing. Read at the start, and again when another node was at work or
//! somebody has become free. What two nodes do within the same second or two, neither knows of the other: these are kindnesses, and
//! nobody is on two call-outs for that (`engagements`).

use std::collections::{BTreeMap, HashMap};

use certus_registry::availability::MONTH;
use certus_registry::{Batch, Database, Timestamp, VolunteerId, on};

use super::draft::Draft;
use super::{EngineError, store};
use crate::incident::IncidentId;

const TABLE: &str = "rests (responder, since)";
const LATEST: &str = "ON CONFLICT (responder) DO UPDATE SET since = excluded.since";

/// What everybody has been asked for lately.
#[derive(Debug, Default)]
pub(super) struct Recent {
    asked: HashMap<VolunteerId, BTreeMap<IncidentId, Timestamp>>,
    rests: HashMap<VolunteerId, Timestamp>,
}

impl Recent {
    /// As the database has it.
    pub(super) async fn load(db: &Database, now: Timestamp) -> Result<Self, EngineError> {
        let mut recent = Self::default();
        recent.read(db, now, now - MONTH).await?;
        let sql = "SELECT responder, since FROM rests";
        let rests: Vec<(String, Timestamp)> = on!(db, c => sqlx::query_as(sql).fetch_all(c).await?);
        recent.add_rests(&rests)?;
        Ok(recent)
    }

    /// Takes over what has been written since `since`, and forgets what is older than a month.
    pub(super) async fn follow(
        &mut self,
        db: &Database,
        now: Timestamp,
        since: Timestamp,
    ) -> Result<(), EngineError> {
        self.read(db, now, since).await?;
        let sql = "SELECT responder, since FROM rests WHERE since >= $1";
        let rests: Vec<(String, Timestamp)> =
            on!(db, c => sqlx::query_as(sql).bind(since).fetch_all(c).await?);
        self.add_rests(&rests)?;
        for asked in self.asked.values_mut() {
            asked.retain(|_, at| *at + MONTH > now);
        }
        self.asked.retain(|_, asked| !asked.is_empty());
        Ok(())
    }

    /// The call-outs since `since`, as far as they count.
    async fn read(&mut self, db: &Database, now: Timestamp, since: Timestamp) -> Result<(), EngineError> {
        let sql = "SELECT responder, incident_id, asked_at FROM callouts WHERE asked_at >= $1";
        let since = since.max(now - MONTH);
        let rows: Vec<(String, String, Timestamp)> =
            on!(db, c => sqlx::query_as(sql).bind(since).fetch_all(c).await?);
        for (responder, incident, at) in &rows {
            self.called_out(store::parse(incident)?, store::parse(responder)?, *at);
        }
        Ok(())
    }

    fn add_rests(&mut self, rows: &[(String, Timestamp)]) -> Result<(), EngineError> {
        for (responder, since) in rows {
            self.rests(store::parse(responder)?, *since);
        }
        Ok(())
    }

    /// Remembers that somebody was called out.
    pub(super) fn called_out(&mut self, incident: IncidentId, who: VolunteerId, at: Timestamp) {
        self.asked.entry(who).or_default().insert(incident, at);
    }

    /// Remembers that somebody's part in an incident is over.
    pub(super) fn rests(&mut self, who: VolunteerId, since: Timestamp) {
        let held = self.rests.entry(who).or_insert(since);
        *held = since.max(*held);
    }

    /// How often a person was called out within a month.
    pub(super) fn asked(&self, who: VolunteerId, now: Timestamp) -> u32 {
        let within = |at: &&Timestamp| **at + MONTH > now;
        let asked = self.asked.get(&who).map_or(0, |asked| asked.values().filter(within).count());
        u32::try_from(asked).unwrap_or(u32::MAX)
    }

    /// When a person's part in the last incident that they went to was over.
    pub(super) fn rests_since(&self, who: VolunteerId) -> Option<Timestamp> {
        self.rests.get(&who).copied()
    }
}

/// Writes since when those rest who went and whose part this draft ends, and says who they are.
pub(super) fn begin_rests(
    batch: &mut Batch,
    now: Timestamp,
    draft: &Draft,
    ended: &[VolunteerId],
) -> Vec<VolunteerId> {
    let went =
        |who: &&VolunteerId| draft.incident.callout(**who).is_some_and(|part| part.came() == Some(true));
    let mut resting: Vec<VolunteerId> = ended.iter().filter(went).copied().collect();
    resting.sort(); // in one order everywhere: two nodes wait instead of blocking
    batch.insert(TABLE, LATEST, resting.iter().map(|who| [who.to_string().into(), now.into()]));
    resting
}

#[cfg(test)]
mod tests {
    use super::*;
    use certus_registry::Random;
    use std::time::Duration;

    #[test]
    fn a_call_out_counts_for_a_month_and_once() {
        let start = Timestamp::from_millis(1_795_521_600_000);
        let who = VolunteerId::new(start, &Random::from_seed(1));
        let [one, two] = [2, 3].map(|seed| IncidentId::new(start, &Random::from_seed(seed)));
        let mut recent = Recent::default();
        recent.called_out(one, who, start);
        recent.called_out(one, who, start);
        recent.called_out(two, who, start + Duration::from_hours(24));
        let asked = |at| recent.asked(who, at);
        assert_eq!(
            [asked(start), asked(start + MONTH), asked(start + MONTH + Duration::from_hours(24))],
            [2, 1, 0]
        );
    }
}
