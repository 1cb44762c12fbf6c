//! Whom the board allows to be asked, judged by the model's own reading of the registry.

use std::collections::BTreeMap;
use std::time::Duration;

use certus_registry::availability::Exception;
use certus_registry::volunteer::Vetting;
use certus_registry::{
    CompetenceKind, Database, Duty, Phone, Remit, Timestamp, Volunteer, VolunteerId, WeeklyHours, store,
};

/// A node looks at the registry once a second: an alert in between may pass over somebody who has just been let in.
const STALE_MAX: Duration = Duration::from_secs(2);
/// What is committed may have been decided this long ago by a clock that is this far off: matters at the full hour and at midnight.
const DECIDED_MAX: Duration = Duration::from_secs(50);

pub(super) struct Registry {
    revision: i64,
    people: BTreeMap<VolunteerId, Volunteer>,
    /// As they were before what changed in this very step: the asking may have come first.
    before: BTreeMap<VolunteerId, Volunteer>,
    /// When something about a person changed last.
    changed_at: BTreeMap<VolunteerId, Timestamp>,
}

impl Registry {
    pub(super) fn new(people: &[Volunteer]) -> Self {
        Self {
            revision: -1,
            people: people.iter().map(|person| (person.id, person.clone())).collect(),
            before: BTreeMap::new(),
            changed_at: BTreeMap::new(),
        }
    }

    /// Nobody is any more as they were before this step.
    pub(super) fn forget_before(&mut self) {
        self.before.clear();
    }

    /// Reads what the board, or people by text message, have changed.
    pub(super) async fn look(&mut self, db: &Database, now: Timestamp) -> anyhow::Result<()> {
        let revision = store::revision(db).await?;
        if revision == self.revision {
            return Ok(());
        }
        self.revision = revision;
        for person in store::volunteer::all(db, Remit::All).await? {
            if self.people.get(&person.id) != Some(&person) {
                self.changed_at.insert(person.id, now);
                let id = person.id;
                if let Some(before) = self.people.insert(id, person) {
                    self.before.insert(id, before);
                }
            }
        }
        Ok(())
    }

    /// Since when the person wants nothing from us.
    pub(super) fn stopped_since(&self, who: VolunteerId) -> Option<Timestamp> {
        self.people.get(&who).filter(|person| person.duty == Duty::Stopped)?;
        self.changed_at.get(&who).copied()
    }

    pub(super) fn by_phone(&self, phone: &Phone) -> Option<VolunteerId> {
        self.people.values().find(|person| person.phone == *phone).map(|person| person.id)
    }

    /// A person as they are, and as they were before this step.
    pub(super) fn ever(&self, who: VolunteerId) -> impl Iterator<Item = &Volunteer> {
        self.people.get(&who).into_iter().chain(self.before.get(&who))
    }

    pub(super) fn people(&self) -> impl Iterator<Item = &Volunteer> {
        self.people.values()
    }

    /// Why the person must not be asked for something that wants one of `competences`. What the board, or the person, has
    /// decided holds from the next step on: in the step in which it was decided, the asking may have come first.
    pub(super) fn objection(
        &self,
        now: Timestamp,
        who: VolunteerId,
        competences: &[CompetenceKind],
    ) -> Option<&'static str> {
        let objections = around(now).map(|at| self.objection_at(at, who, competences));
        if objections.iter().all(Option::is_some) { objections[0] } else { None }
    }

    /// Whether nothing at all speaks against asking the person.
    pub(super) fn may_be_asked(
        &self,
        now: Timestamp,
        who: VolunteerId,
        competences: &[CompetenceKind],
    ) -> bool {
        let settled = self.changed_at.get(&who).is_none_or(|at| *at + STALE_MAX <= now);
        settled && around(now).iter().all(|at| self.objection_at(*at, who, competences).is_none())
    }

    fn objection_at(
        &self,
        at: Timestamp,
        who: VolunteerId,
        competences: &[CompetenceKind],
    ) -> Option<&'static str> {
        let versions = [self.people.get(&who), self.before.get(&who)];
        let objections = versions.into_iter().flatten().map(|person| objection_to(person, at, competences));
        objections.reduce(Option::and).unwrap_or(Some("not in the registry"))
    }
}

fn objection_to(person: &Volunteer, at: Timestamp, competences: &[CompetenceKind]) -> Option<&'static str> {
    let local = local(at);
    let approved = match person.vetting {
        Vetting::Approved { until } => until >= local.date(),
        Vetting::Applied | Vetting::Suspended | Vetting::Left => false,
    };
    let on_duty = match person.duty {
        Duty::On { until } => until.is_none_or(|until| until > at),
        Duty::Off { until } => until.is_some_and(|until| until <= at),
        Duty::Stopped => false,
    };
    if !approved || !on_duty {
        return Some("not approved, or off duty");
    }
    let holds = |kind: &CompetenceKind| {
        person
            .competences
            .iter()
            .any(|held| held.kind == *kind && held.expires.is_none_or(|last| last >= local.date()))
    };
    if !competences.is_empty() && !competences.iter().any(holds) {
        return Some("without a valid competence");
    }
    let plan = &person.availability;
    let clock = local.datetime();
    let said = plan.exceptions.iter().filter(|one| one.from() <= clock && clock < one.to());
    let said: Vec<bool> = said.map(Exception::is_available).collect();
    if said.contains(&false) {
        return Some("on hours that they have taken out");
    }
    if !said.is_empty() {
        return None;
    }
    // The only other hours in these stories are 07 to 23.
    let sleeps = plan.hours != WeeklyHours::ALWAYS && !(7..23).contains(&local.hour());
    let wants_no_nights = !plan.nights && (local.hour() < 7 || local.hour() >= 22);
    (sleeps || wants_no_nights).then_some("outside their hours")
}

/// The times by which a decision that is committed now may have been made.
pub(super) fn around(now: Timestamp) -> [Timestamp; 3] {
    [now - DECIDED_MAX, now, now + DECIDED_MAX]
}

pub(super) fn local(now: Timestamp) -> jiff::ZonedDateTime {
    now.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm").unwrap_or(jiff::tz::TimeZone::UTC))
}
