//! What people wrote: kept, handled once, and never taken for nothing.

use certus_dispatcher::incident::{IncidentId, Kept, Phase, State};
use certus_registry::{Database, Phone, VolunteerId, on};

use super::{Model, Violation, rule, tag_in};
use crate::written::{INBOX, opened};

type Row = (i64, String, String, i64, String);

impl Model {
    pub(super) async fn look_at_inbox(&mut self, db: &Database) -> anyhow::Result<()> {
        const COUNT: &str = "SELECT COUNT(*) FROM bridge_inbox WHERE handled_at IS NOT NULL";
        const SQL: &str = "SELECT id, COALESCE(sender_sealed, sender), body, seal, outcome FROM bridge_inbox WHERE handled_at IS NOT NULL ORDER BY id";
        let count: i64 = on!(db, c => sqlx::query_scalar(COUNT).fetch_one(c).await?);
        if usize::try_from(count)? == self.handled.len() {
            return Ok(());
        }
        let rows: Vec<Row> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
        let new: Vec<Row> = rows.into_iter().filter(|row| !self.handled.contains(&row.0)).collect();
        for (id, sender, body, seal, outcome) in new {
            self.handled.insert(id);
            let (sender, body) = opened(db, INBOX, &id.to_string(), (sender, body, seal)).await;
            self.handled_well(&sender, &body, &outcome)?;
        }
        Ok(())
    }

    fn handled_well(&self, sender: &Phone, body: &str, outcome: &str) -> Result<(), Violation> {
        let Some(who) = self.registry.by_phone(sender) else {
            return rule("unknown-sender", outcome == "unknown_sender", || {
                format!("{} is nobody's: {outcome}", sender.as_str())
            });
        };
        if let Some(meant) = self.meant.get(tag_in(body)) {
            let there = self.acted.get(tag_in(body)).is_none_or(|(incident, _)| incident == meant);
            rule("key-elsewhere", there && outcome == "answered", || {
                format!(
                    "{body} of {who}, pressed in the call about {meant}, is an answer to it, not {outcome}"
                )
            })?;
        }
        match outcome {
            "answered" if body.starts_with("JA") => {
                let tag = tag_in(body);
                let heard =
                    self.acted.contains_key(tag) || self.holds_a_place(who) || self.told.contains(&who);
                rule("answer-lost", heard, || format!("{body} of {who} is in a log, or was answered"))?;
                let kept =
                    self.acted.get(tag).is_none_or(|(incident, _)| !self.is_passed_over(*incident, who));
                rule("yes-not-kept", kept, || format!("{body} of {who} is kept, for there is room"))
            }
            "answered" if body == "HÄMTAT" => {
                let heard = !self.is_to_fetch(who);
                rule("not-fetched", heard, || format!("{who} is taken to have what they are to bring"))
            }
            "answered" if body.contains("ekorre") => {
                let tag = tag_in(body);
                rule("words-lost", self.acted.contains_key(tag), || format!("{body} of {who} is in a log"))
            }
            "answered" | "duty" | "asked_which" => Ok(()),
            "confirmed" | "asked_again" => {
                let is_ok = body.to_lowercase().starts_with("ok") && self.things.was_asked(who);
                rule("ok-to-nothing", is_ok, || {
                    format!("{body} of {who}, who was asked nothing, is no {outcome}")
                })
            }
            "thanks" => {
                rule("answer-lost", !self.is_called_out(who) && body.to_lowercase().starts_with("ok"), || {
                    format!("{body} of {who}, who is on no call-out, asks for nothing")
                })
            }
            "no_call_out" => rule("answer-lost", !self.is_called_out(who), || {
                format!("{body} of {who} finds their call-out")
            }),
            other => Err(Violation::new("answer-lost", format!("{body} of {who} was handled as {other}"))),
        }
    }

    /// Whether an incident that still wants people treats this one as somebody who has not said yes.
    fn is_passed_over(&self, incident: IncidentId, who: VolunteerId) -> bool {
        let Some(incident) = self.incidents.get(&incident) else { return true };
        let wanting = matches!(incident.phase, Phase::Asking | Phase::Searching { .. });
        let state = incident.callouts.iter().find(|c| c.responder() == who).map(|c| c.state);
        let unheard = matches!(
            state,
            Some(State::Asked | State::Seen { .. } | State::TimedOut { .. } | State::Unreachable { .. })
        );
        wanting && unheard
    }

    fn holds_a_place(&self, who: VolunteerId) -> bool {
        let mut callouts = self.incidents.values().flat_map(|incident| &incident.callouts);
        callouts.any(|c| c.responder() == who && matches!(c.state, State::Kept(_) | State::Done { .. }))
    }

    fn is_to_fetch(&self, who: VolunteerId) -> bool {
        let mut callouts = self.incidents.values().flat_map(|incident| &incident.callouts);
        callouts.any(|c| c.responder() == who && c.kept().is_some_and(Kept::is_to_fetch))
    }

    fn is_called_out(&self, who: VolunteerId) -> bool {
        let open = self.incidents.values().filter(|incident| !matches!(incident.phase, Phase::Closed { .. }));
        open.flat_map(|incident| &incident.callouts).any(|callout| callout.responder() == who)
    }

    pub(super) async fn inbox_at_rest(&self, db: &Database) -> anyhow::Result<()> {
        let rows: Vec<(String, Option<i64>)> = on!(db, c => sqlx::query_as("SELECT provider_id, handled_at FROM bridge_inbox").fetch_all(c).await?);
        for provider_id in &self.handed_over {
            let row = rows.iter().find(|(id, _)| id.split(' ').next() == Some(provider_id));
            rule("reply-lost", row.is_some(), || format!("{provider_id} was taken and is there"))?;
        }
        let left = rows.iter().find(|(_, handled)| handled.is_none());
        rule("reply-left", left.is_none(), || format!("every reply was handled: {left:?}"))?;
        Ok(())
    }
}
