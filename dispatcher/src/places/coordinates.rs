//! Coordinates as people write and read them out: decimal degrees, degrees and minutes, degrees, minutes and seconds,
//! SWEREF 99 TM, RT 90, MGRS. What was understood is said, with how far off the last digit may be.

use certus_registry::Position;
use mgrs_convert::Mgrs;

use super::grid::{Grid, Plane};

/// Metres of one degree of latitude.
const DEGREE_M: f64 = 111_195.0;
/// From the middle of a square to its corner, in sides.
const HALF_DIAGONAL: f64 = std::f64::consts::SQRT_2 / 2.0;

/// How something was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notation {
    /// Decimal degrees, WGS 84.
    Decimal,
    /// Degrees and decimal minutes, WGS 84.
    Minutes,
    /// Degrees, minutes and seconds, WGS 84.
    Seconds,
    /// SWEREF 99 TM, metres.
    Sweref99Tm,
    /// RT 90 2.5 gon V, metres.
    Rt90,
    /// Military Grid Reference System.
    Mgrs,
}

impl Notation {
    /// The one spelling, in the API and in the Fluent keys (`notation-…`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Decimal => "decimal",
            Self::Minutes => "minutes",
            Self::Seconds => "seconds",
            Self::Sweref99Tm => "sweref99tm",
            Self::Rt90 => "rt90",
            Self::Mgrs => "mgrs",
        }
    }
}

/// What coordinates were understood to mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Understood {
    /// The point.
    pub position: Position,
    /// How it was written.
    pub notation: Notation,
    /// How far off it may be for want of digits, metres.
    pub accuracy_m: u32,
}

/// Why a text that looks like coordinates is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CoordinatesError {
    /// A number out of its bounds.
    #[error("{what} is {found}; expected {low} to {high}")]
    OutOfBounds {
        /// Which.
        what: &'static str,
        /// As it was written.
        found: String,
        /// The lowest.
        low: i32,
        /// The highest.
        high: i32,
    },
    /// Neither two numbers, nor two times degrees and minutes, nor two times degrees, minutes and seconds.
    #[error("{0} numbers are no coordinates; expected 2 (degrees or metres), 4 (degrees and minutes) or 6")]
    Count(usize),
    /// Both numbers belong to the same axis, or to none.
    #[error("one of the two must be a latitude or northing, the other a longitude or easting")]
    Axes,
    /// A plane coordinate that no Swedish grid has.
    #[error("{found} is no northing or easting of SWEREF 99 TM or RT 90")]
    Plane {
        /// As it was written.
        found: String,
    },
    /// Not the middle of any square.
    #[error("no square of the MGRS: {0}")]
    Mgrs(String),
    /// Where a phone or a person is when nobody knows.
    #[error("0, 0 is no place")]
    Nowhere,
}

/// Reads coordinates. `None`: the text is no attempt at any, and may be a name.
///
/// # Errors
/// [`CoordinatesError`] when it is one and fails.
#[must_use]
pub fn read(text: &str) -> Option<Result<Understood, CoordinatesError>> {
    let text = text.trim();
    if looks_like_mgrs(text) {
        return Some(mgrs(text));
    }
    let words = words(text)?;
    Some(of_words(&words))
}

/// A number with the digits behind its point, or a letter that names a direction.
#[derive(Debug, Clone, PartialEq)]
enum Word {
    Number { value: f64, decimals: u32, text: String },
    Axis { north: bool, positive: bool },
}

/// The text as numbers and directions; `None` when anything else is in it, or no two numbers.
fn words(text: &str) -> Option<Vec<Word>> {
    let comma_is_point = !text.contains('.') && text.contains(|c: char| c.is_whitespace() || c == ';');
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() || (first == '-' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let length = number_length(rest, comma_is_point);
            words.push(number(&rest[..length])?);
            rest = &rest[length..];
        } else if first.is_alphabetic() {
            let length = rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len());
            words.push(axis(&rest[..length])?);
            rest = &rest[length..];
        } else if first.is_whitespace() || ",;:°º'’′\"”″()/".contains(first) {
            rest = &rest[first.len_utf8()..];
        } else {
            return None;
        }
    }
    let numbers = words.iter().filter(|word| matches!(word, Word::Number { .. })).count();
    (numbers >= 2).then_some(words)
}

fn number_length(text: &str, comma_is_point: bool) -> usize {
    let mut seen_point = false;
    let mut length = 1;
    for (at, letter) in text.char_indices().skip(1) {
        let point = letter == '.' || (letter == ',' && comma_is_point);
        let before_digit = text[at + letter.len_utf8()..].starts_with(|c: char| c.is_ascii_digit());
        if point && !seen_point && before_digit {
            seen_point = true;
        } else if !letter.is_ascii_digit() {
            break;
        }
        length = at + letter.len_utf8();
    }
    length
}

