//! Push as a way to people: every device of theirs, through whichever push service knows it.

use std::collections::BTreeMap;
use std::sync::Arc;

use certus_registry::{Clock, Database};
use futures::future::{BoxFuture, join_all};
use serde_json::{Map, Value};

use super::devices::{self, Device, DeviceKind};
use super::{Delivery, PushError, Topic, Ttl};
use crate::apns::{Alert, Apns, DeviceToken};
use crate::fcm::{Fcm, FcmToken};
use crate::webpush::{Reach, Subscription, WebPush};
use crate::{Accepted, BridgeError, Channel, Gateway, Outgoing, SendError};

/// The gateway's name.
pub const NAME: &str = "push";

/// The push services that this installation has keys for.
#[derive(Debug, Default)]
pub struct Services {
    /// Browsers.
    pub web: Option<WebPush>,
    /// Android.
    pub fcm: Option<Fcm>,
    /// iPhones.
    pub apns: Option<Apns>,
}

/// Sends to all devices of a person. The text of a message is a JSON object with `title`, `text` and `link`; the phone
/// gets it with the message's `id` added, which it gives back when it has shown it (`POST /v1/push/shown`), and with `tag`,
/// the topic: of pushes with one tag the phone shows the latest alone.
pub struct PushGateway {
    services: Services,
    db: Database,
    clock: Arc<dyn Clock>,
}

impl PushGateway {
    /// Through these services, to the devices in `db`.
    #[must_use]
    pub fn new(services: Services, db: Database, clock: Arc<dyn Clock>) -> Self {
        Self { services, db, clock }
    }

    /// What a page subscribes with; `None`: browsers are not pushed to.
    #[must_use]
    pub fn application_server_key(&self) -> Option<String> {
        self.services.web.as_ref().map(WebPush::application_server_key)
    }

    async fn push(&self, message: &Outgoing) -> Result<Accepted, SendError> {
        let now = self.clock.now();
        let refused = |reason: &str| SendError::Refused { reason: reason.to_owned() };
        let Some(ttl) = Ttl::until(now, message.valid_until) else { return Err(refused("its time is over")) };
        // Until it has been sent, nothing is lost by trying again.
        let failed = |error: BridgeError| SendError::Temporary { reason: error.to_string() };
        let devices = devices::of(&self.db, &message.to).await.map_err(failed)?;
        let thread = message.reference.rsplit_once('/').map_or(&*message.reference, |(thread, _)| thread);
        let delivery = Delivery { ttl, urgency: message.urgency, topic: Topic::of(thread) };
        let shown = Shown::of(message, &delivery.topic).ok_or_else(|| refused("the text is no push"))?;
        let sends = devices.iter().map(|device| self.to_device(device, &shown, &delivery));
        let answers = join_all(sends).await;
        self.forget_gone(message, &devices, &answers).await;
        together(answers).map(|()| Accepted::as_named(message.id.to_string()))
    }

    async fn to_device(&self, device: &Device, shown: &Shown, delivery: &Delivery) -> Result<(), PushError> {
        let unusable = |what: &str| PushError::Refused { reason: format!("{what} cannot be used here") };
        let reach = self.services.web.as_ref().map_or(Reach::Public, WebPush::reach);
        let address = Address::parse(device, reach).ok_or_else(|| unusable("the device's address"))?;
        match (address, &self.services) {
            (Address::Web(to), Services { web: Some(web), .. }) => {
                web.send(&to, shown.json.as_bytes(), delivery).await
            }
            (Address::Fcm(to), Services { fcm: Some(fcm), .. }) => {
                fcm.send(&to, &shown.fields, delivery).await.map(drop)
            }
            (Address::Apns(to), Services { apns: Some(apns), .. }) => {
                apns.send(&to, &shown.alert(), delivery).await.map(drop)
            }
            (Address::Web(_) | Address::Fcm(_) | Address::Apns(_), _) => Err(unusable("this push service")),
        }
    }

    /// What a push service calls gone is not tried again. Best effort: it will say so again.
    async fn forget_gone(&self, message: &Outgoing, devices: &[Device], answers: &[Result<(), PushError>]) {
        for (device, answer) in devices.iter().zip(answers) {
            if !matches!(answer, Err(PushError::Gone { .. })) {
                continue;
            }
            let forgotten = async {
                let mut tx = self.db.begin().await?;
                devices::remove(&mut tx, &message.to, device).await?;
                Ok::<_, BridgeError>(tx.commit().await?)
            };
            if let Err(error) = forgotten.await {
                tracing::warn!(message.id = %message.id, %error, "A device that is gone could not be forgotten.");
            }
        }
    }
}

