//! Calendars of volunteers: one secret address each, and what came from the files they sent.

use super::*;
use certus_registry::SecretHash;
use certus_registry::availability::{Exceptions, Reason};
use store::calendar::{self, Followed, Imported};
use store::volunteer;

#[tokio::test]
async fn an_address_leads_to_its_owner_until_another_is_made_or_it_is_taken_away() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1), bare_person(2)]).await;
        let (db, who) = (&fresh.db, person(1).id);
        let [first, second] = ["FIRST", "SECOND"].map(SecretHash::of);
        assert_eq!(calendar::feed_made_at(db, who).await.unwrap(), None, "{}", fresh.name);
        for secret in [&first, &second] {
            let mut tx = db.begin().await.unwrap();
            calendar::set_feed(&mut tx, NOW, who, secret).await.unwrap();
            tx.commit().await.unwrap();
        }
        assert_eq!(calendar::feed_made_at(db, who).await.unwrap(), Some(NOW), "{}", fresh.name);
        assert_eq!(calendar::by_feed(db, &first).await.unwrap(), None, "{}", fresh.name);
        assert_eq!(calendar::by_feed(db, &second).await.unwrap(), Some(who), "{}", fresh.name);
        for there in [true, false] {
            let mut tx = db.begin().await.unwrap();
            assert_eq!(calendar::end_feed(&mut tx, who).await.unwrap(), there, "{}", fresh.name);
            tx.commit().await.unwrap();
        }
        assert_eq!(calendar::by_feed(db, &second).await.unwrap(), None, "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_came_from_each_calendar_is_known_until_it_is_removed_or_its_owner_leaves() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1), bare_person(2)]).await;
        let (db, who) = (&fresh.db, person(1).id);
        let [work, home]: [Reason; 2] = ["Jobb", "Hemma"].map(|name| name.parse().unwrap());
        let exceptions: Exceptions = "no 2026-12-01T08:00/2026-12-01T17:00 Jobb".parse().unwrap();
        let calendar = |name: &Reason, exceptions: &Exceptions| Imported {
            name: name.clone(),
            exceptions: exceptions.clone(),
            imported_at: NOW,
            followed: None,
        };
        let put = async |one: &Imported| {
            let mut tx = db.begin().await.unwrap();
            calendar::put_imported(&mut tx, who, one).await.unwrap();
            tx.commit().await.unwrap();
        };
        for one in [
            calendar(&work, &Exceptions::NONE),
            calendar(&home, &Exceptions::NONE),
            calendar(&work, &exceptions),
        ] {
            put(&one).await;
        }
        let all = calendar::imported(db, who).await.unwrap();
        assert_eq!(all, [calendar(&home, &Exceptions::NONE), calendar(&work, &exceptions)], "{}", fresh.name);
        assert!(calendar::imported(db, person(2).id).await.unwrap().is_empty(), "{}", fresh.name);
        let mut tx = db.begin().await.unwrap();
        let held = calendar::imported_from(&mut tx, who, &work).await.unwrap();
        assert_eq!(held, Some(calendar(&work, &exceptions)), "{}", fresh.name);
        for there in [true, false] {
            assert_eq!(
                calendar::remove_imported(&mut tx, who, &work).await.unwrap(),
                there,
                "{}",
                fresh.name
            );
        }
        assert_eq!(calendar::imported_from(&mut tx, who, &work).await.unwrap(), None, "{}", fresh.name);
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        volunteer::erase(&mut tx, NOW, who).await.unwrap();
        tx.commit().await.unwrap();
        assert!(calendar::imported(db, who).await.unwrap().is_empty(), "{}", fresh.name);
    }
}

#[tokio::test]
async fn what_is_due_is_fetched_by_whoever_takes_it_first() {
    for fresh in registries().await {
        put_all(&fresh.db, &[bare_person(1), bare_person(2)]).await;
        let (db, name) = (&fresh.db, "Jobb".parse::<Reason>().unwrap());
        let later = NOW + std::time::Duration::from_hours(6);
        let from = |fetch_at, failure: Option<&str>| Imported {
            name: name.clone(),
            exceptions: Exceptions::NONE,
            imported_at: NOW,
            followed: Some(Followed {
                address: "https://calendar.example/secret.ics".to_owned(),
                fetch_at,
                failure: failure.map(str::to_owned),
            }),
        };
        let file = Imported { followed: None, name: "Hemma".parse().unwrap(), ..from(NOW, None) };
        let mut tx = db.begin().await.unwrap();
        for (number, one) in [(1, from(NOW, Some("not-there"))), (2, from(later, None)), (2, file)] {
            calendar::put_imported(&mut tx, person(number).id, &one).await.unwrap();
        }
        tx.commit().await.unwrap();
        let due = calendar::due(db, NOW, 10).await.unwrap();
        assert_eq!(due, [(person(1).id, from(NOW, Some("not-there")))], "{}", fresh.name);
        for ours in [true, false] {
            let mut tx = db.begin().await.unwrap();
            let taken = calendar::take(&mut tx, person(1).id, &name, (NOW, later)).await.unwrap();
            tx.commit().await.unwrap();
            assert_eq!(taken, ours, "{}", fresh.name);
        }
        assert!(calendar::due(db, NOW, 10).await.unwrap().is_empty(), "{}", fresh.name);
        assert_eq!(calendar::due(db, later, 10).await.unwrap().len(), 2, "{}", fresh.name);
        assert_eq!(calendar::due(db, later, 1).await.unwrap()[0].0, person(1).id, "{}", fresh.name);
    }
}
