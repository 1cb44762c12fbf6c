//! What a provider's answer to our request means for the message.

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::charset::Charset;
use super::statuses::Statuses;
use crate::inbox::check_provider_id;
use crate::{Accepted, SendError};

/// Longest reason that is kept, in characters.
const REASON_MAX: usize = 120;

/// A regular expression of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Expression(Regex);

impl TryFrom<String> for Expression {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        Regex::new(&text).map(Self).map_err(|error| format!("is no regular expression: {error}"))
    }
}

/// A regular expression with a group.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Group(Regex);

impl TryFrom<String> for Group {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let Expression(regex) = Expression::try_from(text)?;
        let with_group = regex.captures_len() > 1;
        with_group.then_some(Self(regex)).ok_or_else(|| "expected a group in brackets".to_owned())
    }
}

/// A JSON pointer (RFC 6901).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Pointer(String);

impl TryFrom<String> for Pointer {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.starts_with('/')
            .then_some(Self(text))
            .ok_or_else(|| "expected a JSON pointer such as /sid".to_owned())
    }
}

impl Pointer {
    /// The text, number or yes or no at this place.
    pub(super) fn find(&self, document: &Value) -> Option<String> {
        match document.pointer(&self.0)? {
            Value::String(text) => Some(text.clone()),
            other @ (Value::Number(_) | Value::Bool(_)) => Some(other.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// Where something stands in an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Extract {
    /// At a place in JSON.
    Pointer(Pointer),
    /// In the first group of an expression.
    Pattern(Group),
}

impl Extract {
    fn find(&self, text: &str) -> Option<String> {
        let found = match self {
            Self::Pointer(pointer) => pointer.find(&serde_json::from_str(text).ok()?)?,
            Self::Pattern(Group(regex)) => regex.captures(text)?.get(1)?.as_str().to_owned(),
        };
        Some(found.trim().to_owned()).filter(|found| !found.is_empty())
    }
}

/// What answers mean. A single status goes before a hundred; what no list names means what HTTP says it does:
/// 2xx accepted; 401 to 403, 429, 3xx and 5xx temporary; 408, 502 and 504 unknown, for they come from a machine in
/// between that may have passed the message on; other 4xx refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AnswerSettings {
    /// The provider has the message.
    pub accepted: Vec<Statuses>,
    /// It never will.
    pub refused: Vec<Statuses>,
    /// It does not, but may later.
    pub temporary: Vec<Statuses>,
    /// It may have it.
    pub unknown: Vec<Statuses>,
    /// A body that says "refused" under a status that says "accepted".
    pub refused_text: Option<Expression>,
    /// A body that says "later" under a status that says "accepted".
    pub temporary_text: Option<Expression>,
    /// Where the provider's id of the message stands; without it, our own is its name there too.
    pub id: Option<Extract>,
    /// Where the provider says why it did not take a message; without it, the status is all that is told.
    pub reason: Option<Extract>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Means {
    Accepted,
    Refused,
    Temporary,
    Unknown,
}

/// An answer as far as it was read.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// Not cut off by us, and the connection was not lost.
    pub(super) whole: bool,
}

impl AnswerSettings {
    /// What became of the message; `sent` is its text, which no reason may repeat.
    pub(super) fn judge(&self, answer: &Answer, own_id: &str, sent: &str) -> Result<Accepted, SendError> {
        let text = Charset::Utf8.decode(&answer.body);
        match self.means(answer.status) {
            Means::Accepted => self.accepted(answer, &text, own_id, sent),
            Means::Refused => Err(SendError::Refused { reason: self.told(answer.status, &text, sent) }),
            Means::Temporary => Err(SendError::Temporary { reason: self.told(answer.status, &text, sent) }),
            Means::Unknown => Err(SendError::Unknown { reason: self.told(answer.status, &text, sent) }),
        }
    }

    fn accepted(&self, answer: &Answer, text: &str, own_id: &str, sent: &str) -> Result<Accepted, SendError> {
        let says = |expression: &Option<Expression>| {
            expression.as_ref().is_some_and(|Expression(regex)| regex.is_match(text))
        };
        if says(&self.refused_text) {
            return Err(SendError::Refused { reason: self.told(answer.status, text, sent) });
        }
        if says(&self.temporary_text) {
            return Err(SendError::Temporary { reason: self.told(answer.status, text, sent) });
        }
        let judged_by_text = self.refused_text.is_some() || self.temporary_text.is_some();
        if !answer.whole && judged_by_text {
            return Err(SendError::Unknown { reason: "an answer that broke off".to_owned() });
        }
        let Some(place) = &self.id else { return Ok(Accepted::as_named(own_id.to_owned())) };
        match place.find(text).filter(|id| check_provider_id(id).is_ok()) {
            Some(provider_id) => Ok(Accepted::as_named(provider_id)),
            None => Err(SendError::Unknown {
                reason: "an answer without the id that answer.id describes".to_owned(),
            }),
        }
    }

    fn means(&self, status: u16) -> Means {
        let lists = [
            (&self.accepted, Means::Accepted),
            (&self.refused, Means::Refused),
            (&self.temporary, Means::Temporary),
            (&self.unknown, Means::Unknown),
        ];
        let named = lists.into_iter().filter_map(|(list, means)| {
            let closest = list.iter().filter_map(|statuses| statuses.names(status)).max()?;
            Some((closest, means))
        });
        named.max_by_key(|(closest, _)| *closest).map_or_else(|| by_default(status), |(_, means)| means)
    }

    /// A status that two lists name alike.
    pub(super) fn contradiction(&self) -> Option<String> {
        let all: Vec<_> =
            [&self.accepted, &self.refused, &self.temporary, &self.unknown].into_iter().flatten().collect();
        let twice = all.iter().enumerate().find(|(at, statuses)| all[..*at].contains(statuses));
        twice.map(|(_, statuses)| match statuses {
            Statuses::One(status) => status.to_string(),
            Statuses::Hundred(digit) => format!("{digit}xx"),
        })
    }

    fn told(&self, status: u16, text: &str, sent: &str) -> String {
        let reason = self.reason.as_ref().and_then(|place| place.find(text));
        match reason.filter(|reason| sent.is_empty() || !reason.contains(sent)) {
            Some(reason) => format!("HTTP {status}: {}", shown(&reason)),
            None => format!("HTTP {status}"),
        }
    }
}

fn by_default(status: u16) -> Means {
    match status {
        200..=299 => Means::Accepted,
        408 | 502 | 504 => Means::Unknown,
        401..=403 | 429 | 300..=399 | 500..=599 => Means::Temporary,
        _ => Means::Refused,
    }
}

/// A provider's words without what could be a telephone number: reasons are logged.
pub(super) fn shown(reason: &str) -> String {
    let words = reason.chars().filter(|c| !c.is_control()).take(REASON_MAX).collect::<String>();
    let mut shown = String::with_capacity(words.len());
    let mut number = String::new();
    for character in words.chars().chain(['\n']) {
        let joins = matches!(character, ' ' | '-' | '.' | '(' | ')') && !number.is_empty();
        if character.is_ascii_digit() || joins {
            number.push(character);
            continue;
        }
        shown.push_str(&masked(&number));
        number.clear();
        if character != '\n' {
            shown.push(character);
        }
    }
    shown
}

/// Seven digits are the shortest telephone number.
fn masked(number: &str) -> String {
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let hide = |c: char| if c.is_ascii_digit() { '#' } else { c };
    if digits < 7 { number.to_owned() } else { number.chars().map(hide).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_one_meaning_and_the_settings_the_last_word() {
        let told = r#"{"refused":[403,"5xx"],"temporary":[404,503],"unknown":[202]}"#;
        let cases = [
            (200, "accepted", "accepted"),
            (202, "accepted", "unknown"),
            (301, "temporary", "temporary"),
            (400, "refused", "refused"),
            (401, "temporary", "temporary"),
            (403, "temporary", "refused"),
            (404, "refused", "temporary"),
            (408, "unknown", "unknown"),
            (429, "temporary", "temporary"),
            (500, "temporary", "refused"),
            (502, "unknown", "refused"),
            (503, "temporary", "temporary"),
            (504, "unknown", "refused"),
        ];
        for (status, untold, by_settings) in cases {
            assert_eq!(kind(&judged("{}", status, "")), untold, "{status}");
            assert_eq!(kind(&judged(told, status, "")), by_settings, "{status}");
        }
    }

    #[test]
    fn the_providers_id_is_found_or_the_outcome_is_unknown() {
        let pointer = r#"{"id":{"pointer":"/messages/0/id"}}"#;
        let pattern = r#"{"id":{"pattern":"^ID: (\\S+)"}}"#;
        let cases = [
            ("{}", "0: Accepted for delivery", "ours"),
            (pointer, r#"{"messages":[{"id":"SM1"}]}"#, "SM1"),
            (pointer, r#"{"messages":[{"id":17}]}"#, "17"),
            (pattern, "ID: abc-1 queued", "abc-1"),
            (pointer, r#"{"messages":[]}"#, "unknown"),
            (pointer, "<html>", "unknown"),
            (pattern, "ERR: 105", "unknown"),
        ];
        for (settings, body, expected) in cases {
            let judged = judged(settings, 200, body);
            let found =
                judged.as_ref().map_or_else(|_| kind(&judged), |accepted| accepted.provider_id.as_str());
            assert_eq!(found, expected, "{settings} {body}");
        }
    }

    #[test]
    fn a_body_may_contradict_its_status() {
        let settings =
            r#"{"refused_text":"^ERR: 105","temporary_text":"^ERR","reason":{"pattern":"^(.*)$"}}"#;
        let refused = judged(settings, 200, "ERR: 105 bad number +46 70-174 06 05");
        assert_eq!(
            refused.unwrap_err().to_string(),
            "refused: HTTP 200: ERR: 105 bad number +## ##-### ## ##"
        );
        assert_eq!(kind(&judged(settings, 200, "ERR: 114 later")), "temporary");
        assert_eq!(kind(&judged(settings, 200, "OK")), "accepted");
        let broken = Answer { status: 200, body: b"O".to_vec(), whole: false };
        assert_eq!(kind(&of(settings).judge(&broken, "ours", "LARM")), "unknown");
        assert_eq!(kind(&of("{}").judge(&broken, "ours", "LARM")), "accepted");
    }

    #[test]
    fn a_reason_never_repeats_the_text_and_is_told_only_when_asked_for() {
        let settings = r#"{"reason":{"pattern":"^(.*)$"}}"#;
        for (settings, body) in [(settings, "cannot send LARM"), ("{}", "whatever")] {
            assert_eq!(judged(settings, 400, body).unwrap_err().to_string(), "refused: HTTP 400");
        }
        assert_eq!(shown("NACK/0x0000000b/Invalid"), "NACK/0x#######b/Invalid");
        assert_eq!(shown("error 105, code 1234"), "error 105, code 1234");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let cases = [
            (r#"{"accepted":[99]}"#, "expected a status such as 202"),
            (r#"{"accepted":["9xx"]}"#, "'9xx': expected a status"),
            (r#"{"id":{"pattern":"no group"}}"#, "expected a group in brackets"),
            (r#"{"id":{"pattern":"("}}"#, "is no regular expression"),
            (r#"{"id":{"pointer":"sid"}}"#, "expected a JSON pointer such as /sid"),
        ];
        for (settings, why) in cases {
            let error = serde_json::from_str::<AnswerSettings>(settings).unwrap_err().to_string();
            assert!(error.contains(why), "{settings}: {error}");
        }
        assert_eq!(of(r#"{"refused":["4xx"],"temporary":[400,"4xx"]}"#).contradiction().unwrap(), "4xx");
    }

    fn of(settings: &str) -> AnswerSettings {
        serde_json::from_str(settings).unwrap()
    }

    fn judged(settings: &str, status: u16, body: &str) -> Result<Accepted, SendError> {
        let answer = Answer { status, body: body.as_bytes().to_vec(), whole: true };
        of(settings).judge(&answer, "ours", "LARM")
    }

    fn kind(judged: &Result<Accepted, SendError>) -> &'static str {
        match judged {
            Ok(_) => "accepted",
            Err(SendError::Temporary { .. }) => "temporary",
            Err(SendError::Refused { .. }) => "refused",
            Err(SendError::Unknown { .. }) => "unknown",
        }
    }
}
