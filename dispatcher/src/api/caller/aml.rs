//! Advanced Mobile Location as a phone writes it in a text message (ETSI TS 103 625, version 1 of the text):
//! `A"ML=1;lt=+51.53321;lg=-0.12601;rd=14;top=20220131171748;lc=68;pm=W;…;ml=126`.
//!
//! Read strictly: a text in which anything that matters is odd gives no location rather than a wrong one. What says who and
//! which phone it is (`si`, `ei`) is not even looked at. `ml`, the text's own length, is not compared: examples in print
//! are a character off.

use std::collections::BTreeMap;

use certus_registry::{Position, Timestamp};

use super::ACCURACY_MAX_M;
use crate::incident::{CallerLocation, LocationMethod};

/// What every such text begins with.
const HEAD: &str = "A\"ML=1;";
/// Octets of the longest text: two messages of 160 characters are more than any version fills.
const LENGTH_MAX: usize = 320;

/// A text that cannot be read, with the field to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable(pub(super) &'static str);

type Fields<'a> = BTreeMap<&'a str, &'a str>;

/// The location in a text; `None` when the phone says that it knows none (`rd=N`, `pm=N`, or the point 0, 0).
pub(super) fn read(text: &str) -> Result<Option<CallerLocation>, Unreadable> {
    let fields = fields(text).ok_or(Unreadable("text"))?;
    let (lat, lon) = (degrees(&fields, "lt")?, degrees(&fields, "lg")?);
    let (radius, method) = (radius(&fields)?, method(&fields)?);
    let (Some(accuracy_m), Some(method)) = (radius, method) else { return Ok(None) };
    if lat == 0.0 && lon == 0.0 {
        return Ok(None);
    }
    let position = Position::new(lat, lon).map_err(|_| Unreadable("lt"))?;
    let (confidence, at) = (confidence(&fields)?, instant(&fields)?);
    Ok(Some(CallerLocation { position, accuracy_m: Some(accuracy_m), confidence, method, at }))
}

/// `key=value;key=value`; `None` when a key stands twice or a value is missing.
fn fields(text: &str) -> Option<Fields<'_>> {
    let text = text.trim();
    let rest = text.strip_prefix(HEAD).filter(|_| text.len() <= LENGTH_MAX)?;
    let mut fields = Fields::new();
    for pair in rest.trim_end_matches(';').split(';') {
        let (key, value) = pair.split_once('=')?;
        if fields.insert(key, value).is_some() {
            return None;
        }
    }
    Some(fields)
}

fn field<'a>(fields: &Fields<'a>, name: &'static str) -> Result<&'a str, Unreadable> {
    fields.get(name).copied().ok_or(Unreadable(name))
}

/// A sign, digits, a point, digits.
fn degrees(fields: &Fields<'_>, name: &'static str) -> Result<f64, Unreadable> {
    let text = field(fields, name)?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = text.strip_prefix(['+', '-']).and_then(|number| number.split_once('.'));
    let well_formed = plain.is_some_and(|(whole, rest)| digits(whole) && digits(rest));
    text.parse().ok().filter(|_| well_formed).ok_or(Unreadable(name))
}

/// Metres, or `N`: none.
fn radius(fields: &Fields<'_>) -> Result<Option<u32>, Unreadable> {
    match field(fields, "rd")? {
        "N" => Ok(None),
        text => whole(text).filter(|metres| *metres <= ACCURACY_MAX_M).map(Some).ok_or(Unreadable("rd")),
    }
}

/// Wi-Fi, GNSS, cell, or `N`: none.
fn method(fields: &Fields<'_>) -> Result<Option<LocationMethod>, Unreadable> {
    Ok(Some(match field(fields, "pm")? {
        "W" => LocationMethod::Wifi,
        "G" => LocationMethod::Gnss,
        "C" => LocationMethod::Cell,
        "N" => return Ok(None),
        _ => return Err(Unreadable("pm")),
    }))
}

