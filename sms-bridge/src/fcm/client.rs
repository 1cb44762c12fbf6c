//! Sends data messages to apps.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use certus_registry::Clock;
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::{Value, json};

use super::token::{AccessToken, Tokens};
use super::{FcmSettings, ServiceAccount, error};
use crate::push::http::Answer;
use crate::push::{Delivery, PushError, SetupError};
use crate::{Accepted, Urgency, inbox, transport};

/// Largest data of a message, keys and values together, in octets (FCM's documentation, "message payload limits").
pub const DATA_MAX: usize = 4_096;
/// Longest token that is believed to be one, in octets; those in use have about 160.
const TOKEN_MAX: usize = 1_000;

/// What an app on one phone is reached by. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct FcmToken(String);

impl FcmToken {
    /// Reads a token as the app sent it; `None` when it cannot be one: 1 to 1 000 printable ASCII characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = (1..=TOKEN_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
        plain.then(|| Self(text.to_owned()))
    }

    /// For the database. A secret: never log it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for FcmToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FcmToken(…)")
    }
}

/// The way to Android apps of one project.
pub struct Fcm {
    http: Client,
    clock: Arc<dyn Clock>,
    tokens: Tokens,
    messages: Url,
}

#[derive(Deserialize)]
struct Sent {
    name: String,
}

impl Fcm {
    /// A client for one project.
    ///
    /// # Errors
    /// [`SetupError`] when `base_url` is wrong or no HTTP client can be made.
    pub fn new(
        settings: &FcmSettings,
        account: ServiceAccount,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, SetupError> {
        let (http, messages) = (transport::client().build()?, settings.messages(&account)?);
        let tokens = Tokens::new(http.clone(), Arc::clone(&clock), account);
        Ok(Self { http, clock, tokens, messages })
    }

    /// Hands one data message to FCM. `Ok` means that FCM has it, not that anybody saw it.
    ///
    /// # Errors
    /// [`PushError`], as far as one can know; [`PushError::TooLarge`] above [`DATA_MAX`].
    pub async fn send(
        &self,
        to: &FcmToken,
        data: &BTreeMap<String, String>,
        delivery: &Delivery,
    ) -> Result<Accepted, PushError> {
        let octets = data.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>();
        if octets > DATA_MAX {
            return Err(PushError::TooLarge { reason: format!("{octets} octets") });
        }
        let message = message(to, data, delivery);
        let token = self.tokens.token().await?;
        let answer = self.post(&message, &token).await?;
        if error::wants_another_token(&answer)
            && let Some(token) = self.tokens.instead_of(&token).await
        {
            return self.judge(&self.post(&message, &token?).await?);
        }
        self.judge(&answer)
    }

    async fn post(&self, message: &Value, token: &AccessToken) -> Result<Answer, PushError> {
        let request = self.http.post(self.messages.clone()).header(AUTHORIZATION, &token.header);
        let answer = request.json(message).send().await;
        Ok(Answer::read(answer.map_err(|error| PushError::from_transport(&error))?).await)
    }

    fn judge(&self, answer: &Answer) -> Result<Accepted, PushError> {
        if !(200..300).contains(&answer.status) {
            return Err(error::from_answer(answer, self.clock.now()));
        }
        match answer.json::<Sent>() {
            Some(Sent { name }) if inbox::check_provider_id(&name).is_ok() => Ok(Accepted::as_named(name)),
            Some(_) | None => Err(PushError::unreadable()),
        }
    }
}

impl fmt::Debug for Fcm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fcm").finish_non_exhaustive()
    }
}

/// `direct_boot_ok`: an alarm also rings on a phone that nobody has unlocked since it started.
fn message(to: &FcmToken, data: &BTreeMap<String, String>, delivery: &Delivery) -> Value {
    json!({"message": {
        "token": to.as_str(),
        "data": data,
        "android": {
            "priority": priority(delivery.urgency),
            "ttl": format!("{}s", delivery.ttl.seconds()),
            "collapse_key": delivery.topic.as_str(),
            "direct_boot_ok": true,
        },
    }})
}

fn priority(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Alarm => "HIGH",
        Urgency::Notice => "NORMAL",
    }
}
