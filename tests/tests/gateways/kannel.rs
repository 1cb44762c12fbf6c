//! The template gateway against Kannel, as `docs/operations.md` describes it.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::time::Duration;

use certus_dispatcher::config::Config;
use certus_registry::exchange::{Rows, import_volunteers};
use certus_registry::time::SystemClock;
use certus_registry::{Clock, Random};
use certus_sms_bridge::template::TemplateGateway;
use certus_sms_bridge::{Gateway, MessageId, SendError, outbox};
use certus_tests::binary::{Certus, Setup};
use certus_tests::databases::{self, Fresh};
use certus_tests::kannel::Kannel;
use certus_tests::load::{in_time, pause};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outgoing;

const ANNA: &str = "+99910000001";
const BO: &str = "+99910000002";
const LIMIT: Duration = Duration::from_secs(40);
/// Where nobody listens: these tests send only.
const NOWHERE: &str = "http://127.0.0.1:9";

#[tokio::test]
async fn any_text_reaches_its_phone_as_it_was_written() {
    let mut kannel = Kannel::new();
    kannel.start(NOWHERE).await;
    let gateway = gateway(&kannel, "", "");
    let texts = ["Larm åäö ÅÄÖ [12] 5 € {x} & 100 % + \"a\"=b?", "Larm 🚑 på väg", "Larm – č \\ ~"];
    for text in texts {
        let message = outgoing(text);
        assert_eq!(gateway.send(&message).await.unwrap().provider_id, message.id.to_string());
    }
    until(async || kannel.received().len() == texts.len()).await;
    let mut received: Vec<_> = kannel.received().into_iter().map(|message| message.text).collect();
    received.sort_unstable();
    let mut expected = texts.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(received, expected);
}

