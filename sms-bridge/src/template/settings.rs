//! A provider as an administrator describes it, checked as a whole before anything starts.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use certus_registry::{Random, Timestamp};
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde::Deserialize;

use super::answer::AnswerSettings;
use super::charset::Charset;
use super::filling::{Filling, Placeholder, Template};
use super::request::{Encoding, Field, RequestSettings, Verb, escaped};
use super::webhook::{ReceiptSettings, ReplySettings};
use super::{RECEIPT_PATH, REPLY_PATH};
use crate::webhook::Basic;
use crate::{MessageId, Neighbours, Outgoing, Urgency};

/// What is wrong with a description. Shows keys, never values: they may be secrets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {why}")]
pub(super) struct Flaw {
    key: String,
    why: String,
}

impl Flaw {
    pub(super) fn new(key: &str, why: impl Into<String>) -> Self {
        Self { key: key.to_owned(), why: why.into() }
    }
}

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    from: String,
    webhook_base: Option<String>,
    webhook_secret: Option<String>,
    webhook_basic: Option<Basic>,
    #[serde(default)]
    sources: Vec<IpAddr>,
    #[serde(default)]
    allow_insecure: bool,
    request: RequestSettings,
    #[serde(default)]
    answer: AnswerSettings,
    receipt: Option<ReceiptSettings>,
    reply: Option<ReplySettings>,
}

/// One provider.
#[derive(Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct TemplateSettings {
    /// Our number or name there.
    pub from: String,
    /// Where the provider reaches us.
    pub webhook_base: Option<Url>,
    /// Must come back as `key` in every webhook's query, when given.
    pub webhook_secret: Option<String>,
    /// Must come back in every webhook's `Authorization` header, when given.
    pub webhook_basic: Option<Basic>,
    /// Addresses webhooks may come from; empty: from anywhere.
    pub sources: Vec<IpAddr>,
    /// How a message is handed over.
    pub request: RequestSettings,
    /// What the answers mean.
    pub answer: AnswerSettings,
    /// How delivery reports are read; without it there are none.
    pub receipt: Option<ReceiptSettings>,
    /// How replies are read; without it there are none.
    pub reply: Option<ReplySettings>,
}

impl TryFrom<Written> for TemplateSettings {
    type Error = Flaw;

    fn try_from(written: Written) -> Result<Self, Flaw> {
        let allow_insecure = written.allow_insecure;
        let base = written.webhook_base.as_deref();
        let settings = Self {
            webhook_base: base.map(|base| webhook_base(base, allow_insecure)).transpose()?,
            from: written.from,
            webhook_secret: written.webhook_secret,
            webhook_basic: written.webhook_basic,
            sources: written.sources,
            request: written.request,
            answer: written.answer,
            receipt: written.receipt,
            reply: written.reply,
        };
        settings.check_placeholders()?;
        settings.check_request()?;
        settings.check_sample(allow_insecure)?;
        settings.check_webhooks()?;
        match settings.answer.contradiction() {
            Some(status) => Err(Flaw::new("answer", format!("{status} stands there twice"))),
            None => Ok(settings),
        }
    }
}

