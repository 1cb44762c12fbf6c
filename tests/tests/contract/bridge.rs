//! The bridge's stores and its worker, on both databases.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use certus_registry::time::ManualClock;
use certus_registry::{Clock, Database, Phone, Random, Timestamp};
use certus_sms_bridge::inbox::{self, NewInbound, Received};
use certus_sms_bridge::outbox::{self, Fate};
use certus_sms_bridge::receipt::{self, Receipt, ReceiptFor, ReceiptOutcome, ReceiptStatus};
use certus_sms_bridge::simulated::{Answer, Network, NetworkSettings, People};
use certus_sms_bridge::{
    Accepted, Gateway, MessageId, Milestone, NewMessage, Outgoing, Reconciled, SendError, Urgency, Worker,
    WorkerSettings,
};
use certus_tests::databases::{self, Fresh};
use futures::future::BoxFuture;

const T0: Timestamp = Timestamp::from_millis(1_795_400_000_000);

#[tokio::test]
async fn a_message_passes_its_milestones_and_each_end_is_reported_once() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let worker = worker(&fresh.db, &gateway);
        let id = enqueue(&fresh.db, &[message("inc-1", 1)]).await[0];
        assert_eq!(worker.step(T0).await.unwrap().sent, 1);
        assert_eq!(
            record(&fresh.db, 2, ours(id, ReceiptStatus::Delivered)).await,
            recorded(Milestone::Delivered)
        );
        assert_eq!(
            milestones(&fresh.db, "inc-1").await,
            [Milestone::Stored, Milestone::Transmitted, Milestone::Accepted, Milestone::Delivered],
            "{}",
            fresh.name
        );
        let fates = outbox::unreported(&fresh.db, 10).await.unwrap();
        let at = T0 + Duration::from_secs(2);
        let expected = Fate { message: id, reference: "inc-1".into(), milestone: Milestone::Delivered, at };
        assert_eq!(fates, [expected]);
        assert!(report(&fresh.db, id, Milestone::Delivered).await);
        assert!(!report(&fresh.db, id, Milestone::Delivered).await, "somebody else reported it already");
        assert_eq!(outbox::unreported(&fresh.db, 10).await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_is_enqueued_in_a_dropped_transaction_is_never_sent() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let mut tx = fresh.db.begin().await.unwrap();
        outbox::enqueue(&mut tx, T0, &Random::from_seed(1), &[message("inc-1", 1)]).await.unwrap();
        drop(tx);
        assert_eq!(worker(&fresh.db, &gateway).step(T0).await.unwrap().next_at, None, "{}", fresh.name);
        assert_eq!(gateway.sent(), []);
    }
}

#[tokio::test]
async fn six_hundred_messages_fit_in_one_call_and_alarms_go_first() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let mut messages: Vec<_> = (0..599).map(|n| message("inc-1", n)).collect();
        messages.iter_mut().for_each(|m| m.urgency = Urgency::Notice);
        messages.push(message("inc-2", 599));
        let ids = enqueue(&fresh.db, &messages).await;
        assert_eq!(ids.len(), 600);
        let step = worker(&fresh.db, &gateway).step(T0).await.unwrap();
        assert_eq!((step.sent, step.next_at), (32, Some(T0)), "{}", fresh.name);
        assert_eq!(gateway.sent()[0], ids[599]);
    }
}

#[tokio::test]
async fn a_message_out_of_bounds_is_refused_with_its_field() {
    let fresh = databases::sqlite().await;
    certus_sms_bridge::migrate(&fresh.db).await.unwrap();
    for (reference, body, field) in
        [("", "x".to_owned(), "reference"), ("r", String::new(), "body"), ("r", "x".repeat(1531), "body")]
    {
        let wrong = NewMessage { body, ..message(reference, 1) };
        let mut tx = fresh.db.begin().await.unwrap();
        let error = outbox::enqueue(&mut tx, T0, &Random::from_seed(1), &[wrong]).await.unwrap_err();
        assert!(error.to_string().starts_with(field), "{error}");
    }
}

#[tokio::test]
async fn cancelling_takes_back_what_no_gateway_has() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        let later = NewMessage { due_at: T0 + Duration::from_secs(60), ..message("inc-1", 2) };
        enqueue(&fresh.db, &[message("inc-1", 1), later, message("inc-2", 3)]).await;
        worker(&fresh.db, &gateway).step(T0).await.unwrap();
        assert_eq!(cancel(&fresh.db, "inc-1").await, 1, "{}", fresh.name);
        assert_eq!(cancel(&fresh.db, "inc-1").await, 0);
        let tally = outbox::tally(&fresh.db).await.unwrap();
        assert_eq!((tally.at(Milestone::Cancelled), tally.at(Milestone::Accepted)), (1, 2));
        assert_eq!((tally.total(), tally.open()), (3, 2));
    }
}

