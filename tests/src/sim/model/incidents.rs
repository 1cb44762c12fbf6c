//! What must be true of every incident, whenever it has changed.

use std::collections::{BTreeMap, BTreeSet};

use certus_dispatcher::engine::store;
use certus_dispatcher::incident::{CallOut, Event, Group, Incident, IncidentId, Phase, State};
use certus_registry::{CompetenceKind, Database, Mode, Timestamp, VolunteerId, on};

use super::super::trace::Trace;
use super::roles::is_yes;
use super::{Model, Violation, rule, tag_in};

impl Model {
    /// True when an incident has changed.
    pub(super) async fn look_at_incidents(
        &mut self,
        db: &Database,
        trace: &mut Trace,
    ) -> anyhow::Result<bool> {
        const SQL: &str = "SELECT id, version, wake_at FROM incidents ORDER BY raised_at, id";
        let rows: Vec<(String, i64, Option<i64>)> = on!(db, c => sqlx::query_as(SQL).fetch_all(c).await?);
        rule("incident-lost", rows.len() >= self.incidents.len(), || "no incident disappears".to_owned())?;
        let mut changed = false;
        for (id, version, wake_at) in rows {
            let id: IncidentId = id.parse().map_err(|_| Violation::new("id", format!("an id: {id}")))?;
            let before = self.incidents.get(&id).map(|incident| incident.version);
            if before == Some(version.unsigned_abs()) {
                continue;
            }
            changed = true;
            let after =
                store::load(db, id).await?.ok_or_else(|| Violation::new("incident-lost", id.to_string()))?;
            trace.line(self.now, || sketch(&after));
            rule("no-timer", (after.phase.as_str() == "closed") == wake_at.is_none(), || {
                format!("{id} is {} with wake_at {wake_at:?}", after.phase.as_str())
            })?;
            self.judge(db, before, &after).await?;
            self.hear(&after);
            self.count_answers(&after);
            self.come_home(&after);
            self.incidents.insert(id, after);
        }
        Ok(changed)
    }

    async fn judge(&mut self, db: &Database, before: Option<u64>, after: &Incident) -> anyhow::Result<()> {
        let id = after.id;
        rule("version", before.is_none_or(|version| version < after.version), || {
            format!("{id} goes forward")
        })?;
        if let Some(old) = self.incidents.get(&id) {
            let was_closed = matches!(old.phase, Phase::Closed { .. });
            rule("reopened", !was_closed || old.phase == after.phase, || format!("{id} stays closed"))?;
        }
        self.goes_on_by_log(db, after).await?;
        let filled =
            after.callouts.iter().filter(|c| matches!(c.state, State::Kept(_) | State::Done { .. })).count();
        rule("over-kept", filled <= usize::from(after.wanted), || {
            format!("{id}: {filled} kept of {}", after.wanted)
        })?;
        let known: BTreeSet<VolunteerId> = self
            .incidents
            .get(&id)
            .into_iter()
            .flat_map(|old| &old.callouts)
            .map(CallOut::responder)
            .collect();
        let new: Vec<&CallOut> = after.callouts.iter().filter(|c| !known.contains(&c.responder())).collect();
        for callout in &new {
            self.asked(after, callout)?;
            let codes: Vec<i64> = on!(db, c => sqlx::query_scalar("SELECT code FROM callouts WHERE responder = $1")
                .bind(callout.responder().to_string()).fetch_all(c).await?);
            let distinct: BTreeSet<&i64> = codes.iter().collect();
            rule("codes", distinct.len() == codes.len(), || {
                format!("{} has distinct codes: {codes:?}", callout.responder())
            })?;
        }
        for callout in &after.callouts {
            self.treated(db, after, callout).await?;
        }
        if before.is_none() {
            self.under_what_is_in_force(after)?;
            self.somebody_is_asked(after)?;
        }
        self.wave_is_right(after)?;
        goes_on(after)?;
        Ok(())
    }

    /// What is new in the log leads from the state before to this one, each yes to the right part in it; and no reply was acted
    /// on twice.
    async fn goes_on_by_log(&mut self, db: &Database, after: &Incident) -> anyhow::Result<()> {
        let before = self.incidents.get(&after.id);
        let known = before.map_or(0, |incident| incident.version);
        let log = log_from(db, after.id, known).await?;
        let differs = || Violation::new("replay-differs", format!("the log of {} gives its state", after.id));
        let (mut incident, events) = match (before, log.split_first()) {
            (Some(before), _) => (before.clone(), log.as_slice()),
            (None, Some(((at, Event::Raised(raised)), rest))) => (Incident::raise(*at, raised).0, rest),
            (None, _) => return Err(differs().into()),
        };
        for (at, event) in events {
            let place = incident.version;
            let unanswered = is_yes(event).then(|| incident.clone());
            incident.handle(*at, event).map_err(|_| differs())?;
            if let Some(unanswered) = unanswered {
                self.role_is_right(&unanswered, &incident, event, *at)?;
            }
            self.acted_on(after.id, place, event)?;
        }
        rule("replay-differs", incident == *after, || format!("the log of {} gives its state", after.id))?;
        Ok(())
    }

