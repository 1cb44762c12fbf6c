//! What must hold when everything has come to rest after a fault, whatever it was.
//!
//! Reads the database beside the server and the peer's record of what phones received; asks the server nothing.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "helpers of tests: a panic is the failure"
)]

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use certus_dispatcher::engine::store;
use certus_dispatcher::incident::{Incident, IncidentId, Phase, State};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Database, SecretHash, on};
use certus_sms_bridge::{Milestone, inbox, outbox};

use crate::elks46_peer::{Received, Reply};
use crate::load::pause;
use crate::peer::Peer;

/// From the last answer until everything has come to rest: two leases of the worker, and the waves.
pub const REST_LIMIT: Duration = Duration::from_mins(4);
/// More incidents than any test raises.
const INCIDENTS_MAX: u32 = 10_000;

/// What is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Rest<'a> {
    /// How to run it again, for example `SEED=7`.
    pub story: &'a str,
    /// The server's database.
    pub db: &'a Database,
    /// Where the phones are.
    pub peer: &'a Peer,
    /// Every incident whose raising was answered 201, by idempotency key.
    pub raised: &'a BTreeMap<String, IncidentId>,
}

/// What [`Rest::unknown`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unknown {
    /// So many messages.
    pub all: usize,
    /// So many of them did reach their phone.
    pub arrived: usize,
    /// Of so many messages in all.
    pub of: usize,
}

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { all, arrived, of } = self;
        write!(f, "outcomes unknown {all} of {of} ({arrived} of them arrived)")
    }
}

