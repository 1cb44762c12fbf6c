//! Resources.

use super::organisations::organisation;
use super::*;
use certus_registry::audit::Actor;
use certus_registry::resource::{Confirmation, Location, Months};
use certus_registry::{CompetenceKind, RegistryError, Remit, Resource, ResourceId, ResourceKind, Season, on};
use jiff::civil::date;
use store::Change::{Created, Unchanged, Updated};
use store::resource;

fn thing(n: u32, location: Location) -> Resource {
    let id = ResourceId::new(NOW, &Random::from_seed(u64::from(n)));
    let code = format!("SKOTER-{n}").parse().unwrap();
    Resource {
        place: Some("Bygdegården, skotergaraget".parse().unwrap()),
        months: "11-4".parse().unwrap(),
        hours: "mon-fri 07-18".parse().unwrap(),
        season: Some(Season::Snow),
        licence: Some(CompetenceKind::SnowmobileLicence),
        confirmed: Some(Confirmation { on: date(2026, 11, 2), by: Some(Actor::Volunteer(person(1).id)) }),
        ..Resource::new(id, code, ResourceKind::SNOWMOBILE, location, certus_registry::County::DEFAULT)
    }
}

fn at_home() -> Location {
    Location::Fixed(Position::new(63.399_14, 13.081_02).unwrap())
}

#[tokio::test]
async fn a_resource_is_found_as_it_was_put() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1)]).await;
        let owner = organisation(1, "Åre fjällräddning");
        let kept = Resource { organisation: Some(owner.id), ..thing(2, Location::Keeper(person(1).id)) };
        let mut things = [thing(1, at_home()), kept];
        let mut tx = fresh.db.begin().await.unwrap();
        store::organisation::put(&mut tx, Remit::All, NOW, &owner).await.unwrap();
        assert_eq!(
            resource::put(&mut tx, Remit::All, NOW, &things[0]).await.unwrap(),
            Created,
            "{}",
            fresh.name
        );
        assert_eq!(
            resource::put_many(&mut tx, Remit::All, NOW, &things).await.unwrap(),
            [Unchanged, Created]
        );
        things[0].months = Months::ALL;
        things[0].retired = Some(date(2026, 12, 1));
        assert_eq!(
            resource::put_many(&mut tx, Remit::All, NOW, &things).await.unwrap(),
            [Updated, Unchanged]
        );
        tx.commit().await.unwrap();
        assert_eq!(store::revision(&fresh.db).await.unwrap(), 5);
        for wanted in &things {
            assert_eq!(resource::get(&fresh.db, Remit::All, wanted.id).await.unwrap().as_ref(), Some(wanted));
            assert_eq!(
                resource::by_code(&fresh.db, Remit::All, &wanted.code).await.unwrap().as_ref(),
                Some(wanted)
            );
        }
        assert_eq!(resource::listed_by(&fresh.db, Remit::All, owner.id).await.unwrap(), [things[1].clone()]);
        things.sort_by_key(|thing| thing.id);
        assert_eq!(resource::all(&fresh.db, Remit::All).await.unwrap(), things);
        assert_eq!(resource::get(&fresh.db, Remit::All, thing(3, at_home()).id).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_code_belongs_to_one_resource() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        resource::put(&mut tx, Remit::All, NOW, &thing(1, at_home())).await.unwrap();
        let rival = Resource { code: thing(1, at_home()).code, ..thing(2, at_home()) };
        let taken = resource::put(&mut tx, Remit::All, NOW, &rival).await;
        let expected = matches!(taken, Err(RegistryError::Taken { what: "resource code" }));
        assert!(expected, "{} {taken:?}", fresh.name);
        let taken =
            resource::put_many(&mut tx, Remit::All, NOW, &[thing(3, at_home()), thing(3, at_home())]).await;
        assert!(matches!(taken, Err(RegistryError::Taken { what: "resource id" })), "{taken:?}");
    }
}

#[tokio::test]
async fn a_keeper_must_be_in_the_registry() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        let refused =
            resource::put(&mut tx, Remit::All, NOW, &thing(1, Location::Keeper(person(1).id))).await;
        assert!(matches!(refused, Err(RegistryError::Database(_))), "{} {refused:?}", fresh.name);
    }
}

#[tokio::test]
async fn a_resource_off_the_earth_is_named_as_damaged() {
    for fresh in registries().await {
        let mut tx = fresh.db.begin().await.unwrap();
        resource::put(&mut tx, Remit::All, NOW, &thing(1, at_home())).await.unwrap();
        on!(tx, c => sqlx::query("UPDATE resource SET lat = 91").execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let error = resource::all(&fresh.db, Remit::All).await.unwrap_err();
        assert!(matches!(error, RegistryError::Damaged { what: "resource", .. }), "{error}");
    }
}

#[tokio::test]
async fn what_a_person_keeps_is_found_by_code() {
    for fresh in registries().await {
        put_all(&fresh.db, &[person(1), person(2)]).await;
        let kept = [2, 1].map(|n| thing(n, Location::Keeper(person(1).id)));
        let mut tx = fresh.db.begin().await.unwrap();
        resource::put_many(&mut tx, Remit::All, NOW, &kept).await.unwrap();
        resource::put(&mut tx, Remit::All, NOW, &thing(3, at_home())).await.unwrap();
        tx.commit().await.unwrap();
        let [two, one] = kept;
        assert_eq!(resource::kept_by(&fresh.db, person(1).id).await.unwrap(), [one, two], "{}", fresh.name);
        assert_eq!(resource::kept_by(&fresh.db, person(2).id).await.unwrap(), []);
    }
}
