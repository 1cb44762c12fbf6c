//! A calendar file as the times in which somebody is busy. Everything is bounded before or while it is read.

use std::collections::HashMap;

use certus_registry::availability::{EXCEPTIONS_MAX, Exception, Reason};
use icalendar::parser::{Component, read_calendar, unfold};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::AHEAD_DAYS;
use super::expand::{REPETITIONS_MAX, Unknown, starts};
use super::moment::{Moment, seconds};

/// The largest file, bytes: some ten years of a busy calendar.
pub const BYTES_MAX: usize = 2 * 1024 * 1024;
/// Events in one file.
const EVENTS_MAX: usize = 10_000;
/// How deep parts lie in one another: alarms in events in the calendar, and some to spare. The parser calls itself for each.
const DEPTH_MAX: usize = 6;
const DAY_SECONDS: i64 = 86_400;

/// What a file says.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// What it is called, if it says so.
    pub name: Option<String>,
    /// When somebody is busy, local time, from now on and for [`AHEAD_DAYS`]: what touches is one.
    pub busy: Vec<(DateTime, DateTime)>,
    /// Events whose times or rules were not understood: they are left out.
    pub not_understood: usize,
}

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// More than [`BYTES_MAX`].
    TooLarge,
    /// Not a calendar.
    NoCalendar,
    /// Too many events, or repetitions of them.
    TooMuch,
    /// More times than a person may have exceptions.
    TooManyTimes,
}

impl Refused {
    /// The second half of its key in the Fluent files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too-large",
            Self::NoCalendar => "no-calendar",
            Self::TooMuch => "too-much",
            Self::TooManyTimes => "too-many-times",
        }
    }
}

/// Reads a file as it is at `now` in the zone `local`.
///
/// # Errors
/// [`Refused`] says what was expected; nothing of the file counts then.
pub fn read(bytes: &[u8], now: Timestamp, local: &TimeZone) -> Result<Calendar, Refused> {
    if bytes.len() > BYTES_MAX {
        return Err(Refused::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| Refused::NoCalendar)?;
    let text = unfold(text.trim_start_matches('\u{feff}').trim_start());
    if !is_shallow(&text) {
        return Err(Refused::NoCalendar);
    }
    let calendar = read_calendar(&text).map_err(|_| Refused::NoCalendar)?;
    let events: Vec<&Component<'_>> =
        calendar.components.iter().filter(|part| part.name == "VEVENT").collect();
    if events.len() > EVENTS_MAX {
        return Err(Refused::TooMuch);
    }
    let name = calendar.properties.iter().find(|property| property.name == "X-WR-CALNAME");
    let name = name.map(|property| property.val.as_str().to_owned());
    let until = now.checked_add((AHEAD_DAYS * 24).hours()).map_err(|_| Refused::TooMuch)?;
    let mut reading =
        Reading { now, until, local, left: REPETITIONS_MAX, not_understood: 0, busy: Vec::new() };
    let moved = moved(&events, local);
    for event in events {
        let uid = value(event, "UID").unwrap_or_default();
        let is_moved = value(event, "RECURRENCE-ID").is_some();
        let elsewhere = moved.get(uid).filter(|_| !is_moved).map_or(&[][..], Vec::as_slice);
        reading.event(event, elsewhere)?;
    }
    let busy = merged(reading.busy);
    if busy.len() > EXCEPTIONS_MAX {
        return Err(Refused::TooManyTimes);
    }
    Ok(Calendar { name, busy, not_understood: reading.not_understood })
}

impl Calendar {
    /// The busy times as exceptions that say which calendar they are from.
    #[must_use]
    pub fn exceptions(&self, reason: &Reason) -> Vec<Exception> {
        let away =
            |(from, to): &(DateTime, DateTime)| Exception::new(*from, *to, false, Some(reason.clone()));
        self.busy.iter().filter_map(|span| away(span).ok()).collect()
    }
}

/// Whether it begins as a calendar, and no part lies too deep.
fn is_shallow(text: &str) -> bool {
    let is =
        |line: &str, word: &str| line.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    let mut depth = 0_usize;
    for line in text.lines() {
        depth = if is(line, "BEGIN:") { depth + 1 } else { depth };
        if depth > DEPTH_MAX {
            return false;
        }
        depth = if is(line, "END:") { depth.saturating_sub(1) } else { depth };
    }
    is(text, "BEGIN:VCALENDAR") && depth == 0
}

/// A file that is being read.
struct Reading<'a> {
    now: Timestamp,
    until: Timestamp,
    local: &'a TimeZone,
    left: usize,
    not_understood: usize,
    busy: Vec<(DateTime, DateTime)>,
}