fn number(text: &str) -> Option<Word> {
    let text = text.replace(',', ".");
    let decimals = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    Some(Word::Number { value: text.parse().ok()?, decimals: u32::try_from(decimals).ok()?, text })
}

/// Directions in English and Swedish, short or long.
fn axis(word: &str) -> Option<Word> {
    let (north, positive) = match word.to_lowercase().as_str() {
        "n" | "nord" | "norr" | "north" | "lat" | "latitud" | "latitude" | "x" => (true, true),
        "s" | "syd" | "söder" | "south" => (true, false),
        "e" | "ö" | "o" | "öst" | "öster" | "ost" | "east" | "lon" | "lng" | "long" | "longitud"
        | "longitude" | "y" => (false, true),
        "w" | "v" | "väst" | "väster" | "west" => (false, false),
        _ => return None,
    };
    Some(Word::Axis { north, positive })
}

fn of_words(words: &[Word]) -> Result<Understood, CoordinatesError> {
    let numbers: Vec<(f64, u32, &str)> = words
        .iter()
        .filter_map(|word| match word {
            Word::Number { value, decimals, text } => Some((*value, *decimals, text.as_str())),
            Word::Axis { .. } => None,
        })
        .collect();
    let axes: Vec<(bool, bool)> = words
        .iter()
        .filter_map(|word| match word {
            Word::Axis { north, positive } => Some((*north, *positive)),
            Word::Number { .. } => None,
        })
        .collect();
    let [first, second] = match axes[..] {
        [] => [(true, true), (false, true)],
        [first, second] if first.0 != second.0 => [first, second],
        _ => return Err(CoordinatesError::Axes),
    };
    if let [one, two] = numbers[..]
        && one.0.abs() > 360.0
    {
        return plane(one, two);
    }
    if !matches!(numbers.len(), 2 | 4 | 6) {
        return Err(CoordinatesError::Count(numbers.len()));
    }
    let (one, two) = numbers.split_at(numbers.len() / 2);
    let (one, two) = (angle(one, first)?, angle(two, second)?);
    let (lat, lon) = if first.0 { (one, two) } else { (two, one) };
    let position = Position::new(lat.0, lon.0).map_err(|_| CoordinatesError::Nowhere)?;
    let notation = [Notation::Decimal, Notation::Minutes, Notation::Seconds][numbers.len() / 2 - 1];
    Ok(Understood { position, notation, accuracy_m: square(lat.1.max(lon.1) * DEGREE_M) })
}

/// Degrees, and what the last digit is worth in degrees.
fn angle(
    parts: &[(f64, u32, &str)],
    (north, positive): (bool, bool),
) -> Result<(f64, f64), CoordinatesError> {
    let bound = if north { 90 } else { 180 };
    let what = if north { "the latitude" } else { "the longitude" };
    let (mut degrees, mut unit, mut worth) = (0.0, 1.0, 1.0);
    for (place, (value, decimals, text)) in parts.iter().enumerate() {
        let (what, low, high) = if place == 0 { (what, -bound, bound) } else { ("a sixtieth", 0, 59) };
        if *value < f64::from(low)
            || *value >= f64::from(high + 1)
            || (place == 0 && value.abs() > f64::from(high))
        {
            return Err(CoordinatesError::OutOfBounds { what, found: (*text).to_owned(), low, high });
        }
        degrees += value.abs() * unit;
        worth = unit * 0.1_f64.powi(i32::try_from(*decimals).unwrap_or(i32::MAX));
        unit /= 60.0;
    }
    let negative = parts.first().is_some_and(|(value, _, _)| *value < 0.0) == positive;
    if degrees > f64::from(bound) {
        let found = degrees.to_string();
        return Err(CoordinatesError::OutOfBounds { what, found, low: -bound, high: bound });
    }
    Ok((if negative { -degrees } else { degrees }, worth))
}

/// Whichever is the northing: the two grids have no number in common between their axes.
fn plane(one: (f64, u32, &str), two: (f64, u32, &str)) -> Result<Understood, CoordinatesError> {
    let is_northing = |value: f64| (6_000_000.0..7_800_000.0).contains(&value);
    let (north, east) = if is_northing(one.0) { (one, two) } else { (two, one) };
    if !is_northing(north.0) {
        return Err(CoordinatesError::Plane { found: north.2.to_owned() });
    }
    let (grid, notation) = match east.0 {
        200_000.0..1_000_000.0 => (Grid::Sweref99Tm, Notation::Sweref99Tm),
        1_100_000.0..2_000_000.0 => (Grid::Rt90, Notation::Rt90),
        _ => return Err(CoordinatesError::Plane { found: east.2.to_owned() }),
    };
    let point = Plane { northing: north.0, easting: east.0 };
    let position =
        grid.position(point).ok_or_else(|| CoordinatesError::Plane { found: north.2.to_owned() })?;
    Ok(Understood { position, notation, accuracy_m: square(1.0) })
}