/// What the phone is given.
struct Shown {
    json: String,
    fields: BTreeMap<String, String>,
}

impl Shown {
    fn of(message: &Outgoing, topic: &Topic) -> Option<Self> {
        let mut fields: Map<String, Value> = serde_json::from_str(&message.body).ok()?;
        fields.insert("id".to_owned(), message.id.to_string().into());
        fields.insert("tag".to_owned(), topic.as_str().into());
        let words = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
        Some(Self {
            fields: fields.iter().filter_map(words).collect(),
            json: Value::from(fields).to_string(),
        })
    }

    fn alert(&self) -> Alert {
        let field = |name: &str| self.fields.get(name).cloned().unwrap_or_default();
        Alert { title: field("title"), body: field("text"), data: self.fields.clone() }
    }
}

/// One device is enough. Otherwise the least certain of the answers: what may have arrived counts as that.
fn together(answers: Vec<Result<(), PushError>>) -> Result<(), SendError> {
    if answers.iter().any(Result::is_ok) {
        return Ok(());
    }
    let errors = answers.into_iter().filter_map(Result::err).map(SendError::from);
    let none = SendError::Refused { reason: "the person has no device left".to_owned() };
    let doubt = |error: &SendError| match error {
        SendError::Refused { .. } => 0,
        SendError::Temporary { .. } => 1,
        SendError::Unknown { .. } => 2,
    };
    Err(errors.max_by_key(doubt).unwrap_or(none))
}

impl From<PushError> for SendError {
    fn from(error: PushError) -> Self {
        let reason = error.to_string();
        match error {
            PushError::Gone { .. } | PushError::TooLarge { .. } | PushError::Refused { .. } => {
                Self::Refused { reason }
            }
            PushError::RetryAfter { .. } | PushError::KeyFault { .. } | PushError::Temporary { .. } => {
                Self::Temporary { reason }
            }
            PushError::Unknown { .. } => Self::Unknown { reason },
        }
    }
}

impl Gateway for PushGateway {
    fn name(&self) -> &str {
        NAME
    }

    fn channel(&self) -> Channel {
        Channel::Push
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(self.push(message))
    }
}

impl std::fmt::Debug for PushGateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PushGateway").field("services", &self.services).finish_non_exhaustive()
    }
}

/// A device's address as its push service wants it.
enum Address {
    Web(Box<Subscription>),
    Fcm(FcmToken),
    Apns(DeviceToken),
}

impl Address {
    fn parse(Device { kind, address }: &Device, reach: Reach) -> Option<Self> {
        match kind {
            DeviceKind::WebPush => Subscription::parse(address, reach).ok().map(Box::new).map(Self::Web),
            DeviceKind::Fcm => FcmToken::parse(address).map(Self::Fcm),
            DeviceKind::Apns => DeviceToken::parse(address).map(Self::Apns),
        }
    }
}

/// The device with its address in the one spelling in which it is stored; `None` when it cannot be used at all. `reach`
/// says where browsers' push services may be.
#[must_use]
pub fn usable(device: Device, reach: Reach) -> Option<Device> {
    match Address::parse(&device, reach)? {
        Address::Web(subscription) => Some(Device { address: subscription.to_json(), ..device }),
        Address::Fcm(_) | Address::Apns(_) => Some(device),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_stored_in_one_spelling_however_the_browser_wrote_it() {
        const KEYS: &str = r#"{"p256dh":"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4","auth":"BTBZMqHH6r4Tts7J_aSIgg"}"#;
        let web = |address: String| usable(Device { kind: DeviceKind::WebPush, address }, Reach::Public);
        let plain = format!(r#"{{"endpoint":"https://push.example/a","keys":{KEYS}}}"#);
        let spaced =
            format!(r#"{{ "keys": {KEYS}, "expirationTime": 12, "endpoint": "https://push.example/a" }}"#);
        assert_eq!(web(spaced).unwrap().address, plain);
        assert_eq!(web(plain.replace("push.example", "127.0.0.1")), None);
    }

    #[test]
    fn one_device_is_enough_and_doubt_outweighs_certainty() {
        let reason = || "test".to_owned();
        let refused = || Err(PushError::Refused { reason: reason() });
        let later = || Err(PushError::Temporary { reason: reason() });
        let unknown = || Err(PushError::Unknown { reason: reason() });
        assert_eq!(together(vec![refused(), Ok(()), unknown()]), Ok(()));
        assert!(matches!(together(vec![refused(), later()]), Err(SendError::Temporary { .. })));
        assert!(matches!(together(vec![unknown(), later()]), Err(SendError::Unknown { .. })));
        assert!(matches!(together(vec![]), Err(SendError::Refused { .. })));
    }
}
