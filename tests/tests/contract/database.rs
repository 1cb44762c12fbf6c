//! The database handle itself.

use certus_registry::on;
use certus_tests::databases;

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
