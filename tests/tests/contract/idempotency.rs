//! Answers kept under idempotency keys.

use certus_dispatcher::idempotency::{Entry, Stored, find, insert, purge};
use certus_registry::{Database, Timestamp};
use certus_tests::databases;

const NOW: Timestamp = Timestamp::from_millis(1_000);

fn stored(body: &str) -> Stored {
    Stored { fingerprint: "f".to_owned(), status: 201, body: body.to_owned() }
}

fn entry(owner: &str) -> Entry {
    Entry { owner: owner.to_owned(), key: "key".to_owned(), fingerprint: "f".to_owned() }
}

async fn keep(db: &Database, owner: &str, body: &str, at: Timestamp) -> bool {
    let mut tx = db.begin().await.expect("a transaction");
    let kept = insert(&mut tx, &entry(owner), 201, body.to_owned(), at).await.expect("an insert");
    tx.commit().await.expect("a commit");
    kept
}

#[tokio::test]
async fn the_first_answer_under_a_key_stays() {
    for fresh in databases::both().await {
        assert_eq!(find(&fresh.db, "anna", "key").await.unwrap(), None, "{}", fresh.name);
        assert!(keep(&fresh.db, "anna", "first", NOW).await);
        assert!(!keep(&fresh.db, "anna", "second", NOW).await);
        assert!(keep(&fresh.db, "bo", "his", NOW).await, "{}: keys belong to their owner", fresh.name);
        assert_eq!(find(&fresh.db, "anna", "key").await.unwrap(), Some(stored("first")), "{}", fresh.name);
    }
}

#[tokio::test]
async fn an_answer_is_kept_only_with_its_transaction() {
    for fresh in databases::both().await {
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(insert(&mut tx, &entry("anna"), 201, "lost".to_owned(), NOW).await.unwrap());
        drop(tx);
        assert_eq!(find(&fresh.db, "anna", "key").await.unwrap(), None, "{}", fresh.name);
    }
}

#[tokio::test]
async fn of_two_transactions_at_once_one_keeps_its_answer() {
    for fresh in databases::both().await {
        let mut first = fresh.db.begin().await.unwrap();
        assert!(insert(&mut first, &entry("anna"), 201, "first".to_owned(), NOW).await.unwrap());
        let db = fresh.db.clone();
        let second = tokio::spawn(async move { keep(&db, "anna", "second", NOW).await });
        tokio::task::yield_now().await;
        first.commit().await.unwrap();
        assert!(!second.await.unwrap(), "{}", fresh.name);
        assert_eq!(find(&fresh.db, "anna", "key").await.unwrap(), Some(stored("first")), "{}", fresh.name);
    }
}

#[tokio::test]
async fn old_answers_are_forgotten() {
    for fresh in databases::both().await {
        assert!(keep(&fresh.db, "old", "a", Timestamp::from_millis(999)).await);
        assert!(keep(&fresh.db, "new", "b", NOW).await);
        let mut tx = fresh.db.begin().await.unwrap();
        assert_eq!(purge(&mut tx, NOW).await.unwrap(), 1, "{}", fresh.name);
        tx.commit().await.unwrap();
        assert_eq!(find(&fresh.db, "old", "key").await.unwrap(), None);
        assert_eq!(find(&fresh.db, "new", "key").await.unwrap(), Some(stored("b")));
    }
}
