//! Until when somebody is free or busy: "upptagen 2 tim", "ledig till 22:30", "busy until Monday 8".

use certus_registry::Timestamp;
use jiff::ZonedDateTime;
use jiff::civil::{Date, Weekday};

use super::tokens::Token;

/// An end in time, as it was said; [`Until::resolve`] says when that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// So many minutes from now.
    After {
        /// 1 to a year.
        minutes: u32,
    },
    /// The next time that it is this o'clock on such a day.
    At {
        /// Which day; the next on which the time is still to come when not said.
        day: Option<Day>,
        /// 0 to 23.
        hour: i8,
        /// 0 to 59.
        minute: i8,
    },
}

/// A day, as it was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Day {
    /// The day after today.
    Tomorrow,
    /// The next such day after today.
    Next(Weekday),
    /// The next such day of a year after today.
    Of {
        /// 1 to 31.
        day: i8,
        /// 1 to 12.
        month: i8,
    },
}

impl Until {
    /// The point in time, for somebody who says it at `local`. `None`: there is no such day.
    #[must_use]
    pub fn resolve(self, local: &ZonedDateTime) -> Option<Timestamp> {
        let now = Timestamp::from_millis(local.timestamp().as_millisecond());
        let (day, hour, minute) = match self {
            Self::After { minutes } => {
                return Some(now + std::time::Duration::from_secs(u64::from(minutes) * 60));
            }
            Self::At { day, hour, minute } => (day, hour, minute),
        };
        let at = |date: Date| {
            let at = date.at(hour, minute, 0, 0).to_zoned_datetime(local.time_zone().clone()).ok()?;
            Some(Timestamp::from_millis(at.timestamp().as_millisecond()))
        };
        let today = local.date();
        match day {
            None => at(today).filter(|time| *time > now).or_else(|| at(today.tomorrow().ok()?)),
            Some(Day::Tomorrow) => at(today.tomorrow().ok()?),
            Some(Day::Next(weekday)) => at(today.nth_weekday(1, weekday).ok()?),
            Some(Day::Of { day, month }) => {
                let of = |year| Date::new(year, month, day).ok();
                at(of(today.year()).filter(|date| *date > today).or_else(|| of(today.year() + 1))?)
            }
        }
    }
}

const TO: &[&str] = &["till", "tills", "til", "until", "to"];
const OCLOCK: &[&str] = &["kl", "klockan", "at"];
const FOR: &[&str] = &["i", "for", "nu", "now", "ca", "cirka"];
const ONE: &[&str] = &["en", "ett", "a", "an", "one"];
/// Minutes of each word.
const SPANS: &[(u32, &[&str])] = &[
    (1, &["min", "mins", "m", "minut", "minuter", "minute", "minutes"]),
    (60, &["h", "tim", "timme", "timmar", "hour", "hours"]),
    (24 * 60, &["dag", "dagar", "dygn", "day", "days"]),
    (7 * 24 * 60, &["vecka", "veckor", "week", "weeks"]),
];
/// The longest end that is believed: a year.
const MINUTES_MAX: u32 = 366 * 24 * 60;

const WEEKDAYS: &[(Weekday, &[&str])] = &[
    (Weekday::Monday, &["mandag", "man", "monday", "mon"]),
    (Weekday::Tuesday, &["tisdag", "tis", "tuesday", "tue"]),
    (Weekday::Wednesday, &["onsdag", "ons", "wednesday", "wed"]),
    (Weekday::Thursday, &["torsdag", "tor", "tors", "thursday", "thu"]),
    (Weekday::Friday, &["fredag", "fre", "friday", "fri"]),
    (Weekday::Saturday, &["lordag", "lor", "saturday", "sat"]),
    (Weekday::Sunday, &["sondag", "son", "sunday", "sun"]),
];
const MONTHS: [&[&str]; 12] = [
    &["januari", "january", "jan"],
    &["februari", "february", "feb"],
    &["mars", "march", "mar"],
    &["april", "apr"],
    &["maj", "may"],
    &["juni", "june", "jun"],
    &["juli", "july", "jul"],
    &["augusti", "august", "aug"],
    &["september", "sep", "sept"],
    &["oktober", "october", "okt", "oct"],
    &["november", "nov"],
    &["december", "dec"],
];

