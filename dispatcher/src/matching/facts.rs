//! What is known about one person when a search looks at them, and the verdict that follows from it.
//!
//! [`Facts`] are gathered from the registry, the last positions and the roads; [`Facts::verdict`] is a function of them
//! and of a [`Terms`] alone. Facts are kept in the decision record: the same verdict can be drawn again, and that of
//! another policy.

use certus_registry::availability::Hindrance;
use certus_registry::mutation::{Rule, broken};
use certus_registry::volunteer::Vetting;
use certus_registry::{CompetenceKind, Metres, Mode, Position, Volunteer};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::willingness::yes_permille;
use super::{Question, Verdict};
use crate::incident::{Errand, Policy};
use crate::travel::Ways;

/// What a verdict rests on. Short names: it is written for everybody considered, at the moment of the alarm.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Why nobody asks this person now, whatever the policy; then nothing else was looked at.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Verdict>,
    /// What they can do, each with the last day of its certificate if it has one.
    #[serde(rename = "c", default, skip_serializing_if = "Vec::is_empty")]
    pub competences: Vec<(CompetenceKind, Option<Date>)>,
    /// The ways they could come now, seconds each.
    #[serde(rename = "w", default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<(Mode, u32)>,
    /// What must be added because they may have moved since they were last seen, seconds.
    #[serde(rename = "a", default, skip_serializing_if = "is_default")]
    pub aged_s: u32,
    /// How long ago their part in the last incident that they went to was over, seconds; if no policy can let them rest so
    /// long, it is not kept.
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    pub rested_s: Option<u32>,
    /// How likely it is that they say yes in time and come, in thousandths.
    #[serde(rename = "y", default, skip_serializing_if = "is_default")]
    pub yes_permille: u16,
    /// What they could bring along, the quickest of each kind; looked for once they are on the shortlist.
    #[serde(rename = "e", default, skip_serializing_if = "Vec::is_empty")]
    pub errands: Vec<Errand>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What a policy demands at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// The day, where the incident is.
    pub today: Date,
    /// Whether it is day there, for turnout.
    pub is_day: bool,
    /// The longest time to the scene worth asking for, seconds.
    pub limit_s: u32,
}

impl Terms<'_> {
    /// From the alert to departure, seconds.
    pub(super) fn turnout_s(&self) -> u32 {
        if self.is_day { self.policy.turnout_day.0 } else { self.policy.turnout_night.0 }
    }
}

impl Facts {
    /// What a search learns about a person who is thought to be at `position`, `distance` from the scene; `aged_s` is
    /// added because that was some time ago.
    pub(super) fn gather(
        question: &Question<'_>,
        ways: &dyn Ways,
        volunteer: &Volunteer,
        (position, distance): (Position, Metres),
        aged_s: u32,
    ) -> Self {
        let standing = standing(question, volunteer);
        if standing.is_some() {
            return Self { standing, ..Self::default() };
        }
        let seconds = |mode: &Mode| Some((*mode, ways.seconds(position, *mode)?));
        Self {
            standing,
            competences: volunteer.competences.iter().map(|held| (held.kind, held.expires)).collect(),
            ways: volunteer.modes.iter().filter_map(seconds).collect(),
            aged_s,
            rested_s: rested_s(question, volunteer),
            yes_permille: yes_permille((question.answers)(volunteer.id), question.is_day(), distance),
            errands: Vec::new(),
        }
    }

    /// Whether this person can be asked on these terms, or the first reason why not.
    #[must_use]
    pub fn verdict(&self, terms: &Terms<'_>) -> Verdict {
        let held = self.competences.iter().copied();
        let missing = || competence_missing(held, terms.policy, terms.today);
        let resting = || resting(self.rested_s, terms.policy);
        if let Some(refusal) = self.standing.or_else(resting).or_else(missing) {
            return refusal;
        }
        let Some((way_s, mode)) = self.ways.iter().map(|(mode, seconds)| (*seconds, *mode)).min() else {
            return Verdict::NoWay;
        };
        let policy = terms.policy;
        let turnout_s = terms.turnout_s();
        let travel_s = way_s.saturating_add(self.aged_s);
        let seconds = turnout_s.saturating_add(travel_s);
        if seconds <= terms.limit_s {
            Verdict::Eligible { rank: 0, mode, turnout_s, travel_s }
        } else if seconds > policy.reach_max.0 {
            Verdict::TooFar { seconds, limit_s: policy.reach_max.0 }
        } else {
            Verdict::NotBeforeAmbulance { seconds, limit_s: terms.limit_s }
        }
    }
}

