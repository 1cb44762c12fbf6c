//! The way of an alarm: from SOS to a volunteer on the scene, over text messages, through the real binary.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::time::Duration;

use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_sms_bridge::gsm::{Encoding, segments};
use certus_tests::binary::{Certus, Setup};
use certus_tests::databases::{self, Fresh};
use certus_tests::elks46_peer::Received;
use certus_tests::load::in_time;
use certus_tests::peer::Peer;
use reqwest::Method;
use serde_json::{Value, json};

use crate::PEER;

const ANNA: &str = "+99910000001";
const BO: &str = "+99910000002";
const CIA: &str = "+99910000003";
const LIMIT: Duration = Duration::from_secs(30);

#[tokio::test]
async fn an_alarm_goes_all_the_way_from_sos_to_a_volunteer_on_the_scene() {
    for fresh in databases::both().await {
        let mut alarm = Alarm::raise(fresh).await;
        let call_out = alarm.message(ANNA, "/c/").await;
        assert!(call_out.contains("hjärtstopp, Järpen") && !call_out.contains("Storgatan"), "{call_out}");
        let cost = segments(&call_out);
        assert_eq!((cost.encoding, cost.count), (Encoding::Gsm7, 1), "{call_out}");
        alarm.say(ANNA, "ok ja jag kommer").await;
        assert!(alarm.message(ANNA, "FRAMME").await.contains("Storgatan 1"));
        alarm.until(ANNA, "accepted").await;
        alarm.say(ANNA, "FRAMME").await;
        alarm.until(ANNA, "on_scene").await;
        alarm.say(ANNA, "klar").await;
        alarm.until(ANNA, "done").await;
        alarm.certus.stop().await;
    }
}

#[tokio::test]
async fn a_stand_down_reaches_who_was_kept_and_who_was_asked_and_a_late_yes_is_thanked() {
    let mut alarm = Alarm::raise(databases::sqlite().await).await;
    alarm.message(BO, "/c/").await;
    alarm.say(ANNA, "JA").await;
    alarm.until(ANNA, "accepted").await;
    let path = format!("/v1/incidents/{}/stand-down", alarm.id);
    assert_eq!(alarm.certus.request(Method::POST, &path).send().await.unwrap().status(), 200);
    for who in [ANNA, BO, CIA] {
        alarm.message(who, "AVBLÅST").await;
    }
    alarm.say(BO, "JA").await;
    alarm.until_messages(BO, "AVBLÅST", 2).await;
    alarm.certus.stop().await;
}

#[tokio::test]
async fn one_word_switches_a_volunteer_off_and_answers_for_them() {
    let mut alarm = Alarm::raise(databases::sqlite().await).await;
    alarm.message(BO, "/c/").await;
    alarm.say(BO, "UPPTAGEN").await;
    alarm.until(BO, "declined").await;
    alarm.message(BO, "ur tjänst").await;
    alarm.certus.stop().await;
}

#[tokio::test]
async fn a_phone_within_twenty_five_metres_of_the_scene_is_on_the_scene() {
    let mut alarm = Alarm::raise(databases::sqlite().await).await;
    alarm.message(ANNA, "/c/").await;
    alarm.say(ANNA, "JA").await;
    alarm.until(ANNA, "accepted").await;
    let who = alarm.callout(ANNA).await["responder"].as_str().unwrap().to_owned();
    let path = format!("/v1/volunteers/{who}/position-token");
    let token: Value = alarm.certus.request(Method::POST, &path).send().await.unwrap().json().await.unwrap();
    let token = token["position_token"].as_str().unwrap();
    let body = json!({"lat": 63.3471, "lon": 13.457, "accuracy": 8.0, "time": SystemClock.now().rfc3339()});
    alarm
        .repeat(async || {
            let request =
                alarm.certus.anonymous(Method::POST, "/v1/positions").bearer_auth(token).json(&body);
            // A token issued within the last second may not be known yet.
            request.send().await.unwrap().status() == 200
        })
        .await;
    alarm.until(ANNA, "on_scene").await;
    alarm.certus.stop().await;
}

