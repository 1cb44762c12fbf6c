//! Files as people's programs write them, and as they do not.

use super::*;

/// 2026-11-26T12:00 in Östersund, a Thursday.
fn now() -> Timestamp {
    "2026-11-26T11:00:00Z".parse().unwrap()
}

fn read_text(text: &str) -> Result<Calendar, Refused> {
    read(text.as_bytes(), now(), &TimeZone::get("Europe/Stockholm").unwrap())
}

fn with(events: &str) -> Result<Calendar, Refused> {
    read_text(&format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Jobb\r\n{}END:VCALENDAR\r\n",
        events.replace('\n', "\r\n")
    ))
}

fn event(lines: &str) -> Result<Calendar, Refused> {
    with(&format!("BEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\n"))
}

fn busy(calendar: Result<Calendar, Refused>) -> Vec<String> {
    let minute = |at: DateTime| at.strftime("%m-%d %H:%M").to_string();
    calendar.unwrap().busy.into_iter().map(|(from, to)| format!("{} {}", minute(from), minute(to))).collect()
}

#[test]
fn what_keeps_somebody_busy_is_told_in_local_time() {
    let table = [
        ("DTSTART:20261127T070000Z\nDTEND:20261127T080030Z", vec!["11-27 08:00 11-27 09:01"]),
        ("DTSTART;TZID=Europe/Stockholm:20261127T080000\nDURATION:PT1H30M", vec!["11-27 08:00 11-27 09:30"]),
        (
            "DTSTART;TZID=\"W. Europe Standard Time\":20261127T080000\nDTEND:20261127T093000",
            vec!["11-27 08:00 11-27 09:30"],
        ),
        ("DTSTART:20261127T080000\nDTEND:20261127T093000", vec!["11-27 08:00 11-27 09:30"]),
        ("DTSTART;VALUE=DATE:20261224\nDTEND;VALUE=DATE:20261227", vec!["12-24 00:00 12-27 00:00"]),
        ("DTSTART;VALUE=DATE:20261224", vec!["12-24 00:00 12-25 00:00"]),
        ("DTSTART:20261126T090000Z\nDTEND:20261126T120000Z", vec!["11-26 10:00 11-26 13:00"]),
        // Over, too far ahead, without length, off, free.
        ("DTSTART:20261126T090000Z\nDTEND:20261126T110000Z", vec![]),
        ("DTSTART:20270301T090000Z\nDTEND:20270301T110000Z", vec![]),
        ("DTSTART:20261127T080000", vec![]),
        ("STATUS:CANCELLED\nDTSTART;VALUE=DATE:20261224", vec![]),
        ("TRANSP:TRANSPARENT\nDTSTART;VALUE=DATE:20261224", vec![]),
        ("X-MICROSOFT-CDO-BUSYSTATUS:FREE\nDTSTART;VALUE=DATE:20261224", vec![]),
    ];
    for (lines, expected) in table {
        assert_eq!(busy(event(lines)), expected, "{lines}");
    }
}

#[test]
fn what_repeats_is_worked_out_for_two_months_with_what_is_left_out_and_moved() {
    let weekly = "DTSTART;TZID=Europe/Stockholm:20200103T080000\nDTEND;TZID=Europe/Stockholm:20200103T090000\nRRULE:FREQ=WEEKLY";
    assert_eq!(busy(event(weekly)).len(), 9, "every Friday, over the turn of the year");
    let until = |end: &str| busy(event(&format!("{weekly};UNTIL={end}")));
    for end in ["20261211", "20261211T080000", "20261211T070000Z"] {
        assert_eq!(
            until(end),
            ["11-27 08:00 11-27 09:00", "12-04 08:00 12-04 09:00", "12-11 08:00 12-11 09:00"],
            "{end}"
        );
    }
    let less = format!("{weekly};UNTIL=20261212\nEXDATE;TZID=Europe/Stockholm:20261204T080000");
    assert_eq!(busy(event(&less)), ["11-27 08:00 11-27 09:00", "12-11 08:00 12-11 09:00"]);
    let moved = format!(
        "BEGIN:VEVENT\nUID:1\n{weekly};UNTIL=20261205\nEND:VEVENT\nBEGIN:VEVENT\nUID:1\n\
         RECURRENCE-ID;TZID=Europe/Stockholm:20261204T080000\nDTSTART:20261205T120000Z\nDTEND:20261205T130000Z\nEND:VEVENT\n"
    );
    assert_eq!(busy(with(&moved)), ["11-27 08:00 11-27 09:00", "12-05 13:00 12-05 14:00"]);
    let days = "DTSTART;VALUE=DATE:20261201\nRRULE:FREQ=MONTHLY;COUNT=2";
    assert_eq!(busy(event(days)), ["12-01 00:00 12-02 00:00", "01-01 00:00 01-02 00:00"]);
    assert_eq!(
        busy(event("DTSTART;VALUE=DATE:19700101\nRRULE:FREQ=DAILY")).len(),
        1,
        "without an end: one long time"
    );
}