/// The reason if none of what is `held`, each with its last day, is what the policy asks for.
fn competence_missing(
    held: impl Iterator<Item = (CompetenceKind, Option<Date>)> + Clone,
    policy: &Policy,
    today: Date,
) -> Option<Verdict> {
    if policy.competences.is_empty() {
        return None;
    }
    let wanted = held.filter(|(kind, _)| policy.competences.contains(kind));
    let is_valid = |last: Option<Date>| last.is_none_or(|last| today <= last);
    if wanted.clone().any(|(_, last)| is_valid(last) || broken(Rule::Certificate)) {
        return None;
    }
    let expired = wanted.filter_map(|(_, last)| last).max();
    Some(expired.map_or(Verdict::LacksCompetence, |on| Verdict::CertificateExpired { on }))
}

/// Why this person must not be asked now, if they must not, as far as that has nothing to do with the way to the scene.
pub(super) fn refusal(question: &Question<'_>, volunteer: &Volunteer) -> Option<Verdict> {
    let policy = &question.incident.policy;
    let resting = || resting(rested_s(question, volunteer), policy);
    standing(question, volunteer).or_else(resting).or_else(|| {
        let held = volunteer.competences.iter().map(|held| (held.kind, held.expires));
        competence_missing(held, policy, question.local.date())
    })
}

/// The filters that no policy moves: whoever fails one is not asked, however near. The first that fails is the reason.
fn standing(question: &Question<'_>, volunteer: &Volunteer) -> Option<Verdict> {
    if question
        .incident
        .group
        .as_ref()
        .is_some_and(|group| volunteer.organisation != Some(group.organisation))
        && !broken(Rule::Group)
    {
        return Some(Verdict::NotInGroup);
    }
    if !volunteer.vetting.allows(question.local.date()) && !broken(Rule::Vetting) {
        return Some(match volunteer.vetting {
            Vetting::Approved { until } => Verdict::ApprovalExpired { on: until },
            Vetting::Applied | Vetting::Suspended | Vetting::Left => Verdict::NotApproved,
        });
    }
    if !volunteer.duty.is_on(question.now) && !broken(Rule::OffDuty) {
        return Some(Verdict::OffDuty);
    }
    match volunteer.availability.hindrance(question.local) {
        Some(Hindrance::Exception) if !broken(Rule::Exceptions) => return Some(Verdict::NotAvailable),
        Some(Hindrance::Hours) if !broken(Rule::Hours) => return Some(Verdict::OutsideHours),
        Some(Hindrance::Exception | Hindrance::Hours) | None => {}
    }
    if question.incident.callout(volunteer.id).is_some() && !broken(Rule::AskedOnce) {
        return Some(Verdict::AlreadyAsked);
    }
    if (question.engaged)(volunteer.id) {
        return Some(Verdict::OnAnotherCallOut);
    }
    enough(question, volunteer)
}

/// The reason if a person has been called out as often within a month as they want to be.
fn enough(question: &Question<'_>, volunteer: &Volunteer) -> Option<Verdict> {
    let max = volunteer.availability.monthly_max?;
    let asked = (question.asked)(volunteer.id);
    (max.is_reached(asked) && !broken(Rule::MonthlyMax))
        .then_some(Verdict::MonthlyMax { asked, max: max.get() })
}

/// How long a person has rested, as far as any policy asks for it.
fn rested_s(question: &Question<'_>, volunteer: &Volunteer) -> Option<u32> {
    let since = (question.rests_since)(volunteer.id)?;
    let rested_s = u32::try_from(question.now.since(since).as_secs()).ok()?;
    (rested_s < Policy::REST_MAX.0).then_some(rested_s)
}

/// The reason if a person who went has not rested as long as the policy wants.
fn resting(rested_s: Option<u32>, policy: &Policy) -> Option<Verdict> {
    let rested_s = rested_s.filter(|rested_s| *rested_s < policy.rest.0 && !broken(Rule::Resting))?;
    Some(Verdict::Resting { rested_s, rest_s: policy.rest.0 })
}
