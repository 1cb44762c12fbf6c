//! A channel test on both databases: everybody is written to once, and the registry learns whom nothing reaches.

use std::collections::BTreeMap;

use certus_dispatcher::channel_test::{self, Findings, Phase};
use certus_registry::{Language, Reach, Remit};
use certus_sms_bridge::receipt::{self, Receipt, ReceiptFor, ReceiptStatus};

use super::conversation::{FIRST, first, texts_to_first, write};
use super::*;

/// More than one slice of the asking.
const PEOPLE: u32 = 70;
const ANSWER: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_channel_test_writes_to_everybody_once_also_with_two_nodes_and_marks_whom_nothing_reaches() {
    for fresh in databases::all().await {
        let (mut one, mut two, clock) = two_nodes(&fresh, PEOPLE).await;
        stops(&fresh.db, "+99910000001").await;
        begin(&fresh.db, &clock, "one").await;
        for _ in 0..2 {
            both_settle(&mut one, &mut two).await;
            clock.advance(Duration::from_mins(1));
        }
        assert_eq!(asked(&fresh.db).await, vec![1; 69], "{}: all but who wants nothing", fresh.name);
        assert_eq!(
            texts_to_first(&fresh.db).await,
            ["Certus månadsprov: svara OK, så vet vi att larm når dig. Du får inget mer svar."]
        );
        write(&fresh.db, &clock, "ok", "Ok!").await;
        both_settle(&mut one, &mut two).await;
        assert_eq!(texts_to_first(&fresh.db).await.len(), 1, "{}: an OK needs no answer", fresh.name);
        clock.advance(ANSWER);
        both_settle(&mut one, &mut two).await;
        let test = channel_test::latest(&fresh.db, 1).await.unwrap().remove(0);
        let found = Findings { answered: 1, delivered: 0, unreachable: 68 };
        assert_eq!((test.phase, test.found), (Phase::Settled, found), "{}", fresh.name);
        let known = registry::reach::of(&fresh.db, first(&one)).await.unwrap();
        assert_eq!(known.map(|(reach, _)| reach), Some(Reach::Answered), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_delivered_text_is_a_sign_and_any_word_later_lifts_the_mark() {
    for fresh in databases::all().await {
        let (mut one, _, clock) = two_nodes(&fresh, 2).await;
        begin(&fresh.db, &clock, "one").await;
        one.engine.settle_due().await.unwrap();
        one.worker.step(clock.now()).await.unwrap();
        let (ids, to): (Vec<String>, Vec<String>) = sent(&fresh.db).await.into_iter().unzip();
        let other = usize::from(to[0] == FIRST);
        let message = ReceiptFor::Ours(ids[other].parse().unwrap());
        let receipt = Receipt { message, status: ReceiptStatus::Delivered, at: clock.now() };
        receipt::record(&fresh.db, clock.now(), &receipt).await.unwrap();
        clock.advance(ANSWER);
        while one.engine.settle_due().await.unwrap() {}
        let marked = registry::reach::unreachable(&fresh.db, Remit::All).await.unwrap();
        assert_eq!(marked.iter().map(|(who, _)| *who).collect::<Vec<_>>(), [first(&one)], "{}", fresh.name);
        write(&fresh.db, &clock, "late", "Ny telefon, nu funkar det").await;
        one.engine.settle_due().await.unwrap();
        assert!(
            registry::reach::unreachable(&fresh.db, Remit::All).await.unwrap().is_empty(),
            "{}",
            fresh.name
        );
    }
}

#[tokio::test]
async fn one_test_at_a_time_and_a_name_once() {
    for fresh in databases::all().await {
        let (mut one, _, clock) = two_nodes(&fresh, 1).await;
        begin(&fresh.db, &clock, "2026-11").await;
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(!channel_test::begin(&mut tx, NOON, "2026-12", ANSWER).await.unwrap(), "{}", fresh.name);
        drop(tx);
        for _ in 0..2 {
            while one.engine.settle_due().await.unwrap() {}
            clock.advance(ANSWER);
        }
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(!channel_test::begin(&mut tx, NOON, "2026-11", ANSWER).await.unwrap(), "{}", fresh.name);
        assert!(channel_test::begin(&mut tx, NOON, "2026-12", ANSWER).await.unwrap(), "{}", fresh.name);
    }
}

async fn begin(db: &Database, clock: &ManualClock, name: &str) {
    let mut tx = db.begin().await.unwrap();
    assert!(channel_test::begin(&mut tx, clock.now(), name, ANSWER).await.unwrap());
    tx.commit().await.unwrap();
}

async fn stops(db: &Database, phone: &str) {
    let who = registry::volunteer::by_phone(db, Remit::All, &phone.parse().unwrap()).await.unwrap().unwrap();
    assert_eq!(who.languages, [Language::Swedish]);
    let mut tx = db.begin().await.unwrap();
    registry::volunteer::set_duty(&mut tx, Remit::All, NOON, who.id, Duty::Stopped).await.unwrap();
    tx.commit().await.unwrap();
}

async fn both_settle(one: &mut Node, two: &mut Node) {
    let (first, second) = tokio::join!(one.engine.settle_due(), two.engine.settle_due());
    first.unwrap();
    second.unwrap();
    while one.engine.settle_due().await.unwrap() {}
}

/// How many tests each person who was written to has got.
async fn asked(db: &Database) -> Vec<i64> {
    let mut asked = BTreeMap::new();
    for test in written::messages(db).await.iter().filter(|message| message.reference.ends_with("/test")) {
        *asked.entry(test.to.clone()).or_default() += 1;
    }
    asked.into_values().collect()
}

async fn sent(db: &Database) -> Vec<(String, String)> {
    let messages = written::messages(db).await.into_iter();
    messages.map(|message| (message.id, message.to.as_str().to_owned())).collect()
}