    fn acted_on(&mut self, id: IncidentId, place: u64, event: &Event) -> anyhow::Result<()> {
        let Event::Responder { .. } = event else { return Ok(()) };
        let text = serde_json::to_string(event)?;
        let tag = tag_in(&text);
        if !tag.is_empty() {
            let first = *self.acted.entry(tag.to_owned()).or_insert((id, place));
            rule("acted-twice", first == (id, place), || format!("{tag} is acted on once"))?;
        }
        Ok(())
    }

    /// The whole log of every incident gives its state as it is written, byte for byte.
    pub(super) async fn logs_at_rest(&self, db: &Database) -> anyhow::Result<()> {
        const SQL: &str = "SELECT state FROM incidents WHERE id = $1";
        for id in self.incidents.keys() {
            let log = store::log(db, *id).await?;
            let replayed = Incident::replay(log.iter().map(|(at, event)| (*at, event)));
            let written: String =
                on!(db, c => sqlx::query_scalar(SQL).bind(id.to_string()).fetch_one(c).await?);
            let same =
                replayed.is_ok_and(|replayed| serde_json::to_string(&replayed).is_ok_and(|is| is == written));
            rule("replay-differs", same, || format!("the whole log of {id} gives its state"))?;
        }
        Ok(())
    }

    fn asked(&self, incident: &Incident, callout: &CallOut) -> Result<(), Violation> {
        let (id, who) = (incident.id, callout.responder());
        rule("asked-silently", self.has_message(id, who, "call-out"), || {
            format!("{who} in {id} has a message")
        })?;
        let objection = self.registry.objection(self.now, who, Self::sought(incident));
        rule("forbidden", objection.is_none(), || {
            format!("{who} is asked in {id}: {}", objection.unwrap_or_default())
        })?;
        rule("outsider", self.is_called(incident, who), || format!("{who} is in the group that {id} calls"))?;
        self.may_be_strained(incident, who)
    }

    /// Of what one must be able to do something; of a group everybody is asked.
    fn sought(incident: &Incident) -> &[CompetenceKind] {
        if incident.group.is_some() { &[] } else { &incident.policy.competences }
    }

    /// Whether the person is among those whom the incident is for: everybody, or a group.
    fn is_called(&self, incident: &Incident, who: VolunteerId) -> bool {
        let is_in = |group: &Group| {
            self.registry.ever(who).any(|person| person.organisation == Some(group.organisation))
        };
        incident.group.as_ref().is_none_or(is_in)
    }

    /// Whoever is kept said yes; whoever was kept or asked and is released is told so.
    async fn treated(&self, db: &Database, incident: &Incident, callout: &CallOut) -> anyhow::Result<()> {
        let (id, who) = (incident.id, callout.responder());
        match callout.state {
            State::Kept(_) => {
                let said = self.yes.get(&who);
                rule("kept-unasked", said.is_some(), || format!("{who} said yes before being kept in {id}"))?;
            }
            State::Released { .. } if !self.has_message(id, who, "stand-down") => {
                let states = Self::call_out_states(db, id, who).await?;
                rule("not-stood-down", states.iter().all(|state| state == "cancelled"), || {
                    format!(
                        "{who} is told about the end of {id}, or never heard of it; the call-out is {states:?}"
                    )
                })?;
            }
            State::Unreachable { .. } if self.was_waiting(id, who) => {
                let states = Self::call_out_states(db, id, who).await?;
                let alive = |state: &&String| matches!(state.as_str(), "stored" | "transmitted" | "accepted");
                rule("given-up-too-soon", !states.iter().any(|state| alive(&state)), || {
                    format!("{who} in {id} may still be reached: {states:?}")
                })?;
            }
            State::Unreachable { .. }
            | State::Released { .. }
            | State::Asked
            | State::Seen { .. }
            | State::Done { .. }
            | State::Declined { .. }
            | State::TimedOut { .. }
            | State::Unavailable { .. } => {}
        }
        Ok(())
    }

    /// Whether the person was asked and silent when the model looked last.
    fn was_waiting(&self, incident: IncidentId, who: VolunteerId) -> bool {
        let before = self.incidents.get(&incident).and_then(|incident| incident.callout(who));
        before.is_none_or(|callout| matches!(callout.state, State::Asked))
    }

    /// Remembers since when people have been heard from.
    fn hear(&mut self, incident: &Incident) {
        for callout in &incident.callouts {
            let heard = match callout.state {
                State::Seen { .. } | State::Kept(_) | State::Done { .. } | State::Declined { .. } => true,
                State::Released { kept, .. } => kept.is_some(),
                State::Asked
                | State::TimedOut { .. }
                | State::Unreachable { .. }
                | State::Unavailable { .. } => false,
            };
            if heard {
                self.heard.entry((incident.id, callout.responder())).or_insert(self.now);
            }
        }
    }