#[tokio::test]
async fn a_message_cancelled_in_flight_is_not_tried_again() {
    for fresh in bridges().await {
        let gateway = Scripted::answering(|_| Err(SendError::Unknown { reason: "test".into() }));
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let next = worker.step(T0).await.unwrap().next_at.unwrap();
        assert_eq!(cancel(&fresh.db, "inc-1").await, 0, "{}", fresh.name);
        gateway.reconciles(Reconciled::NotSent);
        assert_eq!(worker.step(next).await.unwrap().next_at, None);
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Cancelled));
        assert_eq!(gateway.sent().len(), 1);
    }
}

#[tokio::test]
async fn nothing_is_sent_when_its_validity_has_ended() {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let late = T0 + Duration::from_mins(10);
        assert_eq!(worker(&fresh.db, &gateway).step(late).await.unwrap().next_at, None);
        assert_eq!(gateway.sent(), [], "{}", fresh.name);
        assert_eq!(milestones(&fresh.db, "inc-1").await, [Milestone::Stored, Milestone::Expired]);
        assert_eq!(outbox::unreported(&fresh.db, 10).await.unwrap()[0].milestone, Milestone::Expired);
    }
}

#[tokio::test]
async fn a_refused_message_is_errored_and_a_temporary_failure_goes_to_the_next_gateway() {
    for fresh in bridges().await {
        let first = Scripted::answering(|message| {
            let refuse = message.body.ends_with('1');
            let reason = "test".to_owned();
            Err(if refuse { SendError::Refused { reason } } else { SendError::Temporary { reason } })
        });
        let second = Scripted { name: "second", ..Scripted::default() };
        let worker = worker_with(&fresh.db, vec![Arc::new(first.clone()), Arc::new(second.clone())]);
        let ids = enqueue(&fresh.db, &[message("inc-1", 1), message("inc-2", 2)]).await;
        worker.step(T0).await.unwrap();
        assert_eq!(worker.step(T0).await.unwrap().sent, 1, "{}", fresh.name);
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Errored));
        assert_eq!(second.sent(), [ids[1]]);
    }
}

#[tokio::test]
async fn failures_back_off_and_end_before_the_validity_does() {
    for fresh in bridges().await {
        let gateway = Scripted::answering(|_| Err(SendError::Temporary { reason: "test".into() }));
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let (mut now, mut waits) = (T0, Vec::new());
        while let Some(next) = worker.step(now).await.unwrap().next_at {
            waits.push(next.since(now).as_millis());
            now = next;
        }
        assert_eq!(waits.len(), 7, "{}: {waits:?}", fresh.name);
        assert!(waits[3] > waits[0] && waits.iter().all(|wait| *wait <= 30_000), "{waits:?}");
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Errored));
    }
}

#[tokio::test]
async fn an_unanswered_attempt_is_never_silently_sent_again() {
    let cases = [
        (Reconciled::Accepted { provider_id: "p-9".into() }, Milestone::Accepted, 1),
        (Reconciled::Unsupported, Milestone::Unknown, 1),
        (Reconciled::NotSent, Milestone::Accepted, 2),
        (Reconciled::Unavailable { reason: "test".into() }, Milestone::Unknown, 1),
    ];
    for fresh in bridges().await {
        for (n, (answer, expected, sends)) in cases.iter().enumerate() {
            let gateway = Scripted::answering(|message| match message.attempt {
                1 => Err(SendError::Unknown { reason: "test".into() }),
                n => Ok(Accepted { provider_id: format!("p-{n}") }),
            });
            gateway.reconciles(answer.clone());
            let (worker, reference) = (worker(&fresh.db, &gateway), format!("inc-{n}"));
            enqueue(&fresh.db, &[message(&reference, u32::try_from(n).unwrap())]).await;
            let end = T0 + Duration::from_mins(2);
            let mut now = T0;
            while let Some(next) = worker.step(now).await.unwrap().next_at.filter(|at| *at < end) {
                now = next;
            }
            assert_eq!(milestones(&fresh.db, &reference).await.last(), Some(expected), "{answer:?}");
            assert_eq!(gateway.sent().len(), *sends, "{}: {answer:?}", fresh.name);
        }
    }
}

