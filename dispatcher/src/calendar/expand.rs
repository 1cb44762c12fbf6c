//! When something that repeats happens (RFC 5545, 3.8.5), as far as anybody asks.

use icalendar::parser::{Component, Property};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rrule::RRuleSet;

use super::moment::{Moment, utc};

/// Repetitions of one file that are looked at: 200 daily meetings of three years.
pub(super) const REPETITIONS_MAX: usize = 200_000;

/// What something repeats by that is not worked out: oftener than daily nobody has appointments, and a rule of seconds of every
/// minute of every day is a way to keep a server busy.
const LEFT_OUT: [&str; 6] =
    ["FREQ=HOURLY", "FREQ=MINUTELY", "FREQ=SECONDLY", "BYHOUR", "BYMINUTE", "BYSECOND"];

/// Why it is not known when something happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    /// Its rule.
    Rule,
    /// [`REPETITIONS_MAX`] is used up.
    TooMany,
}

/// When it begins, from its first time up to `until`; `moved` are those that stand elsewhere by themselves. Days count as if they
/// began in UTC. What is looked at is taken off `left`.
pub(super) fn starts(
    event: &Component<'_>,
    first: &Moment,
    moved: &[Timestamp],
    until: Timestamp,
    local: &TimeZone,
    left: &mut usize,
) -> Result<Vec<Timestamp>, Unknown> {
    let all = |name: &'static str| {
        event.properties.iter().filter(move |property| property.name.as_str().eq_ignore_ascii_case(name))
    };
    let first_at = first.instant().ok_or(Unknown::Rule)?;
    if all("RRULE").chain(all("RDATE")).next().is_none() {
        return Ok(vec![first_at]);
    }
    let mut lines = vec![match first {
        Moment::At(at, zone) if zone.iana_name().is_some_and(|name| name != "UTC") => {
            let name = zone.iana_name().unwrap_or_default();
            format!("DTSTART;TZID={name}:{}", at.strftime("%Y%m%dT%H%M%S"))
        }
        Moment::Day(_) | Moment::At(..) => format!("DTSTART:{}", utc(first_at)),
    }];
    for rule in all("RRULE") {
        lines.push(format!("RRULE:{}", sound(rule).ok_or(Unknown::Rule)?));
    }
    let dates = |name: &'static str| {
        all(name).flat_map(|property| Moment::all(property, local)).filter_map(|moment| moment.instant())
    };
    lines.extend(dates("RDATE").map(|at| format!("RDATE:{}", utc(at))));
    lines.extend(dates("EXDATE").chain(moved.iter().copied()).map(|at| format!("EXDATE:{}", utc(at))));
    let set: RRuleSet = lines.join("\n").parse().map_err(|_| Unknown::Rule)?;
    let mut found = Vec::new();
    for at in &set.limit() {
        *left = left.checked_sub(1).ok_or(Unknown::TooMany)?;
        let at = Timestamp::from_second(at.timestamp()).map_err(|_| Unknown::Rule)?;
        if at >= until {
            break;
        }
        found.push(at);
    }
    Ok(found)
}

/// The rule as it can be worked out; an end without a time of day is that day's, and every end is UTC.
fn sound(rule: &Property<'_>) -> Option<String> {
    let rule = rule.val.as_str().trim().to_ascii_uppercase();
    if LEFT_OUT.iter().any(|part| rule.contains(part)) {
        return None;
    }
    let part = |part: &str| match part.strip_prefix("UNTIL=") {
        Some(end) if end.len() == 8 => format!("UNTIL={end}T235959Z"),
        Some(end) if !end.ends_with('Z') => format!("UNTIL={end}Z"),
        Some(_) | None => part.to_owned(),
    };
    Some(rule.split(';').filter(|part| !part.is_empty()).map(part).collect::<Vec<_>>().join(";"))
}
