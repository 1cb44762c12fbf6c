//! All that is held about somebody, to take along: as JSON, and the same as CSV for whoever opens it in a spreadsheet.

use certus_registry::Volunteer;
use certus_registry::exchange::neutral;
use certus_sms_bridge::person::texts;
use serde_json::{Value, json};

use super::held::Held;
use crate::api::App;
use crate::engine::{EngineError, answers};
use crate::trail;

/// Messages each way that are exported: a hundred call-outs.
const TEXTS_MAX: u32 = 1_000;

/// Everything: what the page shows, and the messages, the trails and what was learned besides.
///
/// # Errors
/// [`EngineError`] when the database fails or a row is damaged.
///
/// # Panics
/// Never: text, numbers and lists of them become JSON.
pub async fn of(app: &App, person: Volunteer) -> Result<Value, EngineError> {
    let (id, phone) = (person.id, person.phone.clone());
    let messages: Vec<Value> = texts(&app.db, &phone, TEXTS_MAX)
        .await?
        .into_iter()
        .map(|text| {
            let from = if text.channel.is_some() { "certus" } else { "you" };
            json!({ "at": text.at.rfc3339(), "from": from, "channel": text.channel, "words": text.words })
        })
        .collect();
    let trail: Vec<Value> = trail::of_person(&app.db, id)
        .await?
        .into_iter()
        .map(|fix| {
            json!({ "at": fix.fixed_at.rfc3339(), "lat": fix.position.lat(), "lon": fix.position.lon() })
        })
        .collect();
    let learned = answers::of(&app.db, id).await?.map(|counted| {
        json!({
            "asked_by_day": counted.asked_by_day,
            "came_by_day": counted.came_by_day,
            "asked_at_night": counted.asked_at_night,
            "came_at_night": counted.came_at_night,
        })
    });
    let held = Held::load(app, person).await?;
    let mut all = serde_json::to_value(&held).expect("text, numbers and lists of them");
    all["exported_at"] = app.clock.now().rfc3339().into();
    all["messages"] = messages.into();
    all["trail"] = trail.into();
    all["learned"] = learned.unwrap_or(Value::Null);
    Ok(all)
}

/// One line for each value: where it stands, such as `call_outs[0].place`, and what it says. What a spreadsheet would run is made
/// harmless as in every file of ours.
///
/// # Panics
/// Never: a vector takes what it is given.
#[must_use]
pub fn csv(all: &Value) -> Vec<u8> {
    let mut lines = vec![("what".to_owned(), "value".to_owned())];
    flatten(String::new(), all, &mut lines);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (what, value) in lines {
        writer.write_record([what.as_str(), &neutral(&value)]).expect("a vector takes what it is given");
    }
    writer.into_inner().expect("a vector takes what it is given")
}

fn flatten(path: String, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(below, value, lines);
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                flatten(format!("{path}[{place}]"), value, lines);
            }
        }
        Value::Null => lines.push((path, String::new())),
        Value::String(text) => lines.push((path, text.clone())),
        Value::Bool(_) | Value::Number(_) => lines.push((path, value.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_line_and_no_spreadsheet_runs_one() {
        let all = json!({ "person": { "name": "Anna, \"A\"", "home": null }, "notes": ["=1+1", 7, true] });
        let csv = String::from_utf8(csv(&all)).unwrap();
        let expected = "what,value\nnotes[0],'=1+1\nnotes[1],7\nnotes[2],true\nperson.home,\nperson.name,\"Anna, \"\"A\"\"\"\n";
        assert_eq!(csv, expected);
    }
}