#[tokio::test]
async fn what_a_dead_worker_left_in_flight_is_asked_about_by_the_next() {
    for fresh in bridges().await {
        let hanging = Scripted { hangs: true, ..Scripted::default() };
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        {
            let dead = worker(&fresh.db, &hanging);
            let step = dead.step(T0);
            let cut = tokio::time::timeout(Duration::from_millis(300), step).await;
            assert!(cut.is_err(), "killed between sending and recording");
        }
        let alive = Scripted::default();
        alive.reconciles(Reconciled::Accepted { provider_id: "p-1".into() });
        let worker = worker(&fresh.db, &alive);
        let lease_end = worker.step(T0).await.unwrap().next_at.unwrap();
        assert_eq!(lease_end, T0 + WorkerSettings::default().lease, "{}", fresh.name);
        assert_eq!(worker.step(lease_end).await.unwrap().sent, 1);
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Accepted));
        assert_eq!((hanging.sent().len(), alive.sent().len()), (1, 0));
    }
}

#[tokio::test]
async fn a_worker_that_lost_its_lease_cannot_write_any_more() {
    for fresh in bridges().await {
        let slow = Scripted {
            slow: Duration::from_millis(700),
            ..Scripted::answering(|_| Err(SendError::Refused { reason: "too late to matter".into() }))
        };
        let quick = Scripted::default();
        quick.reconciles(Reconciled::Accepted { provider_id: "p-1".into() });
        enqueue(&fresh.db, &[message("inc-1", 1)]).await;
        let (old, new) = (worker(&fresh.db, &slow), worker(&fresh.db, &quick));
        let take_over = async {
            tokio::time::timeout(Duration::from_millis(300), std::future::pending::<()>()).await.unwrap_err();
            new.step(T0 + WorkerSettings::default().lease).await.unwrap();
        };
        let (late, ()) = futures::join!(old.step(T0), take_over);
        late.unwrap();
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Accepted), "{}", fresh.name);
    }
}

#[tokio::test]
async fn two_messages_to_one_phone_that_cannot_be_told_apart_become_unknown() {
    for fresh in bridges().await {
        let gateway = Scripted::answering(|_| Err(SendError::Unknown { reason: "test".into() }));
        gateway.reconciles(Reconciled::NotSent);
        let worker = worker(&fresh.db, &gateway);
        enqueue(&fresh.db, &[message("inc-1", 1), message("inc-2", 1)]).await;
        let next = worker.step(T0).await.unwrap().next_at.unwrap();
        worker.step(next).await.unwrap();
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Unknown), 2, "{}", fresh.name);
        assert_eq!(gateway.sent().len(), 2);
    }
}

#[tokio::test]
async fn two_workers_on_one_database_send_each_of_two_hundred_messages_once() {
    for fresh in bridges().await {
        let gateway = Scripted { slow: Duration::from_millis(2), ..Scripted::default() };
        let messages: Vec<_> = (0..200).map(|n| message("inc-1", n)).collect();
        let mut ids = enqueue(&fresh.db, &messages).await;
        let other = Database::open(&fresh.url).await.unwrap();
        let (one, two) = (worker(&fresh.db, &gateway), worker(&other, &gateway));
        let drain = async |worker: &Worker| while worker.step(T0).await.unwrap().next_at == Some(T0) {};
        futures::join!(drain(&one), drain(&two));
        let mut sent = gateway.sent();
        sent.sort();
        ids.sort();
        assert_eq!(sent, ids, "{}", fresh.name);
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 200);
    }
}

#[tokio::test]
async fn a_running_worker_sends_on_wake_and_records_what_is_in_flight_before_it_stops() {
    for fresh in bridges().await {
        let gateway = Scripted { slow: Duration::from_millis(50), ..Scripted::default() };
        let worker = Arc::new(worker(&fresh.db, &gateway));
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = Arc::clone(&worker);
        let task = tokio::spawn(async move { running.run(async { stopped.await.unwrap() }).await });
        enqueue(&fresh.db, &(0..40).map(|n| message("inc-1", n)).collect::<Vec<_>>()).await;
        worker.wake_handle().wake();
        gateway.until_sent(40).await;
        stop.send(()).unwrap();
        task.await.unwrap();
        assert_eq!(outbox::tally(&fresh.db).await.unwrap().at(Milestone::Accepted), 40, "{}", fresh.name);
    }
}

