//! What must be true, told from outside: the reference model.
//!
//! It knows what people said, what operators did and what the board decided, and reads what the program stored and sent.
//! It shares no code with the engine (it replays logs through the machine, because that is the claim it checks), and each
//! rule has a name, which the mutation check shows beside the broken rule that it caught.

mod inbox;
mod incidents;
mod kinds;
mod messages;
mod odds;
mod policies;
mod reach;
mod registry;
mod roles;
mod strain;
mod things;
mod trails;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use certus_dispatcher::incident::{Incident, IncidentId};
use certus_dispatcher::policies::Policies;
use certus_registry::{Database, Timestamp, VolunteerId, on};
use certus_sms_bridge::{MessageId, outbox};

use super::crowd::{self, Button, Words};
use super::story::Story;
use super::trace::Trace;
use messages::Message;
use policies::InForce;
use registry::Registry;
use things::Things;
pub(super) use trails::TRAIL_KEPT;

/// A rule that does not hold.
#[derive(Debug, Clone)]
pub(super) struct Violation {
    /// Its name.
    pub(super) rule: &'static str,
    /// What it says and what was found.
    what: String,
}

impl Violation {
    pub(super) fn new(rule: &'static str, what: String) -> Self {
        Self { rule, what }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.rule, self.what)
    }
}

impl std::error::Error for Violation {}

/// Fails with the rule unless it holds.
pub(super) fn rule(name: &'static str, holds: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
    if holds { Ok(()) } else { Err(Violation::new(name, what())) }
}

/// What warnings may be about: gateways and numbers that misbehave, and a database that refuses.
const EXPECTED: [&str; 7] = [
    "A gateway gave no answer",
    "A message was not accepted",
    "came from a number that nobody in the registry has",
    "left in flight",
    "pool timed out",
    "closed pool",
    "connection reset",
];

/// The reference model.
pub(super) struct Model {
    registry: Registry,
    things: Things,
    policies: InForce,
    /// By the number of their case.
    raised: BTreeMap<usize, (IncidentId, Timestamp)>,
    incidents: BTreeMap<IncidentId, Incident>,
    messages: BTreeMap<MessageId, Message>,
    last_row: i64,
    /// Rows that have ever been written, when it was looked at last.
    written: Option<i64>,
    /// Everybody for whom a message was stored in the last step.
    told: BTreeSet<VolunteerId>,
    /// When each person last said yes or was there, by word or by page.
    yes: BTreeMap<VolunteerId, Timestamp>,
    /// When each person last said something that must be answered, come what may.
    claims: BTreeMap<VolunteerId, Timestamp>,
    /// When each person last cried for help.
    cries: BTreeMap<VolunteerId, Timestamp>,
    /// Since when each person's call-out to each incident needs no further way: something was heard.
    heard: BTreeMap<(IncidentId, VolunteerId), Timestamp>,
    /// When each person's phone was last written from.
    wrote: BTreeMap<VolunteerId, Timestamp>,
    /// Who was sent a channel test, by which way, and when.
    tested: BTreeMap<(VolunteerId, String), Timestamp>,
    /// When each person was last sent the help text.
    helped: BTreeMap<VolunteerId, Timestamp>,
    now: Timestamp,
    pinged: BTreeSet<VolunteerId>,
    handed_over: BTreeSet<String>,
    handled: BTreeSet<i64>,
    /// Where each tagged reply was acted on: in which incident, after how many events.
    acted: BTreeMap<String, (IncidentId, u64)>,
    /// Which incident each reply is about that was a key pressed in a call.
    meant: BTreeMap<String, IncidentId>,
    /// When the part of each person who went to an incident was last over.
    home_since: BTreeMap<VolunteerId, Timestamp>,
    /// What people did when they were asked, of all incidents that are closed.
    answers: BTreeMap<VolunteerId, odds::Counts>,
}

impl Model {
    pub(super) fn new(story: &Story, policies: Policies) -> Self {
        Self {
            registry: Registry::new(&story.people),
            things: Things::new(story),
            policies: InForce::new(policies),
            raised: BTreeMap::new(),
            incidents: BTreeMap::new(),
            messages: BTreeMap::new(),
            last_row: 0,
            written: None,
            told: BTreeSet::new(),
            yes: BTreeMap::new(),
            claims: BTreeMap::new(),
            cries: BTreeMap::new(),
            heard: BTreeMap::new(),
            wrote: BTreeMap::new(),
            tested: BTreeMap::new(),
            helped: BTreeMap::new(),
            now: super::story::START,
            pinged: BTreeSet::new(),
            handed_over: BTreeSet::new(),
            handled: BTreeSet::new(),
            acted: BTreeMap::new(),
            meant: BTreeMap::new(),
            home_since: BTreeMap::new(),
            answers: BTreeMap::new(),
        }
    }

    /// The operator's system was told that its incident stands.
    pub(super) fn raised(&mut self, now: Timestamp, number: usize, id: IncidentId) {
        self.raised.entry(number).or_insert((id, now));
    }

