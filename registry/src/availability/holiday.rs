//! The public holidays of Sweden (lag 1989:253 om allmänna helgdagar), Sundays aside: they are Sundays already. The law says
//! nothing of eves; whoever is away on Christmas Eve says so by an exception.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday, date};

/// Whether `day` is a public holiday of Sweden other than a plain Sunday.
#[must_use]
pub fn is_public_holiday(day: Date) -> bool {
    let fixed = matches!((day.month(), day.day()), (1, 1 | 6) | (5, 1) | (6, 6) | (12, 25 | 26));
    fixed || is_by_weekday(day) || is_by_easter(day)
}

/// Midsummer's Day is the Saturday between 20 and 26 June, All Saints' Day the one between 31 October and 6 November.
fn is_by_weekday(day: Date) -> bool {
    let near = matches!((day.month(), day.day()), (6, 20..=26) | (10, 31) | (11, 1..=6));
    near && day.weekday() == Weekday::Saturday
}

/// Good Friday, Easter Sunday and Monday, Ascension Day (the sixth Thursday after), Whit Sunday (the seventh Sunday after).
fn is_by_easter(day: Date) -> bool {
    [-2, 0, 1, 39, 49].into_iter().any(|days| easter(day.year()).saturating_add(days.days()) == day)
}

/// Easter Sunday by the Gregorian calendar ("Anonymous Gregorian algorithm", Nature, 20 April 1876; Meeus, Astronomical
/// Algorithms, 2nd ed., chapter 8). The letters are Meeus's.
#[expect(clippy::many_single_char_names, reason = "as in the source")]
fn easter(year: i16) -> Date {
    let year = i32::from(year);
    let a = year % 19;
    let (b, c) = (year / 100, year % 100);
    let (d, e) = (b / 4, b % 4);
    let f = (b + 8) / 25;
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let days_after_21_march = h + l - 7 * m + 1;
    let year = i16::try_from(year).expect("it was one");
    date(year, 3, 21).saturating_add(days_after_21_march.days())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easter_falls_where_the_almanac_has_it() {
        for (year, month, day) in [
            (1943, 4, 25),
            (2000, 4, 23),
            (2008, 3, 23),
            (2024, 3, 31),
            (2026, 4, 5),
            (2027, 3, 28),
            (2038, 4, 25),
        ] {
            assert_eq!(easter(year), date(year, month, day));
        }
    }

    #[test]
    fn easter_is_a_sunday_between_22_march_and_25_april() {
        for year in 1900..=2200 {
            let day = easter(year);
            assert_eq!(day.weekday(), Weekday::Sunday, "{day}");
            assert!((date(year, 3, 22)..=date(year, 4, 25)).contains(&day), "{day}");
        }
    }

    #[test]
    fn the_holidays_of_2026_are_those_of_the_almanac() {
        let year = (0..365).map(|n| date(2026, 1, 1).saturating_add(n.days()));
        let found: Vec<String> =
            year.filter(|day| is_public_holiday(*day)).map(|day| day.to_string()).collect();
        let almanac = [
            "2026-01-01",
            "2026-01-06",
            "2026-04-03",
            "2026-04-05",
            "2026-04-06",
            "2026-05-01",
            "2026-05-14",
            "2026-05-24",
            "2026-06-06",
            "2026-06-20",
            "2026-10-31",
            "2026-12-25",
            "2026-12-26",
        ];
        assert_eq!(found, almanac);
    }
}