fn looks_like_mgrs(text: &str) -> bool {
    let zone = text.chars().take_while(char::is_ascii_digit).count();
    let letters =
        text.chars().skip(zone).filter(|c| !c.is_whitespace()).take_while(char::is_ascii_alphabetic);
    (1..=2).contains(&zone) && letters.count() == 3
}

fn mgrs(text: &str) -> Result<Understood, CoordinatesError> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_uppercase();
    let refused = |why: &dyn std::fmt::Display| CoordinatesError::Mgrs(why.to_string());
    let square_of: Mgrs = text.parse().map_err(|error| refused(&error))?;
    let middle = square_of.to_latlon();
    let position = Position::new(middle.lat(), middle.lon()).map_err(|error| refused(&error))?;
    let digits = text.chars().skip_while(char::is_ascii_digit).filter(char::is_ascii_digit).count();
    let side = 100_000.0 * 0.1_f64.powi(i32::try_from(digits / 2).unwrap_or(i32::MAX));
    Ok(Understood { position, notation: Notation::Mgrs, accuracy_m: square(side) })
}

/// The radius round the middle that covers a square, whole metres.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most a few degrees")]
fn square(side_m: f64) -> u32 {
    ((side_m * HALF_DIAGONAL).ceil() as u32).max(1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reads(text: &str, notation: Notation, lat: f64, lon: f64, within_m: f64) {
        let understood = read(text).unwrap_or_else(|| panic!("{text} is coordinates"));
        let understood = understood.unwrap_or_else(|error| panic!("{text}: {error}"));
        let off = understood.position.distance_to(Position::new(lat, lon).unwrap()).0;
        assert!(off <= within_m, "{text}: {off} m off");
        assert_eq!(understood.notation, notation, "{text}");
        assert!(f64::from(understood.accuracy_m) >= off.floor(), "{text}: {}", understood.accuracy_m);
    }

    #[test]
    fn every_way_to_write_ostersund_is_ostersund() {
        let (lat, lon) = (63.1792, 14.635_66);
        for text in [
            "63.1792, 14.63566",
            "63.1792 14.63566",
            "63,1792 14,63566",
            "63,1792; 14,63566",
            "N63.1792 E14.63566",
            "63.1792° N, 14.63566° Ö",
            "E 14.63566 N 63.1792",
            "lat 63.1792 lon 14.63566",
        ] {
            reads(text, Notation::Decimal, lat, lon, 0.1);
        }
        for text in ["63°10.752'N 14°38.14'E", "63 10.752 14 38.14", "N 63° 10,752′ Ö 14° 38,14′"] {
            reads(text, Notation::Minutes, lat, lon, 10.0);
        }
        for text in
            ["63°10'45.1\"N 14°38'8.4\"E", "63 10 45.1 N, 14 38 8.4 E", "63° 10’ 45,1” N 14° 38’ 8,4” Ö"]
        {
            reads(text, Notation::Seconds, lat, lon, 3.0);
        }
        for text in ["7005607 481659", "N 7005607 E 481659", "E 481659, N 7005607", "7005607.4 481658.5"] {
            reads(text, Notation::Sweref99Tm, lat, lon, 1.0);
        }
        reads("33VVL 81658 05607", Notation::Mgrs, lat, lon, 1.0);
        reads("33v vl 8165 0560", Notation::Mgrs, lat, lon, 10.0);
    }

    #[test]
    fn what_is_no_coordinates_is_left_to_the_names() {
        for text in ["Östersund", "Storgatan 12", "E14", "väg 84", "", "Nybo 3:12", "12 34 Bräcke"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_fails_says_what_was_expected() {
        for (text, expected) in [
            ("91.5 14.6", "the latitude is 91.5; expected -90 to 90"),
            ("63 61.0 14 38.1", "a sixtieth is 61.0; expected 0 to 59"),
            ("63 10 45 14 38", "5 numbers are no coordinates"),
            ("N 63.1 N 14.6", "one of the two must be a latitude"),
            ("7005607 81659", "81659 is no northing or easting"),
            ("0.0 0.0", "0, 0 is no place"),
        ] {
            let error = read(text).unwrap().unwrap_err().to_string();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn fewer_digits_are_a_wider_circle() {
        let of = |text| read(text).unwrap().unwrap().accuracy_m;
        assert!(of("63.2 14.6") > 7_000 && of("63.1792 14.6357") < 10);
        assert_eq!(of("7005607 481659"), 1);
    }

    proptest! {
        #[test]
        fn whatever_is_written_out_is_read_again(lat in 55.0_f64..69.0, lon in 11.0_f64..24.0) {
            let text = format!("{lat:.5} {lon:.5}");
            let read = read(&text).unwrap().unwrap();
            prop_assert!(read.position.distance_to(Position::new(lat, lon).unwrap()).0 < 1.0);
        }

        #[test]
        fn nothing_that_is_typed_breaks_it(text in "\\PC{0,40}") {
            let _ = read(&text);
        }
    }
}
