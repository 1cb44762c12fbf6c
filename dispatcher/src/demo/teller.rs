//! Tells the story in the terminal: what changed in which incident, in words.

use std::collections::BTreeMap;
use std::io::Write;

use certus_registry::{Language, Timestamp, VolunteerId};
use fluent_templates::fluent_bundle::FluentValue;
use tokio::sync::broadcast;

use super::DemoError;
use super::books::arrived_at;
use crate::api::SharedApp;
use crate::engine::{Changed, store};
use crate::incident::{CallOut, Event, Incident, IncidentId, Phase};
use crate::matching::Roster;
use crate::task::Task;
use crate::text::text;

/// Names listed in one line; the rest is counted.
const NAMES_MAX: usize = 7;

/// Where the story goes, and what has been told.
pub(super) struct Teller<'a> {
    out: Option<&'a mut (dyn Write + Send)>,
    language: Language,
    changes: Option<broadcast::Receiver<Changed>>,
    known: BTreeMap<IncidentId, Told>,
}

/// What has been told about one incident.
#[derive(Default)]
struct Told {
    number: usize,
    phase: &'static str,
    states: BTreeMap<VolunteerId, &'static str>,
}

impl<'a> Teller<'a> {
    /// Tells nobody.
    pub(super) fn silent() -> Self {
        Self { out: None, language: Language::English, changes: None, known: BTreeMap::new() }
    }

    /// Tells `out`.
    pub(super) fn to(out: &'a mut (dyn Write + Send), language: Language) -> Self {
        Self { out: Some(out), language, changes: None, known: BTreeMap::new() }
    }

