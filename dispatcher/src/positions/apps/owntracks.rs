//! OwnTracks in HTTP mode: one JSON object in each request, told apart by `_type` (owntracks/booklet, "JSON").

use serde_json::Value;

use super::{Dropped, Point, Written, moment, number};

/// What one message says.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Message {
    /// Where the phone is, or why that cannot be read; nothing in a message about anything else.
    pub read: Option<Result<Point, Dropped>>,
    /// Whether it answers our request for a position: a phone that has no newer one is not asked again at once.
    pub on_request: bool,
}

/// Reads a message; an empty one says that a friend was deleted.
#[must_use]
pub fn read(body: &[u8]) -> Message {
    if body.trim_ascii().is_empty() {
        return Message::default();
    }
    let unreadable = Message { read: Some(Err(Dropped::Unreadable)), on_request: false };
    let Ok(said) = serde_json::from_slice::<Value>(body) else { return unreadable };
    match said["_type"].as_str() {
        Some("location") => Message { read: Some(location(&said)), on_request: said["t"] == "r" },
        Some("encrypted") => Message { read: Some(Err(Dropped::Encrypted)), ..unreadable },
        // `transition`, `waypoint`, `waypoints`, `status`, `lwt`, `card`, `cmd`, and what newer versions may say.
        Some(_) => Message::default(),
        None => unreadable,
    }
}

/// `lat` and `lon` in degrees, `tst` in seconds since 1970, `acc` in metres.
fn location(said: &Value) -> Result<Point, Dropped> {
    let field = |name: &str| number(&said[name]);
    let time = field("tst").map(moment);
    Written { lat: field("lat"), lon: field("lon"), accuracy: field("acc"), time }.point()
}

#[cfg(test)]
mod tests {
    use certus_registry::Timestamp;
    use proptest::prelude::*;

    use super::*;

    const LOCATION: &str = r#"{"_type":"location","_id":"1a2b3c4d","created_at":1795424000,"tst":1795423998,"lat":57.7052,"lon":11.9624,"acc":12,"vac":3,"alt":20,"vel":5,"cog":271,
 "batt":41,"bs":1,"conn":"m","t":"u","m":2,"tid":"JJ","topic":"owntracks/jane/phone","inregions":["Hem"],"inrids":["6da9cf"],"SSID":"x","BSSID":"…","source":"gps"}"#;

    fn said(text: &str) -> Option<Result<Point, Dropped>> {
        read(text.as_bytes()).read
    }

    #[test]
    fn a_location_is_read_as_the_app_writes_it() {
        let fixed_at = Timestamp::from_millis(1_795_423_998_000);
        let point = Point { lat: 57.7052, lon: 11.9624, accuracy: Some(12.0), fixed_at };
        assert_eq!(said(LOCATION), Some(Ok(point)));
        let floats = LOCATION.replace("1795423998", "1795423998.0").replace(r#""acc":12"#, r#""acc":12.0"#);
        assert_eq!(said(&floats), Some(Ok(point)));
        assert_eq!(said(&LOCATION.replace(r#""acc":12,"#, "")), Some(Ok(Point { accuracy: None, ..point })));
        assert!(!read(LOCATION.as_bytes()).on_request);
        assert!(read(LOCATION.replace(r#""t":"u""#, r#""t":"r""#).as_bytes()).on_request);
    }

    #[test]
    fn what_says_nothing_about_the_place_is_taken_for_nothing() {
        for other in [
            "",
            " \r\n",
            r#"{"_type":"transition","_id":"…","event":"enter","desc":"Hem","tid":"JJ","t":"c","tst":1795423998,"wtst":1700000000,"acc":12,"lat":57.7,"lon":11.9,"rid":"6da9cf"}"#,
            r#"{"_type":"waypoint","desc":"Hem","lat":57.7,"lon":11.9,"rad":100,"tst":1700000000,"rid":"6da9cf"}"#,
            r#"{"_type":"waypoints","waypoints":[]}"#,
            r#"{"_type":"status"}"#,
            r#"{"_type":"lwt","tst":1795423998}"#,
            r#"{"_type":"card"}"#,
            r#"{"_type":"something new"}"#,
        ] {
            assert_eq!(read(other.as_bytes()), Message::default(), "{other}");
        }
    }

    #[test]
    fn rubbish_is_unreadable_and_a_secret_one_is_encrypted() {
        for rubbish in [
            "{",
            "here",
            "[]",
            "null",
            "{}",
            r#"{"_type":5}"#,
            r#"{"_type":"location"}"#,
            &LOCATION.replace("57.7052", "null"),
            &LOCATION.replace("\"lat\"", "\"latitude\""),
            &LOCATION.replace("1795423998", "\"yesterday\""),
        ] {
            assert_eq!(said(rubbish), Some(Err(Dropped::Unreadable)), "{rubbish}");
        }
        let encrypted = r#"{"_type":"encrypted","data":"AAAA"}"#;
        assert_eq!(said(encrypted), Some(Err(Dropped::Encrypted)));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_without_a_panic(bytes: Vec<u8>, field in "[a-z_]{1,5}", value in ".{0,20}") {
            let _ = read(&bytes);
            let text = serde_json::json!({"_type": "location", field: value}).to_string();
            prop_assert_eq!(said(&text), Some(Err(Dropped::Unreadable)));
        }
    }
}