    /// The incident of a case, once its raising was answered.
    pub(super) fn incident(&self, number: usize) -> Option<IncidentId> {
        self.raised.get(&number).map(|(id, _)| *id)
    }

    /// Somebody has written.
    pub(super) fn said(&mut self, now: Timestamp, Words { from, body, answers }: &Words) {
        let Some(person) = self.registry.by_phone(from) else { return };
        self.wrote.insert(person, now);
        let about = answers.and_then(|message| self.messages.get(&message)?.about.as_ref());
        if let Some((incident, _, _)) = about {
            self.meant.insert(tag_in(body).to_owned(), *incident);
        }
        self.things.said(person, body);
        if crowd::is_yes(body) {
            self.yes.insert(person, now);
        }
        if crowd::is_claim(body) {
            self.claims.insert(person, now);
        }
        if body == "HJÄLP" {
            self.cries.insert(person, now);
        }
    }

    /// Somebody has pressed a button.
    pub(super) fn pressed(&mut self, now: Timestamp, who: VolunteerId, button: Button) {
        if matches!(button, Button::Yes | Button::OnScene) {
            self.yes.insert(who, now);
            self.claims.insert(who, now);
        }
    }

    /// A phone has reported where it is.
    pub(super) fn pinged(&mut self, who: VolunteerId) {
        self.pinged.insert(who);
    }

    /// A gateway was told that we have its reply.
    pub(super) fn handed_over(&mut self, provider_id: &str) {
        self.handed_over.insert(provider_id.to_owned());
    }

    /// A request failed: only databases may do that.
    pub(super) fn failed(error: &str) -> Result<(), Violation> {
        let expected =
            EXPECTED.iter().any(|part| error.contains(part)) || error.contains("the incident changed");
        rule("request", expected, || format!("a request fails only for the database: {error}"))
    }

    /// The program said something at warn or error.
    pub(super) fn heard(line: &str) -> Result<(), Violation> {
        let expected = EXPECTED.iter().any(|part| line.contains(part));
        rule("log", expected, || format!("nothing unexpected at warn or error: {line}"))
    }

    /// Looks at everything that has changed since the last look; that nothing was written is one question, and not seven.
    pub(super) async fn check(
        &mut self,
        db: &Database,
        now: Timestamp,
        trace: &mut Trace,
    ) -> anyhow::Result<()> {
        // Of this connection, the only one of a database in memory. What was rolled back counts, too; that a worker looked does not.
        const SQL: &str = "SELECT total_changes() - (SELECT SUM(number) FROM bridge_turns)";
        self.now = now;
        self.forget_last_step();
        let written = on!(db, c => sqlx::query_scalar(SQL).fetch_one(c).await?);
        if self.written.replace(written) == Some(written) {
            return Ok(());
        }
        self.registry.look(db, now).await?;
        self.look_at_things(db).await?;
        self.look_at_policies(db).await?;
        self.look_at_messages(db).await?;
        let changed = self.look_at_incidents(db, trace).await?;
        if changed {
            self.look_at_engagements(db).await?;
            self.look_at_trails(db).await?;
        }
        self.look_at_inbox(db).await
    }

    /// What may have come first only within one step.
    fn forget_last_step(&mut self) {
        self.told.clear();
        self.registry.forget_before();
        self.policies.forget_before();
    }

    /// Everything has come to rest: nothing may be left over.
    pub(super) async fn at_rest(&mut self, db: &Database) -> anyhow::Result<()> {
        for (number, (id, _)) in &self.raised {
            let incident = self.incidents.get(id);
            rule("incident-lost", incident.is_some(), || {
                format!("case {number}, {id}, was answered and is there")
            })?;
            let closed = incident.is_some_and(|incident| incident.phase.as_str() == "closed");
            rule("not-ended", closed, || format!("case {number} is closed at the end"))?;
        }
        let all: i64 = on!(db, c => sqlx::query_scalar("SELECT COUNT(*) FROM incidents").fetch_one(c).await?);
        rule("raised-twice", all == i64::try_from(self.raised.len())?, || {
            format!("{} cases are {} incidents, not {all}", self.raised.len(), self.raised.len())
        })?;
        let open = outbox::tally(db).await?.open();
        rule("outbox-left", open == 0, || format!("no message is on its way at the end: {open}"))?;
        let untold = outbox::unreported(db, 10).await?;
        rule("fate-left", untold.is_empty(), || format!("every fate was acted on: {untold:?}"))?;
        self.logs_at_rest(db).await?;
        self.look_at_trails(db).await?;
        self.stand_downs_at_rest(db).await?;
        Self::none_is_mistaken(db).await?;
        self.reach_at_rest(db).await?;
        self.answers_at_rest(db).await?;
        self.records_at_rest(db).await?;
        self.inbox_at_rest(db).await
    }
}

/// The word in a text that nobody else writes; empty where there is none.
fn tag_in(body: &str) -> &str {
    body.find("ekorre").and_then(|at| body.get(at..at + 9)).unwrap_or_default()
}