#[tokio::test]
async fn one_slow_call_does_not_hold_up_the_next_alarm() {
    let fresh = databases::sqlite().await;
    certus_sms_bridge::migrate(&fresh.db).await.unwrap();
    let gateway = Scripted { hangs_on: "text 1", ..Scripted::default() };
    let worker = Arc::new(worker(&fresh.db, &gateway));
    let running = Arc::clone(&worker);
    let task = tokio::spawn(async move { running.run(std::future::pending()).await });
    enqueue(&fresh.db, &[message("inc-1", 1)]).await;
    worker.wake_handle().wake();
    gateway.until_sent(1).await;
    enqueue(&fresh.db, &[message("inc-1", 2)]).await;
    worker.wake_handle().wake();
    gateway.until_sent(2).await;
    task.abort();
}

#[tokio::test]
async fn receipts_in_every_order_have_one_outcome() {
    use ReceiptStatus::{Delivered, Sent};
    let failed = || ReceiptStatus::Failed { reason: "absent".into() };
    for fresh in bridges().await {
        let cases: [(&[ReceiptStatus], Milestone); 6] = [
            (&[Sent], Milestone::Accepted),
            (&[Sent, Delivered, Delivered], Milestone::Delivered),
            (&[Delivered, Sent, failed()], Milestone::Delivered),
            (&[failed(), failed(), Sent], Milestone::Errored),
            (&[failed(), Delivered], Milestone::Delivered),
            (&[], Milestone::Accepted),
        ];
        for (n, (receipts, expected)) in cases.into_iter().enumerate() {
            let reference = format!("inc-{n}");
            let id = enqueue(&fresh.db, &[message(&reference, 1)]).await[0];
            worker(&fresh.db, &Scripted::default()).step(T0).await.unwrap();
            for status in receipts {
                record(&fresh.db, 1, ours(id, status.clone())).await;
            }
            assert_eq!(milestones(&fresh.db, &reference).await.last(), Some(&expected), "{receipts:?}");
        }
    }
}

#[tokio::test]
async fn a_receipt_that_is_quicker_than_our_own_record_is_kept_and_used() {
    for fresh in bridges().await {
        let by_provider = |id: &str| Receipt {
            message: ReceiptFor::Provider { gateway: "scripted".into(), id: id.into() },
            status: ReceiptStatus::Delivered,
            at: T0,
        };
        let id = enqueue(&fresh.db, &[message("inc-1", 1)]).await[0];
        let early = by_provider(&format!("p-{id}"));
        assert_eq!(record(&fresh.db, 0, early.clone()).await, ReceiptOutcome::Kept, "{}", fresh.name);
        assert_eq!(record(&fresh.db, 0, early.clone()).await, ReceiptOutcome::Ignored);
        worker(&fresh.db, &Scripted::default()).step(T0).await.unwrap();
        assert_eq!(milestones(&fresh.db, "inc-1").await.last(), Some(&Milestone::Delivered));
        assert_eq!(record(&fresh.db, 1, early).await, ReceiptOutcome::Ignored);
        let nobody = ours(MessageId::new(T0, &Random::from_seed(9)), ReceiptStatus::Sent);
        assert_eq!(record(&fresh.db, 0, nobody).await, ReceiptOutcome::NoSuchMessage);
    }
}

#[tokio::test]
async fn a_late_delivery_of_an_unknown_message_is_reported_again() {
    for fresh in bridges().await {
        let id = enqueue(&fresh.db, &[message("inc-1", 1)]).await[0];
        let worker = worker(&fresh.db, &Scripted::default());
        let no_receipt = worker.step(T0).await.unwrap().next_at.unwrap();
        assert_eq!(no_receipt, T0 + Duration::from_mins(10 + 15), "{}", fresh.name);
        worker.step(no_receipt).await.unwrap();
        assert!(report(&fresh.db, id, Milestone::Unknown).await);
        record(&fresh.db, 9_000, ours(id, ReceiptStatus::Delivered)).await;
        assert!(!report(&fresh.db, id, Milestone::Unknown).await);
        assert!(report(&fresh.db, id, Milestone::Delivered).await);
    }
}

