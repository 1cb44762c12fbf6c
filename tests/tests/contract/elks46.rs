//! The gateway to 46elks against our contract peer, which runs as its own process.

#![expect(clippy::unwrap_used, reason = "helpers of tests: a panic is the failure")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Form, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use certus_registry::time::{ManualClock, SystemClock};
use certus_registry::{Batch, Clock, Database, Phone, Random, Timestamp};
use certus_sms_bridge::elks46::{self, Elks46, Elks46Settings};
use certus_sms_bridge::{
    Channel, Gateway, MessageId, Milestone, Neighbours, NewMessage, Outgoing, Reconciled, Routes, SendError,
    Urgency, Worker, WorkerSettings, inbox, outbox, receipt,
};
use certus_tests::databases::{self, Fresh};
use certus_tests::elks46_peer::{Received, Reply};
use certus_tests::peer::Peer;
use serde_json::{Value, json};

#[tokio::test]
async fn a_call_out_reaches_its_phone_once_and_its_report_and_answer_come_back() {
    for fresh in databases::both().await {
        let bench = Bench::start(fresh).await;
        bench
            .control("answers", json!({"seed":1,"yes":1.0,"no":0.0,"after_ms_min":5,"after_ms_max":9}))
            .await;
        let id = bench.enqueue("+46701740605", "LARM Åre. Svara JA 2 eller NEJ 2").await;
        bench.until(id, Milestone::Delivered).await;
        let reply = bench.until_replies(1).await.remove(0);
        assert_eq!(
            (reply.from.as_str(), reply.body.as_str()),
            ("+46701740605", "JA 2"),
            "{}",
            bench.fresh.name
        );
        let phones: Vec<Received> = bench.ask("phones").await;
        assert_eq!(phones.len(), 1);
        assert_eq!(phones[0].message, "LARM Åre. Svara JA 2 eller NEJ 2");
        assert_eq!(phones[0].from, "+46766860000");
        let reports = outbox::by_gateway(&bench.fresh.db, Timestamp::from_millis(0), SystemClock.now()).await;
        assert_eq!(reports.unwrap()[0].cost, Some(3_500), "what the provider says that it costs is kept");
    }
}

#[tokio::test]
async fn reports_that_come_twice_and_in_the_wrong_order_end_as_delivered() {
    let bench = Bench::start(databases::sqlite().await).await;
    bench.control("reports", json!({"duplicate":true,"reorder":true})).await;
    let id = bench.enqueue("+46701740605", "LARM").await;
    bench.until(id, Milestone::Delivered).await;
    bench.until_quiet().await;
    bench.until(id, Milestone::Delivered).await;
}

#[tokio::test]
async fn a_phone_that_is_never_reached_is_reported_as_errored() {
    let bench = Bench::start(databases::sqlite().await).await;
    bench.control("reports", json!({"end":"failed"})).await;
    let id = bench.enqueue("+46701740605", "LARM").await;
    bench.until(id, Milestone::Errored).await;
    assert_eq!(bench.ask::<Vec<Received>>("phones").await, []);
}

#[tokio::test]
async fn an_overloaded_provider_is_tried_again_and_the_message_arrives_once() {
    let bench = Bench::start(databases::sqlite().await).await;
    bench.control("trouble", json!({"fail":2,"status":429})).await;
    let id = bench.enqueue("+46701740605", "LARM").await;
    bench.until(id, Milestone::Delivered).await;
    assert_eq!(bench.ask::<Vec<Received>>("phones").await.len(), 1);
}

#[tokio::test]
async fn a_request_taken_but_never_answered_is_found_in_the_list_and_not_sent_again() {
    let bench = Bench::start(databases::sqlite().await).await;
    bench.control("reports", json!({"end":"unreported"})).await;
    bench.control("trouble", json!({"silent":1})).await;
    let id = bench.enqueue("+46701740605", "LARM").await;
    bench.until(id, Milestone::Accepted).await;
    assert_eq!(bench.ask::<Vec<Received>>("phones").await.len(), 1);
}

