//! The telephone as the last way, through the real binary: who hears nothing of a text is rung up, and a key answers.
//! 46elks is a contract peer of ours; the voice is espeak-ng's.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::time::Duration;

use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_tests::binary::{self, Certus, Setup};
use certus_tests::databases::{self, Fresh};
use certus_tests::elks46_peer::{Call, Received};
use certus_tests::load::in_time;
use certus_tests::peer::Peer;
use reqwest::Method;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(30);
const ANNA: &str = "+99910000001";

#[tokio::test]
async fn who_does_not_answer_a_text_is_rung_up_and_a_key_is_their_answer() {
    for fresh in databases::both().await {
        let mut night = Night::begin(fresh, json!({"state": "success", "keys": ["7", "1"]})).await;
        night.until(async || night.callout().await["state"] == "accepted").await;
        // The alarm, again after a key that means nothing, and thanks; every one a whole WAV.
        let call = night.call().await;
        let heard: Vec<&str> = call.heard.iter().map(|(file, _)| file.as_str()).collect();
        assert_eq!(heard.len(), 3, "{heard:?}");
        assert!(heard[0] == heard[1] && heard[0].starts_with("call-out-sv-"), "{heard:?}");
        assert!(heard[2].starts_with("yes-sv-"), "{heard:?}");
        // Some seconds of speech, 2 octets 22 050 times a second.
        assert!(call.heard[0].1 > 4 * 44_100, "{:?}", call.heard);
        night.until(async || night.texts().await.iter().any(|text| text.contains("Storgatan 1"))).await;

        // The text about the end arrives: the telephone need not ring a second time.
        night.stand_down().await;
        night.until(async || night.texts().await.iter().any(|text| text.starts_with("AVBLÅST"))).await;
        night.until(async || night.messages("cancelled").await == 1).await;
        assert_eq!(night.peer.ask::<Vec<Call>>("calls").await.len(), 1, "{}", night.fresh.name);
        // 35 öre a text, three of them; 60 öre the call.
        let costs: Vec<Value> =
            night.gateways().await.iter().map(|gateway| gateway["cost"].clone()).collect();
        assert_eq!(costs, [json!(1.05), json!(0.6)]);
        night.certus.stop().await;
    }
}

#[tokio::test]
async fn a_telephone_without_texts_rings_at_once_and_again_for_the_stand_down() {
    let mut night = Night::begin_after(
        databases::sqlite().await,
        json!({"state": "success", "keys": ["1"]}),
        600,
        "failed",
    )
    .await;
    night.until(async || night.callout().await["state"] == "accepted").await;
    night.peer.control("ringing", json!({"state": "success"})).await;
    night.stand_down().await;
    // The text about the end fails too.
    night.until(async || night.peer.ask::<Vec<Call>>("calls").await.len() == 2).await;
    night.until(async || night.peer.ask::<Vec<Call>>("calls").await[1].over).await;
    let calls: Vec<Call> = night.peer.ask("calls").await;
    assert!(calls[1].heard[0].0.starts_with("over-sv-"), "{calls:?}");
    night.certus.stop().await;
}

#[tokio::test]
async fn a_key_that_we_were_not_told_of_counts_when_the_call_has_ended() {
    let ringing = json!({"state": "success", "keys": ["2"], "forgets_keys": true});
    let mut night = Night::begin(databases::sqlite().await, ringing).await;
    night.until(async || night.callout().await["state"] == "declined").await;
    night.certus.stop().await;
}

#[tokio::test]
async fn who_neither_text_nor_telephone_reaches_is_told_to_the_operator() {
    for (state, keys) in [("busy", json!([])), ("failed", json!([])), ("success", json!([]))] {
        let ringing = json!({"state": state, "keys": keys});
        let mut night = Night::begin_after(databases::sqlite().await, ringing, 600, "failed").await;
        night.until(async || night.callout().await["state"] == "undeliverable").await;
        assert!(night.call().await.over, "not before the call has ended");
        night.certus.stop().await;
    }
}

