//! The ladder through the real binary: an alarm is pushed, a text follows where nothing is heard, and the stand-down goes
//! the way the alarm went. Push services and 46elks are contract peers of ours.

use std::time::Duration;

use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_sms_bridge::webpush::VapidKey;
use certus_tests::binary::{Certus, Setup};
use certus_tests::databases::{self, Fresh};
use certus_tests::elks46_peer::Received;
use certus_tests::load::in_time;
use certus_tests::peer::Peer;
use certus_tests::push_peer::{PushPeer, Taken};
use reqwest::Method;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);
const ANNA: &str = "+99910000001";
const BO: &str = "+99910000002";
const CIA: &str = "+99910000003";

#[tokio::test]
async fn a_push_that_is_shown_spares_the_text_and_one_that_is_not_is_followed_by_it() {
    for fresh in databases::both().await {
        let mut night = Night::begin(fresh).await;
        let (anna, bo) = (night.device_of(ANNA, "fcm").await, night.device_of(BO, "web_push").await);
        night.raise().await;
        night.until(async || night.texts(CIA).await.len() == 1).await;
        night.until(async || night.pushes(&anna).await.len() + night.pushes(&bo).await.len() == 2).await;
        let pushed = fields(&night.pushes(&anna).await[0]);
        assert!(pushed["text"].as_str().unwrap().contains("olycka, Järpen"), "{pushed}");
        assert!(
            pushed["link"].as_str().unwrap().contains("/c/") && !pushed.to_string().contains("Storgatan")
        );
        night.shows(&pushed).await;
        // Bo's phone shows nothing: the text comes, as it would have come to Anna by then.
        night.until(async || night.texts(BO).await.len() == 1).await;
        assert_eq!(night.texts(ANNA).await, [] as [String; 0], "{}", night.fresh.name);

        night.post(&format!("/v1/incidents/{}/stand-down", night.id)).await;
        night.until(async || night.pushes(&anna).await.len() + night.pushes(&bo).await.len() == 4).await;
        let (alarm, end) = (&night.pushes(&anna).await[0], &night.pushes(&anna).await[1]);
        assert_eq!(alarm.topic, end.topic, "the end takes the alarm's place");
        night.shows(&fields(end)).await;
        for who in [BO, CIA] {
            night.until(async || night.texts(who).await.iter().any(|text| text.starts_with("AVBLÅST"))).await;
        }
        assert_eq!(night.texts(ANNA).await, [] as [String; 0], "{}", night.fresh.name);
        night.certus.stop().await;
    }
}

#[tokio::test]
async fn a_device_that_is_gone_is_forgotten_and_the_text_leaves_at_once() {
    let mut night = Night::begin_with(databases::sqlite().await, 600).await;
    night.register(ANNA, "fcm", "dead1").await;
    night.raise().await;
    // Not after the ten minutes that a push would have to itself.
    night.until(async || night.texts(ANNA).await.len() == 1).await;
    night.certus.stop().await;
}

struct Night {
    fresh: Fresh,
    push: PushPeer,
    texting: Peer,
    certus: Certus,
    vapid: String,
    id: String,
    _files: tempfile::TempDir,
}

impl Night {
    async fn begin(fresh: Fresh) -> Self {
        Self::begin_with(fresh, 3).await
    }

