//! What is kept about people goes when its time is over: one policy, one pass over everything, once an hour or by hand.
//!
//! [`Cutoffs`] says what is old enough and is all there is to decide; the rest is deletes in bounded batches. Doing it twice, or
//! on two nodes at once, takes nothing more away.

use std::collections::HashMap;
use std::time::Duration;

use certus_registry::audit::{Action, Actor, Line};
use certus_registry::outage::in_time;
use certus_registry::phone_code::{KEPT, VALID};
use certus_registry::store::{self, account, audit, phone_code, volunteer};
use certus_registry::{Database, Timestamp, Tx, VolunteerId, on};
use certus_sms_bridge::retention::{unword, unword_replies, worded};
use certus_sms_bridge::sealing::gather;

use crate::api::SharedApp;
use crate::config::{Config, days};
use crate::engine::{EngineError, Reference, store as incidents};
use crate::incident::{IncidentId, Phase};
use crate::own::leave::take_out;
use crate::own::proof::CODE;
use crate::{idempotency, positions, reminders, trail};

/// Rows of a kind that one pass takes; the rest an hour later. A transaction of so many takes a part of a second.
const BATCH: u32 = 5_000;
/// People whom one pass takes out: each is a dozen statements.
const PEOPLE: u32 = 100;
/// How long answers under idempotency keys are kept; what the API promises.
const IDEMPOTENCY_KEPT: Duration = crate::api::idempotency::KEPT;

/// How long it is kept who was reminded of what, from its last day on: until it has been renewed, or nobody asks any more.
const REMINDERS_KEPT: Duration = Duration::from_hours(24 * 365);

/// What is old enough: at or before these times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cutoffs {
    /// Sessions that have ended.
    pub sessions: Timestamp,
    /// One-time codes.
    pub codes: Timestamp,
    /// Texts with a one-time code, which is worth nothing any more.
    pub code_texts: Timestamp,
    /// Answers under idempotency keys.
    pub idempotency: Timestamp,
    /// The last step of an application that was never approved.
    pub applications: Timestamp,
    /// The closing of the incident that messages are about.
    pub messages: Timestamp,
    /// The closing of the incident that trails are of.
    pub trails: Timestamp,
    /// The last day of what people were reminded of.
    pub reminders: Timestamp,
    /// The leaving of people whose vetting is in the archive.
    pub archive: Timestamp,
}

impl Cutoffs {
    /// What is old enough at `now`.
    #[must_use]
    pub fn at(now: Timestamp, config: &Config) -> Self {
        let retention = &config.retention;
        Self {
            sessions: now,
            codes: now - KEPT,
            code_texts: now - VALID,
            idempotency: now - IDEMPOTENCY_KEPT,
            applications: now - days(retention.application_days),
            messages: now - days(retention.message_days),
            trails: now - config.positions.trail_kept(),
            reminders: now - REMINDERS_KEPT,
            archive: now - days(retention.vetting_archive_days),
        }
    }
}

/// What was taken away, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept(Vec<(&'static str, u64)>);

impl Swept {
    /// How many of each kind.
    #[must_use]
    pub fn counts(&self) -> &[(&'static str, u64)] {
        &self.0
    }

    /// How many of a kind.
    #[must_use]
    pub fn of(&self, kind: &str) -> u64 {
        self.0.iter().find(|(name, _)| *name == kind).map_or(0, |(_, count)| *count)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, count)| *count == 0)
    }
}

/// `sessions 3, codes 1`: those of which there are any.
impl std::fmt::Display for Swept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let some = self.0.iter().filter(|(_, count)| *count > 0);
        let words: Vec<String> = some.map(|(kind, count)| format!("{kind} {count}")).collect();
        f.write_str(if words.is_empty() { "nothing" } else { "" })?;
        f.write_str(&words.join(", "))
    }
}

/// One pass over everything. What was taken away is a line of the audit log.
#[derive(Debug, Clone, Copy)]
pub struct Pass<'a> {
    /// The database.
    pub db: &'a Database,
    /// The present.
    pub now: Timestamp,
    /// What is old enough.
    pub cutoffs: Cutoffs,
    /// Only look: every transaction is given up.
    pub dry: bool,
}

