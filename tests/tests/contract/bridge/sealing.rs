//! Numbers, words and addresses encrypted at rest: what the tables show, and a key that is given while messages are on their way.

use certus_registry::error::KeyError;
use certus_registry::store::sealing::{self as keys, Move, Moved, Why};
use certus_registry::{RegistryError, on};
use certus_sms_bridge::inbox::NewPart;
use certus_sms_bridge::push::devices::{self, Device, DeviceKind};
use certus_sms_bridge::sealing::{MOVE, THERE, gather};
use certus_sms_bridge::{Rung, person};

use super::*;

/// What must be in no column of a sealed database, each from another one: numbers, words, an address, a name made of words.
const SHOWN: [&str; 10] = [
    "701000001",
    "Larmord",
    "Talord",
    "701000002",
    "Svarsord",
    "701000003",
    "Halvord",
    "701000004",
    "telefonens-adress",
    "derived-",
];
const MINUTE: Duration = Duration::from_mins(1);

fn reply(id: &str, n: u32, body: &str) -> NewInbound {
    NewInbound {
        gateway: "scripted".into(),
        provider_id: id.into(),
        from: phone(n),
        body: body.into(),
        answers: None,
        received_at: T0,
    }
}

fn part(number: u8, body: &str) -> NewPart {
    NewPart {
        gateway: "scripted".into(),
        from: phone(1_000_003),
        reference: 7,
        number,
        total: 2,
        body: body.into(),
        received_at: T0,
    }
}

fn device() -> Device {
    Device { kind: DeviceKind::Fcm, address: "telefonens-adress".into() }
}

/// Something in every column that may be sealed.
async fn fill(db: &Database) {
    let rung =
        Rung { channel: Channel::Voice, body: "Talord".into(), after: MINUTE, unless_delivered: false };
    let alarm = NewMessage { body: "Larmord".into(), otherwise: vec![rung], ..message("inc-1", 1_000_001) };
    enqueue(db, &[alarm]).await;
    assert_eq!(inbox::receive(db, &reply("derived-1", 1_000_002, "Svarsord")).await.unwrap(), Received::New);
    inbox::receive_part(db, &part(1, "Halvord, "), |_| "whole".into()).await.unwrap();
    let mut tx = db.begin().await.unwrap();
    devices::add(&mut tx, T0, &phone(1_000_004), &device()).await.unwrap();
    tx.commit().await.unwrap();
}

async fn shown(fresh: &Fresh) -> Vec<&'static str> {
    let all = fresh.everything().await;
    SHOWN.into_iter().filter(|shown| all.contains(shown)).collect()
}

/// What [`fill`] has put in reads back by every way to it, and what comes again is known; then the reply whose part was there is whole.
async fn reads_back(db: &Database, name: &str) {
    for (n, expected) in [(1_000_001, &["Larmord", "Talord"][..]), (1_000_002, &["Svarsord"])] {
        let texts = person::texts(db, &phone(n), 9).await.unwrap();
        let words: BTreeSet<&str> = texts.iter().map(|text| text.words.as_str()).collect();
        assert_eq!(words, expected.iter().copied().collect(), "{name}");
    }
    let again = inbox::receive(db, &reply("derived-1", 1_000_002, "Svarsord")).await.unwrap();
    assert_eq!(again, Received::Duplicate, "{name}");
    assert_eq!(devices::of(db, &phone(1_000_004)).await.unwrap(), [device()], "{name}");
    let mut tx = db.begin().await.unwrap();
    let three = [1_000_002, 1_000_003, 1_000_004].map(phone);
    let heard = inbox::heard(&mut tx, &three, T0).await.unwrap();
    let having = devices::having(&mut tx, &three).await.unwrap();
    assert_eq!((heard, having), ([phone(1_000_002)].into(), [phone(1_000_004)].into()), "{name}");
    devices::add(&mut tx, T0, &phone(1_000_004), &device()).await.unwrap();
    drop(tx);
    for number in [1, 2] {
        inbox::receive_part(db, &part(number, "resten"), |_| "whole".into()).await.unwrap();
    }
    let waiting = inbox::unhandled(db, 9).await.unwrap();
    let said = waiting.iter().map(|reply| (reply.from.clone(), reply.body.as_str())).collect::<Vec<_>>();
    let expected = [(phone(1_000_002), "Svarsord"), (phone(1_000_003), "Halvord, resten")];
    assert_eq!(said, expected, "{name}");
}