/// Finds an end right after the word at `from`, and where the words of it stop.
pub(super) fn find(tokens: &[Token], from: usize) -> Option<(Until, usize)> {
    let mut reader = Reader { tokens, at: from };
    if reader.take(TO) {
        reader.take(OCLOCK);
        let until = reader.moment()?;
        return Some((until, reader.at));
    }
    while reader.take(FOR) {}
    let until = reader.span()?;
    Some((until, reader.at))
}

struct Reader<'a> {
    tokens: &'a [Token],
    at: usize,
}

impl Reader<'_> {
    fn take(&mut self, words: &[&str]) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| words.contains(&token.text.as_str()));
        self.at += usize::from(found);
        found
    }

    fn take_number(&mut self, up_to: u16) -> Option<u16> {
        let number = self.tokens.get(self.at)?.number().filter(|number| *number <= up_to)?;
        self.at += 1;
        Some(number)
    }

    fn last(&self) -> Option<&Token> {
        self.tokens.get(self.at.checked_sub(1)?)
    }

    /// "2 tim", "en vecka".
    fn span(&mut self) -> Option<Until> {
        let number = if self.take(ONE) { 1 } else { u32::from(self.take_number(9999)?) };
        let (unit, _) = SPANS.iter().find(|(_, words)| self.take(words))?;
        let minutes = number.checked_mul(*unit).filter(|minutes| (1..=MINUTES_MAX).contains(minutes))?;
        Some(Until::After { minutes })
    }

    /// "18:30", "måndag", "i morgon kl 8", "24/12", "24 december 18".
    fn moment(&mut self) -> Option<Until> {
        let day = self.day();
        if day.is_none() {
            let (hour, minute) = self.time()?;
            return Some(Until::At { day, hour, minute });
        }
        let before = self.at;
        self.take(OCLOCK);
        let (hour, minute) = self.time().unwrap_or_else(|| {
            self.at = before;
            (0, 0)
        });
        Some(Until::At { day, hour, minute })
    }

    fn day(&mut self) -> Option<Day> {
        let start = self.at;
        if self.take(&["imorgon", "imorn", "tomorrow"]) || (self.take(&["i"]) && self.take(&["morgon"])) {
            return Some(Day::Tomorrow);
        }
        self.at = start;
        if let Some((weekday, _)) = WEEKDAYS.iter().find(|(_, words)| self.take(words)) {
            return Some(Day::Next(*weekday));
        }
        let found = self.day_of_month();
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn day_of_month(&mut self) -> Option<Day> {
        self.take(&["den", "the"]);
        let day = self.take_number(31)?;
        let month = if self.last()?.slashed {
            self.take_number(12)?
        } else {
            (1..).zip(MONTHS).find(|(_, words)| self.take(words))?.0
        };
        Some(Day::Of { day: small(day), month: small(month) })
    }

    /// "18", "18:30", "18.30", "1830", "24".
    fn time(&mut self) -> Option<(i8, i8)> {
        let digits = self.tokens.get(self.at)?.text.len();
        let number = self.take_number(2400)?;
        if digits == 4 {
            return clock(number / 100, number % 100);
        }
        let closed = self.last()?.closed;
        let minute = if closed { self.take_number(59) } else { None };
        clock(number, minute.unwrap_or(0))
    }
}

fn clock(hour: u16, minute: u16) -> Option<(i8, i8)> {
    let fits = minute < 60 && (hour < 24 || (hour == 24 && minute == 0));
    fits.then_some((small(hour % 24), small(minute)))
}