impl Pass<'_> {
    /// Takes away a batch of each kind, or finds out how much it would be.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails; what was done stays done.
    pub async fn run(&self) -> Result<Swept, EngineError> {
        let people = self.applications().await?;
        let swept = Swept(vec![
            ("applications", people.len() as u64),
            ("messages", self.messages().await?),
            ("replies", self.replies().await?),
            ("trails", trail::purge(self.db, self.cutoffs.trails, self.dry).await?),
            ("codes", self.codes().await?),
            ("sessions", self.sessions().await?),
            ("idempotency keys", self.idempotency().await?),
            ("archived steps of vetting", self.archive().await?),
            ("reminders", self.reminders().await?),
            ("traces of nobody", self.traces().await?),
        ]);
        if !self.dry && !swept.is_empty() {
            let line = Line::new(self.now, Actor::Console, Action::RetentionRun, swept.to_string());
            let mut tx = self.db.begin().await?;
            audit::append(&mut tx, Line { about: people, ..line }).await?;
            tx.commit().await?;
        }
        Ok(swept)
    }

    async fn end(&self, tx: Tx) -> Result<(), EngineError> {
        if self.dry { Ok(()) } else { Ok(tx.commit().await?) }
    }

    /// Each person in a transaction of their own.
    async fn applications(&self) -> Result<Vec<VolunteerId>, EngineError> {
        let stale = store::retention::stale_applications(self.db, self.cutoffs.applications, PEOPLE).await?;
        let mut taken_out = Vec::with_capacity(stale.len());
        for who in stale {
            let mut tx = self.db.begin().await?;
            if take_out(&mut tx, self.now, who).await?.is_some() {
                taken_out.push(who);
            }
            self.end(tx).await?;
        }
        Ok(taken_out)
    }

    /// Messages of incidents that were closed long enough ago, of those about none that are as old, and texts with a code.
    async fn messages(&self) -> Result<u64, EngineError> {
        let (mut after, mut closed, mut unworded) = (String::new(), HashMap::new(), 0);
        loop {
            let found = worded(self.db, self.cutoffs.code_texts, &after, BATCH).await?;
            let Some((last, _)) = found.last() else { return Ok(unworded) };
            after.clone_from(last);
            let more = found.len() == BATCH as usize;
            let mut ids = Vec::new();
            for (id, reference) in found {
                if self.is_old(&id, &reference, &mut closed).await? {
                    ids.push(id);
                }
            }
            let mut tx = self.db.begin().await?;
            unworded += unword(&mut tx, &ids).await?;
            self.end(tx).await?;
            if !more || unworded >= u64::from(BATCH) {
                return Ok(unworded);
            }
        }
    }

    async fn is_old(
        &self,
        id: &str,
        reference: &str,
        closed: &mut HashMap<IncidentId, bool>,
    ) -> Result<bool, EngineError> {
        if reference.ends_with(CODE) {
            return Ok(true);
        }
        let Some(Reference { incident, .. }) = Reference::parse(reference) else {
            return Ok(stored_at(id).is_some_and(|at| at <= self.cutoffs.messages));
        };
        if let Some(known) = closed.get(&incident) {
            return Ok(*known);
        }
        let phase = incidents::load(self.db, incident).await?.map(|incident| incident.phase);
        let is_old = matches!(phase, Some(Phase::Closed { at }) if at <= self.cutoffs.messages);
        closed.insert(incident, is_old);
        Ok(is_old)
    }

    async fn replies(&self) -> Result<u64, EngineError> {
        let mut tx = self.db.begin().await?;
        let unworded = unword_replies(&mut tx, self.cutoffs.messages, BATCH).await?;
        self.end(tx).await?;
        Ok(unworded)
    }

    async fn codes(&self) -> Result<u64, EngineError> {
        let mut tx = self.db.begin().await?;
        let forgotten = phone_code::forget_before(&mut tx, self.cutoffs.codes).await?;
        self.end(tx).await?;
        Ok(forgotten)
    }

    async fn sessions(&self) -> Result<u64, EngineError> {
        let mut tx = self.db.begin().await?;
        let own = volunteer::forget_sessions(&mut tx, self.cutoffs.sessions).await?;
        let accounts = account::forget_sessions(&mut tx, self.cutoffs.sessions).await?;
        self.end(tx).await?;
        Ok(own + accounts)
    }

    async fn idempotency(&self) -> Result<u64, EngineError> {
        let mut tx = self.db.begin().await?;
        let forgotten = idempotency::purge(&mut tx, self.cutoffs.idempotency).await?;
        self.end(tx).await?;
        Ok(forgotten)
    }

    async fn archive(&self) -> Result<u64, EngineError> {
        let mut tx = self.db.begin().await?;
        let forgotten = store::retention::forget_archive(&mut tx, self.cutoffs.archive, BATCH).await?;
        self.end(tx).await?;
        Ok(forgotten)
    }

    async fn reminders(&self) -> Result<u64, EngineError> {
        let mut tx = self.db.begin().await?;
        let last = self.cutoffs.reminders.in_zone(&jiff::tz::TimeZone::UTC).date();
        let forgotten = reminders::store::forget(&mut tx, last, BATCH).await?;
        self.end(tx).await?;
        Ok(forgotten)
    }

    /// What another node has written of somebody while they were leaving: positions, and how often they came.
    async fn traces(&self) -> Result<u64, EngineError> {
        const LEARNED: &str = "DELETE FROM answers WHERE responder NOT IN (SELECT id FROM volunteer)";
        let mut tx = self.db.begin().await?;
        let positions = positions::store::remove_strangers(&mut tx).await?;
        let learned = on!(tx, c => sqlx::query(LEARNED).execute(c).await?.rows_affected());
        self.end(tx).await?;
        Ok(positions + learned)
    }
}

