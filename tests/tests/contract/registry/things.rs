//! Confirmations, seasons, and the contacts of organisations.

use super::organisations::organisation;
use super::*;
use certus_registry::audit::Actor;
use certus_registry::resource::{Confirmation, Location};
use certus_registry::{
    Contact, ContactId, RegistryError, Remit, Resource, ResourceId, ResourceKind, Season, Timestamp,
};
use jiff::civil::date;
use std::collections::BTreeSet;
use store::{contact, resource, season};

fn aed() -> Resource {
    let id = ResourceId::new(NOW, &Random::from_seed(1));
    let at = Location::Fixed(Position::new(63.4, 13.1).unwrap());
    Resource::new(id, "AED-1".parse().unwrap(), ResourceKind::AED, at, certus_registry::County::DEFAULT)
}

#[tokio::test]
async fn a_confirmation_is_kept_with_who_gave_it_unless_there_is_a_later_one() {
    for fresh in registries().await {
        let aed = aed();
        let mut tx = fresh.db.begin().await.unwrap();
        resource::put(&mut tx, Remit::All, NOW, &aed).await.unwrap();
        let by = Actor::Volunteer(person(1).id);
        let (first, later) = (date(2026, 11, 24), date(2026, 11, 25));
        assert!(resource::confirm(&mut tx, NOW, aed.id, later, by).await.unwrap(), "{}", fresh.name);
        assert!(!resource::confirm(&mut tx, NOW, aed.id, first, Actor::Console).await.unwrap());
        let retired = |held| Resource { retired: Some(later), ..held };
        let changed = resource::change(&mut tx, Remit::All, NOW, aed.id, retired).await.unwrap();
        assert_eq!(changed, Some(store::Change::Updated), "{}", fresh.name);
        assert!(!resource::confirm(&mut tx, NOW, aed.id, later, by).await.unwrap(), "it is there no more");
        let other = ResourceId::new(NOW, &Random::from_seed(2));
        assert_eq!(resource::change(&mut tx, Remit::All, NOW, other, retired).await.unwrap(), None);
        tx.commit().await.unwrap();
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 3, "{}", fresh.name);
        let held = resource::get(&fresh.db, Remit::All, aed.id).await.unwrap().unwrap();
        assert_eq!(
            (held.confirmed, held.retired),
            (Some(Confirmation { on: later, by: Some(by) }), Some(later))
        );
    }
}

#[tokio::test]
async fn a_season_is_on_until_it_is_said_to_be_over() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        for (season, is_on, changed) in [
            (Season::Snow, true, true),
            (Season::Snow, true, false),
            (Season::Ice, true, true),
            (Season::Ice, false, true),
        ] {
            let said =
                season::switch(&mut tx, NOW, certus_registry::County::DEFAULT, season, is_on).await.unwrap();
            assert_eq!(said, changed, "{} {season} {is_on}", fresh.name);
        }
        tx.commit().await.unwrap();
        assert_eq!(
            season::current(&fresh.db).await.unwrap(),
            BTreeSet::from([(certus_registry::County::DEFAULT, Season::Snow)])
        );
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 3, "{}", fresh.name);
    }
}

#[tokio::test]
async fn contacts_are_kept_in_the_order_in_which_they_came_and_a_stop_holds_for_the_phone() {
    for fresh in registries().await {
        let owner = organisation(1, "Åre fjällräddning");
        let contact = |n: u64, phone: &str| Contact {
            id: ContactId::new(
                Timestamp::from_millis(NOW.as_millis() + i64::try_from(n).unwrap()),
                &Random::from_seed(n),
            ),
            organisation: owner.id,
            name: format!("Kontakt {n}").parse().unwrap(),
            phone: phone.parse().unwrap(),
            email: Some("anna@example.org".parse().unwrap()),
            stopped_at: None,
        };
        let (first, second) = (contact(1, "+46701740605"), contact(2, "+46701740606"));
        let mut tx = fresh.db.begin().await.unwrap();
        store::organisation::put(&mut tx, Remit::All, NOW, &owner).await.unwrap();
        contact::add(&mut tx, Remit::All, NOW, &first).await.unwrap();
        contact::add(&mut tx, Remit::All, NOW, &second).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = fresh.db.begin().await.unwrap();
        let rival = contact::add(&mut tx, Remit::All, NOW, &contact(3, "+46701740605")).await;
        assert!(matches!(rival, Err(RegistryError::Taken { .. })), "{} {rival:?}", fresh.name);
        drop(tx);
        assert_eq!(
            contact::of(&fresh.db, Remit::All, owner.id).await.unwrap(),
            [first.clone(), second.clone()]
        );
        let mut tx = fresh.db.begin().await.unwrap();
        assert!(contact::stop(&mut tx, NOW, &first.phone).await.unwrap(), "{}", fresh.name);
        assert!(!contact::stop(&mut tx, NOW, &first.phone).await.unwrap(), "{}", fresh.name);
        assert!(contact::remove(&mut tx, Remit::All, owner.id, second.id).await.unwrap(), "{}", fresh.name);
        assert!(!contact::remove(&mut tx, Remit::All, owner.id, second.id).await.unwrap(), "{}", fresh.name);
        tx.commit().await.unwrap();
        let stopped = Contact { stopped_at: Some(NOW), ..first.clone() };
        assert_eq!(contact::by_phone(&fresh.db, &first.phone).await.unwrap(), [stopped]);
        assert_eq!(contact::by_phone(&fresh.db, &second.phone).await.unwrap(), []);
    }
}
