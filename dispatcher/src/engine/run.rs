//! The loop: one wake-up at a time.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::outage::in_time;
use certus_registry::{Duty, Timestamp, VolunteerId};
use tokio::sync::oneshot;

use super::codes::CODE_REST;
use super::commit::Within;
use super::{Applied, Engine, EngineError, Raise, answers, progress, store};
use crate::channel_test;
use crate::engine::Changed;
use crate::incident::{Event, Incident, IncidentId};
use crate::positions::LastPosition;
use crate::task::Task;
use crate::trail;

/// How often the database is asked for what other nodes or a missed wake-up left to do.
const POLL_EVERY: Duration = Duration::from_secs(1);
/// How far the clocks of two nodes may be apart, and how long a commit may take, before a change is missed.
pub(super) const CLOCK_SKEW_MAX: Duration = Duration::from_secs(10);
/// Timers, replies and fates taken at once.
const BATCH: u32 = 100;

/// Why the engine wakes.
#[derive(Debug)]
pub enum Wake {
    /// Somebody raises an incident.
    Raise {
        /// What it is to be called.
        id: IncidentId,
        /// With what.
        raise: Box<Raise>,
        /// What the commit settles besides.
        within: Vec<Within>,
        /// Who waits for it.
        reply: oneshot::Sender<Result<Incident, EngineError>>,
    },
    /// Somebody reports an event.
    Apply {
        /// To which incident.
        incident: IncidentId,
        /// What.
        event: Box<Event>,
        /// What the commit settles besides.
        within: Vec<Within>,
        /// Who waits for it.
        reply: oneshot::Sender<Result<Applied, EngineError>>,
    },
    /// Somebody says at their own page whether they may be asked.
    Switch {
        /// Who.
        who: VolunteerId,
        /// What they say.
        duty: Duty,
        /// Who waits for it; false: there is no such person.
        reply: oneshot::Sender<Result<bool, EngineError>>,
    },
    /// The inbox or the fate of messages has changed.
    Bridge,
    /// A person on a call-out has moved.
    Moved(LastPosition),
    /// A timer is due, or it is time to look for what others left.
    Timer,
}