#[tokio::test]
async fn what_kannel_refuses_is_told_apart_from_what_may_work_later() {
    let mut kannel = Kannel::new();
    let down = gateway(&kannel, "", "").send(&outgoing("Larm")).await.unwrap_err();
    assert_eq!(down.to_string(), "not taken for now: could not connect");
    kannel.start(NOWHERE).await;
    let cases = [
        ("another-secret", "wrong", "not taken for now: HTTP 403: Authorization failed for sendsms"),
        (
            "charset = \"UTF-8\"",
            "charset = \"UTF-0\"",
            "refused: HTTP 400: Charset or body misformed, rejected",
        ),
    ];
    for (right, wrong, expected) in cases {
        let error = gateway(&kannel, right, wrong).send(&outgoing("Larm åäö")).await.unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    kannel.kill_9().await;
    let gone = gateway(&kannel, "", "").send(&outgoing("Larm")).await.unwrap_err();
    assert!(matches!(gone, SendError::Temporary { .. }), "{gone}");
    assert_eq!(kannel.received(), []);
}

#[tokio::test]
async fn an_alarm_goes_out_through_kannel_and_the_answers_come_back() {
    let mut alarm = Alarm::start(&[]).await;
    alarm.kannel.start(&alarm.certus.base_url).await;
    alarm.raise().await;
    alarm.until_call_outs(2).await;
    alarm.until_delivered(2).await;
    alarm.kannel.say(ANNA, "Ja, jag är på väg", true).await;
    alarm.until(ANNA, "accepted").await;
    alarm.kannel.say(BO, "NEJ 👎 åäö", false).await;
    alarm.until(BO, "declined").await;
    let answered = alarm.kannel.received();
    assert!(
        answered.iter().any(|message| message.to == ANNA && message.text.contains("Storgatan 1")),
        "{answered:?}"
    );
    alarm.certus.stop().await;
}

#[tokio::test]
async fn while_kannel_is_down_an_alarm_waits_and_then_reaches_everybody_once() {
    let mut alarm = Alarm::start(&["A message was not accepted"]).await;
    alarm.raise().await;
    until(async || alarm.certus.log().matches("A message was not accepted").count() >= 2).await;
    alarm.kannel.start(&alarm.certus.base_url).await;
    alarm.until_delivered(2).await;
    alarm.until_call_outs(2).await;
    alarm.certus.stop().await;
}

#[tokio::test]
async fn a_yes_that_came_while_the_server_was_down_is_not_lost() {
    let mut alarm = Alarm::start(&[]).await;
    alarm.kannel.start(&alarm.certus.base_url).await;
    alarm.raise().await;
    alarm.until_delivered(2).await;
    alarm.certus.stop().await;
    alarm.kannel.say(ANNA, "JA", true).await;
    pause(500).await;
    alarm.certus.restart().await;
    alarm.until(ANNA, "accepted").await;
    alarm.certus.stop().await;
}

#[tokio::test]
async fn a_webhook_is_let_in_by_its_key_and_what_makes_no_sense_is_counted() {
    let mut alarm = Alarm::start(&["a webhook was not let in", "a webhook was of no use"]).await;
    let base = "/gateways/template";
    let cases = [
        (Method::GET, format!("{base}/reply?key=wrong&from=%2B46701740605&text=JA&id=1"), 403),
        (Method::GET, format!("{base}/reply?key=a-long-secret&from=Telia&text=JA&id=1"), 200),
        (Method::POST, format!("{base}/receipt?key=a-long-secret&type=99"), 200),
        (Method::POST, format!("{base}/receipt?key=a-long-secret&type=99"), 200),
        (Method::GET, format!("{base}/receipt?key=a-long-secret&type=1&ref={}", outgoing("").id), 200),
    ];
    for (method, path, status) in cases {
        let answer = alarm.certus.anonymous(method, &path).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert!(
            status != 200 || answer.text().await.unwrap().is_empty(),
            "a text would be sent to the phone"
        );
    }
    assert_eq!(alarm.metric("webhooks_dropped_total{reason=\"word\"}").await, 2);
    assert_eq!(alarm.metric("webhooks_dropped_total{reason=\"sender\"}").await, 1);
    assert_eq!(alarm.certus.log().matches("a webhook was of no use").count(), 2, "one word is logged once");
    alarm.certus.stop().await;
}

#[tokio::test]
async fn a_password_is_asked_for_and_a_failed_message_that_arrives_after_all_is_delivered() {
    let basic = "webhook_basic = { username = \"kannel\", password = \"p\" }\nsources";
    let mut alarm =
        Alarm::start_with(&["a webhook was not let in"], |text| text.replace("sources", basic)).await;
    alarm.kannel.start(&alarm.certus.base_url).await;
    alarm.kannel.hang_up().await;
    alarm.raise().await;
    let path = format!(
        "/gateways/template/receipt?key=a-long-secret&type=16&answer=NACK&ref={}",
        alarm.call_out_message().await
    );
    let report = || alarm.certus.anonymous(Method::GET, &path);
    let asked = report().send().await.unwrap();
    assert_eq!(
        (asked.status().as_u16(), asked.headers()["www-authenticate"].as_bytes()),
        (401, &b"Basic realm=\"certus\""[..])
    );
    assert_eq!(report().basic_auth("kannel", Some("q")).send().await.unwrap().status(), 403);
    assert_eq!(alarm.metric("messages{milestone=\"errored\"}").await, 0);
    assert_eq!(report().basic_auth("kannel", Some("p")).send().await.unwrap().status(), 200);
    assert_eq!(alarm.metric("messages{milestone=\"errored\"}").await, 1);
    alarm.kannel.listen().await;
    alarm.until_delivered(2).await; // Kannel's own reports bring the password
    alarm.certus.stop().await;
}

/// A server with two people near Järpen, and a Kannel that is not running yet.
struct Alarm {
    fresh: Fresh,
    kannel: Kannel,
    certus: Certus,
    id: String,
}

impl Alarm {
    async fn start(expected: &[&'static str]) -> Self {
        Self::start_with(expected, |text| text).await
    }

    async fn start_with(expected: &[&'static str], configured: impl Fn(String) -> String) -> Self {
        let fresh = databases::sqlite().await;
        let people = format!(
            "name,phone,competences,modes,home_lat,home_lon,vetting,vetted_until\n\
             {ANNA},{ANNA},cpr,car,63.35,13.46,approved,2099-12-31\n\
             {BO},{BO},cpr,car,63.36,13.47,approved,2099-12-31\n"
        );
        let (now, random) = (SystemClock.now(), Random::from_seed(1));
        import_volunteers(&fresh.db, now, &random, people.as_bytes(), Rows::AllOrNothing).await.unwrap();
        let kannel = Kannel::new();
        let setup = Setup {
            config: configured(kannel.gateway()),
            expected_warnings: expected.to_vec(),
            ..Setup::default()
        };
        let certus = Certus::start(&fresh.url, setup).await;
        Self { fresh, kannel, certus, id: String::new() }
    }

    async fn raise(&mut self) {
        let place = json!({"lat": 63.347, "lon": 13.457, "name": "Järpen", "detail": "Storgatan 1"});
        let body = json!({"event_type": "cardiac_arrest", "place": place});
        let raised = self.certus.request(Method::POST, "/v1/incidents").json(&body).send().await.unwrap();
        let raised: Value = raised.json().await.unwrap();
        raised["id"].as_str().unwrap().clone_into(&mut self.id);
    }

    /// Waits until as many call-outs are on phones; more than one for a phone is a failure.
    async fn until_call_outs(&self, count: usize) {
        let call_outs = || {
            let received = self.kannel.received().into_iter();
            received.filter(|message| message.text.contains("hjärtstopp, Järpen")).collect::<Vec<_>>()
        };
        until(async || call_outs().len() >= count).await;
        let mut phones: Vec<_> = call_outs().into_iter().map(|message| message.to).collect();
        phones.sort_unstable();
        phones.dedup();
        assert_eq!((phones.len(), call_outs().len()), (count, count), "{:?}", call_outs());
    }

    /// Anna's call-out, once both are with Kannel.
    async fn call_out_message(&self) -> MessageId {
        until(async || self.metric("messages{milestone=\"accepted\"}").await >= 2).await;
        let responder = self.callout(ANNA).await["responder"].as_str().unwrap().to_owned();
        let reference = format!("{}/{responder}/call-out", self.id);
        outbox::history(&self.fresh.db, &reference).await.unwrap()[0].0
    }

    async fn until_delivered(&self, count: u64) {
        until(async || self.metric("messages{milestone=\"delivered\"}").await >= count).await;
    }

    async fn metric(&self, name: &str) -> u64 {
        let text = self.certus.operations("/metrics").send().await.unwrap().text().await.unwrap();
        let line = format!("certus_{name} ");
        text.lines().find_map(|found| found.strip_prefix(&line)?.parse().ok()).unwrap_or_default()
    }

    async fn until(&self, who: &str, state: &str) {
        until(async || self.callout(who).await["state"] == state).await;
    }

    async fn callout(&self, who: &str) -> Value {
        let path = format!("/v1/incidents/{}", self.id);
        let incident = self.certus.request(Method::GET, &path).send().await.unwrap();
        let incident: Value = incident.json().await.unwrap();
        let mut callouts = incident["callouts"].as_array().unwrap().iter();
        callouts.find(|callout| callout["name"] == who).cloned().unwrap_or_default()
    }
}

/// Looks again and again until `is_so`.
async fn until(is_so: impl AsyncFn() -> bool) {
    assert!(in_time(LIMIT, is_so).await.is_some(), "it never came to be");
}

/// The gateway of the page, with `right` replaced by `wrong`.
fn gateway(kannel: &Kannel, right: &str, wrong: &str) -> TemplateGateway {
    let text = kannel.gateway().replace("{base_url}", NOWHERE);
    let text = if right.is_empty() { text } else { text.replace(right, wrong) };
    let config = Config::parse("certus.toml", &text).unwrap();
    TemplateGateway::new(*config.gateway.template.unwrap()).unwrap()
}