/// An identifier begins with the time of its making (RFC 9562, 5.7).
fn stored_at(id: &str) -> Option<Timestamp> {
    let digits: String = id.chars().filter(|c| *c != '-').take(12).collect();
    i64::from_str_radix(&digits, 16).ok().map(Timestamp::from_millis)
}

/// A pass every hour until the server stops; one that has begun is finished.
pub async fn run_hourly(app: SharedApp) {
    let hour = Duration::from_hours(1);
    loop {
        let now = app.clock.now();
        let pass = Pass { db: &app.db, now, cutoffs: Cutoffs::at(now, &app.config), dry: false };
        match in_time(pass.run()).await {
            Ok(swept) if swept.is_empty() => {}
            Ok(swept) => tracing::info!(retention.swept = %swept, "what was kept long enough is gone"),
            Err(error) => {
                tracing::warn!(%error, "what was kept long enough could not be taken away; tried again in an hour");
            }
        }
        match in_time(gather(&app.db)).await {
            Ok(0) => {}
            Ok(rows) => tracing::info!(sealing.rows = rows, "messages were moved to the newest data key"),
            Err(error) => {
                tracing::warn!(%error, "messages could not be moved to the newest data key; tried again in an hour");
            }
        }
        if app.stops_before(app.clock.now() + hour).await {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_old_enough_follows_from_the_configuration() {
        let now = Timestamp::from_millis(1_795_518_000_000);
        let cutoffs = Cutoffs::at(now, &Config::default());
        let days = |at: Timestamp| now.since(at).as_secs() / 86_400;
        let in_days = [cutoffs.applications, cutoffs.messages, cutoffs.trails, cutoffs.archive].map(days);
        assert_eq!(in_days, [365, 90, 30, 1_825]);
        assert_eq!((cutoffs.sessions, now.since(cutoffs.code_texts)), (now, VALID));
    }

    #[test]
    fn what_was_swept_is_said_without_what_was_not() {
        assert_eq!(Swept(vec![("codes", 0)]).to_string(), "nothing");
        assert_eq!(
            Swept(vec![("codes", 2), ("trails", 0), ("sessions", 1)]).to_string(),
            "codes 2, sessions 1"
        );
    }

    #[test]
    fn an_identifier_says_when_it_was_made() {
        let (now, random) =
            (Timestamp::from_millis(1_795_518_000_123), certus_registry::Random::from_seed(1));
        assert_eq!(stored_at(&IncidentId::new(now, &random).to_string()), Some(now));
    }
}
