//! The request that hands over one message, written from its description. Whatever a text holds, it stays inside
//! the field it was put in.

use std::collections::BTreeMap;
use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value;

use super::charset::Charset;
use super::filling::{Alphabets, Filling, Placeholder, Template};
use super::settings::Flaw;
use crate::webhook::Basic;

/// All but the characters that RFC 3986 calls unreserved.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The methods a message can be handed over with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verb {
    /// Everything is in the URL.
    Get,
    /// What most providers take.
    #[default]
    Post,
    /// For those who let us name the message in the URL.
    Put,
}

/// How the fields of the body are written, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// In the URL, after the question mark.
    Query,
    /// `application/x-www-form-urlencoded`.
    Form,
    /// `application/json`.
    Json,
}

/// One value of the body: a template, a number, a yes or no, or more of them. A template that is nothing but a
/// number's placeholder becomes a number in JSON.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Field {
    /// A text with placeholders.
    Text(Template),
    /// A number or a yes or no, as it is.
    Fixed(Value),
    /// Several; in a form or a query the name is repeated.
    List(Vec<Field>),
    /// Named ones; only in JSON.
    Table(BTreeMap<String, Field>),
}

/// The request as an administrator describes it.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestSettings {
    /// GET, POST (when nothing is said) or PUT.
    #[serde(default)]
    pub method: Verb,
    /// Where to; placeholders may stand in path and query.
    pub url: Template,
    /// Headers; all but `{text}` may stand in their values.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// How the body is written.
    pub encoding: Encoding,
    /// How `{text}` is written as bytes in a query or a form.
    #[serde(default)]
    pub charset: Charset,
    /// The provider's fields.
    #[serde(default)]
    pub body: BTreeMap<String, Field>,
    /// HTTP Basic authentication.
    #[serde(default)]
    pub basic: Option<Basic>,
    /// Or a token.
    #[serde(default)]
    pub bearer: Option<String>,
    /// What `{alphabet}` stands for.
    #[serde(default)]
    pub alphabet: Option<Alphabets>,
}

/// A request that is ready to go.
pub(super) struct Prepared {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<(&'static str, Vec<u8>)>,
}

impl TryFrom<Value> for Field {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(text) => Template::try_from(text).map(Self::Text),
            Value::Array(items) => {
                items.into_iter().map(Self::try_from).collect::<Result<_, _>>().map(Self::List)
            }
            Value::Object(members) => {
                let named = members.into_iter().map(|(name, value)| match Self::try_from(value) {
                    Ok(field) => Ok((name, field)),
                    Err(why) => Err(format!("{name}: {why}")),
                });
                named.collect::<Result<_, _>>().map(Self::Table)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(Self::Fixed(value)),
        }
    }
}

impl Field {
    fn json(&self, filling: &Filling<'_>) -> Value {
        match self {
            Self::Text(template) => template
                .number(filling)
                .map_or_else(|| Value::String(template.fill(filling)), |number| Value::Number(number.into())),
            Self::Fixed(value) => value.clone(),
            Self::List(items) => items.iter().map(|item| item.json(filling)).collect(),
            Self::Table(members) => {
                members.iter().map(|(name, field)| (name.clone(), field.json(filling))).collect()
            }
        }
    }

    /// The values that one name has in a query or a form; `None` when it cannot be written there.
    fn bytes(&self, filling: &Filling<'_>, charset: Charset) -> Option<Vec<Vec<u8>>> {
        match self {
            Self::Text(template) => {
                let charset = if template.has(Placeholder::Text) { charset } else { Charset::Utf8 };
                charset.encode(&template.fill(filling)).map(|bytes| vec![bytes])
            }
            Self::Fixed(value) => Some(vec![value.to_string().into_bytes()]),
            Self::List(items) => {
                let each: Option<Vec<_>> = items.iter().map(|item| item.bytes(filling, charset)).collect();
                each.map(|each| each.into_iter().flatten().collect())
            }
            Self::Table(_) => None,
        }
    }

    pub(super) fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::Fixed(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::templates).collect(),
            Self::Table(members) => members.values().flat_map(Self::templates).collect(),
        }
    }

    pub(super) fn has_table(&self) -> bool {
        match self {
            Self::Text(_) | Self::Fixed(_) => false,
            Self::List(items) => items.iter().any(Self::has_table),
            Self::Table(_) => true,
        }
    }
}

