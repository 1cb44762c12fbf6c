//! Uploaded lists between their preview and their confirmation.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::Duration;

use certus_dispatcher::uploads::{DRAFTS_MAX, KEPT_MS, forget, keep, shown};
use certus_registry::audit::Actor;
use certus_registry::{AccountId, Database, Random, Timestamp};
use certus_tests::databases;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn official(n: u64) -> Actor {
    Actor::Account(AccountId::new(NOW, &Random::from_seed(n)))
}

/// The file that an official's preview leads to.
async fn file(db: &Database, now: Timestamp, n: u64, preview: &str) -> Option<Vec<u8>> {
    shown(db, now, official(n), preview).await.unwrap().map(|(_, file)| file)
}

#[tokio::test]
async fn what_is_confirmed_is_the_file_that_was_shown_to_the_same_person_and_once() {
    for fresh in databases::both().await {
        let db = &fresh.db;
        keep(db, NOW, official(1), "first", (7, b"name\xff\0")).await.unwrap();
        assert_eq!(shown(db, NOW, official(1), "first").await.unwrap(), Some((7, b"name\xff\0".to_vec())));
        assert_eq!(file(db, NOW, 2, "first").await, None, "{}: it was somebody else's", fresh.name);
        keep(db, NOW, official(1), "second", (8, b"other")).await.unwrap();
        assert_eq!(file(db, NOW, 1, "first").await, None, "{}: another took its place", fresh.name);
        assert_eq!(file(db, NOW, 1, "second").await.as_deref(), Some(&b"other"[..]));
        let over = NOW + Duration::from_millis(KEPT_MS.unsigned_abs());
        assert_eq!(file(db, over, 1, "second").await, None, "{}: its time is over", fresh.name);
        let mut tx = db.begin().await.unwrap();
        assert!(!forget(&mut tx, official(1), "first").await.unwrap());
        assert!(forget(&mut tx, official(1), "second").await.unwrap());
        assert!(!forget(&mut tx, official(1), "second").await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(file(db, NOW, 1, "second").await, None);
    }
}

#[tokio::test]
async fn only_so_many_files_are_kept_and_the_oldest_gives_way() {
    for fresh in databases::both().await {
        let most = u64::try_from(DRAFTS_MAX).unwrap();
        for n in 0..=most {
            keep(&fresh.db, NOW + Duration::from_secs(n), official(n), "p", (1, b"x")).await.unwrap();
        }
        let now = NOW + Duration::from_secs(most);
        assert_eq!(file(&fresh.db, now, 0, "p").await, None, "{}", fresh.name);
        assert_eq!(file(&fresh.db, now, 1, "p").await.as_deref(), Some(&b"x"[..]));
    }
}