/// At most 59 by the callers' bounds.
fn small(number: u16) -> i8 {
    i8::try_from(number).unwrap_or(i8::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    /// Tuesday, 24 November 2026, 20:00 in Stockholm.
    fn resolved(text: &str) -> Option<String> {
        let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap();
        let now = Timestamp::parse_rfc3339("2026-11-24T20:00:00+01:00").unwrap();
        let until = parse(text).until?.resolve(&now.in_zone(&zone))?;
        Some(until.in_zone(&zone).strftime("%a %-d/%-m %H:%M").to_string())
    }

    #[test]
    fn an_end_is_read_as_people_write_it() {
        let cases = [
            ("UPPTAGEN TILL 18", "Wed 25/11 18:00"),
            ("upptagen till kl 22", "Tue 24/11 22:00"),
            ("Ledig till 22:30", "Tue 24/11 22:30"),
            ("ledig tills klockan 22.30", "Tue 24/11 22:30"),
            ("upptagen till 0630", "Wed 25/11 06:30"),
            ("upptagen till 24", "Wed 25/11 00:00"),
            ("UPPTAGEN 2 TIM", "Tue 24/11 22:00"),
            ("upptagen i 90 minuter", "Tue 24/11 21:30"),
            ("busy for an hour", "Tue 24/11 21:00"),
            ("upptagen nu i en vecka", "Tue 1/12 20:00"),
            ("upptagen 3 dagar", "Fri 27/11 20:00"),
            ("UPPTAGEN TILL MÅNDAG", "Mon 30/11 00:00"),
            ("upptagen till tisdag", "Tue 1/12 00:00"),
            ("busy until Monday 8", "Mon 30/11 08:00"),
            ("upptagen till lör kl 08:15", "Sat 28/11 08:15"),
            ("upptagen till imorgon", "Wed 25/11 00:00"),
            ("upptagen till i morgon 7", "Wed 25/11 07:00"),
            ("upptagen till 24/12", "Thu 24/12 00:00"),
            ("upptagen till den 3 januari kl 12", "Sun 3/1 12:00"),
            ("available until 24 december", "Thu 24/12 00:00"),
        ];
        for (text, expected) in cases {
            assert_eq!(resolved(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_end_is_not_guessed() {
        let cases = [
            "UPPTAGEN",
            "upptagen tills jag är frisk",
            "upptagen till 25",
            "upptagen till 18:75x",
            "upptagen till 31/2",
            "upptagen 9999 veckor",
            "upptagen 0 min",
            "ledig 18",
            "JA 12 min",
        ];
        for text in cases {
            let found = resolved(text);
            // "18:75" is read as 18: the confirmation says so.
            assert!(
                found.is_none() || (text.contains("75") && found.as_deref() == Some("Wed 25/11 18:00")),
                "{text}"
            );
        }
    }

    #[test]
    fn the_words_of_an_end_are_no_note_and_no_minutes() {
        let reply = parse("upptagen 2 tim");
        assert_eq!((reply.note, reply.minutes, reply.code), (None, None, None));
        assert_eq!(parse("upptagen till 18, jobb").note.as_deref(), Some("upptagen till 18, jobb"));
    }

    proptest::proptest! {
        #[test]
        fn no_end_makes_it_panic_and_none_is_past(rest in "(till |i |kl |den )?[0-9]{0,4}[:./ ]?[0-9]{0,3}( [a-zåäö]{2,8}){0,2}") {
            let zone = jiff::tz::TimeZone::get("Europe/Stockholm").unwrap();
            let now = Timestamp::parse_rfc3339("2026-03-29T01:30:00+01:00").unwrap();
            let local = now.in_zone(&zone);
            if let Some(until) = parse(&format!("upptagen {rest}")).until.and_then(|until| until.resolve(&local)) {
                proptest::prop_assert!(until > now, "{}", rest);
            }
        }
    }
}