impl RequestSettings {
    /// The request for one message.
    pub(super) fn prepare(&self, filling: &Filling<'_>) -> Result<Prepared, Flaw> {
        let mut url = self.url.fill_with(filling, |text| escaped(text.as_bytes()));
        let body = match self.encoding {
            Encoding::Query => {
                let separator = if url.contains('?') { '&' } else { '?' };
                url = format!("{url}{separator}{}", self.pairs(filling)?);
                None
            }
            Encoding::Form => Some(("application/x-www-form-urlencoded", self.pairs(filling)?.into_bytes())),
            Encoding::Json => {
                let object: Value =
                    self.body.iter().map(|(name, field)| (name.clone(), field.json(filling))).collect();
                Some(("application/json", object.to_string().into_bytes()))
            }
        };
        let url =
            Url::parse(&url).map_err(|error| Flaw::new("request.url", format!("is no URL: {error}")))?;
        Ok(Prepared { method: self.method.into(), url, headers: self.header_map(filling)?, body })
    }

    fn pairs(&self, filling: &Filling<'_>) -> Result<String, Flaw> {
        let mut pairs = Vec::new();
        for (name, field) in &self.body {
            let unwritable =
                || Flaw::new(&format!("request.body.{name}"), "request.charset cannot write this text");
            for value in field.bytes(filling, self.charset).ok_or_else(unwritable)? {
                pairs.push(format!("{}={}", escaped(name.as_bytes()), escaped(&value)));
            }
        }
        Ok(pairs.join("&"))
    }

    fn header_map(&self, filling: &Filling<'_>) -> Result<HeaderMap, Flaw> {
        let mut headers = HeaderMap::new();
        for (name, value) in &self.headers {
            let key = format!("request.headers.{name}");
            let header: HeaderName = name.parse().map_err(|_| Flaw::new(&key, "is no name of a header"))?;
            headers.insert(header, secret(&key, &value.fill(filling))?);
        }
        if let Some(basic) = &self.basic {
            headers.insert(AUTHORIZATION, secret("request.basic", &basic.header())?);
        }
        if let Some(token) = &self.bearer {
            headers.insert(AUTHORIZATION, secret("request.bearer", &format!("Bearer {token}"))?);
        }
        Ok(headers)
    }
}

impl From<Verb> for Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
        }
    }
}

/// A header that no log shows.
fn secret(key: &str, text: &str) -> Result<HeaderValue, Flaw> {
    let mut value =
        HeaderValue::from_str(text).map_err(|_| Flaw::new(key, "has characters no header can have"))?;
    value.set_sensitive(true);
    Ok(value)
}

pub(super) fn escaped(bytes: &[u8]) -> String {
    percent_encode(bytes, ESCAPED).to_string()
}

