//! Texts with placeholders, and what is put in their place. Escaping is the business of whoever fills: only they
//! know where the text will stand.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;

use crate::Outgoing;
use crate::gsm::{self, Encoding};

const MINUTE_SECONDS: u64 = 60;

/// What can be put into a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placeholder {
    /// Our id of the message.
    Id,
    /// The receiver in E.164 with its plus.
    To,
    /// The receiver without the plus.
    ToDigits,
    /// The sender of the settings.
    From,
    /// The text.
    Text,
    /// When it must not be delivered any more, RFC 3339 in UTC.
    ValidUntil,
    /// The same in seconds since 1970.
    ValidUntilUnix,
    /// Seconds left, at least 1.
    ValidSeconds,
    /// Minutes left, rounded down, at least 1.
    ValidMinutes,
    /// The provider's word for the alphabet that the text needs.
    Alphabet,
    /// Where the provider posts receipts: it names the message and holds the key.
    ReceiptUrl,
}

impl Placeholder {
    const ALL: [(&'static str, Self); 11] = [
        ("id", Self::Id),
        ("to", Self::To),
        ("to_digits", Self::ToDigits),
        ("from", Self::From),
        ("text", Self::Text),
        ("valid_until", Self::ValidUntil),
        ("valid_until_unix", Self::ValidUntilUnix),
        ("valid_seconds", Self::ValidSeconds),
        ("valid_minutes", Self::ValidMinutes),
        ("alphabet", Self::Alphabet),
        ("receipt_url", Self::ReceiptUrl),
    ];

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| *known == name).map(|(_, placeholder)| placeholder)
    }

    /// Whether what it stands for is a number of the provider's, not a text of digits.
    fn is_number(self) -> bool {
        matches!(self, Self::ValidUntilUnix | Self::ValidSeconds | Self::ValidMinutes)
    }
}

/// The provider's words for the two alphabets a text message can be written in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alphabets {
    /// For a text that GSM 03.38 can write.
    pub gsm: String,
    /// For all others.
    pub unicode: String,
}

/// What one message puts into templates.
pub(super) struct Filling<'a> {
    pub(super) message: &'a Outgoing,
    pub(super) from: &'a str,
    pub(super) receipt_url: &'a str,
    pub(super) alphabets: Option<&'a Alphabets>,
}

impl Filling<'_> {
    fn value(&self, placeholder: Placeholder) -> Cow<'_, str> {
        let Outgoing { id, to, body, valid_until, .. } = self.message;
        match placeholder {
            Placeholder::Id => id.to_string().into(),
            Placeholder::To => to.as_str().into(),
            Placeholder::ToDigits => to.as_str().trim_start_matches('+').into(),
            Placeholder::From => self.from.into(),
            Placeholder::Text => body.into(),
            Placeholder::ValidUntil => valid_until.rfc3339().into(),
            Placeholder::ValidUntilUnix => (valid_until.as_millis() / 1000).to_string().into(),
            Placeholder::ValidSeconds => self.left().as_secs().max(1).to_string().into(),
            Placeholder::ValidMinutes => (self.left().as_secs() / MINUTE_SECONDS).max(1).to_string().into(),
            Placeholder::Alphabet => self.alphabet().into(),
            Placeholder::ReceiptUrl => self.receipt_url.into(),
        }
    }

    fn left(&self) -> Duration {
        self.message.valid_until.since(self.message.sent_at)
    }

    fn alphabet(&self) -> &str {
        let word = self.alphabets.map(|words| match gsm::segments(&self.message.body).encoding {
            Encoding::Gsm7 => words.gsm.as_str(),
            Encoding::Ucs2 => words.unicode.as_str(),
        });
        word.unwrap_or_default() // `TemplateSettings` refuses {alphabet} without its words
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Blank(Placeholder),
}

/// A text with placeholders such as `{to}`; `{{` and `}}` stand for the brackets themselves.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Template(Vec<Piece>);

impl Template {
    /// The whole text, nothing escaped.
    pub(super) fn fill(&self, filling: &Filling<'_>) -> String {
        self.fill_with(filling, str::to_owned)
    }

    /// The text with `escape` around what is put in.
    pub(super) fn fill_with(&self, filling: &Filling<'_>, escape: impl Fn(&str) -> String) -> String {
        let filled = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Blank(placeholder) => escape(&filling.value(*placeholder)),
        });
        filled.collect()
    }

    /// The number, when it is nothing but the placeholder of one.
    pub(super) fn number(&self, filling: &Filling<'_>) -> Option<i64> {
        match self.0.as_slice() {
            [Piece::Blank(placeholder)] if placeholder.is_number() => {
                filling.value(*placeholder).parse().ok()
            }
            _ => None,
        }
    }

    pub(super) fn has(&self, placeholder: Placeholder) -> bool {
        self.0.contains(&Piece::Blank(placeholder))
    }

    /// What stands before `placeholder`, without what is put in.
    pub(super) fn literal_before(&self, placeholder: impl Fn(Placeholder) -> bool) -> Option<String> {
        let at =
            self.0.iter().position(|piece| matches!(piece, Piece::Blank(found) if placeholder(*found)))?;
        let before = self.0.iter().take(at).filter_map(|piece| match piece {
            Piece::Literal(text) => Some(text.as_str()),
            Piece::Blank(_) => None,
        });
        Some(before.collect())
    }
}

