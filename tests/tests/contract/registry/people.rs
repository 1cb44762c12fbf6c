//! Volunteers.

use super::*;
use certus_registry::{Duty, RegistryError, Remit, SecretHash, on};
use store::Change::{Created, Unchanged, Updated};
use store::volunteer;

#[tokio::test]
async fn a_person_is_found_as_they_were_put() {
    for fresh in registries().await {
        let mut people = vec![person(1), bare_person(2)];
        assert_eq!(put_all(&fresh.db, &people).await, [Created, Created], "{}", fresh.name);
        for wanted in &people {
            assert_eq!(
                volunteer::get(&fresh.db, Remit::All, wanted.id).await.unwrap().as_ref(),
                Some(wanted)
            );
            assert_eq!(
                volunteer::by_phone(&fresh.db, Remit::All, &wanted.phone).await.unwrap().as_ref(),
                Some(wanted)
            );
        }
        people.sort_by_key(|person| person.id);
        assert_eq!(volunteer::all(&fresh.db, Remit::All).await.unwrap(), people);
        assert_eq!(volunteer::count(&fresh.db).await.unwrap(), 2);
        let nobody = person(3);
        assert_eq!(volunteer::get(&fresh.db, Remit::All, nobody.id).await.unwrap(), None);
        assert_eq!(volunteer::by_phone(&fresh.db, Remit::All, &nobody.phone).await.unwrap(), None);
    }
}

#[tokio::test]
async fn putting_the_same_again_changes_nothing_and_a_difference_is_an_update() {
    for fresh in registries().await {
        let mut people = vec![person(1), person(2)];
        put_all(&fresh.db, &people).await;
        let revision = store::revision(&fresh.db).await.unwrap();
        assert_eq!(put_all(&fresh.db, &people).await, [Unchanged, Unchanged], "{}", fresh.name);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), revision);
        people[1] = Volunteer { id: people[1].id, phone: person(9).phone, ..bare_person(2) };
        people.push(person(3));
        assert_eq!(put_all(&fresh.db, &people).await, [Unchanged, Updated, Created]);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), revision + 1);
        assert_eq!(volunteer::get(&fresh.db, Remit::All, people[1].id).await.unwrap().unwrap(), people[1]);
        let mut tx = fresh.db.begin().await.unwrap();
        assert_eq!(volunteer::put(&mut tx, Remit::All, NOW, &people[0]).await.unwrap(), Unchanged);
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_rows_and_revision_alone() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        assert_eq!(volunteer::put(&mut tx, Remit::All, NOW, &person(1)).await.unwrap(), Created);
        drop(tx);
        assert_eq!(volunteer::count(&fresh.db).await.unwrap(), 0, "{}", fresh.name);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_phone_belongs_to_one_person() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1)]).await;
        let rival = Volunteer { phone: person(1).phone, ..person(2) };
        let twin = Volunteer { id: person(3).id, ..person(4) };
        let mut tx = fresh.db.begin().await.unwrap();
        let taken = volunteer::put(&mut tx, Remit::All, NOW, &rival).await;
        assert!(matches!(taken, Err(RegistryError::Taken { what: "phone" })), "{} {taken:?}", fresh.name);
        let taken = volunteer::put_many(&mut tx, Remit::All, NOW, &[person(3), twin]).await;
        assert!(matches!(taken, Err(RegistryError::Taken { what: "volunteer id" })), "{taken:?}");
        let twin = Volunteer { phone: person(3).phone, ..person(4) };
        let taken = volunteer::put_many(&mut tx, Remit::All, NOW, &[person(3), twin]).await;
        assert!(matches!(taken, Err(RegistryError::Taken { what: "phone" })), "{taken:?}");
        assert_eq!(
            volunteer::put(&mut tx, Remit::All, NOW, &person(5)).await.unwrap(),
            Created,
            "the Tx lives on"
        );
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_plan_is_written_alone_and_only_a_difference_counts() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1), bare_person(2)]).await;
        let [full, none] = [person(1), bare_person(2)].map(|person| person.availability);
        for (id, plan, there, revision) in [
            (person(1).id, &full, true, 1),
            (person(1).id, &none, true, 2),
            (person(1).id, &none, true, 2),
            (person(1).id, &full, true, 3),
            (person(3).id, &full, false, 3),
        ] {
            let mut tx = fresh.db.begin().await.unwrap();
            assert_eq!(volunteer::set_availability(&mut tx, Remit::All, NOW, id, plan).await.unwrap(), there);
            tx.commit().await.unwrap();
            assert_eq!(store::revision(&fresh.db).await.unwrap(), revision, "{}", fresh.name);
        }
        assert_eq!(volunteer::get(&fresh.db, Remit::All, person(1).id).await.unwrap(), Some(person(1)));
    }
}

