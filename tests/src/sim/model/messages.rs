//! What leaves: to whom, once, in time, and without the address before a yes.

use std::time::Duration;

use certus_dispatcher::incident::IncidentId;
use certus_registry::{Database, Phone, Timestamp, VolunteerId, on};
use certus_sms_bridge::MessageId;

use super::super::air::Attempt;
use super::{Model, Violation, rule};
use crate::written::{OUTBOX, opened};

/// How far a node's clock may be off in these stories, and a little.
pub(super) const CLOCKS_OFF: Duration = Duration::from_secs(65);

/// What was decided by a node that did not know of the STOPP yet.
const STOP_CROSSED: Duration = Duration::from_secs(20);
/// What had begun to leave when somebody was heard.
const IN_FLIGHT: Duration = Duration::from_mins(1);
/// At least so long between two help texts.
const HELP_PAUSE: Duration = Duration::from_hours(1);

/// A message as the model remembers it.
#[derive(Debug)]
pub(super) struct Message {
    /// The incident, the person and the purpose, when it belongs to an incident.
    pub(super) about: Option<(IncidentId, VolunteerId, String)>,
    channel: String,
    ladder: Option<String>,
    rung: i64,
    /// When it was to leave at the earliest, unless the rungs before it fail.
    due_at: Timestamp,
    stored_at: Timestamp,
    valid_until: Timestamp,
    taken: u32,
}

type Row = (
    i64,
    String,
    String,
    String,
    String,
    i64,
    Timestamp,
    Timestamp,
    String,
    Option<String>,
    i64,
    Option<Timestamp>,
);

impl Model {
    pub(super) async fn look_at_messages(&mut self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT rowid, id, reference, COALESCE(recipient_sealed, recipient), body, seal, stored_at, valid_until, channel, ladder, rung, \
                           CASE WHEN state = 'stored' THEN wake_at END FROM bridge_messages \
                           WHERE rowid > $1 ORDER BY rowid";
        const POSTED: &str = "SELECT $1, value ->> 0, value ->> 1, COALESCE(value ->> 21, value ->> 2), value ->> 3, value ->> 22, \
                              value ->> 5, value ->> 6, value ->> 17, value ->> 18, value ->> 19, \
                              CASE WHEN value ->> 7 = 'stored' THEN value ->> 10 END \
                              FROM bridge_posted, json_each(messages)";
        let mut rows: Vec<Row> = Vec::new();
        for sql in [SQL, POSTED] {
            rows.extend(on!(db, c => sqlx::query_as::<_, Row>(sql).bind(self.last_row).fetch_all(c).await?));
        }
        for (row, id, reference, to, body, seal, stored_at, valid_until, channel, ladder, rung, due_at) in
            rows
        {
            self.last_row = row.max(self.last_row);
            let (to, body) = opened(db, OUTBOX, &id, (to, body, seal)).await;
            let id: MessageId = id.parse().map_err(|_| Violation::new("id", format!("an id: {id}")))?;
            if self.messages.contains_key(&id) {
                continue; // seen before it was written out
            }
            self.is_wanted(&reference, stored_at)?;
            self.is_tested_once(&reference, &channel, stored_at)?;
            self.is_asked_once(&reference, &body, stored_at)?;
            let about = about(&reference);
            if let Some((incident, who, purpose)) = &about {
                let same = |other: &Message| other.about == about && other.channel == channel;
                let first = purpose != "call-out" || !self.messages.values().any(same);
                rule("asked-twice", first, || format!("{who} is called out once in {incident}"))?;
                self.told.insert(*who);
                self.keeps_the_secret(*incident, *who, &to, &body)?;
            }
            let due_at = due_at.unwrap_or(stored_at);
            let message = Message { about, channel, ladder, rung, due_at, stored_at, valid_until, taken: 0 };
            self.messages.insert(id, message);
        }
        Ok(())
    }

    /// Nobody is written to after their STOPP but to say so, or because they asked for it; and nobody is explained the
    /// words twice in an hour. (HJÄLP is always answered.)
    fn is_wanted(&mut self, reference: &str, stored_at: Timestamp) -> Result<(), Violation> {
        let mut parts = reference.split('/');
        let (first, second, last) = (parts.next(), parts.next(), parts.next());
        let personal = first == Some("person");
        let Some(who) = second.and_then(|who| who.parse().ok()) else { return Ok(()) };
        let allowed = last == Some("stand-down") || (personal && last == Some("duty"));
        if let Some(stopped) = self.registry.stopped_since(who).filter(|_| !allowed) {
            let asked_for = self.claims.get(&who).is_some_and(|at| *at + CLOCKS_OFF > stopped);
            let crossed = self.now < stopped + STOP_CROSSED;
            rule("written-after-stop", asked_for || crossed, || {
                format!("{reference} goes to nobody who has written STOPP at {stopped}")
            })?;
        }
        if personal && last == Some("help") {
            let before = self.helped.insert(who, stored_at);
            let cried = self.cries.get(&who).is_some_and(|at| *at + HELP_PAUSE * 2 > stored_at);
            let apart = before.is_none_or(|before| stored_at.since(before) + CLOCKS_OFF * 2 >= HELP_PAUSE);
            rule("explained-twice", apart || cried, || format!("{who} has had the help text at {before:?}"))?;
        }
        Ok(())
    }

