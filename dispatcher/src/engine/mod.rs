//! Where things meet: one loop over one kind of wake-up.
//!
//! For each event: load the incident, let the machine handle it, commit the event, the new state and the messages
//! together (compare-and-set on a version), and only then act. Nothing here decides anything about an incident; that
//! is `incident`'s. A restart finds every incident and every timer in the database.

pub(crate) mod answers;
mod channel_test;
mod codes;
mod commit;
mod confirming;
mod draft;
mod duty;
mod error;
mod handle;
mod inbound;
mod messages;
mod progress;
mod recent;
mod replies;
mod run;
pub mod store;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use certus_registry::mutation::{Rule, broken};
use certus_registry::{Clock, Database, Random, Timestamp, VolunteerId};

use certus_sms_bridge::WorkerHandle;

use crate::channel_test::Monthly;
use crate::incident::{CallOut, Candidate, Event, Incident, IncidentId, Outcome, Phase, Report};
use crate::matching::{Answers, Decision, Question, Roster, may_be_asked, search};
use crate::metrics::Metrics;
use crate::policies::{self, Policies};
use crate::positions::{LivePositions, Reading};
use crate::travel::TravelTime;
use codes::{CODE_REST, Codes};
use draft::Draft;
use recent::Recent;

pub use commit::Within;
pub use error::EngineError;
pub use handle::{Changed, EngineHandle, EngineSide, Keyed, Raise, Render, link};
pub use messages::Reference;
pub(crate) use messages::STAND_DOWN;
use run::CLOCK_SKEW_MAX;
pub use run::Wake;

/// Compare-and-set is tried this often before the caller is told; two nodes seldom meet twice in a row.
const ATTEMPTS_MAX: u32 = 8;

/// A search is made again with fetched travel times this often: the second time others may be looked at than the first.
const FETCHES_MAX: u32 = 2;

/// What the engine works with; everything is passed in.
pub struct Parts {
    /// The database.
    pub db: Database,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness, for ids and secrets.
    pub random: Random,
    /// The policies that hold until the board has approved some.
    pub policies: Arc<Policies>,
    /// Where people are.
    pub positions: Arc<LivePositions>,
    /// Travel-time model.
    pub travel: Arc<dyn TravelTime>,
    /// Where messages are enqueued.
    pub outbox: WorkerHandle,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The county's time zone.
    pub zone: jiff::tz::TimeZone,
    /// Where the volunteers' pages are, without a trailing slash.
    pub public_url: String,
    /// A phone whose fix is older than this is asked for a new one in the call-out.
    pub ask_after: Duration,
    /// When the ways to everybody are tested, if they are.
    pub channel_test: Option<Monthly>,
}

/// The engine of one node.
pub struct Engine {
    parts: Parts,
    side: EngineSide,
    /// The policies in force, and the number of their version; 0: those that hold until the board has approved some.
    policies: (u64, Arc<Policies>),
    engaged: HashMap<VolunteerId, IncidentId>,
    codes: Codes,
    /// What everybody did who was ever asked.
    answers: HashMap<VolunteerId, Answers>,
    /// What people have been asked for lately.
    recent: Recent,
    /// A due timer could not be handled: it is tried again at the next poll, not at once.
    stuck: bool,
    /// When this node last looked at what others did, by its own clock.
    refreshed_at: Timestamp,
    /// Changes up to here have been read from the database.
    seen_changes_to: Timestamp,
    /// The last version of each recently changed incident that the consoles were told about.
    announced: HashMap<IncidentId, u64>,
    /// Something that another node did has not been taken over yet.
    behind: bool,
    /// The latest monthly test that this node knows to have begun, or to have been left out.
    begun: Option<String>,
}

/// An event that has been committed.
#[derive(Debug, Clone)]
pub struct Applied {
    /// The incident afterwards.
    pub incident: Incident,
    /// What became of the event.
    pub outcome: Outcome,
}