#[tokio::test]
async fn duty_is_switched_and_only_a_switch_counts() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1)]).await;
        for (id, duty, there, revision) in [
            (person(1).id, Duty::OFF, true, 2),
            (person(1).id, Duty::OFF, true, 2),
            (person(2).id, Duty::OFF, false, 2),
            (person(1).id, Duty::ON, true, 3),
        ] {
            let mut tx = fresh.db.begin().await.unwrap();
            assert_eq!(
                volunteer::set_duty(&mut tx, Remit::All, NOW, id, duty).await.unwrap(),
                there,
                "{}",
                fresh.name
            );
            tx.commit().await.unwrap();
            assert_eq!(store::revision(&fresh.db).await.unwrap(), revision);
            let stored = volunteer::get(&fresh.db, Remit::All, person(1).id).await.unwrap().unwrap();
            assert!(stored.duty == duty || !there);
        }
    }
}

#[tokio::test]
async fn a_position_token_survives_a_put_and_gives_way_to_a_new_one() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1), person(2)]).await;
        let (first, second) = (SecretHash::of("FIRST"), SecretHash::of("SECOND"));
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(volunteer::set_position_token(&mut tx, Remit::All, NOW, person(1).id, &first).await.unwrap());
        assert!(
            !volunteer::set_position_token(&mut tx, Remit::All, NOW, person(3).id, &first).await.unwrap()
        );
        tx.commit().await.unwrap();
        put_all(&fresh.db, &[bare_person(1)]).await;
        assert_eq!(volunteer::position_tokens(&fresh.db).await.unwrap(), [(first.clone(), person(1).id)]);
        let mut tx = fresh.db.begin().await.unwrap();
        let taken = volunteer::set_position_token(&mut tx, Remit::All, NOW, person(2).id, &first).await;
        assert!(matches!(taken, Err(RegistryError::Taken { .. })), "{} {taken:?}", fresh.name);
        drop(tx);
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(
            volunteer::set_position_token(&mut tx, Remit::All, NOW, person(1).id, &second).await.unwrap()
        );
        tx.commit().await.unwrap();
        assert_eq!(volunteer::position_tokens(&fresh.db).await.unwrap(), [(second, person(1).id)]);
    }
}

#[tokio::test]
async fn pages_follow_one_another_to_the_end() {
    for fresh in registries().await {
        let people: Vec<_> = (0..1_203).map(person).collect();
        put_all(&fresh.db, &people).await;
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = volunteer::page(&fresh.db, Remit::All, after, 500).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.id);
            seen.extend(page);
        }
        assert_eq!(seen, volunteer::all(&fresh.db, Remit::All).await.unwrap(), "{}", fresh.name);
        assert_eq!(volunteer::count(&fresh.db).await.unwrap(), 1_203);
    }
}

#[tokio::test]
async fn two_writers_follow_one_another_and_both_are_counted() {
    for fresh in registries().await {
        let writes = (0..8).map(|n| {
            let db = fresh.db.clone();
            tokio::spawn(async move {
                put_all(&db, &[person(n), Volunteer { id: person(n + 100).id, ..person(n + 100) }]).await
            })
        });
        for write in writes.collect::<Vec<_>>() {
            assert_eq!(write.await.unwrap(), [Created, Created], "{}", fresh.name);
        }
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 8);
    }
}