    /// A server with both ways and three people near Järpen.
    async fn begin_with(fresh: Fresh, sms_after_s: u32) -> Self {
        let people = format!(
            "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n\
             Anna Berg,{ANNA},first_aid,car,63.35,13.46,approved,2099-12-31\n\
             Bo Ek,{BO},first_aid,car,63.36,13.47,approved,2099-12-31\n\
             Cia Dal,{CIA},first_aid,car,63.37,13.48,approved,2099-12-31\n"
        );
        let (now, random) = (SystemClock.now(), Random::from_seed(1));
        import_volunteers(&fresh.db, now, &random, people.as_bytes(), Rows::AllOrNothing).await.unwrap();
        let (push, texting) = (PushPeer::start().await, Peer::start(env!("CARGO_BIN_EXE_elks46-peer")).await);
        let (files, vapid) = (tempfile::tempdir().unwrap(), VapidKey::generate(&random));
        let written = |name: &str, text: &str| {
            let path = files.path().join(name);
            std::fs::write(&path, text).unwrap();
            path.display().to_string()
        };
        let account = push.told("fcm-account", Value::Null).await.to_string();
        let policies = include_str!("../../../../dispatcher/policies.toml")
            .replace("sms_after_s = 20", &format!("sms_after_s = {sms_after_s}"));
        let config = format!(
            "policies = \"{}\"\n{}[gateway.push]\n\
             web = {{ key_file = \"{}\", contact = \"mailto:a@example.org\", allow_loopback = true }}\n\
             fcm = {{ key_file = \"{}\", base_url = \"{}\" }}\n",
            written("policies.toml", &policies),
            texting.gateway(),
            written("vapid.pem", &vapid.to_pem()),
            written("fcm.json", &account),
            push.base_url(),
        );
        let expected_warnings = vec!["A message was not accepted"];
        let setup = Setup { config, expected_warnings, ..Setup::default() };
        let certus = Certus::start(&fresh.url, setup).await;
        Self { fresh, push, texting, certus, vapid: vapid.public(), id: String::new(), _files: files }
    }

    async fn raise(&mut self) {
        let place = json!({"lat": 63.347, "lon": 13.457, "name": "Järpen", "detail": "Storgatan 1"});
        let body = json!({"event_type": "accident", "place": place});
        let raised = self.certus.request(Method::POST, "/v1/incidents").json(&body).send().await.unwrap();
        let raised: Value = raised.json().await.unwrap();
        raised["id"].as_str().unwrap().clone_into(&mut self.id);
    }

    /// Registers a device that takes pushes, and tells its name at the peer.
    async fn device_of(&self, phone: &str, kind: &str) -> String {
        if kind == "fcm" {
            self.register(phone, kind, "live:anna").await;
            return "live:anna".to_owned();
        }
        let key: Value =
            self.certus.anonymous(Method::GET, "/v1/push/key").send().await.unwrap().json().await.unwrap();
        assert_eq!(key["application_server_key"], self.vapid);
        let subscription = self.push.subscribe(&self.vapid).await;
        self.register(phone, kind, &subscription).await;
        let subscription: Value = serde_json::from_str(&subscription).unwrap();
        subscription["endpoint"].as_str().unwrap().to_owned()
    }

    async fn register(&self, phone: &str, kind: &str, address: &str) {
        let page: Value =
            self.certus.request(Method::GET, "/v1/volunteers").send().await.unwrap().json().await.unwrap();
        let people = page["volunteers"].as_array().unwrap();
        let who = people.iter().find(|person| person["phone"] == phone).unwrap()["id"].as_str().unwrap();
        let token = self.post(&format!("/v1/volunteers/{who}/position-token")).await;
        let token = token["position_token"].as_str().unwrap().to_owned();
        let body = json!({"kind": kind, "address": address});
        // A token issued within the last second may not be known yet.
        self.until(async || {
            let request = self.certus.anonymous(Method::PUT, "/v1/devices").bearer_auth(&token).json(&body);
            request.send().await.unwrap().status() == 204
        })
        .await;
    }

    async fn post(&self, path: &str) -> Value {
        let answer = self.certus.request(Method::POST, path).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    }

    /// The phone says that the push is on its screen.
    async fn shows(&self, pushed: &Value) {
        let body = json!({"id": pushed["id"]});
        let request = self.certus.anonymous(Method::POST, "/v1/push/shown").json(&body);
        assert_eq!(request.send().await.unwrap().status(), 204);
    }

    async fn texts(&self, to: &str) -> Vec<String> {
        let received: Vec<Received> = self.texting.ask("phones").await;
        received.into_iter().filter(|text| text.to == to).map(|text| text.message).collect()
    }

    async fn pushes(&self, to: &str) -> Vec<Taken> {
        self.push.received().await.into_iter().filter(|push| to.contains(&push.to)).collect()
    }

    async fn until(&self, is_so: impl AsyncFn() -> bool) {
        assert!(in_time(LIMIT, is_so).await.is_some(), "it never came to be\n{}", self.certus.log());
    }
}

/// What the phone was given.
fn fields(push: &Taken) -> Value {
    match push.service.as_str() {
        "fcm" => push.more["message"]["data"].clone(),
        _ => serde_json::from_str(&push.text).unwrap(),
    }
}
