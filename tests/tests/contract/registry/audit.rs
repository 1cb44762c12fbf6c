//! The audit log and its chain.

use super::*;
use certus_registry::audit::{Action, Actor, Line};
use certus_registry::{Remit, VolunteerId, on};
use store::audit;

fn who(n: u64) -> VolunteerId {
    VolunteerId::new(NOW, &Random::from_seed(n))
}

fn line(n: u64) -> Line {
    let about = vec![who(n), who(n + 1), who(n)];
    Line { at: NOW, actor: Actor::Console, action: Action::PersonRead, about, detail: format!("{n}") }
}

/// A log of four entries on every database.
async fn logs() -> [Fresh; 4] {
    let fresh = registries().await;
    for fresh in &fresh {
        for n in 1..=4 {
            let mut tx = fresh.db.begin().await.unwrap();
            audit::append(&mut tx, line(n)).await.unwrap();
            tx.commit().await.unwrap();
        }
        // What is not committed is not in the chain either.
        let mut tx = fresh.db.begin().await.unwrap();
        audit::append(&mut tx, line(9)).await.unwrap();
    }
    fresh
}

#[tokio::test]
async fn entries_read_back_newest_first_and_by_person() {
    for fresh in logs().await {
        let entries = audit::page(&fresh.db, Remit::All, None, 10).await.unwrap();
        let numbers: Vec<i64> = entries.iter().map(|entry| entry.number).collect();
        assert_eq!(numbers, [4, 3, 2, 1], "{}", fresh.name);
        assert_eq!(entries[0].line, line(4));
        let before = audit::page(&fresh.db, Remit::All, Some(3), 1).await.unwrap();
        assert_eq!(before[0].number, 2);
        let about = audit::about(&fresh.db, who(3), 10).await.unwrap();
        assert_eq!(about.iter().map(|entry| entry.number).collect::<Vec<_>>(), [3, 2]);
        let head = audit::verify(&fresh.db, |_| ()).await.unwrap();
        assert_eq!((head.number, &head.hash), (4, &entries[0].hash));
        assert!(audit::contains(&fresh.db, &entries[2].hash).await.unwrap());
        assert!(!audit::contains(&fresh.db, "00").await.unwrap());
    }
}

#[tokio::test]
async fn whatever_is_altered_removed_or_cut_off_is_found() {
    let frauds = [
        ("UPDATE audit_entry SET detail = 'x' WHERE number = 2", "entry 2 was altered"),
        ("UPDATE audit_entry SET actor = 'somebody' WHERE number = 3", "entry 3 was altered"),
        ("UPDATE audit_entry SET hash = '00' WHERE number = 4", "entry 4 was altered"),
        ("DELETE FROM audit_entry WHERE number = 1", "entry 1 is missing"),
        ("DELETE FROM audit_entry WHERE number = 3", "entry 3 is missing"),
        ("DELETE FROM audit_entry WHERE number = 4", "entries 4 to 4 are missing"),
        ("UPDATE audit_head SET hash = '00'", "entry 4 was altered"),
        ("DELETE FROM audit_head", "its end is missing"),
    ];
    for (sql, found) in frauds {
        for fresh in logs().await {
            let mut tx = fresh.db.begin().await.unwrap();
            on!(tx, c => sqlx::query(sql).execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
            let error = audit::verify(&fresh.db, |_| ()).await.unwrap_err().to_string();
            assert!(error.contains(found), "{} {sql}: {error}", fresh.name);
        }
    }
}

#[tokio::test]
async fn files_that_everybody_was_written_to_are_found_among_everything_else() {
    for fresh in logs().await {
        let mut tx = fresh.db.begin().await.unwrap();
        for n in [5, 6] {
            let exported = Line { action: Action::PeopleExported, about: Vec::new(), ..line(n) };
            audit::append(&mut tx, exported).await.unwrap();
        }
        tx.commit().await.unwrap();
        let details = async |limit| {
            let entries = audit::exports(&fresh.db, limit).await.unwrap();
            entries.into_iter().map(|entry| entry.line.detail).collect::<Vec<_>>()
        };
        assert_eq!(details(9).await, ["6", "5"], "{}", fresh.name);
        assert_eq!(details(1).await, ["6"]);
    }
}