impl Engine {
    /// An engine as the database left it: the registry and everybody's engagements are read.
    ///
    /// # Errors
    /// [`EngineError`] when the database fails.
    pub async fn start(parts: Parts, side: EngineSide) -> Result<Self, EngineError> {
        side.roster.send_replace(Arc::new(Roster::load(&parts.db).await?));
        let policies = policies::store::in_force_after(&parts.db, &parts.policies).await?;
        let seen_changes_to = parts.clock.now();
        let codes = store::codes(&parts.db, seen_changes_to - CODE_REST).await?;
        let answers = answers::load(&parts.db, Timestamp::from_millis(0)).await?;
        let recent = Recent::load(&parts.db, seen_changes_to).await?;
        let (engaged, announced) = (HashMap::new(), HashMap::new());
        let (stuck, behind, begun, refreshed_at) = (false, false, None, seen_changes_to);
        let mut engine = Self {
            parts,
            side,
            policies,
            engaged,
            codes,
            answers,
            recent,
            stuck,
            refreshed_at,
            seen_changes_to,
            announced,
            behind,
            begun,
        };
        engine.reload_engaged().await?;
        Ok(engine)
    }

    /// Raises an incident under the policies in force and calls out its first wave, in one commit.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was kept then.
    pub async fn raise(
        &mut self,
        id: IncidentId,
        raise: &Raise,
        within: &[Within],
    ) -> Result<Incident, EngineError> {
        self.keep_up().await?;
        for _ in 0..ATTEMPTS_MAX {
            let now = self.parts.clock.now();
            let raised = raise.clone().into_raised(id, &self.policies.1);
            let mut draft = Draft::raise(now, raised.clone(), &|incident| self.find(now, incident))?;
            for _ in 0..FETCHES_MAX {
                if !self.parts.travel.fetch(now).await {
                    break;
                }
                draft = Draft::raise(now, raised.clone(), &|incident| self.find(now, incident))?;
            }
            if self.commit(now, &draft, within).await? {
                self.parts.metrics.incidents_raised.inc();
                return Ok(draft.incident);
            }
            self.catch_up().await?;
        }
        Err(EngineError::Contended(ATTEMPTS_MAX))
    }

    /// Applies one event to one incident.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was kept then.
    pub async fn apply(
        &mut self,
        id: IncidentId,
        event: Event,
        within: &[Within],
    ) -> Result<Applied, EngineError> {
        self.keep_up().await?;
        for _ in 0..ATTEMPTS_MAX {
            let now = self.parts.clock.now();
            let incident = store::load(&self.parts.db, id).await?.ok_or(EngineError::Unknown(id))?;
            let (mut draft, mut outcome) = self.handled(now, &incident, &event)?;
            for _ in 0..FETCHES_MAX {
                if !self.parts.travel.fetch(now).await {
                    break;
                }
                (draft, outcome) = self.handled(now, &incident, &event)?;
            }
            if self.commit(now, &draft, within).await? {
                return Ok(Applied { incident: draft.incident, outcome });
            }
            self.catch_up().await?;
        }
        Err(EngineError::Contended(ATTEMPTS_MAX))
    }

    /// Lets the machine handle an event. Whoever has been called to another incident since this one's search, or must
    /// not be asked any more, is taken off its shortlist first.
    fn handled(
        &self,
        now: Timestamp,
        incident: &Incident,
        event: &Event,
    ) -> Result<(Draft, Outcome), EngineError> {
        let find = |incident: &Incident| self.find(now, incident);
        let event = self.checked(incident, event);
        let mut draft = Draft::resume(incident.clone());
        let outcome = draft.feed(now, event.clone(), &find)?;
        let elsewhere = draft.engagements().0.iter().any(|person| self.is_elsewhere(*person, incident.id));
        let may_be_asked = |person| self.asking(now, incident, |question, _| may_be_asked(question, person));
        if !elsewhere && (draft.asked().all(may_be_asked) || broken(Rule::Shortlist)) {
            return Ok((draft, outcome));
        }
        let still = |candidate: &&Candidate| may_be_asked(candidate.responder);
        let candidates = incident.candidates.iter().filter(still).cloned().collect();
        let mut draft = Draft::resume(incident.clone());
        draft.feed(now, Event::CandidatesFound { candidates }, &find)?;
        let outcome = draft.feed(now, event, &find)?;
        Ok((draft, outcome))
    }

