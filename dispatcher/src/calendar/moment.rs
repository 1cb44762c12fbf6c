//! Times as calendars write them (RFC 5545, 3.3.4, 3.3.5, 3.3.6).

use icalendar::parser::Property;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

/// A day, or a moment of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Moment {
    /// All of a day, wherever one is.
    Day(Date),
    /// A moment: what the clock shows there.
    At(DateTime, TimeZone),
}

impl Moment {
    /// The first value of a property; `local` is the zone of times that name none, or one that nobody knows: Exchange calls zones
    /// what Windows does.
    pub(super) fn of(property: &Property<'_>, local: &TimeZone) -> Option<Self> {
        Self::all(property, local).next()
    }

    /// Every value of a property.
    pub(super) fn all<'a>(property: &'a Property<'_>, local: &TimeZone) -> impl Iterator<Item = Self> + 'a {
        let named =
            property.params.iter().find(|parameter| parameter.key.as_str().eq_ignore_ascii_case("TZID"));
        let named = named.and_then(|parameter| parameter.val.as_ref());
        let zone = named.and_then(|name| TimeZone::get(name.as_str().trim_matches('"')).ok());
        let zone = zone.unwrap_or_else(|| local.clone());
        property.val.as_str().split(',').filter_map(move |text| Self::read(text.trim(), &zone))
    }

    fn read(text: &str, zone: &TimeZone) -> Option<Self> {
        if text.len() == 8 {
            return Date::strptime("%Y%m%d", text).ok().map(Self::Day);
        }
        let (text, zone) = match text.strip_suffix('Z') {
            Some(text) => (text, &TimeZone::UTC),
            None => (text, zone),
        };
        DateTime::strptime("%Y%m%dT%H%M%S", text).ok().map(|at| Self::At(at, zone.clone()))
    }

    /// The moment itself; of a day, as if it began in UTC.
    pub(super) fn instant(&self) -> Option<Timestamp> {
        let (at, zone) = match self {
            Self::Day(day) => (day.at(0, 0, 0, 0), &TimeZone::UTC),
            Self::At(at, zone) => (*at, zone),
        };
        zone.to_ambiguous_timestamp(at).compatible().ok()
    }
}

/// How long something takes that says so by itself, `P1DT2H`, seconds.
pub(super) fn seconds(duration: &str) -> Option<i64> {
    let span: Span = duration.trim().parse().ok()?;
    let total = span.total((jiff::Unit::Second, jiff::SpanRelativeTo::days_are_24_hours())).ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "years of seconds are exact")]
    (0.0..1e9).contains(&total).then_some(total as i64)
}

/// A moment as UTC, which every rule reads the same.
pub(super) fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}
