//! The hard filters: whoever fails one is not asked, however near. The first that fails is the reason given.

use certus_registry::Volunteer;
use certus_registry::mutation::{Rule, broken};
use certus_registry::volunteer::Vetting;
use jiff::civil::Date;

use super::{Question, Verdict};
use crate::incident::Policy;

/// Why this person must not be asked now, if they must not.
pub(super) fn refusal(question: &Question<'_>, volunteer: &Volunteer) -> Option<Verdict> {
    let today = question.local.date();
    if !volunteer.vetting.allows(today) && !broken(Rule::Vetting) {
        return Some(match volunteer.vetting {
            Vetting::Approved { until } => Verdict::ApprovalExpired { on: until },
            Vetting::Applied | Vetting::Suspended | Vetting::Left => Verdict::NotApproved,
        });
    }
    if let Some(verdict) = competence_missing(&question.incident.policy, volunteer, today) {
        return Some(verdict);
    }
    if !volunteer.duty.is_on(question.now) && !broken(Rule::OffDuty) {
        return Some(Verdict::OffDuty);
    }
    if !volunteer.hours.contains(question.local) && !broken(Rule::Hours) {
        return Some(Verdict::OutsideHours);
    }
    if question.incident.callout(volunteer.id).is_some() && !broken(Rule::AskedOnce) {
        return Some(Verdict::AlreadyAsked);
    }
    (question.engaged)(volunteer.id).then_some(Verdict::OnAnotherCallOut)
}

fn competence_missing(policy: &Policy, volunteer: &Volunteer, today: Date) -> Option<Verdict> {
    if policy.competences.is_empty() {
        return None;
    }
    let wanted = || volunteer.competences.iter().filter(|held| policy.competences.contains(&held.kind));
    if wanted().any(|held| held.valid_on(today) || broken(Rule::Certificate)) {
        return None;
    }
    let expired = wanted().filter_map(|held| held.expires).max();
    Some(expired.map_or(Verdict::LacksCompetence, |on| Verdict::CertificateExpired { on }))
}