    /// Who is to be asked next in the latest incident that has anybody in reserve.
    pub(in super::super) fn next_in_line(&self) -> Option<VolunteerId> {
        let open = self.incidents.values().filter(|incident| matches!(incident.phase, Phase::Asking));
        open.filter_map(|incident| incident.candidates.first())
            .next_back()
            .map(|candidate| candidate.responder)
    }

    /// When somebody suitable lives next door, somebody is asked at once; and of a group everybody is who does.
    fn somebody_is_asked(&self, incident: &Incident) -> Result<(), Violation> {
        let soon = incident.ambulance_eta.is_some_and(|eta| eta.since(incident.raised_at).as_secs() < 3_000);
        if soon || (incident.group.is_none() && !incident.callouts.is_empty()) {
            return Ok(());
        }
        let competences = Self::sought(incident);
        let next_door = |person: &&certus_registry::Volunteer| {
            let near = person.home.is_some_and(|home| home.distance_to(incident.place.position).0 < 3_000.0);
            near && person.modes.contains(&Mode::Car)
                && incident.callout(person.id).is_none()
                && self.is_called(incident, person.id)
                && !self.pinged.contains(&person.id)
                && self.registry.may_be_asked(self.now, person.id, competences)
                && !self.is_engaged(person.id)
                && !self.may_rest(incident, person.id)
        };
        let missed = self.registry.people().find(next_door);
        rule("nobody-asked", missed.is_none(), || {
            format!(
                "{} leaves out {}, who lives next door",
                incident.id,
                missed.map_or(String::new(), |p| p.id.to_string())
            )
        })
    }

    fn is_engaged(&self, who: VolunteerId) -> bool {
        let mut callouts = self.incidents.values().flat_map(|incident| &incident.callouts);
        callouts.any(|callout| callout.responder() == who && is_tied(callout))
    }

    /// Nobody is in two call-outs, and the table says what the incidents say.
    pub(super) async fn look_at_engagements(&self, db: &Database) -> anyhow::Result<()> {
        let rows: Vec<(String, String)> = on!(db, c => sqlx::query_as("SELECT responder, incident_id FROM engagements ORDER BY responder").fetch_all(c).await?);
        let mut tied: BTreeMap<VolunteerId, IncidentId> = BTreeMap::new();
        for incident in self.incidents.values() {
            for callout in incident.callouts.iter().filter(|callout| is_tied(callout)) {
                let other = tied.insert(callout.responder(), incident.id);
                rule("two-alarms", other.is_none(), || {
                    format!("{} is on one call-out", callout.responder())
                })?;
            }
        }
        let told: Vec<(String, String)> =
            tied.iter().map(|(who, id)| (who.to_string(), id.to_string())).collect();
        rule("engagements", rows == told, || format!("{rows:?} are {told:?}"))?;
        Ok(())
    }
}

/// What the log of an incident has beyond its first `known` events, in order.
async fn log_from(db: &Database, id: IncidentId, known: u64) -> anyhow::Result<Vec<(Timestamp, Event)>> {
    const SQL: &str =
        "SELECT at, event FROM incident_events WHERE incident_id = $1 AND seq > $2 ORDER BY seq";
    let (id, known) = (id.to_string(), i64::try_from(known)?);
    let rows: Vec<(Timestamp, String)> =
        on!(db, c => sqlx::query_as(SQL).bind(id).bind(known).fetch_all(c).await?);
    rows.into_iter().map(|(at, event)| Ok((at, serde_json::from_str(&event)?))).collect()
}

fn is_tied(callout: &CallOut) -> bool {
    matches!(callout.state, State::Asked | State::Seen { .. } | State::Kept(_))
}

/// An open incident waits for somebody or something, and the operator knows when nobody is left.
fn goes_on(incident: &Incident) -> Result<(), Violation> {
    let waits = incident.callouts.iter().any(|c| matches!(c.state, State::Asked | State::Seen { .. }));
    match incident.phase {
        Phase::Asking => {
            rule("asks-nobody", waits, || format!("{} is asking, and somebody is asked", incident.id))
        }
        Phase::Searching { told, .. } => {
            let known =
                incident.notices.iter().any(|n| matches!(n.code.as_str(), "nobody_left" | "cap_reached"));
            rule("not-told", told && known, || {
                format!("the operator knows that {} found nobody", incident.id)
            })
        }
        Phase::Staffed { .. } | Phase::StoodDown { .. } | Phase::Closed { .. } => Ok(()),
    }
}

fn sketch(incident: &Incident) -> String {
    let states: Vec<String> = incident
        .callouts
        .iter()
        .map(|c| format!("{}={}", &c.responder().to_string()[30..], c.state.as_str()))
        .collect();
    format!(
        "{} v{} {} wanted={} [{}]",
        incident.id,
        incident.version,
        incident.phase.as_str(),
        incident.wanted,
        states.join(" ")
    )
}