    /// Tells what has changed since the last time.
    pub(super) async fn tell(&mut self, app: &SharedApp) -> Result<(), DemoError> {
        if self.out.is_none() {
            return Ok(());
        }
        let changes = self.changes.get_or_insert_with(|| app.engine.changes());
        let mut incidents = Vec::new();
        loop {
            match changes.try_recv() {
                Ok(change) if incidents.contains(&change.incident) => {}
                Ok(change) => incidents.push(change.incident),
                Err(broadcast::error::TryRecvError::Lagged(_)) => {}
                Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed) => break,
            }
        }
        for id in incidents {
            if let Some(incident) = store::load(&app.db, id).await? {
                self.incident(app, &incident).await?;
            }
        }
        Ok(())
    }

    /// Tells what the operator does.
    pub(super) async fn operator(
        &mut self,
        app: &SharedApp,
        id: IncidentId,
        event: &Event,
    ) -> Result<(), DemoError> {
        self.tell(app).await?;
        let key = match event {
            Event::StoodDown => "demo-operator-stands-down",
            Event::AmbulanceEtaChanged { .. } => "demo-operator-ambulance",
            Event::Raised(_)
            | Event::CandidatesFound { .. }
            | Event::Responder { .. }
            | Event::OperatorMessaged { .. }
            | Event::Escalated { .. }
            | Event::Closed
            | Event::Tick => return Ok(()),
        };
        let number = self.known.get(&id).map_or(0, |told| told.number);
        self.line(app.clock.now(), app, number, key, &[])
    }

    async fn incident(&mut self, app: &SharedApp, incident: &Incident) -> Result<(), DemoError> {
        let (now, roster) = (app.clock.now(), app.engine.roster());
        let count = self.known.len();
        let is_new = !self.known.contains_key(&incident.id);
        let mut told =
            self.known.remove(&incident.id).unwrap_or(Told { number: count + 1, ..Told::default() });
        if is_new {
            self.raised(now, app, told.number, incident)?;
            self.decision(now, app, told.number, incident).await?;
        }
        for callout in &incident.callouts {
            let state = callout.state.as_str();
            let before = told.states.insert(callout.responder(), state);
            let is_news = match before {
                Some(before) => before != state,
                None => !(is_new && state == "asked"),
            };
            if is_news {
                self.callout(now, app, told.number, (incident, callout), &roster)?;
            }
        }
        let phase = incident.phase.as_str();
        if told.phase != phase && matches!(incident.phase, Phase::Closed { .. }) {
            self.closed(now, app, told.number, incident)?;
        }
        told.phase = phase;
        self.known.insert(incident.id, told);
        Ok(())
    }

    fn raised(
        &mut self,
        now: Timestamp,
        app: &SharedApp,
        number: usize,
        incident: &Incident,
    ) -> Result<(), DemoError> {
        let event =
            text(self.language, &format!("event-{}", incident.event_type.as_str().replace('_', "-")), &[]);
        let ambulance = incident.ambulance_eta.map_or(0, |eta| minutes(incident.raised_at, eta));
        self.line(
            now,
            app,
            number,
            "demo-raised",
            &[
                ("event", event.to_uppercase().into()),
                ("place", incident.place.name.clone().into()),
                ("minutes", ambulance.to_string().into()),
            ],
        )
    }

    /// Who is asked and in how many minutes they would be there; how many are not, and why.
    async fn decision(
        &mut self,
        now: Timestamp,
        app: &SharedApp,
        number: usize,
        incident: &Incident,
    ) -> Result<(), DemoError> {
        let roster = app.engine.roster();
        let asked = incident.callouts.iter().map(|callout| {
            let minutes = callout.candidate.seconds_to_scene().div_ceil(60);
            format!("{} {minutes} min", name(&roster, callout.responder()))
        });
        let asked = listed(asked.collect());
        self.line(now, app, number, "demo-asked", &[("list", asked.into())])?;
        let Some(decision) = store::decisions(&app.db, incident.id).await?.into_iter().next() else {
            return Ok(());
        };
        let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
        for considered in decision.considered.iter().filter(|c| incident.callout(c.responder).is_none()) {
            *counts.entry(considered.verdict.as_str()).or_default() += 1;
        }
        let reason = |(code, count): (&&str, &usize)| {
            format!("{count} {}", text(self.language, &format!("demo-why-{}", code.replace('_', "-")), &[]))
        };
        let reasons = counts.iter().map(reason).collect::<Vec<_>>().join(", ");
        self.line(now, app, number, "demo-not-asked", &[("list", reasons.into())])
    }

    fn callout(
        &mut self,
        now: Timestamp,
        app: &SharedApp,
        number: usize,
        (incident, callout): (&Incident, &CallOut),
        roster: &Roster,
    ) -> Result<(), DemoError> {
        let state = callout.state.as_str().replace('_', "-");
        let task = callout.kept().map(|kept| Task::of(kept.role, roster.things()));
        let brings = task.as_ref().and_then(Task::brings);
        let key = match brings.filter(|_| state == "accepted") {
            Some((_, "")) => "demo-state-accepted-brings".to_owned(),
            Some(_) => "demo-state-accepted-fetches".to_owned(),
            None => format!("demo-state-{state}"),
        };
        let left = callout.kept().map_or(0, |kept| minutes(now, kept.expected_at));
        let after = minutes(incident.raised_at, now);
        let ambulance = incident.ambulance_eta.map_or(0, |eta| minutes(incident.raised_at, eta));
        self.line(
            now,
            app,
            number,
            &key,
            &[
                ("name", name(roster, callout.responder()).into()),
                ("minutes", left.to_string().into()),
                ("after", after.to_string().into()),
                ("ambulance", ambulance.to_string().into()),
                ("thing", brings.map_or("", |(what, _)| what.within(self.language)).into()),
                ("place", brings.map_or("", |(_, place)| place).into()),
            ],
        )
    }

    fn closed(
        &mut self,
        now: Timestamp,
        app: &SharedApp,
        number: usize,
        incident: &Incident,
    ) -> Result<(), DemoError> {
        let first = incident.callouts.iter().filter_map(arrived_at).min();
        let first = first.map_or_else(|| "–".to_owned(), |at| minutes(incident.raised_at, at).to_string());
        let arrived = incident.callouts.iter().filter_map(arrived_at).count();
        self.line(
            now,
            app,
            number,
            "demo-closed",
            &[
                ("asked", incident.callouts.len().to_string().into()),
                ("arrived", arrived.to_string().into()),
                ("first", first.into()),
            ],
        )
    }

    fn line(
        &mut self,
        now: Timestamp,
        app: &SharedApp,
        number: usize,
        key: &str,
        arguments: &[(&'static str, FluentValue<'_>)],
    ) -> Result<(), DemoError> {
        let Some(out) = &mut self.out else { return Ok(()) };
        let time = now.in_zone(&app.config.time_zone.0).strftime("%H:%M:%S").to_string();
        writeln!(out, "{time}  #{number:<3} {}", text(self.language, key, arguments))?;
        Ok(())
    }
}

fn name(roster: &Roster, who: VolunteerId) -> String {
    roster.get(who).map_or(String::new(), |volunteer| volunteer.name.as_str().to_owned())
}

fn listed(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMES_MAX);
    names.truncate(NAMES_MAX);
    let list = names.join(", ");
    if more > 0 { format!("{list} (+{more})") } else { list }
}

fn minutes(from: Timestamp, to: Timestamp) -> u64 {
    to.since(from).as_secs().div_ceil(60)
}
