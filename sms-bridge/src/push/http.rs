//! What push services answer, read within bounds, and the words and times in it.

use std::time::Duration;

use certus_registry::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Response, Url};
use serde::de::DeserializeOwned;

use super::SetupError;
use crate::transport;

/// Time for a request that must be answered before the real one.
pub(crate) const TOKEN_TIMEOUT: Duration = Duration::from_secs(4);
/// As much of an answer as is read, in octets: a token of FCM takes about 1 000.
const ANSWER_MAX: usize = 16 * 1024;
/// The longest "retry after" that is believed.
const WAIT_MAX: Duration = Duration::from_hours(24);

/// `base` and `path` as one URL.
pub(crate) fn url(base: &str, path: &str, setting: &'static str) -> Result<Url, SetupError> {
    transport::url(base, path).ok_or(SetupError::Setting { setting, why: "expected an http or https URL" })
}

/// An answer, read within bounds. The status counts even when the body breaks off.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(mut response: Response) -> Self {
        let (body, _) = transport::body(&mut response, ANSWER_MAX).await;
        Self { status: response.status().as_u16(), headers: std::mem::take(response.headers_mut()), body }
    }

    /// The body as JSON of this shape, `None` when it is not.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(&self.body).ok()
    }

    /// A header's text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// How long the service wants to be left alone: seconds or an HTTP date (RFC 9110, 10.2.3), at most 24 hours.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = text.parse().ok().map(Duration::from_secs);
    let date = || jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp().as_millisecond());
    let wait = seconds.or_else(|| date().map(|at| Timestamp::from_millis(at).since(now)))?;
    Some(wait.min(WAIT_MAX))
}

/// A word of a service that may be logged: letters, digits and underscores, at most 40. Anything else says nothing.
pub(crate) fn word(text: &str) -> &str {
    let plain = text.len() <= 40 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if plain { text } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_are_waits_and_rubbish_is_none() {
        let now = Timestamp::parse_rfc3339("2026-11-24T02:00:00Z").unwrap();
        let wait = |text: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]);
            retry_after(&headers, now).map(|wait| wait.as_secs())
        };
        assert_eq!((wait("7"), wait(" 120 "), wait("0")), (Some(7), Some(120), Some(0)));
        assert_eq!(wait("Tue, 24 Nov 2026 02:01:30 GMT"), Some(90));
        assert_eq!(wait("Tue, 24 Nov 2026 01:00:00 GMT"), Some(0));
        assert_eq!((wait("18446744073709551615"), wait("999999")), (Some(86_400), Some(86_400)));
        assert_eq!((wait(""), wait("soon"), wait("-1"), wait("1.5")), (None, None, None, None));
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn only_plain_words_of_a_service_are_repeated() {
        assert_eq!(word("UNREGISTERED"), "UNREGISTERED");
        assert_eq!((word("token abc:def"), word("å"), word(&"a".repeat(41))), ("", "", ""));
    }
}