#[tokio::test]
async fn without_a_program_that_speaks_nothing_starts() {
    let files = tempfile::tempdir().unwrap();
    let (file, database) = (files.path().join("certus.toml"), files.path().join("certus.sqlite"));
    let peer = Peer::start(env!("CARGO_BIN_EXE_elks46-peer")).await;
    let gateway = peer.gateway().replace("{base_url}", "http://127.0.0.1:9");
    let config = format!(
        "listen = \"127.0.0.1:0\"\nmetrics_listen = \"127.0.0.1:0\"\ndatabase = \"sqlite:{}\"\n{gateway}\
         [gateway.elks46.voice]\nespeak = \"/nowhere/espeak-ng\"\n",
        database.display()
    );
    std::fs::write(&file, config).unwrap();
    let output = binary::run(&[], &["--config", file.to_str().unwrap(), "serve"]).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("gateway.elks46.voice.espeak: /nowhere/espeak-ng: cannot be run"), "{said}");
    assert!(said.contains("apt-get install espeak-ng"), "{said}");
}

struct Night {
    fresh: Fresh,
    peer: Peer,
    certus: Certus,
    id: String,
    _files: tempfile::TempDir,
}

impl Night {
    async fn begin(fresh: Fresh, ringing: Value) -> Self {
        Self::begin_after(fresh, ringing, 2, "delivered").await
    }

    /// An alarm for Anna, whose phone rings so long after the text, whose receipt says how it ended.
    async fn begin_after(fresh: Fresh, ringing: Value, voice_after_s: u32, texts_end: &str) -> Self {
        let people = format!(
            "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n\
             Anna Berg,{ANNA},first_aid,car,63.35,13.46,approved,2099-12-31\n"
        );
        let (now, random) = (SystemClock.now(), Random::from_seed(1));
        import_volunteers(&fresh.db, now, &random, people.as_bytes(), Rows::AllOrNothing).await.unwrap();
        let peer = Peer::start(env!("CARGO_BIN_EXE_elks46-peer")).await;
        peer.control("ringing", ringing).await;
        peer.control("reports", json!({"end": texts_end})).await;
        let files = tempfile::tempdir().unwrap();
        let policies = files.path().join("policies.toml");
        let rules = include_str!("../../../dispatcher/policies.toml")
            .replace("receipt_stops = true", "receipt_stops = false")
            .replace("voice_after_s = 45", &format!("voice_after_s = {voice_after_s}"));
        std::fs::write(&policies, rules).unwrap();
        let config =
            format!("policies = \"{}\"\n{}[gateway.elks46.voice]\n", policies.display(), peer.gateway());
        let expected_warnings = vec!["a responder could not be reached", "nobody is left to ask"];
        let setup = Setup { config, expected_warnings, ..Setup::default() };
        let certus = Certus::start(&fresh.url, setup).await;
        let place = json!({"lat": 63.347, "lon": 13.457, "name": "Järpen", "detail": "Storgatan 1"});
        let body = json!({"event_type": "accident", "place": place});
        let raised = certus.request(Method::POST, "/v1/incidents").json(&body).send().await.unwrap();
        let raised: Value = raised.json().await.unwrap();
        let id = raised["id"].as_str().unwrap().to_owned();
        Self { fresh, peer, certus, id, _files: files }
    }

    async fn stand_down(&self) {
        let request = self.certus.request(Method::POST, &format!("/v1/incidents/{}/stand-down", self.id));
        assert!(request.send().await.unwrap().status().is_success());
    }

    async fn get(&self, path: &str) -> Value {
        self.certus.request(Method::GET, path).send().await.unwrap().json().await.unwrap()
    }

    async fn callout(&self) -> Value {
        self.get(&format!("/v1/incidents/{}", self.id)).await["callouts"][0].clone()
    }

    async fn gateways(&self) -> Vec<Value> {
        self.get("/v1/gateways").await["gateways"].as_array().unwrap().clone()
    }

    /// How many messages of all ways stand at this milestone.
    async fn messages(&self, milestone: &str) -> u64 {
        let gateways = certus_sms_bridge::outbox::tally(&self.fresh.db).await.unwrap();
        gateways.at(milestone.parse().unwrap())
    }

    async fn call(&self) -> Call {
        let mut calls: Vec<Call> = self.peer.ask("calls").await;
        assert_eq!(calls.len(), 1, "{calls:?}");
        calls.remove(0)
    }

    async fn texts(&self) -> Vec<String> {
        let received: Vec<Received> = self.peer.ask("phones").await;
        received.into_iter().map(|text| text.message).collect()
    }

    async fn until(&self, is_so: impl AsyncFn() -> bool) {
        assert!(
            in_time(LIMIT, is_so).await.is_some(),
            "it never came to be\n{}\n{}",
            self.callout().await,
            self.certus.log()
        );
    }
}
