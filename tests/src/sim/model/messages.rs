//! What leaves: to whom, once, in time, and without the address before a yes.

use std::time::Duration;

use certus_dispatcher::incident::IncidentId;
use certus_registry::{Database, Phone, Timestamp, VolunteerId, on};
use certus_sms_bridge::MessageId;

use super::super::air::Attempt;
use super::{Model, Violation, rule};

/// How far a node's clock may be off in these stories, and a little.
const CLOCKS_OFF: Duration = Duration::from_secs(65);

/// What was decided by a node that did not know of the STOPP yet.
const STOP_CROSSED: Duration = Duration::from_secs(20);
/// At least so long between two help texts.
const HELP_PAUSE: Duration = Duration::from_hours(1);

/// A message as the model remembers it.
#[derive(Debug)]
pub(super) struct Message {
    /// The incident, the person and the purpose, when it belongs to an incident.
    pub(super) about: Option<(IncidentId, VolunteerId, String)>,
    stored_at: Timestamp,
    valid_until: Timestamp,
    taken: u32,
}

type Row = (i64, String, String, String, String, Timestamp, Timestamp);

impl Model {
    pub(super) async fn look_at_messages(&mut self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT rowid, id, reference, recipient, body, stored_at, valid_until FROM bridge_messages \
                           WHERE rowid > $1 ORDER BY rowid";
        let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).bind(self.last_row).fetch_all(c).await?);
        self.told.clear();
        for (row, id, reference, to, body, stored_at, valid_until) in rows {
            self.last_row = row;
            let id: MessageId = id.parse().map_err(|_| Violation::new("id", format!("an id: {id}")))?;
            self.is_wanted(&reference, stored_at)?;
            let about = about(&reference);
            if let Some((incident, who, purpose)) = &about {
                let first = purpose != "call-out" || self.messages.values().all(|other| other.about != about);
                rule("asked-twice", first, || format!("{who} is called out once in {incident}"))?;
                self.told.insert(*who);
                self.keeps_the_secret(*incident, *who, &to.parse()?, &body)?;
            }
            self.messages.insert(id, Message { about, stored_at, valid_until, taken: 0 });
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
            let cried = self.claims.contains_key(&who);
            let apart = before.is_none_or(|before| stored_at.since(before) + CLOCKS_OFF * 2 >= HELP_PAUSE);
            rule("explained-twice", apart || cried, || format!("{who} has had the help text at {before:?}"))?;
        }
        Ok(())
    }

    /// A gateway was given a message.
    pub(in super::super) fn attempted(&mut self, now: Timestamp, attempt: &Attempt) -> Result<(), Violation> {
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

    /// Whoever a stand-down did not reach, the operator knows of.
    pub(super) async fn stand_downs_at_rest(&self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT reference, state FROM bridge_messages \
                           WHERE reference LIKE '%/stand-down' AND state NOT IN ('accepted', 'delivered')";
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

    /// The milestone of the call-out of a person in an incident.
    pub(super) async fn call_out_state(
        db: &Database,
        incident: IncidentId,
        who: VolunteerId,
    ) -> anyhow::Result<Option<String>> {
        const SQL: &str = "SELECT state FROM bridge_messages WHERE reference = $1";
        let reference = format!("{incident}/{who}/call-out");
        Ok(on!(db, c => sqlx::query_scalar(SQL).bind(reference).fetch_optional(c).await?))
    }
}

fn about(reference: &str) -> Option<(IncidentId, VolunteerId, String)> {
    let mut parts = reference.split('/');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned()))
}
