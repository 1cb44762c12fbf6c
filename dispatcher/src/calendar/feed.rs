//! When somebody may be asked, as a calendar that other programs fetch: worked out for two months, in UTC, so that every program
//! shows the same whatever it knows of zones, holidays and nights. It says no reason and no name.

use std::collections::BTreeSet;

use certus_registry::availability::{Hindrance, Holidays};
use certus_registry::{Availability, Duty, Language, Volunteer, WeeklyHours};
use icalendar::{Calendar, Component as _, Event};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::AHEAD_DAYS;
use super::moment::utc;
use crate::text::text;

/// What a time is to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// May be asked, by the week's plan or an exception.
    Open,
    /// Has taken it out.
    Away,
    /// Has switched themselves off, for so long.
    Off,
}

impl Kind {
    const fn key(self) -> &'static str {
        match self {
            Self::Open => "calendar-open",
            Self::Away => "calendar-away",
            Self::Off => "calendar-off",
        }
    }
}

/// A time of one kind.
type Time = (Timestamp, Timestamp, Kind);

/// The person's calendar at `now`, in the county's `zone`, as `text/calendar`.
#[must_use]
pub fn feed(language: Language, person: &Volunteer, now: Timestamp, zone: &TimeZone) -> String {
    let mut calendar = Calendar::new();
    calendar.name(&text(language, "calendar-name", &[]));
    calendar.append_property(("X-PUBLISHED-TTL", "PT6H"));
    for (from, to, kind) in times(person, now, zone) {
        let mut event = Event::new();
        event.uid(&format!("{}-{}@certus", utc(from), kind.key()));
        event.summary(&text(language, kind.key(), &[]));
        event.add_property("DTSTAMP", utc(now));
        event.add_property("DTSTART", utc(from));
        event.add_property("DTEND", utc(to));
        // Whoever may be asked is free all the same.
        event.add_property("TRANSP", "TRANSPARENT");
        calendar.push(event.done());
    }
    calendar.done().to_string()
}

fn times(person: &Volunteer, now: Timestamp, zone: &TimeZone) -> Vec<Time> {
    let Ok(end) = now.checked_add((AHEAD_DAYS * 24).hours()) else { return Vec::new() };
    let mut times = planned(&person.availability, now, end, zone);
    let off = match person.duty {
        Duty::Off { until } => {
            Some(until.map_or(Ok(end), |until| Timestamp::from_millisecond(until.as_millis())))
        }
        Duty::Stopped => Some(Ok(end)),
        Duty::On { .. } => None,
    };
    if let Some(Ok(until)) = off.filter(|until| until.as_ref().is_ok_and(|until| *until > now)) {
        times.push((now, until, Kind::Off));
    }
    times
}

/// What the plan says from `now` to `end`. Who may always be asked has nothing to look up: then only what differs is told.
fn planned(plan: &Availability, now: Timestamp, end: Timestamp, zone: &TimeZone) -> Vec<Time> {
    let exceptions = plan.exceptions.since(now.to_zoned_datetime(zone.clone()).datetime());
    let plan = Availability { exceptions, ..plan.clone() };
    let is_always = plan.hours == WeeklyHours::ALWAYS && plan.nights && plan.holidays == Holidays::AsUsual;
    let mut times: Vec<Time> = Vec::new();
    let bounds: Vec<Timestamp> = bounds(&plan, now, end, zone).into_iter().collect();
    for pair in bounds.windows(2) {
        let [from, to] = [pair[0], pair[1]];
        let kind = match plan.hindrance(&from.to_zoned_datetime(zone.clone())) {
            None if is_always => continue,
            None => Kind::Open,
            Some(Hindrance::Exception) => Kind::Away,
            Some(Hindrance::Hours) => continue,
        };
        match times.last_mut() {
            Some((_, last, before)) if *last == from && *before == kind => *last = to,
            Some(_) | None => times.push((from, to, kind)),
        }
    }
    times
}

