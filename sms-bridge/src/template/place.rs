//! Where in a webhook something stands. Values are bytes: only the settings, or the provider, know their charset.

use std::net::IpAddr;

use percent_encoding::percent_decode;
use serde::Deserialize;
use serde_json::Value;

use super::answer::Pointer;
use super::charset::Charset;

/// A place in a webhook: `query:NAME`, `form:NAME` or `json:/POINTER`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum Place {
    /// A parameter of the URL.
    Query(String),
    /// A field of a posted form.
    Form(String),
    /// A place in a posted JSON document.
    Json(Pointer),
}

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("query", name)) if !name.is_empty() => Ok(Self::Query(name.to_owned())),
            Some(("form", name)) if !name.is_empty() => Ok(Self::Form(name.to_owned())),
            Some(("json", pointer)) => Pointer::try_from(pointer.to_owned()).map(Self::Json),
            Some(_) | None => Err("expected query:NAME, form:NAME or json:/POINTER".to_owned()),
        }
    }
}

/// A webhook as it came.
#[derive(Clone, Copy)]
pub struct Posted<'a> {
    /// The URL's query, undecoded.
    pub query: &'a str,
    /// The header of that name.
    pub authorization: Option<&'a str>,
    /// The body, undecoded.
    pub body: &'a [u8],
    /// The client's address.
    pub source: IpAddr,
}

/// A webhook's parameters.
pub(super) struct Parameters {
    query: Vec<(String, Vec<u8>)>,
    form: Vec<(String, Vec<u8>)>,
    json: Value,
}

impl Parameters {
    pub(super) fn of(posted: &Posted<'_>) -> Self {
        let json = serde_json::from_slice(posted.body).unwrap_or(Value::Null);
        Self { query: pairs_of(posted.query.as_bytes()), form: pairs_of(posted.body), json }
    }

    /// What stands there, in this charset; JSON is always Unicode.
    pub(super) fn text(&self, place: &Place, charset: Charset) -> Option<String> {
        let named = |pairs: &[(String, Vec<u8>)], name: &str| {
            pairs.iter().find(|(found, _)| found == name).map(|(_, bytes)| charset.decode(bytes))
        };
        match place {
            Place::Query(name) => named(&self.query, name),
            Place::Form(name) => named(&self.form, name),
            Place::Json(pointer) => pointer.find(&self.json),
        }
    }

    /// What stands there, unless it is empty.
    pub(super) fn word(&self, place: &Place) -> Option<String> {
        self.text(place, Charset::Utf8).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

/// Reads `a=1&b=2`: a plus is a space, percent signs are bytes.
pub(super) fn pairs_of(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let decoded = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).collect::<Vec<u8>>()
    };
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let value = pair.get(at + 1..).unwrap_or_default();
            (String::from_utf8_lossy(&decoded(&pair[..at])).into_owned(), decoded(value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn a_place_names_a_parameter_wherever_it_stands() {
        let json = posted("a=1+2&b=%00J%00%C5&a=3&c", br#"{"x":{"y":[true,7,"J\u00c5"]}}"#);
        let form = posted("", b"a=%E5&b");
        let cases = [
            (&json, "query:a", Some("1 2")),
            (&json, "query:c", Some("")),
            (&json, "query:d", None),
            (&json, "json:/x/y/1", Some("7")),
            (&json, "json:/x/y/2", Some("JÅ")),
            (&json, "json:/x/y", None),
            (&json, "form:a", None),
            (&form, "form:a", Some("å")),
            (&form, "json:/a", None),
        ];
        for (parameters, place, expected) in cases {
            let found = parameters.text(&self::place(place), Charset::Utf8);
            assert_eq!(found.as_deref(), expected, "{place}");
        }
        assert_eq!(json.text(&place("query:b"), Charset::Utf16Be).unwrap(), "JÅ");
        assert_eq!(json.text(&place("json:/x/y/2"), Charset::Utf16Be).unwrap(), "JÅ");
        assert_eq!(json.word(&place("query:c")), None);
    }

    #[test]
    fn a_place_that_is_none_says_what_was_expected() {
        for text in ["status", "query:", "json:x", "header:x"] {
            assert!(Place::try_from(text.to_owned()).unwrap_err().starts_with("expected "), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_rubbish_stops_the_reading(query in "\\PC{0,60}", body in proptest::collection::vec(0_u8.., 0..60)) {
            let parameters = posted(&query, &body);
            for name in ["query:a", "form:a", "json:/a"] {
                let _ = parameters.text(&place(name), Charset::Utf16Be);
            }
        }
    }

    fn posted(query: &str, body: &[u8]) -> Parameters {
        Parameters::of(&Posted { query, authorization: None, body, source: Ipv4Addr::LOCALHOST.into() })
    }

    fn place(text: &str) -> Place {
        Place::try_from(text.to_owned()).unwrap()
    }
}