/// Any of its parts may hold a password.
impl fmt::Debug for RequestSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestSettings")
            .field("method", &self.method)
            .field("encoding", &self.encoding)
            .field("charset", &self.charset)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::super::filling::tests::{filling, outgoing};
    use super::super::place::pairs_of;
    use super::*;

    const KANNEL: &str = r#"{"method":"GET","url":"http://127.0.0.1:13013/cgi-bin/sendsms","encoding":"query",
        "body":{"to":"{to}","text":"{text}","dlr-mask":31,"dlr-url":"{receipt_url}&type=%d"}}"#;
    const FORM: &str = r#"{"url":"https://sms.example/{from}/send?v=1&ref={id}","encoding":"form","bearer":"t0ken",
        "headers":{"X-Ref":"{id}"},"body":{"To":["{to}","{to_digits}"],"Body":"{text}","flash":false}}"#;
    const JSON: &str = r#"{"method":"PUT","url":"https://sms.example/x","encoding":"json",
        "basic":{"username":"u","password":"p"},
        "body":{"to":["{to}"],"options":{"ttl":"{valid_seconds}","until":"in {valid_minutes} min"},"body":"{text}"}}"#;

    #[test]
    fn a_query_is_escaped_as_a_whole_so_that_a_url_can_stand_in_it() {
        let url = prepared(KANNEL, "Åre & co? 100 % + 🚑").url.to_string();
        let expected = "http://127.0.0.1:13013/cgi-bin/sendsms?dlr-mask=31&\
            dlr-url=https%3A%2F%2Fc.example%2Fr%3Fref%3D1%26type%3D%25d&\
            text=%C3%85re%20%26%20co%3F%20100%20%25%20%2B%20%F0%9F%9A%91&to=%2B46701740605";
        assert_eq!(url, expected);
    }

    #[test]
    fn a_form_repeats_the_names_of_lists_and_headers_are_filled() {
        let prepared = prepared(FORM, "JA");
        let (kind, body) = prepared.body.unwrap();
        assert_eq!(kind, "application/x-www-form-urlencoded");
        assert_eq!(String::from_utf8(body).unwrap(), "Body=JA&To=%2B46701740605&To=46701740605&flash=false");
        let id = outgoing("").id.to_string();
        assert_eq!(prepared.url.as_str(), format!("https://sms.example/71700/send?v=1&ref={id}"));
        assert_eq!(prepared.headers["x-ref"], id);
        assert_eq!(prepared.headers["authorization"], "Bearer t0ken");
    }

    #[test]
    fn in_json_a_lone_number_is_a_number_and_all_else_is_text() {
        let prepared = prepared(JSON, "\"},{\u{0}\\");
        let body: Value = serde_json::from_slice(&prepared.body.unwrap().1).unwrap();
        let expected = serde_json::json!({"to": ["+46701740605"], "body": "\"},{\u{0}\\",
            "options": {"ttl": 630, "until": "in 10 min"}});
        assert_eq!(body, expected);
        assert_eq!(prepared.headers["authorization"], "Basic dTpw");
        assert_eq!(prepared.method, Method::PUT);
    }

    #[test]
    fn the_charset_is_the_texts_alone_and_what_it_cannot_write_is_refused() {
        let settings = KANNEL.replace("\"encoding\"", "\"charset\":\"iso-8859-1\",\"encoding\"");
        assert!(prepared(&settings, "på").url.as_str().contains("text=p%E5&to=%2B46"));
        let message = outgoing("🚑");
        let flaw = request(&settings).prepare(&filling(&message)).err().unwrap();
        assert_eq!(flaw.to_string(), "request.body.text: request.charset cannot write this text");
    }

    #[test]
    fn nothing_of_a_request_is_shown() {
        let shown = format!("{:?}", request(FORM));
        assert!(!shown.contains("t0ken") && !shown.contains("sms.example"), "{shown}");
    }

    proptest! {
        #[test]
        fn whatever_a_text_holds_it_stays_in_its_field(text in "\\PC{0,60}", raw in proptest::collection::vec(0..=127_u8, 0..20)) {
            for text in [text, raw.into_iter().map(char::from).collect()] {
                let url = prepared(KANNEL, &text).url;
                let pairs = pairs_of(url.query().unwrap().as_bytes());
                prop_assert_eq!(pairs.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["dlr-mask", "dlr-url", "text", "to"]);
                prop_assert_eq!(&pairs[2].1, text.as_bytes());
                let pairs = pairs_of(&prepared(FORM, &text).body.unwrap().1);
                prop_assert_eq!(pairs.len(), 4);
                prop_assert_eq!(&pairs[0].1, text.as_bytes());
                let body: Value = serde_json::from_slice(&prepared(JSON, &text).body.unwrap().1).unwrap();
                prop_assert_eq!(body.as_object().unwrap().len(), 3);
                prop_assert_eq!(body["body"].as_str(), Some(text.as_str()));
            }
        }

        #[test]
        fn whatever_the_sender_holds_the_url_keeps_its_shape(from in "[^.]\\PC{0,20}") {
            let message = outgoing("x");
            let filling = Filling { from: &from, ..filling(&message) };
            let url = request(FORM).prepare(&filling).unwrap().url;
            prop_assert_eq!(url.host_str(), Some("sms.example"));
            prop_assert_eq!(url.path_segments().unwrap().count(), 2);
            prop_assert_eq!(pairs_of(url.query().unwrap().as_bytes()).len(), 2);
        }
    }

    fn request(json: &str) -> RequestSettings {
        serde_json::from_str(json).unwrap()
    }

    fn prepared(json: &str, text: &str) -> Prepared {
        request(json).prepare(&filling(&outgoing(text))).unwrap()
    }
}