#[tokio::test]
async fn the_bridge_can_be_a_process_of_its_own_that_sends_and_is_written_to() {
    let (fresh, peer) = (databases::postgres().await, Peer::start(PEER).await);
    register(&fresh).await;
    let mut bridge = serve(&fresh, &peer, &["--only", "bridge"]).await;
    let dispatcher = serve(&fresh, &peer, &["--only", "dispatcher"]).await;
    peer.reply_to(&bridge.base_url).await;
    let mut alarm = Alarm::raise_at(fresh, peer, dispatcher).await;
    alarm.message(ANNA, "/c/").await;
    alarm.say(ANNA, "JA").await;
    alarm.until(ANNA, "accepted").await;
    assert_eq!(bridge.request(Method::GET, "/v1/incidents").send().await.unwrap().status(), 404);
    assert_eq!(bridge.operations("/health/ready").send().await.unwrap().status(), 200);
    // Without a bridge incidents go on, and what is to be said waits until there is one again.
    bridge.stop().await;
    let path = format!("/v1/incidents/{}/stand-down", alarm.id);
    assert_eq!(alarm.certus.request(Method::POST, &path).send().await.unwrap().status(), 200);
    let received: Vec<Received> = alarm.peer.ask("phones").await;
    assert!(!received.iter().any(|message| message.message.contains("AVBLÅST")), "{received:?}");
    bridge.restart().await;
    alarm.message(ANNA, "AVBLÅST").await;
    bridge.stop().await;
    alarm.certus.stop().await;
}

/// Three people near Järpen.
async fn register(fresh: &Fresh) {
    let people = format!(
        "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n\
         Anna Berg,{ANNA},cpr,car,63.35,13.46,approved,2099-12-31\n\
         Bo Ek,{BO},cpr,car,63.36,13.47,approved,2099-12-31\n\
         Cia Dal,{CIA},cpr,car,63.37,13.48,approved,2099-12-31\n"
    );
    let (now, random) = (SystemClock.now(), Random::from_seed(1));
    import_volunteers(&fresh.db, now, &random, people.as_bytes(), Rows::AllOrNothing).await.unwrap();
}

async fn serve(fresh: &Fresh, peer: &Peer, serve: &'static [&'static str]) -> Certus {
    Certus::start(&fresh.url, Setup { config: peer.gateway(), serve, ..Setup::default() }).await
}

struct Alarm {
    _fresh: Fresh,
    peer: Peer,
    certus: Certus,
    id: String,
}

impl Alarm {
    /// A cardiac arrest at Järpen.
    async fn raise(fresh: Fresh) -> Self {
        let peer = Peer::start(PEER).await;
        register(&fresh).await;
        let certus = serve(&fresh, &peer, &[]).await;
        peer.reply_to(&certus.base_url).await;
        Self::raise_at(fresh, peer, certus).await
    }

    /// The same at a server that runs and knows the people.
    async fn raise_at(fresh: Fresh, peer: Peer, certus: Certus) -> Self {
        let place = json!({"lat": 63.347, "lon": 13.457, "name": "Järpen", "detail": "Storgatan 1"});
        let body = json!({"event_type": "cardiac_arrest", "place": place});
        let raised = certus.request(Method::POST, "/v1/incidents").json(&body).send().await.unwrap();
        let raised: Value = raised.json().await.unwrap();
        Self { _fresh: fresh, peer, certus, id: raised["id"].as_str().unwrap().to_owned() }
    }

    async fn say(&self, who: &str, words: &str) {
        self.peer.control("inbound", json!({"from": who, "to": "+46766860000", "message": words})).await;
    }

    /// The first message to `who` with `part` in it, once it has come.
    async fn message(&self, who: &str, part: &str) -> String {
        self.until_messages(who, part, 1).await.remove(0)
    }

    async fn until_messages(&self, who: &str, part: &str, number: usize) -> Vec<String> {
        let fitting = async || {
            let received: Vec<Received> = self.peer.ask("phones").await;
            let fits = |message: &Received| message.to == who && message.message.contains(part);
            received.into_iter().filter(fits).map(|message| message.message).collect::<Vec<_>>()
        };
        self.repeat(async || fitting().await.len() >= number).await;
        fitting().await
    }

    async fn until(&self, who: &str, state: &str) {
        self.repeat(async || self.callout(who).await["state"] == state).await;
    }

    async fn callout(&self, who: &str) -> Value {
        let name =
            [(ANNA, "Anna Berg"), (BO, "Bo Ek"), (CIA, "Cia Dal")].into_iter().find(|(p, _)| *p == who);
        let path = format!("/v1/incidents/{}", self.id);
        let incident: Value =
            self.certus.request(Method::GET, &path).send().await.unwrap().json().await.unwrap();
        let mut callouts = incident["callouts"].as_array().unwrap().iter();
        callouts.find(|callout| callout["name"] == name.unwrap().1).cloned().unwrap_or_default()
    }

    /// Looks again and again until `is_so`, at most half a minute.
    async fn repeat(&self, is_so: impl AsyncFn() -> bool) {
        assert!(in_time(LIMIT, is_so).await.is_some(), "it never came to be\n{}", self.certus.log());
    }
}
