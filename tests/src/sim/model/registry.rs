//! Whom the board allows to be asked, judged by the model's own reading of the registry.

use std::collections::BTreeMap;
use std::time::Duration;

use certus_registry::volunteer::{Duty, Vetting};
use certus_registry::{
    CompetenceKind, Database, Phone, Timestamp, Volunteer, VolunteerId, WeeklyHours, store,
};

/// A node looks at the registry once a second: an alert in between may pass over somebody who has just been let in.
const STALE_MAX: Duration = Duration::from_secs(2);
/// What is committed may have been decided this long ago by a clock that is this far off: matters at the full hour and at midnight.
const DECIDED_MAX: Duration = Duration::from_secs(50);

pub(super) struct Registry {
    revision: i64,
    people: BTreeMap<VolunteerId, Volunteer>,
    looks: u64,
    /// Since which look each person may not be asked, by vetting and duty.
    barred_since: BTreeMap<VolunteerId, u64>,
    /// When something about a person changed last.
    changed_at: BTreeMap<VolunteerId, Timestamp>,
}

impl Registry {
    pub(super) fn new(people: &[Volunteer]) -> Self {
        let start = super::super::story::START;
        let barred = people.iter().filter(|person| is_barred(person, start)).map(|person| (person.id, 0));
        Self {
            revision: -1,
            looks: 0,
            barred_since: barred.collect(),
            people: people.iter().map(|person| (person.id, person.clone())).collect(),
            changed_at: BTreeMap::new(),
        }
    }

    /// Reads what the board, or people by text message, have changed.
    pub(super) async fn look(&mut self, db: &Database, now: Timestamp) -> anyhow::Result<()> {
        self.looks += 1;
        let revision = store::revision(db).await?;
        if revision == self.revision {
            return Ok(());
        }
        self.revision = revision;
        for person in store::volunteer::all(db).await? {
            if is_barred(&person, now) {
                self.barred_since.entry(person.id).or_insert(self.looks);
            } else {
                self.barred_since.remove(&person.id);
            }
            if self.people.get(&person.id) != Some(&person) {
                self.changed_at.insert(person.id, now);
                self.people.insert(person.id, person);
            }
        }
        Ok(())
    }

    pub(super) fn by_phone(&self, phone: &Phone) -> Option<VolunteerId> {
        self.people.values().find(|person| person.phone == *phone).map(|person| person.id)
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
        let Some(person) = self.people.get(&who) else { return Some("not in the registry") };
        if self.barred_since.get(&who).is_some_and(|since| *since < self.looks) {
            return Some("not approved, or off duty");
        }
        let at = local(at);
        let holds = |kind: &CompetenceKind| {
            person
                .competences
                .iter()
                .any(|held| held.kind == *kind && held.expires.is_none_or(|last| last >= at.date()))
        };
        if !competences.is_empty() && !competences.iter().any(holds) {
            return Some("without a valid competence");
        }
        // The only other hours in these stories are 07 to 23.
        let sleeps = person.hours != WeeklyHours::ALWAYS && !(7..23).contains(&at.hour());
        sleeps.then_some("outside their hours")
    }
}

/// The times by which a decision that is committed now may have been made.
fn around(now: Timestamp) -> [Timestamp; 3] {
    [now - DECIDED_MAX, now, now + DECIDED_MAX]
}

fn local(now: Timestamp) -> jiff::ZonedDateTime {
    now.in_zone(&jiff::tz::TimeZone::get("Europe/Stockholm").unwrap_or(jiff::tz::TimeZone::UTC))
}

fn is_barred(person: &Volunteer, now: Timestamp) -> bool {
    let approved = match person.vetting {
        Vetting::Approved { until } => until >= local(now).date(),
        Vetting::Applied | Vetting::Suspended | Vetting::Left => false,
    };
    !approved || person.duty == Duty::Off
}