#[tokio::test]
async fn a_wrong_password_a_wrong_number_and_a_closed_port_are_told_apart() {
    let peer = peer("http://127.0.0.1:9/").await;
    let refused = gateway(settings(&peer.address, "http://127.0.0.1:9"));
    let error = refused.send(&outgoing("+4670", "")).await.unwrap_err();
    assert_eq!(error, SendError::Refused { reason: "HTTP 400: Missing key message".into() });
    let stranger =
        Elks46Settings { password: "wrong".into(), ..settings(&peer.address, "http://127.0.0.1:9") };
    let error = gateway(stranger).send(&outgoing("+46701740605", "x")).await.unwrap_err();
    assert_eq!(error, SendError::Temporary { reason: "HTTP 401: Wrong username or password.".into() });
    let closed = gateway(settings("127.0.0.1:9", "http://127.0.0.1:9"));
    assert!(matches!(closed.send(&outgoing("+46701740605", "x")).await, Err(SendError::Temporary { .. })));
    assert!(matches!(closed.reconcile(&outgoing("+46701740605", "x")).await, Reconciled::Unavailable { .. }));
}

#[tokio::test]
async fn a_check_says_what_is_wrong_with_the_account_and_sends_nothing() {
    let peer = peer("http://127.0.0.1:9/").await;
    let right = settings(&peer.address, "http://127.0.0.1:9");
    gateway(right.clone()).check().await.unwrap();
    let wrong = [
        (
            Elks46Settings { password: "wrong".into(), ..right.clone() },
            "HTTP 401: Wrong username or password.",
        ),
        (Elks46Settings { from: "+1".into(), ..right.clone() }, "HTTP 400: Invalid from"),
        (settings("127.0.0.1:9", "http://127.0.0.1:9"), "could not connect"),
    ];
    for (settings, why) in wrong {
        let error = gateway(settings).check().await.unwrap_err().to_string();
        assert!(error.ends_with(why), "{error}");
    }
    peer.control("trouble", json!({"fail":1,"status":403})).await;
    assert!(gateway(right).check().await.unwrap_err().to_string().contains("HTTP 403"));
    assert_eq!(peer.ask::<Vec<Received>>("phones").await, []);
    assert_eq!(peer.ask::<u32>("waiting").await, 0);
}

#[tokio::test]
async fn an_unanswered_message_is_found_behind_hundreds_of_later_ones() {
    let peer = peer("http://127.0.0.1:9/").await;
    let gateway = gateway(settings(&peer.address, "http://127.0.0.1:9"));
    let (sent, never_sent) = (outgoing("+46701740605", "first"), outgoing("+46701740606", "never"));
    let accepted = gateway.send(&sent).await.unwrap();
    // Posted past the gateway, which keeps to ten a second.
    let (client, url) = (reqwest::Client::new(), format!("http://{}/a1/sms", peer.address));
    for number in 0..250 {
        let form = [("from", "+46766860000"), ("to", &format!("+4670{number:07}")), ("message", "later")];
        let posted = client.post(&url).basic_auth("u", Some("p")).form(&form).send().await.unwrap();
        assert_eq!(posted.status(), 200);
    }
    let found = Reconciled::Accepted { provider_id: accepted.provider_id };
    assert_eq!(gateway.reconcile(&sent).await, found);
    assert_eq!(gateway.reconcile(&never_sent).await, Reconciled::NotSent);
    let ambiguous = Neighbours { ambiguous: true, ..Neighbours::default() };
    let either = |one: &Outgoing| Outgoing { neighbours: ambiguous.clone(), ..one.clone() };
    assert_eq!(gateway.reconcile(&either(&sent)).await, Reconciled::Unsupported);
    assert_eq!(gateway.reconcile(&either(&never_sent)).await, Reconciled::NotSent);
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_make_an_old_list_a_new_one() {
    let peer = peer("http://127.0.0.1:9/").await;
    let clock = ManualClock::at(SystemClock.now());
    let gateway =
        Elks46::new(settings(&peer.address, "http://127.0.0.1:9"), Arc::new(clock.clone())).unwrap();
    let sent = outgoing("+46701740605", "after the list was seen");
    assert_eq!(gateway.reconcile(&sent).await, Reconciled::NotSent);
    clock.set(clock.now() - Duration::from_secs(30));
    let accepted = gateway.send(&sent).await.unwrap();
    let found = Reconciled::Accepted { provider_id: accepted.provider_id };
    assert_eq!(gateway.reconcile(&sent).await, found);
}

#[tokio::test]
async fn a_reply_is_posted_until_we_have_it_and_kept_once() {
    let bench = Bench::start(databases::sqlite().await).await;
    bench.control("inbound-url", json!({"url": format!("http://{}/refuses", bench.hook)})).await;
    let said = json!({"from":"+46701740605","to":"+46766860000","message":"NEJ åäö 👎","duplicate":true});
    bench.control("inbound", said).await;
    settle().await;
    assert!(!bench.ask::<Vec<Reply>>("replies").await[0].taken);
    let url = Elks46::inbound_url(&bench.settings).unwrap();
    bench.control("inbound-url", json!({ "url": url })).await;
    assert_eq!(bench.until_replies(1).await[0].body, "NEJ åäö 👎");
    bench.until_quiet().await;
    assert_eq!(bench.until_replies(1).await.len(), 1);
    assert!(bench.ask::<Vec<Reply>>("replies").await[0].taken);
}

#[tokio::test]
async fn a_webhook_without_the_key_changes_nothing() {
    let bench = Bench::start(databases::sqlite().await).await;
    let url = format!("http://{}/gateways/elks46/inbound?key=wrong", bench.hook);
    let form = [("id", "s1"), ("from", "+46701740605"), ("message", "JA")];
    let answer = reqwest::Client::new().post(url).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 403);
    assert_eq!(inbox::unhandled(&bench.fresh.db, 10).await.unwrap(), []);
}