impl Reading<'_> {
    /// Takes down when an event keeps somebody busy.
    fn event(&mut self, event: &Component<'_>, moved: &[Timestamp]) -> Result<(), Refused> {
        if is_free(event) {
            return Ok(());
        }
        let Some((first, length_s)) = self.times(event) else {
            self.not_understood += 1;
            return Ok(());
        };
        match starts(event, &first, moved, self.until, self.local, &mut self.left) {
            Ok(starts) => starts.into_iter().for_each(|at| self.keep(&first, at, length_s)),
            Err(Unknown::Rule) => self.not_understood += 1,
            Err(Unknown::TooMany) => return Err(Refused::TooMuch),
        }
        Ok(())
    }

    /// When an event is for the first time, and how long, seconds.
    fn times(&self, event: &Component<'_>) -> Option<(Moment, i64)> {
        let first = Moment::of(property(event, "DTSTART")?, self.local)?;
        let length_s = if let Some(end) = property(event, "DTEND") {
            let end = Moment::of(end, self.local)?.instant()?;
            end.as_second() - first.instant()?.as_second()
        } else if let Some(duration) = value(event, "DURATION") {
            seconds(duration)?
        } else {
            match first {
                Moment::Day(_) => DAY_SECONDS,
                Moment::At(..) => 0,
            }
        };
        (length_s >= 0).then_some((first, length_s))
    }

    /// Keeps one time, unless it is over by now or takes no time.
    fn keep(&mut self, first: &Moment, at: Timestamp, length_s: i64) {
        let Ok(end) = at.checked_add(length_s.seconds()) else { return };
        let shown = |at: Timestamp, zone: &TimeZone| at.to_zoned_datetime(zone.clone()).datetime();
        let zone = match first {
            Moment::Day(_) => &TimeZone::UTC, // a day is a day wherever one is
            Moment::At(..) => self.local,
        };
        let (from, to) = (floor(shown(at, zone)), ceiling(shown(end, zone)));
        let (now, until) = (shown(self.now, self.local), shown(self.until, self.local));
        if from < to && to > now && from < until {
            self.busy.push((from, to));
        }
    }
}

/// Whether an event leaves its time free, or is off.
fn is_free(event: &Component<'_>) -> bool {
    let says =
        |name: &str, word: &str| value(event, name).is_some_and(|said| said.eq_ignore_ascii_case(word));
    says("STATUS", "CANCELLED") || says("TRANSP", "TRANSPARENT") || says("X-MICROSOFT-CDO-BUSYSTATUS", "FREE")
}

/// Of events that repeat, when they would have been that are told of by themselves; by their UID.
fn moved<'a>(events: &[&'a Component<'_>], local: &TimeZone) -> HashMap<&'a str, Vec<Timestamp>> {
    let mut moved: HashMap<&str, Vec<Timestamp>> = HashMap::new();
    for event in events {
        let at = property(event, "RECURRENCE-ID").and_then(|at| Moment::of(at, local)?.instant());
        if let (Some(uid), Some(at)) = (value(event, "UID"), at) {
            moved.entry(uid).or_default().push(at);
        }
    }
    moved
}

fn property<'a, 'b>(event: &'a Component<'b>, name: &str) -> Option<&'a icalendar::parser::Property<'b>> {
    event.properties.iter().find(|property| property.name.as_str().eq_ignore_ascii_case(name))
}

fn value<'a>(event: &'a Component<'_>, name: &str) -> Option<&'a str> {
    property(event, name).map(|property| property.val.as_str())
}

fn floor(at: DateTime) -> DateTime {
    at.with().second(0).subsec_nanosecond(0).build().unwrap_or(at)
}

fn ceiling(at: DateTime) -> DateTime {
    let whole = floor(at);
    if whole == at { at } else { whole.saturating_add(1.minute()) }
}

/// Times that overlap or touch as one.
fn merged(mut busy: Vec<(DateTime, DateTime)>) -> Vec<(DateTime, DateTime)> {
    busy.sort_unstable();
    let mut all: Vec<(DateTime, DateTime)> = Vec::new();
    for (from, to) in busy {
        match all.last_mut() {
            Some((_, end)) if from <= *end => *end = (*end).max(to),
            Some(_) | None => all.push((from, to)),
        }
    }
    all
}

#[cfg(test)]
mod tests;