/// Every moment at which the plan may change: each hour, and where exceptions begin and end.
fn bounds(plan: &Availability, now: Timestamp, end: Timestamp, zone: &TimeZone) -> BTreeSet<Timestamp> {
    let second = now.as_second();
    let hours = (second - second.rem_euclid(3_600)..=end.as_second()).step_by(3_600);
    let mut bounds: BTreeSet<Timestamp> = hours.filter_map(|at| Timestamp::from_second(at).ok()).collect();
    let local = plan.exceptions.iter().flat_map(|exception| [exception.from(), exception.to()]);
    let instants = local.filter_map(|at| zone.to_ambiguous_timestamp(at).compatible().ok());
    bounds.extend(instants.filter(|at| now < *at && *at < end));
    bounds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("Europe/Stockholm").unwrap()
    }

    fn now() -> Timestamp {
        "2026-11-26T11:20:00Z".parse().unwrap()
    }

    fn said(plan: &Availability) -> Vec<String> {
        let end = now().checked_add(48.hours()).unwrap();
        let local = |at: Timestamp| at.to_zoned_datetime(zone()).strftime("%d %H:%M").to_string();
        let times = planned(plan, now(), end, &zone());
        times.iter().map(|(from, to, kind)| format!("{} {} {kind:?}", local(*from), local(*to))).collect()
    }

    #[test]
    fn hours_nights_and_exceptions_are_worked_out() {
        let plan = |hours: &str, exceptions: &str| Availability {
            exceptions: exceptions.parse().unwrap(),
            ..Availability::within(hours.parse().unwrap())
        };
        let table = [
            (Availability::ALWAYS, vec![]),
            (plan("always", "no 2026-11-27T08:30/2026-11-27T10:15 resa"), vec!["27 08:30 27 10:15 Away"]),
            (plan("mon-sun 17-20", ""), vec!["26 17:00 26 20:00 Open", "27 17:00 27 20:00 Open"]),
            (
                plan(
                    "mon-sun 17-20",
                    "yes 2026-11-27T12:00/2026-11-27T12:30; no 2026-11-27T18:00/2026-11-27T19:00",
                ),
                vec![
                    "26 17:00 26 20:00 Open",
                    "27 12:00 27 12:30 Open",
                    "27 17:00 27 18:00 Open",
                    "27 18:00 27 19:00 Away",
                    "27 19:00 27 20:00 Open",
                ],
            ),
            (
                Availability { nights: false, ..plan("always", "") },
                vec!["26 12:00 26 22:00 Open", "27 07:00 27 22:00 Open", "28 07:00 28 12:00 Open"],
            ),
        ];
        for (plan, expected) in table {
            assert_eq!(said(&plan), expected, "{plan:?}");
        }
    }

    #[test]
    fn what_is_written_is_a_calendar_that_names_nobody() {
        let random = certus_registry::Random::from_seed(1);
        let person = Volunteer {
            id: certus_registry::VolunteerId::new(certus_registry::Timestamp::from_millis(0), &random),
            name: "Anna Berg".parse().unwrap(),
            birth_year: None,
            phone: "+46701740605".parse().unwrap(),
            languages: vec![Language::Swedish],
            competences: Vec::new(),
            modes: Vec::new(),
            home: None,
            duty: Duty::Off { until: None },
            availability: Availability {
                exceptions: "no 2026-11-27T08:00/2026-11-27T10:00 resa".parse().unwrap(),
                ..Availability::ALWAYS
            },
            vetting: certus_registry::volunteer::Vetting::Applied,
            organisation: None,
            county: certus_registry::County::DEFAULT,
        };
        let text = feed(Language::Swedish, &person, now(), &zone());
        for line in [
            "BEGIN:VCALENDAR",
            "DTSTART:20261127T070000Z",
            "DTEND:20261127T090000Z",
            "SUMMARY:Kan inte larmas",
            "SUMMARY:Larm avstängda",
            "DTEND:20270125T112000Z",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
        for told in ["Anna", "resa", "070174", &person.id.to_string()] {
            assert!(!text.contains(told), "{told}: {text}");
        }
        let unfolded = icalendar::parser::unfold(&text);
        let read = icalendar::parser::read_calendar(&unfolded).unwrap();
        assert_eq!(read.components.len(), 2);
        assert_eq!(text, feed(Language::Swedish, &person, now(), &zone()), "the same again");
    }
}
