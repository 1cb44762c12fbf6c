//! The database handle itself.

use certus_dispatcher::node;
use certus_registry::{Batch, Database, on, store};
use certus_tests::{databases, tables};

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    for fresh in databases::empty().await {
        node::migrate(&fresh.db).await.unwrap();
        let once = fresh.everything().await;
        store::migrate(&fresh.db).await.unwrap();
        node::migrate(&fresh.db).await.unwrap();
        assert_eq!(fresh.everything().await, once, "{}", fresh.name);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 0, "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_database_of_a_test_is_as_the_migrations_leave_it() {
    for (migrated, fresh) in databases::empty().await.into_iter().zip(databases::both().await) {
        node::migrate(&migrated.db).await.unwrap();
        assert_eq!(fresh.everything().await, migrated.everything().await, "{}", fresh.name);
        node::migrate(&fresh.db).await.unwrap(); // the books are there, too, or this would be refused
    }
    let (migrated, made) = (in_memory().await, in_memory().await);
    node::migrate(&migrated).await.unwrap();
    tables::make(&made).await.unwrap();
    assert_eq!(schema(&made).await, schema(&migrated).await);
    assert!(tables::make(&made).await.is_err(), "it has tables already");
}

async fn in_memory() -> Database {
    Database::open("sqlite::memory:").await.expect("a database in memory")
}

async fn schema(db: &Database) -> Vec<(String, String)> {
    const SCHEMA: &str = "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
    on!(db, c => sqlx::query_as(SCHEMA).fetch_all(c).await).expect("the schema")
}

#[tokio::test]
async fn what_is_committed_is_seen_and_what_is_dropped_is_not() {
    for fresh in databases::both().await {
        let mut tx = fresh.db.begin().await.unwrap();
        on!(tx, c => sqlx::query("CREATE TABLE t (n BIGINT NOT NULL)").execute(c).await.map(drop)).unwrap();
        on!(tx, c => sqlx::query("INSERT INTO t (n) VALUES ($1)").bind(7_i64).execute(c).await.map(drop))
            .unwrap();
        tx.commit().await.unwrap();
        let mut dropped = fresh.db.begin().await.unwrap();
        on!(dropped, c => sqlx::query("DELETE FROM t").execute(c).await.map(drop)).unwrap();
        drop(dropped);
        let n: i64 = on!(fresh.db, c => sqlx::query_scalar("SELECT n FROM t").fetch_one(c).await).unwrap();
        assert_eq!(n, 7, "{}", fresh.name);
    }
}

#[tokio::test]
async fn a_batch_commits_all_of_it_or_nothing() {
    const KEPT: &str = "SELECT COUNT(*) FROM t";
    for fresh in databases::both().await {
        let (db, name) = (&fresh.db, fresh.name);
        // One row before the batch, and one by it for each of `numbers`.
        let commit = async |before: &'static str, then: &str, numbers: &[i64]| {
            let mut tx = db.begin().await.unwrap();
            on!(tx, c => sqlx::query(before).execute(c).await.map(drop)).unwrap();
            let mut batch = Batch::default();
            for n in numbers {
                batch.insert("t (n)", then, std::iter::once([(*n).into()]));
            }
            let committed = batch.commit(tx).await;
            let kept: i64 = on!(db, c => sqlx::query_scalar(KEPT).fetch_one(c).await).unwrap();
            (committed.ok(), kept)
        };
        assert_eq!(
            commit("CREATE TABLE t (n BIGINT NOT NULL PRIMARY KEY)", "", &[1, 2]).await,
            (Some(true), 2),
            "{name}"
        );
        assert_eq!(commit("INSERT INTO t (n) VALUES (3)", "", &[]).await, (Some(true), 3), "{name}");
        assert_eq!(
            commit("INSERT INTO t (n) VALUES (4)", "", &[5, 2, 6]).await,
            (None, 3),
            "{name}: refused"
        );
        let or_not = "ON CONFLICT DO NOTHING";
        assert_eq!(
            commit("INSERT INTO t (n) VALUES (4)", or_not, &[5, 2]).await,
            (Some(false), 3),
            "{name}: a row is missing"
        );
        assert_eq!(commit("INSERT INTO t (n) VALUES (4)", or_not, &[5]).await, (Some(true), 5), "{name}");
    }
}

#[tokio::test]
async fn after_a_quiet_moment_a_commit_waits_for_the_disk_only_once() {
    let fresh = databases::sqlite().await;
    let log = format!("{}-wal", fresh.url.trim_start_matches("sqlite:"));
    // Who begins the log anew writes its header, and waits until that is on the disk before anything of its own.
    let header = || std::fs::read(&log).unwrap()[..32].to_vec();
    let commit = async |sql: &'static str| {
        let mut tx = fresh.db.begin().await.unwrap();
        on!(tx, c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
    };
    commit("CREATE TABLE t (n BIGINT NOT NULL)").await;
    let before = header();
    fresh.db.checkpoint().await.unwrap();
    let quiet = header();
    assert_ne!(before, quiet, "the log is begun anew in the quiet moment");
    for _ in 0..2 {
        fresh.db.checkpoint().await.unwrap();
        assert_eq!(quiet, header(), "once, and not again while nothing is written");
    }
    commit("INSERT INTO t (n) VALUES (7)").await;
    assert_eq!(quiet, header());
    fresh.db.checkpoint().await.unwrap();
    assert_ne!(quiet, header(), "and once more after what was written then");
}
