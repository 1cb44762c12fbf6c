//! Sends alerts to apps.

use std::fmt;
use std::sync::Arc;

use certus_registry::Clock;
use reqwest::header::AUTHORIZATION;
use reqwest::{Client, Url};

use super::provider_token::{ProviderToken, ProviderTokens};
use super::{Alert, ApnsKey, ApnsSettings, DeviceToken, PAYLOAD_MAX, error};
use crate::push::http::{self, Answer};
use crate::push::{Delivery, PushError, SetupError};
use crate::{Accepted, Urgency, inbox, transport};

/// The way to the iOS app of one team.
pub struct Apns {
    http: Client,
    clock: Arc<dyn Clock>,
    tokens: ProviderTokens,
    device: Url,
    settings: ApnsSettings,
}

impl Apns {
    /// A client for one app. It speaks HTTP/2 from the first octet, as APNs does.
    ///
    /// # Errors
    /// [`SetupError`] when a setting is wrong or no HTTP client can be made.
    pub fn new(settings: ApnsSettings, key: ApnsKey, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        settings.check()?;
        let device = http::url(&settings.base_url, "3/device/", "base_url")?;
        let tokens = ProviderTokens::new(&settings, key);
        Ok(Self {
            http: transport::client().http2_prior_knowledge().build()?,
            clock,
            tokens,
            device,
            settings,
        })
    }

    /// Hands one alert to APNs. `Ok` means that APNs has it, not that anybody saw it.
    ///
    /// # Errors
    /// [`PushError`], as far as one can know; [`PushError::TooLarge`] above [`PAYLOAD_MAX`].
    pub async fn send(
        &self,
        to: &DeviceToken,
        alert: &Alert,
        delivery: &Delivery,
    ) -> Result<Accepted, PushError> {
        let payload = alert.payload(delivery.urgency, self.settings.critical_alerts);
        if payload.len() > PAYLOAD_MAX {
            return Err(PushError::TooLarge { reason: format!("{} octets", payload.len()) });
        }
        let now = self.clock.now();
        let token = self.tokens.token(now);
        let answer = self.post(to, &payload, delivery, &token).await?;
        if error::wants_another_token(&answer)
            && let Some(token) = self.tokens.instead_of(&token, now)
        {
            return self.judge(&self.post(to, &payload, delivery, &token).await?);
        }
        self.judge(&answer)
    }

    async fn post(
        &self,
        to: &DeviceToken,
        payload: &str,
        delivery: &Delivery,
        token: &ProviderToken,
    ) -> Result<Answer, PushError> {
        let url = self.device.join(to.as_str());
        let url =
            url.map_err(|_| PushError::Refused { reason: "the request could not be made".to_owned() })?;
        let request = self
            .http
            .post(url)
            .header(AUTHORIZATION, &token.header)
            .header("apns-topic", &self.settings.bundle_id)
            .header("apns-push-type", "alert")
            .header("apns-priority", priority(delivery.urgency))
            .header("apns-expiration", delivery.ttl.ends(self.clock.now()).as_millis() / 1_000)
            .header("apns-collapse-id", delivery.topic.as_str());
        let answer = request.body(payload.to_owned()).send().await;
        Ok(Answer::read(answer.map_err(|error| PushError::from_transport(&error))?).await)
    }

    fn judge(&self, answer: &Answer) -> Result<Accepted, PushError> {
        if answer.status != 200 {
            return Err(error::from_answer(answer, self.clock.now()));
        }
        let id = answer.header("apns-id").filter(|id| inbox::check_provider_id(id).is_ok());
        id.map(|id| Accepted::as_named(id.to_owned())).ok_or_else(PushError::unreadable)
    }
}

impl fmt::Debug for Apns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apns").finish_non_exhaustive()
    }
}

/// 10 is delivered at once; 5 may wait for what spares the battery.
fn priority(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Alarm => "10",
        Urgency::Notice => "5",
    }
}