    /// A yes of somebody who is tied to another incident cannot be kept here; when this one is over, it is late anyway.
    fn checked(&self, incident: &Incident, event: &Event) -> Event {
        if matches!(incident.phase, Phase::StoodDown { .. } | Phase::Closed { .. }) {
            return event.clone();
        }
        if let Event::Responder { responder, report: Report::Accepted { .. } | Report::Arrived { .. } } =
            event
        {
            let here = incident.callout(*responder).is_some_and(CallOut::engaged);
            if !here && self.is_elsewhere(*responder, incident.id) {
                return Event::Responder { responder: *responder, report: Report::Unavailable };
            }
        }
        event.clone()
    }

    /// Whether a person is tied to another incident, as far as this node knows; the commit knows for certain.
    fn is_elsewhere(&self, person: VolunteerId, incident: IncidentId) -> bool {
        !broken(Rule::Engagement) && self.engaged.get(&person).is_some_and(|other| *other != incident)
    }

    fn find(&self, now: Timestamp, incident: &Incident) -> Decision {
        self.asking(now, incident, |question, reading| {
            search(question, reading.nearest(incident.place.position, |_| true))
        })
    }

    /// Asks the matching about an incident as things are now.
    fn asking<T>(
        &self,
        now: Timestamp,
        incident: &Incident,
        ask: impl FnOnce(&Question<'_>, &Reading<'_>) -> T,
    ) -> T {
        let roster = self.side.roster.borrow().clone();
        let local = now.in_zone(&self.parts.zone);
        let reading = self.parts.positions.read();
        let question = Question {
            now,
            local: &local,
            incident,
            roster: &roster,
            engaged: &|person| self.is_elsewhere(person, incident.id),
            answers: &|person| self.answers.get(&person).copied().unwrap_or_default(),
            asked: &|person| self.recent.asked(person, now),
            rests_since: &|person| self.recent.rests_since(person),
            last: &|person| reading.last(person).copied(),
            travel: self.parts.travel.as_ref(),
        };
        ask(&question, &reading)
    }

    /// Reads again what a decision about people rests on: the registry, if it has changed, and who is tied up.
    async fn catch_up(&mut self) -> Result<(), EngineError> {
        let revision = certus_registry::store::revision(&self.parts.db).await?;
        if revision != self.side.roster.borrow().revision() {
            let roster = Arc::new(Roster::load(&self.parts.db).await?);
            // Read after the roster's revision, and kept before it: a commit under older ones is refused.
            self.learn_policies().await?;
            self.side.roster.send_replace(roster);
        }
        self.reload_engaged().await
    }

    /// Takes over the policies that the board has approved since. Those that this program does not understand, it says so and goes
    /// on under the last: an alarm under yesterday's policies is better than none.
    async fn learn_policies(&mut self) -> Result<(), EngineError> {
        if broken(Rule::PolicyInForce) || policies::store::number(&self.parts.db).await? == self.policies.0 {
            return Ok(());
        }
        match policies::store::in_force_after(&self.parts.db, &self.parts.policies).await {
            Ok(policies) => self.policies = policies,
            Err(error @ EngineError::Damaged { .. }) => {
                tracing::error!(%error, "the policies in force cannot be read; incidents go on under those before");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn reload_engaged(&mut self) -> Result<(), EngineError> {
        let engaged: HashMap<_, _> = store::engagements(&self.parts.db).await?.into_iter().collect();
        let freed: Vec<_> =
            self.engaged.keys().filter(|person| !engaged.contains_key(person)).copied().collect();
        if !freed.is_empty() {
            // Another node let them go: what they have done is written by now.
            let (now, since) = (self.parts.clock.now(), self.seen_changes_to - CLOCK_SKEW_MAX);
            self.recent.follow(&self.parts.db, now, since).await?;
        }
        for person in freed {
            self.parts.positions.unwatch(person);
        }
        for tied in engaged.keys().filter(|person| !self.engaged.contains_key(person)) {
            self.parts.positions.watch(*tied);
        }
        self.engaged = engaged;
        Ok(())
    }
}