#[tokio::test]
async fn a_reply_is_kept_once_in_order_of_arrival_and_handled_once() {
    for fresh in bridges().await {
        let reply = |id: &str, body: &str| NewInbound {
            gateway: "scripted".into(),
            provider_id: id.into(),
            from: phone(1),
            body: body.into(),
            received_at: T0,
        };
        for (id, body, expected) in
            [("b", "JA", Received::New), ("a", "NEJ\0", Received::New), ("b", "JA", Received::Duplicate)]
        {
            assert_eq!(
                inbox::receive(&fresh.db, &reply(id, body)).await.unwrap(),
                expected,
                "{}",
                fresh.name
            );
        }
        let waiting = inbox::unhandled(&fresh.db, 10).await.unwrap();
        assert_eq!(waiting.iter().map(|r| r.body.as_str()).collect::<Vec<_>>(), ["JA", "NEJ"]);
        for expected in [true, false] {
            let mut tx = fresh.db.begin().await.unwrap();
            assert_eq!(inbox::mark_handled(&mut tx, T0, waiting[0].id, "yes").await.unwrap(), expected);
            tx.commit().await.unwrap();
        }
        assert_eq!(inbox::unhandled(&fresh.db, 10).await.unwrap().len(), 1);
        let long = reply("c", &"å".repeat(5_000));
        inbox::receive(&fresh.db, &long).await.unwrap();
        assert_eq!(inbox::unhandled(&fresh.db, 10).await.unwrap()[1].body.chars().count(), 2_000);
        assert!(inbox::receive(&fresh.db, &reply("", "JA")).await.is_err());
    }
}

#[tokio::test]
async fn the_simulated_network_does_the_same_for_the_same_seed_on_both_databases() {
    let mut runs = Vec::new();
    for fresh in bridges().await {
        runs.push(a_night_in_the_mountains(&fresh.db, 7).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert!(runs[0].1.len() > 50, "people answered: {}", runs[0].1.len());
    let other = databases::sqlite().await;
    certus_sms_bridge::migrate(&other.db).await.unwrap();
    assert_ne!(a_night_in_the_mountains(&other.db, 8).await, runs[0]);
}

/// 150 messages over a bad network; the tally and the replies it ends with.
async fn a_night_in_the_mountains(
    db: &Database,
    seed: u64,
) -> (outbox::Tally, Vec<(Phone, String, Timestamp)>) {
    let people: Arc<Mutex<dyn People>> = Arc::new(Mutex::new(Yes));
    let random = Random::from_seed(seed);
    let network = Arc::new(Network::with_settings(random.fork(), people, NetworkSettings::rural()));
    let worker = worker_with(db, vec![Arc::clone(&network) as Arc<dyn Gateway>]);
    let mut tx = db.begin().await.unwrap();
    let messages: Vec<_> = (0..150).map(|n| message("inc-1", n)).collect();
    outbox::enqueue(&mut tx, T0, &random, &messages).await.unwrap();
    tx.commit().await.unwrap();
    let mut now = T0;
    loop {
        let next = worker.step(now).await.unwrap().next_at;
        network.step(db, now).await.unwrap();
        match [next, network.next_at()].into_iter().flatten().min() {
            Some(at) => now = at.max(now),
            None => break,
        }
    }
    let tally = outbox::tally(db).await.unwrap();
    assert_eq!((tally.total(), tally.open()), (150, 0), "every message comes to an end");
    let replies = inbox::unhandled(db, 1_000).await.unwrap();
    (tally, replies.into_iter().map(|r| (r.from, r.body, r.received_at)).collect())
}

struct Yes;

impl People for Yes {
    fn answer(&mut self, _to: &Phone, body: &str, _now: Timestamp) -> Vec<Answer> {
        vec![Answer { after: Duration::from_secs(20), body: format!("JA {body}") }]
    }
}

/// A gateway that does as it is told and remembers what it was given.
#[derive(Clone)]
struct Scripted {
    name: &'static str,
    answer: fn(&Outgoing) -> Result<Accepted, SendError>,
    slow: Duration,
    hangs: bool,
    hangs_on: &'static str,
    sent: Arc<tokio::sync::watch::Sender<Vec<MessageId>>>,
    reconciled: Arc<Mutex<Option<Reconciled>>>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            name: "scripted",
            answer: |message| Ok(Accepted { provider_id: format!("p-{}", message.id) }),
            slow: Duration::ZERO,
            hangs: false,
            hangs_on: "nothing",
            sent: Arc::new(tokio::sync::watch::Sender::default()),
            reconciled: Arc::default(),
        }
    }
}