impl TryFrom<String> for Template {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (mut pieces, mut literal, mut rest) = (Vec::new(), String::new(), text.as_str());
        while let Some(at) = rest.find(['{', '}']) {
            literal.push_str(&rest[..at]);
            let (bracket, after) = rest[at..].split_at(1);
            if let Some(after) = after.strip_prefix(bracket) {
                literal.push_str(bracket);
                rest = after;
                continue;
            }
            let ("{", Some((name, after))) = (bracket, after.split_once('}')) else {
                let why = format!("'{bracket}' without its other half");
                return Err(format!("{why}; write {bracket}{bracket} for the sign itself"));
            };
            let placeholder = Placeholder::named(name).ok_or_else(|| unknown(name))?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Blank(placeholder));
            rest = after;
        }
        literal.push_str(rest);
        if !literal.is_empty() {
            pieces.push(Piece::Literal(literal));
        }
        Ok(Self(pieces))
    }
}

/// What stands in brackets may be a secret that was meant literally; it is shown only when it looks like a name.
fn unknown(name: &str) -> String {
    let is_name = name.len() <= 20 && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let known = Placeholder::ALL.map(|(name, _)| format!("{{{name}}}")).join(" ");
    let shown = if is_name { format!(" {{{name}}}") } else { String::new() };
    format!("unknown placeholder{shown}; there are {known}")
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Template(…)")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use certus_registry::{Random, Timestamp};

    use super::*;
    use crate::{MessageId, Neighbours};

    pub(in super::super) const SENT: Timestamp = Timestamp::from_millis(1_795_400_000_000);

    #[test]
    fn every_placeholder_is_filled_from_the_message() {
        let cases = [
            ("{to} {to_digits}", "+46701740605 46701740605"),
            ("{from}: {text}!", "71700: LARM Åre!"),
            ("{valid_until}", "2026-11-23T02:23:50.000Z"),
            ("{valid_until_unix} {valid_seconds} {valid_minutes}", "1795400630 630 10"),
            ("{alphabet}", "0"),
            ("{receipt_url}&type=%d", "https://c.example/r?ref=1&type=%d"),
            ("{{to}} 100 %", "{to} 100 %"),
        ];
        let message = outgoing("LARM Åre");
        for (text, expected) in cases {
            let filled = template(text).fill(&filling(&message));
            assert_eq!(filled, expected, "{text}");
        }
        assert_eq!(template("{id}").fill(&filling(&message)), message.id.to_string());
    }

    #[test]
    fn the_alphabet_follows_the_text_and_validity_never_reaches_zero() {
        let mut message = outgoing("LARM 🚑");
        message.valid_until = SENT;
        let text = template("{alphabet} {valid_seconds} {valid_minutes}").fill(&filling(&message));
        assert_eq!(text, "2 1 1");
    }

    #[test]
    fn a_template_that_cannot_be_filled_says_why() {
        let cases = [
            ("{txt}", "unknown placeholder {txt}; there are {id} {to}"),
            ("{}", "unknown placeholder"),
            ("{hunter 2}", "unknown placeholder; there are"),
            ("{to", "'{' without its other half"),
            ("to}", "'}' without its other half; write }} for the sign itself"),
        ];
        for (text, expected) in cases {
            let error = Template::try_from(text.to_owned()).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_is_refused_and_what_has_no_bracket_stays(text in "\\PC{0,30}") {
            if let Ok(parsed) = Template::try_from(text.clone()) && !text.contains(['{', '}']) {
                proptest::prop_assert_eq!(parsed.fill(&filling(&outgoing(""))), text);
            }
        }
    }

    pub(in super::super) fn template(text: &str) -> Template {
        Template::try_from(text.to_owned()).unwrap()
    }

    pub(in super::super) fn filling(message: &Outgoing) -> Filling<'_> {
        Filling {
            message,
            from: "71700",
            receipt_url: "https://c.example/r?ref=1",
            alphabets: Some(alphabets()),
        }
    }

    fn alphabets() -> &'static Alphabets {
        static WORDS: std::sync::LazyLock<Alphabets> =
            std::sync::LazyLock::new(|| Alphabets { gsm: "0".into(), unicode: "2".into() });
        &WORDS
    }

    pub(in super::super) fn outgoing(body: &str) -> Outgoing {
        Outgoing {
            reference: "1/2/3".to_owned(),
            urgency: crate::Urgency::Alarm,
            id: MessageId::new(SENT, &Random::from_seed(1)),
            to: "+46701740605".parse().unwrap(),
            body: body.to_owned(),
            stored_at: SENT,
            sent_at: SENT,
            valid_until: SENT + Duration::from_secs(630),
            attempt: 1,
            neighbours: Neighbours::default(),
        }
    }
}