/// A database, a worker that sends through the peer, and the webhooks the peer posts to.
struct Bench {
    fresh: Fresh,
    peer: Peer,
    hook: SocketAddr,
    settings: Elks46Settings,
    worker: Arc<Worker>,
    running: tokio::task::JoinHandle<()>,
}

impl Bench {
    async fn start(fresh: Fresh) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let hook = listener.local_addr().unwrap();
        let ours = format!("http://{hook}");
        let inbound_url = Elks46::inbound_url(&settings("127.0.0.1:9", &ours)).unwrap();
        let peer = peer(&inbound_url).await;
        let settings = settings(&peer.address, &ours);
        tokio::spawn(webhooks(listener, fresh.db.clone(), settings.clone()));
        let routes = Arc::new(Routes::equal(vec![Arc::new(gateway(settings.clone()))]));
        let quick = Duration::from_millis(50);
        let bounds = WorkerSettings {
            send_timeout: Duration::from_millis(1_500),
            reconcile_after: quick,
            back_off_first: quick,
            ..WorkerSettings::default()
        };
        let random = Random::from_seed(1);
        let worker = Arc::new(Worker::new(fresh.db.clone(), Arc::new(SystemClock), random, routes, bounds));
        let running = Arc::clone(&worker);
        let running = tokio::spawn(async move { running.run(std::future::pending()).await });
        Self { fresh, peer, hook, settings, worker, running }
    }

    async fn enqueue(&self, to: &str, body: &str) -> MessageId {
        let now = SystemClock.now();
        let message = NewMessage {
            reference: "inc-1".into(),
            to: to.parse().unwrap(),
            channel: Channel::Sms,
            body: body.into(),
            urgency: Urgency::Alarm,
            due_at: now,
            valid_until: now + Duration::from_mins(5),
            otherwise: Vec::new(),
        };
        let (tx, mut batch) = (self.fresh.db.begin().await.unwrap(), Batch::default());
        let posted = self
            .worker
            .handle()
            .enqueue(&mut batch, &tx.medium(), now, &Random::from_system(), &[message])
            .unwrap();
        assert!(batch.commit(tx).await.unwrap());
        posted.committed()[0]
    }

    async fn until(&self, id: MessageId, expected: Milestone) {
        eventually(async || {
            let history = outbox::history(&self.fresh.db, "inc-1").await.unwrap();
            history
                .last()
                .is_some_and(|(last, milestone, _)| (*last, *milestone) == (id, expected))
                .then_some(())
        })
        .await;
    }

    async fn until_replies(&self, count: usize) -> Vec<inbox::Inbound> {
        eventually(async || {
            let replies = inbox::unhandled(&self.fresh.db, 10).await.unwrap();
            (replies.len() >= count).then_some(replies)
        })
        .await
    }

    async fn until_quiet(&self) {
        eventually(async || (self.ask::<u32>("waiting").await == 0).then_some(())).await;
    }

    async fn control(&self, what: &str, body: Value) {
        self.peer.control(what, body).await;
    }

    async fn ask<T: serde::de::DeserializeOwned>(&self, what: &str) -> T {
        self.peer.ask(what).await
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn peer(inbound_url: &str) -> Peer {
    let arguments = ["--retry-ms", "40", "--inbound-url", inbound_url];
    Peer::start_with(env!("CARGO_BIN_EXE_elks46-peer"), &arguments).await
}

/// Gives the peer time for a few attempts.
async fn settle() {
    SystemClock.sleep_until(SystemClock.now() + Duration::from_millis(200)).await;
}

async fn eventually<T>(attempt: impl AsyncFn() -> Option<T>) -> T {
    let end = SystemClock.now() + Duration::from_secs(20);
    loop {
        if let Some(value) = attempt().await {
            return value;
        }
        assert!(SystemClock.now() < end, "it did not happen within 20 s");
        SystemClock.sleep_until(SystemClock.now() + Duration::from_millis(10)).await;
    }
}

fn gateway(settings: Elks46Settings) -> Elks46 {
    Elks46::new(settings, Arc::new(SystemClock)).unwrap()
}

fn settings(peer: &str, webhook_base: &str) -> Elks46Settings {
    let settings = json!({
        "base_url": format!("http://{peer}/a1"), "username": "u", "password": "p", "from": "+46766860000",
        "webhook_base": webhook_base, "webhook_secret": "k3y&=?",
        "webhook_basic": {"username": "elk", "password": "p:ss w@rd"}, "sources": ["127.0.0.1"],
    });
    serde_json::from_value(settings).unwrap()
}

fn outgoing(to: &str, body: &str) -> Outgoing {
    let now = SystemClock.now();
    Outgoing {
        reference: "1/2/3".to_owned(),
        urgency: Urgency::Alarm,
        id: MessageId::new(now, &Random::from_seed(1)),
        to: to.parse::<Phone>().unwrap_or_else(|_| "+46701740605".parse().unwrap()),
        body: body.into(),
        stored_at: now,
        sent_at: now,
        valid_until: Timestamp::MAX,
        attempt: 1,
        neighbours: Neighbours::default(),
    }
}

type Hooks = (Database, Elks46Settings);
type Fields = BTreeMap<String, String>;

/// The routes as the dispatcher mounts them.
async fn webhooks(listener: tokio::net::TcpListener, db: Database, settings: Elks46Settings) {
    let routes = Router::new()
        .route("/gateways/elks46/receipt", post(take_receipt))
        .route("/gateways/elks46/inbound", post(take_inbound))
        .route("/refuses", post(async || StatusCode::SERVICE_UNAVAILABLE))
        .with_state((db, settings));
    axum::serve(listener, routes.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
}

async fn take_receipt(
    State((db, settings)): State<Hooks>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> StatusCode {
    if !is_welcome(&settings, &query, &headers, source) {
        return StatusCode::FORBIDDEN;
    }
    let now = SystemClock.now();
    let receipt = elks46::parse_receipt(query.get("ref").map(String::as_str), &form, now).unwrap();
    receipt::record(&db, now, &receipt).await.unwrap();
    StatusCode::NO_CONTENT
}

async fn take_inbound(
    State((db, settings)): State<Hooks>,
    ConnectInfo(source): ConnectInfo<SocketAddr>,
    Query(query): Query<Fields>,
    headers: HeaderMap,
    Form(form): Form<Fields>,
) -> StatusCode {
    if !is_welcome(&settings, &query, &headers, source) {
        return StatusCode::FORBIDDEN;
    }
    let reply = elks46::parse_inbound(&form, SystemClock.now()).unwrap();
    inbox::receive(&db, &reply).await.unwrap();
    StatusCode::NO_CONTENT
}

fn is_welcome(settings: &Elks46Settings, query: &Fields, headers: &HeaderMap, source: SocketAddr) -> bool {
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    elks46::check(settings, query.get("key").map(String::as_str), authorization, source.ip()).is_ok()
}