impl Scripted {
    fn answering(answer: fn(&Outgoing) -> Result<Accepted, SendError>) -> Self {
        Self { answer, ..Self::default() }
    }

    fn reconciles(&self, answer: Reconciled) {
        *self.reconciled.lock().unwrap() = Some(answer);
    }

    fn sent(&self) -> Vec<MessageId> {
        self.sent.borrow().clone()
    }

    async fn until_sent(&self, count: usize) {
        let mut sent = self.sent.subscribe();
        let enough = sent.wait_for(|sent| sent.len() >= count);
        tokio::time::timeout(Duration::from_secs(10), enough).await.unwrap().unwrap();
    }
}

impl Gateway for Scripted {
    fn name(&self) -> &str {
        self.name
    }

    fn send<'a>(&'a self, message: &'a Outgoing) -> BoxFuture<'a, Result<Accepted, SendError>> {
        Box::pin(async move {
            self.sent.send_modify(|sent| sent.push(message.id));
            if self.hangs || message.body == self.hangs_on {
                std::future::pending::<()>().await;
            }
            let pause = std::future::pending::<()>();
            let _ = tokio::time::timeout(self.slow, pause).await;
            (self.answer)(message)
        })
    }

    fn reconcile<'a>(&'a self, _message: &'a Outgoing) -> BoxFuture<'a, Reconciled> {
        let answer = self.reconciled.lock().unwrap().clone();
        Box::pin(std::future::ready(answer.unwrap_or(Reconciled::Unsupported)))
    }
}

async fn bridges() -> [Fresh; 2] {
    let both = databases::both().await;
    for fresh in &both {
        certus_sms_bridge::migrate(&fresh.db).await.unwrap();
        certus_sms_bridge::migrate(&fresh.db).await.unwrap(); // again: nothing happens
    }
    both
}

fn worker(db: &Database, gateway: &Scripted) -> Worker {
    worker_with(db, vec![Arc::new(gateway.clone())])
}

fn worker_with(db: &Database, gateways: Vec<Arc<dyn Gateway>>) -> Worker {
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::at(T0));
    Worker::new(db.clone(), clock, Random::from_seed(3), gateways, WorkerSettings::default())
}

fn phone(n: u32) -> Phone {
    format!("+4670{n:07}").parse().unwrap()
}

fn message(reference: &str, n: u32) -> NewMessage {
    NewMessage {
        reference: reference.to_owned(),
        to: phone(n),
        body: format!("text {n}"),
        urgency: Urgency::Alarm,
        due_at: T0,
        valid_until: T0 + Duration::from_mins(10),
    }
}

async fn enqueue(db: &Database, messages: &[NewMessage]) -> Vec<MessageId> {
    let mut tx = db.begin().await.unwrap();
    let ids = outbox::enqueue(&mut tx, T0, &Random::from_system(), messages).await.unwrap();
    tx.commit().await.unwrap();
    ids
}

async fn cancel(db: &Database, reference: &str) -> u64 {
    let mut tx = db.begin().await.unwrap();
    let cancelled = outbox::cancel(&mut tx, T0, reference).await.unwrap();
    tx.commit().await.unwrap();
    cancelled
}

async fn report(db: &Database, id: MessageId, milestone: Milestone) -> bool {
    let mut tx = db.begin().await.unwrap();
    let marked = outbox::mark_reported(&mut tx, id, milestone).await.unwrap();
    tx.commit().await.unwrap();
    marked
}

async fn milestones(db: &Database, reference: &str) -> Vec<Milestone> {
    let history = outbox::history(db, reference).await.unwrap();
    let times: BTreeMap<MessageId, Vec<Timestamp>> =
        history.iter().fold(BTreeMap::new(), |mut times, (id, _, at)| {
            times.entry(*id).or_insert_with(Vec::new).push(*at);
            times
        });
    assert!(times.values().all(|times| times.is_sorted()), "history runs forward in time");
    history.into_iter().map(|(_, milestone, _)| milestone).collect()
}

fn ours(id: MessageId, status: ReceiptStatus) -> Receipt {
    Receipt { message: ReceiptFor::Ours(id), status, at: Timestamp::MAX }
}

async fn record(db: &Database, seconds: u64, receipt: Receipt) -> ReceiptOutcome {
    receipt::record(db, T0 + Duration::from_secs(seconds), &receipt).await.unwrap()
}

fn recorded(milestone: Milestone) -> ReceiptOutcome {
    ReceiptOutcome::Recorded(milestone)
}
