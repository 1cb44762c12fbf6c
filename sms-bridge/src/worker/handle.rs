//! A worker as those see it who enqueue: something to wake, and the short way for alarms.
//!
//! An alarm that is due at once is claimed in the very transaction that stores it and handed to the worker after the
//! commit: it leaves without another look at the database. What finds no room takes the ordinary way. Should the process
//! die between the commit and the send, the message is in flight under a lease like any other (`worker::claim`).

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use certus_registry::{Batch, Medium, Random, Timestamp};
use tokio::sync::Notify;

use super::WorkerSettings;
use crate::outbox::{self, Birth};
use crate::{BridgeError, Channel, Gateway, MessageId, Neighbours, NewMessage, Outgoing, Routes, Urgency};

/// Wakes a running [`Worker`](super::Worker) and hands it alarms; cheap to clone.
#[derive(Debug, Clone)]
pub struct WorkerHandle(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    changed: Notify,
    /// Something was stored that did not go the short way.
    stored: AtomicBool,
    handed: Mutex<Vec<Handed>>,
    /// Alarms on the short way at once.
    room: AtomicUsize,
    routes: Arc<Routes>,
    lease: Duration,
}

/// An alarm that was claimed when it was stored.
pub(super) struct Handed {
    pub(super) gateway: Arc<dyn Gateway>,
    pub(super) outgoing: Outgoing,
    pub(super) ladder: Option<String>,
    pub(super) lease_until: Timestamp,
}

/// Messages that are stored once the caller's transaction is committed.
#[derive(Debug)]
#[must_use = "say so after the commit"]
pub struct Posted {
    handle: WorkerHandle,
    ids: Vec<MessageId>,
    handed: Vec<Handed>,
}

impl WorkerHandle {
    pub(super) fn new(routes: Arc<Routes>, settings: &WorkerSettings) -> Self {
        Self(Arc::new(Shared {
            changed: Notify::new(),
            stored: AtomicBool::new(false),
            handed: Mutex::default(),
            room: AtomicUsize::new(settings.window as usize),
            routes,
            lease: settings.lease,
        }))
    }

    /// Says that something new is due: call it after the commit that enqueued. A call while the worker works is not
    /// lost.
    pub fn wake(&self) {
        self.0.stored.store(true, Ordering::Relaxed);
        self.0.changed.notify_one();
    }

    /// From here on nothing takes the short way: the worker of another process sends.
    pub fn leaves_alarms_to_others(&self) {
        self.has_room(0);
    }

    /// Stores messages with the caller's other writes; alarms that are due go the short way as far as there is room. `medium` is the
    /// transaction's.
    ///
    /// # Errors
    /// [`BridgeError::Invalid`] when a reference or a body is out of bounds (the batch is as before then).
    pub fn enqueue(
        &self,
        batch: &mut Batch,
        medium: &Medium,
        now: Timestamp,
        random: &Random,
        messages: &[NewMessage],
    ) -> Result<Posted, BridgeError> {
        let express = |message: &NewMessage| {
            message.urgency == Urgency::Alarm && message.due_at <= now && message.valid_until > now
        };
        let mut left = self.0.room.load(Ordering::Relaxed).saturating_sub(self.queue().len());
        let lease_until = now + self.0.lease;
        let mut claimed = Vec::with_capacity(messages.len());
        let ids = outbox::enqueue_born(batch, medium, now, random, messages, |message| {
            let goes = left > 0 && express(message);
            let gateway = if goes { self.0.routes.choose(message.channel, now, None, random) } else { None };
            left -= usize::from(gateway.is_some());
            claimed.push(gateway.map(Arc::clone));
            gateway.map(|gateway| Birth { gateway: gateway.name().to_owned(), lease_until })
        })?;
        let handed = ids.iter().zip(messages).zip(claimed).filter_map(|((id, message), gateway)| {
            let ladder = (!message.otherwise.is_empty()).then(|| id.to_string());
            Some(Handed { gateway: gateway?, outgoing: outgoing(now, *id, message), ladder, lease_until })
        });
        Ok(Posted { handle: self.clone(), handed: handed.collect(), ids })
    }

    /// Whether anything can go this way.
    #[must_use]
    pub fn carries(&self, channel: Channel) -> bool {
        self.0.routes.gateways().any(|gateway| gateway.channel() == channel)
    }

    fn queue(&self) -> MutexGuard<'_, Vec<Handed>> {
        self.0.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The alarms that were handed over, in order.
    pub(super) fn take(&self) -> Vec<Handed> {
        std::mem::take(&mut *self.queue())
    }

    /// Says how many alarms may be handed over until the worker says so again.
    pub(super) fn has_room(&self, alarms: usize) {
        self.0.room.store(alarms, Ordering::Relaxed);
    }

    /// Resolves when something was handed over or stored since the last time; true when the outbox must be looked into.
    pub(super) async fn woken(&self) -> bool {
        self.0.changed.notified().await;
        self.0.stored.swap(false, Ordering::Relaxed)
    }
}

impl std::fmt::Debug for Handed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handed").field("gateway", &self.gateway.name()).finish_non_exhaustive()
    }
}

impl Posted {
    /// The caller's transaction is committed: the messages may leave.
    #[expect(clippy::must_use_candidate, reason = "it is called for what it does")]
    pub fn committed(self) -> Vec<MessageId> {
        if !self.ids.is_empty() {
            let short = self.handed.len() == self.ids.len();
            self.handle.queue().extend(self.handed);
            if short { self.handle.0.changed.notify_one() } else { self.handle.wake() }
        }
        self.ids
    }
}

fn outgoing(now: Timestamp, id: MessageId, message: &NewMessage) -> Outgoing {
    Outgoing {
        id,
        reference: message.reference.clone(),
        to: message.to.clone(),
        body: message.body.clone(),
        urgency: message.urgency,
        stored_at: now,
        sent_at: now,
        valid_until: message.valid_until,
        attempt: 1,
        neighbours: Neighbours::default(),
    }
}
