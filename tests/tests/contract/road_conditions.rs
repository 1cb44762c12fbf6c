//! What holds on the roads, on both databases: each change is kept, over the one it was made from.

use std::collections::BTreeMap;

use certus_dispatcher::road_conditions::{ClosedPlace, RoadConditions, store};
use certus_dispatcher::travel::roads::{Closure, RoadClass};
use certus_registry::{Database, Metres, Position, Timestamp};
use certus_tests::databases;

fn conditions(version: u64, set_by: &str) -> RoadConditions {
    let at = Position::new(63.401, 13.082).expect("a place on the earth");
    let closure = Closure { at, radius: Metres(250.5) };
    let place = |until: Option<i64>| ClosedPlace {
        closure,
        reason: "Väg 321 stängd, \"lavinfara\"".to_owned(),
        until: until.map(Timestamp::from_millis),
    };
    RoadConditions {
        version,
        set_at: Timestamp::from_millis(1_795_403_400_123),
        set_by: set_by.to_owned(),
        closures: vec![place(None), place(Some(1_795_407_000_000))],
        factors: BTreeMap::from([(RoadClass::Tertiary, 1.3), (RoadClass::SnowTrail, 2.0)]),
    }
}

async fn add(db: &Database, conditions: &RoadConditions) -> bool {
    let mut tx = db.begin().await.expect("a transaction");
    let added = store::add(&mut tx, conditions).await.expect("an insert");
    tx.commit().await.expect("a commit");
    added
}

#[tokio::test]
async fn each_change_is_kept_with_who_made_it_and_the_newest_holds() {
    for fresh in databases::both().await {
        assert_eq!(store::version(&fresh.db).await.unwrap(), 0, "{}", fresh.name);
        assert_eq!(store::latest(&fresh.db).await.unwrap(), None, "{}", fresh.name);
        let (first, second) = (conditions(1, "Anna"), conditions(2, "Bo"));
        assert!(add(&fresh.db, &first).await && add(&fresh.db, &second).await, "{}", fresh.name);
        assert_eq!(store::version(&fresh.db).await.unwrap(), 2, "{}", fresh.name);
        assert_eq!(store::latest(&fresh.db).await.unwrap().as_ref(), Some(&second), "{}", fresh.name);
        assert_eq!(store::changes(&fresh.db, 9).await.unwrap(), [second.clone(), first], "{}", fresh.name);
        assert_eq!(store::changes(&fresh.db, 1).await.unwrap(), [second], "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_was_made_from_others_than_the_latest_is_not_kept() {
    for fresh in databases::both().await {
        assert!(add(&fresh.db, &conditions(1, "Anna")).await, "{}", fresh.name);
        for version in [0, 1, 3, u64::MAX] {
            assert!(!add(&fresh.db, &conditions(version, "Bo")).await, "{}: {version}", fresh.name);
        }
        assert_eq!(store::latest(&fresh.db).await.unwrap(), Some(conditions(1, "Anna")), "{}", fresh.name);
    }
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_kept() {
    for fresh in databases::both().await {
        let mut first = fresh.db.begin().await.unwrap();
        assert!(store::add(&mut first, &conditions(1, "Anna")).await.unwrap());
        let db = fresh.db.clone();
        let second = tokio::spawn(async move { add(&db, &conditions(1, "Bo")).await });
        tokio::task::yield_now().await;
        first.commit().await.unwrap();
        assert!(!second.await.unwrap(), "{}", fresh.name);
        assert_eq!(store::changes(&fresh.db, 9).await.unwrap(), [conditions(1, "Anna")], "{}", fresh.name);
    }
}
