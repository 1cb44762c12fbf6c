//! How the rest of the program speaks to the engine: requests go in, committed incidents come out.

use std::sync::Arc;

use certus_registry::{Clock, County, Duty, EventType, Random, Timestamp, VolunteerId};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::commit::Within;
use super::run::Wake;
use super::{Applied, EngineError};
use crate::idempotency;
use crate::incident::{CallerLocation, Event, Group, Incident, IncidentId, Place, Raised};
use crate::matching::Roster;
use crate::policies::Policies;

/// Requests waiting for the engine; beyond that callers are told to come back (503).
const QUEUE_MAX: usize = 1_024;
/// Changes that a slow console may lag behind before it is told to read everything again.
const CHANGES_MAX: usize = 1_024;

/// Something about an incident has changed; read it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// Which.
    pub incident: IncidentId,
    /// Its version now.
    pub version: u64,
    /// When.
    pub at: Timestamp,
}

/// Renders the response that is kept under an idempotency key.
pub type Render = Arc<dyn Fn(&Incident) -> String + Send + Sync>;

/// A request under an idempotency key.
#[derive(Clone)]
pub struct Keyed {
    /// Who used which key for what.
    pub entry: idempotency::Entry,
    /// The status of the response.
    pub status: u16,
    /// Its body.
    pub render: Render,
}

impl std::fmt::Debug for Keyed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyed").field("status", &self.status).finish_non_exhaustive()
    }
}

/// What an operator knows when raising an incident.
#[derive(Debug, Clone)]
pub struct Raise {
    /// What has happened.
    pub event_type: EventType,
    /// Where.
    pub place: Place,
    /// When the ambulance is expected.
    pub ambulance_eta: Option<Timestamp>,
    /// Where the caller's phone is, if the operator's system said so.
    pub caller: Option<CallerLocation>,
    /// The operator's own reference.
    pub external_id: Option<String>,
    /// The organisation that is called as one, if not everybody.
    pub group: Option<Group>,
}

impl Raise {
    /// Gives it an identifier and its policy.
    #[must_use]
    pub fn into_raised(self, id: IncidentId, policies: &Policies) -> Raised {
        let Self { event_type, place, ambulance_eta, caller, external_id, group } = self;
        let policy = policies.of(event_type).clone();
        Raised { id, event_type, place, ambulance_eta, caller, external_id, group, policy }
    }
}

/// A way to the engine's loop, cheap to clone.
#[derive(Clone)]
pub struct EngineHandle {
    wakes: mpsc::Sender<Wake>,
    changes: broadcast::Sender<Changed>,
    roster: watch::Receiver<Arc<Roster>>,
    clock: Arc<dyn Clock>,
    random: Random,
}

/// The engine's end of the way.
pub struct EngineSide {
    pub(super) queue: mpsc::Receiver<Wake>,
    pub(super) changes: broadcast::Sender<Changed>,
    pub(super) roster: watch::Sender<Arc<Roster>>,
}

/// A way to an engine that is yet to be started; until then requests wait.
#[must_use]
pub fn link(clock: Arc<dyn Clock>, random: Random) -> (EngineHandle, EngineSide) {
    let (wakes, queue) = mpsc::channel(QUEUE_MAX);
    let changes = broadcast::Sender::new(CHANGES_MAX);
    let (sender, roster) = watch::channel(Arc::default());
    let handle = EngineHandle { wakes, changes: changes.clone(), roster, clock, random };
    (handle, EngineSide { queue, changes, roster: sender })
}

impl EngineHandle {
    /// The people as they are now.
    #[must_use]
    pub fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.roster.borrow())
    }

    /// Raises an incident in the county of whoever does; answers once it is durable and its first wave is in the outbox. Whom to
    /// ask does not end at the county's border.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was kept then.
    pub async fn raise(
        &self,
        raise: Raise,
        county: County,
        keyed: Option<Keyed>,
    ) -> Result<Incident, EngineError> {
        let id = IncidentId::new(self.clock.now(), &self.random);
        let within = std::iter::once(Within::County(county)).chain(keyed.map(Within::Keyed)).collect();
        self.ask(|reply| Wake::Raise { id, raise: Box::new(raise), within, reply }).await
    }

    /// Applies an event; answers once it is durable.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was kept then.
    pub async fn apply(
        &self,
        incident: IncidentId,
        event: Event,
        keyed: Option<Keyed>,
    ) -> Result<Applied, EngineError> {
        let within = keyed.map(Within::Keyed).into_iter().collect();
        self.ask(|reply| Wake::Apply { incident, event: Box::new(event), within, reply }).await
    }

    /// Switches somebody on or off who says so at their own page, as LEDIG and UPPTAGEN do; false: there is no such person.
    ///
    /// # Errors
    /// [`EngineError`]; nothing was kept then, but that what they had not answered was declined.
    pub async fn switch(&self, who: VolunteerId, duty: Duty) -> Result<bool, EngineError> {
        self.ask(|reply| Wake::Switch { who, duty, reply }).await
    }

    /// The inbox or the fate of messages has changed.
    pub fn bridge_changed(&self) {
        // A full queue is woken anyway.
        let _ = self.wakes.try_send(Wake::Bridge);
    }

    /// Changes of incidents from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.changes.subscribe()
    }

    async fn ask<T>(
        &self,
        wake: impl FnOnce(oneshot::Sender<Result<T, EngineError>>) -> Wake,
    ) -> Result<T, EngineError> {
        let (reply, answer) = oneshot::channel();
        self.wakes.send(wake(reply)).await.map_err(|_| EngineError::Stopped)?;
        answer.await.map_err(|_| EngineError::Stopped)?
    }
}
