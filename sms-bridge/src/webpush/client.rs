//! Sends pushes to subscriptions.

use std::fmt;
use std::sync::Arc;

use certus_registry::Clock;
use reqwest::Client;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};

use super::vapid::Vapid;
use super::{Reach, Subscription, VapidKey, WebPushSettings, error};
use crate::push::{Delivery, PushError, SetupError};
use crate::{Urgency, transport};

/// Longest payload, in octets: what fits into the 4 096 that every push service must take (RFC 8030, 7.2), encrypted in
/// one record (86 octets before it, 17 with it).
pub const PAYLOAD_MAX: usize = 3_993;

/// The way to browsers.
pub struct WebPush {
    http: Client,
    clock: Arc<dyn Clock>,
    vapid: Vapid,
    reach: Reach,
}

impl WebPush {
    /// A client that signs with `key`. It uses no proxy of the environment: a proxy would look names up by itself, and
    /// where a push goes would be checked by nobody.
    ///
    /// # Errors
    /// [`SetupError`] when the contact is of no use or no HTTP client can be made.
    pub fn new(settings: &WebPushSettings, key: VapidKey, clock: Arc<dyn Clock>) -> Result<Self, SetupError> {
        let vapid = Vapid::new(key, settings.contact()?.to_owned());
        let reach = settings.reach();
        let http = transport::client().no_proxy().dns_resolver(reach).build()?;
        Ok(Self { http, clock, vapid, reach })
    }

    /// What a page gives to `pushManager.subscribe` as `applicationServerKey`.
    #[must_use]
    pub fn application_server_key(&self) -> String {
        self.vapid.public()
    }

    /// Where it may push to.
    #[must_use]
    pub fn reach(&self) -> Reach {
        self.reach
    }

    /// Hands one push to the subscription's push service. `Ok` means that the service has it, not that anybody saw it.
    ///
    /// # Errors
    /// [`PushError`], as far as one can know; [`PushError::TooLarge`] above [`PAYLOAD_MAX`].
    pub async fn send(
        &self,
        to: &Subscription,
        payload: &[u8],
        delivery: &Delivery,
    ) -> Result<(), PushError> {
        let refused = |reason: &str| PushError::Refused { reason: reason.to_owned() };
        if payload.len() > PAYLOAD_MAX {
            return Err(PushError::TooLarge { reason: format!("{} octets", payload.len()) });
        }
        // Again, because a stored subscription may be older than the settings.
        if !self.reach.allows_url(to.endpoint()) {
            return Err(refused("the endpoint has no public address"));
        }
        let body = to.encrypt(payload).map_err(|_| refused("the payload could not be encrypted"))?;
        let now = self.clock.now();
        let request = self
            .http
            .post(to.endpoint().clone())
            .header(AUTHORIZATION, self.vapid.authorization(to.endpoint(), now))
            .header(CONTENT_ENCODING, "aes128gcm")
            .header(CONTENT_TYPE, "application/octet-stream")
            .header("TTL", delivery.ttl.seconds())
            .header("Urgency", urgency(delivery.urgency))
            .header("Topic", delivery.topic.as_str());
        let answer = request.body(body).send().await.map_err(|error| error::from_transport(&error))?;
        error::from_answer(&answer, now)
    }
}

impl fmt::Debug for WebPush {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebPush").field("reach", &self.reach).finish_non_exhaustive()
    }
}

/// RFC 8030 (5.3): "high" wakes a phone that saves its battery.
fn urgency(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Alarm => "high",
        Urgency::Notice => "normal",
    }
}
