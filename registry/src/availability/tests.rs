use proptest::prelude::*;

use super::*;

fn at(text: &str) -> ZonedDateTime {
    format!("{text}[Europe/Stockholm]").parse().unwrap()
}

/// A plan of weekly hours with one exception.
fn plan(hours: &str, exceptions: &str) -> Availability {
    Availability { exceptions: exceptions.parse().unwrap(), ..Availability::within(hours.parse().unwrap()) }
}

#[test]
fn an_exception_comes_before_the_week_and_a_no_before_a_yes() {
    let away = plan("always", "no 2026-12-24T12:00/2026-12-27T00:00 resa");
    assert_eq!(away.hindrance(&at("2026-12-24T11:59")), None);
    assert_eq!(away.hindrance(&at("2026-12-24T12:00")), Some(Hindrance::Exception));
    assert_eq!(away.hindrance(&at("2026-12-27T00:00")), None, "the end is without");
    let extra = plan("never", "yes 2026-12-24T12:00/2026-12-24T18:00; no 2026-12-24T15:00/2026-12-24T16:00");
    assert_eq!(extra.hindrance(&at("2026-12-24T14:59")), None);
    assert_eq!(extra.hindrance(&at("2026-12-24T15:30")), Some(Hindrance::Exception));
    assert_eq!(extra.hindrance(&at("2026-12-24T18:00")), Some(Hindrance::Hours));
}

#[test]
fn holidays_are_days_like_others_or_sundays_or_closed() {
    let hours = "mon-fri 08-16; sun 10-12";
    let epiphany = |holidays, hour: &str| {
        let plan = Availability { holidays, ..plan(hours, "") };
        plan.hindrance(&at(&format!("2026-01-06T{hour}:00"))).is_none()
    };
    assert!(epiphany(Holidays::AsUsual, "09") && epiphany(Holidays::AsUsual, "11"), "a Tuesday");
    assert!(!epiphany(Holidays::AsSunday, "09") && epiphany(Holidays::AsSunday, "11"));
    assert!(!epiphany(Holidays::Closed, "09") && !epiphany(Holidays::Closed, "11"));
    let closed = Availability { holidays: Holidays::Closed, ..plan(hours, "") };
    assert_eq!(closed.hindrance(&at("2026-01-07T09:00")), None, "no holiday");
}

#[test]
fn whoever_has_opted_out_of_nights_is_asked_between_07_and_22_and_by_their_own_exception() {
    let plan = Availability { nights: false, ..plan("always", "yes 2026-11-24T23:00/2026-11-25T00:00") };
    for (time, hindrance) in [
        ("2026-11-23T21:59", None),
        ("2026-11-23T22:00", Some(Hindrance::Hours)),
        ("2026-11-24T06:59", Some(Hindrance::Hours)),
        ("2026-11-24T07:00", None),
        ("2026-11-24T23:30", None),
    ] {
        assert_eq!(plan.hindrance(&at(time)), hindrance, "{time}");
    }
    assert_eq!(Availability::ALWAYS.hindrance(&at("2026-11-24T03:00")), None, "who has said nothing");
}

/// 25 October 2026: 02:00 to 03:00 comes twice.
#[test]
fn in_the_night_of_25_october_both_turns_of_an_hour_are_that_hour() {
    let (first, second) = ("2026-10-25T02:30+02:00", "2026-10-25T02:30+01:00");
    for hours in ["sun 02-03", "sat 22-03"] {
        assert!([first, second].iter().all(|turn| plan(hours, "").hindrance(&at(turn)).is_none()), "{hours}");
    }
    let away = plan("always", "no 2026-10-25T02:15/2026-10-25T02:45");
    let out = |time| away.hindrance(&at(time)).is_some();
    assert!(
        !out("2026-10-25T02:14+02:00") && out("2026-10-25T02:15+02:00"),
        "from the first quarter past two"
    );
    assert!(out("2026-10-25T02:50+02:00") && out("2026-10-25T02:05+01:00"), "through what lies between");
    assert!(
        out("2026-10-25T02:44+01:00") && !out("2026-10-25T02:45+01:00"),
        "to the second quarter to three"
    );
    let extra = plan("never", "yes 2026-10-25T02:15/2026-10-25T03:30");
    assert!(
        extra.hindrance(&at("2026-10-25T02:20+02:00")).is_some(),
        "what opens somebody begins the second time"
    );
    assert_eq!(extra.hindrance(&at("2026-10-25T02:20+01:00")), None);
}

