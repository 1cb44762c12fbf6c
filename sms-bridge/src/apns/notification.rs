//! What a phone is shown.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::Urgency;

/// Largest payload, in octets of JSON (Apple's documentation, "Generating a remote notification").
pub const PAYLOAD_MAX: usize = 4_096;
/// The app's own sound, a file in it; phones without it play the default one.
const ALARM_SOUND: &str = "larm.caf";

/// What an app on one phone is reached by: 32 octets or more in hexadecimal. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceToken(String);

impl DeviceToken {
    /// Reads a token as the app sent it, in hexadecimal; `None` when it cannot be one: 32 to 100 octets.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let hex = text.bytes().all(|b| b.is_ascii_hexdigit());
        let plain = hex && text.len().is_multiple_of(2) && (64..=200).contains(&text.len());
        plain.then(|| Self(text.to_ascii_lowercase()))
    }

    /// For the database. A secret: never log it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeviceToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceToken(…)")
    }
}

/// What the phone shows and what the app is told. Apple reads it: no exact address, no name.
#[derive(Clone, PartialEq, Eq)]
pub struct Alert {
    /// The first line.
    pub title: String,
    /// The lines below it.
    pub body: String,
    /// For the app. A key `aps` is Apple's and is dropped; with a key `quiet` nothing sounds; with `report` the app is woken
    /// to say where it is.
    pub data: BTreeMap<String, String>,
}

impl Alert {
    /// The payload as JSON.
    pub(super) fn payload(&self, urgency: Urgency, critical_alerts: bool) -> String {
        let alert = json!({"title": self.title, "body": self.body});
        let mut payload: Value = json!(self.data);
        if self.data.contains_key("quiet") {
            // It lies on the screen without a sound; the app is woken to say so.
            payload["aps"] = json!({"alert": alert, "interruption-level": "passive", "content-available": 1});
            return payload.to_string();
        }
        let (sound, level) = match (urgency, critical_alerts) {
            (Urgency::Alarm, true) => {
                (json!({"critical": 1, "name": ALARM_SOUND, "volume": 1.0}), "critical")
            }
            (Urgency::Alarm, false) => (json!(ALARM_SOUND), "time-sensitive"),
            (Urgency::Notice, _) => (json!("default"), "active"),
        };
        payload["aps"] = json!({"alert": alert, "sound": sound, "interruption-level": level});
        if self.data.contains_key("report") {
            payload["aps"]["content-available"] = 1.into();
        }
        payload.to_string()
    }
}

impl fmt::Debug for Alert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alert(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_alarm_rings_and_through_silence_only_where_apple_allows_it() {
        let payload = |urgency, critical| {
            let data =
                BTreeMap::from([("link".to_owned(), "x".to_owned()), ("aps".to_owned(), "y".to_owned())]);
            let alert = Alert { title: "Larm".to_owned(), body: "Åre".to_owned(), data };
            serde_json::from_str::<Value>(&alert.payload(urgency, critical)).unwrap()
        };
        let critical = payload(Urgency::Alarm, true);
        assert_eq!(critical["aps"]["sound"]["critical"], 1);
        assert_eq!(critical["aps"]["interruption-level"], "critical");
        let usual = payload(Urgency::Alarm, false);
        assert_eq!((&usual["aps"]["sound"], &usual["link"]), (&json!("larm.caf"), &json!("x")));
        assert_eq!(usual["aps"]["interruption-level"], "time-sensitive");
        assert_eq!(payload(Urgency::Notice, true)["aps"]["interruption-level"], "active");
        assert_eq!(usual["aps"]["content-available"], Value::Null);
        assert_eq!(usual["aps"]["alert"], json!({"title": "Larm", "body": "Åre"}));
    }

    #[test]
    fn a_quiet_one_makes_no_sound_and_wakes_the_app() {
        let data = BTreeMap::from([("quiet".to_owned(), "yes".to_owned())]);
        let alert = Alert { title: "Certus".to_owned(), body: "Prov".to_owned(), data };
        let payload: Value = serde_json::from_str(&alert.payload(Urgency::Notice, true)).unwrap();
        assert_eq!(
            (&payload["aps"]["sound"], &payload["aps"]["content-available"]),
            (&Value::Null, &json!(1))
        );
    }

    #[test]
    fn one_that_asks_for_a_position_rings_and_wakes_the_app() {
        let data = BTreeMap::from([("report".to_owned(), "yes".to_owned())]);
        let alert = Alert { title: "Larm".to_owned(), body: "Åre".to_owned(), data };
        let payload: Value = serde_json::from_str(&alert.payload(Urgency::Alarm, false)).unwrap();
        let aps = &payload["aps"];
        assert_eq!((&aps["sound"], &aps["content-available"]), (&json!("larm.caf"), &json!(1)));
        assert_eq!(payload["report"], "yes");
    }

    #[test]
    fn a_device_token_is_hexadecimal() {
        let token = DeviceToken::parse(&"aB".repeat(32)).unwrap();
        assert_eq!((token.as_str(), format!("{token:?}").as_str()), (&*"ab".repeat(32), "DeviceToken(…)"));
        for wrong in [String::new(), "ab".repeat(31), "ab".repeat(101), "../".repeat(40), "a".repeat(65)] {
            assert_eq!(DeviceToken::parse(&wrong), None, "{wrong}");
        }
    }
}