async fn begun(db: &Database, why: Why) {
    let mut tx = db.begin().await.unwrap();
    keys::begin(&mut tx, T0, why).await.unwrap();
    tx.commit().await.unwrap();
}

/// How many rows were moved.
async fn moved(db: &Database, tables: &[Move]) -> u64 {
    let mut rows = 0;
    loop {
        let mut tx = db.begin().await.unwrap();
        let moved = keys::advance(&mut tx, T0, tables).await.unwrap();
        tx.commit().await.unwrap();
        match moved {
            Moved::Some(some) => rows += some,
            Moved::All => return rows,
        }
    }
}

/// As another process has it that has just started.
async fn another(fresh: &Fresh) -> Database {
    let other = fresh.again(Random::from_seed(5)).await;
    keys::check(&other, T0, &THERE).await.unwrap();
    other
}

#[tokio::test]
async fn the_tables_show_no_number_no_word_and_no_address() {
    for fresh in bridges().await {
        fill(&fresh.db).await;
        let expected = if fresh.key_file.is_some() { Vec::new() } else { SHOWN.to_vec() };
        assert_eq!(shown(&fresh).await, expected, "{}", fresh.name);
        reads_back(&fresh.db, fresh.name).await;
    }
}

#[tokio::test]
async fn what_was_there_before_the_key_is_sealed_by_the_command_or_within_the_hour() {
    for (tables, by_the_command) in [(&[MOVE][..], 6), (&[], 0)] {
        for fresh in databases::both().await {
            fill(&fresh.db).await;
            let fresh = fresh.sealed();
            let refused = keys::check(&fresh.db, T0, &THERE).await;
            assert!(matches!(refused, Err(RegistryError::Key(KeyError::NotSealed))), "{refused:?}");
            begun(&fresh.db, Why::Seal).await;
            assert_eq!(moved(&fresh.db, tables).await, by_the_command, "{}", fresh.name);
            let other = another(&fresh).await;
            if by_the_command == 0 {
                let mut tx = other.begin().await.unwrap();
                devices::add(&mut tx, T0, &phone(1_000_004), &device()).await.unwrap();
                tx.commit().await.unwrap();
                assert_eq!(gather(&other).await.unwrap(), 5, "{}: but for the device", fresh.name);
            }
            assert_eq!(gather(&other).await.unwrap(), 0, "{}", fresh.name);
            assert_eq!(shown(&fresh).await, [""; 0], "{}", fresh.name);
            reads_back(&other, fresh.name).await;
        }
    }
}

