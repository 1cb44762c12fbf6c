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