#[test]
fn what_is_not_understood_is_left_out_and_counted() {
    let rules = [
        "FREQ=SECONDLY",
        "FREQ=HOURLY;COUNT=3",
        "FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=0",
        "FREQ=NEVER",
        "COUNT=2",
        "",
    ];
    for rule in rules {
        let calendar =
            event(&format!("DTSTART:20200101T000000Z\nDTEND:20200101T000001Z\nRRULE:{rule}")).unwrap();
        assert_eq!((calendar.busy.len(), calendar.not_understood), (0, 1), "{rule}");
    }
    for lines in [
        "DTSTART:tomorrow",
        "SUMMARY:x",
        "DTSTART:20261127T080000\nDTEND:20261126T080000",
        "DTSTART:20261127T080000\nDURATION:soon",
    ] {
        assert_eq!(event(lines).unwrap().not_understood, 1, "{lines}");
    }
}

#[test]
fn what_is_no_calendar_or_too_much_is_refused_whole() {
    let nested =
        format!("BEGIN:VCALENDAR\n{}{}END:VCALENDAR\n", "BEGIN:A\n".repeat(50_000), "END:A\n".repeat(50_000));
    let table = [
        ("", Refused::NoCalendar),
        ("<html>", Refused::NoCalendar),
        ("BEGIN:VCARD\nEND:VCARD\n", Refused::NoCalendar),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", Refused::NoCalendar),
        (&nested, Refused::NoCalendar),
    ];
    for (text, expected) in table {
        assert_eq!(read_text(text), Err(expected), "{}", &text[..text.len().min(40)]);
    }
    assert_eq!(read(&vec![b'A'; BYTES_MAX + 1], now(), &TimeZone::UTC), Err(Refused::TooLarge));
    assert_eq!(read(b"BEGIN:VCALENDAR\xff", now(), &TimeZone::UTC), Err(Refused::NoCalendar));
    let one = |n: usize, lines: &str| format!("BEGIN:VEVENT\nUID:{n}\n{lines}\nEND:VEVENT\n");
    let daily: String =
        (0..40).map(|n| one(n, "DTSTART:19700101T000000Z\nDURATION:PT1M\nRRULE:FREQ=DAILY")).collect();
    assert_eq!(with(&daily), Err(Refused::TooMuch), "forty times 20 000 days");
    let many: String = (0..10_001).map(|n| one(n, "DTSTART;VALUE=DATE:20261224")).collect();
    assert_eq!(with(&many), Err(Refused::TooMuch));
    let hours: String = (0..101)
        .map(|n| one(n, &format!("DTSTART:202612{:02}T{:02}0000Z\nDURATION:PT10M", 1 + n / 24, n % 24)))
        .collect();
    assert_eq!(with(&hours), Err(Refused::TooManyTimes));
}

#[test]
fn a_name_and_folded_lines_are_read() {
    let calendar = with(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:A very\n  long day\nDTSTART:2026\n 1127T080000\nDTEND:20261127T090000\nEND:VEVENT\n",
    );
    let calendar = calendar.unwrap();
    assert_eq!((calendar.name.as_deref(), calendar.busy.len()), (Some("Jobb"), 1));
    let reason: Reason = "Jobb".parse().unwrap();
    assert_eq!(calendar.exceptions(&reason)[0].to_string(), "no 2026-11-27T08:00/2026-11-27T09:00 Jobb");
}
