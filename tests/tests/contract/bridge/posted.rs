//! Alarms that one process stores together, on SQLite in one row: whoever comes next finds each of them, whatever they come for.

use certus_registry::on;
use certus_sms_bridge::person;

use super::*;

async fn count(db: &Database, sql: &'static str) -> i64 {
    on!(db, c => sqlx::query_scalar(sql).fetch_one(c).await.unwrap())
}

/// How many rows stand for what was posted, and for messages.
async fn rows(db: &Database) -> [i64; 2] {
    let posted = count(db, "SELECT COUNT(*) FROM bridge_posted").await;
    [posted, count(db, "SELECT COUNT(*) FROM bridge_messages").await]
}

/// Three alarms, the third with a second way, and the process is gone. Gives what the first is called.
async fn three(fresh: &Fresh) -> MessageId {
    const FIRST: &str =
        "SELECT COALESCE((SELECT MIN(id) FROM bridge_posted), (SELECT MIN(id) FROM bridge_messages))";
    let text = certus_sms_bridge::message::Rung {
        channel: Channel::Sms,
        body: "again".to_owned(),
        after: Duration::from_secs(30),
        unless_delivered: false,
    };
    let third = NewMessage { otherwise: vec![text], ..message("inc-1/c", 3) };
    let messages = [message("inc-1/a", 1), message("inc-1/b", 2), third];
    drop(post(&fresh.db, &worker(&fresh.db, &Scripted::default()), &messages).await);
    let expected = if fresh.name.contains("postgres") { [0, 4] } else { [1, 0] };
    assert_eq!(rows(&fresh.db).await, expected, "{}", fresh.name);
    let first: String = on!(fresh.db, c => sqlx::query_scalar(FIRST).fetch_one(c).await.unwrap());
    first.parse().unwrap()
}

#[tokio::test]
async fn whoever_reads_finds_alarms_that_were_posted() {
    for reader in 0..5 {
        for fresh in bridges().await {
            let first = three(&fresh).await;
            let found = match reader {
                0 => milestones(&fresh.db, "inc-1/b").await == [Milestone::Stored, Milestone::Transmitted],
                1 => outbox::tally(&fresh.db).await.unwrap().at(Milestone::Transmitted) == 3,
                2 => {
                    let reports = outbox::by_gateway(&fresh.db, T0, T0).await.unwrap();
                    reports.iter().any(|report| report.count(Milestone::Transmitted) == 3)
                }
                3 => person::texts(&fresh.db, &phone(2), 9).await.unwrap()[0].words == "text 2",
                _ => outbox::reference(&fresh.db, first).await.unwrap().as_deref() == Some("inc-1/a"),
            };
            assert!(found, "{}: reader {reader}", fresh.name);
            assert_eq!(rows(&fresh.db).await, [0, 4], "{}: reader {reader}", fresh.name);
        }
    }
}

#[tokio::test]
async fn whoever_takes_back_what_was_posted_hears_that_it_may_have_left() {
    for fresh in bridges().await {
        three(&fresh).await;
        assert_eq!(cancel(&fresh.db, "inc-1/a").await, BTreeSet::from([Channel::Sms]), "{}", fresh.name);
        let mut tx = fresh.db.begin().await.unwrap();
        outbox::cancel_to(&mut tx, T0, &phone(2), "/none").await.unwrap();
        tx.commit().await.unwrap();
        let asked = count(&fresh.db, "SELECT COUNT(*) FROM bridge_messages WHERE cancel_asked").await;
        assert_eq!(asked, 2, "{}: neither is tried again", fresh.name);
        assert_eq!(rows(&fresh.db).await, [0, 4], "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_receipt_that_is_quicker_than_the_record_finds_an_alarm_that_was_posted() {
    for fresh in bridges().await {
        let first = three(&fresh).await;
        let outcome = record(&fresh.db, 1, ours(first, ReceiptStatus::Delivered)).await;
        assert_eq!(outcome, recorded(Milestone::Delivered), "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_worker_that_comes_after_the_crash_writes_them_out_within_a_second_and_asks_about_each_when_its_lease_is_over()
 {
    for fresh in bridges().await {
        let gateway = Scripted::default();
        gateway.reconciles(Reconciled::NotSent);
        three(&fresh).await;
        let (worker, lease_end) = (worker(&fresh.db, &gateway), T0 + WorkerSettings::default().lease);
        let step = worker.step(T0 + Duration::from_secs(1)).await.unwrap();
        assert_eq!((step.sent, step.next_at), (0, Some(lease_end)), "{}", fresh.name);
        assert_eq!(rows(&fresh.db).await, [0, 4], "{}", fresh.name);
        let mut now = lease_end;
        while let Some(next) =
            worker.step(now).await.unwrap().next_at.filter(|at| *at < T0 + Duration::from_mins(1))
        {
            now = next;
        }
        for reference in ["inc-1/a", "inc-1/b"] {
            let last = milestones(&fresh.db, reference).await.pop();
            assert_eq!(last, Some(Milestone::Accepted), "{}: {reference}", fresh.name);
        }
        let sent = gateway.sent();
        assert_eq!(BTreeSet::from_iter(sent.clone()).len(), sent.len(), "{}: none twice", fresh.name);
    }
}

#[tokio::test]
async fn a_row_of_posted_alarms_that_cannot_be_read_keeps_no_other_waiting_and_stays() {
    let fresh = databases::sqlite().await;
    fresh.with_key().await;
    three(&fresh).await;
    let mut tx = fresh.db.begin().await.unwrap();
    on!(tx, c => sqlx::query("UPDATE bridge_posted SET messages = '[[1'").execute(c).await.map(drop))
        .unwrap();
    tx.commit().await.unwrap();
    let gateway = Scripted::default();
    let worker = worker(&fresh.db, &gateway);
    post(&fresh.db, &worker, &[message("inc-2", 4)]).await.committed();
    assert_eq!(worker.step(T0).await.unwrap().sent, 1);
    assert_eq!(milestones(&fresh.db, "inc-2").await.last(), Some(&Milestone::Accepted));
    assert_eq!(rows(&fresh.db).await, [1, 1]);
    assert_eq!(count(&fresh.db, "SELECT COUNT(*) FROM bridge_posted WHERE damaged").await, 1);
}
