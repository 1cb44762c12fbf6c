use proptest::prelude::*;

use super::*;

const SECOND: &str = r#"{"location":{"timestamp":"2025-06-15T13:45:12.862Z","coords":{"latitude":37.42,"longitude":-122.08,"accuracy":5,"speed":0,"heading":-1,"altitude":5},"is_moving":false,"odometer":0,"event":"motionchange","battery":{"level":1,"is_charging":false},"activity":{"type":"still"},"extras":{},"_":"&id=…&lat=…&lon=…&timestamp=…&"},"device_id":"48241179"}"#;

fn point(lat: f64, lon: f64, accuracy: Option<f64>, millis: i64) -> Point {
    Point { lat, lon, accuracy, fixed_at: Timestamp::from_millis(millis) }
}

fn read_one(query: &str, body: &str) -> (Option<String>, Option<Result<Point, Dropped>>) {
    let report = read(query, body.as_bytes()).unwrap();
    assert!(report.read.len() <= 1);
    (report.id, report.read.first().copied())
}

#[test]
fn each_of_the_four_shapes_is_read() {
    let old = "id=48241179&lat=37.42&lon=-122.08&timestamp=1749995112&speed=3.1&bearing=45.0&altitude=5&accuracy=5.0&batt=41.0&charge=true&alarm=sos";
    let tenth = "id=48241179&lat=37.42&lon=-122.08&timestamp=1749995112&accuracy=5.0&altitude=5&speed=0.00&bearing=0&batt=100&charge=true";
    let list = r#"[{"id":"48241179","lat":37.42,"lon":-122.08,"timestamp":1749995112,"accuracy":5,"batt":41,"charge":true}]"#;
    let at = |millis| (Some("48241179".to_owned()), Some(Ok(point(37.42, -122.08, Some(5.0), millis))));
    let table = [(old, "", 0), ("", old, 0), ("", SECOND, 862), ("", tenth, 0), ("", list, 0)];
    for (query, body, millis) in table {
        assert_eq!(read_one(query, body), at(1_749_995_112_000 + millis), "{query} {body}");
    }
}

#[test]
fn a_time_comes_in_seconds_milliseconds_or_as_text() {
    for time in [
        "1749995112",
        "1749995112000",
        "2025-06-15T13:45:12Z",
        "2025-06-15T15:45:12%2B02:00",
        "2025-06-15 13:45:12",
    ] {
        let (id, read) = read_one(&format!("deviceid=a&location=37.42,-122.08&timestamp={time}"), "");
        assert_eq!(id.as_deref(), Some("a"));
        assert_eq!(read, Some(Ok(point(37.42, -122.08, None, 1_749_995_112_000))), "{time}");
    }
}

#[test]
fn a_sign_of_life_says_nothing_about_the_place() {
    let heartbeat = r#"{"location":{"timestamp":"2025-06-15T13:45:12.862Z","extras":{"heartbeat":true}},"device_id":"1"}"#;
    let table = [
        ("id=1&timestamp=1749995112&batt=41", ""),
        ("", heartbeat),
        ("", r#"[{"id":"1","timestamp":1,"batt":4}]"#),
    ];
    for (query, body) in table {
        assert_eq!(read_one(query, body), (Some("1".to_owned()), None), "{query} {body}");
    }
}

#[test]
fn rubbish_is_unreadable() {
    let without_time = r#"[{"id":"1","lat":37.42,"lon":-122.08}]"#;
    for (query, body) in [
        ("", ""),
        ("", "here"),
        ("", "{"),
        ("", "{}"),
        ("", "[5]"),
        ("", "[null]"),
        ("", without_time),
        ("id=1&lat=37.42&timestamp=1749995112", ""),
        ("id=1&lat=north&lon=-122.08&timestamp=1749995112", ""),
        ("id=1&location=here&timestamp=1749995112", ""),
        ("id=1&lat=37.42&lon=-122.08&timestamp=yesterday", ""),
        ("id=1&lat=37.42&lon=-122.08&timestamp=inf", ""),
        ("id=1&lat=37.42&lon=-122.08&timestamp=1749995112&valid=false", ""),
        ("", &SECOND.replace("37.42", "\"north\"")),
    ] {
        assert_eq!(read_one(query, body).1, Some(Err(Dropped::Unreadable)), "{query} {body}");
    }
}

#[test]
fn a_list_is_one_phones_and_has_a_hundred_points_at_most() {
    let element = |id: &str| format!(r#"{{"id":"{id}","lat":1,"lon":2,"timestamp":3}}"#);
    let list = |n: usize| format!("[{}]", vec![element("a"); n].join(","));
    assert_eq!(read("", list(BATCH_MAX).as_bytes()).unwrap().read.len(), BATCH_MAX);
    assert_eq!(read("", list(BATCH_MAX + 1).as_bytes()), Err(TooMany));
    let mixed = read("", format!("[{},{}]", element("a"), element("b")).as_bytes()).unwrap();
    assert_eq!(mixed.id.as_deref(), Some("a"));
    assert_eq!(mixed.read, [Ok(point(1.0, 2.0, None, 3_000)), Err(Dropped::Unreadable)]);
}

proptest! {
    #[test]
    fn the_same_place_is_the_same_point_in_every_shape(
        // Millionths: what apps send. All digits of a number would come back from JSON with an error in the last one.
        lat in -90_000_000..90_000_000_i32, lon in -180_000_000..180_000_000_i32, accuracy in 0..5_000_u32, seconds in 1_000_000_000..2_000_000_000_i64,
    ) {
        let (lat, lon, accuracy) = (f64::from(lat) / 1e6, f64::from(lon) / 1e6, f64::from(accuracy));
        let expected = point(lat, lon, Some(accuracy), seconds * 1_000);
        let form = format!("id=t&lat={lat}&lon={lon}&timestamp={seconds}&accuracy={accuracy}");
        let iso = Timestamp::from_millis(seconds * 1_000).rfc3339();
        let coords = serde_json::json!({"latitude": lat, "longitude": lon, "accuracy": accuracy});
        let second = serde_json::json!({"location": {"timestamp": iso, "coords": coords}, "device_id": "t"});
        let fourth = serde_json::json!([{"id": "t", "lat": lat, "lon": lon, "timestamp": seconds, "accuracy": accuracy}]);
        for (query, body) in [(form.clone(), String::new()), (String::new(), form), (String::new(), second.to_string()), (String::new(), fourth.to_string())] {
            prop_assert_eq!(read_one(&query, &body), (Some("t".to_owned()), Some(Ok(expected))));
        }
    }

    #[test]
    fn whatever_comes_is_read_without_a_panic(query in ".{0,60}", bytes: Vec<u8>, text in "[\\[{][a-z\":,\\[\\]{}0-9]{0,60}") {
        let _ = (read(&query, &bytes), read("", text.as_bytes()));
    }
}
