//! A running worker: it sends, claims and records side by side, so that no answer of a gateway waits for the database and
//! no alarm for either. One claim and one record at a time; sends as many as the window holds.

use std::time::Duration;

use certus_registry::outage::in_time;
use futures::future::{BoxFuture, FutureExt as _, pending};
use futures::stream::{FuturesUnordered, StreamExt as _};

use super::claim::{Claimed, More, Room};
use super::queue::{Pace, Queue};
use super::{Done, PAUSE_AFTER_FAILURE, Worker};
use crate::BridgeError;

/// How long answers wait for others that are recorded with them. Should the process die meanwhile, their gateways are asked
/// about them.
const GATHER: Duration = Duration::from_millis(20);

/// What a running worker has in hand.
pub(super) struct Course<'a> {
    worker: &'a Worker,
    events: FuturesUnordered<BoxFuture<'a, Event>>,
    queue: Queue,
    pace: Pace,
    /// Sends among `events`.
    in_flight: usize,
    claiming: bool,
    recording: bool,
    unrecorded: Vec<Done>,
    /// Until what came meanwhile is recorded, though more might come.
    gathering: Option<BoxFuture<'a, ()>>,
    gathered: bool,
    /// What may be due.
    more: More,
    /// Until something is due, or a moment has passed in which nothing was; only while nothing is known to be.
    due: Option<BoxFuture<'a, bool>>,
    /// The database failed and is left alone until then.
    pause: Option<BoxFuture<'a, ()>>,
}

/// Something that was begun is over.
enum Event {
    Sent(Done),
    Claimed(Result<Claimed, BridgeError>),
    Recorded(Vec<Done>, Result<u32, BridgeError>),
}

impl<'a> Course<'a> {
    pub(super) fn new(worker: &'a Worker) -> Self {
        Self {
            worker,
            events: FuturesUnordered::new(),
            queue: Queue::default(),
            pace: Pace::default(),
            in_flight: 0,
            claiming: false,
            recording: false,
            unrecorded: Vec::new(),
            gathering: None,
            gathered: false,
            more: More { alarms: true, others: true },
            due: None,
            pause: None,
        }
    }

    /// Begins whatever can be begun.
    pub(super) fn go_on(&mut self) {
        self.send();
        if self.pause.is_none() {
            self.record();
            self.claim();
        }
        self.worker.handle.has_room(self.alarms_max().saturating_sub(self.queue.alarms()));
        if self.more.alarms || self.more.others || self.claiming {
            self.due = None;
        } else if self.due.is_none() {
            self.due = Some(self.worker.until_due().boxed());
        }
    }

    /// Resolves when something has happened, and takes it in.
    pub(super) async fn something(&mut self) {
        tokio::select! {
            Some(event) = self.events.next() => self.take(event),
            stored = self.worker.handle.woken() => if stored { self.look() },
            is_due = ended(&mut self.due) => {
                self.due = None;
                if is_due { self.look() } else { self.pace.rests() }
            }
            () = ended(&mut self.gathering) => {
                self.gathering = None;
                self.gathered = true;
            }
            () = ended(&mut self.pause) => self.pause = None,
        }
        while let Some(Some(event)) = self.events.next().now_or_never() {
            self.take(event);
        }
    }

    /// Claims no more, waits for what is in flight or was claimed, and records it.
    pub(super) async fn finish(mut self) {
        self.more = More { alarms: false, others: false };
        self.send();
        while let Some(event) = self.events.next().await {
            self.take(event);
            self.send();
        }
        let last = self.worker.recorded(std::mem::take(&mut self.unrecorded)).await;
        self.take(last);
    }

    fn send(&mut self) {
        let handed = self.worker.handed();
        if !handed.is_empty() {
            self.due = None; // it was no quiet moment
        }
        self.queue.extend(handed);
        while self.in_flight < self.worker.settings.window as usize {
            let Some(job) = self.queue.next() else { return };
            self.pace.begins(job.lease_until - self.worker.settings.lease, self.worker.clock.now());
            self.in_flight += 1;
            self.events.push(self.worker.perform(job).map(Event::Sent).boxed());
        }
    }

