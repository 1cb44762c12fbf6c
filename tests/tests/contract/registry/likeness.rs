//! Who is there twice: told apart for good, or one taken over into the other; and changes that overwrite nothing unseen.

use super::*;
use certus_registry::likeness::{Faces, Likeness, pair};
use certus_registry::{AccountId, Remit, on};
use store::{likeness, volunteer};

fn official() -> AccountId {
    AccountId::new(NOW, &Random::from_seed(1_001))
}

fn named(n: u32, name: &str) -> Volunteer {
    Volunteer { name: name.parse().unwrap(), ..bare_person(n) }
}

async fn pairs(db: &Database) -> Vec<(Likeness, (VolunteerId, VolunteerId))> {
    Faces::of(likeness::faces(db, Remit::All).await.unwrap()).pairs(&likeness::not_same(db).await.unwrap())
}

#[tokio::test]
async fn two_who_are_told_apart_stay_apart_until_one_of_them_is_gone() {
    for fresh in registries().await {
        put_all(&fresh.db, &[named(1, "Märta Åsén"), named(2, "Åsén, Märta"), named(3, "Bo Ek")]).await;
        let both = pair(person(1).id, person(2).id);
        assert_eq!(pairs(&fresh.db).await, [(Likeness::Name, both)], "{}", fresh.name);
        let tell_apart = async |one: u32, other: u32| {
            let mut tx = fresh.db.begin().await.unwrap();
            let both = (person(one).id, person(other).id);
            let told = likeness::tell_apart(&mut tx, Remit::All, NOW, official(), both).await.unwrap();
            tx.commit().await.unwrap();
            told
        };
        assert!(!tell_apart(1, 9).await && !tell_apart(1, 1).await);
        assert!(tell_apart(2, 1).await && tell_apart(1, 2).await, "once is enough");
        assert_eq!(pairs(&fresh.db).await, []);
        let mut tx = fresh.db.begin().await.unwrap();
        volunteer::erase(&mut tx, NOW, person(1).id).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        assert_eq!(likeness::not_same(&fresh.db).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn whoever_is_kept_has_what_only_the_other_had() {
    for fresh in registries().await {
        let kept = Volunteer { languages: vec![Language::Swedish], modes: vec![Mode::Car], ..bare_person(1) };
        let gone = Volunteer { duty: Duty::Stopped, ..person(2) };
        put_all(&fresh.db, &[kept.clone(), gone.clone()]).await;
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(!likeness::hand_over(&mut tx, Remit::All, NOW, gone.id, gone.id).await.unwrap());
        assert!(!likeness::hand_over(&mut tx, Remit::All, NOW, person(9).id, kept.id).await.unwrap());
        assert!(
            likeness::hand_over(&mut tx, Remit::All, NOW, gone.id, kept.id).await.unwrap(),
            "{}",
            fresh.name
        );
        volunteer::erase(&mut tx, NOW, gone.id).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        let found = volunteer::get(&fresh.db, Remit::All, kept.id).await.unwrap().unwrap();
        let expected = Volunteer {
            birth_year: gone.birth_year,
            languages: vec![Language::Swedish, Language::English],
            modes: vec![Mode::Car, Mode::Snowmobile, Mode::Foot],
            competences: gone.competences.clone(),
            home: gone.home,
            duty: Duty::Stopped,
            ..kept
        };
        assert_eq!(found, expected);
        assert_eq!(volunteer::get(&fresh.db, Remit::All, gone.id).await.unwrap(), None);
        let archived: i64 = on!(&fresh.db, c => sqlx::query_scalar("SELECT COUNT(*) FROM vetting_archive")
            .fetch_one(c).await.unwrap());
        assert!(archived > 0);
    }
}

#[tokio::test]
async fn two_who_change_a_person_at_once_overwrite_nothing_of_each_other() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1)]).await;
        let change = async |change: fn(&mut Volunteer)| {
            let mut tx = fresh.db.begin().await.unwrap();
            let mut held = volunteer::locked(&mut tx, Remit::All, person(1).id).await.unwrap().unwrap();
            change(&mut held);
            tokio::task::yield_now().await;
            volunteer::put(&mut tx, Remit::All, NOW, &held).await.unwrap();
            tx.commit().await.unwrap();
        };
        tokio::join!(change(|held| held.duty = Duty::OFF), change(|held| held.modes = vec![Mode::Boat]));
        let expected = Volunteer { duty: Duty::OFF, modes: vec![Mode::Boat], ..person(1) };
        assert_eq!(
            volunteer::get(&fresh.db, Remit::All, person(1).id).await.unwrap(),
            Some(expected),
            "{}",
            fresh.name
        );
    }
}
