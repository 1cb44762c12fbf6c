//! What the rules say about one person, but for the way to the scene, worked out from their words.

use certus_registry::Volunteer;
use certus_registry::availability::{Exception, Holidays};
use certus_registry::volunteer::Vetting;

use super::*;

/// The public holidays of the year in which the worlds are, by the almanac.
const HOLIDAYS: [&str; 13] = [
    "2026-12-25",
    "2026-12-26",
    "2027-01-01",
    "2027-01-06",
    "2027-03-26",
    "2027-03-28",
    "2027-03-29",
    "2027-05-01",
    "2027-05-06",
    "2027-05-16",
    "2027-06-06",
    "2027-06-26",
    "2027-11-06",
];

impl World {
    /// What keeps somebody away wherever they are.
    pub(super) fn refused(&self, person: &Volunteer, local: &jiff::ZonedDateTime) -> Option<Verdict> {
        match person.vetting {
            Vetting::Applied | Vetting::Suspended | Vetting::Left => return Some(Verdict::NotApproved),
            Vetting::Approved { until } if until < local.date() => {
                return Some(Verdict::ApprovalExpired { on: until });
            }
            Vetting::Approved { .. } => {}
        }
        let on = match person.duty {
            Duty::On { until } => until.is_none_or(|until| self.now < until),
            Duty::Off { until } => until.is_some_and(|until| self.now >= until),
            Duty::Stopped => false,
        };
        let said = said(person, local.datetime());
        let reasons = [
            (!on, Verdict::OffDuty),
            (said == Some(false), Verdict::NotAvailable),
            (said.is_none() && !self.is_open(person, local), Verdict::OutsideHours),
            (self.incident.callout(person.id).is_some(), Verdict::AlreadyAsked),
            (self.engaged.contains(&person.id), Verdict::OnAnotherCallOut),
        ];
        let reason = reasons.into_iter().find(|(holds, _)| *holds).map(|(_, reason)| reason);
        reason.or_else(|| self.strained(person)).or_else(|| self.lacking(person, local.date()))
    }

    /// By the hours of the week, as the person wants holidays and nights.
    fn is_open(&self, person: &Volunteer, local: &jiff::ZonedDateTime) -> bool {
        let plan = &person.availability;
        let is_holiday = HOLIDAYS.contains(&local.date().to_string().as_str());
        let day = match plan.holidays {
            Holidays::Closed if is_holiday => return false,
            Holidays::AsSunday if is_holiday => 6,
            Holidays::AsUsual | Holidays::AsSunday | Holidays::Closed => {
                local.weekday().to_monday_zero_offset()
            }
        };
        let is_night = local.hour() < 7 || local.hour() >= 22;
        (plan.nights || !is_night) && self.hours[&person.id].1(day, local.hour())
    }

    /// Whether too much has been asked of the person.
    fn strained(&self, person: &Volunteer) -> Option<Verdict> {
        let (asked, rests_since) = self.strain.get(&person.id).copied()?;
        if let Some(max) = person.availability.monthly_max.filter(|max| asked >= max.get().into()) {
            return Some(Verdict::MonthlyMax { asked, max: max.get() });
        }
        let rested_s = u32::try_from((self.now.as_millis() - rests_since?.as_millis()) / 1_000).unwrap();
        let rest_s = self.incident.policy.rest.0;
        (rested_s < rest_s).then_some(Verdict::Resting { rested_s, rest_s })
    }

    fn lacking(&self, person: &Volunteer, today: Date) -> Option<Verdict> {
        let wanted = &self.incident.policy.competences;
        let held = || person.competences.iter().filter(|held| wanted.contains(&held.kind));
        if wanted.is_empty() || held().any(|held| held.expires.is_none_or(|last| last >= today)) {
            return None;
        }
        let last = held().filter_map(|held| held.expires).max();
        Some(last.map_or(Verdict::LacksCompetence, |on| Verdict::CertificateExpired { on }))
    }
}

/// What a person's exceptions say: no if one of them does, else yes if one of them does.
fn said(person: &Volunteer, now: jiff::civil::DateTime) -> Option<bool> {
    let all = person.availability.exceptions.iter().filter(|one| one.from() <= now && now < one.to());
    let words: Vec<bool> = all.map(Exception::is_available).collect();
    (!words.is_empty()).then(|| words.iter().all(|yes| *yes))
}