    /// Records at once at an ordinary pace. Where many more than a window are taken a second, it gathers as many for a moment:
    /// what is written then costs the disk hardly more than a single one.
    fn record(&mut self) {
        if self.recording || self.unrecorded.is_empty() {
            return;
        }
        let many = self.pace.ahead().saturating_sub(self.worker.settings.window as usize);
        if self.unrecorded.len() < many && !self.gathered {
            if self.gathering.is_none() {
                self.gathering = Some(self.worker.pause(GATHER).boxed());
            }
            return;
        }
        (self.recording, self.gathered, self.gathering) = (true, false, None);
        let done = std::mem::take(&mut self.unrecorded);
        self.events.push(self.worker.recorded(done).boxed());
    }

    /// Claims when alarms may be due and half of their places are free, or others and one in flight is.
    fn claim(&mut self) {
        let taken = self.in_flight + self.queue.len();
        let room = Room {
            alarms: places(self.alarms_max(), self.in_flight + self.queue.alarms()),
            in_all: places(self.worker.settings.window as usize, taken),
        };
        let alarms = self.more.alarms && room.alarms > 0 && self.queue.alarms() * 2 <= self.pace.ahead();
        if self.claiming || !(alarms || self.more.others && room.in_all > 0) {
            return;
        }
        self.claiming = true;
        self.more = More { alarms: false, others: false };
        let worker = self.worker;
        self.events.push(
            async move { Event::Claimed(in_time(worker.claim(worker.clock.now(), room)).await) }.boxed(),
        );
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Sent(done) => {
                self.in_flight -= 1;
                if done.accepted().is_some() {
                    self.pace.accepted();
                }
                self.unrecorded.push(done);
            }
            Event::Claimed(Ok(Claimed { jobs, more })) => {
                self.claiming = false;
                self.more =
                    More { alarms: more.alarms || self.more.alarms, others: more.others || self.more.others };
                self.queue.extend(jobs);
            }
            Event::Claimed(Err(error)) => {
                self.claiming = false;
                self.look();
                self.rest();
                tracing::error!(error = %error, "The outbox could not be claimed from; trying again in a second.");
            }
            Event::Recorded(done, Ok(_)) => {
                self.recording = false;
                if done.iter().any(|done| done.accepted().is_none()) {
                    self.look(); // it may be due again already, or the next rung of its ladder
                }
            }
            Event::Recorded(done, Err(error)) => {
                self.recording = false;
                self.rest();
                tracing::error!(
                    error = %error, messages = done.len(),
                    "What the gateways answered could not be recorded; trying again."
                );
                self.unrecorded.splice(..0, done);
            }
        }
    }

    /// Something may be due.
    fn look(&mut self) {
        self.more = More { alarms: true, others: true };
    }

    /// The database failed.
    fn rest(&mut self) {
        self.pause = Some(self.worker.pause(PAUSE_AFTER_FAILURE).boxed());
    }

    /// In flight and waiting.
    fn alarms_max(&self) -> usize {
        self.worker.settings.window as usize + self.pace.ahead()
    }
}

impl Worker {
    async fn recorded(&self, done: Vec<Done>) -> Event {
        let result = in_time(self.record(self.clock.now(), &done)).await;
        Event::Recorded(done, result)
    }
}

fn places(all: usize, taken: usize) -> u32 {
    u32::try_from(all.saturating_sub(taken)).unwrap_or(u32::MAX)
}

/// Resolves when it does; without it, never.
async fn ended<T>(timer: &mut Option<BoxFuture<'_, T>>) -> T {
    match timer {
        Some(timer) => timer.await,
        None => pending().await,
    }
}
