//! What the provider tells us: delivery reports and replies. Free of any web framework; whoever mounts the routes
//! lets in, reads, stores, and answers with [`Response`] only when the store has it. What makes no sense is answered
//! the same: repeating would not mend it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use certus_registry::{Phone, Timestamp};
use serde::Deserialize;

use super::answer::shown;
use super::charset::Charset;
use super::place::{Parameters, Place, Posted};
use super::{NAME, TemplateSettings};
use crate::inbox::{NewInbound, check_provider_id, derived_id};
use crate::receipt::{Receipt, ReceiptFor, ReceiptStatus};
use crate::webhook::{Door, Unwelcome};

/// Unknown words that are remembered, so that each is logged once; after that, none is.
const STRANGE_MAX: usize = 100;
/// Longest status word that is logged, in characters.
const WORD_MAX: usize = 24;

/// What one of the provider's status words means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Meaning {
    /// The provider has it, or has passed it on.
    Sent,
    /// The phone has it.
    Delivered,
    /// It will not reach the phone.
    Failed,
}

/// What the provider wants to hear when we have what it posted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Response {
    /// The body of a 200; empty when nothing is said, for some providers send a text as an SMS.
    pub body: String,
    /// Its media type.
    pub content_type: String,
}

impl Default for Response {
    fn default() -> Self {
        Self { body: String::new(), content_type: "text/plain; charset=utf-8".to_owned() }
    }
}

/// Where a delivery report says what.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptSettings {
    /// Our id of the message: `query:ref` of `{receipt_url}` unless told otherwise.
    #[serde(default = "reference")]
    pub own_id: Place,
    /// The provider's id, for reports without ours.
    #[serde(default)]
    pub provider_id: Option<Place>,
    /// The status word.
    pub status: Place,
    /// Why it failed.
    #[serde(default)]
    pub reason: Option<Place>,
    /// What the status words mean, in any case.
    pub words: BTreeMap<String, Meaning>,
    /// What we answer.
    #[serde(default)]
    pub response: Response,
}

fn reference() -> Place {
    Place::Query("ref".to_owned())
}

/// Where a reply says what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplySettings {
    /// Who wrote.
    pub sender: Place,
    /// What they wrote.
    pub text: Place,
    /// In which charset, for providers that say so; otherwise UTF-8.
    #[serde(default)]
    pub charset: Option<Place>,
    /// The provider's id of the reply.
    #[serde(default)]
    pub id: Option<Place>,
    /// When it was written, in any form; where there is no id, sender, text and this tell a repeat.
    #[serde(default)]
    pub time: Option<Place>,
    /// What we answer.
    #[serde(default)]
    pub response: Response,
}

/// Why a webhook brings nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Dropped {
    /// The settings do not describe such webhooks.
    #[error("the settings describe no such webhooks")]
    Undescribed,
    /// Something is missing or makes no sense.
    #[error("{0} is missing or makes no sense")]
    Field(&'static str),
    /// The sender is no telephone number (a company's name, a short number): nobody of ours.
    #[error("the sender is no telephone number")]
    Sender,
    /// A status word that the settings do not name.
    #[error("the status word {word:?} is not among receipt.words")]
    Word {
        /// The word, when it can be shown.
        word: String,
        /// Whether it came for the first time: log it once.
        is_new: bool,
    },
}

/// Reads webhooks as the settings describe them.
#[derive(Debug)]
pub struct Webhooks {
    settings: TemplateSettings,
    strange: Mutex<BTreeSet<String>>,
}

impl Webhooks {
    /// With nothing strange seen yet.
    #[must_use]
    pub fn new(settings: TemplateSettings) -> Self {
        Self { settings, strange: Mutex::default() }
    }

    /// Lets a webhook in by address, key and password, as far as the settings ask for them.
    ///
    /// # Errors
    /// [`Unwelcome`], the first reason found.
    pub fn let_in(&self, posted: &Posted<'_>) -> Result<(), Unwelcome> {
        let key = Parameters::of(posted).word(&Place::Query("key".to_owned()));
        let TemplateSettings { webhook_secret, webhook_basic, sources, .. } = &self.settings;
        Door { secret: webhook_secret.as_deref(), basic: webhook_basic.as_ref(), sources }.let_in(
            key.as_deref(),
            posted.authorization,
            posted.source,
        )
    }