impl TemplateSettings {
    /// Where receipts about one message are to be posted; empty without `webhook_base`.
    #[must_use]
    pub fn receipt_url(&self, id: MessageId) -> String {
        let Some(url) = self.webhook(RECEIPT_PATH) else { return String::new() };
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}ref={id}")
    }

    /// Where replies are to be posted: what to enter at the provider. `None` without `webhook_base`.
    #[must_use]
    pub fn reply_url(&self) -> Option<String> {
        self.webhook(REPLY_PATH)
    }

    fn webhook(&self, path: &str) -> Option<String> {
        let mut url = self.webhook_base.clone()?;
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        if let Some(Basic { username, password }) = &self.webhook_basic {
            // Both fail only for URLs without a host, and this one has one.
            let _ = url.set_username(username);
            let _ = url.set_password(Some(password));
        }
        let key = self.webhook_secret.as_ref().map(|secret| format!("?key={}", escaped(secret.as_bytes())));
        Some(format!("{url}{}", key.unwrap_or_default()))
    }

    fn templates(&self) -> Vec<&Template> {
        let RequestSettings { url, headers, body, .. } = &self.request;
        let mut all = vec![url];
        all.extend(headers.values());
        all.extend(body.values().flat_map(Field::templates));
        all
    }

    /// Whether everything stands somewhere, and only where it can.
    fn check_placeholders(&self) -> Result<(), Flaw> {
        let has = |placeholder| self.templates().iter().any(|template| template.has(placeholder));
        if !has(Placeholder::To) && !has(Placeholder::ToDigits) {
            return Err(Flaw::new("request.body", "{to} or {to_digits} is missing"));
        }
        if !has(Placeholder::Text) {
            return Err(Flaw::new("request.body", "{text} is missing"));
        }
        if has(Placeholder::Alphabet) && self.request.alphabet.is_none() {
            return Err(Flaw::new("request.alphabet", "is missing: {alphabet} is used"));
        }
        if has(Placeholder::ReceiptUrl) && self.webhook_base.is_none() {
            return Err(Flaw::new("webhook_base", "is missing: {receipt_url} is used"));
        }
        if has(Placeholder::ReceiptUrl) && self.receipt.is_none() {
            return Err(Flaw::new("receipt", "is missing: {receipt_url} is used"));
        }
        let in_header = self.request.headers.iter().find(|(_, value)| value.has(Placeholder::Text));
        if let Some((name, _)) = in_header {
            return Err(Flaw::new(&format!("request.headers.{name}"), "{text} cannot stand in a header"));
        }
        // "." and ".." change a path however they are escaped.
        let before = self.request.url.literal_before(|found| found == Placeholder::Text);
        match before {
            Some(before) if !before.contains('?') => {
                Err(Flaw::new("request.url", "{text} cannot stand in the path"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn check_request(&self) -> Result<(), Flaw> {
        let RequestSettings { method, encoding, charset, body, basic, bearer, .. } = &self.request;
        if *method == Verb::Get && *encoding != Encoding::Query {
            return Err(Flaw::new("request.encoding", "expected \"query\": a GET has no body"));
        }
        if *encoding == Encoding::Json && *charset != Charset::Utf8 {
            return Err(Flaw::new("request.charset", "expected \"utf-8\": JSON has no other"));
        }
        if *encoding != Encoding::Json
            && let Some((name, _)) = body.iter().find(|(_, field)| field.has_table())
        {
            return Err(Flaw::new(&format!("request.body.{name}"), "a table can only stand in JSON"));
        }
        if basic.is_some() && bearer.is_some() {
            return Err(Flaw::new("request.bearer", "expected basic or bearer, not both"));
        }
        Ok(())
    }

    /// Writes a request for an invented message: what fails now would fail in an alarm.
    fn check_sample(&self, allow_insecure: bool) -> Result<(), Flaw> {
        let authority = self
            .request
            .url
            .literal_before(|_| true)
            .map(|before| before.split_once("://").is_some_and(|(_, rest)| rest.contains(['/', '?'])));
        if authority == Some(false) {
            return Err(Flaw::new("request.url", "placeholders can only stand after the host"));
        }
        let message = sample();
        let url = self.request.prepare(&self.filling(&message, &self.receipt_url(message.id)))?.url;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Flaw::new("request.url", "the password belongs into request.basic"));
        }
        if url.fragment().is_some() {
            return Err(Flaw::new("request.url", "what stands after # is never sent"));
        }
        check_host(&url, "request.url", allow_insecure)
    }

    fn check_webhooks(&self) -> Result<(), Flaw> {
        if self.receipt.is_none() && self.reply.is_none() {
            return Ok(());
        }
        if self.webhook_secret.is_none() && self.webhook_basic.is_none() {
            return Err(Flaw::new("webhook_secret", "is missing (or webhook_basic): anybody could post"));
        }
        let no_secret = self.webhook_secret.as_deref().is_some_and(str::is_empty);
        let no_password = self.webhook_basic.as_ref().is_some_and(|basic| basic.password.is_empty());
        if no_secret || no_password {
            return Err(Flaw::new(if no_secret { "webhook_secret" } else { "webhook_basic" }, "is empty"));
        }
        if let Some(receipt) = &self.receipt
            && receipt.words.is_empty()
        {
            return Err(Flaw::new("receipt.words", "is empty: no report could say anything"));
        }
        if let Some(reply) = &self.reply
            && reply.id.is_none()
            && reply.time.is_none()
        {
            return Err(Flaw::new(
                "reply.id",
                "is missing (or reply.time): a repeat could not be recognised",
            ));
        }
        let responses = [
            ("receipt.response", self.receipt.as_ref().map(|receipt| &receipt.response)),
            ("reply.response", self.reply.as_ref().map(|reply| &reply.response)),
        ];
        let mut given = responses.into_iter().filter_map(|(key, response)| Some((key, response?)));
        match given.find(|(_, response)| HeaderValue::from_str(&response.content_type).is_err()) {
            Some((key, _)) => Err(Flaw::new(&format!("{key}.content_type"), "is no media type")),
            None => Ok(()),
        }
    }

    /// What one message puts into the templates.
    pub(super) fn filling<'a>(&'a self, message: &'a Outgoing, receipt_url: &'a str) -> Filling<'a> {
        let alphabets = self.request.alphabet.as_ref();
        Filling { message, from: &self.from, receipt_url, alphabets }
    }
}

fn webhook_base(text: &str, allow_insecure: bool) -> Result<Url, Flaw> {
    let url = Url::parse(text).map_err(|error| Flaw::new("webhook_base", format!("is no URL: {error}")))?;
    if url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(Flaw::new("webhook_base", "expected no more than scheme, host and path"));
    }
    check_host(&url, "webhook_base", allow_insecure)?;
    Ok(url)
}

/// Texts, numbers and passwords leave this machine encrypted, unless somebody says that they need not.
fn check_host(url: &Url, key: &str, allow_insecure: bool) -> Result<(), Flaw> {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    let loopback = host == "localhost" || address.is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback || allow_insecure => Ok(()),
        "http" => Err(Flaw::new(key, "expected https (or allow_insecure = true)")),
        _ => Err(Flaw::new(key, "expected http or https")),
    }
}

/// Number of the range that the Swedish authority keeps for films and books.
fn sample() -> Outgoing {
    let now = Timestamp::from_millis(0);
    Outgoing {
        reference: "1/2/3".to_owned(),
        urgency: Urgency::Alarm,
        id: MessageId::new(now, &Random::from_seed(0)),
        to: "+46701740605".parse().expect("a number in E.164"),
        body: "Larm".to_owned(),
        stored_at: now,
        sent_at: now,
        valid_until: now + Duration::from_mins(10),
        attempt: 1,
        neighbours: Neighbours::default(),
    }
}

impl fmt::Debug for TemplateSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateSettings")
            .field("request", &self.request)
            .field("sources", &self.sources)
            .field("receipt", &self.receipt.is_some())
            .field("reply", &self.reply.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