#[tokio::test]
async fn a_row_that_does_not_parse_is_named_not_a_panic() {
    for fresh in registries().await {
        for (column, value) in [
            ("vetting", "maybe"),
            ("hours", "noon"),
            ("phone_sealed", "112"),
            ("id", "x"),
            ("modes", "car hover"),
        ] {
            put_all(&fresh.db, &[person(1)]).await;
            let sql = sqlx::AssertSqlSafe(format!("UPDATE volunteer SET {column} = $1, vetted_until = NULL"));
            let mut tx = fresh.db.begin().await.unwrap();
            if column != "vetting" {
                on!(tx, c => sqlx::query("UPDATE volunteer SET vetting = 'left', vetted_until = NULL").execute(c).await.map(drop)).unwrap();
            }
            on!(tx, c => sqlx::query(sql).bind(value).execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
            let error = volunteer::all(&fresh.db, Remit::All).await.unwrap_err();
            assert!(matches!(error, RegistryError::Damaged { what: "volunteer", .. }), "{column} {error}");
            let mut tx = fresh.db.begin().await.unwrap();
            on!(tx, c => sqlx::query("DELETE FROM volunteer").execute(c).await.map(drop)).unwrap();
            tx.commit().await.unwrap();
        }
    }
}

#[tokio::test]
async fn nobody_is_stored_without_a_language_or_a_way_to_travel() {
    for fresh in registries().await {
        for broken in
            [Volunteer { languages: Vec::new(), ..person(1) }, Volunteer { modes: Vec::new(), ..person(1) }]
        {
            let mut tx = fresh.db.begin().await.unwrap();
            let refused = volunteer::put(&mut tx, Remit::All, NOW, &broken).await;
            assert!(matches!(refused, Err(RegistryError::Database(_))), "{} {refused:?}", fresh.name);
        }
    }
}

#[tokio::test]
async fn a_list_goes_by_name_page_by_page_and_counts_whom_its_filter_lets_through() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(2), bare_person(3), person(1)]).await;
        let page = async |filter, after, limit| {
            let found = volunteer::search(&fresh.db, Remit::All, filter, after, limit).await.unwrap();
            found.into_iter().map(|person| person.id).collect::<Vec<_>>()
        };
        let [one, two, three] = [1, 2, 3].map(|n| person(n).id);
        let everybody = volunteer::Filter::default();
        assert_eq!(page(everybody, None, 2).await, [one, two], "{}", fresh.name);
        assert_eq!(page(everybody, Some(two), 2).await, [three]);
        assert_eq!(page(volunteer::Filter { text: "070-1000003", ..everybody }, None, 9).await, [three]);
        let count = async |filter| volunteer::count_of(&fresh.db, Remit::All, filter).await.unwrap();
        let none = volunteer::Filter::default;
        assert_eq!(count(none()).await, 3, "{}", fresh.name);
        assert_eq!(count(volunteer::Filter { text: "asen-2 märta", ..none() }).await, 1);
        assert_eq!(count(volunteer::Filter { vetting: volunteer::state("applied"), ..none() }).await, 1);
        assert_eq!(count(volunteer::Filter { competence: Some(CompetenceKind::Cpr), ..none() }).await, 2);
        assert_eq!(count(volunteer::Filter { text: "nobody", ..none() }).await, 0);
    }
}

#[tokio::test]
async fn whoever_has_written_stopp_is_known() {
    for fresh in registries().await {
        let silent = Volunteer { duty: Duty::Stopped, ..person(2) };
        put_all(&fresh.db, &[person(1), silent.clone()]).await;
        let stopped = volunteer::stopped(&fresh.db).await.unwrap();
        assert_eq!(stopped.into_iter().collect::<Vec<_>>(), [silent.id], "{}", fresh.name);
    }
}

#[tokio::test]
async fn somebody_is_found_by_phone_in_a_transaction_that_has_just_put_them() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        volunteer::put(&mut tx, Remit::All, NOW, &person(1)).await.unwrap();
        let found = volunteer::by_phone_within(&mut tx, &person(1).phone).await.unwrap();
        assert_eq!(found, Some(person(1)), "{}", fresh.name);
        assert_eq!(volunteer::by_phone_within(&mut tx, &person(2).phone).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_plan_is_what_a_change_makes_of_it_and_a_refused_change_writes_nothing() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1)]).await;
        let twice =
            |plan: Availability| Ok::<_, RegistryError>(Availability { nights: !plan.nights, ..plan });
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(volunteer::change_availability(&mut tx, Remit::All, NOW, person(1).id, twice).await.unwrap());
        assert!(
            !volunteer::change_availability(&mut tx, Remit::All, NOW, person(2).id, twice).await.unwrap()
        );
        let refused = volunteer::change_availability(&mut tx, Remit::All, NOW, person(1).id, |_| {
            Err(RegistryError::Taken { what: "this is a test" })
        });
        assert!(refused.await.is_err(), "{}", fresh.name);
        tx.commit().await.unwrap();
        let held = volunteer::get(&fresh.db, Remit::All, person(1).id).await.unwrap().unwrap();
        assert_eq!(held.availability.nights, !person(1).availability.nights);
    }
}

#[tokio::test]
async fn what_decisions_rest_on_besides_people_advances_the_revision_with_its_transaction() {
    for fresh in registries().await {
        let before = store::revision(&fresh.db).await.unwrap();
        let mut tx = fresh.db.begin().await.unwrap();
        store::decisions_change(&mut tx).await.unwrap();
        drop(tx);
        assert_eq!(store::revision(&fresh.db).await.unwrap(), before, "{}", fresh.name);
        let mut tx = fresh.db.begin().await.unwrap();
        store::decisions_change(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store::revision(&fresh.db).await.unwrap(), before + 1, "{}", fresh.name);
    }
}