    /// A delivery report.
    ///
    /// # Errors
    /// [`Dropped`] when it says nothing we can use.
    pub fn receipt(&self, posted: &Posted<'_>, now: Timestamp) -> Result<Receipt, Dropped> {
        let settings = self.settings.receipt.as_ref().ok_or(Dropped::Undescribed)?;
        let parameters = Parameters::of(posted);
        let word = parameters.word(&settings.status).ok_or(Dropped::Field("status"))?;
        let lowered = word.to_lowercase();
        let meaning = settings.words.iter().find(|(known, _)| known.to_lowercase() == lowered);
        let Some((_, meaning)) = meaning else { return Err(self.strange(&word)) };
        let message = about(settings, &parameters)?;
        let status = match meaning {
            Meaning::Sent => ReceiptStatus::Sent,
            Meaning::Delivered => ReceiptStatus::Delivered,
            Meaning::Failed => {
                let reason = settings.reason.as_ref().and_then(|place| parameters.word(place));
                ReceiptStatus::Failed { reason: reason.map_or_else(|| shown(&word), |reason| shown(&reason)) }
            }
        };
        Ok(Receipt { message, status, at: now })
    }

    /// A reply.
    ///
    /// # Errors
    /// [`Dropped`] when it has no text or nobody wrote it.
    pub fn reply(&self, posted: &Posted<'_>, now: Timestamp) -> Result<NewInbound, Dropped> {
        let settings = self.settings.reply.as_ref().ok_or(Dropped::Undescribed)?;
        let parameters = Parameters::of(posted);
        let sender = parameters.word(&settings.sender).ok_or(Dropped::Field("sender"))?;
        let from = phone(&sender).ok_or(Dropped::Sender)?;
        let named = settings.charset.as_ref().and_then(|place| parameters.word(place));
        let charset = named.and_then(|name| Charset::named(&name)).unwrap_or_default();
        // An empty text is a reply too: it is kept and comes out as an unclear answer.
        let body = parameters.text(&settings.text, charset).ok_or(Dropped::Field("text"))?;
        let provider_id = reply_id(settings, &parameters, &from, &body, now);
        Ok(NewInbound { gateway: NAME.to_owned(), provider_id, from, body, answers: None, received_at: now })
    }

    /// What to answer when a report is stored or of no use.
    #[must_use]
    pub fn receipt_response(&self) -> Response {
        self.settings.receipt.as_ref().map(|settings| settings.response.clone()).unwrap_or_default()
    }

    /// What to answer when a reply is stored or of no use.
    #[must_use]
    pub fn reply_response(&self) -> Response {
        self.settings.reply.as_ref().map(|settings| settings.response.clone()).unwrap_or_default()
    }

    fn strange(&self, word: &str) -> Dropped {
        let word = presentable(word);
        let mut seen = self.strange.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = seen.len() < STRANGE_MAX && seen.insert(word.clone());
        Dropped::Word { word, is_new }
    }
}

/// Which message a report is about: ours when it says so, else the provider's.
fn about(settings: &ReceiptSettings, parameters: &Parameters) -> Result<ReceiptFor, Dropped> {
    if let Some(id) = parameters.word(&settings.own_id).and_then(|text| text.parse().ok()) {
        return Ok(ReceiptFor::Ours(id));
    }
    let id = settings.provider_id.as_ref().and_then(|place| parameters.word(place));
    let id = id.filter(|id| check_provider_id(id).is_ok()).ok_or(Dropped::Field("own_id or provider_id"))?;
    Ok(ReceiptFor::Provider { gateway: NAME.to_owned(), id })
}

/// Many providers write international numbers without their plus.
fn phone(text: &str) -> Option<Phone> {
    let digits_only = text.bytes().all(|byte| byte.is_ascii_digit());
    let international = || digits_only.then(|| format!("+{text}").parse().ok()).flatten();
    text.parse().ok().or_else(international)
}

/// The provider's id, or one that a repeat of the same reply gets again. When neither id nor time is given, the time
/// of arrival stands in: a reply taken twice is better than a second "yes" taken for a repeat of the first.
fn reply_id(
    settings: &ReplySettings,
    parameters: &Parameters,
    from: &Phone,
    body: &str,
    now: Timestamp,
) -> String {
    let given = |place: &Option<Place>| place.as_ref().and_then(|place| parameters.word(place));
    let id = given(&settings.id);
    if let Some(id) = id.as_ref().filter(|id| check_provider_id(id).is_ok()) {
        return id.clone();
    }
    let occasion = id.or_else(|| given(&settings.time)).unwrap_or_else(|| now.as_millis().to_string());
    derived_id(from, body, &occasion)
}

/// A wrong mapping may point at a text or a number: only what looks like a status word is shown.
fn presentable(word: &str) -> String {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    if plain && digits <= 6 && word.len() <= WORD_MAX { word.to_owned() } else { "(not shown)".to_owned() }
}

#[cfg(test)]
mod tests;