    /// A gateway was given a message.
    pub(in super::super) async fn attempted(
        &mut self,
        db: &Database,
        now: Timestamp,
        attempt: &Attempt,
    ) -> anyhow::Result<()> {
        self.left_well(now, attempt)?;
        self.in_its_turn(db, now, attempt).await
    }

    /// A further way is taken when its time has come or those before it have failed, and not when somebody was heard.
    async fn in_its_turn(&self, db: &Database, now: Timestamp, attempt: &Attempt) -> anyhow::Result<()> {
        const SQL: &str = "SELECT COUNT(*) FROM bridge_messages WHERE ladder = $1 AND rung < $2 \
                           AND state IN ('stored', 'transmitted', 'accepted')";
        let Some(message) = self.messages.get(&attempt.id).filter(|message| message.rung > 0) else {
            return Ok(());
        };
        if now + CLOCKS_OFF < message.due_at {
            let ladder = message.ladder.clone();
            let alive: i64 =
                on!(db, c => sqlx::query_scalar(SQL).bind(ladder).bind(message.rung).fetch_one(c).await?);
            rule("rung-too-soon", alive == 0, || {
                format!("{} by {} is not due before {}", attempt.id, message.channel, message.due_at)
            })?;
        }
        let Some((incident, who, purpose)) = &message.about else { return Ok(()) };
        let heard = self.heard.get(&(*incident, *who)).filter(|_| purpose == "call-out");
        rule("tried-after-heard", heard.is_none_or(|at| now < *at + IN_FLIGHT), || {
            format!("{who} in {incident} was heard at {heard:?} and is still tried by {}", message.channel)
        })?;
        Ok(())
    }

    fn left_well(&mut self, now: Timestamp, attempt: &Attempt) -> Result<(), Violation> {
        let Some(message) = self.messages.get_mut(&attempt.id) else {
            return Err(Violation::new(
                "ghost",
                format!("{} to {} was stored before it left", attempt.id, attempt.to.as_str()),
            ));
        };
        message.taken += u32::from(attempt.taken);
        rule("sent-twice", message.taken <= 1, || format!("{} is taken once: {}", attempt.id, attempt.body))?;
        let in_time = attempt.at < message.valid_until && attempt.valid_until == message.valid_until;
        rule("late-alert", in_time, || format!("{} leaves before its validity ends", attempt.id))?;
        let fresh = now < message.valid_until + CLOCKS_OFF && message.stored_at <= now + CLOCKS_OFF;
        rule("late-alert", fresh, || format!("{} leaves in its time by every clock", attempt.id))
    }

    /// What a gateway calls a message is that message's own name.
    pub(super) async fn none_is_mistaken(db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT id, provider_id FROM bridge_messages WHERE provider_id IS NOT NULL";
        let named: Vec<(String, String)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
        for (id, name) in named {
            rule("mistaken", name.ends_with(&id), || format!("{id} is what its gateway calls {name}"))?;
        }
        Ok(())
    }

    /// Whoever a stand-down did not reach, the operator knows of.
    pub(super) async fn stand_downs_at_rest(&self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT DISTINCT reference, state FROM bridge_messages m \
            WHERE reference LIKE '%/stand-down' AND state NOT IN ('accepted', 'delivered') AND NOT EXISTS \
            (SELECT 1 FROM bridge_messages o WHERE o.ladder = m.ladder AND o.state IN ('accepted', 'delivered'))";
        let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
        for (reference, state) in rows {
            let Some((incident, who, _)) = about(&reference) else { continue };
            let mut notices =
                self.incidents.get(&incident).into_iter().flat_map(|incident| &incident.notices);
            let told = notices.any(|n| n.responder == Some(who) && n.code.as_str() == "unreached");
            rule("unreached-untold", told, || format!("the operator knows that {reference} is {state}"))?;
        }
        Ok(())
    }

    fn keeps_the_secret(
        &self,
        incident: IncidentId,
        who: VolunteerId,
        to: &Phone,
        body: &str,
    ) -> Result<(), Violation> {
        let theirs = self.registry.by_phone(to) == Some(who);
        rule("wrong-phone", theirs, || format!("{} is the phone of {who}", to.as_str()))?;
        let allowed = !body.contains("Hemliga gatan") || self.yes.contains_key(&who);
        rule("address-revealed", allowed, || {
            format!("{who} said yes before being told the address of {incident}")
        })
    }

    /// Whether a message of this purpose to the person in the incident was stored.
    pub(super) fn has_message(&self, incident: IncidentId, who: VolunteerId, purpose: &str) -> bool {
        let mut messages = self.messages.values();
        messages.any(|message| {
            message.about.as_ref().is_some_and(|(i, w, p)| *i == incident && *w == who && p == purpose)
        })
    }

    /// The milestones of the call-out of a person in an incident, one for each way.
    pub(super) async fn call_out_states(
        db: &Database,
        incident: IncidentId,
        who: VolunteerId,
    ) -> anyhow::Result<Vec<String>> {
        const SQL: &str = "SELECT state FROM bridge_messages WHERE reference = $1";
        let reference = format!("{incident}/{who}/call-out");
        Ok(on!(db, c => sqlx::query_scalar(SQL).bind(reference).fetch_all(c).await?))
    }
}

fn about(reference: &str) -> Option<(IncidentId, VolunteerId, String)> {
    let mut parts = reference.split('/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
}
