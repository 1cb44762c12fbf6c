//! The catalogue of the kinds of resource, and what it lets in.

use super::*;
use certus_registry::catalogue::{Entry, Words};
use certus_registry::resource::Location;
use certus_registry::{Catalogue, County, RegistryError, Resource, ResourceId, ResourceKind, Season};
use store::Change::{Created, Unchanged, Updated};
use store::{catalogue, resource};

fn hydrocopter() -> Entry {
    let words = |sv: &str, en: &str| Words { sv: sv.parse().unwrap(), en: en.parse().unwrap() };
    Entry {
        code: "hydrocopter".parse().unwrap(),
        name: words("hydrokopter", "hydrocopter"),
        the: words("hydrokoptern", "the hydrocopter"),
        season: Some(Season::Ice),
        licence: Some(CompetenceKind::BoatLicence),
        confirmed_for: Some(3.try_into().unwrap()),
        brought: true,
        retired: false,
    }
}

fn thing(n: u64, kind: ResourceKind) -> Resource {
    let id = ResourceId::new(NOW, &Random::from_seed(n));
    let at = Location::Fixed(Position::new(63.4, 13.1).unwrap());
    Resource::new(id, format!("HYD-{n}").parse().unwrap(), kind, at, County::DEFAULT)
}

#[tokio::test]
async fn what_the_board_says_of_a_kind_is_kept_beside_the_kinds_of_the_start() {
    for fresh in registries().await {
        assert_eq!(catalogue::load(&fresh.db).await.unwrap(), Catalogue::default(), "{}", fresh.name);
        let first = Catalogue::default().get(ResourceKind::AED).unwrap().clone();
        let bare = Entry { season: None, licence: None, confirmed_for: None, ..hydrocopter() };
        let renamed = Entry { name: hydrocopter().name, brought: false, ..first.clone() };
        let mut tx = fresh.db.begin().await.unwrap();
        let steps = [
            (&first, Unchanged),
            (&hydrocopter(), Created),
            (&hydrocopter(), Unchanged),
            (&bare, Updated),
            (&renamed, Updated),
        ];
        for (entry, expected) in steps {
            assert_eq!(catalogue::put(&mut tx, NOW, entry).await.unwrap(), expected, "{}", fresh.name);
        }
        let within = catalogue::locked(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let kinds = catalogue::load(&fresh.db).await.unwrap();
        assert_eq!((&within, store::revision(&fresh.db).await.unwrap()), (&kinds, 3), "{}", fresh.name);
        assert_eq!(kinds, Catalogue::of(vec![bare, renamed]), "{}", fresh.name);
    }
}

#[tokio::test]
async fn there_is_nothing_of_an_unknown_kind_and_nothing_new_of_a_retired_one() {
    for fresh in registries().await {
        let kind = hydrocopter().code;
        let mut tx = fresh.db.begin().await.unwrap();
        let unknown = resource::put(&mut tx, Remit::All, NOW, &thing(1, kind)).await;
        assert!(matches!(unknown, Err(RegistryError::UnknownKind(_))), "{} {unknown:?}", fresh.name);
        drop(tx);
        let mut tx = fresh.db.begin().await.unwrap();
        catalogue::put(&mut tx, NOW, &hydrocopter()).await.unwrap();
        let both = [thing(1, kind), thing(2, ResourceKind::BOAT)];
        resource::put_many(&mut tx, Remit::All, NOW, &both).await.unwrap();
        catalogue::put(&mut tx, NOW, &Entry { retired: true, ..hydrocopter() }).await.unwrap();
        let moved = Resource { place: Some("Bryggan".parse().unwrap()), ..thing(1, kind) };
        assert_eq!(resource::put(&mut tx, Remit::All, NOW, &moved).await.unwrap(), Updated, "{}", fresh.name);
        tx.commit().await.unwrap();
        for new in [thing(3, kind), thing(2, kind)] {
            let mut tx = fresh.db.begin().await.unwrap();
            let refused = resource::put(&mut tx, Remit::All, NOW, &new).await;
            assert!(matches!(refused, Err(RegistryError::RetiredKind(_))), "{} {refused:?}", fresh.name);
        }
        assert_eq!(resource::all(&fresh.db, Remit::All).await.unwrap().len(), 2, "{}", fresh.name);
    }
}
