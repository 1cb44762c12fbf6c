//! Telephone calls: a sentence is spoken, and where it asks something, a key answers it.
//!
//! The first action goes with the request, so a call needs us only for the sound and for the keys. A key is stored before
//! the caller hears that it was; a key that we could not store is told again by 46elks when the call has ended.

use std::sync::Arc;

use certus_registry::Clock;
use futures::future::BoxFuture;
use reqwest::Url;
use serde_json::{Value, json};

use super::api::{self, Api};
use super::{CALLS, Elks46Settings, SetupError};
use crate::speech::Spoken;
use crate::{Accepted, Channel, Gateway, MessageId, Outgoing, Reconciled, SendError};

/// Calls begun a second; 46elks publishes no limit.
const PER_SECOND: u32 = 5;
/// Seconds to wait for a key after the sentence, and how often it is spoken.
const KEY_TIMEOUT: u32 = 8;
const SPOKEN_TIMES: u32 = 3;
/// A key that means nothing has the sentence spoken again so often.
const WRONG_KEYS_MAX: u32 = 3;

/// The sentences that ask for a key; others are only spoken.
const QUESTIONS: [&str; 1] = ["call-out"];

/// What the telephone says next, and where 46elks finds it.
#[derive(Debug)]
pub struct Script {
    spoken: Spoken,
    sounds: Url,
    keys: Url,
}

/// What a key led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// A yes that we have.
    Yes,
    /// A no that we have.
    No,
    /// An answer that could not be stored.
    Lost,
}

impl Script {
    /// For what was spoken.
    ///
    /// # Errors
    /// [`SetupError`] when `webhook_base` is wrong.
    pub fn new(settings: &Elks46Settings, spoken: Spoken) -> Result<Self, SetupError> {
        let sounds = api::served(settings, "gateways/elks46/sound")?;
        Ok(Self { spoken, sounds, keys: api::webhook(settings, "gateways/elks46/key")? })
    }

    /// The WAV in a file that an action has named.
    #[must_use]
    pub fn sound(&self, file: &str) -> Option<&[u8]> {
        self.spoken.sound(file)
    }

    /// How a call begins that says `sentence`; `None`: there is no such sentence.
    fn opening(&self, message: MessageId, sentence: &str) -> Option<Value> {
        let sound = self.url(sentence)?;
        if !QUESTIONS.iter().any(|name| sentence.split('/').next() == Some(*name)) {
            return Some(json!({ "play": sound.as_str(), "skippable": false }));
        }
        let mut next = api::about(&self.keys, message);
        next.query_pairs_mut().append_pair("say", sentence);
        Some(asking(&sound, &next, SPOKEN_TIMES))
    }

    /// After a key that means nothing for the `wrong`th time.
    #[must_use]
    pub fn again(&self, message: MessageId, sentence: &str, wrong: u32) -> Option<Value> {
        let sound = self.url(sentence).filter(|_| wrong < WRONG_KEYS_MAX)?;
        let mut next = api::about(&self.keys, message);
        next.query_pairs_mut().append_pair("say", sentence).append_pair("wrong", &(wrong + 1).to_string());
        Some(asking(&sound, &next, 1))
    }

    /// After a key that means something, in the language of the sentence that asked.
    #[must_use]
    pub fn after(&self, sentence: &str, answered: Answered) -> Option<Value> {
        let name = match answered {
            Answered::Yes => "yes",
            Answered::No => "no",
            Answered::Lost => "lost",
        };
        let language = sentence.split('/').next_back()?;
        let sound = self.url(&format!("{name}/{language}"))?;
        Some(json!({ "play": sound.as_str(), "skippable": false }))
    }

    fn url(&self, sentence: &str) -> Option<Url> {
        let mut url = self.sounds.clone();
        url.path_segments_mut().ok()?.push(self.spoken.file(sentence)?);
        Some(url)
    }
}

fn asking(sound: &Url, next: &Url, times: u32) -> Value {
    json!({ "ivr": sound.as_str(), "digits": 1, "timeout": KEY_TIMEOUT, "repeat": times, "next": next.as_str() })
}

/// The gateway that rings people up through 46elks. A message's body names the sentence, `NAME/LANGUAGE`.
#[derive(Debug)]
pub struct Elks46Calls {
    api: Api,
    script: Arc<Script>,
    ended: Url,
    ring_s: u32,
}

impl Elks46Calls {
    /// A client for one account.
    ///
    /// # Errors
    /// [`SetupError`] when a URL in the settings is wrong.
    pub fn new(
        settings: Elks46Settings,
        ring_s: u32,
        clock: Arc<dyn Clock>,
        script: Arc<Script>,
    ) -> Result<Self, SetupError> {
        let ended = api::webhook(&settings, "gateways/elks46/ended")?;
        Ok(Self { api: Api::new(settings, clock, "calls", PER_SECOND)?, script, ended, ring_s })
    }

    async fn call(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let Some(action) = self.script.opening(message.id, &message.body) else {
            return Err(SendError::Refused { reason: "no sentence has that name".to_owned() });
        };
        let ended = api::about(&self.ended, message.id);
        let form = [
            ("from", self.api.settings.from.as_str()),
            ("to", message.to.as_str()),
            ("voice_start", &action.to_string()),
            ("whenhangup", ended.as_str()),
            ("timeout", &self.ring_s.to_string()),
        ];
        self.api.create(&form).await
    }
}

impl Gateway for Elks46Calls {
    fn name(&self) -> &str {
        CALLS
    }

    fn channel(&self) -> Channel {
        Channel::Voice
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.call(message))
    }

    fn reconcile<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        Box::pin(self.api.look_up(message))
    }
}