#[tokio::test]
async fn a_rotation_loses_nothing_that_is_on_its_way_nor_what_is_written_late_under_the_key_of_before() {
    for fresh in bridges().await.into_iter().filter(|fresh| fresh.key_file.is_some()) {
        fill(&fresh.db).await;
        let gateway = Scripted::default();
        gateway.reconciles(Reconciled::NotSent);
        let finished = enqueue(&fresh.db, &[message("finished", 1)]).await[0];
        worker(&fresh.db, &gateway).step(T0).await.unwrap();
        record(&fresh.db, 1, ours(finished, ReceiptStatus::Delivered)).await;
        let waiting = NewMessage { due_at: T0 + MINUTE, ..message("waiting", 2) };
        enqueue(&fresh.db, &[waiting]).await;
        drop(post(&fresh.db, &worker(&fresh.db, &gateway), &[message("in flight", 3)]).await);

        let other = another(&fresh).await;
        begun(&fresh.db, Why::Rotate).await;
        assert_eq!(moved(&fresh.db, &[MOVE]).await, 8, "{}", fresh.name);
        enqueue(&other, &[message("late", 4), message("withdrawn", 5)]).await;
        assert_eq!(inbox::receive(&other, &reply("p", 6, "Sent")).await.unwrap(), Received::New);
        assert_eq!(other.sealer().number(), 1, "{}: it knows no other key", fresh.name);
        let mut tx = fresh.db.begin().await.unwrap();
        outbox::cancel_to(&mut tx, T0, &phone(5), "/none").await.unwrap();
        assert_eq!(inbox::heard(&mut tx, &[phone(6)], T0).await.unwrap(), [phone(6)].into());
        tx.commit().await.unwrap();

        assert_eq!(gather(&fresh.db).await.unwrap(), 3, "{}: late, withdrawn, and the reply", fresh.name);
        let all = fresh.everything().await;
        let named = all.matches("hashed:1:").count();
        assert!(!all.contains("sealed:1:") && named == 1, "{}: the derived name stays", fresh.name);
        for minutes in [1, 2] {
            let now = T0 + minutes * MINUTE;
            worker_at(&other, now, vec![Arc::new(gateway.clone())]).step(now).await.unwrap();
        }
        let mut given = gateway.given();
        given.sort();
        given.retain(|(to, _)| *to != phone(1_000_001));
        let expected = [1, 2, 3, 4].map(|n| (phone(n), format!("text {n}")));
        assert_eq!(given, expected, "{}", fresh.name);
        assert_eq!(other.sealer().number(), 2, "{}: it has met the newer key", fresh.name);
        assert_eq!(inbox::unhandled(&other, 9).await.unwrap().len(), 2, "{}", fresh.name);
        assert_eq!(gather(&other).await.unwrap(), 0, "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_is_erased_leaves_nothing_that_is_sealed() {
    for fresh in bridges().await {
        let ids = enqueue(&fresh.db, &[message("one", 1), message("two", 2)]).await;
        worker(&fresh.db, &Scripted::default()).step(T0).await.unwrap();
        for id in ids {
            record(&fresh.db, 1, ours(id, ReceiptStatus::Delivered)).await;
        }
        inbox::receive(&fresh.db, &reply("p", 1, "Sent")).await.unwrap();
        let waiting = inbox::unhandled(&fresh.db, 9).await.unwrap();
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(inbox::mark_handled(&mut tx, T0, waiting[0].id, "yes").await.unwrap());
        person::erase(&mut tx, T0, &phone(1), "/none").await.unwrap();
        tx.commit().await.unwrap();
        assert!(person::texts(&fresh.db, &phone(1), 9).await.unwrap().is_empty(), "{}", fresh.name);
        let all = fresh.everything().await;
        let sealed = all.matches("sealed:1:").count() + all.matches("hashed:1:").count();
        assert_eq!(sealed, if fresh.key_file.is_some() { 3 } else { 0 }, "{}: the other's", fresh.name);
    }
}

#[tokio::test]
async fn what_was_moved_from_another_row_is_neither_sent_nor_acted_on_and_keeps_nothing_else_waiting() {
    const CHANGES: [&str; 2] = [
        "UPDATE bridge_messages SET body = (SELECT body FROM bridge_messages WHERE reference = 'two') WHERE reference = 'one'",
        "UPDATE bridge_inbox SET body = (SELECT body FROM bridge_inbox WHERE provider_id = 'two') WHERE provider_id = 'one'",
    ];
    for fresh in bridges().await.into_iter().filter(|fresh| fresh.key_file.is_some()) {
        let ids = enqueue(&fresh.db, &[message("one", 1), message("two", 2)]).await;
        for (n, id) in [(1, "one"), (2, "two")] {
            inbox::receive(&fresh.db, &reply(id, n, "JA")).await.unwrap();
        }
        let mut tx = fresh.db.begin().await.unwrap();
        for sql in CHANGES {
            on!(tx, c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        let gateway = Scripted::default();
        let next = worker(&fresh.db, &gateway).step(T0).await.unwrap().next_at;
        assert!(next > Some(T0), "{}: it is looked at once", fresh.name);
        assert_eq!(gateway.sent(), [ids[1]], "{}", fresh.name);
        assert_eq!(milestones(&fresh.db, "one").await, [Milestone::Stored, Milestone::Errored]);
        assert!(report(&fresh.db, ids[0], Milestone::Errored).await, "{}: the caller is told", fresh.name);
        let waiting = inbox::unhandled(&fresh.db, 9).await.unwrap();
        assert_eq!(waiting.iter().map(|reply| reply.from.clone()).collect::<Vec<_>>(), [phone(2)]);
    }
}