impl Engine {
    /// Runs until `shutdown` turns true; a request that was taken is finished.
    pub async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut moved = self.parts.positions.moves();
        let mut next = self.parts.clock.now();
        loop {
            let timer = self.parts.clock.sleep_until(next);
            let wake = tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(wake) = self.side.queue.recv() => wake,
                last = moved.recv() => match last {
                    Ok(last) => Wake::Moved(last),
                    // Too many moves at once: the next fix of each person tells the same.
                    Err(_) => Wake::Timer,
                },
                () = timer => Wake::Timer,
            };
            // Boxed once: it is large, and would be moved whole into each of those who wait for it.
            if let Err(error) = in_time(Box::pin(self.on(wake))).await {
                tracing::error!(%error, "the engine could not finish; it tries again");
            }
            next = self.next_wake_or_poll().await;
        }
    }

    /// Handles one wake-up.
    ///
    /// # Errors
    /// [`EngineError`] of work that nobody waits for; it is done again at the next poll.
    pub async fn on(&mut self, wake: Wake) -> Result<(), EngineError> {
        let began = self.parts.clock.now();
        let done = self.take(wake).await;
        self.parts.metrics.engine_event_seconds.observe(self.parts.clock.now().since(began).as_secs_f64());
        done
    }

    async fn take(&mut self, wake: Wake) -> Result<(), EngineError> {
        match wake {
            Wake::Raise { id, raise, within, reply } => {
                // Whoever asked may have gone; the incident is raised all the same.
                let _ = reply.send(self.raise(id, &raise, &within).await);
                Ok(())
            }
            Wake::Apply { incident, event, within, reply } => {
                let _ = reply.send(self.apply(incident, *event, &within).await);
                Ok(())
            }
            Wake::Switch { who, duty, reply } => {
                let _ = reply.send(Box::pin(self.switch_at_page(who, duty)).await); // seldom, and large
                Ok(())
            }
            Wake::Bridge => self.handle_bridge().await.map(drop),
            Wake::Moved(last) => self.handle_move(&last).await,
            Wake::Timer => self.settle_due().await.map(drop),
        }
    }

    /// Does everything that is due now: replies, fates, timers, news from other nodes. True when there was something.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails.
    pub async fn settle_due(&mut self) -> Result<bool, EngineError> {
        self.refresh().await?;
        let mut busy = self.handle_bridge().await?;
        let now = self.parts.clock.now();
        self.stuck = false;
        for id in store::due(&self.parts.db, now, BATCH).await? {
            match self.apply(id, Event::Tick, &[]).await {
                Ok(applied) => busy |= applied.outcome.is_logged(),
                Err(error) if error.may_pass() => return Err(error),
                // One incident that cannot go on must not hold up the others.
                Err(error) => {
                    tracing::error!(incident.id = %id, %error, "an incident's timer could not be handled");
                    self.stuck = true;
                }
            }
        }
        busy |= self.test_channels().await?;
        Ok(busy)
    }

    /// When the next timer of any incident is due, or the next step of a channel test.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails.
    pub async fn next_wake(&self) -> Result<Option<Timestamp>, EngineError> {
        let incident = store::next_wake(&self.parts.db).await?;
        let test = channel_test::next_wake(&self.parts.db).await?;
        Ok(incident.into_iter().chain(test).min())
    }

    async fn next_wake_or_poll(&self) -> Timestamp {
        let poll = self.parts.clock.now() + POLL_EVERY;
        if self.stuck {
            return poll;
        }
        // A database that fails here fails louder at the next wake-up.
        in_time(self.next_wake()).await.ok().flatten().map_or(poll, |at| at.min(poll))
    }

    async fn handle_bridge(&mut self) -> Result<bool, EngineError> {
        let replies = self.handle_inbox(BATCH).await?;
        let fates = self.handle_fates(BATCH).await?;
        Ok(replies || fates)
    }

    async fn handle_move(&mut self, last: &LastPosition) -> Result<(), EngineError> {
        let who = last.volunteer;
        let Some(&id) = self.engaged.get(&who) else { return Ok(()) };
        let Some(incident) = store::load(&self.parts.db, id).await? else { return Ok(()) };
        trail::add(&self.parts.db, &incident, last).await?;
        let Some(callout) = incident.callout(who) else { return Ok(()) };
        let now = self.parts.clock.now();
        let local = now.in_zone(&self.parts.zone);
        let travel = Arc::clone(&self.parts.travel);
        let roster = self.side.roster.borrow().clone();
        let task = callout.role().map_or(Task::Straight, |role| Task::of(role, roster.things()));
        let report = || progress::report(now, &local, &incident, (callout, &task), last, travel.as_ref());
        let mut reported = report();
        if travel.fetch(now).await {
            reported = report();
        }
        if let Some(report) = reported {
            self.apply(id, Event::Responder { responder: who, report }, &[]).await?;
        }
        Ok(())
    }

    /// Looks at what others did before it decides, should that have been put off: this node stood still, or had much to do.
    pub(super) async fn keep_up(&mut self) -> Result<(), EngineError> {
        let is_late = self.parts.clock.now().since(self.refreshed_at) > POLL_EVERY * 2;
        if is_late { self.refresh().await } else { Ok(()) }
    }

    /// Takes over what other processes changed: the registry, people's engagements, incidents.
    pub(super) async fn refresh(&mut self) -> Result<(), EngineError> {
        let began = self.parts.clock.now();
        let changed = store::changed(&self.parts.db, self.seen_changes_to - CLOCK_SKEW_MAX).await?;
        let seen_before = self.seen_changes_to - CLOCK_SKEW_MAX;
        if self.behind || changed.iter().any(|change| self.is_news(change)) {
            // Another node was at work: it may have called people out, or counted what they did. Read before the changes
            // count as seen: what fails here is read again the next time.
            self.answers.extend(answers::load(&self.parts.db, seen_before).await?);
            self.recent.follow(&self.parts.db, began, seen_before).await?;
            self.codes = store::codes(&self.parts.db, began - CODE_REST).await?;
            self.behind = false;
        }
        let engaged: HashSet<_> = self.engaged.values().copied().collect();
        self.announced
            .retain(|id, _| engaged.contains(id) || changed.iter().any(|change| change.incident == *id));
        for change in changed {
            self.seen_changes_to = self.seen_changes_to.max(change.at);
            self.announce(change);
        }
        self.catch_up().await?;
        self.refreshed_at = began;
        Ok(())
    }

    /// Tells the consoles once about each version of an incident.
    pub(super) fn announce(&mut self, change: Changed) {
        if self.is_news(&change) {
            self.announced.insert(change.incident, change.version);
            // Nobody listening is fine: the consoles may all be closed.
            let _ = self.side.changes.send(change);
        }
    }

    fn is_news(&self, change: &Changed) -> bool {
        self.announced.get(&change.incident).is_none_or(|version| *version < change.version)
    }
}