/// 29 March 2026: 02:00 to 03:00 does not come.
#[test]
fn in_the_night_of_29_march_an_end_in_the_missing_hour_is_one_hour_on() {
    let away = plan("always", "no 2026-03-29T01:00/2026-03-29T02:30");
    assert!(away.hindrance(&at("2026-03-29T01:59+01:00")).is_some());
    assert!(away.hindrance(&at("2026-03-29T03:29+02:00")).is_some(), "half an hour after 01:59 and a minute");
    assert_eq!(away.hindrance(&at("2026-03-29T03:30+02:00")), None);
    let nothing = plan("always", "no 2026-03-29T02:10/2026-03-29T02:50");
    assert!(nothing.hindrance(&at("2026-03-29T03:20+02:00")).is_some());
    assert_eq!(plan("sun 02-03", "").hindrance(&at("2026-03-29T03:00+02:00")), Some(Hindrance::Hours));
}

#[test]
fn nonsense_is_named() {
    for (text, expected) in [
        ("no", "'no' is no exception"),
        ("maybe 2026-12-24T00:00/2026-12-25T00:00", "is no exception"),
        ("no 2026-12-24T00:00", "is no exception"),
        ("no 2026-12-24/2026-12-25", "'2026-12-24' is no local time"),
        ("no 2026-12-32T00:00/2026-12-25T00:00", "'2026-12-32T00:00' is no local time"),
        ("no 2026-12-25T00:00/2026-12-24T00:00", "from 2026-12-25T00:00 to 2026-12-24T00:00 has no length"),
        ("no 2026-12-24T00:00/2026-12-25T00:00 \u{202e}x", "expected a reason"),
    ] {
        let error = text.parse::<Exceptions>().unwrap_err().to_string();
        assert!(error.contains(expected), "{error} should contain {expected}");
    }
    let day = |n: u8| format!("no 2026-12-24T{:02}:{:02}/2026-12-25T00:00", n / 60, n % 60);
    let many: Vec<String> = (0..101).map(day).collect();
    assert_eq!(many.join(";").parse::<Exceptions>(), Err(ExceptionError::TooMany(101)));
    assert!(
        "0".parse::<MonthlyMax>().is_err()
            && "31".parse::<MonthlyMax>().is_err()
            && "x".parse::<MonthlyMax>().is_err()
    );
}

#[test]
fn what_is_over_is_forgotten() {
    let both: Exceptions =
        "no 2026-12-24T00:00/2026-12-25T00:00; no 2026-12-26T00:00/2026-12-27T00:00".parse().unwrap();
    assert_eq!(both.since(jiff::civil::date(2026, 12, 25).at(0, 0, 0, 0)).len(), 1);
}

proptest! {
    #[test]
    fn exceptions_read_back_as_they_were_written(all in proptest::collection::vec(exception(), 0..8)) {
        let exceptions = Exceptions::of(all).unwrap();
        prop_assert_eq!(exceptions.to_string().parse::<Exceptions>().unwrap(), exceptions);
    }

    /// Away from the nights in which the clocks are changed, an exception is a comparison of local times.
    #[test]
    fn in_plain_weeks_an_exception_covers_what_lies_between_its_times(it in exception(), minute in 0..400_000_i64) {
        let now = jiff::civil::date(2026, 4, 1).at(0, 0, 0, 0).saturating_add(jiff::Span::new().minutes(minute % 260_000));
        let zoned = at(&now.to_string());
        prop_assert_eq!(it.covers(&zoned), it.from() <= now && now < it.to());
    }
}

/// Within the summer time of 2026.
pub(crate) fn exception() -> impl Strategy<Value = Exception> {
    let reason = proptest::option::of("[a-zåäö]{1,10}( [a-z]{1,10})?");
    (0..250_000_i64, 1..30_000_i64, any::<bool>(), reason).prop_map(|(minute, length, available, reason)| {
        let after = |minutes| {
            jiff::civil::date(2026, 4, 1).at(0, 0, 0, 0).saturating_add(jiff::Span::new().minutes(minutes))
        };
        let (from, to) = (after(minute), after(minute + length));
        Exception::new(from, to, available, reason.map(|reason| reason.parse().unwrap())).unwrap()
    })
}