impl Rest<'_> {
    /// Waits until every reply is taken and handled, every message has left, and no wave is out.
    pub async fn reached(&self) {
        let deadline = SystemClock.now() + REST_LIMIT;
        loop {
            let state = self.unrest().await;
            if state.is_empty() {
                return;
            }
            assert!(SystemClock.now() < deadline, "{}: no rest: {state:?}", self.story);
            pause(250).await;
        }
    }

    /// What is still going on.
    async fn unrest(&self) -> Vec<String> {
        let asking = self.incidents().await.iter().filter(|i| i.phase == Phase::Asking).count();
        let webhooks: usize = self.peer.ask("waiting").await;
        let replies: Vec<Reply> = self.peer.ask("replies").await;
        let untaken = replies.iter().filter(|reply| !reply.taken).count();
        let unhandled = inbox::unhandled(self.db, 1_000).await.unwrap().len();
        let tally = outbox::tally(self.db).await.unwrap();
        let unsent = tally.at(Milestone::Stored) + tally.at(Milestone::Transmitted);
        let counts = [
            ("asking", asking),
            ("webhooks", webhooks),
            ("untaken", untaken),
            ("unhandled", unhandled),
            ("unsent", usize::try_from(unsent).unwrap()),
        ];
        counts.iter().filter(|(_, count)| *count > 0).map(|(what, count)| format!("{what} {count}")).collect()
    }

    async fn incidents(&self) -> Vec<Incident> {
        let mut incidents = Vec::new();
        for id in self.raised.values() {
            let incident = store::load(self.db, *id).await.unwrap();
            incidents.push(incident.expect("an incident that was answered 201"));
        }
        incidents
    }

    /// Everything that holds at rest; gives how many call-outs phones received.
    pub async fn check(&self) -> usize {
        self.check_incidents().await;
        self.check_replies().await;
        self.check_phones().await
    }

    /// Messages of which not even their gateway could say what became of them, and which were not sent again.
    pub async fn unknown(&self) -> Unknown {
        const SQL: &str = "SELECT recipient, body, state = 'unknown' FROM bridge_messages";
        let stored: Vec<(String, String, bool)> =
            on!(self.db, c => sqlx::query_as(SQL).fetch_all(c).await).unwrap();
        let received: Vec<Received> = self.peer.ask("phones").await;
        let mut unaccounted: HashMap<(String, String), usize> = HashMap::new();
        for message in received {
            *unaccounted.entry((message.to, message.message)).or_default() += 1;
        }
        let (unknown, known): (Vec<_>, Vec<_>) = stored.iter().partition(|(.., unknown)| *unknown);
        let mut take = |messages: &[&(String, String, bool)]| {
            let arrived = messages.iter().filter(|(to, body, _)| {
                let left = unaccounted.get_mut(&(to.clone(), body.clone())).filter(|left| **left > 0);
                left.map(|left| *left -= 1).is_some()
            });
            arrived.count()
        };
        take(&known);
        Unknown { all: unknown.len(), arrived: take(&unknown), of: stored.len() }
    }

    /// What SQLite says about its file: `ok`, or what is broken.
    pub async fn integrity(&self) -> String {
        on!(self.db, c => sqlx::query_scalar("PRAGMA integrity_check").fetch_one(c).await).unwrap()
    }

    /// There is one per key. Each goes on, has kept nobody too many, and is what its log says, byte for byte.
    pub async fn check_incidents(&self) {
        let story = self.story;
        let ids: HashSet<_> = self.raised.values().collect();
        assert_eq!(ids.len(), self.raised.len(), "{story}: two requests gave one incident");
        let stored = store::list(self.db, certus_registry::Remit::All, false, INCIDENTS_MAX).await.unwrap();
        assert_eq!(stored.len(), self.raised.len(), "{story}: raised twice");
        for incident in self.incidents().await {
            let log = store::log(self.db, incident.id).await.unwrap();
            // The next search may have been logged since the state was read.
            let log = log.iter().take(usize::try_from(incident.version).unwrap());
            let replayed = Incident::replay(log.map(|(at, event)| (*at, event))).unwrap();
            let (replayed, stored) =
                (serde_json::to_string(&replayed).unwrap(), serde_json::to_string(&incident).unwrap());
            assert_eq!(replayed, stored, "{story}: the log tells another story");
            let closed = matches!(incident.phase, Phase::Closed { .. });
            assert!(closed != incident.wake_at().is_some(), "{story}: {} has the wrong timer", incident.id);
            assert!(incident.filled() <= incident.wanted, "{story}: too many kept");
            let waits = |state: &State| matches!(state, State::Asked | State::Seen { .. });
            let waiting = incident.callouts.iter().any(|callout| waits(&callout.state));
            assert!(!waiting, "{story}: somebody was left waiting");
        }
    }

    /// Nobody's phone got two call-outs of one incident, nor one that was too old.
    pub async fn check_phones(&self) -> usize {
        let story = self.story;
        let received: Vec<Received> = self.peer.ask("phones").await;
        let mut asked = HashSet::new();
        for message in received.iter().filter(|message| message.message.contains("/c/")) {
            let secret = message.message.rsplit('/').next().unwrap();
            let callout =
                store::by_secret(self.db, SystemClock.now(), &SecretHash::of_dated(secret)).await.unwrap();
            let callout = callout.expect("a link that opens");
            assert!(asked.insert((callout.incident, message.to.clone())), "{story}: asked twice");
            let incident = store::load(self.db, callout.incident).await.unwrap().unwrap();
            let asked_at = incident.callout(callout.responder).unwrap().asked_at;
            let valid_until = (asked_at + incident.policy.alert_valid.span()).as_millis();
            assert!(message.at_ms <= valid_until, "{story}: delivered after its validity");
        }
        asked.len()
    }

    /// Whatever a webhook took is in the inbox once and has been acted on.
    pub async fn check_replies(&self) {
        let replies: Vec<Reply> = self.peer.ask("replies").await;
        let stored = inbox::count(self.db).await.unwrap();
        // A phone may have written after the server stopped: nobody took that one.
        let taken = replies.iter().filter(|reply| reply.taken).count() as u64;
        let bounds = taken..=replies.len() as u64;
        assert!(bounds.contains(&stored), "{}: replies lost or doubled: {stored} of {bounds:?}", self.story);
        assert!(inbox::unhandled(self.db, 10).await.unwrap().is_empty(), "{}", self.story);
    }
}