/// Percent.
fn confidence(fields: &Fields<'_>) -> Result<Option<u8>, Unreadable> {
    let Some(text) = fields.get("lc") else { return Ok(None) };
    let percent =
        whole(text).and_then(|percent| u8::try_from(percent).ok()).filter(|percent| *percent <= 100);
    percent.map(Some).ok_or(Unreadable("lc"))
}

/// `yyyyMMddHHmmss` in UTC.
fn instant(fields: &Fields<'_>) -> Result<Timestamp, Unreadable> {
    let text = field(fields, "top")?;
    let digits = text.len() == 14 && text.bytes().all(|byte| byte.is_ascii_digit());
    let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
    let (date, time) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    let parsed = Timestamp::parse_rfc3339(&format!("{}T{}Z", date.join("-"), time.join(":")));
    parsed.ok().filter(|_| digits).ok_or(Unreadable("top"))
}

fn whole(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: &str = "A\"ML=1;lt=+51.53321;lg=-0.12601;rd=14;top=20220131171748;lc=68;pm=W;si=234159000000000;ei=123456789012345;mcc=234;mnc=15;ml=126";

    #[test]
    fn a_text_is_read_as_phones_write_it() {
        let location = CallerLocation {
            position: Position::new(51.53321, -0.12601).unwrap(),
            accuracy_m: Some(14),
            confidence: Some(68),
            method: LocationMethod::Wifi,
            at: Timestamp::parse_rfc3339("2022-01-31T17:17:48Z").unwrap(),
        };
        assert_eq!(read(TEXT), Ok(Some(location)));
        assert_eq!(
            read(&TEXT.replace("lc=68;", "")),
            Ok(Some(CallerLocation { confidence: None, ..location }))
        );
    }

    #[test]
    fn a_phone_that_does_not_know_is_nowhere_and_not_at_null_island() {
        let none = "A\"ML=1;lt=+00.00000;lg=+000.00000;rd=N;top=20220131171748;lc=0;pm=N;ml=75";
        let zero = TEXT.replace("+51.53321", "+00.00000").replace("-0.12601", "+000.00000");
        for text in [none, &zero, &TEXT.replace("rd=14", "rd=N"), &TEXT.replace("pm=W", "pm=N")] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn what_is_odd_gives_no_location_and_names_its_field() {
        for (from, to, field) in [
            ("A\"ML=1", "A\"ML=9", "text"),
            ("A\"ML=1;", "", "text"),
            ("rd=14", "rd", "text"),
            ("rd=14", "rd=14;lt=+52.0", "text"),
            ("lg=", "ln=", "lg"),
            ("+51.53321", "51.53321", "lt"),
            ("+51.53321", "+91.53321", "lt"),
            ("+51.53321", "+51,53321", "lt"),
            ("+51.53321", "+inf", "lt"),
            ("+51.53321", "+5e1.0", "lt"),
            ("-0.12601", "-0.", "lg"),
            ("rd=14", "rd=-14", "rd"),
            ("rd=14", "rd=70001", "rd"),
            ("lc=68", "lc=101", "lc"),
            ("pm=W", "pm=X", "pm"),
            ("20220131171748", "20220231171748", "top"),
            ("20220131171748", "2022013117174", "top"),
        ] {
            let text = TEXT.replace(from, to);
            assert_eq!(read(&text), Err(Unreadable(field)), "{text}");
        }
        assert_eq!(read(&format!("{TEXT};x={}", "y".repeat(LENGTH_MAX))), Err(Unreadable("text")));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(text in ".{0,80}", cut in 0..TEXT.len()) {
            prop_assert!(read(&text).is_err());
            // A text that broke off before its method gives nothing.
            let whole = cut > TEXT.find("pm=W").unwrap() + 3;
            prop_assert!(whole || read(&TEXT[..cut]).is_err());
        }
    }
}
